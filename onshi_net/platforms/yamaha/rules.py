"""The grammar of single commands: what tells lines apart, `no` forms, owners, hidden secrets.

Each rule is data with its source: the RTX command reference by chapter. Of a `no` form the
reference says (1.4) that parameters in brackets may be given; a command that no rule names is
therefore told apart by its whole line and removed by it. That is right for commands that may stand
several times, such as `dhcp scope option` (12.1.8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from onshi_net.intent.types import OtherService
from onshi_net.platforms.yamaha.services import SERVICES, is_others

_IF = r"(?:lan|vlan|bridge|wan|onu|loopback)[0-9./]*|pp|tunnel"

SINGLE_VALUED: tuple[str, ...] = (
    # chapter 4: the device
    r"description \S+",
    r"timezone",
    r"security class",
    r"lan type \S+",
    r"login timer",
    r"login user \S+",
    r"user attribute \S+",
    r"(?:sshd|telnetd) (?:service|host(?! key)|listen|session)",
    r"sshd (?:client alive|encrypt algorithm|hide openssh version|auth method)",
    r"sftpd host",
    r"tftp host",
    r"syslog (?:host|facility|notice|info|debug|execute command|local address|srcport|format type)",
    # chapter 8: IPv4
    r"ip (?:routing|filter source-route|filter directed-broadcast)",
    rf"ip (?:{_IF}) (?:address|secondary address|mtu|proxyarp|rebound|nat descriptor|wol relay)",
    rf"ip (?:{_IF}) (?:tcp mss limit|secure filter name)",
    rf"ip (?:{_IF}) secure filter (?:in|out)",
    r"ip filter (?:dynamic )?\d+",
    r"ip filter set \S+ (?:in|out)",
    r"ip filter dynamic timer",
    r"ip route \S+",
    r"ip stealth",
    # chapter 12: DHCP
    r"dhcp (?:service|server rfc2131 compliant|duplicate check|client hostname \S+)",
    r"dhcp scope \d+",
    r"dhcp scope bind \d+ \S+",
    # chapters 6, 14 to 16, 19, 25: what `pp select` and `tunnel select` choose
    r"pp (?:always-on|bind|auth (?:request|accept|myname|username \S+))",
    r"pppoe (?:use|auto (?:connect|disconnect)|tcp mss limit)",
    r"ppp (?:lcp mru|ipcp (?:ipaddress|msext)|ccp type)",
    r"tunnel (?:encapsulation|endpoint address)",
    r"ipsec (?:tunnel|auto refresh|sa policy \d+)",
    r"ipsec ike (?:keepalive use|(?:local|remote) address|pre-shared-key) \d+",
    r"(?:l2tp|pptp) service",
    # chapters 20, 39, 40: SIP, heartbeats
    r"sip (?:use|session timer|ip protocol|100rel|user agent|outer address|log)",
    r"sip server \d+",
    r"heartbeat (?:pre-shared-key|receive)",
    r"heartbeat2 (?:myname|(?:transmit|receive) (?:enable|\d+))",
    # chapter 21: SNMP
    r"snmp(?:v2c|v3)? (?:trap )?host \S+",
    r"snmp(?:v2c)? (?:community read-(?:only|write)|trap community)",
    r"snmpv3 (?:engine id|context name|usm user \d+|vacm (?:view|access) \d+)",
    r"snmp (?:local address|syscontact|syslocation|sysname|trap enable snmp|trap delay-timer)",
    # chapter 24: DNS
    r"dns (?:server select \d+|server dhcp|server pp|server|host|domain|service recursive|service)",
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
    r"httpd (?:service|host|listen|timeout|custom-gui (?:use|api (?:use|password)))",
    r"httpd (?:custom-gui user(?: (?!directory=)\S+)?|proxy-access l2ms permit)",
    r"schedule at \d+",
    r"vlan port mapping \S+",
    r"lan flexible-port",
    r"ntpdate",
    r"ntp local address",
    r"sntpd (?:service|host)",
    r"upnp (?:use|syslog|external address refer(?: pp)?|port mapping timer(?: type)?)",
    r"switch control (?:use \S+|mode|watch interval)",
    r"lan-map (?:snapshot use \S+|terminal watch interval|log|sysname)",
    # chapters 4, 8, 15, 22, 27, 44, 56: what else opens a router
    r"ip simple-service",
    r"ipsec use",
    r"(?:login radius use|administrator radius auth|remote setup accept)",
    r"radius (?:(?:auth |account )?(?:server|port)|auth|account|secret|retry)",
    r"cooperation (?:port|(?:bandwidth-measuring|load-watch) (?:server|client))",
    r"mobile (?:use|arrive use) \S+",
    r"mobile arrive permit",
    r"wan (?:always-on|bind|auth myname)",
    r"nat descriptor (?:type|address outer|address inner|masquerade incoming) \d+",
    r"nat descriptor masquerade static \d+ \d+",
    r"vlan lan\d+/\d+",
)
"""Commands of which a later one replaces the earlier.

The match is what tells them apart and what `no` needs.

`dns server` and `dns service` stand after their longer forms: the first match counts.
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A line that is not for us to remove, and why."""

    pattern: str
    reason: str


KEPT: tuple[Kept, ...] = (
    Kept(
        r"console ", "how people read the console; setting it is a choice of the site (4.20-4.24)"
    ),
    Kept(r"login (?:password|timer) ?", "changed in the dialogue, never by line (4.1, 4.53)"),
    Kept(r"administrator password", "changed in the dialogue, never by line (4.3)"),
    Kept(r"sshd host key generate", "the host key that laptops trust; removing it ends SSH (4.69)"),
    Kept(
        r"sshd (?:auth method|listen|session|encrypt algorithm|client alive)",
        "how the way in works now, and the default differs by model (4.66, 4.68, 4.71 to 4.74)",
    ),
    Kept(
        r"no |pp disable all$",
        "not removable: `no` has no `no` form, and a router writes `pp disable all` and `no tunnel "
        "enable all` itself before the first section (56.1)",
    ),
)
_OF_USER = re.compile(r"(?:login user|user attribute) (?P<user>\S+)")
"""Who may log in, and who may become administrator (4.5, 4.10)."""

# Several at once (8.1.17): told apart by direction and kind of attack.
_SEVERAL = (
    r"yno use",  # 49.1: one, whose `no` form wants its value
    rf"ip (?:{_IF}) intrusion detection (?:in|out)"
    r"(?: (?:ip|ip-option|fragment|icmp|udp|tcp|ftp|winny|share|default))?",
)
_WHOLE = re.compile("|".join(f"(?:{rule})(?= |$)" for rule in _SEVERAL))
_SINGLE = re.compile("|".join(f"(?:{rule})(?= |$)" for rule in SINGLE_VALUED))
_KEPT = re.compile("|".join(f"(?:{kept.pattern})" for kept in KEPT))
_APPLIES = re.compile(rf"(?:ip|ipv6) (?:{_IF}) secure filter (?:in|out|name) ")
_DIVISION = re.compile(r"lan type |vlan port mapping |lan flexible-port")
_HIDDEN = re.compile(
    r"(?:login user|password|pre-shared-key|auth (?:my|user)name|secret|encrypted|community)\b"
    r".* \*(?: |$)"
)


def key_of(line: str) -> str:
    """Answers what tells a line apart from all others that may stand beside it."""
    found = _SINGLE.match(line) or _WHOLE.match(line)
    return found[0] if found else line


def negation(line: str) -> str:
    """Answers the line that removes `line`.

    As little as tells it apart; all of it where the `no` form wants its value too (8.1.17).
    """
    return f"no {line if _WHOLE.match(line) else key_of(line)}"


def is_kept(
    line: str, users: frozenset[str] = frozenset(), others: Iterable[OtherService] = ()
) -> bool:
    """Answers whether a line stays as it is where nobody wants it.

    `users` are those whose accounts stay; where none is known, everybody's do. `others` are the
    services that stay.
    """
    found = _OF_USER.match(line)
    if found is not None:
        return not users or found["user"] in users
    return _KEPT.match(line) is not None or is_others(line, others)


def applies_filters(line: str) -> bool:
    """Answers whether a line applies filters to an interface."""
    return _APPLIES.match(line) is not None


_DEFINES = re.compile(r"(?P<family>ip|ipv6) filter (?P<kind>dynamic )?(?P<number>\d+)(?= )")
_NUMBERS = re.compile(r" (?P<after>filter|in|out|dynamic)(?P<numbers>(?: \d+)+)(?= |$)")
Filter = tuple[str, str, str]
"""Family (`ip`, `ipv6`), `dynamic ` or '', and number: what tells two filters apart."""


def defined_filter(line: str) -> Filter | None:
    """Answers which filter a line defines (8.1.10, 8.1.14, 30.7.1, 30.7.3); None for any other."""
    found = _DEFINES.match(line)
    return (found["family"], found["kind"] or "", found["number"]) if found else None


def named_filters(line: str) -> frozenset[Filter]:
    """Answers which filters a line names: a list, a set, a route by filter, a dynamic filter.

    Rather one too many than one too few.
    """
    if " filter " not in line:
        return frozenset()
    family = "ipv6" if line.startswith("ipv6 ") else "ip"
    own = _DEFINES.match(line)
    return frozenset(
        (family, "dynamic " if found["after"] == "dynamic" else "", number)
        for found in _NUMBERS.finditer(line, own.end() if own else 0)
        for number in found["numbers"].split()
    )


def renumbered(line: str, numbers: Mapping[Filter, str]) -> str:
    """Answers a line with the filters that it defines or names under other numbers."""
    family = "ipv6" if line.startswith("ipv6 ") else "ip"
    own = _DEFINES.match(line)
    head = line[: own.end()] if own else ""
    if own is not None:
        number = numbers.get((family, own["kind"] or "", own["number"]), own["number"])
        head = f"{own['family']} filter {own['kind'] or ''}{number}"

    def other(found: re.Match[str]) -> str:
        kind = "dynamic " if found["after"] == "dynamic" else ""
        words = (numbers.get((family, kind, one), one) for one in found["numbers"].split())
        return f" {found['after']} {' '.join(words)}"

    return head + _NUMBERS.sub(other, line[own.end() if own else 0 :])


_CLOSES = re.compile(r"\S+ service off$|ipsec use off$|security class [23] off$")
_OPENS = re.compile(
    rf"(?:ip|ipv6) (?:{_IF}) (?:address|secondary address|prefix|rtadv send|dhcp service) "
    r"|(?:ip|ipv6) route |(?:pp|tunnel) enable |snmp(?:v2c)? community |"
    + "|".join(one.opens for one in SERVICES if one.opens and one.id != "ssh")
)
_ENABLES = re.compile(r"(?:pp|tunnel) enable ")


def closes(line: str) -> bool:
    """Answers whether a line only closes, so that it can't be sent too early."""
    return _CLOSES.match(line) is not None


def opens(line: str) -> bool:
    """Answers whether a line makes the router reachable or reach more: its removal only closes.

    Addresses, routes, peers and tunnels, and services that answer nobody by default.
    """
    return _OPENS.match(line) is not None


def enables(line: str) -> bool:
    """Answers whether a line switches a peer or tunnel on, with all that its section says."""
    return _ENABLES.match(line) is not None


def is_users(line: str) -> bool:
    """Answers whether a line says who may log in or become administrator."""
    return _OF_USER.match(line) is not None


def divides_lan(line: str) -> bool:
    """Answers whether a line changes which port belongs to which interface."""
    return _DIVISION.match(line) is not None


_MAPPED = re.compile(r"vlan port mapping (?P<port>lan1\.(?P<number>\d+)) (?P<vlan>vlan\d+)")


def mapped_ports(lines: Iterable[str]) -> dict[str, str]:
    """Answers each port's interface: of port N vlanN where no line says otherwise (38.2)."""
    ports = {f"lan1.{number}": f"vlan{number}" for number in range(1, 9)}
    return ports | {one["port"]: one["vlan"] for line in lines if (one := _MAPPED.match(line))}


_DIVIDED = re.compile(r"lan type (lan\d) .*\bport-based-option=divide-network\b")


def resets_ports(line: str) -> bool:
    """Answers whether a line changes the interfaces themselves.

    The links of the ports go down for a while, and the router moves other lines.
    """
    return re.match(r"lan type |lan flexible-port ", line) is not None


DUE = ("description 89 onshi/restart", "description 89 onshi/restart-again")
"""Tells, on the router, that it must be restarted before the rest of a change: nothing else says
with which ports it was started (inference: the reference names no such command). Where one stands
and is still due, the other takes its place."""


def needs_restart(line: str) -> bool:
    """Answers whether a line holds only after a restart (RTX command reference 53.1)."""
    return line.startswith("lan flexible-port ") or line in DUE


def divided_lan(lines: Iterable[str]) -> str:
    """Answers the LAN that these lines divide, '' for none."""
    found = (_DIVIDED.match(line) for line in lines)
    return next((one[1] for one in found if one), "")


def handed_over(line: str, lan: str, other: str) -> str:
    """Answers a line as it stands once LAN division passed what `lan` has to `other`.

    With the division vlan1 gets the settings of the divided interface, and gives them back with it
    (RTX command reference 4.50, extended form).
    """
    return re.sub(rf"^(ip|ipv6|description) {lan} ", rf"\1 {other} ", line)


def of_division(line: str) -> bool:
    """Answers whether a line is a setting of an interface that LAN division makes."""
    return re.match(r"(?:ip|ipv6|description) vlan\d+ ", line) is not None


def hides_secret(line: str) -> bool:
    """Answers whether the line can't be sent again.

    The router shows `*` for its secret, or its text is left out.
    """
    return _HIDDEN.search(line) is not None or " <<" in line
