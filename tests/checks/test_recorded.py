"""Every check, as data: evidence as measured, or with one fact changed, and the verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onshi_net.checks import Party, State, judge
from onshi_net.diagnose import diagnose
from tests.budget import examples
from tests.checks.added import CASES

FAULTS = {
    "demo-clinic-line-down": ({"line.advertised"}, ("line", Party.LINE)),
    "demo-clinic-line-loss": ({"line.quality"}, ("line", Party.LINE)),
    "demo-clinic-mtu-black-hole": ({"line.path-mtu"}, ("line", Party.LINE)),
    "demo-clinic-ngn-resolver-down": ({"line.ngn-resolvers"}, ("line", Party.LINE)),
    "demo-clinic-lineauth-unregistered": (
        {"ip-vpn.line-auth.line-auth"},
        ("ip-vpn", Party.INSTITUTION),
    ),
    "demo-clinic-client-cert-refused": (
        {"service.tls.eligibility", "service.tls.eligibility-test"},
        ("service", Party.INSTITUTION),
    ),
    "demo-clinic-internet-leak": ({"ip-vpn.internet-closed"}, ("ip-vpn", Party.LINE)),
    "demo-clinic-clinic-cable-out": ({"clinic-lan.router"}, ("clinic-lan", Party.TECHNICIAN)),
    "demo-pharmacy-duplicate-address": (
        {"lan.duplicate-address.terminal-1"},
        ("lan", Party.INSTITUTION),
    ),
    "demo-dental-line-down": ({"line.carries"}, ("line", Party.LINE)),
    "demo-dental-hgw-hung": ({"branch.advertised"}, ("branch", Party.TECHNICIAN)),
    "demo-dental-branch-port-dead": ({"branch.carries"}, ("branch", Party.TECHNICIAN)),
}


def states(results):
    return {one.id: one.state for one in results}


@pytest.mark.parametrize("site", ["demo-clinic", "demo-pharmacy", "demo-dental"])
def test_a_good_site_passes_everything_that_applies(recorded, site):
    found = states(judge(*recorded(f"{site}-good")))
    assert set(found.values()) == {State.PASSED, State.NOT_APPLICABLE}
    applies = {name for name, state in found.items() if state is State.NOT_APPLICABLE}
    expected = {
        "demo-clinic": {"branch.advertised", "branch.prefix", "branch.carries", "lan.switch"},
        "demo-pharmacy": {"branch.advertised", "branch.prefix"},
        "demo-dental": {"line.advertised", "lan.switch"},
    }
    assert applies == expected[site]


@pytest.mark.parametrize("name", FAULTS)
def test_a_recorded_fault_has_one_cause(recorded, name):
    expected, (segment, party) = FAULTS[name]
    results = judge(*recorded(name))
    failing = {one.id for one in results if one.state is State.FAILED}
    assert failing == expected
    assert not [one.id for one in results if one.state is State.ERROR]
    (cause,) = diagnose(results).causes
    assert (cause.segment, cause.party) == (segment, party)


def test_a_cut_line_skips_what_needs_it_and_names_it(recorded):
    found = {one.id: one for one in judge(*recorded("demo-clinic-line-down"))}
    for name, one in found.items():
        if name.startswith("ip-vpn."):
            assert one.state is State.SKIPPED, name
            assert one.cause == "line.advertised"
            assert "line.advertised" in one.detail
    for name in ("router.config", "lan.present.terminal-1", "policy.terminal-to-receipt"):
        assert found[name].state is State.PASSED, name


NO = {"outcome": "no-answer", "detail": "", "duration_s": 1.2, "found": None}
NO_ADVERTS = {**NO, "found": {"advertisements": [], "looped": 0}}
YES = {"outcome": "ok", "detail": "open", "duration_s": 0.1, "found": {"port": 1}}
TWO = ["02:00:00:00:00:01", "02:00:00:00:00:02"]
RESET = {"outcome": "refused", "detail": "reset", "duration_s": 0.1, "found": {"port": 1}}
BROKEN = {"outcome": "error", "detail": "no-route", "duration_s": 0.0, "found": None}
OWNED = {**YES, "detail": "", "found": {"address": "192.168.1.254", "macs": TWO[:1]}}
STRAY = {
    "name": "c0", "mac": TWO[1], "ethernet": True, "up": True, "mtu": 1500,
    "addresses": ["192.168.0.200/24"],
}  # fmt: skip
LEASE = {"server": "10.51.1.99", "mac": "02:00:00:00:00:99", "offered": "10.51.1.50"}
RA = {
    "source": "fe80::99", "mac": "02:00:00:00:00:99", "managed": False, "other": False,
    "lifetime_s": 1800, "prefixes": [],
}  # fmt: skip
FLOOD = [{**RA, "source": f"fe80::9:{n:x}"} for n in range(32)]
LINES = {"outcome": "ok", "detail": "", "duration_s": 0.1, "found": ["telnetd service on"]}
SERVICES = "laptop/services"
NGN = ("2001:a7ff:5f01::a", "2001:a7ff:5f01:1::a")
CENTER = ("2001:a7ff:f014:d00::53:1", "2001:a7ff:f014:d00::53:2")

# Changes of one good recording -> the state of the check, and the word of its sentence.
CHANGES = [
    ("router.identity", "error", "serial", {"router/serial": None}),
    ("router.identity", "failed", "other", {"router/serial": "S5X999999"}),
    ("router.wan-link", "failed", "down", {
        "router/wan/found/ports": [{"port": "", "up": False, "mode": "Link Down"}]}),
    ("router.wan-link", "error", "link-word", {"router/wan/found/ports": [
        {"port": "", "up": None, "mode": "Standby"},
    ]}),
    ("router.wan-link", "error", "unreadable", {"router/wan/found/ports": []}),
    ("router.wan-link", "error", "question", {"router/wan": BROKEN}),
    ("line.advertised", "failed", "silent", {
        "laptop/line_adverts": NO_ADVERTS, "router/pings": {}, "laptop/paths": {},
        **{f"laptop/resolvers/{a}": NO for a in NGN + CENTER}}),
    ("line.advertised", "error", "line-leg", {"laptop/line_adverts": NO_ADVERTS}),
    ("line.advertised", "not applicable", "no-line-leg", {"laptop/legs/line": None}),
    ("line.ra-source", "failed", "many", {
        "laptop/line_adverts/found/advertisements": [RA, {**RA, "source": "fe80::98"}]}),
    ("line.prefix", "failed", "none-ra", {"router/addresses/found/addresses": []}),
    ("line.prefix", "failed", "delegated-instead", {
        "router/addresses/found/addresses": [],
        "laptop/line_adverts/found/advertisements": [{**RA, "managed": True, "prefixes": []}]}),
    ("line.prefix", "failed", "unexpected-pd", {"router/dhcp/found/states": [
        {"interface": "lan2", "role": "client", "state": "established",
         "prefix": "2001:db8:51:200::/56"}]}),
    ("line.default-route", "failed", "none", {"router/routes/found/routes": []}),
    ("line.default-route", "failed", "elsewhere", {"router/routes/found/routes": [
        {"destination": "default", "gateway": "fe80::9", "interface": "vlan1", "kind": "static"}]}),
    ("lan.ra-flood", "failed", "flooded", {
        "laptop/terminal_adverts/found/advertisements": FLOOD,
        "laptop/resolvers": {}, "router/pings": {}}),
    ("lan.ra-flood", "failed", "flooded", {"laptop/terminal_adverts/found/sources": 5000}),
    ("lan.ra-flood", "failed", "often", {"laptop/terminal_adverts/found/heard": 900}),
    ("lan.ra-flood", "passed", "none", {
        "laptop/terminal_adverts/found/advertisements": FLOOD[:8]}),
    ("line.carries", "passed", "answer", {
        "laptop/resolvers": {}, "laptop/paths": {}}),
    ("line.carries", "error", "question", {
        "laptop/resolvers": {}, "laptop/paths": {}, "router/pings": {}}),
    ("line.ngn-resolvers", "failed", "silent", {f"laptop/resolvers/{a}": NO for a in NGN}),
    ("line.second-resolver", "failed", "silent", {f"laptop/resolvers/{NGN[1]}": NO}),
    ("line.path-mtu", "failed", "too-big", {f"laptop/paths/{CENTER[0]}/mtu": {
        "outcome": "refused", "detail": "too-big", "found": {"mtu": 1454, "told_by": "fe80::1"}}}),
    ("line.path-mtu", "failed", "black-hole", {f"laptop/paths/{CENTER[0]}/mtu": {
        "outcome": "no-answer", "detail": "black-hole", "found": {"mtu": 1400}}}),
    ("line.path-mtu", "passed", "full", {
        f"laptop/paths/{CENTER[0]}/mtu": {
            **NO, "detail": "black-hole", "found": {"mtu": 1300}},
        f"laptop/paths/{CENTER[0]}/echo/found": {"sent": 20, "received": 12, "median_ms": 3}}),
    ("line.path-mtu", "error", "silent-targets", {
        f"laptop/paths/{a}/mtu": {**NO, "detail": "silent"} for a in (NGN[0], CENTER[0])}),
    ("line.quality", "failed", "poor", {
        f"laptop/paths/{NGN[0]}/echo/found": {"sent": 20, "received": 18, "median_ms": 3}}),
    ("line.quality", "passed", "good", {
        f"laptop/paths/{NGN[0]}/echo/found": {"sent": 20, "received": 19, "median_ms": 3}}),
    ("ip-vpn.quality", "failed", "poor", {
        f"laptop/paths/{CENTER[0]}/echo/found": {"sent": 20, "received": 20, "median_ms": 180}}),
    ("router.reachable", "failed", "silent", {
        "router/access": "unreachable", "laptop/owners/router": NO}),
    ("router.reachable", "passed", "arp", {"router/access": "unreachable"}),
    ("router.host-key", "failed", "changed", {"router/access": "host-key-changed"}),
    ("router.host-key", "error", "never-met", {"router/access": "host-unknown"}),
    ("router.host-key", "error", "question", {
        "router/access": "error", "router/reason": {"said": "known_hosts:3: damaged"}}),
    ("router.reachable", "passed", "ssh", {"router/access": "host-unknown"}),
    ("router.login", "failed", "refused", {
        "router/access": "login-refused", "router/reason": {"said": "refused"}}),
    ("router.login", "failed", "silent", {
        "router/access": "unreachable", "router/reason": {"said": "no answer on port 22"}}),
    ("router.login", "error", "question", {
        "router/access": "error", "router/reason": {"said": "no session within 12 s"}}),
    ("router.identity", "failed", "other", {"router/serial": "S5X999999"}),
    ("router.identity", "failed", "other", {"router/model": "RTX1220"}),
    ("router.identity", "failed", "other", {"router/model": "N1200"}),
    ("router.identity", "error", "header", {"router/model": None}),
    ("router.clock", "passed", "right", {}),
    ("router.clock", "failed", "wrong", {"router/clock/found/shown": "1980-01-01T00:12:00",
        "router/clock/found/off_s": -1479772800.0}),
    ("router.clock", "error", "not-asked", {"router/clock": None}),
    ("router.firmware", "failed", "old", {"router/firmware": "15.02.13"}),
    ("router.firmware", "error", "no-firmware", {"router/firmware": None}),
    ("router.factory-password", "failed", "works", {"router/initial_refused": False}),
    ("router.factory-password", "failed", "works", {"router/used_initial": True}),
    ("router.factory-password", "error", "no-initial", {"router/initial_refused": None}),
    ("router.config", "failed", "differs", {"router/running": LINES}),
    ("router.config", "error", "not-asked", {"router/running": None}),
    ("router.services", "passed", "closed", {}),
    ("router.services", "failed", "open", {"router/running": LINES}),
    ("router.services", "error", "not-asked", {"router/running": None}),
    ("router.saved", "failed", "differs", {"router/saved": LINES}),
    ("router.saved", "error", "not-asked", {"router/saved": None}),
    ("router.lookup.ip-vpn", "failed", "fails", {"router/lookups/www.lineauth.mnw": {
        "outcome": "refused", "detail": "unknown", "found": None}}),
    ("router.lookup.line", "error", "not-asked", {"router/lookups": {}}),
    ("ip-vpn.resolvers", "failed", "no-dns", {f"laptop/resolvers/{a}": NO for a in CENTER}),
    ("ip-vpn.resolvers", "failed", "silent", {
        **{f"laptop/resolvers/{a}": NO for a in CENTER}, f"laptop/paths/{CENTER[0]}/echo": NO}),
    ("ip-vpn.second-resolver", "failed", "silent", {f"laptop/resolvers/{CENTER[1]}": NO}),
    ("ip-vpn.name.proxy", "failed", "fails", {f"{SERVICES}/proxy/name": NO}),
    ("ip-vpn.name.proxy", "failed", "fails", {f"{SERVICES}/proxy/name/found/addresses": []}),
    ("ip-vpn.large-answer.time", "failed", "cut", {
        f"{SERVICES}/time/name/found/truncated": True, f"{SERVICES}/time/by_tcp": RESET,
        f"{SERVICES}/time/plain/found/truncated": True}),
    ("ip-vpn.large-answer.time", "passed", "whole", {
        f"{SERVICES}/time/name/found/truncated": True}),
    ("service.tcp.proxy", "failed", "closed", {f"{SERVICES}/proxy/connect": NO}),
    ("service.tls.eligibility", "failed", "silent", {
        f"{SERVICES}/eligibility/page": {**NO, "found": {"step": "tls"}}}),
    ("service.tls.eligibility", "failed", "untrusted", {
        f"{SERVICES}/eligibility/page": {**RESET, "detail": "untrusted", "found": {}}}),
    ("service.tls.eligibility", "failed", "refused", {f"{SERVICES}/eligibility/page": RESET}),
    ("service.tls.eligibility", "failed", "certificate", {
        f"{SERVICES}/eligibility/page/found/status": 403}),
    ("service.tls.eligibility", "failed", "status", {
        f"{SERVICES}/eligibility/page/found/status": 503}),
    ("service.tls.eligibility", "failed", "status", {
        f"{SERVICES}/eligibility/page/found/status": 500}),
    ("service.tls.distribution", "passed", "good", {
        f"{SERVICES}/distribution/page/found/status": 499}),
    ("service.tls.eligibility", "error", "no-certificate", {"laptop/has_bundle": False}),
    ("service.tls.distribution", "passed", "good", {
        f"{SERVICES}/distribution/page/found/status": 404}),
    ("service.http.certificates", "failed", "silent", {f"{SERVICES}/certificates/page": NO}),
    ("service.http.certificates", "failed", "status", {
        f"{SERVICES}/certificates/page/found/status": 503}),
    ("ip-vpn.line-auth.line-auth", "failed", "failure", {
        f"{SERVICES}/line-auth/page/found/body": "回線認証に失敗しました。"}),
    ("ip-vpn.line-auth.line-auth", "failed", "failure", {
        f"{SERVICES}/line-auth/page/found/body": "回線認証に失敗しました。",
        "registered_prefix": "2001:db8:51:100::/64"}),
    ("ip-vpn.line-auth.line-auth", "failed", "changed", {
        f"{SERVICES}/line-auth/page/found/body": "回線認証に失敗しました。",
        "registered_prefix": "2001:db8:51:900::/64"}),
    ("ip-vpn.line-auth.line-auth", "passed", "success", {
        "registered_prefix": "2001:db8:51:900::/64"}),
    ("service.time.time", "failed", "silent", {f"{SERVICES}/time/time": NO}),
    ("ip-vpn.path-inside", "failed", "other", {
        f"laptop/paths/{CENTER[0]}/trace/found/hops/0": "2001:db8:bad::1"}),
    ("ip-vpn.path-inside", "failed", "lost", {
        f"laptop/paths/{CENTER[0]}/trace/outcome": "no-answer"}),
    ("ip-vpn.internet-closed", "failed", "answers", {
        "laptop/internet/203.0.113.80/tried/80": YES}),
    ("ip-vpn.internet-closed", "failed", "answers", {
        "laptop/internet/203.0.113.80/tried/443": RESET}),
    ("ip-vpn.internet-closed", "failed", "by-line", {
        "laptop/internet/2001:db8:ffff::80/tried/80": YES}),
    ("ip-vpn.internet-closed", "error", "question", {
        "laptop/internet/203.0.113.80/tried/443": BROKEN}),
    ("policy.receipt-to-terminal.terminal-1", "failed", "blocked", {
        "laptop/policy/smb_to_terminals/terminal-1": NO}),
    ("policy.receipt-to-terminal.terminal-1", "failed", "closed", {
        "laptop/policy/smb_to_terminals/terminal-1": RESET}),
    ("policy.receipt-smb-only", "failed", "open", {"laptop/policy/clinic_to_laptop/tried/80": YES}),
    ("policy.receipt-smb-only", "failed", "open", {
        "laptop/policy/other_to_terminals/terminal-1/tried/3389": RESET}),
    ("policy.receipt-smb-only", "error", "no-control", {
        "laptop/policy/clinic_to_laptop/tried/445": NO}),
    ("policy.receipt-smb-only", "error", "no-clinic-leg", {"laptop/legs/clinic": None}),
    ("policy.terminal-to-receipt", "failed", "open", {
        "laptop/policy/terminal_to_laptop/tried/445": YES}),
    ("policy.terminal-to-receipt", "failed", "open", {
        "laptop/policy/terminals_to_receipts/receipt-1/tried/445": RESET}),
    ("policy.terminal-to-receipt", "error", "no-control", {
        "laptop/policy/clinic_to_laptop/tried/445": NO}),
    ("policy.terminal-to-receipt", "error", "no-receipt-pc", {"laptop/owners/receipt-1": NO}),
    ("policy.router-from-clinic", "failed", "open", {
        "laptop/policy/router_from_clinic/tried/22": YES}),
    ("policy.router-from-clinic", "passed", "refused", {
        "laptop/policy/router_from_clinic/tried/22": RESET}),
    ("policy.inbound", "failed", "open", {"laptop/inbound/to_terminal_network/tried/445": YES}),
    ("policy.inbound", "failed", "open", {"laptop/inbound/to_router/tried/22": YES}),
    ("policy.inbound", "error", "no-inbound-control", {"laptop/inbound/control": NO}),
    ("policy.inbound", "error", "router-hidden", {"laptop/inbound/router_mac": None}),
    ("policy.inbound", "error", "no-ipv6", {"laptop/inbound": None}),
    ("policy.inbound", "not applicable", "no-line-leg", {"laptop/legs/line": None}),
    ("lan.laptop", "failed", "elsewhere", {
        "laptop/legs/terminal": None, "laptop/legs/clinic": None}),
    ("lan.laptop", "error", "no-terminal-leg", {"laptop/legs/terminal": None}),
    ("clinic-lan.router", "passed", "answers", {"laptop/legs/terminal": None}),
    ("policy.receipt-to-terminal.terminal-1", "passed", "open", {"laptop/legs/terminal": None}),
    ("policy.receipt-smb-only", "error", "no-terminal-leg", {"laptop/legs/terminal": None}),
    ("policy.terminal-to-receipt", "error", "no-clinic-leg", {"laptop/legs/clinic": None}),
    ("lan.laptop", "error", "no-probe", {
        "laptop/probe": {**BROKEN, "detail": "probe-not-started"}}),
    ("lan.present.terminal-1", "failed", "silent", {"laptop/owners/terminal-1": NO}),
    ("clinic-lan.present.receipt-1", "failed", "silent", {"laptop/owners/receipt-1": NO}),
    ("clinic-lan.present.receipt-1", "error", "no-clinic-leg", {"laptop/legs/clinic": None}),
    ("lan.duplicate-router", "failed", "twice", {"laptop/owners/router/found/macs": TWO}),
    ("lan.duplicate-router", "passed", "once", {"laptop/owners/terminal-1/found/macs": TWO}),
    ("lan.duplicate-address.terminal-1", "failed", "twice", {
        "laptop/owners/terminal-1/found/macs": TWO}),
    ("lan.duplicate-address.terminal-1", "passed", "once", {
        "laptop/owners/router/found/macs": TWO}),
    ("lan.duplicate-address.terminal-1", "error", "not-asked", {"laptop/owners": {}}),
    ("clinic-lan.duplicate-router", "failed", "twice", {
        "laptop/owners/router-clinic/found/macs": TWO}),
    ("clinic-lan.duplicate-router", "error", "no-clinic-leg", {"laptop/legs/clinic": None}),
    ("clinic-lan.duplicate-address.receipt-1", "failed", "twice", {
        "laptop/owners/receipt-1/found/macs": TWO}),
    ("clinic-lan.duplicate-address.receipt-1", "error", "no-clinic-leg", {
        "laptop/legs/clinic": None}),
    ("lan.ra-source", "failed", "rogue", {"laptop/terminal_adverts/found/advertisements": [RA]}),
    ("lan.ra-source", "failed", "silent", {
        "laptop/terminal_adverts": {**NO, "found": {"advertisements": []}}}),
    ("lan.ra-source", "error", "question", {
        "router/access": "error",
        "laptop/terminal_adverts": {**NO, "found": {"advertisements": []}}}),
    ("lan.reaches-line", "failed", "silent", {
        **{f"laptop/resolvers/{a}": NO for a in NGN + CENTER}, "laptop/paths": {}}),
    ("lan.dhcp", "failed", "rogue", {"laptop/dhcp": {**YES, "found": {"offers": [LEASE]}}}),
    ("lan.dhcp", "passed", "none", {
        "laptop/dhcp": {**YES, "found": {"offers": [{**LEASE, "server": "10.51.1.1"}]}}}),
    ("lan.loop", "failed", "looped", {"laptop/terminal_adverts/found/looped": 3}),
    ("clinic-lan.router", "failed", "silent", {"laptop/owners/router-clinic": NO}),
    ("clinic-lan.router", "failed", "elsewhere", {
        "laptop/legs/clinic": None, "laptop/legs/strays": [STRAY], "laptop/strays": {"c0": OWNED}}),
    ("clinic-lan.router", "error", "no-clinic-leg", {
        "laptop/legs/clinic": None, "laptop/legs/strays": [STRAY], "laptop/strays": {"c0": NO}}),
]  # fmt: skip


CHANGES += [row for row in CASES if row[0].split(".")[0] not in {"terminal", "receipt-pc"}]


@pytest.mark.parametrize(
    ("check", "state", "word", "changes"),
    CHANGES,
    ids=[f"{check}: {state} {word}" for check, state, word, _ in CHANGES],
)
def test_one_changed_fact_changes_its_check(recorded, check, state, word, changes):
    evidence, intent = recorded("demo-clinic-good", changes)
    case = next(one for one in cases_of(intent) if one.id == check)
    verdict = case.verdict(evidence, intent)
    assert (verdict.state, verdict.message.rpartition(".")[2]) == (state, word)
    assert verdict.detail


def test_silent_resolvers_skip_the_names_that_are_asked_of_them_and_no_others(recorded):
    for servers, word in ((NGN, "line"), (CENTER, "ip-vpn")):
        changes = {f"laptop/resolvers/{server}": NO for server in servers}
        results = judge(*recorded("demo-clinic-good", changes))
        skipped = {one.id for one in results if one.state is State.SKIPPED}
        other = {"line": "ip-vpn", "ip-vpn": "line"}[word]
        assert f"router.lookup.{word}" in skipped
        assert f"router.lookup.{other}" not in skipped
        assert ("ip-vpn.name.flets-security" in skipped) is (word == "line")
        assert ("ip-vpn.name.proxy" in skipped) is (word == "ip-vpn")
        assert [one.segment for one in diagnose(results).causes] == [word]


def test_a_lossy_line_blames_no_single_resolver_and_no_packet_size(recorded):
    lost = {
        f"laptop/paths/{NGN[0]}/echo/found": {"sent": 20, "received": 12, "median_ms": 3},
        f"laptop/resolvers/{NGN[1]}": NO,
        f"laptop/resolvers/{CENTER[1]}": NO,
        **{f"laptop/paths/{a}/mtu": {**NO, "detail": "silent"} for a in (NGN[0], CENTER[0])},
    }
    results = judge(*recorded("demo-clinic-good", lost))
    assert {one.id for one in results if one.state is State.FAILED} == {"line.quality"}
    assert diagnose(results).undetermined == ()


def test_a_lossy_way_into_the_closed_network_is_the_one_cause_of_silent_services(recorded):
    lost = {
        f"laptop/paths/{CENTER[0]}/echo/found": {"sent": 20, "received": 12, "median_ms": 3},
        f"laptop/resolvers/{CENTER[1]}": NO,
        "laptop/services/time/time": NO,
        "laptop/services/proxy/connect": NO,
    }
    (cause,) = diagnose(judge(*recorded("demo-clinic-good", lost))).causes
    assert cause.segment == "ip-vpn"
    assert {"service.time.time", "ip-vpn.second-resolver"} < set(cause.checks)
    refused = lost | {"laptop/services/proxy/connect": RESET}
    causes = diagnose(judge(*recorded("demo-clinic-good", refused))).causes
    assert [one.segment for one in causes] == ["ip-vpn", "service"]


FLOODS = (
    {"laptop/terminal_adverts/found/advertisements": FLOOD},
    {"laptop/terminal_adverts/found/sources": 9999},
    {"laptop/terminal_adverts/found/heard": 5000},
)
PATHS = [f"laptop/paths/{a}" for a in (NGN[0], CENTER[0])]
SILENT = {
    "pings": {"router/pings": {}},
    "resolvers": {f"laptop/resolvers/{a}": NO for a in NGN + CENTER},
    "paths": {f"{path}/{one}": NO for path in PATHS for one in ("echo", "mtu")},
    "router": {"laptop/owners/router": NO},
}


@given(
    st.sampled_from(FLOODS),
    st.sets(st.sampled_from(list(SILENT))),
    st.sampled_from(["open", "error", "unreachable"]),
)
@settings(
    max_examples=examples("properties") // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_flood_in_the_terminal_network_never_blames_the_line(recorded, flood, gone, access):
    """Whatever it makes silent: the router's session, the laptop's own questions."""
    changes = {**flood, "router/access": access}
    for name in gone:
        changes |= SILENT[name]
    results = judge(*recorded("demo-clinic-good", changes))
    causes = diagnose(results).causes
    assert "lan.ra-flood" in {name for one in causes for name in one.checks}
    assert [one for one in causes if one.party is Party.LINE] == []


def test_the_address_of_the_router_in_the_clinic_lan_is_not_the_terminal_networks(recorded):
    twice = {"laptop/owners/router-clinic/found/macs": ["02:00:00:00:00:01", "02:00:00:00:00:02"]}
    results = judge(*recorded("demo-clinic-good", twice))
    (cause,) = diagnose(results).causes
    assert (cause.segment, cause.party) == ("clinic-lan", Party.INSTITUTION)
    assert "policy.receipt-to-terminal.terminal-1" in cause.follows
    assert "receipt-pc.share.receipt-1@terminal-1" in cause.follows


def cases_of(intent):
    from onshi_net.checks.catalogue import cases

    return cases(intent)


PHARMACY = [
    ("line.prefix", "failed", "none-pd", {"router/addresses/found/addresses": []}),
    ("line.prefix", "failed", "advertised-instead", {
        "router/addresses/found/addresses": [],
        "laptop/line_adverts/found/advertisements": [{**RA, "prefixes": [
            {"prefix": "2001:db8:52:100::/64", "on_link": True, "autonomous": True,
             "valid_s": 2592000, "preferred_s": 604800}]}]}),
    ("line.prefix", "failed", "not-delegated", {"router/dhcp/found/states": []}),
    ("branch.carries", "failed", "unseen", {
        "laptop/line_neighbors": NO, "laptop/resolvers": {}, "laptop/paths": {},
        "router/pings": {}}),
    ("branch.carries", "passed", "carried", {"laptop/line_neighbors": NO}),
    ("branch.carries", "passed", "seen", {
        "laptop/line_neighbors": NO, "laptop/line_router": OWNED, "laptop/resolvers": {},
        "laptop/paths": {}, "router/pings": {}}),
    ("branch.carries", "failed", "unseen", {
        "laptop/line_neighbors": NO, "laptop/line_router": NO, "laptop/resolvers": {},
        "laptop/paths": {}, "router/pings": {}}),
    ("lan.switch", "failed", "silent", {f"laptop/owners/terminal-{n}": NO for n in (1, 2, 3)}),
    ("lan.switch", "passed", "good", {"laptop/owners/terminal-1": NO}),
]  # fmt: skip


@pytest.mark.parametrize(("check", "state", "word", "changes"), PHARMACY)
def test_a_changed_fact_at_the_pharmacy(recorded, check, state, word, changes):
    evidence, intent = recorded("demo-pharmacy-good", changes)
    case = next(one for one in cases_of(intent) if one.id == check)
    verdict = case.verdict(evidence, intent)
    assert (verdict.state, verdict.message.rpartition(".")[2]) == (state, word)


def test_more_than_two_terminals_without_a_switch_fail(recorded):
    evidence, intent = recorded("demo-pharmacy-good")
    without = replace(intent, has_switch=False)
    case = next(one for one in cases_of(without) if one.id == "lan.switch")
    assert case.verdict(evidence, without).message == "lan.switch.missing"


def test_every_check_but_those_of_pcs_is_made_to_fail_somewhere_here():
    from onshi_net.checks.catalogue import checks

    failing = {check for check, state, _, _ in CHANGES + PHARMACY if state == "failed"}
    failing |= {name for expected, _ in FAULTS.values() for name in expected}
    failed = {".".join(name.split(".")[:2]) for name in failing}
    here = {one.id for one in checks() if one.segment not in {"terminal", "receipt-pc"}}
    assert here - failed == {"branch.prefix", "clinic-lan.device-route"}  # test_pcs has the latter


def test_an_hgw_without_prefix_fails(recorded):
    path = "laptop/line_adverts/found/advertisements/0/prefixes"
    evidence, intent = recorded("demo-dental-good", {path: []})
    case = next(one for one in cases_of(intent) if one.id == "branch.prefix")
    assert case.verdict(evidence, intent).message == "branch.prefix.none"


def test_a_line_on_which_nothing_was_heard_has_no_second_router(recorded):
    silent = {"laptop/line_adverts/found/advertisements": []}
    found = states(judge(*recorded("demo-clinic-good", silent)))
    assert found["line.ra-source"] == State.ERROR
    assert State.FAILED not in found.values()
