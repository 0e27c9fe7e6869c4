"""One set of values for each script; `apply` with every kind of difference in each direction."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from onshi_net.pcs import preconditions
from onshi_net.pcs import resources as r
from onshi_net.pcs.powershell import script
from onshi_net.provision.windows.prepare import CLOSING

NETWORK, NETWORK6 = IPv4Network("10.51.1.0/24"), IPv6Network("2001:db8:51::/64")
NAME = "10.51.1.0,255.255.255.0,192.168.1.9,1"
ROUTE = r.Route(NETWORK, IPv4Address("192.168.1.254"), 7, 1, (r.ACTIVE, r.PERSISTENT))
ROUTE6 = r.Route(NETWORK6, IPv6Address("fe80::1"), 7, 1, (r.ACTIVE,))
GONE = r.Route(NETWORK, IPv4Address("192.168.1.9"), 7, 1, (r.PERSISTENT,))
TWO = r.Route(NETWORK, IPv4Address("192.168.1.9"), 7, 1, (r.ACTIVE, r.PERSISTENT), later=20)
SHARE = r.Share("REQ", "C:\\OQS\\Req", (r.Grant("onslink", "Change"),))
OPEN = r.Share("REQ", "C:\\受付\\Req", (r.Grant("Everyone", "Read"),))
RULE = r.FirewallRule("onshi-smb-in", True, ("192.168.1.0/24",), ("445",))
OFF = r.FirewallRule("onshi-smb-in", False, ("192.168.1.0/24",), ("445",))
WIDE = r.FirewallRule("onshi-smb-in", True, ("Any",), ("445",))
LETS = replace(RULE, direction="Inbound", action="Allow", protocol="TCP", profiles=("Any",))
BLOCKS = replace(LETS, action="Block", profiles=("Domain", "Private"))
LISTED = r.GrantedFolder("C:\\OQS", False, "O:BAG:BAD:(A;OICI;FA;;;BA)")
WAS = r.User("onslink", False, False, False, "2027-01-01T00:00:00", password_set="1")
DOMAIN = ("start/domainjoin", r.STOPS)

DIFFERENCES: tuple[tuple[r.Resource | None, r.Resource | None], ...] = (
    (r.Ways(NETWORK), r.Ways(NETWORK, (ROUTE,))),
    (r.Ways(NETWORK, (GONE,), (NAME,)), r.Ways(NETWORK)),
    (r.Ways(NETWORK), r.Ways(NETWORK, (GONE,), (NAME,))),
    (r.Ways(NETWORK, (GONE, ROUTE), (NAME,)), r.Ways(NETWORK, (ROUTE,))),
    (r.Ways(NETWORK6, (ROUTE6,)), r.Ways(NETWORK6)),
    (r.Ways(NETWORK6), r.Ways(NETWORK6, (ROUTE6,))),
    (r.Ways(NETWORK), r.Ways(NETWORK, (TWO,))),
    (
        r.InterfaceAddress(7, IPv4Address("10.51.1.11"), 16),
        r.InterfaceAddress(7, IPv4Address("10.51.1.11"), 24),
    ),
    (r.InterfaceMetric(7, "IPv4", None), r.InterfaceMetric(7, "IPv4", 10)),
    (r.InterfaceMetric(7, "IPv6", 10), r.InterfaceMetric(7, "IPv6", None)),
    (None, r.Resolvers(7, "IPv4", (IPv4Address("10.51.1.1"),))),
    (
        r.Resolvers(7, "IPv4", (IPv4Address("8.8.8.8"),)),
        r.Resolvers(7, "IPv4", (IPv4Address("10.51.1.1"),), fixed=False),
    ),
    (
        r.Resolvers(7, "IPv6", (IPv6Address("2001:db8::53"),)),
        r.Resolvers(7, "IPv6", (), fixed=False),
    ),
    (None, r.User("onslink", True)),
    (r.User("onslink", False), r.User("onslink", True)),
    (r.User("onslink", True), None),
    (r.User("onslink", True), WAS),
    (r.User("onslink", True), replace(WAS, enabled=True, expires="")),
    (r.GrantedFolder("C:\\OQS", True), LISTED),
    (None, r.GrantedFolder("C:\\医院", granted=False)),
    (BLOCKS, LETS),
    (LETS, BLOCKS),
    (None, r.GrantedFolder("C:\\OQS", True)),
    (r.GrantedFolder("C:\\OQS", False), r.GrantedFolder("C:\\OQS", True)),
    (r.GrantedFolder("C:\\OQS", True), r.GrantedFolder("C:\\OQS", False)),
    (r.GrantedFolder("C:\\OQS", True), None),
    (None, SHARE),
    (OPEN, SHARE),
    (SHARE, None),
    (SHARE, r.Share("REQ", "C:\\OQS\\Req", (), "O:SYG:SYD:(A;;0x1200a9;;;WD)(D;;FA;;;BU)")),
    (
        SHARE,
        r.Share(
            "REQ", "C:\\x", (), "D:(A;;FA;;;WD)", r.Settings("o'x", "None", "AccessBased", True, 3)
        ),
    ),
    (None, RULE),
    (OFF, RULE),
    (WIDE, RULE),
    (RULE, None),
    (r.ServiceState("W32Time", "Manual", False), r.ServiceState("W32Time", "Automatic", True)),
    (r.ServiceState("W32Time", "Automatic", True), r.ServiceState("W32Time", "Manual", False)),
    (r.TimeSource("time.windows.com,0x9", "NTP"), r.TimeSource("ntp.base.oqs-pdl.org,0x8", "NTP")),
    (r.TimeSource("time.windows.com,0x9", "NTP", DOMAIN), r.TimeSource("x,0x8", "NTP")),
    (r.TimeSource("x,0x8", "NTP"), r.TimeSource(None, None, DOMAIN)),
    (r.SharingRules(("FPS-SMB-In-TCP", "x")), r.SharingRules(("FPS-SMB-In-TCP", "o'y"))),
    (r.Leftover("onshi-1234"), None),
)

VAULT: dict[str, Any] = {
    "write": [{"target": "10.51.1.11", "user": "10.51.1.11\\onslink"}],
    "remove": ["10.51.1.12"],
    "targets": ["10.51.1.11"],
    "proofs": [{"share": "\\\\10.51.1.11\\REQ", "target": "10.51.1.11"}],
    "no_entry": 0x80070490,
    "not_found": 1168,
    "file": "onshi-proof-receipt-1.2.txt",
    "left": "onshi-proof-receipt-1.*",
}

TASK: dict[str, Any] = {
    "accounts": ["受付 太郎@clinic.example", "MicrosoftAccount\\受付 太郎@clinic.example"],
    "name": "onshi-1",
    "body": script("vault", **VAULT),
    "secrets": 1,
    "grant": False,
    "wait_s": 60,
    "not_granted": 1,
}

QUESTIONS: list[dict[str, Any]] = [
    {
        "id": kind,
        "name": name,
        "kind": kind,
        "port": port,
        "tls": tls,
        "send": "R0VUIC8=",
        "name_ms": 300,
        "step_ms": 300,
    }
    for kind, name, port, tls in (
        ("name", "nobody.invalid", 0, False),
        ("port", "127.0.0.1", 1, False),
        ("page", "127.0.0.1", 1, True),
        ("datagram", "127.0.0.1", 1, False),
    )
]

ARMED: dict[str, Any] = {"command": "QQA=", "hours": 8}

CONDITIONS: dict[str, Any] = {
    "policies": preconditions.asked(),
    "pending": list(preconditions.PENDING),
}
EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    (
        "carry_out",
        {
            "user": "onslink",
            "changes": [
                {"kind": r.Difference(b, a).kind, "before": b, "after": a} for b, a in DIFFERENCES
            ],
            "tasks": [TASK, {**TASK, "name": "onshi-2", "secrets": 0}],
        },
    ),
    ("look_receipt", {"questions": QUESTIONS, "limit": 8192}),
    (
        "look_terminal",
        {
            "questions": QUESTIONS,
            "limit": 8192,
            "certificate_store": "Cert:\\LocalMachine\\My",
            "issuer": "MPKI",
            "devices": ["Caora*"],
        },
    ),
    ("noted", {}),
    ("prepare", {"sources": ["LocalSubnet", "10.51.1.200"], "closing": CLOSING, **ARMED}),
    ("put_back", {"after_s": 3}),
    ("renew", ARMED),
    ("restore", ARMED),
    ("restored", {}),
    (
        "stick",
        {
            "work": "prepare",
            "words": {"good": "QQ==", "failed": "QQ=="},
            "sources": ["LocalSubnet"],
            "closing": CLOSING,
            **ARMED,
        },
    ),
    ("read_receipt", CONDITIONS),
    (
        "read_terminal",
        {
            **CONDITIONS,
            "user": "onslink",
            "refused": "",
            "folders": ["C:\\OQS"],
            "shares": ["OQS", "REQ"],
            "rules": ["onshi-smb-in"],
            "services": ["W32Time"],
            "try_password": True,
            "not_granted": 1385,
            "locked_out": 1909,
            "certificate_store": "Cert:\\LocalMachine\\My",
        },
    ),
    ("vault", VAULT),
]
