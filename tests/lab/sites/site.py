"""A generated site as data: what the sheet says (`Belief`), what is there (`World`), the lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Any

World = Mapping[str, Any]
"""What `world.yaml` holds, in its own form: only what the sheet can't say, or says wrongly."""


class Command(StrEnum):
    """The commands of an install day, in their order."""

    PLAN = "plan"
    PROVISION = "provision"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Named:
    """How a lie must come out: `command` at the latest is not green, and says what is wrong."""

    command: Command
    segments: frozenset[str] = frozenset()
    """`verify`: a cause must lie in one of these."""
    checks: tuple[str, ...] = ()
    """`verify`: one of these checks must have failed."""
    exit_code: int | None = None
    """The documented code, where there is one for it."""
    words: tuple[str, ...] = ()
    """All of them must stand in what is printed."""
    party: str = ""
    """`verify`: who acts on a cause there, where only one can; '' where it may be several."""


@dataclass(frozen=True, slots=True)
class Told:
    """One lie as it was told about one site."""

    name: str
    world: World
    """What is there instead, laid over the truthful world."""
    named: Named


@dataclass(frozen=True, slots=True)
class Lan:
    """One network of the sheet."""

    network: IPv4Network
    router: IPv4Address
    gateway: IPv4Address | None
    free: tuple[IPv4Address, ...]
    """Addresses of it that the sheet gives to nobody."""


@dataclass(frozen=True, slots=True)
class Line:
    """The access line of the sheet."""

    product: str
    cross: bool
    hikari_denwa: bool
    v6_option: bool
    ordered_on: str
    v6_ordered: str | None
    prefixes: tuple[int, int]
    """Which of the lab's /56 the line has, and which it gets when it is renumbered."""

    @property
    def delegates(self) -> bool:
        """A /56 by DHCPv6 with ひかり電話 or フレッツ光クロス, else a /64 by RA (DOMAIN 1.3)."""
        return self.hikari_denwa or self.cross


@dataclass(frozen=True, slots=True)
class Branch:
    """What stands between ONU and router."""

    kind: str
    model: str | None
    business_phone: bool

    @property
    def is_gateway(self) -> bool:
        """An HGW or OGW holds the delegation itself and advertises a /64 of it (DOMAIN 1.3)."""
        return self.kind in {"hgw", "ogw"}


@dataclass(frozen=True, slots=True)
class Router:
    """The router of the sheet, and the firmware that it came with."""

    name: str
    model: str
    serial: str | None
    firmware: str
    real_serial: str
    drop_is_logout: bool


@dataclass(frozen=True, slots=True)
class Pc:
    """A terminal or receipt PC of the sheet."""

    name: str
    address: IPv4Address
    username: str
    user: str | None = None
    """Of a receipt PC: who runs the receipt computer, where it is not the site's usual one."""
    computer_name: str | None = None
    dns_name: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Who does what."""

    receipt_by: str = "ntt"
    route: str = "pc"


@dataclass(frozen=True, slots=True)
class Belief:
    """What the sheet says of a site."""

    name: str
    institution: str
    code: str
    region: str
    line: Line
    onu: bool
    branch: Branch
    router: Router
    switch: str | None
    """The switch's host name."""
    switch_ports: int
    terminal: Lan
    clinic: Lan
    terminals: tuple[Pc, ...]
    receipts: tuple[Pc, ...]
    link_user: str
    receipt_user: str
    work: Work

    @property
    def delegated_to_router(self) -> bool:
        """The router must take its prefix by PD (DOMAIN 1.3)."""
        return self.line.delegates and not self.branch.is_gateway


@dataclass(frozen=True, slots=True)
class Generated:
    """One seed's site."""

    seed: int
    belief: Belief
    world: World
    """The whole truth, the lie laid over it."""
    lie: Told | None = None
    notes: tuple[str, ...] = field(default=())
    """What else is special, for the log."""

    @property
    def line(self) -> str:
        """The site in one line, for a log."""
        belief = self.belief
        parts = (
            f"{belief.router.model} {belief.router.firmware}",
            f"{belief.line.product} ({'PD' if belief.line.delegates else 'RA'})",
            f"{belief.branch.kind} {belief.branch.model or ''}".strip(),
            f"{len(belief.terminals)}+{len(belief.receipts)}{' switch' if belief.switch else ''}",
            f"{belief.terminal.network} {belief.clinic.network}",
            belief.region,
            *self.notes,
            f"lie {self.lie.name}" if self.lie else "true",
        )
        return f"seed {self.seed}: " + ", ".join(parts)


def prefixes(line: Line, delegates: bool) -> dict[str, str]:
    """The line's prefixes by this mechanism, in the lab's own part of the documentation prefix."""
    length = 56 if delegates else 64
    first, second = (
        f"2001:db8:{0x50 + (one >> 8):x}:{(one & 0xFF) << 8:x}::/{length}" for one in line.prefixes
    )
    return {"prefix": first, "changed_prefix": second}


def overlay(under: World, over: World) -> dict[str, Any]:
    """`over` laid over `under`: mappings are joined, anything else is replaced."""
    found = dict(under)
    for key, value in over.items():
        old = found.get(key)
        joined = isinstance(old, Mapping) and isinstance(value, Mapping)
        found[key] = overlay(old or {}, value) if joined else value
    return found
