"""The configuration files and arguments of the daemons, as pure functions."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from onshi_lab.yamaha.models import Device
from onshi_lab.yamaha.store import Config

from .desired import Learned, Server6, resolve_proxy

if TYPE_CHECKING:
    Addresses = Mapping[str, list[ipaddress.IPv6Interface]]

_LONGEST_LEASE = "infinite"


def radvd_text(
    config: Config, names: Mapping[str, str], learned: Mapping[str, Learned], device: Device
) -> str:
    """The configuration of radvd for every `rtadv send` whose prefix is known; "" for none."""
    blocks: list[str] = []
    for name, kernel in sorted(names.items()):
        words = config.get("ipv6", name, "rtadv", "send")
        if not words:
            continue
        options = dict(word.split("=", 1) for word in words if "=" in word)
        prefixes = [
            block
            for number in words
            if number.isdigit()
            for block in _prefix_blocks(config, number, learned)
        ]
        if prefixes:
            servers = _advertised_servers(options, learned, device)
            blocks.append(_radvd_block(kernel, options, [*prefixes, *servers]))
    return "\n".join(blocks)


def _radvd_block(kernel: str, options: Mapping[str, str], inner: Sequence[str]) -> str:
    longest = int(options.get("max-rtr-adv-interval", "600"))
    shortest = min(int(options.get("min-rtr-adv-interval", "200")), longest * 3 // 4)
    lines = [
        f"interface {kernel} {{",
        " AdvSendAdvert on;",
        " IgnoreIfMissing on;",
        f" MaxRtrAdvInterval {longest};",
        f" MinRtrAdvInterval {max(3, shortest)};",
        f" AdvDefaultLifetime {options.get('adv-default-lifetime', '1800')};",
        f" AdvManagedFlag {options.get('m_flag', 'off')};",
        f" AdvOtherConfigFlag {options.get('o_flag', 'off')};",
        f" AdvDefaultPreference {options.get('prf_flag', 'medium')};",
        f" AdvCurHopLimit {options.get('adv-cur-hop-limit', '64')};",
    ]
    mtu = options.get("mtu", "auto")
    if mtu != "off":
        lines.append(f" AdvLinkMTU {'1500' if mtu == 'auto' else mtu};")
    return "\n".join([*lines, *inner, "};"])


def _prefix_blocks(config: Config, number: str, learned: Mapping[str, Learned]) -> Iterator[str]:
    words = config.get("ipv6", "prefix", number)
    if not words:
        return
    token = words[0]
    base = resolve_proxy(token, learned) if "@" in token else ipaddress.IPv6Interface(token)
    if base is None:
        return
    options = dict(word.split("=", 1) for word in words[1:])
    valid, preferred = _lifetimes(options, token, learned)
    yield "\n".join(
        [
            f" prefix {base.network} {{",
            f"  AdvOnLink {options.get('l_flag', 'on')};",
            f"  AdvAutonomous {options.get('a_flag', 'on')};",
            f"  AdvValidLifetime {valid};",
            f"  AdvPreferredLifetime {preferred};",
            "  DeprecatePrefix on;",
            " };",
        ]
    )


def _lifetimes(
    options: Mapping[str, str], token: str, learned: Mapping[str, Learned]
) -> tuple[int, int]:
    """Valid and preferred lifetime: as configured, but no longer than the line's own prefix has."""
    valid = _seconds(options.get("valid_lifetime", ""), 2592000)
    preferred = _seconds(options.get("preferred_lifetime", ""), 604800)
    if "@" in token:
        kind, _, rest = token.partition("@")
        known = learned.get(rest.partition(":")[0], Learned())
        source = known.advert if kind == "ra-prefix" else known.delegation
        if source is not None:
            valid, preferred = min(valid, source.valid), min(preferred, source.preferred)
    return valid, min(preferred, valid)


def _seconds(text: str, default: int) -> int:
    return int(text) if text.isdigit() else default


def _advertised_servers(
    options: Mapping[str, str], learned: Mapping[str, Learned], device: Device
) -> list[str]:
    """RDNSS as the line's own advertisement had it (the default), or as its DHCPv6 gave: 30.3.3."""
    default = "rdnss" if device.has("rtadv-rdnss") else "off"
    mode = options.get("rdnss", default)
    servers: list[str] = []
    for known in learned.values():
        if mode == "rdnss" and known.advert is not None:
            servers += known.advert.rdnss
        if mode == "dhcpv6" and known.delegation is not None:
            servers += known.delegation.dns
    return [f" RDNSS {' '.join(servers[:3])} {{ }};"] if servers else []


def servers6(
    config: Config, names: Mapping[str, str], six: Addresses, learned: Mapping[str, Learned]
) -> Iterator[Server6]:
    """The DHCPv6 servers; as resolver each tells what `dns notice order` says, else the router."""
    order = config.get("dns", "notice", "order", "dhcpv6") or ("me",)
    upstream = tuple(
        server
        for known in learned.values()
        if known.delegation is not None
        for server in known.delegation.dns
    )
    for name, kernel in sorted(names.items()):
        if config.word("off", "ipv6", name, "dhcp", "service") != "server":
            continue
        dns: list[str] = []
        for word in order:
            if word == "me":
                dns += [str(address.ip) for address in six[name][:1]]
            elif word == "server":
                dns += upstream
        domain = config.word("", "dns", "domain")
        yield Server6(kernel, tuple(dns), (domain,) if domain.strip(".") else ())


def dnsmasq_arguments(config: Config, names: Mapping[str, str]) -> tuple[str, ...]:
    """The DHCP server's arguments, () when it doesn't run."""
    if config.word("", "dhcp", "service") != "server":
        return ()
    words: list[str] = []
    for entry in config.under("dhcp", "scope"):
        words += _scope(entry.line.values, config, names)
    return tuple(words)


def _scope(values: Sequence[str], config: Config, names: Mapping[str, str]) -> list[str]:
    number, span, *rest = values
    ends, _, bits = span.partition("/")
    first, _, last = ends.partition("-")
    network = ipaddress.IPv4Interface(f"{first}/{bits}").network
    home = _home(network, config, names)
    if home is None:
        return []
    kernel, own = home
    gateway = rest[rest.index("gateway") + 1] if "gateway" in rest else own
    tag = f"scope{number}"
    words = [f"--interface={kernel}"]
    for low, high in _spans(first, last, _exceptions(rest)):
        words.append(f"--dhcp-range=set:{tag},{low},{high},{network.netmask},{_lease(rest)}")
    words.append(f"--dhcp-option=tag:{tag},option:router,{gateway}")
    servers = [own, *(word for word in config.get("dns", "server") if "." in word)]
    words.append(f"--dhcp-option=tag:{tag},option:dns-server,{','.join(servers)}")
    domain = config.word("", "dns", "domain")
    if domain.strip("."):
        words.append(f"--dhcp-option=tag:{tag},option:domain-name,{domain}")
    return words


def _home(
    network: ipaddress.IPv4Network, config: Config, names: Mapping[str, str]
) -> tuple[str, str] | None:
    for name, kernel in sorted(names.items()):
        word = config.word("", "ip", name, "address")
        if "/" in word and ipaddress.IPv4Interface(word).network.overlaps(network):
            return kernel, word.partition("/")[0]
    return None


def _exceptions(rest: Sequence[str]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    if "except" in rest:
        for word in rest[rest.index("except") + 1 :]:
            if word in ("gateway", "expire", "maxexpire"):
                break
            first, _, last = word.partition("-")
            low = int(ipaddress.IPv4Address(first))
            found.append((low, int(ipaddress.IPv4Address(last)) if last else low))
    return found


def _spans(first: str, last: str, holes: Sequence[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """The range without its exceptions, as ranges."""
    at, end = int(ipaddress.IPv4Address(first)), int(ipaddress.IPv4Address(last))
    for low, high in sorted(holes):
        if low > at:
            yield str(ipaddress.IPv4Address(at)), str(ipaddress.IPv4Address(min(low - 1, end)))
        at = max(at, high + 1)
    if at <= end:
        yield str(ipaddress.IPv4Address(at)), str(ipaddress.IPv4Address(end))


def _lease(rest: Sequence[str]) -> str:
    """The lease in dnsmasq's words; the router's default is 72 hours (12.1.4)."""
    word = rest[rest.index("expire") + 1] if "expire" in rest else "72:00"
    if word == "infinity":
        return _LONGEST_LEASE
    hours, colon, minutes = word.partition(":")
    total = int(hours) * 60 + int(minutes) if colon else int(word)
    return f"{max(2, total)}m"
