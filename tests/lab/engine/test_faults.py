"""Every fault of the catalogue is a real change: it can be seen, and it goes away again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import observe
import pytest
from cryptography import x509
from observe import Lab

from onshi_lab import engine, events, state
from onshi_lab.addresses import INTERNET_IPV6
from onshi_lab.errors import UsageError
from onshi_lab.faults import CATALOGUE, Segment
from onshi_lab.kernel import namespaces, network
from onshi_lab.windows.ask import ask

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root for network namespaces: run the tests with sudo"
)


@pytest.fixture(scope="module")
def clinic() -> Iterator[Lab]:
    yield from observe.lab_of("demo-clinic")


@pytest.fixture(scope="module")
def pharmacy() -> Iterator[Lab]:
    yield from observe.lab_of("demo-pharmacy")


@pytest.fixture(scope="module")
def dental() -> Iterator[Lab]:
    yield from observe.lab_of("demo-dental")


@dataclass(frozen=True)
class Case:
    """A fault at a site, and what is seen of it: the first answer when well, the second with it."""

    fault: str
    site: str
    look: Callable[[Lab], object]
    well: object
    broken: object

    @property
    def name(self) -> str:
        return f"{self.fault}-{self.site}"


def cable(node: str, interface: str) -> Callable[[Lab], object]:
    return lambda lab: lab.links(node)[interface]


def prefixes(node: str = "laptop", interface: str = "line0") -> Callable[[Lab], object]:
    def look(lab: Lab) -> object:
        seen = observe.advertisements(lab, node, interface, first=True).values()
        return {prefix for each in seen for prefix in each.prefixes}

    return look


def sources(lab: Lab) -> object:
    return len(observe.advertisements(lab))


def big_packets(lab: Lab) -> object:
    """Whether a small packet is answered, a big one arrives at the NGN, and is answered."""
    small = observe.ping(lab) == 1
    before = received(lab)
    answered = observe.ping(lab, 1452) == 1
    return small, received(lab) - before > 1400, answered


def received(lab: Lab) -> int:
    with network.netlink(lab.namespace("ngn")) as kernel:
        (link,) = kernel.get_links(network.index_of(kernel, "line"))
        return int(link.get_attr("IFLA_STATS64")["rx_bytes"])


def answers(name: str, server: str) -> Callable[[Lab], object]:
    return lambda lab: observe.query(lab, name, server) is not None


def line_auth(lab: Lab) -> object:
    return "成功" in observe.https(lab, "www.lineauth.mnw")[1]


def delegation(lab: Lab) -> object:
    """Whether the NGN offers a prefix to a client on the router's WAN, and which."""
    return pd_offer(lab)


def pd_offer(lab: Lab) -> str:
    """The prefix advertised for a DHCPv6 solicit (RFC 8415 16.3); a solicit takes no lease."""
    import socket
    import struct

    source = observe.link_local(lab, "router", "lan2")
    with namespaces.inside(lab.namespace("router")):
        client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        index = socket.if_nametoindex("lan2")
    with client:
        client.settimeout(1)
        client.bind((source, 546, 0, index))
        identity = struct.pack("!HH", 1, 10) + bytes.fromhex("00030001020000000077")
        delegation = struct.pack("!HHIII", 25, 12, 1, 0, 0)
        elapsed = struct.pack("!HHH", 8, 2, 0)
        solicit = b"\x01abc" + identity + elapsed + delegation
        client.sendto(solicit, ("ff02::1:2", 547, 0, index))
        try:
            answer = client.recv(1500)
        except TimeoutError:
            return ""
    at = answer.find(struct.pack("!HH", 26, 25))
    if at < 0:
        return ""
    length, address = answer[at + 12], answer[at + 13 : at + 29]
    return f"{socket.inet_ntop(socket.AF_INET6, address)}/{length}"


def denwa(lab: Lab) -> object:
    """Which prefixes are advertised on the line, and which is delegated."""
    return prefixes()(lab), pd_offer(lab)


def internet(lab: Lab) -> object:
    return observe.tcp_opens(lab, "laptop", INTERNET_IPV6, 80)


def gateway_alive(lab: Lab) -> object:
    """The home gateway's link and whether it advertises."""
    return lab.links("router")["lan2"], bool(observe.advertisements(lab, first=True))


def branch_port(lab: Lab) -> object:
    """The link of the router's WAN port and whether an advertisement comes through it."""
    return lab.links("router")["lan2"], bool(
        observe.advertisements(lab, "router", "lan2", first=True)
    )


def claims(node: str, interface: str, address: str) -> Callable[[Lab], object]:
    return lambda lab: len(observe.arp_answers(lab, node, interface, address))


def loses(lab: Lab) -> object:
    return observe.ping(lab, count=60) < 60


def installed(lab: Lab) -> str:
    """How long terminal-1's client certificate is good for, as a word."""
    world = state.world(lab.name, state.load_ready(lab.name))
    pc = world.service_directory("terminal-1", "windows") / "state"
    found = list((pc / "certificates" / "LocalMachine-My").glob("*.pem"))
    if not found:
        return "none"
    until = x509.load_pem_x509_certificate(found[0].read_bytes()).not_valid_after_utc
    return "years" if until - datetime.now(UTC) > timedelta(days=1000) else "days"


def told(field: str, default: object) -> Callable[[Lab], object]:
    """A value of the registry of terminal-1, of any key."""

    def look(lab: Lab) -> object:
        world = state.world(lab.name, state.load_ready(lab.name))
        file = world.service_directory("terminal-1", "windows") / "state" / "registry.json"
        keys = json.loads(file.read_text(encoding="utf-8")).values()
        return next((one[field] for one in keys if field in one), default)

    return look


def pc_says(node: str, script: str) -> Callable[[Lab], object]:
    """What an administrator at a PC is told by PowerShell."""

    def look(lab: Lab) -> object:
        world = state.world(lab.name, state.load_ready(lab.name))
        pc = next(one for one in world.site.pcs if one.node == node)
        admin = next(user.name for user in pc.users if user.admin)
        request = {"do": "console", "user": admin, "script": script}
        answer = ask(world.service_directory(node, "windows") / "state", request)
        return str(answer.get("output", answer)).strip()

    return look


def adapters(lab: Lab) -> bool:
    """Whether terminal-1 has a Wi-Fi adapter."""
    return "wlan0" in lab.run("terminal-1", "ip", "-o", "link").stdout


def speaks_ipv6(lab: Lab) -> bool:
    """Whether terminal-1 has an IPv6 address."""
    return "inet6" in lab.run("terminal-1", "ip", "-o", "-6", "addr", "show", "eth0").stdout


def skew(node: str) -> Callable[[Lab], object]:
    def look(lab: Lab) -> object:
        world = state.world(lab.name, state.load_ready(lab.name))
        told = ask(world.service_directory(node, "windows") / "state", {"do": "status"})
        return told["clock_skew"]

    return look


def value(path: str, name: str) -> str:
    return f"[string](Get-ItemProperty -LiteralPath '{path}' -ErrorAction SilentlyContinue).{name}"


def service(name: str) -> str:
    return f"[string](Get-Service -Name '{name}').Status"


LSA = "HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
IN_TERMINAL_NETWORK = (
    "@(Get-NetIPAddress -AddressFamily 'IPv4' |"
    " Where-Object { $_.IPAddress -like '10.51.1.*' }).Count"
)
NGN, CENTER = "2001:a7ff:5f01::a", "2001:a7ff:f014:d00::53:1"
PD = "2001:db8:52:100::/56"
CLINIC, DENTAL = {"2001:db8:51:100::/64"}, {"2001:db8:53:100::/64"}
ROGUE = {"2001:db8:bad::/64"}

CASES = (
    Case("line-down", "clinic", cable("ngn", "line"), "up", "no cable"),
    Case("line-loss", "clinic", loses, False, True),
    Case("mtu-black-hole", "clinic", big_packets, (True, True, True), (True, False, False)),
    Case("mtu-black-hole-up", "clinic", big_packets, (True, True, True), (True, False, False)),
    Case("mtu-black-hole-down", "clinic", big_packets, (True, True, True), (True, True, False)),
    Case("ra-withdrawn", "clinic", prefixes(), CLINIC, set()),
    Case("hgw-silent", "dental", prefixes(), DENTAL, set()),
    Case("pd-withdrawn", "pharmacy", delegation, "2001:db8:52:100::/56", ""),
    Case("hikari-denwa-added", "clinic", denwa, (CLINIC, ""), (set(), "2001:db8:51:100::/56")),
    Case("hgw-in-front", "pharmacy", denwa, (set(), PD), ({"2001:db8:52:100::/64"}, "")),
    Case("second-ra", "clinic", sources, 1, 2),
    Case("second-ra", "pharmacy", sources, 1, 2),
    Case("second-ra", "dental", sources, 1, 2),
    Case("prefix-changed", "clinic", prefixes(), CLINIC, {"2001:db8:51:900::/64"}),
    Case("prefix-changed", "pharmacy", delegation, "2001:db8:52:100::/56", "2001:db8:52:900::/56"),
    Case("prefix-changed", "dental", prefixes(), DENTAL, {"2001:db8:53:900::/64"}),
    Case("ngn-resolver-down", "clinic", answers("assv.asc.flets-west.jp", NGN), True, False),
    Case("branch-port-dead", "dental", branch_port, ("up", True), ("up", False)),
    Case("hgw-hung", "dental", gateway_alive, ("up", True), ("up", False)),
    Case("wan-cable-out", "clinic", cable("router", "lan2"), "up", "no cable"),
    Case("wan-cable-out", "dental", cable("router", "lan2"), "up", "no cable"),
    Case("center-resolver-down", "clinic", answers("www.lineauth.mnw", CENTER), True, False),
    Case("lineauth-unregistered", "clinic", line_auth, True, False),
    Case(
        "center-https-down",
        "clinic",
        lambda lab: observe.https(lab, "rece.online.rece")[0],
        200,
        0,
    ),
    Case(
        "client-cert-refused",
        "clinic",
        lambda lab: observe.https(lab, "hweb.oqs.onshikaku.org", client=True)[0],
        200,
        400,
    ),
    Case(
        "proxy-down",
        "clinic",
        lambda lab: observe.proxy_status(lab, "pweb.base.oqs-pdl.org:443")[:12],
        "HTTP/1.1 200",
        "",
    ),
    Case("ntp-down", "clinic", lambda lab: observe.ntp_stratum(lab) > 0, True, False),
    Case("internet-leak", "clinic", internet, False, True),
    Case("terminal-cable-out", "clinic", cable("terminal-1", "eth0"), "up", "no cable"),
    Case("terminal-cable-out", "pharmacy", cable("terminal-1", "eth0"), "up", "no cable"),
    Case("certificate-missing", "clinic", installed, "years", "none"),
    Case("certificate-soon", "clinic", installed, "years", "days"),
    Case("terminal-proxy", "clinic", told("ProxyServer", ""), "", "192.0.2.9:3128"),
    Case("terminal-wifi", "clinic", adapters, False, True),
    Case("terminal-ipv6-off", "clinic", speaks_ipv6, True, False),
    Case("terminal-clock-wrong", "clinic", skew("terminal-1"), 0.0, 7200.0),
    Case("receipt-clock-wrong", "clinic", skew("receipt-1"), 0.0, 7200.0),
    Case(
        "server-service-stopped",
        "clinic",
        pc_says("terminal-1", service("LanmanServer")),
        "Running",
        "Stopped",
    ),
    Case(
        "workstation-service-stopped",
        "clinic",
        pc_says("receipt-1", service("LanmanWorkstation")),
        "Running",
        "Stopped",
    ),
    Case(
        "ntlm-in-denied",
        "clinic",
        pc_says("terminal-1", value(f"{LSA}\\MSV1_0", "RestrictReceivingNTLMTraffic")),
        "",
        "2",
    ),
    Case(
        "ntlm-out-denied",
        "clinic",
        pc_says("receipt-1", value(f"{LSA}\\MSV1_0", "RestrictSendingNTLMTraffic")),
        "",
        "2",
    ),
    Case(
        "credentials-off",
        "clinic",
        pc_says("receipt-1", value(LSA, "DisableDomainCreds")),
        "",
        "1",
    ),
    Case("receipt-on-link", "clinic", pc_says("receipt-1", IN_TERMINAL_NETWORK), "0", "1"),
    Case("receipt-cable-out", "clinic", cable("receipt-1", "eth0"), "up", "no cable"),
    Case("clinic-cable-out", "clinic", cable("router", "lan1p3"), "up", "no cable"),
    Case("rogue-ra-lan", "clinic", prefixes("laptop", "terminal0"), set(), ROGUE),
    Case("rogue-ra-lan", "pharmacy", prefixes("laptop", "terminal0"), set(), ROGUE),
    Case(
        "rogue-dhcp-lan",
        "pharmacy",
        lambda lab: observe.dhcp_offers(lab, "laptop", "terminal0"),
        set(),
        {"10.51.1.99"},
    ),
    Case("duplicate-address", "pharmacy", claims("laptop", "terminal0", "10.51.1.11"), 1, 2),
    Case(
        "duplicate-router-address",
        "clinic",
        claims("laptop", "clinic0", "192.168.1.254"),
        0,
        1,
    ),
)


def test_every_fault_has_a_case() -> None:
    """Those of an installed site are seen by what `verify` says (tests/lab/test_diagnosis.py)."""
    assert {case.fault for case in CASES} == {one.name for one in CATALOGUE if not one.installed}


def test_the_catalogue_is_rich_and_has_every_segment() -> None:
    assert len(CATALOGUE) >= 45
    assert {fault.segment for fault in CATALOGUE} == set(Segment)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_seen_and_goes_away(case: Case, request: pytest.FixtureRequest) -> None:
    lab: Lab = request.getfixturevalue(case.site)

    def seen_as(expected: object) -> object:
        return observe.eventually(lambda: case.look(lab), lambda seen: seen == expected)

    assert seen_as(case.well) == case.well
    try:
        engine.set_fault(lab.name, case.fault)
        assert seen_as(case.broken) == case.broken
    finally:
        cleared = engine.clear_faults(lab.name, case.fault)
    assert cleared == (case.fault,)
    assert seen_as(case.well) == case.well


def test_a_terminal_that_is_exchanged_under_a_fault_has_the_fault(clinic: Lab) -> None:
    engine.set_fault(clinic.name, "certificate-missing")
    events.exchange(clinic.name, "terminal-1")
    assert installed(clinic) == "none"
    engine.clear_faults(clinic.name, "certificate-missing")
    assert installed(clinic) == "years"


def test_setting_and_clearing_twice_is_the_same_as_once(clinic: Lab) -> None:
    engine.set_fault(clinic.name, "line-down")
    engine.set_fault(clinic.name, "line-down")
    assert state.load_ready(clinic.name).faults == ("line-down",)
    assert engine.clear_faults(clinic.name, "line-down") == ("line-down",)
    assert engine.clear_faults(clinic.name, "line-down") == ()
    assert clinic.links("ngn")["line"] == "up"


def test_a_cable_that_was_pulled_by_hand_is_put_back_by_clear(clinic: Lab) -> None:
    clinic.run("onu", "ip", "link", "set", "line", "down")
    assert clinic.links("ngn")["line"] == "no cable"
    engine.clear_faults(clinic.name, "line-down")
    assert clinic.links("ngn")["line"] == "up"


def test_clear_without_a_name_clears_all(clinic: Lab) -> None:
    for name in ("ntp-down", "proxy-down", "mtu-black-hole-up", "mtu-black-hole-down"):
        engine.set_fault(clinic.name, name)
    assert observe.eventually(lambda: big_packets(clinic), any) == (True, False, False)
    assert len(engine.clear_faults(clinic.name)) == 4
    assert observe.eventually(lambda: big_packets(clinic), all) == (True, True, True)
    assert observe.comes(lambda: observe.ntp_stratum(clinic)) > 0


def test_what_two_faults_share_stays_until_the_second_is_cleared(clinic: Lab) -> None:
    engine.set_fault(clinic.name, "mtu-black-hole")
    engine.set_fault(clinic.name, "mtu-black-hole-up")
    engine.clear_faults(clinic.name, "mtu-black-hole")
    assert observe.eventually(lambda: big_packets(clinic), any) == (True, False, False)
    engine.clear_faults(clinic.name, "mtu-black-hole-up")
    assert observe.eventually(lambda: big_packets(clinic), all) == (True, True, True)


def test_a_fault_that_does_not_apply_says_what_it_needs(clinic: Lab) -> None:
    with pytest.raises(UsageError, match="'hgw-hung' needs a site with a home gateway"):
        engine.set_fault(clinic.name, "hgw-hung")


def test_faults_leave_the_ruleset_as_it_was(clinic: Lab) -> None:
    before = clinic.run("ngn", "nft", "list", "ruleset").stdout
    assert before
    engine.set_fault(clinic.name, "internet-leak")
    assert clinic.run("ngn", "nft", "list", "ruleset").stdout != before
    engine.clear_faults(clinic.name)
    assert clinic.run("ngn", "nft", "list", "ruleset").stdout == before


def test_the_registered_line_stays_the_old_one_when_the_prefix_changes(clinic: Lab) -> None:
    engine.set_fault(clinic.name, "prefix-changed")
    changed = observe.demo("demo-clinic").line.changed_prefix.network_address
    clinic.run("laptop", "ip", "-6", "address", "add", f"{changed}77/64", "dev", "line0")
    words = ("curl", "-sk", "--max-time", "3", "--interface", f"{changed}77")
    said = observe.comes(
        lambda: clinic.run("laptop", *words, "https://[2001:a7ff:f014:e00::10]/").stdout
    )
    clinic.run("laptop", "ip", "-6", "address", "delete", f"{changed}77/64", "dev", "line0")
    engine.clear_faults(clinic.name)
    assert "回線認証に失敗しました。" in said
