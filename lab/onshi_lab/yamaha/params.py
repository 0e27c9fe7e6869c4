"""The types of command parameters: each checks a token and gives it as `show config` has it.

Source of every range: the RTX reference section of the command that uses the type.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence

from .grammar import Check, Context
from .messages import CommandError, Fault
from .models import Device

PORT_NAMES: Mapping[str, tuple[int, ...]] = {
    "ftp": (20, 21),
    "ftpdata": (20,),
    "telnet": (23,),
    "smtp": (25,),
    "domain": (53,),
    "gopher": (70,),
    "finger": (79,),
    "www": (80,),
    "pop3": (110,),
    "sunrpc": (111,),
    "ident": (113,),
    "ntp": (123,),
    "nntp": (119,),
    "snmp": (161,),
    "syslog": (514,),
    "printer": (515,),
    "talk": (517,),
    "route": (520,),
    "uucp": (540,),
    "submission": (587,),
    "netbios_ns": (137,),
    "netbios_dgm": (138,),
    "netbios_ssn": (139,),
}
"""Port mnemonics (RTX reference 8.1.10); the netbios names are in published configurations."""

PROTOCOL_NAMES: Mapping[str, int] = {
    "icmp": 1,
    "tcp": 6,
    "udp": 17,
    "ipv6": 41,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmp6": 58,
}

SPECIAL_PROTOCOLS = ("icmp-error", "icmp-info", "tcpsyn", "tcpfin", "tcprst", "established")

DYNAMIC_NAMES: Mapping[str, tuple[tuple[str, int | None], ...]] = {
    "tcp": (("tcp", None),),
    "udp": (("udp", None),),
    "ftp": (("tcp", 21),),
    "tftp": (("udp", 69),),
    "domain": (("udp", 53), ("tcp", 53)),
    "dns": (("udp", 53), ("tcp", 53)),
    "www": (("tcp", 80),),
    "http": (("tcp", 80),),
    "https": (("tcp", 443),),
    "smtp": (("tcp", 25),),
    "submission": (("tcp", 587),),
    "pop3": (("tcp", 110),),
    "telnet": (("tcp", 23),),
    "ssh": (("tcp", 22),),
    "netmeeting": (("tcp", 1720),),
    "echo": (("tcp", 7), ("udp", 7)),
    "discard": (("tcp", 9), ("udp", 9)),
    "daytime": (("tcp", 13), ("udp", 13)),
    "chargen": (("tcp", 19), ("udp", 19)),
    "time": (("tcp", 37), ("udp", 37)),
    "whois": (("tcp", 43),),
    "gopher": (("tcp", 70),),
    "finger": (("tcp", 79),),
    "sunrpc": (("tcp", 111), ("udp", 111)),
    "ident": (("tcp", 113),),
    "nntp": (("tcp", 119),),
    "ntp": (("udp", 123),),
    "ms-rpc": (("tcp", 135),),
    "netbios_ns": (("udp", 137),),
    "netbios_dgm": (("udp", 138),),
    "netbios_ssn": (("tcp", 139),),
    "imap": (("tcp", 143),),
    "snmp": (("udp", 161),),
    "snmptrap": (("udp", 162),),
    "bgp": (("tcp", 179),),
    "imap3": (("tcp", 220),),
    "ldap": (("tcp", 389),),
    "ms-ds": (("tcp", 445),),
    "ike": (("udp", 500),),
    "rlogin": (("tcp", 513),),
    "rwho": (("udp", 513),),
    "rsh": (("tcp", 514),),
    "syslog": (("udp", 514),),
    "printer": (("tcp", 515),),
    "rip": (("udp", 520),),
    "ripng": (("udp", 521),),
    "ms-sql": (("tcp", 1433),),
    "radius": (("udp", 1812),),
    "l2tp": (("udp", 1701),),
    "pptp": (("tcp", 1723),),
    "nfs": (("udp", 2049), ("tcp", 2049)),
    "msblast": (("tcp", 4444),),
    "ipsec-nat-t": (("udp", 4500),),
    "sip": (("udp", 5060),),
    "ping": (("icmp", None),),
    "ping6": (("icmp6", None),),
    "dhcpc": (),
    "dhcps": (),
    "dhcpv6c": (),
    "dhcpv6s": (),
}
"""Applications of dynamic filters (RTX reference 8.1.14, 30.7.3); dhcp* do nothing, as documented.

Port numbers are the registered ones (IANA); the reference names the applications only.
"""

RECORD_TYPES = ("a", "aaaa", "ptr", "mx", "ns", "cname", "any")
"""Record types of `dns server select` (RTX reference 24.10)."""

_INTEGER = re.compile(r"-?\d+")
_CLOCK = re.compile(r"(\d{1,2}|\*):(\d{1,2}|\*)(?::(\d{1,2}))?")


def integer(given: str, arguments: str, _context: Context) -> str:
    """A whole number within `low-high`."""
    if not _INTEGER.fullmatch(given):
        raise CommandError(Fault.INTEGER)
    low, _, high = arguments.partition("-")
    if not int(low) <= int(given) <= int(high):
        raise CommandError(Fault.RANGE)
    return str(int(given))


def switch(given: str, _arguments: str, _context: Context) -> str:
    """`on` or `off`."""
    return _one_of(given, ("on", "off"))


def _one_of(given: str, words: tuple[str, ...]) -> str:
    if given not in words:
        raise CommandError(Fault.KEYWORD)
    return given


def word(given: str, arguments: str, _context: Context) -> str:
    """One of the words in `a,b,c`."""
    return _one_of(given, tuple(arguments.split(",")))


def text(given: str, arguments: str, _context: Context) -> str:
    """Any text of up to so many characters (two for a Japanese one), without control characters."""
    width = sum(1 if char.isascii() else 2 for char in given)
    if width > int(arguments) or any(not char.isprintable() for char in given):
        raise CommandError(Fault.RANGE)
    return given


def user_name(given: str, _arguments: str, _context: Context) -> str:
    """A user's name: up to 32 of letters, digits, hyphen, underscore (RTX reference 4.5)."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", given):
        raise CommandError(Fault.KEYWORD)
    return given


def password(given: str, _arguments: str, context: Context) -> str:
    """A password in plain text: printable ASCII, length by model (RTX reference 4.5)."""
    if not context.loading and not check_password(given, context):
        raise CommandError(Fault.RANGE)
    return given


def check_password(given: str, context: Context) -> bool:
    """Whether the device takes this as a password."""
    shortest = context.device.model.shortest_password
    return shortest <= len(given) <= 32 and all(" " <= char <= "~" for char in given)


def ipv4(given: str, _arguments: str, _context: Context) -> str:
    """An IPv4 address."""
    try:
        return str(ipaddress.IPv4Address(given))
    except ValueError:
        raise CommandError(Fault.ADDRESS) from None


def ipv6(given: str, _arguments: str, _context: Context) -> str:
    """An IPv6 address without a zone."""
    try:
        address = ipaddress.IPv6Address(given)
    except ValueError:
        raise CommandError(Fault.ADDRESS) from None
    if address.scope_id:
        raise CommandError(Fault.ADDRESS)
    return str(address)


def ip(given: str, arguments: str, context: Context) -> str:
    """An address of either family."""
    return ipv6(given, arguments, context) if ":" in given else ipv4(given, arguments, context)


def mask_bits(given: str) -> int:
    """The prefix length of `24`, `255.255.255.0` or `0xffffff00`; CommandError if it is none."""
    try:
        if given.startswith("0x"):
            value = int(given, 16)
        elif "." in given:
            value = int(ipaddress.IPv4Address(given))
        else:
            bits = int(given)
            if not 0 <= bits <= 32 or not given.isdigit():
                raise CommandError(Fault.ADDRESS)
            return bits
    except ValueError:
        raise CommandError(Fault.ADDRESS) from None
    if value > 0xFFFFFFFF:
        raise CommandError(Fault.ADDRESS)
    bits = value.bit_count()
    if value != (0xFFFFFFFF << (32 - bits)) & 0xFFFFFFFF:
        raise CommandError(Fault.ADDRESS)
    return bits


def ipv4_masked(given: str, _arguments: str, context: Context) -> str:
    """An IPv4 interface address with its mask, shown as prefix length."""
    address, slash, mask = given.partition("/")
    if not slash:
        raise CommandError(Fault.ADDRESS)
    return f"{ipv4(address, '', context)}/{mask_bits(mask)}"


def ipv4_network(given: str, _arguments: str, context: Context) -> str:
    """The destination of a route: `default`, an address, or address/bits."""
    if given == "default":
        return given
    address, slash, mask = given.partition("/")
    bits = mask_bits(mask) if slash else 32
    host = ipv4(address, "", context)
    return host if bits == 32 else f"{ipaddress.IPv4Interface(f'{host}/{bits}').network}"


def ipv6_masked(given: str, _arguments: str, context: Context) -> str:
    """An IPv6 address with prefix length."""
    address, slash, bits = given.partition("/")
    if not slash:
        raise CommandError(Fault.ADDRESS)
    return f"{ipv6(address, '', context)}/{_bits6(bits)}"


def _bits6(given: str) -> int:
    if not given.isdigit():
        raise CommandError(Fault.ADDRESS)
    if int(given) > 128:
        raise CommandError(Fault.RANGE)
    return int(given)


def ipv6_network(given: str, _arguments: str, context: Context) -> str:
    """The destination of an IPv6 route."""
    if given == "default":
        return given
    masked = ipv6_masked(given, "", context)
    return str(ipaddress.IPv6Interface(masked).network)


def ipv6_gateway(given: str, _arguments: str, context: Context) -> str:
    """A gateway: an IPv6 address; a link-local one needs `%interface` (RTX reference 30.4.1)."""
    address, percent, zone = given.partition("%")
    canonical = ipv6(address, "", context)
    if ipaddress.IPv6Address(canonical).is_link_local and not percent:
        raise CommandError(Fault.ADDRESS)
    if percent:
        interface(zone, "", context)
    return canonical + percent + zone


def proxy_prefix(given: str, _arguments: str, context: Context) -> str:
    """`ra-prefix@lan2::1/64` or `dhcp-prefix@lan2::1:0:0:0:1/64` (RTX reference 30.2.2, 30.3.1)."""
    found = re.fullmatch(r"(ra-prefix|dhcp-prefix)@([a-z]+\d+)(::[0-9a-fA-F:.]*)/(\d+)", given)
    if not found:
        raise CommandError(Fault.KEYWORD if "-prefix@" not in given else Fault.ADDRESS)
    kind, name, suffix, bits = found.groups()
    interface(name, "", context)
    address = ipv6(suffix, "", context)
    return f"{kind}@{name}{address}/{_bits6(bits)}"


def interface(given: str, _arguments: str, context: Context) -> str:
    """A LAN or VLAN interface of the device; `lan1` is gone while it is divided.

    That `lan1` is refused while divided is an inference from its settings moving to vlan1 (4.50).
    """
    device = context.device
    if given == context.section.partition(" ")[0] != "":
        return given
    if given not in device.lan_names + device.vlan_names:
        return sub_interface(given, "", context)
    if given == "lan1" and context.divided:
        raise CommandError(Fault.KEYWORD)
    return given


def sub_interface(given: str, _arguments: str, context: Context) -> str:
    """An 802.1Q interface of a LAN, `lan3/1` (RTX reference 38.1)."""
    name, slash, number = given.partition("/")
    if not slash or name not in context.device.lan_names:
        raise CommandError(Fault.KEYWORD)
    return f"{name}/{integer(number, '1-32', context)}"


def dhcp_option(given: str, _arguments: str, _context: Context) -> str:
    """One option of a DHCP scope, `dns=10.0.0.1,10.0.0.2` (RTX reference 12.1.8)."""
    name, equals, value = given.partition("=")
    known = name in ("router", "dns", "hostname", "domain", "wins_server") or name.isdigit()
    if not equals or not value or not known:
        raise CommandError(Fault.KEYWORD)
    return given


def lan(given: str, _arguments: str, context: Context) -> str:
    """A physical LAN interface."""
    return _one_of(given, context.device.lan_names)


def switch_lan(given: str, _arguments: str, _context: Context) -> str:
    """The LAN interface that has a switching hub."""
    return _one_of(given, ("lan1",))


def lan_port(given: str, _arguments: str, context: Context) -> str:
    """A port of the switching hub, `lan1.3`."""
    ports = tuple(f"lan1.{number}" for number in range(1, context.device.model.lan1_ports + 1))
    return _one_of(given, ports)


def hub_port(given: str, _arguments: str, context: Context) -> str:
    """The number of a port of the switching hub."""
    return integer(given, f"1-{context.device.model.lan1_ports}", context)


def vlan(given: str, _arguments: str, context: Context) -> str:
    """A VLAN interface of LAN division."""
    return _one_of(given, context.device.vlan_names)


def host_range(given: str, _arguments: str, context: Context) -> str:
    """Who may use a service.

    An address, `a-b`, or an interface (RTX reference 4.40, 4.67, 24.13).
    """
    if re.fullmatch(r"(lan|vlan)\d+", given):
        return interface(given, "", context)
    first, dash, last = given.partition("-")
    low = ip(first, "", context)
    return f"{low}-{ip(last, '', context)}" if dash else low


def ipv4_range(given: str, _arguments: str, context: Context) -> str:
    """A DHCP scope: `first-last/mask`."""
    found = re.fullmatch(r"([\d.]+)-([\d.]+)/(\S+)", given)
    if not found:
        raise CommandError(Fault.ADDRESS)
    first, last = ipv4(found[1], "", context), ipv4(found[2], "", context)
    bits = mask_bits(found[3])
    network = ipaddress.IPv4Interface(f"{first}/{bits}").network
    if ipaddress.IPv4Address(last) not in network:
        raise CommandError(Fault.RANGE)
    return f"{first}-{last}/{bits}"


def lease_time(given: str, _arguments: str, context: Context) -> str:
    """A lease in minutes, `hours:minutes`, or `infinity` (RTX reference 12.1.4)."""
    if given == "infinity" or re.fullmatch(r"\d{1,6}:[0-5]?\d", given):
        return given
    return integer(given, "1-21474836", context)


def filter_address4(given: str, _arguments: str, _context: Context) -> str:
    """An IPv4 filter's address: `*`, octets, ranges, lists, with a mask (RTX reference 8.1.10).

    Names (FQDN), map-e and application names are not modelled and refused as addresses.
    """
    for item in given.split(","):
        _filter_item4(item)
    return given


def _filter_item4(item: str) -> None:
    if item == "*":
        return
    body, slash, mask = item.partition("/")
    ends = body.split("-")
    if len(ends) > 2 or (slash and len(ends) > 1) or not any(ends):
        raise CommandError(Fault.ADDRESS)
    if slash:
        mask_bits(mask)
    for end in filter(None, ends):
        octets = end.split(".")
        if len(octets) != 4 or any(not _octet(octet) for octet in octets):
            raise CommandError(Fault.ADDRESS)
    if len(ends) == 2 and all(ends):
        low, high = ends[0].replace("*", "0"), ends[1].replace("*", "255")
        _ascending(int(ipaddress.IPv4Address(low)), int(ipaddress.IPv4Address(high)))


def _ascending(low: int, high: int) -> None:
    if low > high:
        raise CommandError(Fault.RANGE)


def _octet(given: str) -> bool:
    return given == "*" or (given.isdigit() and int(given) <= 255)


def filter_address6(given: str, _arguments: str, context: Context) -> str:
    """An IPv6 filter's address.

    `*`, address, address/bits, ranges, lists (RTX reference 30.7.1).
    """
    for item in given.split(","):
        if item == "*":
            continue
        body, slash, bits = item.partition("/")
        ends = body.split("-")
        if len(ends) > 2 or (slash and len(ends) > 1) or not any(ends):
            raise CommandError(Fault.ADDRESS)
        if slash:
            _bits6(bits)
        numbers = [int(ipaddress.IPv6Address(ipv6(end, "", context))) for end in ends if end]
        _ascending(numbers[0], numbers[-1])
    return given


def filter_protocol(given: str, arguments: str, _context: Context) -> str:
    """A static filter's protocol list; `arguments` is the family, 4 or 6."""
    extra = ("icmp-nd", "icmp4") if arguments == "6" else ()
    for item in given.split(","):
        known = item == "*" or item in PROTOCOL_NAMES or item in SPECIAL_PROTOCOLS + extra
        if known or re.fullmatch(r"tcpflag!?=0x[0-9a-fA-F]{1,4}/0x[0-9a-fA-F]{1,4}", item):
            continue
        if not item.isdigit():
            raise CommandError(Fault.KEYWORD)
        if int(item) > 255:
            raise CommandError(Fault.RANGE)
    return given


def filter_ports(given: str, _arguments: str, _context: Context) -> str:
    """A static filter's port list: up to 10 of numbers, mnemonics and ranges, or `*`."""
    items = given.split(",")
    if len(items) > 10:
        raise CommandError(Fault.COUNT)
    for item in items:
        ends = item.split("-") if item not in PORT_NAMES else [item]
        if item == "*":
            continue
        if len(ends) > 2 or not any(ends):
            raise CommandError(Fault.KEYWORD)
        numbers = [_port(end) for end in ends if end]
        _ascending(numbers[0], numbers[-1])
    return given


def _port(given: str) -> int:
    if given in PORT_NAMES:
        return PORT_NAMES[given][0]
    if not given.isdigit():
        raise CommandError(Fault.KEYWORD)
    if int(given) > 65535:
        raise CommandError(Fault.RANGE)
    return int(given)


def dynamic_application(given: str, _arguments: str, _context: Context) -> str:
    """An application of a dynamic filter."""
    return _one_of(given, tuple(DYNAMIC_NAMES))


def domain(given: str, _arguments: str, _context: Context) -> str:
    """A domain name (a suffix), or `.` for every name (RTX reference 24.10)."""
    if given == ".":
        return given
    if given in RECORD_TYPES:
        raise CommandError(Fault.COUNT)
    if not re.fullmatch(r"[A-Za-z0-9*_](?:[A-Za-z0-9*._-]{0,253})", given):
        raise CommandError(Fault.KEYWORD)
    return given


def name_or_address(given: str, _arguments: str, context: Context) -> str:
    """A host's name or address."""
    if re.fullmatch(r"[\d.]+", given) or ":" in given:
        return ip(given, "", context)
    return domain(given, "", context)


def time_zone(given: str, _arguments: str, _context: Context) -> str:
    """`jst`, `utc` or an offset (RTX reference 4.13)."""
    if given in ("jst", "utc"):
        return given
    found = re.fullmatch(r"([+-])(\d{1,2}):(\d{2})", given)
    if not found:
        raise CommandError(Fault.KEYWORD)
    minutes = int(found[2]) * 60 + int(found[3])
    limit = 719 if found[1] == "+" else 720
    if minutes > limit or int(found[3]) > 59:
        raise CommandError(Fault.RANGE)
    return f"{found[1]}{int(found[2]):02}:{found[3]}"


def clock_time(given: str, _arguments: str, _context: Context) -> str:
    """A schedule's time: hh:mm[:ss] with `*`, or `startup` and the device events.

    RTX reference 37.1.
    """
    if given in ("startup", "usb-attached", "sd-attached"):
        return given
    found = _CLOCK.fullmatch(given)
    if not found:
        raise CommandError(Fault.KEYWORD)
    for part, limit in zip(found.groups(), (23, 59, 59), strict=True):
        if part not in (None, "*") and int(part) > limit:
            raise CommandError(Fault.RANGE)
    return given


def calendar_date(given: str, _arguments: str, _context: Context) -> str:
    """A schedule's date: month/day with lists, ranges, weekdays and `*` (RTX reference 37.1)."""
    month, slash, day = given.partition("/")
    if not slash:
        raise CommandError(Fault.KEYWORD)
    if not _calendar_part(month, 12, ()):
        raise CommandError(Fault.RANGE if month.isdigit() else Fault.KEYWORD)
    if not _calendar_part(day, 31, WEEKDAYS):
        raise CommandError(Fault.RANGE if day.isdigit() else Fault.KEYWORD)
    return given


WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def _calendar_part(given: str, limit: int, names: tuple[str, ...]) -> bool:
    if given == "*":
        return True
    for item in given.split(","):
        ends = [end for end in item.split("-") if end]
        if not ends or item.count("-") > 1:
            return False
        numeric = all(end.isdigit() and 1 <= int(end) <= limit for end in ends)
        if not numeric and not all(end in names for end in ends):
            return False
    return True


def flexible_ports(given: str, _arguments: str, context: Context) -> str:
    """One mapping of `lan flexible-port`: `lan2=9` (RTX reference 53.1)."""
    name, equals, ports = given.partition("=")
    if not equals or name not in context.device.lan_names:
        raise CommandError(Fault.KEYWORD)
    expand_ports(ports)
    return given


def port_layout(device: Device, words: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """LAN interface -> port numbers under a `lan flexible-port` line's words, or by default.

    Empty where ports don't move. Source: RTX reference 53.1.
    """
    if not words:
        return dict(device.model.flexible_ports)
    return {word.partition("=")[0]: expand_ports(word.partition("=")[2]) for word in words}


def expand_ports(given: str) -> tuple[int, ...]:
    """The port numbers (1..10) of `1-6,8,10`."""
    numbers: list[int] = []
    for item in given.split(","):
        first, dash, last = item.partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise CommandError(Fault.INTEGER)
        numbers += range(int(first), int(last if dash else first) + 1)
    if any(not 1 <= number <= 10 for number in numbers):
        raise CommandError(Fault.RANGE)
    return tuple(numbers)


def prefix_time(given: str, _arguments: str, context: Context) -> str:
    """A prefix's lifetime in seconds, or the date it ends."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}(,\d{2}:\d{2}(:\d{2})?)?", given):
        return given
    return integer(given, "0-4294967295", context)


CHECKS: Mapping[str, Check] = {
    "int": integer,
    "switch": switch,
    "word": word,
    "text": text,
    "user": user_name,
    "password": password,
    "ipv4": ipv4,
    "ipv6": ipv6,
    "ip": ip,
    "ipv4-masked": ipv4_masked,
    "ipv4-network": ipv4_network,
    "ipv6-masked": ipv6_masked,
    "ipv6-network": ipv6_network,
    "ipv6-gateway": ipv6_gateway,
    "proxy": proxy_prefix,
    "interface": interface,
    "lan": lan,
    "sub-interface": sub_interface,
    "dhcp-option": dhcp_option,
    "switch-lan": switch_lan,
    "lan-port": lan_port,
    "hub-port": hub_port,
    "vlan": vlan,
    "host-range": host_range,
    "ipv4-range": ipv4_range,
    "lease": lease_time,
    "address4": filter_address4,
    "address6": filter_address6,
    "protocol": filter_protocol,
    "ports": filter_ports,
    "application": dynamic_application,
    "domain": domain,
    "host": name_or_address,
    "timezone": time_zone,
    "clock": clock_time,
    "calendar": calendar_date,
    "flexible": flexible_ports,
    "prefix-time": prefix_time,
}
"""The checks by the type names that grammars use."""
