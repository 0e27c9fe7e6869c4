"""PCs as somebody may have left them, the same from one seed.

Whatever is drawn is a state that Windows can be in; what the product refuses before it changes
anything is drawn too, but seldom.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

from onshi_lab.windows import triggers
from onshi_lab.windows.accounts import LOCKOUT_THRESHOLD, Logon, LogonType
from onshi_lab.windows.filesystem import READ_AND_EXECUTE, Ace
from onshi_lab.windows.network.dhcp import Lease
from onshi_lab.windows.network.model import IPV4, IPV6, Interface
from onshi_lab.windows.registry import SERVICES
from onshi_lab.windows.smb.shares import Share as StoredShare
from onshi_lab.windows.smb.shares import ShareAce, aces_of
from onshi_lab.windows.vault import DOMAIN_PASSWORD, ENTERPRISE, LOCAL_MACHINE, Credential
from onshi_net.intent.windows import ReceiptIntent, TerminalIntent, WindowsIntent
from tests.lab.windows.conftest import USER, Machine
from tests.windows.fake_pc import LINK, intents
from tests.windows.fake_pc import USER as USER_PASSWORD

from .pc import reaches

CARD, SECOND = 12, 13
W32TIME = rf"{SERVICES}\W32Time"
EVERYONE = "S-1-1-0"
KEY = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\PersistentRoutes"
TRIGGERS: tuple[tuple[tuple[int, int], ...], ...] = (
    triggers.DOMAIN_JOINED,
    triggers.DOMAIN_JOINED,
    (),
    (triggers.DOMAIN_JOINED[1],),
    ((triggers.NETWORK, triggers.START), *triggers.DOMAIN_JOINED),
)


@dataclass(frozen=True)
class Start:
    """A PC and what must become of it."""

    machine: Machine
    intent: WindowsIntent


def _card(machine: Machine) -> None:
    backend: Any = machine.pc.network._backend
    first = backend.interfaces()[1]
    backend._interfaces.append(
        Interface(SECOND, "eth1", "Wi-Fi", first.description, "00-15-5D-01", "{2}", True, 1500)
    )


def _routes(chance: random.Random, networks: Sequence[str], hops: Sequence[str]) -> list[str]:
    """Lines that set old routes; what Windows refuses isn't set."""
    lines = []
    for _ in range(chance.choice([0, 0, 1, 2, 4])):
        to, hop = chance.choice(networks), chance.choice(hops)
        named = f"-DestinationPrefix {to} -InterfaceIndex {CARD} -NextHop {hop}"
        new = f"$null = New-NetRoute {named} -RouteMetric {chance.choice([1, 5, 30])}"
        away = f"Remove-NetRoute {named} -Confirm:$false -PolicyStore"
        how = chance.choice(["both", "active", "persistent", "two metrics", "route -p", "noted"])
        head, mask = to.split("/")[0], "255.255.255.0"
        if how == "both":
            lines.append(new)
        elif how == "active":
            lines.append(f"{new} -PolicyStore ActiveStore")
        elif how == "persistent":
            lines.append(f"{new}; {away} ActiveStore")
        elif how == "two metrics":
            lines.append(f"{new}; {away} ActiveStore; {new}0 -PolicyStore ActiveStore")
        elif how == "route -p" and to.endswith("/24"):
            lines.append(f"$null = route.exe -p add {head} mask {mask} {hop} metric 7")
        elif to.endswith("/24"):
            name = f"{head},{mask},{hop},1"
            lines.append(
                f"$null = New-ItemProperty -LiteralPath '{KEY}' -Name '{name}' -Value '' -Force"
            )
    return lines


def _leftovers(chance: random.Random, machine: Machine) -> list[str]:
    """What a killed run of ours left."""
    if chance.random() < 0.8:
        return []
    name = f"onshi-{chance.randrange(1 << 32):08x}"
    return [
        "$null = New-Item -Path 'HKLM:\\SOFTWARE\\onshi'",
        f"$null = New-ItemProperty -LiteralPath 'HKLM:\\SOFTWARE\\onshi' -Name '{name}' -Value ''",
        f"$null = New-Item -ItemType Directory -Path 'C:\\ProgramData\\{name}'",
    ]


def terminal(folder: Path, seed: str) -> Start:
    """A terminal that somebody worked on, and what the site wants of it."""
    chance = random.Random(f"terminal/{seed}")
    machine = Machine(folder, "terminal")
    pc = machine.pc
    _card(machine)
    length = chance.choice([24, 24, 24, 16])
    pc_lines = [
        f"$null = New-NetIPAddress -InterfaceIndex {CARD} -IPAddress 10.51.1.11 "
        f"-PrefixLength {length}"
    ]
    if chance.random() < 0.3:
        pc_lines.append(
            f"$null = New-NetIPAddress -InterfaceIndex {SECOND} -IPAddress 192.168.77.5 "
            "-PrefixLength 24"
        )
    pc_lines += _routes(
        chance, ("192.168.1.0/24", "192.168.1.0/25", "0.0.0.0/0"), ("10.51.1.1", "10.51.1.9")
    )
    pc_lines += _leftovers(chance, machine)
    machine.ps("\n".join(pc_lines))
    pc.route_stores_coupled = chance.random() < 0.5
    _names(chance, machine)
    _account(chance, machine)
    _folders(chance, machine)
    _shares(chance, machine)
    _rules(chance, machine)
    _services(chance, machine)
    _clock(chance, machine)
    return Start(machine, _wanted(chance))


def _wanted(chance: random.Random) -> TerminalIntent:
    intent = intents()[0]
    if chance.random() < 0.5:
        intent = replace(
            intent,
            resolvers=(*intent.resolvers, IPv6Address("2001:db8:51::1")),
            metric_ipv4=10,
            metric_ipv6=20,
        )
    if chance.random() < 0.3:
        deep = intent.shares[0].model_copy(update={"path": "C:\\医院\\共有\\OQS"})
        intent = replace(intent, shares=(deep, *intent.shares[1:]))
    return intent


def _names(chance: random.Random, machine: Machine) -> None:
    network = machine.pc.network
    four = chance.choice([[], [], ["10.51.1.1"], ["8.8.8.8"], ["8.8.8.8", "8.8.4.4"]])
    six = chance.choice([[], [], ["2001:db8::53"], ["fec0:0:0:ffff::1"], ["2001:db8:51::1"]])
    for servers in (one for one in (four, six) if one):
        listed = ", ".join(f"'{one}'" for one in servers)
        machine.ps(f"Set-DnsClientServerAddress -InterfaceIndex {CARD} -ServerAddresses {listed}")
    for family, metric in (
        (IPV4, chance.choice([None, None, 10, 35])),
        (IPV6, chance.choice([None, 7])),
    ):
        network.set_metric(CARD, family, metric)
    if chance.random() < 0.2:
        network.leases[CARD] = Lease(
            "10.51.1.77", 24, dns=(chance.choice(["10.51.1.1", "192.0.2.53"]),), server="10.51.1.1"
        )
    network.set_category(CARD, chance.choice([0, 1]))


def _account(chance: random.Random, machine: Machine) -> None:
    kind = chance.choice(["none", "none", "right", "right", "other", "other"])
    if kind == "none":
        return
    accounts = machine.pc.accounts
    accounts.create(
        "onslink",
        LINK if kind == "right" else "Old-Password-7",
        groups=chance.choice([(), ("Users",), ("Users", "Backup Operators")]),
        enabled=chance.random() < 0.7,
        password_never_expires=chance.random() < 0.6,
        may_change_password=chance.random() < 0.5,
        full_name=chance.choice(["", "連携用"]),
        expires=chance.choice([None, None, float(int(accounts.now()) + 86400 * 90)]),
        failed_logons=LOCKOUT_THRESHOLD if chance.random() < 0.1 else 0,
    )


def _folders(chance: random.Random, machine: Machine) -> None:
    disk = machine.pc.disk
    admin = machine.pc.sids(machine.logon())
    link = machine.pc.accounts.find("onslink")
    for path in ("C:\\OQS", "C:\\OQS\\Req", "C:\\OQS\\Res", "C:\\OQS\\Face", "C:\\医院"):
        if chance.random() < 0.5 or (path.count("\\") == 2 and not disk.exists("C:\\OQS")):
            continue
        disk.make_dir(path, admin)
        if chance.random() < 0.3:
            disk.write(f"{path}\\残す.txt", b"x", admin)
        rights = chance.choice([None, None, READ_AND_EXECUTE, 0x1301BF, 0x100000, 0x1F01FF])
        if link is not None and rights is not None:
            acl = disk.acl(path)
            own = Ace(link.sid, rights, inheritance=chance.choice([3, 3, 0]))
            disk.set_acl(path, replace(acl, aces=(own, *acl.aces)))
        elif chance.random() < 0.2:
            acl = disk.acl(path)
            disk.set_acl(path, replace(acl, aces=(Ace(EVERYONE, 0x1F01FF), *acl.aces)))


def _shares(chance: random.Random, machine: Machine) -> None:
    disk, link = machine.pc.disk, machine.pc.accounts.find("onslink")
    admin = machine.pc.sids(machine.logon())
    lists = ["D:(A;;0x1200a9;;;WD)", "D:(A;;0x120089;;;WD)", "D:(A;;FA;;;BA)(D;;FA;;;BU)", "D:"]
    lists += [f"D:(A;;0x1301bf;;;{link.sid})"] * 2 if link is not None else []
    lists += [f"D:(D;;FA;;;{link.sid})(A;;0x1301bf;;;WD)"] if link is not None else []
    for name, usual in (("OQS", "C:\\OQS"), ("REQ", "C:\\OQS\\Req"), ("FACE", "C:\\OQS\\Face")):
        if chance.random() < 0.4:
            continue
        elsewhere = chance.random() < 0.3 or not disk.exists(usual)
        path = f"C:\\Old{name}" if elsewhere else usual
        if elsewhere:
            disk.make_dir(path, admin)
        aces: tuple[ShareAce, ...] = aces_of(chance.choice(lists))
        share = StoredShare(name, path, aces=aces)
        if chance.random() < 0.5:
            share = replace(
                share,
                description="受付 用",
                caching=chance.choice(["None", "Documents"]),
                enumeration="AccessBased",
                encrypted=chance.random() < 0.5,
                limit=5,
            )
        machine.pc.shares.put(share)


def _rules(chance: random.Random, machine: Machine) -> None:
    firewall = machine.pc.firewall
    for rule in firewall.rules():
        if rule.group == "@FirewallAPI.dll,-28502" and chance.random() < 0.4:
            firewall.put(replace(rule, enabled=True))
    kind = chance.choice(["none", "none", "right", "off", "wide", "ports", "blocks", "private"])
    if kind == "none":
        return
    sources = "'192.168.1.0/24'" if kind != "wide" else "Any"
    ports = "445" if kind != "ports" else "445, 139"
    machine.ps(
        "$null = New-NetFirewallRule -Name onshi-smb-in -DisplayName onshi-smb-in "
        f"-Direction Inbound -Action {'Block' if kind == 'blocks' else 'Allow'} -Protocol TCP "
        f"-LocalPort {ports} -RemoteAddress {sources} "
        f"-Profile {'Private' if kind == 'private' else 'Any'} "
        f"-Enabled {'False' if kind == 'off' else 'True'}"
    )


def _services(chance: random.Random, machine: Machine) -> None:
    services = machine.pc.services
    for name, likely in (("LanmanServer", 0.7), ("W32Time", 0.2)):
        if chance.random() < likely:
            continue
        start = chance.choice(["Automatic", "Manual", "Disabled"])
        services.set_start_type(name, start)
        services.set_running(name, chance.random() < 0.5)


def _clock(chance: random.Random, machine: Machine) -> None:
    registry = machine.pc.registry
    triggers.put(registry, "W32Time", chance.choice(TRIGGERS))
    key = rf"{W32TIME}\Parameters"
    server = chance.choice([None, "", "time.windows.com,0x9", "192.0.2.1,0x8 192.0.2.2"])
    kind = chance.choice(["NTP", "NT5DS", "NoSync", "AllSync"])
    if chance.random() < 0.5:
        registry.set(key, "Type", kind)
        if server is None:
            registry.delete_value(key, "NtpServer")
        else:
            registry.set(key, "NtpServer", server)


def receipt(folder: Path, seed: str) -> Start:
    """A receipt PC that somebody worked on, and what the site wants of it."""
    chance = random.Random(f"receipt/{seed}")
    machine = Machine(folder, "receipt")
    pc = machine.pc
    _card(machine)
    lines = [
        f"$null = New-NetIPAddress -InterfaceIndex {CARD} -IPAddress 192.168.1.21 -PrefixLength 24",
        f"$null = New-NetIPAddress -InterfaceIndex {SECOND} -IPAddress 192.168.1.22 "
        "-PrefixLength 24",
    ]
    pc.route_stores_coupled = chance.random() < 0.5
    lines += _routes(
        chance,
        ("10.51.1.0/24", "10.51.1.0/25", "10.51.1.11/32", "10.52.0.0/16"),
        ("192.168.1.254", "192.168.1.253", "192.168.1.9"),
    )
    lines += _leftovers(chance, machine)
    machine.ps("\n".join(lines))
    pc.accounts.update(
        USER,
        password=USER_PASSWORD,
        groups=chance.choice([("Users",), ("Users", "Performance Log Users"), ("Administrators",)]),
    )
    intent = intents()[1]
    assert isinstance(intent, ReceiptIntent)
    _entry(chance, machine, intent)
    reaches(machine, intent.credentials[0].user, LINK)
    return Start(machine, intent)


def _entry(chance: random.Random, machine: Machine, intent: ReceiptIntent) -> None:
    """What stands in the user's store for the terminal."""
    account = machine.pc.accounts.find(USER)
    assert account is not None
    logon = Logon(USER, account.sid, LogonType.INTERACTIVE, elevated=False)
    wanted = intent.credentials[0]
    user, password = chance.choice(
        [(wanted.user, LINK), (wanted.user, "Old-7"), ("OLD\\someone", LINK), None, None, None]
    ) or ("", "")
    if user:
        persist = chance.choice([ENTERPRISE, LOCAL_MACHINE, LOCAL_MACHINE])
        blob = password.encode("utf-16-le")
        machine.pc.vault.write(
            logon, Credential(wanted.target, DOMAIN_PASSWORD, user, blob, persist)
        )
    if chance.random() < 0.3:
        other = Credential("10.52.0.9", DOMAIN_PASSWORD, "NAS\\x", "y".encode("utf-16-le"))
        machine.pc.vault.write(logon, other)


KINDS = {"terminal": terminal, "receipt": receipt}
