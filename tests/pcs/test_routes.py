"""Old wrong routes of every shape, in a mock PC's stores: replaced in one run, undone exactly.

How the stores hang together (a removal from one takes the same route along in another, or not) is
no documented matter, so the scripts must bear both; docs/to-confirm-on-site.md, 36.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onshi_lab.windows.network.model import Interface
from onshi_lab.windows.network.model import Route as StoredRow
from onshi_net.errors import ChangeUndone
from onshi_net.intent.windows import ReceiptIntent, RouteIntent
from onshi_net.inventory.secrets import Secret
from onshi_net.model.windows import RoutePath
from onshi_net.pcs.powershell import Script
from onshi_net.provision.outcome import State
from onshi_net.provision.windows import WindowsOutcome, apply_windows
from onshi_net.transport.windows import ScriptFailed
from tests.budget import examples
from tests.lab.windows.conftest import Machine
from tests.windows.fake_pc import intents, secrets

NETWORK, HOP = IPv4Network("10.51.1.0/24"), IPv4Address("192.168.1.254")
INSIDE, OTHER_HOP = IPv4Network("10.51.1.192/26"), IPv4Address("192.168.1.253")
"""A network of its own inside the first."""
NETWORK6, HOP6 = IPv6Network("2001:db8:51::/64"), IPv6Address("2001:db8:1::1")
CARD, SECOND, GONE = 12, 13, 99
INTENT: ReceiptIntent = replace(
    intents()[1],
    credentials=(),
    proofs=(),
    routes=(
        RouteIntent(NETWORK, HOP, 1),
        RouteIntent(INSIDE, OTHER_HOP, 5),
        RouteIntent(NETWORK6, HOP6, 1),
    ),
)
BY_DEVICE = replace(INTENT, routes=(), path=RoutePath.CLINIC_DEVICE)
STORE_NAMES = ("ActiveStore", "PersistentStore")
STEP = re.compile(r"\b(?:Remove|New)-(?:NetRoute|ItemProperty)\b")
READ = """
@(foreach ($s in 'ActiveStore', 'PersistentStore') {
  foreach ($r in @(Get-NetRoute -PolicyStore $s)) {
    $s + ' ' + $r.DestinationPrefix + ' ' + $r.NextHop + ' ' + $r.InterfaceIndex + ' ' + $r.RouteMetric
  }
  }) + @((Get-Item -LiteralPath 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\PersistentRoutes').Property)
"""  # noqa: E501 - one expression of PowerShell


@dataclass
class MockSession:
    """Scripts of the product, run to their end by the mock PC's own PowerShell."""

    machine: Machine
    fail_at: int | None = None
    """The step of the first change before which it fails; None: none."""
    also: str = ""
    """What else befalls the PC then."""
    host: str = "receipt-1"
    failed: bool = field(default=False, init=False)

    def run(
        self, script: Script, *, secrets: Sequence[Secret] = (), deadline_s: float = 60.0
    ) -> dict[str, Any]:
        text = script.text
        if script.name == "carry_out" and self.fail_at is not None and not self.failed:
            text, self.failed = failing(text, self.fail_at, self.also), True
        result = self.machine.ps(
            "$ErrorActionPreference = 'Stop'\n$OnshiSecrets = @()\n"
            f"$answer = & {{\n{text}\n}}\nConvertTo-Json -Compress -Depth 8 -InputObject $answer"
        )
        if result.err:
            raise ScriptFailed(script.name, host=self.host, kind=result.err)
        answer: dict[str, Any] = json.loads(result.out)
        return answer

    def close(self) -> None:
        """Nothing is open."""


def failing(text: str, step: int, also: str = "") -> str:
    """The script with a failure before one of its steps, and at its end if it comes so far."""
    lines = text.splitlines()
    steps = [at for at, line in enumerate(lines) if STEP.search(line)] or [0]
    at = steps[step % len(steps)]
    stop = f"{also}\nthrow 'injected'"
    return "\n".join([*lines[:at], stop, *lines[at:], stop])


@dataclass(frozen=True)
class Old:
    """A route that somebody set, and how."""

    how: str
    network: str
    hop: str
    card: int
    metric: int

    def lines(self) -> list[str]:
        to = ip_network(self.network)
        named = f"-DestinationPrefix {to} -InterfaceIndex {self.card} -NextHop {self.hop}"
        new = f"$null = New-NetRoute {named} -RouteMetric {self.metric}"
        away = f"Remove-NetRoute {named} -Confirm:$false -PolicyStore"
        note = f"{to.network_address},{to.netmask},{self.hop},{self.metric}"
        key = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\PersistentRoutes"
        return {
            "both": [new],
            "active": [f"{new} -PolicyStore ActiveStore"],
            "persistent": [new, f"{away} ActiveStore"],
            "two metrics": [
                new,
                f"{away} ActiveStore",
                f"{new}0 -PolicyStore ActiveStore",
            ],
            "noted": [f"$null = New-ItemProperty -LiteralPath '{key}' -Name '{note}' -Value ''"],
        }[self.how]

    def command(self) -> str | None:
        to = ip_network(self.network)
        what = f"{to.network_address} mask {to.netmask}" if to.version == 4 else str(to)
        add = f"add {what} {self.hop} metric {self.metric}"
        return {
            "route -p": f"route -p {add}",
            "route -p if": f"route -p {add} if {self.card}",
            "route": f"route {add}",
        }.get(self.how)


def set_by(how: tuple[str, ...], networks: tuple[str, ...], hops: tuple[str, ...]) -> Any:
    return st.builds(
        Old,
        how=st.sampled_from(how),
        network=st.sampled_from(networks),
        hop=st.sampled_from(hops),
        card=st.sampled_from([CARD, SECOND]),
        metric=st.sampled_from([1, 5, 30]),
    )


STORES = ("both", "active", "persistent", "two metrics", "route -p", "route -p if", "route")
V4 = set_by(
    (*STORES, "noted"),
    ("10.51.1.0/24", "10.51.1.0/25", "10.51.1.11/32", "10.51.1.192/26"),
    ("192.168.1.254", "192.168.1.253", "192.168.1.9"),
)
V6 = set_by(STORES, ("2001:db8:51::/64", "2001:db8:51::11/128"), ("2001:db8:1::1", "2001:db8:1::9"))
OTHERS = set_by(STORES, ("10.52.0.0/16", "0.0.0.0/0"), ("192.168.1.1",))
SOME = st.lists(st.one_of(V4, V4, V6, OTHERS), max_size=6)


def made(folder: Path, some: Sequence[Old], *, coupled: bool, dead: bool) -> Machine:
    """A receipt PC with two cards in the clinic and old routes; what Windows refuses isn't set."""
    machine = Machine(folder, "receipt")
    backend: Any = machine.pc.network._backend
    first = backend.interfaces()[1]
    backend._interfaces.append(
        Interface(SECOND, "eth1", "Ethernet 2", first.description, "00-15-5D-01", "{2}", True, 1500)
    )
    machine.ps(
        "$null = New-NetIPAddress -InterfaceIndex 12 -IPAddress 192.168.1.21 -PrefixLength 24\n"
        "$null = New-NetIPAddress -InterfaceIndex 13 -IPAddress 192.168.1.22 -PrefixLength 24\n"
        "$null = New-NetIPAddress -InterfaceIndex 12 -IPAddress 2001:db8:1::21 -PrefixLength 64"
    )
    machine.pc.route_stores_coupled = coupled
    for one in some:
        command = one.command()
        if command is not None:
            machine.run(command)
        else:
            machine.ps("\n".join(one.lines()))
    if dead:
        machine.pc.network.stored.routes.append(StoredRow(str(NETWORK), "192.168.1.77", GONE, 1))
    return machine


def read(machine: Machine) -> list[str]:
    found = machine.value(READ)
    return sorted(found if isinstance(found, list) else [found])


def provisioned(
    machine: Machine, runs: Path, intent: ReceiptIntent = INTENT, fail_at: int | None = None
) -> WindowsOutcome:
    session = MockSession(machine, fail_at)
    return apply_windows(intent, secrets(), lambda: session, runs=runs, site="demo-clinic")


def ways_of(found: Sequence[str]) -> list[str]:
    """What leads over a gateway into the networks, of what was read."""
    nets = ("10.51.1.", "2001:db8:51:")
    rows = [line.split(" ") for line in found if "Store " in line]
    return [" ".join(row) for row in rows if row[1].startswith(nets) and row[3] != str(GONE)]


STORES_OF = {
    f"{to} {hop} {CARD} {metric}": [f"{store} {to} {hop} {CARD} {metric}" for store in STORE_NAMES]
    for to, hop, metric in ((NETWORK, HOP, 1), (INSIDE, OTHER_HOP, 5), (NETWORK6, HOP6, 1))
}
NOTES = {
    "10.51.1.0,255.255.255.0,192.168.1.254,1": f"{NETWORK} {HOP} {CARD} 1",
    "10.51.1.192,255.255.255.192,192.168.1.253,5": f"{INSIDE} {OTHER_HOP} {CARD} 5",
}


def is_right(found: Sequence[str]) -> bool:
    """Whether just the intended ways stand, in both stores or persistent by the registry."""
    rows = set(ways_of(found))
    notes = {line for line in found if line.startswith("10.51.1.")}
    by_note = {STORES_OF[NOTES[one]][1] for one in notes if one in NOTES}
    every = {row for both in STORES_OF.values() for row in both}
    return every - by_note <= rows <= every and notes <= set(NOTES)


@given(some=SOME, coupled=st.booleans(), dead=st.booleans(), step=st.integers(0, 99))
@settings(
    max_examples=examples("pc-routes"),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_old_routes_of_every_shape_are_replaced_in_one_run_and_put_back_exactly(
    some: list[Old], coupled: bool, dead: bool, step: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        machine = made(folder / "pc", some, coupled=coupled, dead=dead)
        before = read(machine)
        if not is_right(before):
            with pytest.raises(ChangeUndone):
                provisioned(machine, folder / "failed", fail_at=step)
            assert read(machine) == before
        provisioned(machine, folder / "runs")
        now = read(machine)
        assert is_right(now)
        assert provisioned(machine, folder / "runs").state is State.UNCHANGED
        assert read(machine) == now
        machine.pc.network.reboot()
        machine.pc.network_changed()
        assert provisioned(machine, folder / "runs").state is State.UNCHANGED


@pytest.mark.parametrize("coupled", [True, False])
@pytest.mark.parametrize("card", ["", " if 12"])
def test_a_wrong_route_p_that_stands_in_both_stores_and_the_registry_goes_and_comes_back(
    tmp_path: Path, card: str, coupled: bool
) -> None:
    machine = made(tmp_path / "pc", [], coupled=coupled, dead=False)
    added = machine.run(f"route -p add 10.51.1.0 mask 255.255.255.0 192.168.1.9{card}")
    assert added.code == 0
    before = read(machine)
    assert [line for line in before if "192.168.1.9" in line] == [
        "10.51.1.0,255.255.255.0,192.168.1.9,1",
        "ActiveStore 10.51.1.0/24 192.168.1.9 12 1",
        "PersistentStore 10.51.1.0/24 192.168.1.9 12 1",
    ]
    with pytest.raises(ChangeUndone):
        provisioned(machine, tmp_path / "failed", BY_DEVICE, fail_at=99)
    assert read(machine) == before
    provisioned(machine, tmp_path / "runs", BY_DEVICE)
    assert not [line for line in read(machine) if "192.168.1.9" in line]


def test_a_right_route_that_goes_along_with_others_comes_back_when_they_do(tmp_path: Path) -> None:
    """Windows drops a route with the address that it leans on: no step of ours named it."""
    machine = made(tmp_path / "pc", [], coupled=True, dead=False)
    provisioned(machine, tmp_path / "runs")
    machine.run("route delete 10.51.1.0")
    machine.run("route -p add 10.51.1.0 mask 255.255.255.0 192.168.1.9")
    before = read(machine)
    lost = f"Remove-NetRoute -DestinationPrefix {NETWORK6} -NextHop {HOP6} -Confirm:$false"
    session = MockSession(machine, 0, lost)
    with pytest.raises(ChangeUndone):
        apply_windows(INTENT, secrets(), lambda: session, runs=tmp_path / "failed", site="s")
    assert read(machine) == before


@dataclass
class Ghost(MockSession):
    """A PC whose store silently keeps a row once (field notes of Remove-NetRoute)."""

    kept: bool = field(default=False, init=False)

    def run(
        self, script: Script, *, secrets: Sequence[Secret] = (), deadline_s: float = 60.0
    ) -> dict[str, Any]:
        rows = list(self.machine.pc.network.stored.routes)
        answer = super().run(script, secrets=secrets, deadline_s=deadline_s)
        if script.name == "carry_out" and not self.kept:
            self.kept = True
            there = {one.key for one in self.machine.pc.network.stored.routes}
            self.machine.pc.network.stored.routes += [one for one in rows if one.key not in there]
        return answer


def test_what_a_store_silently_kept_is_removed_in_the_same_run(tmp_path: Path) -> None:
    machine = made(tmp_path / "pc", [], coupled=False, dead=False)
    machine.run("route -p add 10.51.1.0 mask 255.255.255.0 192.168.1.9")
    session = Ghost(machine)
    apply_windows(INTENT, secrets(), lambda: session, runs=tmp_path / "runs", site="s")
    assert session.kept
    assert is_right(read(machine))
