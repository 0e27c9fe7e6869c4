"""Which services of a router stand open, and to whom: from the vendor's reference alone.

Read from lines, and from nothing of product or mock. `DOORS` has each service's port, whether it is
on where no line says so, and whom it lets in then; the chapter stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Door:
    """A service."""

    kind: str
    """`tcp`, `udp`, or '' for one that no port of the router belongs to."""
    port: int
    on: bool
    hosts: str = "any"


DOORS: Mapping[str, Door] = {
    "sshd": Door("tcp", 22, on=False),  # 4.65, 4.67
    "telnetd": Door("tcp", 23, on=True),  # 4.38, 4.40
    "httpd": Door("tcp", 80, on=True, hosts="lan"),  # 33.1, 33.2
    "sntpd": Door("udp", 123, on=True, hosts="lan"),  # 41.1, 41.2
    "dns": Door("udp", 53, on=True),  # 24.1, 24.13
    "sftpd": Door("", 0, on=True, hosts="none"),  # 4.78, over SSH
    "tftp": Door("udp", 69, on=True, hosts="none"),  # 4.54
    "snmp": Door("udp", 161, on=True, hosts="none"),  # 21.1
    "snmpv2c": Door("udp", 161, on=True, hosts="none"),  # 21.6
    "snmpv3": Door("udp", 161, on=True, hosts="none"),  # 21.14
    "upnp": Door("udp", 1900, on=False),  # 35.1
    "simple-service": Door("tcp", 7, on=False),  # 8.1.6
    "ipsec": Door("udp", 500, on=True),  # 15.1
    "l2tp": Door("udp", 1701, on=False),  # 16.1
    "pptp": Door("tcp", 1723, on=False),  # 17.1.1
    "sip": Door("", 0, on=False),  # 20.1.1
    "remote setup": Door("", 0, on=True),  # 56.3.13, 4.12
    "forgotten password": Door("", 0, on=True),  # 4.12
    "l2ms": Door("", 0, on=False),  # 48.1.2
    "yno": Door("", 0, on=False),  # 49.1
    "mobile": Door("", 0, on=False),  # 44.1
    "heartbeat": Door("", 0, on=False),  # 39.2
    "cooperation": Door("udp", 59410, on=False),  # 27.1
    "radius": Door("", 0, on=False),  # 4.6, 4.7
    "public keys": Door("", 0, on=True),  # 4.74
}
_HOSTS = re.compile(r"((?:ssh|telnet|http|sntp|sftp)d|dns|tftp|snmp(?:v2c|v3)?) host (?!key)(.+)")
_SWITCHES = re.compile(
    r"(?:ip )?(sshd|telnetd|httpd|sntpd|dns|upnp|ipsec|l2tp|pptp|sip|yno|simple-service|heartbeat)"
    r"(?: service| use| receive)? (on|off|recursive)\b"
)
_OTHERS = (
    (re.compile(r"switch control use \S+ (on)"), "l2ms"),
    (re.compile(r"mobile (?:use|arrive use) \S+ (on)"), "mobile"),
    (re.compile(r"cooperation \S+ \S+ (on)"), "cooperation"),
    (re.compile(r"login radius use (on)"), "radius"),
    (re.compile(r"administrator radius auth (on)"), "radius"),
)
NO_FORGOTTEN = ("RTX840", "RTX1300")
"""Models on which the serial console takes no other password than the one set (4.12)."""


def standing(lines: Iterable[str], model: str = "") -> dict[str, frozenset[str]]:
    """Answers each open service and the words that say whom it lets in."""
    on = {name: door.on for name, door in DOORS.items()}
    hosts = {name: frozenset(door.hosts.split()) for name, door in DOORS.items()}
    named: dict[str, set[str]] = {}
    on["forgotten password"] = model not in NO_FORGOTTEN
    on["public keys"] = model != "NVR510"
    for line in lines:
        for name, value in _said(line):
            if isinstance(value, frozenset):
                named.setdefault(name, set()).update(value)
            else:
                on[name] = value if name not in NARROWED else on[name] and value
    hosts |= {name: frozenset(words) for name, words in named.items()}
    on["public keys"] &= on["sshd"]
    return {name: hosts[name] for name in DOORS if on[name] and hosts[name] != {"none"}}


NARROWED = ("remote setup", "forgotten password")
"""What several lines close: each that stands does."""


@cache
def _said(line: str) -> tuple[tuple[str, bool | frozenset[str]], ...]:
    """Answers what a line says: of a service whether it is on, or hosts that it lets in."""
    said: list[tuple[str, bool | frozenset[str]]] = []
    if found := _HOSTS.match(line):
        words = found[2].split()
        said.append((found[1], frozenset(words[:1] if found[1].startswith("snmp") else words)))
    elif found := _SWITCHES.match(line):
        said.append((found[1], found[2] != "off"))
    elif found := re.match(r"security class (\d) (on|off)", line):
        said += [("remote setup", found[1] == "1"), ("forgotten password", found[2] == "on")]
    elif line == "remote setup accept none":
        said.append(("remote setup", False))
    elif found := re.match("sshd auth method (.+)", line):
        said.append(("public keys", found[1] != "password"))
    said += [(name, True) for pattern, name in _OTHERS if pattern.match(line)]
    return tuple(said)
