"""The Windows half against the lab's mock PCs: real packets, real routes, real Samba, NTLM.

Two PCs, a router and the laptop in network namespaces of their own; the mock is a process that was
written apart from this code. Needs root, for the namespaces.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from onshi_lab.windows.ask import ask
from tests.budget import RUN, examples

ROOT = Path(__file__).parents[2]
PREFIX = f"otw{os.getpid() % 10_000}-"
WORDS = {
    "ONSHI_SECRET_DEMO_CLINIC_LINK": "Link-Canary-91",
    "ONSHI_SECRET_DEMO_CLINIC_RECEIPT_1_USER": "User-Canary-92",
    "ONSHI_SECRET_DEMO_CLINIC_RECEIPT_1_ADMIN": "Admin-Canary-93",
    "ONSHI_SECRET_DEMO_CLINIC_TERMINAL_1_ADMIN": "Admin-Canary-94",
}
USERS = {
    "RECEIPT-1": {"clinicadmin": ("Admin-Canary-93", True), "reception": ("User-Canary-92", False)},
    "TERMINAL-1": {"onsadmin": ("Admin-Canary-94", True)},
}
NETWORK = "'10.51.1.0/24'"
STRANGER = "'192.168.1.9'"
REMOVE = f"Remove-NetRoute -DestinationPrefix {NETWORK} -Confirm:$false"
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root: run it as root"),
    pytest.mark.timeout(1800),
]


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def leg(node: str, interface: str, bridge: str, address: str) -> None:
    """Plugs an interface of a node into a bridge of the router."""
    peer = f"{node}-{interface}"[-15:]
    names = (f"{PREFIX}{node}", f"{PREFIX}router")
    ip(
        "link",
        "add",
        interface,
        "netns",
        names[0],
        "type",
        "veth",
        "peer",
        "name",
        peer,
        "netns",
        names[1],
    )
    ip("-n", names[1], "link", "set", peer, "master", bridge, "up")
    ip("-n", names[0], "link", "set", interface, "up")
    ip("-n", names[0], "addr", "add", address, "dev", interface)


@dataclass
class Clinic:
    """The clinic and the folder with everything that the tests leave."""

    folder: Path
    laptop: subprocess.Popen[str]

    def step(self, *words: str) -> dict[str, Any]:
        assert self.laptop.stdin is not None
        assert self.laptop.stdout is not None
        self.laptop.stdin.write(json.dumps(words) + "\n")
        self.laptop.stdin.flush()
        answer: dict[str, Any] | None = json.loads(self.laptop.stdout.readline())
        assert answer is not None
        return answer

    def command(self, *words: str) -> list[str]:
        return driver(self.folder, *words)

    def control(self, pc: str, **request: Any) -> dict[str, Any]:
        return ask(self.folder / pc, request)

    def left_over(self) -> list[str]:
        """Everything of ours on the PCs: files, tasks, shells."""
        pcs = ("RECEIPT-1", "TERMINAL-1")
        found = [str(file) for pc in pcs for file in (self.folder / pc / "c").rglob("*onshi*")]
        for pc in pcs:
            status = self.control(pc, do="status")
            found += [*status["tasks"], *["shell"] * status["shells"]]
        return found


def driver(folder: Path, *words: str) -> list[str]:
    """The command line that runs the product on the laptop."""
    program = str(Path(__file__).parent / "driver.py")
    inside = ["ip", "netns", "exec", f"{PREFIX}laptop"]
    return [*inside, sys.executable, program, str(folder / "laptop"), *words]


def environment() -> dict[str, str]:
    return {**os.environ, **WORDS, "PYTHONPATH": str(ROOT)}


def start(pc: str, role: str, folder: Path) -> subprocess.Popen[str]:
    users = folder / f"{pc}.users.json"
    listed = [{"name": n, "password": p, "admin": a} for n, (p, a) in USERS[pc].items()]
    users.write_text(json.dumps({"users": listed}))
    state = folder / pc
    state.mkdir()
    inside = ["ip", "netns", "exec", f"{PREFIX}{role}"]
    words = ["--name", pc, "--role", role, "--state", str(state), "--users-file", str(users)]
    process = subprocess.Popen(
        [*inside, sys.executable, "-m", "onshi_lab.windows", *words],
        cwd=ROOT / "lab", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith("ready")
    users.unlink()
    return process


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    folder = tmp_path_factory.mktemp("clinic")
    nodes = ("receipt", "terminal", "laptop", "router")
    running: list[subprocess.Popen[str]] = []
    try:
        for node in nodes:
            ip("netns", "add", PREFIX + node)
            ip("-n", PREFIX + node, "link", "set", "lo", "up")
        for bridge, address in (("clinic", "192.168.1.254/24"), ("terminal", "10.51.1.1/24")):
            ip("-n", f"{PREFIX}router", "link", "add", bridge, "type", "bridge")
            ip("-n", f"{PREFIX}router", "link", "set", bridge, "up")
            ip("-n", f"{PREFIX}router", "addr", "add", address, "dev", bridge)
        ip("netns", "exec", f"{PREFIX}router", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        leg("receipt", "eth0", "clinic", "192.168.1.21/24")
        leg("terminal", "eth0", "terminal", "10.51.1.11/24")
        leg("laptop", "clinic0", "clinic", "192.168.1.200/24")
        leg("laptop", "terminal0", "terminal", "10.51.1.200/24")
        running.append(start("RECEIPT-1", "receipt", folder))
        running.append(start("TERMINAL-1", "terminal", folder))
        (folder / "laptop").mkdir()
        laptop = subprocess.Popen(
            driver(folder), env=environment(), stdin=PIPE, stdout=PIPE, text=True
        )
        with laptop:
            yield Clinic(folder, laptop)
    finally:
        for process in running:
            process.terminate()
            process.wait(20)
        for node in nodes:
            subprocess.run(["ip", "netns", "del", PREFIX + node], capture_output=True, check=False)


@pytest.fixture
def installed(clinic: Clinic) -> Clinic:
    """The clinic with terminal and receipt PC as they must be."""
    for step in ("terminal", "receipt"):
        assert "error" not in clinic.step(step)
    return clinic


def test_both_pcs_become_what_the_site_needs_and_the_second_run_changes_nothing(
    installed: Clinic,
) -> None:
    for step in ("terminal", "receipt"):
        again = installed.step(step)
        assert (again["state"], again["changed"], again["steps"]) == ("unchanged", False, 0)
    found = installed.step("evidence")
    for one in (*found["terminals"], *found["receipts"]):
        assert one["session"]["access"] == "ok"
    assert found["differences"] == {"terminal-1": [], "receipt-1": []}
    assert found["receipts"][0]["state"]["store"]["proofs"][0]["good"] is True
    assert installed.left_over() == []


def test_smb_is_open_from_the_clinic_lan_only(installed: Clinic) -> None:
    assert not installed.step("smb-from", "10.51.1.200")["open"]
    assert installed.step("evidence")["receipts"][0]["state"]["store"]["proofs"][0]["good"]


def test_a_proof_clears_up_after_its_own_pc_only(installed: Clinic) -> None:
    """Two receipt PCs may prove their access to one share at the same time."""
    share = installed.folder / "TERMINAL-1" / "c" / "OQS" / "Req"
    own, other = (share / f"onshi-proof-receipt-{n}.{n}.txt" for n in (1, 2))
    for file in (own, other):
        file.write_text("of a run that was killed")
    installed.step("evidence")
    assert (own.exists(), other.exists()) == (False, True)
    other.unlink()


def test_what_was_loosened_for_the_work_is_put_back(clinic: Clinic) -> None:
    def told() -> tuple[Any, Any]:
        found = clinic.step("sources")
        return found["sources"], found["noted"]

    before = told()
    assert "10.51.1.200" in clinic.step("prepared")["sources"]
    clinic.step("prepared")  # twice at the PC notes the first state only
    assert clinic.step("put-back")["prepared"]
    assert told() == before
    assert not clinic.step("put-back")["prepared"]
    assert clinic.left_over() == []


def test_what_could_not_be_put_back_is_named_and_the_note_stays(clinic: Clinic) -> None:
    key = "-LiteralPath 'HKLM:\\SOFTWARE\\onshi'"
    rename = (
        f"$note = (Get-ItemProperty {key}).Before; "
        f"Set-ItemProperty {key} -Name 'Before' -Value ($note -replace '{{0}}', '{{1}}')"
    )
    clinic.step("prepared")
    clinic.step("run", rename.format('"start":"Automatic"', '"start":"gone"'))
    failed = clinic.step("put-back")
    assert failed["error"] == "DeviceError"
    assert "WinRM" in failed["says"]
    assert clinic.step("sources")["noted"]
    clinic.step("run", rename.format('"start":"gone"', '"start":"Automatic"'))
    again = clinic.step("put-back")
    assert again.get("prepared"), again
    assert not clinic.step("sources")["noted"]
    assert clinic.left_over() == []


def test_a_reboot_changes_nothing_and_a_route_in_the_active_store_alone_is_seen(
    installed: Clinic,
) -> None:
    gone = f"{REMOVE} -PolicyStore PersistentStore"
    installed.step("run", gone)
    assert "[active]" in installed.step("evidence")["differences"]["receipt-1"][0]
    assert installed.step("receipt")["changed"]
    installed.control("RECEIPT-1", do="reboot")
    deadline = time.monotonic() + 30
    while installed.step("plan").get("state") != "unchanged":
        assert time.monotonic() < deadline
    assert installed.step("receipt")["state"] == "unchanged"


def test_a_stale_password_on_the_terminal_is_named_and_mended_there(installed: Clinic) -> None:
    installed.control("TERMINAL-1", do="password", user="onslink", password="Someone-Else-1")
    assert installed.step("evidence")["causes"] == ["password"]
    undone = installed.step("receipt")
    assert undone["error"] == "ChangeUndone"
    assert "refuses the link user's password" in undone["says"]
    assert installed.step("terminal")["changed"]
    assert installed.step("evidence")["causes"] == []


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        ({"do": "lock"}, "locked"),
        ({"do": "age-password", "days": 43}, "expired"),
        ({"do": "enable", "enabled": False}, "disabled"),
    ],
)
def test_why_the_terminal_refuses_the_link_user_is_named(
    installed: Clinic, spoil: dict[str, Any], cause: str
) -> None:
    installed.control("TERMINAL-1", user="onslink", **spoil)
    assert installed.step("evidence")["causes"] == [cause]
    assert installed.step("terminal")["changed"]
    assert installed.step("evidence")["causes"] == []


def test_an_expired_password_of_the_receipt_computers_user_is_named(installed: Clinic) -> None:
    installed.control("RECEIPT-1", do="age-password", user="reception", days=43)
    try:
        refused = installed.step("receipt")
    finally:
        installed.control("RECEIPT-1", do="age-password", user="reception", days=0)
    assert refused["error"] == "LoginRefused"
    assert "expired" in refused["says"]
    assert installed.step("receipt")["state"] == "unchanged"


def test_a_wrong_route_is_replaced_and_an_on_link_conflict_refused(installed: Clinic) -> None:
    installed.step("run", REMOVE)
    wrong = (
        f"$null = New-NetRoute -DestinationPrefix {NETWORK} -InterfaceIndex 2 -NextHop {STRANGER}"
    )
    installed.step("run", wrong)
    assert installed.step("receipt")["changed"]
    add = "$null = New-NetIPAddress -InterfaceIndex 2 -IPAddress '10.51.1.77' -PrefixLength 24"
    installed.step("run", add)
    refused = installed.step("receipt")
    installed.step(
        "run", "Remove-NetIPAddress -InterfaceIndex 2 -IPAddress '10.51.1.77' -Confirm:$false"
    )
    assert refused["error"] == "Refused"
    assert "10.51.1.77" in refused["says"]


def test_https_pins_the_certificate_and_japanese_survives(clinic: Clinic) -> None:
    assert clinic.step("tls")["said"] == "受付"
    assert clinic.step("tls")["said"] == "受付"
    pins = (clinic.folder / "laptop" / "windows-certificates").read_text()
    assert "\n192.168.1.21:5986 sha256:" in pins


@pytest.mark.parametrize(
    ("spoil", "mend", "cause"),
    [
        (
            {"do": "service", "name": "WinRM", "running": False},
            {"do": "service", "name": "WinRM", "running": True},
            "service-off",
        ),
        (
            {"do": "token-filter-policy", "value": 0},
            {"do": "token-filter-policy", "value": 1},
            "token-filter",
        ),
        ({"do": "clock-skew", "seconds": 172800}, {"do": "clock-skew", "seconds": 0}, "clock-skew"),
        (
            {"do": "lock", "user": "clinicadmin", "locked": True},
            {"do": "lock", "user": "clinicadmin", "locked": False},
            "locked",
        ),
    ],
)
def test_winrm_that_is_not_ready_is_diagnosed(
    clinic: Clinic, spoil: dict[str, Any], mend: dict[str, Any], cause: str
) -> None:
    clinic.control("RECEIPT-1", **spoil)
    try:
        found = clinic.step("run", "@{}")
    finally:
        clinic.control("RECEIPT-1", **mend)
    assert found["error"] == "NotReady"
    assert cause in found["causes"]
    assert found["remedy"]
    assert found["took_s"] < 30


def test_a_wrong_password_is_tried_once(clinic: Clinic) -> None:
    found = clinic.step("wrong-password")
    assert found["causes"][0] == "wrong-password"


def test_a_kill_at_any_moment_leaves_nothing_after_the_next_run(installed: Clinic) -> None:
    chance = random.Random(RUN.seed)
    for _ in range(examples("pc-kills-by-time")):
        installed.step("reset")
        killed = subprocess.Popen(
            installed.command("receipt"), env=environment(), stdout=subprocess.DEVNULL
        )
        time.sleep(0.6 + 2.0 * chance.random())
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert "error" not in installed.step("receipt")
        assert installed.step("receipt")["state"] == "unchanged"
        assert installed.left_over() == []


def test_no_secret_is_anywhere_afterwards(installed: Clinic) -> None:
    """Event logs, task history, files, stores, journals; password hashes are no secrets."""
    found = [
        str(file)
        for file in installed.folder.rglob("*")
        if file.is_file()
        for word in WORDS.values()
        if any(form in file.read_bytes() for form in (word.encode(), word.encode("utf-16-le")))
    ]
    assert found == []
