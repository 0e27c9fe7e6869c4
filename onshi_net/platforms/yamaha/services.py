"""What opens a router: its services, what opens and closes each, and which stand open. Pure.

Source: RTX command reference, the chapters beside each row. Its defaults hold for RTX830, 840,
1210, 1220 and 1300 alike but where a row says so; an NVR510 is not in it, and is taken to be as
open as any of them (docs/to-confirm-on-site.md). What a router is delivered with (1.7) are lines.

Buttons, USB and microSD (36.1, 42) are left as they are: who stands at the router can reset it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from onshi_net.intent.types import OtherService
from onshi_net.model import RouterModel

_HOST = re.compile(r"\S+ host (?P<host>\S+)")


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a router."""

    id: str
    """As in the inventory and, behind `service-`, in the catalogue."""
    source: str
    lines: str
    """What its lines begin with."""
    opens: str = ""
    """A line that opens it; '': it is open without any."""
    closes: str = ""
    """A line that closes it, whatever opens it."""
    closed: str = ""
    """The line by which we close one that is open without any."""
    closed_on: frozenset[str] = frozenset()
    """Models on which it is closed without any line all the same."""
    offered: tuple[str, ...] = ()
    """Lines that open it to `{hosts}` alone, in the order of sending: it never stands wider."""

    def own(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Answers its lines of a configuration."""
        return tuple(line for line in lines if re.match(self.lines, line))

    def is_open(self, lines: Collection[str], model: str) -> bool:
        """Answers whether it stands open in a configuration of a model."""
        without = not self.opens and model not in self.closed_on
        opened = without or (self.opens and any(re.match(self.opens, line) for line in lines))
        return bool(opened) and not (
            self.closes and any(re.match(self.closes, line) for line in lines)
        )


def _daemon(service: str, source: str, word: str) -> Service:
    """Answers a service that is on without any line, as telnet is."""
    return Service(
        service,
        source,
        lines=f"{word} ",
        closes=f"{word} (?:service off|host none)$",
        closed=f"{word} service off",
        offered=(f"{word} host {{hosts}}", f"{word} service on"),
    )


def _files(service: str, source: str, word: str) -> Service:
    """Answers a service that lets nobody in where no line names hosts."""
    return Service(
        service,
        source,
        lines=f"{word} host ",
        opens=f"{word} host (?!none$)",
        offered=(f"{word} host {{hosts}}",),
    )


SERVICES: tuple[Service, ...] = (
    Service(
        "ssh",
        "4.65 to 4.75",
        lines="sshd (?:service|host(?! key)|listen|auth method|authorized-keys) ",
        opens="sshd service on$",
        closes="sshd host none$",
    ),
    _daemon("telnet", "4.38 to 4.41", "telnetd"),
    _daemon("web", "33.1 to 33.4, 47, 48.5.1", "httpd"),
    _daemon("time", "41.1, 41.2", "sntpd"),
    _files("sftp", "4.78", "sftpd"),
    _files("tftp", "4.54", "tftp"),
    Service("snmp", "21", lines="snmp(?:v2c|v3)? ", opens=r"snmp(?:v2c|v3)? host (?!none$)"),
    Service(
        "dns",
        "24.1, 24.13",
        lines="dns (?:host|service (?:recursive|off))",
        closes="dns (?:service off|host none)$",
    ),
    Service("upnp", "35.1", lines="upnp ", opens="upnp use on$"),
    Service("echo", "8.1.6", lines="ip simple-service ", opens="ip simple-service on$"),
    Service(
        "remote-setup",
        "4.12, 56.3.13",
        lines="(?:security class|remote setup accept) ",
        closes="security class [23] |remote setup accept none$",
        closed="security class 2 off",
    ),
    Service(
        "known-password",
        "4.12",
        lines="security class ",
        closes="security class [123] off",
        closed="security class 2 off",
        closed_on=frozenset({"RTX840", "RTX1300"}),
    ),
    Service("ipsec", "15.1", lines="ipsec use ", closes="ipsec use off$", closed="ipsec use off"),
    Service("l2ms", "48", lines="(?:switch|lan-map|ap) ", opens=r"switch control use \S+ on"),
    Service("cloud", "49", lines="yno ", opens="yno (?:use on$|zero-config )"),
    Service("mobile", "44", lines="(?:mobile|wan) ", opens=r"mobile (?:use|arrive) .*\bon"),
    Service("l2tp", "16.1", lines="l2tp service ", opens="l2tp service on"),
    Service("pptp", "17.1.1", lines="pptp service ", opens="pptp service on$"),
    Service("sip", "20.1.1", lines="sip use ", opens="sip use on$"),
    Service(
        "heartbeat",
        "39.2, 40.7",
        lines="heartbeat2? ",
        opens="heartbeat receive on|heartbeat2 receive enable ",
    ),
    Service("cooperation", "27", lines="cooperation ", opens=r"cooperation \S+ \S+ on$"),
    Service(
        "radius",
        "4.6, 4.7, 22",
        lines="(?:login |administrator )?radius ",
        opens="login radius use on$|administrator radius auth on",
    ),
)


def closing_lines(model: RouterModel, others: Iterable[OtherService] = ()) -> tuple[str, ...]:
    """Answers the lines that close what is open without any and nobody wants."""
    kept = {one.service for one in others}
    lines = (
        one.closed
        for one in SERVICES
        if one.closed and one.id not in kept and model.name not in one.closed_on
    )
    return tuple(dict.fromkeys(lines))


def offering_lines(others: Iterable[OtherService]) -> tuple[str, ...]:
    """Answers the lines that open what the inventory keeps to whom it names, and nobody else.

    None for a service whose own lines say whom it lets in: see `is_others`.
    """
    offered = {one.id: one.offered for one in SERVICES}
    return tuple(
        line.format(hosts=" ".join(map(str, one.hosts)))
        for one in others
        for line in offered[one.service]
    )


def shutting_lines(running: Iterable[str], others: Iterable[OtherService]) -> tuple[str, ...]:
    """Answers the lines that close what stays open, but to others than it is open to now.

    What opens it to them is sent last (`offering_lines`): a port that moves meanwhile brings nobody
    to a service that was open to the wrong ones.
    """
    lines = frozenset(running)
    rows = {one.id: one for one in SERVICES}
    return tuple(
        row.closed or row.offered[0].format(hosts="none")
        for one in others
        if (row := rows[one.service]).offered
        and row.is_open(lines, "")
        and row.offered[0].format(hosts=" ".join(map(str, one.hosts))) not in lines
    )


def is_others(line: str, others: Iterable[OtherService]) -> bool:
    """Answers whether a line is of a service that the inventory keeps, and opens it no wider."""
    for one in others:
        service = next(row for row in SERVICES if row.id == one.service)
        if service.own((line,)):
            found = _HOST.match(line)
            return found is None or found["host"] in {"none", *map(str, one.hosts)}
    return False
