"""One set of values for each script; `apply` with every kind of difference in each direction."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from onshi_net.pcs import resources as r
from onshi_net.pcs.powershell import script

ROUTE = r.Route(
    IPv4Network("10.51.1.0/24"), IPv4Address("192.168.1.254"), 7, 1, (r.ACTIVE, r.PERSISTENT)
)
ROUTE6 = r.Route(IPv6Network("2001:db8:51::/64"), IPv6Address("fe80::1"), 7, 1, (r.ACTIVE,))
GONE = r.Route(IPv4Network("10.51.1.0/24"), IPv4Address("192.168.1.9"), 7, 1, (r.PERSISTENT,))
SHARE = r.Share("REQ", "C:\\OQS\\Req", (r.Grant("onslink", "Change"),))
OPEN = r.Share("REQ", "C:\\受付\\Req", (r.Grant("Everyone", "Read"),))
RULE = r.FirewallRule("onshi-smb-in", True, ("192.168.1.0/24",), ("445",))
OFF = r.FirewallRule("onshi-smb-in", False, ("192.168.1.0/24",), ("445",))
WIDE = r.FirewallRule("onshi-smb-in", True, ("Any",), ("445",))

DIFFERENCES: tuple[tuple[r.Resource | None, r.Resource | None], ...] = (
    (None, ROUTE),
    (GONE, None),
    (ROUTE6, None),
    (None, ROUTE6),
    (None, GONE),
    (GONE, ROUTE),
    (r.OldRoute("10.51.1.0,255.255.255.0,192.168.1.9,1"), None),
    (None, r.OldRoute("10.51.1.0,255.255.255.0,192.168.1.9,1")),
    (
        r.InterfaceAddress(7, IPv4Address("10.51.1.11"), 16),
        r.InterfaceAddress(7, IPv4Address("10.51.1.11"), 24),
    ),
    (r.InterfaceMetric(7, "IPv4", None), r.InterfaceMetric(7, "IPv4", 10)),
    (r.InterfaceMetric(7, "IPv6", 10), r.InterfaceMetric(7, "IPv6", None)),
    (None, r.Resolvers(7, "IPv4", (IPv4Address("10.51.1.1"),))),
    (r.Resolvers(7, "IPv4", (IPv4Address("8.8.8.8"),)), None),
    (None, r.User("onslink", True)),
    (r.User("onslink", False), r.User("onslink", True)),
    (r.User("onslink", True), None),
    (None, r.GrantedFolder("C:\\OQS", True)),
    (r.GrantedFolder("C:\\OQS", False), r.GrantedFolder("C:\\OQS", True)),
    (r.GrantedFolder("C:\\OQS", True), r.GrantedFolder("C:\\OQS", False)),
    (r.GrantedFolder("C:\\OQS", True), None),
    (None, SHARE),
    (OPEN, SHARE),
    (SHARE, None),
    (None, RULE),
    (OFF, RULE),
    (WIDE, RULE),
    (RULE, None),
    (r.ServiceState("W32Time", "Manual", False), r.ServiceState("W32Time", "Automatic", True)),
    (r.ServiceState("W32Time", "Automatic", True), r.ServiceState("W32Time", "Manual", False)),
    (r.TimeSource("time.windows.com,0x9", "NTP"), r.TimeSource("ntp.base.oqs-pdl.org,0x8", "NTP")),
    (r.TimeSource("time.windows.com,0x9", "NTP", domain_only=True), r.TimeSource("x,0x8", "NTP")),
    (r.TimeSource("x,0x8", "NTP"), r.TimeSource("time.windows.com,0x9", "NTP", domain_only=True)),
    (r.Leftover("onshi-1234"), None),
)

VAULT: dict[str, Any] = {
    "write": [{"target": "10.51.1.11", "user": "10.51.1.11\\onslink"}],
    "remove": ["10.51.1.12"],
    "targets": ["10.51.1.11"],
    "proofs": [{"share": "\\\\10.51.1.11\\REQ", "target": "10.51.1.11"}],
    "no_entry": 0x80070490,
    "file": "onshi-proof-receipt-1.2.txt",
    "left": "onshi-proof-receipt-1.*",
}

TASK: dict[str, Any] = {
    "user": "受付 太郎",
    "name": "onshi-1",
    "body": script("vault", **VAULT),
    "secrets": 1,
    "grant": False,
    "wait_s": 60,
    "not_granted": 1,
}

ARMED: dict[str, Any] = {"command": "QQA=", "hours": 8}

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
    ("noted", {}),
    ("prepare", {"sources": ["LocalSubnet", "10.51.1.200"], **ARMED}),
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
            **ARMED,
        },
    ),
    ("read_receipt", {}),
    (
        "read_terminal",
        {
            "user": "onslink",
            "folders": ["C:\\OQS"],
            "shares": ["OQS", "REQ"],
            "rules": ["onshi-smb-in"],
            "services": ["W32Time"],
            "locked_out": 1909,
            "certificate_store": "Cert:\\LocalMachine\\My",
        },
    ),
    ("vault", VAULT),
]
