"""Running configurations that nobody wrote, of every model, by a seed.

Each is typed into a delivered mock router line by line, so that it is one that a router can have.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv4Address

from onshi_lab.yamaha.delivered import Delivery, staged_default, with_typed
from onshi_lab.yamaha.models import Device, make_device
from onshi_lab.yamaha.store import Config
from onshi_net.intent import OtherService, RouterIntent, site_intent
from onshi_net.inventory import load_site
from onshi_net.model import router_model
from onshi_net.model.catalogue import router_model_names
from onshi_net.platforms.yamaha.render import router_config
from tests.conftest import EXAMPLES
from tests.lab.yamaha.desk import FIRMWARE

SITES = ("demo-clinic", "demo-pharmacy")
"""With a router advertisement's prefix, and with a delegated one."""
NUMBERS4 = ("100010", "100040", "100041", "100042", "100099", "1", "200099", "109000")
NUMBERS6 = ("101000", "101001", "101002", "101003", "101099", "1", "109001")
DYNAMIC4, DYNAMIC6 = ("100080", "100099", "1"), ("101080", "101081", "101082", "1")
WHERE4 = (
    "*", "*", "10.51.1.0/24", "192.168.1.0/24", "10.51.1.1", "192.168.100.0/24", "192.168.1.254",
    "10.0.0.0/8", "172.16.0.0-172.16.255.255", "192.168.*.*",
)  # fmt: skip
WHERE6 = ("*", "*", "fe80::/10", "2001:db8::/32", "2001:db8:51:100::/64")
PROTOCOLS4 = ("*", "*", "tcp", "udp", "udp,tcp", "established", "tcpsyn", "esp", "icmp")
PROTOCOLS6 = ("*", "*", "tcp", "udp", "udp,tcp", "established", "icmp6", "icmp-nd")
DOORS = ("*", "*", "*", "135", "445", "www", "137-139", "netbios_ns-netbios_ssn", "1024-65535")
ACTIONS = ("pass", "pass", "reject", "pass-log", "reject-nolog", "pass-nolog")


@dataclass(frozen=True, slots=True)
class Start:
    """A router as somebody finds it, and what it shall become."""

    seed: int
    device: Device
    config: Config
    intent: RouterIntent
    wanted: tuple[str, ...]


@cache
def intent_of(site: str, model: str) -> RouterIntent:
    """Answers a demo site's intent as if its router were another model."""
    intent, data = site_intent(load_site(EXAMPLES, site)).router, router_model(model)
    return replace(
        intent,
        model=data,
        wan=replace(intent.wan, interface=data.wan),
        terminal=replace(
            intent.terminal, interface=data.terminal.interface, ports=data.terminal.ports
        ),
        clinic=replace(intent.clinic, interface=data.clinic.interface, ports=data.clinic.ports),
    )


@cache
def delivered(model: str, address: str, user: str) -> tuple[Device, Config]:
    device = make_device(model, FIRMWARE[model], "S5X000001")
    return device, staged_default(
        device, Delivery("Start-pack.1", "key", address=address, user=user)
    )


def start(seed: int) -> Start:
    """Answers the start of a seed."""
    chance = random.Random(seed)
    model = chance.choice(router_model_names())
    intent = replace(intent_of(chance.choice(SITES), model), other_services=tuple(_kept(chance)))
    address = str(intent.terminal.address)
    device, config = delivered(model, address, intent.management.username)
    wanted = router_config(intent)
    lines = list(_typed(chance, device, intent, wanted))
    return Start(
        seed, device, with_typed(config, "\n".join(lines), device, "start"), intent, wanted
    )


def _typed(
    chance: random.Random, device: Device, intent: RouterIntent, wanted: Sequence[str]
) -> Iterator[str]:
    """Lines that somebody typed: none; ours of another day; an office's; any mixture."""
    kind = chance.choice(("delivered", "ours", "mixture", "mixture", "mixture"))
    if kind == "delivered":
        return
    divided = kind == "ours" or chance.random() < 0.4
    if kind == "ours":
        yield from (
            _changed(chance, line)
            for line in wanted
            if chance.random() < 0.95 or line.startswith(("lan ", "vlan "))
        )
    elif divided and device.vlan_names:
        yield from _division(chance, device)
    inner = "vlan1" if divided and device.vlan_names else "lan1"
    yield from _filters(chance)
    interfaces = list(_interfaces(chance, device, inner, divided=divided))
    yield from _addresses(chance, interfaces)
    yield from _lists(chance, interfaces)
    for some in (_peer, _tunnel, _services, _dhcp, _attacks, _people):
        if chance.random() < 0.4:
            yield from some(chance, device)


def _changed(chance: random.Random, line: str) -> str:
    """Now and then what a line said before: another clinic network, another receipt computer."""
    if chance.random() < 0.8 or "flexible" in line or "vlan1 address" in line:
        return line
    other = chance.choice(("192.168.1.", "192.168.5."))
    return line.replace("192.168.1.0/24", f"{other}0/24").replace(
        "tcp * 445", chance.choice(("tcp * 139,445", "tcp * *"))
    )


def _division(chance: random.Random, device: Device) -> Iterator[str]:
    """A divided LAN; each port lies where the intent has it or in an interface of its own."""
    for port, vlan in ((2, 1), (3, 2), (4, 2)):
        if chance.random() < 0.5:
            yield f"vlan port mapping lan1.{port} vlan{vlan}"
    for port in range(5, device.model.lan1_ports + 1):
        if chance.random() < 0.3:
            yield f"vlan port mapping lan1.{port} vlan{chance.randint(5, device.model.vlans)}"
    yield "lan type lan1 port-based-option=divide-network"


def _filters(chance: random.Random) -> Iterator[str]:
    for family, numbers, where, protocols in (
        ("ip", NUMBERS4, WHERE4, PROTOCOLS4),
        ("ipv6", NUMBERS6, WHERE6, PROTOCOLS6),
    ):
        for number in chance.sample(numbers, chance.randint(0, len(numbers))):
            protocol = chance.choice(protocols)
            doors = [chance.choice(DOORS), chance.choice(DOORS)]
            if protocol in ("icmp", "icmp6"):
                doors = [chance.choice(("*", "8", "128", "3,4")), "*"]
            if protocol in ("*", "esp", "icmp-nd"):
                doors = ["*", "*"]
            source, destination = chance.choice(where), chance.choice(where)
            action = chance.choice(ACTIONS)
            yield (
                f"{family} filter {number} {action} {source} {destination} {protocol} "
                + " ".join(doors)
            )
    for family, numbers, where in (("ip", DYNAMIC4, WHERE4), ("ipv6", DYNAMIC6, WHERE6)):
        for number in chance.sample(numbers, chance.randint(0, 2)):
            name = chance.choice(("tcp", "udp", "ftp", "www", "domain"))
            yield (
                f"{family} filter dynamic {number} {chance.choice(where)} "
                f"{chance.choice(where)} {name}"
            )


def _interfaces(
    chance: random.Random, device: Device, inner: str, *, divided: bool
) -> Iterator[str]:
    yield inner
    yield "lan2"
    if divided and device.vlan_names:
        yield "vlan2"
    elif device.vlan_names and chance.random() < 0.2:
        yield "vlan2"  # lines of an interface that isn't there yet
    if device.model.lans > 2:
        yield "lan3"
        if chance.random() < 0.3:
            yield "lan3/1"


def _addresses(chance: random.Random, interfaces: Sequence[str]) -> Iterator[str]:
    for interface in interfaces[1:]:
        if interface.startswith("lan3/"):
            yield f"vlan {interface} 802.1q vid=20"
        if chance.random() < 0.5:
            given = ("192.168.1.254/24", "192.168.5.254/24", "172.16.1.1/24")
            yield f"ip {interface} address {chance.choice(given)}"
        if chance.random() < 0.15:
            yield f"ip {interface} secondary address 172.17.1.1/24"
    for interface in interfaces:
        if chance.random() < 0.25:
            yield f"ipv6 {interface} address {chance.choice(('2001:db8::1/64', 'auto'))}"
    if chance.random() < 0.3:
        yield "ipv6 lan2 dhcp service client"
        yield f"ipv6 {interfaces[0]} address dhcp-prefix@lan2::1/64"
    if chance.random() < 0.2:
        yield chance.choice(("ip routing off", "ipv6 routing off", "ip stealth all"))
    if chance.random() < 0.3:
        yield "ip route default gateway 192.168.5.1"


def _lists(chance: random.Random, interfaces: Sequence[str]) -> Iterator[str]:
    for family, numbers, dynamic in (("ip", NUMBERS4, DYNAMIC4), ("ipv6", NUMBERS6, DYNAMIC6)):
        for interface in interfaces:
            for way in ("in", "out"):
                if chance.random() < 0.45:
                    some = chance.sample(numbers, chance.randint(1, len(numbers)))
                    opening = chance.sample(dynamic, chance.randint(0, 2))
                    tail = f" dynamic {' '.join(opening)}" if opening else ""
                    yield f"{family} {interface} secure filter {way} {' '.join(some)}{tail}"
    if chance.random() < 0.15:
        yield f"ip filter set office in {chance.choice(NUMBERS4)}"


def _peer(chance: random.Random, _device: Device) -> Iterator[str]:
    yield "nat descriptor type 1 masquerade"
    yield "nat descriptor masquerade static 1 1 10.51.1.20 tcp 443"
    yield "pp select 1"
    yield from (
        " description pp ISP",
        " pp keepalive interval 30 retry-interval=30 count=12",
        " pp always-on on",
        " pppoe use lan2",
        " pppoe auto disconnect off",
        " pp auth accept pap chap",
        " pp auth myname isp@example.invalid isppass1",
        " ppp lcp mru on 1454",
        " ip pp mtu 1454",
        f" ip pp secure filter in {' '.join(chance.sample(NUMBERS4, 3))}",
        f" ip pp secure filter out {' '.join(chance.sample(NUMBERS4, 3))} dynamic 100080",
        " ip pp nat descriptor 1",
    )
    if chance.random() < 0.8:
        yield " pp enable 1"
    yield "pp select none"
    yield "ip route default gateway pp 1"


def _tunnel(chance: random.Random, device: Device) -> Iterator[str]:
    if device.model.name == "NVR510":
        yield 'analog extension dial prefix sip prefix="9#"'
    yield "tunnel select 1"
    yield from (
        " tunnel encapsulation ipsec",
        " ipsec tunnel 101",
        " ipsec sa policy 101 1 esp aes-cbc sha-hmac",
        " ipsec ike keepalive log 1 off",
        " ipsec ike nat-traversal 1 on",
        " ipsec ike pre-shared-key 1 text secret-of-others",
        " ipsec ike remote address 1 203.0.113.9",
        f" ip tunnel secure filter in {chance.choice(NUMBERS4)}",
        " tunnel enable 1",
    )
    yield "tunnel select none"
    yield "ipsec auto refresh on"


def _kept(chance: random.Random) -> Iterator[OtherService]:
    """What an inventory keeps open for others: mostly nothing."""
    if chance.random() < 0.6:
        return
    some = ("telnet", "web", "time", "sftp", "tftp", "snmp", *PLAIN)
    for name in chance.sample(some, chance.randint(1, 3)):
        hosts = chance.sample((IPv4Address("10.51.1.9"), IPv4Address("10.51.1.20")), 2)
        yield OtherService(name, () if name in PLAIN else tuple(hosts[: chance.randint(1, 2)]), "x")


PLAIN = ("upnp", "l2ms", "cloud", "heartbeat", "radius")
WHO = (
    "any", "none", "lan", "lan2", "10.51.1.9", "10.51.1.9 10.51.1.20", "192.168.1.1-192.168.1.9",
    "10.51.1.0-10.51.1.255",
)  # fmt: skip
SERVICES = (
    "telnetd service on", "telnetd service off", "telnetd host {}", "telnetd listen 2323",
    "telnetd session 2", "httpd service on", "httpd service off", "httpd host {}",
    "httpd timeout 60", "httpd custom-gui use on", "httpd custom-gui api use on",
    "httpd custom-gui api password doremi", "sntpd service on", "sntpd service off",
    "sntpd host {}", "sftpd host {}", "tftp host {}", "upnp use on", "upnp syslog on",
    "snmp host any", "snmp host 10.51.1.9 clinic", "snmp host none",
    "snmp community read-only public", "snmp trap host 192.168.1.9",
    "snmp trap community clinic", "snmpv2c host 10.51.1.20", "snmpv2c host lan2",
    "snmpv2c community read-write private", "snmpv3 usm user 1 admin sha secretsecret",
    "snmpv3 host any user 1", "snmp syscontact somebody", "ip simple-service on",
    "dns host {}", "dns service off", "dns server 192.0.2.53", "security class 1 on",
    "security class 1 off on", "security class 2 off on", "remote setup accept any",
    "remote setup accept none", "ipsec use on", "ipsec use off", "l2tp service on",
    "l2tp service on l2tp", "pptp service on", "sip use on",
    "switch control use lan2 on terminal=on", "switch control watch interval 5",
    "lan-map snapshot use lan2 on", "lan-map log on", "yno use on",
    "yno access code operator accesscode", "mobile use usb1 on",
    "heartbeat pre-shared-key clinickey", "heartbeat receive on log=on",
    "cooperation load-watch server on", "login radius use on", "administrator radius auth on",
    "radius auth on", "radius auth server 192.168.1.9", "radius secret clinic",
    "sshd auth method all", "sshd session 4", "sshd host any", "sshd host lan",
    "sshd host 10.51.1.1-10.51.1.254", "syslog notice on", "console prompt office",
    "login timer 600", "alarm entire off", "lua use off",
)  # fmt: skip
"""Lines that open, limit and close services; `{}` is who may come in (chapters: `doors`)."""


def _services(chance: random.Random, device: Device) -> Iterator[str]:
    for line in chance.sample(SERVICES, chance.randint(1, len(SERVICES) // 2)):
        if "auth method" in line and device.model.name == "NVR510":  # not in the reference
            continue
        yield line.format(chance.choice(WHO))


def _dhcp(_chance: random.Random, _device: Device) -> Iterator[str]:
    yield from (
        "dhcp service server",
        "dhcp scope 1 10.51.1.60-10.51.1.80/24",
        "dhcp scope bind 1 10.51.1.61 ethernet 00:a0:de:00:00:01",
        "dhcp scope option 1 dns=10.51.1.1",
        "dhcp scope option 1 router=10.51.1.254",
    )


def _attacks(chance: random.Random, _device: Device) -> Iterator[str]:
    some = ("in on", "in fragment on reject=on", "in ip on reject=on", "out on", "out ftp on")
    for words in chance.sample(some, chance.randint(1, len(some))):
        yield f"ip lan2 intrusion detection {words}"


def _people(_chance: random.Random, device: Device) -> Iterator[str]:
    level = "1" if device.model.numbered_administrator else "on"
    yield "login user vendor Vendors-own.1"
    yield f"user attribute vendor administrator={level} host=any"
