"""The texts of the `show` commands, as pure functions of the router's facts.

Shapes from published captures where there are any: config header, `show ip route`, `show ipv6
route`, `show status ipv6 dhcp` (an RTX1300), `show environment` (RTX810, RTX1200), `show status
dhcp`, `show status user` (reference 58.47). The shapes of `show status lanN`, `show ipv6 address`,
`show arp` and the neighbour cache are inference.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from .machine import Address, Dhcp6State, Lease, Route, Status, Traffic
from .messages import Language
from .models import Device
from .store import Config, Entry


def mac_list(device: Device) -> str:
    """The MAC addresses as headers have them: a range on an RTX1300, else a list."""
    macs = device.mac_addresses
    return f"{macs[0]} - {macs[-1]}" if len(macs) > 3 else ", ".join(macs)


def main_line(device: Device) -> str:
    """The line that names model, serial number and MAC addresses."""
    head = f"main:  {device.model.name} ver=00 serial={device.serial}"
    macs = device.mac_addresses
    if len(macs) > 3:
        return f"{head} MAC-Address={macs[0]} - {macs[-1]}"
    return " ".join([head, *(f"MAC-Address={mac}" for mac in macs)])


def config_header(device: Device, now: datetime) -> list[str]:
    """The comment lines that `show config` begins with."""
    model = device.model
    return [
        f"# {model.name} Rev.{device.revision_text} ({model.released})",
        f"# MAC Address : {mac_list(device)}",
        f"# Memory {model.memory_megabytes}Mbytes, {model.lans}LAN",
        f"# {main_line(device)}",
        f"# Reporting Date: {now:%b} {now.day} {now:%H:%M:%S %Y}",
    ]


def show_config(device: Device, config: Config, now: datetime) -> list[str]:
    """`show config`."""
    return config_header(device, now) + list(config.lines())


def show_environment(
    device: Device,
    config: Config,
    numbers: tuple[int, int],
    now: datetime,
    up: timedelta,
) -> list[str]:
    """`show environment`; numbers are the booted and the default configuration.

    `up` is what passed since the boot. That it does not go with a clock that is set meanwhile, and
    the boot time therefore does, is an inference.
    """
    booted, default = numbers
    zone = f"{now:%z}"[:3] + ":" + f"{now:%z}"[3:]
    security = config.get("security", "class") or ("1", "on", "off")
    forget, telnet = (*security, "off", "off")[1:3]
    lines = [
        f"{device.model.name} BootROM Ver. 1.00",
        f"{device.model.name} FlashROM Table Ver. 1.00",
        f"{device.model.name} Rev.{device.revision_text} ({device.model.released})",
        f"  {main_line(device)}",
        "CPU:   1%(5sec)   0%(1min)   0%(5min)    Memory: 24% used",
        "Packet-buffer:   0%(small)   0%(middle)   5%(large)   0%(huge) used",
        f"Firmware: internal  Config. file: config{booted}",
        f"Default firmware: internal  Default config. file: config{default}",
        "Serial Baudrate: 9600",
        f"Boot time: {now - up:%Y/%m/%d %H:%M:%S} {zone}",
        f"Current time: {now:%Y/%m/%d %H:%M:%S} {zone}",
        f"Elapsed time from boot: {elapsed(up)}",
        f"Security Class: {security[0]}, FORGET: {forget.upper()}, TELNET: {telnet.upper()}",
    ]
    if device.model.name in ("RTX1210", "RTX1220"):
        lines.append("Inside Temperature(C.): 36")
    return lines


def elapsed(span: timedelta) -> str:
    """A time span as `3days 23:06:37`."""
    seconds = int(span.total_seconds())
    hours, rest = divmod(seconds % 86400, 3600)
    return f"{seconds // 86400}days {hours:02}:{rest // 60:02}:{rest % 60:02}"


_LABELS = {
    "ja": {
        "description": "説明:",
        "address": "IPアドレス:",
        "mac": "イーサネットアドレス:",
        "mode": "動作モード設定:",
        "types": "Type (Link status)",
        "mtu": "最大パケット長(MTU):",
        "octets": "オクテット",
        "promiscuous": "プロミスキャスモード:",
        "sent": "送信パケット:",
        "received": "受信パケット:",
        "packets": "パケット",
    },
    "en": {
        "description": "Description:",
        "address": "IP address:",
        "mac": "Ethernet address:",
        "mode": "Operation mode setting:",
        "types": "Type (Link status)",
        "mtu": "Maximum Transmission Unit(MTU):",
        "octets": "octets",
        "promiscuous": "Promiscuous mode:",
        "sent": "Transmitted:",
        "received": "Received:",
        "packets": "packets",
    },
}


def _labelled(label: str, value: str) -> str:
    width = sum(1 if char.isascii() else 2 for char in label)
    return (label + " " * max(1, 32 - width) + value).rstrip()


def _port_mode(up: bool) -> str:
    return f"Auto Negotiation ({'1000BASE-T Full Duplex' if up else 'Link Down'})"


def show_interface(
    name: str,
    device: Device,
    config: Config,
    status: Status,
    language: Language,
    moved: Sequence[int] = (),
) -> list[str]:
    """`show status lanN` (and vlanN): address, ports and their links, counters.

    `moved` are the interface's ports where ports move; that several are shown one by one, by the
    numbers on the case, is an inference.
    """
    label = _LABELS[language]
    traffic = status.traffic.get(name, Traffic())
    number = int(name[-1]) - 1 if name.startswith("lan") else 0
    description = config.word("", "description", name)
    address = " ".join(config.get("ip", name, "address"))
    ports = moved if device.model.flexible_ports else hub_ports(name, device, config)
    mode = [_labelled(label["mode"], _port_mode(status.links.get(name, False)))]
    if len(ports) > 1 or (ports and not device.model.flexible_ports):
        mode = [_labelled(label["mode"], label["types"])]
        mode += [
            " " * 15
            + f"PORT{port}:".ljust(17)
            + _port_mode(status.ports.get(f"lan1.{port}", False))
            for port in ports
        ]
    mtu = config.word("1500", "ip", name, "mtu")
    return [
        name.upper(),
        _labelled(label["description"], description),
        _labelled(label["address"], address),
        _labelled(label["mac"], device.mac_addresses[number]),
        *mode,
        _labelled(label["mtu"], f"{mtu} {label['octets']}"),
        _labelled(label["promiscuous"], "OFF"),
        _labelled(label["sent"], _sent(traffic, label)),
        _labelled(label["received"], _received(traffic, label)),
    ]


def _sent(traffic: Traffic, label: dict[str, str]) -> str:
    return _count(traffic.sent_packets, traffic.sent_octets, label)


def _received(traffic: Traffic, label: dict[str, str]) -> str:
    return _count(traffic.received_packets, traffic.received_octets, label)


def _count(packets: int, octets: int, label: dict[str, str]) -> str:
    return f"{packets} {label['packets']}({octets} {label['octets']})"


def hub_ports(name: str, device: Device, config: Config) -> tuple[int, ...]:
    """The switching hub's ports that an interface has now."""
    ports = tuple(range(1, device.model.lan1_ports + 1))
    if name == "lan1" and not config.divided:
        return ports
    if not name.startswith("vlan") or not config.divided:
        return ()
    return tuple(
        port
        for port in ports
        if config.word(f"vlan{port}", "vlan", "port", "mapping", f"lan1.{port}") == name
    )


def show_ip_route(routes: Iterable[Route]) -> list[str]:
    """`show ip route`."""
    rows = ["Destination         Gateway          Interface       Kind  Additional Info."]
    rows += [
        f"{route.destination:<20}{route.gateway:<17}{route.interface.upper():>10}"
        f"  {route.kind:>8}  "
        for route in routes
    ]
    return rows


def show_ipv6_route(routes: Iterable[Route]) -> list[str]:
    """`show ipv6 route`: a gateway of 24 characters or more puts the rest on a second line."""
    rows = ["Destination              Gateway                  Interface  Type"]
    for route in routes:
        tail = f"{route.interface.upper():<11}{route.kind}"
        if len(route.gateway) < 24 and len(route.destination) < 25:
            rows.append(f"{route.destination:<25}{route.gateway:<25}{tail}")
        else:
            rows += [f"{route.destination:<25}{route.gateway} ", " " * 50 + tail]
    return rows


def show_ipv6_addresses(names: Sequence[str], status: Status, language: Language) -> list[str]:
    """`show ipv6 address`: each interface with its link state and addresses."""
    label = _LABELS[language]
    rows: list[str] = []
    for number, name in enumerate(names, start=1):
        traffic = status.traffic.get(name, Traffic())
        up = "up" if status.links.get(name, False) else "down"
        rows += [
            f"{name.upper()} scope-id {number} [{up}]",
            f" {label['received']} {_received(traffic, label)}",
            f" {label['sent']} {_sent(traffic, label)}",
            "",
        ]
        rows += [_address_row(one, language) for one in status.addresses if one.interface == name]
        rows.append("")
    return rows[:-1]


_SCOPES = {"ja": ("グローバル    ", "リンクローカル"), "en": ("Global    ", "Link-local")}


def _address_row(address: Address, language: Language) -> str:
    local = ipaddress.IPv6Address(address.text).is_link_local
    life = ""
    if address.valid is not None:
        life = f" (lifetime: {address.preferred}/{address.valid})"
    return f" {_SCOPES[language][local]} {address.text}/{address.bits}{life}"


def show_dhcp6(states: Iterable[Dhcp6State], servers: Sequence[str]) -> list[str]:
    """`show status ipv6 dhcp`; `servers` are the interfaces that serve DHCPv6."""
    rows = ["DHCPv6 status", ""]
    for name in servers:
        rows += [f"  {name.upper()} [server]", "    state: reply", ""]
    for state in states:
        rows += [f"  {state.interface.upper()} [client]", f"    state: {state.state}"]
        if state.state == "established":
            rows += ["    server:", *(f"      {row}" for row in _dhcp6_server(state))]
        rows.append("")
    return rows[:-1]


def _dhcp6_server(state: Dhcp6State) -> list[str]:
    rows = [f"address: {state.server}", "preference: 0"]
    if state.prefix:
        rows += [
            f"prefix: {state.prefix}",
            f"duration: {state.valid}",
            f"T1: {state.t1}",
            f"T2: {state.t2}",
            f"preferred lifetime: {state.preferred}",
            f"valid lifetime: {state.valid}",
        ]
    rows += [f"DNS server[{number}]: {one}" for number, one in enumerate(state.dns, start=1)]
    rows += [f"Domain name[{number}]: {one}" for number, one in enumerate(state.domains, start=1)]
    return rows


_DHCP = {
    "ja": (
        "DHCPスコープ番号:",
        "ネットワークアドレス:",
        "割り当て中アドレス:",
        "クライアントイーサネットアドレス:",
        "ホスト名:",
        "リース残時間:",
        "日 ",
        "時間 ",
        "分 ",
        "秒",
    ),
    "en": (
        "DHCP Scope number:",
        "Network address:",
        "Leased address:",
        "(type) Client ID:",
        "Host Name:",
        "Remaining lease:",
        "days ",
        "hours ",
        "min. ",
        "secs.",
    ),
}


def show_dhcp(config: Config, leases: Sequence[Lease], language: Language) -> list[str]:
    """`show status dhcp`: each scope with its leases (published capture, Japanese)."""
    words = _DHCP[language]
    rows: list[str] = []
    for entry in config.under("dhcp", "scope"):
        number, span = entry.line.values[:2]
        first, bits = span.split("-")[0], span.split("/")[1]
        network = ipaddress.IPv4Interface(f"{first}/{bits}").network
        rows += [f"{words[0]} {number}", f"{_right(words[1])} {network.network_address}"]
        for lease in (one for one in leases if one.scope == int(number)):
            rows += _lease_rows(lease, words)
    return rows


def _right(label: str) -> str:
    width = sum(1 if char.isascii() else 2 for char in label)
    return " " * max(1, 34 - width) + label


def _lease_rows(lease: Lease, words: tuple[str, ...]) -> list[str]:
    rows = [f"{_right(words[2])} {lease.address}", f"{_right(words[3])} {lease.mac}"]
    if lease.name:
        rows.append(f"{_right(words[4])} {lease.name}")
    days, rest = divmod(lease.left, 86400)
    clock = f"{rest // 3600}{words[7]}{rest % 3600 // 60}{words[8]}{rest % 60}{words[9]}"
    text = f"{days}{words[6]}{clock}"
    return [*rows, f"{_right(words[5])} {text}"]


def show_arp(status: Status, interface: str | None, language: Language) -> list[str]:
    """`show arp`, for all interfaces or one."""
    found = [
        one
        for one in status.neighbours
        if ":" not in one.address and one.mac and interface in (None, one.interface)
    ]
    head = {
        "ja": (
            f"カウント数: {len(found)}",
            "インタフェース IPアドレス         MACアドレス        TTL(秒)",
        ),
        "en": (
            f"Count: {len(found)}",
            "Interface      IP address         MAC address        TTL(second)",
        ),
    }[language]
    return [
        *head,
        *(f"{one.interface.upper():<15}{one.address:<19}{one.mac:<19}1200" for one in found),
    ]


def show_neighbours(
    status: Status, interface: str | None, language: Language, *, summary: bool
) -> list[str]:
    """`show ipv6 neighbor cache`, for all interfaces or one."""
    found = [
        one
        for one in status.neighbours
        if ":" in one.address and interface in (None, one.interface)
    ]
    count = f"エントリー数: {len(found)}" if language == "ja" else f"Count: {len(found)}"
    if summary:
        return [count]
    head = {
        "ja": "IPv6アドレス                             MACアドレス        インタフェース 状態",
        "en": "IPv6 address                             MAC address        Interface      State",
    }[language]
    return [
        head,
        *(f"{one.address:<41}{one.mac:<19}{one.interface.upper():<15}{one.state}" for one in found),
    ]


def show_secure_filter(config: Config, family: str, interface: str, direction: str) -> list[str]:
    """`show ip secure filter`: the definitions of the filters that an interface has."""
    rows: list[str] = []
    for way in ("in", "out"):
        if direction not in ("", way):
            continue
        kind = ""
        for number in config.get(family, interface, "secure", "filter", way):
            if number == "dynamic":
                kind = "dynamic"
                continue
            key = (family, "filter", *([kind] if kind else []), number)
            entry: Entry | None = config.entries.get(key)
            rows.append(entry.text if entry else f"{family} filter {number} (undefined)")
    return rows


def show_flexible_ports(only: str, ports: Mapping[str, tuple[int, ...]]) -> list[str]:
    """`show lan flexible-port` (RTX reference 53.2)."""
    return [
        f"{name.upper()}: {' '.join(map(str, numbers))}"
        for name, numbers in sorted(ports.items())
        if only in ("", name)
    ]
