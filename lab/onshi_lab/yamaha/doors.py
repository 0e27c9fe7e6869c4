"""Which ports a configuration opens on the router itself, and to whom.

Source: RTX reference, the chapter beside each. Ports that it doesn't name are the registered ones
(IANA): TFTP 69, SNMP 161, SNTP 123, SSDP 1900, IKE 500. That IKE's is open while no tunnel asks for
it is an inference. SSH and DNS are not here: `sshd` and `kernel.names` serve them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .store import Config


@dataclass(frozen=True, slots=True)
class Door:
    """A port that somebody may knock at."""

    service: str
    transport: str
    """`tcp` or `udp`."""
    port: int


def doors(config: Config) -> frozenset[Door]:
    """The open ports."""
    return frozenset(_doors(config))


def _doors(config: Config) -> Iterator[Door]:
    for words, (default, opened) in _SWITCHES.items():
        if config.word(default, *words.split()) == "on":
            yield from (_moved(door, config) for door in opened)
    if config.word("none", "tftp", "host") != "none":  # 4.54: none
        yield Door("tftp", "udp", 69)
    if snmp_hosts(config):  # 21.1, 21.6, 21.14: none
        yield Door("snmp", "udp", 161)


def _moved(door: Door, config: Config) -> Door:
    """The door at the port of its `listen` command, where it has one."""
    return replace(door, port=int(config.word(str(door.port), door.service, "listen")))


_COOPERATION = Door("cooperation", "udp", 59410)
_SIMPLE = (("echo", 7), ("discard", 9), ("clock", 37))
_SWITCHES: Mapping[str, tuple[str, tuple[Door, ...]]] = {
    "telnetd service": ("on", (Door("telnetd", "tcp", 23),)),  # 4.38, 4.39
    "httpd service": ("on", (Door("httpd", "tcp", 80),)),  # 33.1, 33.4
    "sntpd service": ("on", (Door("sntpd", "udp", 123),)),  # 41.1
    "ipsec use": ("on", (Door("ike", "udp", 500),)),  # 15.1
    "upnp use": ("off", (Door("upnp", "udp", 1900),)),  # 35.1
    "l2tp service": ("off", (Door("l2tp", "udp", 1701),)),  # 16.1
    "pptp service": ("off", (Door("pptp", "tcp", 1723),)),  # 17.1.1
    "ip simple-service": (  # 8.1.6
        "off",
        tuple(Door(name, way, port) for name, port in _SIMPLE for way in ("tcp", "udp")),
    ),
    **{
        f"cooperation {kind} {role}": ("off", (_COOPERATION,))  # 27.1, 27.2
        for kind in ("bandwidth-measuring", "load-watch")
        for role in ("server", "client")
    },
}
"""Commands that are `on` or `off`: their default, and what they open."""


def snmp_hosts(config: Config) -> list[str]:
    """Who may ask by SNMP, of all its versions."""
    hosts: list[str] = []
    for version in ("snmp", "snmpv2c", "snmpv3"):
        hosts += [entry.line.values[0] for entry in config.under(version, "host")]
    return [host for host in hosts if host != "none"]


def communities(config: Config) -> frozenset[str]:
    """The names by which SNMPv1 and v2c may be read: 21.2 and 21.7 `public` by default."""
    found: set[str] = set()
    for version in ("snmp", "snmpv2c"):
        found.add(config.word("public", version, "community", "read-only"))
        found.add(config.word("", version, "community", "read-write"))
        for entry in config.under(version, "host"):
            found.update(entry.line.values[1:])
    return frozenset(found - {""})


def admitted(service: str, config: Config) -> Sequence[str]:
    """The words of a service's `host` command, or its default; `any` where it has none."""
    if service == "snmp":
        return snmp_hosts(config)
    default = {"telnetd": "any", "httpd": "lan", "sntpd": "lan", "tftp": "none"}
    return config.get(service, "host") or (default.get(service, "any"),)
