"""What provisioning knows of single commands: values, owners, hidden secrets.

Each rule is data with its source: the RTX command reference by chapter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_IF = r"(?:lan|vlan|bridge|wan|onu|loopback)[0-9./]*|pp|tunnel"

SINGLE_VALUED: tuple[str, ...] = (
    # chapter 4: the device
    r"description \S+",
    r"timezone",
    r"security class",
    r"lan type \S+",
    r"login timer",
    r"(?:sshd|telnetd) (?:service|host(?! key)|listen|session)",
    r"sshd (?:client alive|encrypt algorithm|hide openssh version|auth method)",
    r"sftpd host",
    r"tftp host",
    r"syslog (?:host|facility|notice|info|debug|execute command|local address|srcport|format type)",
    # chapter 8: IPv4
    r"ip (?:routing|filter source-route|filter directed-broadcast)",
    rf"ip (?:{_IF}) (?:address|mtu|proxyarp|intrusion detection|nat descriptor|wol relay)",
    rf"ip (?:{_IF}) secure filter (?:in|out)",
    r"ip filter (?:dynamic |set )?\d+",
    r"ip route \S+",
    r"ip stealth",
    # chapter 12: DHCP
    r"dhcp (?:service|server rfc2131 compliant|duplicate check|client hostname \S+)",
    r"dhcp scope (?:option )?\d+",
    # chapter 24: DNS
    r"dns (?:server select \d+|server dhcp|server|host|domain|service recursive|service)",
    r"dns private address spoof",
    r"dns (?:notice order \S+|cache use|cache max entry|srcport|syslog resolv|service fallback)",
    # chapters 20 and 30: NGN and IPv6
    r"ngn type \S+",
    r"ipv6 (?:routing|prefix \d+)",
    r"ipv6 filter (?:dynamic )?\d+",
    rf"ipv6 (?:{_IF}) secure filter (?:in|out)",
    rf"ipv6 (?:{_IF}) (?:rtadv send|dhcp service|mtu|dad retry count|prefix change log)",
    r"ipv6 route \S+",
    # chapters 33, 37, 38, 53, 59: HTTP, schedule, VLAN, ports
    r"httpd (?:service|host|listen|timeout)",
    r"schedule at \d+",
    r"vlan port mapping \S+",
    r"lan flexible-port",
    r"ntpdate",
    r"ntp local address",
    r"sntpd (?:service|host)",
    r"upnp use",
    r"switch control use \S+",
    r"nat descriptor (?:type|address outer|address inner) \d+",
)
"""Commands of which a later one replaces the earlier.

The match is what tells them apart and what `no` needs.

`dns server` and `dns service` stand after their longer forms: the first match counts.
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A line that belongs to the site and not to us, and why."""

    pattern: str
    reason: str


KEPT: tuple[Kept, ...] = (
    Kept(
        r"console ", "how people read the console; setting it is a choice of the site (4.20-4.24)"
    ),
    Kept(
        r"login (?:user|password|timer) ?",
        "who may log in; passwords are changed in the dialogue, never by line (4.1, 4.5)",
    ),
    Kept(r"administrator password", "changed in the dialogue, never by line (4.3)"),
    Kept(
        r"user attribute ",
        "who may become administrator; removing it could lock everybody out (4.10)",
    ),
    Kept(r"sshd host key generate", "the host key that laptops trust; removing it ends SSH (4.69)"),
)

_SINGLE = re.compile("|".join(f"(?:{rule})(?= |$)" for rule in SINGLE_VALUED))
_KEPT = re.compile("|".join(f"(?:{kept.pattern})" for kept in KEPT))
_APPLIES = re.compile(rf"(?:ip|ipv6) (?:{_IF}) secure filter ")
_DIVISION = re.compile(r"lan type |vlan port mapping |lan flexible-port")
_HIDDEN = re.compile(
    r"(?:password|pre-shared-key|auth (?:my|user)name|secret|encrypted|community)\b.* \*(?: |$)"
)


def key_of(line: str) -> str:
    """Answers what identifies a line.

    The command without its value where it is single-valued, else all of it.
    """
    found = _SINGLE.match(line)
    return found[0] if found else line


def negation(line: str) -> str:
    """Answers the line that removes `line`: `no` with as little as identifies it."""
    return f"no {key_of(line)}"


def is_kept(line: str) -> bool:
    """Answers whether a line belongs to the site and stays as it is."""
    return _KEPT.match(line) is not None


def applies_filters(line: str) -> bool:
    """Answers whether a line applies filters to an interface."""
    return _APPLIES.match(line) is not None


def defines_filter(line: str) -> bool:
    """Answers whether a line defines a filter that another line may apply."""
    return re.match(r"(?:ip|ipv6) filter (?:dynamic |set )?\d", line) is not None


def divides_lan(line: str) -> bool:
    """Answers whether a line changes which port belongs to which interface."""
    return _DIVISION.match(line) is not None


_DIVIDED = re.compile(r"lan type (lan\d) .*\bport-based-option=divide-network\b")


def resets_ports(line: str) -> bool:
    """Answers whether a line changes the interfaces themselves.

    The links of the ports go down for a while, and the router moves other lines.
    """
    return re.match(r"lan type |lan flexible-port ", line) is not None


def needs_restart(line: str) -> bool:
    """Answers whether a line holds only after a restart (RTX command reference 53.1)."""
    return line.startswith("lan flexible-port ")


def after_division(running: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Answers the running lines as they will stand once `wanted` has divided the LAN.

    The settings of the divided interface pass to vlan1 (RTX command reference 4.50, extended form).
    """
    before = {found[1] for line in running if (found := _DIVIDED.match(line))}
    for lan in sorted({found[1] for line in wanted if (found := _DIVIDED.match(line))} - before):
        inherits = re.compile(rf"^(ip|ipv6|description) {lan} ")
        running = tuple(inherits.sub(r"\1 vlan1 ", line) for line in running)
    return running


def hides_secret(line: str) -> bool:
    """Answers whether the line can't be sent again.

    The router shows `*` for its secret, or its text is left out.
    """
    return _HIDDEN.search(line) is not None or " <<" in line
