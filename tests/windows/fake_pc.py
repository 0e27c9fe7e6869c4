"""PCs in memory for `MemoryWindows`: they keep state and carry out the differences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

from onshi_net.intent.windows import ReceiptIntent, TerminalIntent, windows_intents
from onshi_net.inventory import load_site
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.model.windows import WindowsFacts
from onshi_net.pcs import resources as r
from onshi_net.pcs.terminal import OPEN_RULES
from onshi_net.transport.windows import MemoryWindows, ScriptFailed
from onshi_net.transport.windows.memory import Handler
from tests.conftest import EXAMPLES

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
VALUES = {
    "demo-clinic/link": "LINK-canary-1",
    "demo-clinic/receipt-1-user": "USER-canary-2",
    "demo-clinic/receipt-1-admin": "ADMIN-canary-3",
    "demo-clinic/terminal-1-admin": "ADMIN-canary-4",
}
LINK, USER = VALUES["demo-clinic/link"], VALUES["demo-clinic/receipt-1-user"]


def secrets() -> Secrets:
    return Secrets([VALUES.get])


def intents(facts: WindowsFacts | None = None) -> tuple[TerminalIntent, ReceiptIntent]:
    terminal, receipt = windows_intents(load_site(EXAMPLES, "demo-clinic"), facts or WindowsFacts())
    assert isinstance(terminal, TerminalIntent)
    assert isinstance(receipt, ReceiptIntent)
    return terminal, receipt


@dataclass
class Fake:
    """What both kinds of PC have."""

    name: str
    address: str
    edition: str
    build: int
    alias: str = "イーサネット"
    product_type: int = 1
    utc: datetime = NOW
    routes: list[r.Route] = field(default_factory=list)
    redirects: list[tuple[str, str]] = field(default_factory=list)
    """Destinations and gateways that a gateway told it."""
    leases: list[tuple[str, str]] = field(default_factory=list)
    """Destinations and gateways that a DHCP server gave it."""
    old_routes: list[str] = field(default_factory=list)
    addresses: list[tuple[int, str]] = field(default_factory=list)
    unplugged: frozenset[int] = frozenset()
    """Interfaces without a cable."""
    leftovers: list[str] = field(default_factory=list)
    renewed: int = 0
    """How often its own undo got its whole time again."""
    fail_at: str = ""
    """The kind of difference at which the PC fails, once."""
    applied: list[r.Difference] = field(default_factory=list)
    masked_log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.addresses.append((7, self.address))

    def common(self) -> dict[str, Any]:
        interfaces = [(index, ip_interface(address)) for index, address in self.addresses]
        stored = [
            {
                "destination": str(one.destination),
                "next_hop": str(one.next_hop),
                "interface": one.interface,
                "metric": one.metric,
                "store": store,
            }
            for one in self.routes
            for store in one.stores
        ]
        direct = [
            {
                "destination": str(one.network),
                "next_hop": "0.0.0.0" if one.version == 4 else "::",
                "interface": index,
                "metric": 256,
                "store": "ActiveStore",
            }
            for index, one in interfaces
        ]
        told = [
            {
                "destination": destination,
                "next_hop": hop,
                "interface": 7,
                "metric": 256,
                "store": "ActiveStore",
                "protocol": protocol,
            }
            for protocol, some in (("Icmp", self.redirects), ("Dhcp", self.leases))
            for destination, hop in some
        ]
        return {
            "system": {
                "computer_name": self.name,
                "caption": "Microsoft Windows",
                "build": self.build,
                "product_type": self.product_type,
                "edition": self.edition,
                "utc": self.utc.isoformat(),
            },
            "addresses": [
                {
                    "interface": index,
                    "alias": self.alias,
                    "address": str(one.ip),
                    "prefix_length": one.network.prefixlen,
                    "origin": "Manual",
                    "state": "Tentative" if index in self.unplugged else "Preferred",
                }
                for index, one in interfaces
            ],
            "routes": stored + direct + told,
            "registry_routes": self.old_routes,
            "leftovers": self.leftovers,
        }

    def served(self, **reading: Handler) -> MemoryWindows:
        """The PC's session; nobody prepared it, so it has no undo of its own."""

        def renew(_values: Mapping[str, Any], _given: tuple[Secret, ...]) -> dict[str, Any]:
            self.renewed += 1
            return {"prepared": False}

        return MemoryWindows({**reading, "carry_out": self.apply, "renew": renew}, self.name)

    def apply(self, values: Mapping[str, Any], given: tuple[Secret, ...]) -> dict[str, Any]:
        for change in values["changes"]:
            one = r.Difference(change["before"], change["after"])
            if one.kind == self.fail_at:
                self.fail_at = ""
                raise ScriptFailed("carry_out", host=self.name, kind="Boom", code=0x80070005)
            self.carry_out(one, given)
            self.applied.append(one)
        answers = [self.batch(task, given) for task in values["tasks"]]
        return {"done": len(values["changes"]), "answers": answers}

    def batch(self, task: Mapping[str, Any], given: tuple[Secret, ...]) -> dict[str, Any]:
        raise AssertionError(f"{self.name} has no user's store")

    def carry_out(self, one: r.Difference, given: tuple[Secret, ...]) -> None:
        before, after = one.before, one.after
        if isinstance(before, r.Ways) and isinstance(after, r.Ways):
            for way in [one for one in before.routes if one not in after.routes]:
                self.routes.remove(way)
            self.routes += [one for one in after.routes if one not in before.routes]
            for name in [one for one in before.noted if one not in after.noted]:
                self.old_routes.remove(name)
            self.old_routes += [one for one in after.noted if one not in before.noted]
        if isinstance(before, r.Leftover):
            self.leftovers.remove(before.name)


@dataclass
class FakeTerminal(Fake):
    """A terminal."""

    things: dict[r.Key, r.Resource] = field(default_factory=dict)
    password: str = ""
    certificate_days: int | None = 400
    rules_open: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        some: list[r.Resource] = [
            r.ServiceState("LanmanServer", "Automatic", True),
            r.ServiceState("W32Time", "Manual", False),
            r.TimeSource("time.windows.com,0x9", "NTP", ("start/domainjoin", r.STOPS)),
            r.FirewallRule(OPEN_RULES[0], self.rules_open, ("LocalSubnet",), ("445",)),
        ]
        for one in some:
            self.things.setdefault(one.key, one)

    def all(self, kind: type[r.Resource]) -> list[Any]:
        return [one for one in self.things.values() if isinstance(one, kind)]

    def read(self, values: Mapping[str, Any], given: tuple[Secret, ...]) -> dict[str, Any]:
        users = self.all(r.User)
        until = NOW + timedelta(days=self.certificate_days or 0, hours=1)
        good = bool(users) and self.password == given[0].reveal()
        return {
            **self.common(),
            "metrics": [],
            "resolvers": [
                {"interface": one.interface, "server": str(s)}
                for one in self.all(r.Resolvers)
                for s in one.servers
            ],
            "fixed_resolvers": [
                {
                    "interface": one.interface,
                    "family": one.family,
                    "servers": [*map(str, one.servers)],
                }
                for one in self.all(r.Resolvers)
            ],
            "user": {
                "name": users[0].name,
                "enabled": True,
                "expires": False,
                "password_good": good,
            }
            if users
            else None,
            "folders": [
                {"path": path, "there": False, "granted": False}
                for path in values["folders"]
                if ("folder", path.lower()) not in self.things
            ]
            + [
                {"path": one.path, "there": True, "granted": one.granted}
                for one in self.all(r.GrantedFolder)
            ],
            "shares": [
                {
                    "name": one.name,
                    "path": one.path,
                    "access": [
                        {"account": self.account(g.account), "kind": "Allow", "right": g.right}
                        for g in one.access
                    ],
                }
                for one in self.all(r.Share)
            ],
            "rules": [
                {
                    "name": one.name,
                    "enabled": one.enabled,
                    "sources": [masks(s) for s in one.sources],
                    "ports": list(one.ports),
                }
                for one in self.all(r.FirewallRule)
            ],
            "services": [
                {"name": one.name, "start": one.start, "running": one.running}
                for one in self.all(r.ServiceState)
            ],
            "time": {
                "server": self.all(r.TimeSource)[0].server,
                "type": "NTP",
                "domain_only": self.all(r.TimeSource)[0].domain_only,
                "triggers": [
                    {"type": 3, "action": number + 1}
                    for number in range(len(self.all(r.TimeSource)[0].triggers))
                ],
            },
            "certificates": []
            if self.certificate_days is None
            else [
                {
                    "subject": "CN=x",
                    "issuer": "CN=MPKI",
                    "until": until.isoformat(),
                    "has_key": True,
                    "uses": ["1.3.6.1.5.5.7.3.2"],
                }
            ],
        }

    def account(self, name: str) -> str:
        return name if name == "Everyone" else f"{self.name}\\{name}"

    def carry_out(self, one: r.Difference, given: tuple[Secret, ...]) -> None:
        super().carry_out(one, given)
        if one.kind in {"route", "leftover", "address"}:
            return
        if one.after is None or (isinstance(one.after, r.Resolvers) and not one.after.fixed):
            del self.things[one.key]
        else:
            self.things[one.key] = one.after
        if isinstance(one.after, r.User):
            self.password = given[0].reveal()

    def session(self) -> MemoryWindows:
        return self.served(read_terminal=self.read)


def masks(source: str) -> str:
    """Windows gives networks back with a mask."""
    return source.replace("/24", "/255.255.255.0")


@dataclass
class FakeReceipt(Fake):
    """A receipt PC; `terminal_password` is what the terminal takes."""

    store: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Target -> user and password."""
    user_password: str = USER
    terminal_password: str = LINK
    reachable: bool | None = None
    """None: when a route to the terminal network stands."""
    batch_right: bool = True
    writes: int = 0
    logons: int = 0
    lose_entries: bool = False

    def read(self, _values: Mapping[str, Any], _given: tuple[Secret, ...]) -> dict[str, Any]:
        return self.common()

    def batch(self, task: Mapping[str, Any], given: tuple[Secret, ...]) -> dict[str, Any]:
        self.logons += 1
        if given[0].reveal() != self.user_password:
            raise ScriptFailed("carry_out", host=self.name, kind="COMException", code=0x8007052E)
        if not self.batch_right:
            return {"started": True, "code": 0x80070569}
        body = task["body"].values
        for entry, secret in zip(body["write"], given[1 : 1 + task["secrets"]], strict=True):
            self.writes += 1
            if not self.lose_entries:
                self.store[entry["target"]] = (entry["user"], secret.reveal())
        for target in body["remove"]:
            self.store.pop(target, None)
        entries = [
            {
                "target": target,
                "found": target in self.store,
                "user": self.store.get(target, ("", ""))[0],
                "persist": 2,
            }
            for target in body["targets"]
        ]
        proofs = [self.proof(one["share"]) for one in body["proofs"]]
        report = {
            "user": task["accounts"][0].rpartition("\\")[2],
            "entries": entries,
            "proofs": proofs,
        }
        return {"started": True, "code": 0, "answer": json.dumps(report)}

    def proof(self, share: str) -> dict[str, Any]:
        host = share.split("\\")[2]
        reachable = bool(self.routes) if self.reachable is None else self.reachable
        code = 0
        if host not in self.store:
            code = 1168
        elif not reachable:
            code = 53
        elif self.store.get(host, ("", ""))[1] != self.terminal_password:
            code = 1326
        hresult = (0x80070000 | code) - (1 << 32) if code else 0
        return {
            "share": share,
            "step": "open" if code else "delete",
            "good": not code,
            "code": hresult,
        }

    def session(self) -> MemoryWindows:
        return self.served(read_receipt=self.read)


def receipt(**values: Any) -> FakeReceipt:
    return FakeReceipt(
        **{
            "name": "RECEIPT-1",
            "address": "192.168.1.21/24",
            "edition": "Professional",
            "build": 19045,
            **values,
        }
    )


def terminal(**values: Any) -> FakeTerminal:
    return FakeTerminal(
        **{
            "name": "TERMINAL-1",
            "address": "10.51.1.11/24",
            "edition": "EnterpriseS",
            "build": 19044,
            **values,
        }
    )


def everything_under(folder: Path) -> str:
    return "".join(
        file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*")) if file.is_file()
    )


RECEIPT_ACCESS = intents()[1].access
