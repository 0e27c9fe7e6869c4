"""Windows Defender Firewall: rules and profiles, made real as an nftables table of the namespace.

Sources: learn.microsoft.com New-NetFirewallRule / Set-NetFirewallProfile (defaults: inbound
blocked, outbound allowed, block before allow) and Set-WSManQuickConfig (client versions: the rule
WINRM-HTTP-In-TCP of the Public profile admits the local subnet only). Numbers:
MSFT_NetFirewallRule.
"""

import ipaddress
import json
import subprocess
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from onshi_lab.windows.network.model import IPV6
from onshi_lab.windows.network.stack import NetworkStack

INBOUND, OUTBOUND = 1, 2
ALLOW, BLOCK = 2, 4
ANY_PROFILE, DOMAIN, PRIVATE, PUBLIC = 0, 1, 2, 4
CATEGORY_PROFILE = {0: PUBLIC, 1: PRIVATE, 2: DOMAIN}
TABLE = "onshi_windows_firewall"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule with its filters; `Any` is the value of a filter that filters nothing."""

    name: str
    display_name: str
    display_group: str = ""
    group: str = ""
    description: str = ""
    enabled: bool = True
    direction: int = INBOUND
    action: int = ALLOW
    profiles: int = ANY_PROFILE
    protocol: str = "Any"
    local_port: tuple[str, ...] = ("Any",)
    remote_port: tuple[str, ...] = ("Any",)
    icmp_type: tuple[str, ...] = ("Any",)
    local_address: tuple[str, ...] = ("Any",)
    remote_address: tuple[str, ...] = ("Any",)
    program: str = "Any"
    service: str = "Any"
    interface_type: str = "Any"


@dataclass(frozen=True, slots=True)
class Profile:
    """The settings of one profile."""

    name: str
    bit: int
    enabled: bool = True
    inbound: int = BLOCK
    outbound: int = ALLOW


WINRM_GROUP = ("Windows リモート管理", "@FirewallAPI.dll,-30267")
SHARING_GROUP = ("ファイルとプリンターの共有", "@FirewallAPI.dll,-28502")
SUBNET = ("LocalSubnet",)


def _sharing(
    name: str, display: str, profiles: int, remote: tuple[str, ...], **more: object
) -> Rule:
    display_group, group = SHARING_GROUP
    rule = Rule(name, f"{display_group} ({display})", display_group, group, enabled=False)
    return replace(rule, profiles=profiles, remote_address=remote, **more)  # type: ignore[arg-type]


def _winrm(name: str, profiles: int, remote: tuple[str, ...], port: str = "5985") -> Rule:
    display_group, group = WINRM_GROUP
    label = "HTTP 受信" if port == "5985" else "HTTPS 受信"
    rule = Rule(name, f"{display_group} ({label})", display_group, group, profiles=profiles)
    return replace(
        rule, protocol="TCP", local_port=(port,), remote_address=remote, program="System"
    )


PRIVATE_PUBLIC = PRIVATE | PUBLIC
DEFAULT_RULES = (
    _winrm("WINRM-HTTP-In-TCP-NoScope", DOMAIN | PRIVATE, ("Any",)),
    _winrm("WINRM-HTTP-In-TCP", PUBLIC, SUBNET),
    _winrm("WINRM-HTTPS-In-TCP", DOMAIN | PRIVATE, ("Any",), "5986"),
    _sharing(
        "FPS-SMB-In-TCP",
        "SMB 受信",
        PRIVATE_PUBLIC,
        SUBNET,
        protocol="TCP",
        local_port=("445",),
        program="System",
    ),
    _sharing(
        "FPS-SMB-In-TCP-NoScope",
        "SMB 受信",
        DOMAIN,
        ("Any",),
        protocol="TCP",
        local_port=("445",),
        program="System",
    ),
    _sharing(
        "FPS-NB_Session-In-TCP",
        "NB セッション受信",
        PRIVATE_PUBLIC,
        SUBNET,
        protocol="TCP",
        local_port=("139",),
        program="System",
    ),
    _sharing(
        "FPS-ICMP4-ERQ-In",
        "エコー要求 - ICMPv4 受信",
        PRIVATE_PUBLIC,
        SUBNET,
        protocol="ICMPv4",
        icmp_type=("8",),
    ),
    _sharing(
        "FPS-ICMP4-ERQ-In-NoScope",
        "エコー要求 - ICMPv4 受信",
        DOMAIN,
        ("Any",),
        protocol="ICMPv4",
        icmp_type=("8",),
    ),
    _sharing(
        "FPS-ICMP6-ERQ-In",
        "エコー要求 - ICMPv6 受信",
        PRIVATE_PUBLIC,
        SUBNET,
        protocol="ICMPv6",
        icmp_type=("128",),
    ),
)
"""Rules of a client after Set-WSManQuickConfig that this work meets (file sharing is off)."""
DEFAULT_PROFILES = (
    Profile("Domain", DOMAIN),
    Profile("Private", PRIVATE),
    Profile("Public", PUBLIC),
)


class InvalidFilter(ValueError):
    """A port, address or protocol that the firewall doesn't take."""


def _with_tuples(item: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples of a frozen rule."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in item.items()}


class Firewall:
    """The rule set."""

    def __init__(self, network: NetworkStack, path: Path | None, *, kernel: bool) -> None:
        self._network = network
        self._path = path
        self._kernel = kernel
        self._lock = threading.RLock()
        self._rules = {r.name.lower(): r for r in DEFAULT_RULES}
        self._profiles = {p.name.lower(): p for p in DEFAULT_PROFILES}
        if path is not None and path.exists():
            self._load(json.loads(path.read_text(encoding="utf-8")))

    def _load(self, stored: dict[str, list[dict[str, Any]]]) -> None:
        rules = [Rule(**_with_tuples(item)) for item in stored["rules"]]
        self._rules = {r.name.lower(): r for r in rules}
        profiles = [Profile(**item) for item in stored["profiles"]]
        self._profiles = {p.name.lower(): p for p in profiles}

    def _save(self) -> None:
        if self._path is not None:
            content = {
                "rules": [asdict(r) for r in self._rules.values()],
                "profiles": [asdict(p) for p in self._profiles.values()],
            }
            self._path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    def rules(self) -> list[Rule]:
        """Every rule."""
        with self._lock:
            return list(self._rules.values())

    def profiles(self) -> list[Profile]:
        """Domain, Private and Public."""
        with self._lock:
            return list(self._profiles.values())

    def put(self, *rules: Rule) -> None:
        """Adds or replaces rules; raises InvalidFilter."""
        for rule in rules:
            validate(rule)
        with self._lock:
            self._rules |= {rule.name.lower(): rule for rule in rules}
            self._save()
            self.apply()

    def remove(self, name: str) -> None:
        """Deletes a rule."""
        with self._lock:
            del self._rules[name.lower()]
            self._save()
            self.apply()

    def open_sharing(self) -> None:
        """Turns on the rules of File and Printer Sharing that the profile in use has."""
        bit = self.active_profile().bit
        shut = [
            rule
            for rule in self.rules()
            if rule.group == SHARING_GROUP[1] and rule.profiles & bit and not rule.enabled
        ]
        if shut:
            self.put(*(replace(rule, enabled=True) for rule in shut))

    def active_profile(self) -> Profile:
        """The profile of the network that the PC is on; the strictest where there are several."""
        bits = {
            CATEGORY_PROFILE[self._network.category(i.index)]
            for i in self._network.interfaces()
            if not i.loopback
        }
        bit = max(bits, default=PUBLIC)
        return next(p for p in self.profiles() if p.bit == bit)

    def local_networks(self) -> list[str]:
        """The prefixes that `LocalSubnet` stands for."""
        found = {"fe80::/64"}
        for address in self._network.addresses():
            network = ipaddress.ip_interface(f"{address.ip}/{address.prefix_length}").network
            if not (address.family == IPV6 and network.prefixlen == 128):
                found.add(str(network))
        return sorted(found)

    def apply(self) -> None:
        """Loads the rule set into the kernel."""
        if not self._kernel:
            return
        with self._lock:
            script = self.script()
        subprocess.run(["nft", "-f", "-"], input=script, text=True, check=True, capture_output=True)

    def flush(self) -> None:
        """Takes the table out of the kernel."""
        if self._kernel:
            script = f"add table inet {TABLE}\ndelete table inet {TABLE}\n"
            subprocess.run(
                ["nft", "-f", "-"], input=script, text=True, check=True, capture_output=True
            )

    def script(self) -> str:
        """The nftables script of the active profile."""
        profile = self.active_profile()
        head = [f"add table inet {TABLE}", f"delete table inet {TABLE}", f"table inet {TABLE} {{"]
        return "\n".join(
            [*head, *self._chain(profile, INBOUND), *self._chain(profile, OUTBOUND), "}", ""]
        )

    def _chain(self, profile: Profile, direction: int) -> list[str]:
        name = "input" if direction == INBOUND else "output"
        default = profile.inbound if direction == INBOUND else profile.outbound
        policy = "drop" if profile.enabled and default == BLOCK else "accept"
        lines = [f"chain {name} {{", f"type filter hook {name} priority 0; policy {policy};"]
        if profile.enabled:
            if direction == INBOUND:
                lines += [
                    'iifname "lo" accept',
                    "ct state established,related accept",
                    "icmpv6 type { 130-136, 2, 143 } accept",
                    "udp dport { 68, 546 } accept",
                ]
            lines += self._statements(profile, direction)
        return [*lines, "}"]

    def _statements(self, profile: Profile, direction: int) -> list[str]:
        rules = [
            r
            for r in self.rules()
            if r.enabled
            and r.direction == direction
            and (not r.profiles or r.profiles & profile.bit)
        ]
        rules.sort(key=lambda r: r.action != BLOCK)
        local = self.local_networks()
        return [line for rule in rules for line in statements(rule, local)]


def _port(text: str) -> str:
    low, _, high = text.partition("-")
    for part in (low, high or low):
        if not part.isdigit() or not 0 <= int(part) <= 65535:
            raise InvalidFilter(f"port {text}")
    return text


def _networks(values: tuple[str, ...], local: list[str]) -> tuple[list[str], list[str]] | None:
    """IPv4 and IPv6 matches of an address filter, or None where it filters nothing."""
    if any(v.lower() == "any" for v in values):
        return None
    v4: list[str] = []
    v6: list[str] = []
    for value in values:
        for item in local if value.lower() == "localsubnet" else [value]:
            text, version = _network(item)
            (v4 if version == 4 else v6).append(text)
    return v4, v6


def _network(text: str) -> tuple[str, int]:
    try:
        if "-" in text:
            low, high = (ipaddress.ip_address(part.strip()) for part in text.split("-", 1))
            return f"{low}-{high}", low.version
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidFilter(f"address {text}") from error
    return str(network), network.version


def validate(rule: Rule) -> None:
    """Raises InvalidFilter where a filter of the rule has no meaning."""
    statements(rule, [])
    has_ports = rule.local_port != ("Any",) or rule.remote_port != ("Any",)
    if has_ports and rule.protocol.upper() not in ("TCP", "UDP", "6", "17"):
        raise InvalidFilter("ports need the protocol TCP or UDP")


def _protocol(rule: Rule) -> list[str]:
    name = rule.protocol.upper()
    types = ",".join(t.partition(":")[0] for t in rule.icmp_type)
    known = {"TCP": "tcp", "6": "tcp", "UDP": "udp", "17": "udp"}
    if name == "ANY":
        return []
    if name in known:
        return _ports(rule, known[name])
    if name in ("ICMPV4", "1"):
        return ["meta l4proto 1"] if types == "Any" else [f"icmp type {{ {types} }}"]
    if name in ("ICMPV6", "58"):
        return ["meta l4proto 58"] if types == "Any" else [f"icmpv6 type {{ {types} }}"]
    if name.isdigit():
        return [f"meta l4proto {name}"]
    raise InvalidFilter(f"protocol {rule.protocol}")


def _ports(rule: Rule, protocol: str) -> list[str]:
    local, remote = ("dport", "sport") if rule.direction == INBOUND else ("sport", "dport")
    parts = [f"meta l4proto {protocol}"]
    for side, values in ((local, rule.local_port), (remote, rule.remote_port)):
        if values != ("Any",):
            parts.append(f"{protocol} {side} {{ {', '.join(_port(v) for v in values)} }}")
    return parts


def statements(rule: Rule, local: list[str]) -> list[str]:
    """The nftables statements of one rule, one a family where addresses are given."""
    verdict = "accept" if rule.action == ALLOW else "drop"
    remote = _networks(rule.remote_address, local)
    own = _networks(rule.local_address, local)
    here, there = ("daddr", "saddr") if rule.direction == INBOUND else ("saddr", "daddr")
    base = _protocol(rule)
    if remote is None and own is None:
        return [" ".join([*base, verdict])]
    lines = []
    for number, family in enumerate(("ip", "ip6")):
        parts = []
        for side, pair in ((there, remote), (here, own)):
            if pair is not None:
                parts.append(
                    f"{family} {side} {{ {', '.join(pair[number])} }}" if pair[number] else ""
                )
        if all(parts):
            lines.append(" ".join([*parts, *base, verdict]))
    return lines
