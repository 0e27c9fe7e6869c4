"""The checks of terminals and receipt PCs, as data: what the lab's PCs said, one fact changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from onshi_net.checks import Party, State, judge
from onshi_net.checks.catalogue import cases, checks
from onshi_net.checks.pcs import CLAIMS, UNJUDGED, decided, fault
from onshi_net.checks.test_receipt_pc import next_hop
from onshi_net.diagnose import diagnose
from onshi_net.i18n import set_language
from onshi_net.model.windows import RoutePath
from onshi_net.pcs import receipt, terminal
from onshi_net.pcs.decision import Conflict, Left, Why
from onshi_net.pcs.resources import KINDS
from tests.checks.added import CASES

T, R = "windows/terminals/0", "windows/receipts/0"
SHARE = "\\\\10.51.1.11\\REQ"
HERE = {"destination": "10.51.1.0/24", "next_hop": "192.168.1.254", "interface": 2, "metric": 1}
DEFAULT = {
    "destination": "0.0.0.0/0", "next_hop": "192.168.1.1", "interface": 2, "metric": 256,
}  # fmt: skip
ON_LINK = {
    "destination": "192.168.1.0/24", "next_hop": "0.0.0.0", "interface": 2, "metric": 256,
}  # fmt: skip
ALL = {"account": "Everyone", "kind": "Allow", "right": "Full"}
OLD = "2026-01-01T00:00:00Z"
HOME = [{"interface": 2, "address": "10.51.1.11", "prefix_length": 24, "origin": "Manual"}]


def routes(*some):
    """Routes given as (route, stores), as the PC lists them."""
    return [
        {**route, "store": f"{store}Store"} for route, stores in some for store in stores.split("+")
    ]


BOTH = "Active+Persistent"
BASE = ((DEFAULT, BOTH), (ON_LINK, "Active"))


def proof(code, step="open"):
    return [{"share": SHARE, "step": step, "good": False, "code": 0x80070000 | code}]


def entry(**values):
    whole = {"target": "10.51.1.11", "found": True, "user": "10.51.1.11\\onslink", "persist": 2}
    return [{**whole, **values}]


def off(host, access, **values):
    where = T if host.startswith("terminal") else R
    return {
        f"{where}/session/access": access,
        f"{where}/session/reason": f"{host}: reason\nof two lines",
        f"{where}/session/remedy": "what to do",
        f"{where}/state": None,
        **{f"{where}/session/{key}": value for key, value in values.items()},
    }


# Check, state, last word of its sentence, changes of the good recording.
CHANGES = [
    ("terminal.reachable.terminal-1", "passed", "open", {}),
    ("terminal.reachable.terminal-1", "error", "pc-advice", off("terminal-1", "not-ready")),
    ("terminal.reachable.terminal-1", "error", "pc-advice", off("terminal-1", "unreachable")),
    ("terminal.reachable.terminal-1", "failed", "refused", off("terminal-1", "wrong-pc")),
    ("terminal.reachable.terminal-1", "failed", "refused", {
        **off("terminal-1", "certificate-changed")}),
    ("terminal.reachable.terminal-1", "error", "no-pc-leg", off("terminal-1", "no-leg")),
    ("terminal.reachable.terminal-1", "error", "pc-advice", off("terminal-1", "no-secret")),
    ("terminal.reachable.terminal-1", "error", "pc", off("terminal-1", "error", remedy="")),
    ("terminal.reachable.terminal-1", "error", "not-asked", {"windows/terminals": []}),
    ("terminal.reachable.terminal-1", "error", "not-asked", {"windows": None}),
    ("terminal.shares.terminal-1", "error", "pc-advice", off("terminal-1", "unreachable")),
    ("terminal.os.terminal-1", "failed", "conflict", {f"{T}/state/system/build": 9600}),
    ("terminal.os.terminal-1", "failed", "conflict", {f"{T}/state/system/product_type": 3}),
    ("terminal.os.terminal-1", "failed", "other", {f"{T}/state/system/build": 17763}),
    ("terminal.os.terminal-1", "error", "os-unknown", {f"{T}/state/system/edition": "Newer"}),
    ("terminal.os.terminal-1", "passed", "right", {
        f"{T}/state/system/edition": "IoTEnterpriseS"}),
    ("terminal.address.terminal-1", "failed", "conflict", {
        f"{T}/state/addresses/0/address": "10.51.1.12"}),
    ("terminal.address.terminal-1", "failed", "differs", {
        f"{T}/state/addresses/0/prefix_length": 16}),
    ("terminal.address.terminal-1", "failed", "dhcp", {f"{T}/state/addresses/0/origin": "Dhcp"}),
    ("terminal.ipv6.terminal-1", "failed", "none", {
        f"{T}/state/addresses/1/address": "fe80::5"}),
    ("terminal.ipv6.terminal-1", "failed", "outside", {
        f"{T}/state/addresses/1/address": "2001:db8:99::5"}),
    ("terminal.route.terminal-1", "failed", "differs", {
        f"{T}/state/routes": []}),
    ("terminal.route.terminal-1", "failed", "conflict", {
        f"{T}/state/routes": routes((ON_LINK, "Active")),
        f"{T}/state/addresses/1": {
            "interface": 3, "address": "192.168.1.50", "prefix_length": 24}}),
    ("terminal.resolvers.terminal-1", "failed", "differs", {
        f"{T}/state/resolvers/0/server": "8.8.8.8"}),
    ("terminal.link-user.terminal-1", "failed", "missing", {f"{T}/state/user": None}),
    ("terminal.link-user.terminal-1", "failed", "state", {f"{T}/state/user/enabled": False}),
    ("terminal.link-user.terminal-1", "failed", "state", {f"{T}/state/user/expires": True}),
    ("terminal.link-user.terminal-1", "failed", "password", {
        f"{T}/state/user/password_good": False}),
    ("terminal.link-user.terminal-1", "failed", "locked", {
        f"{T}/state/user/password_good": False, f"{T}/state/user/locked": True}),
    ("terminal.shares.terminal-1", "failed", "everyone", {
        f"{T}/state/shares/0/access": [ALL]}),
    ("terminal.shares.terminal-1", "failed", "differs", {f"{T}/state/shares": []}),
    ("terminal.shares.terminal-1", "failed", "differs", {
        f"{T}/state/shares/0/access/0/right": "Read"}),
    ("terminal.shares.terminal-1", "failed", "differs", {f"{T}/state/folders/1/granted": False}),
    ("terminal.firewall.terminal-1", "failed", "differs", {f"{T}/state/rules": []}),
    ("terminal.firewall.terminal-1", "failed", "differs", {
        f"{T}/state/rules/0/sources": ["Any"]}),
    ("terminal.firewall.terminal-1", "failed", "differs", {f"{T}/state/rules/2/enabled": True}),
    ("terminal.services.terminal-1", "failed", "missing", {f"{T}/state/services": []}),
    ("terminal.services.terminal-1", "failed", "differs", {
        f"{T}/state/services/0/running": False}),
    ("terminal.clock.terminal-1", "failed", "off", {f"{T}/state/system/utc": OLD}),
    ("terminal.clock.terminal-1", "failed", "source", {
        f"{T}/state/time/server": "time.windows.com,0x9"}),
    ("terminal.certificate.terminal-1", "failed", "missing", {f"{T}/state/certificates": []}),
    ("terminal.certificate.terminal-1", "failed", "missing", {
        f"{T}/state/certificates/0/has_key": False}),
    ("terminal.certificate.terminal-1", "failed", "missing", {
        f"{T}/state/certificates/0/uses": ["1.3.6.1.5.5.7.3.1"]}),
    ("terminal.certificate.terminal-1", "failed", "soon", {
        f"{T}/state/certificates/0/until": "2026-12-01T00:00:00Z"}),
    ("terminal.certificate.terminal-1", "failed", "soon", {  # its last day
        f"{T}/state/certificates/0/until": "2026-11-25T09:00:00Z"}),
    ("terminal.certificate.terminal-1", "failed", "expired", {  # an hour ago
        f"{T}/state/certificates/0/until": "2026-11-24T20:00:00Z"}),
    ("terminal.certificate.terminal-1", "failed", "expired", {
        f"{T}/state/certificates/0/until": OLD}),
    ("terminal.leftovers.terminal-1", "failed", "left", {
        f"{T}/state/leftovers": ["onshi-1"]}),
    ("receipt-pc.reachable.receipt-1", "error", "pc-advice", off("receipt-1", "not-ready")),
    ("receipt-pc.reachable.receipt-1", "failed", "refused", off("receipt-1", "wrong-pc")),
    ("receipt-pc.reachable.receipt-1", "error", "no-pc-leg", off("receipt-1", "no-leg")),
    ("receipt-pc.os.receipt-1", "failed", "conflict", {f"{R}/state/system/build": 9600}),
    ("receipt-pc.os.receipt-1", "passed", "ended", {f"{R}/state/system/build": 22631}),
    ("receipt-pc.os.receipt-1", "passed", "ends", {f"{R}/state/system/build": 26200}),
    ("receipt-pc.os.receipt-1", "passed", "right", {
        f"{R}/state/system/build": 26100, f"{R}/state/system/edition": "EnterpriseS"}),
    ("receipt-pc.os.receipt-1", "error", "os-unknown", {f"{R}/state/system/build": 29000}),
    ("receipt-pc.on-link.receipt-1", "failed", "conflict", {f"{R}/state/addresses/0": {
        "interface": 2, "alias": "e", "address": "10.51.1.77", "prefix_length": 24}}),
    ("receipt-pc.route.receipt-1", "failed", "only-active", {
        f"{R}/state/routes": routes(*BASE, (HERE, "Active"))}),
    ("receipt-pc.route.receipt-1", "failed", "only-persistent", {
        f"{R}/state/routes": routes(*BASE, (HERE, "Persistent"))}),
    ("receipt-pc.route.receipt-1", "failed", "differs", {f"{R}/state/routes": routes(*BASE)}),
    ("receipt-pc.route.receipt-1", "failed", "differs", {
        f"{R}/state/routes": routes(
            *BASE, (HERE, BOTH), ({**HERE, "next_hop": "192.168.1.9"}, BOTH))}),
    ("receipt-pc.route.receipt-1", "failed", "differs", {
        f"{R}/state/routes": routes(*BASE, ({**HERE, "metric": 50}, BOTH))}),
    ("receipt-pc.route.receipt-1", "passed", "same", {
        f"{R}/state/registry_routes": ["10.51.1.0,255.255.255.0,192.168.1.254,1"],
        f"{R}/state/routes": routes(*BASE, (HERE, "Active"))}),
    ("receipt-pc.credential.receipt-1", "failed", "wrong", {
        f"{R}/store/entries": entry(found=False)}),
    ("receipt-pc.credential.receipt-1", "failed", "wrong", {
        f"{R}/store/entries": entry(user="10.51.1.11\\other")}),
    ("receipt-pc.credential.receipt-1", "failed", "wrong", {
        f"{R}/store/entries": entry(persist=1)}),
    ("receipt-pc.credential.receipt-1", "passed", "there", {
        f"{R}/store/user": "taroy", f"{R}/store/sid": "S-1-5-21-1-2-3-1001",
        f"{R}/store/asked": "S-1-5-21-1-2-3-1001"}),
    ("receipt-pc.credential.receipt-1", "failed", "other-store", {
        f"{R}/store/sid": "S-1-5-21-1-2-3-1001", f"{R}/store/asked": "S-1-5-21-9-9-9-1001"}),
    ("receipt-pc.credential.receipt-1", "failed", "other-store", {
        f"{R}/store/user": "clinicadmin"}),
    ("receipt-pc.credential.receipt-1", "error", "pc", {
        f"{R}/store": None, f"{R}/store_reason": "the stored password is wrong"}),
    ("receipt-pc.on-link.receipt-1", "failed", "conflict", {
        f"{R}/state/routes": [
            *routes(*BASE),
            {**HERE, "next_hop": "192.168.1.9", "store": "ActiveStore", "protocol": "Dhcp"}]}),
    ("receipt-pc.path.receipt-1@terminal-1", "failed", "elsewhere", {f"{R}/state/routes": routes(
        *BASE, (HERE, BOTH),
        ({**HERE, "destination": "10.51.1.11/32", "next_hop": "192.168.1.7"}, "Active"))}),
    ("receipt-pc.share.receipt-1@terminal-1", "failed", "password", {
        f"{R}/store/proofs": proof(86)}),
    ("receipt-pc.share.receipt-1@terminal-1", "failed", "password", {
        f"{R}/store/proofs": proof(1326)}),
    ("receipt-pc.share.receipt-1@terminal-1", "failed", "refused", {f"{R}/store/proofs": proof(5)}),
    ("receipt-pc.share.receipt-1@terminal-1", "failed", "refused", {
        f"{R}/store/proofs": proof(1219)}),
    ("receipt-pc.share.receipt-1@terminal-1", "error", "not-asked", {f"{R}/store/proofs": []}),
    ("receipt-pc.clock.receipt-1", "failed", "off", {f"{R}/state/system/utc": OLD}),
    ("receipt-pc.leftovers.receipt-1", "failed", "left", {
        f"{R}/state/leftovers": ["onshi-1"]}),
]  # fmt: skip


CHANGES += [row for row in CASES if row[0].split(".")[0] in {"terminal", "receipt-pc"}]


def case_of(intent, name):
    return next(one for one in cases(intent) if one.id == name)


PROGRAM = {"name": "OQSComApp", "version": "1.4"}
WIFI = {"destination": "::/0", "next_hop": "fe80::43:1", "interface": 9, "metric": 0}
STRANGE = {"who": "PC\\taro", "enabled": True, "server": "192.0.2.9:3128"}
LOST = {"outcome": "no-answer", "detail": "", "duration_s": 3.5, "found": None}
SIGHT = f"{T}/view/services"
CHANGES += [
    ("terminal.way.terminal-1", "passed", "only", {}),
    ("terminal.way.terminal-1", "failed", "other", {f"{T}/state/routes": routes((WIFI, "Active"))}),
    (
        "terminal.way.terminal-1",
        "passed",
        "only",
        {f"{T}/state/routes": routes((WIFI, "Persistent"))},
    ),
    (
        "terminal.way.terminal-1",
        "failed",
        "other",
        {f"{T}/state/routes": routes(({**DEFAULT, "next_hop": "10.51.1.254"}, "Active"))},
    ),
    (
        "terminal.way.terminal-1",
        "passed",
        "only",
        {f"{T}/state/routes": routes(({**DEFAULT, "next_hop": "10.51.1.1"}, "Active"))},
    ),
    (
        "terminal.ipv6.terminal-1",
        "failed",
        "off",
        {f"{T}/state/addresses": HOME, f"{T}/view/ways/adapters/0/ipv6": False},
    ),
    (
        "terminal.ipv6.terminal-1",
        "failed",
        "off",
        {f"{T}/state/addresses": HOME, f"{T}/view/ways/ipv6_off": 255},
    ),
    (
        "terminal.ipv6.terminal-1",
        "failed",
        "none",
        {f"{T}/state/addresses": HOME, f"{T}/view/ways/ipv6_off": 32},
    ),
    (
        "terminal.ipv6.terminal-1",
        "failed",
        "none",
        {f"{T}/state/addresses": HOME, f"{T}/view": None},
    ),
    ("terminal.proxy.terminal-1", "passed", "right", {}),
    ("terminal.proxy.terminal-1", "failed", "other", {f"{T}/view/ways/proxies": [STRANGE]}),
    (
        "terminal.proxy.terminal-1",
        "passed",
        "right",
        {f"{T}/view/ways/proxies": [{**STRANGE, "enabled": False}]},
    ),
    (
        "terminal.proxy.terminal-1",
        "failed",
        "other",
        {f"{T}/view/ways/proxies": [{**STRANGE, "who": "winhttp", "server": "http=a;https=b:1"}]},
    ),
    (
        "terminal.proxy.terminal-1",
        "passed",
        "right",
        {f"{T}/view/ways/proxies": [{**STRANGE, "server": "ftp=192.0.2.9:21"}]},
    ),
    (
        "terminal.proxy.terminal-1",
        "passed",
        "right",
        {f"{T}/view/ways/proxies": [{**STRANGE, "server": "proxy.base.oqs-pdl.org:8080"}]},
    ),
    (
        "terminal.proxy.terminal-1",
        "failed",
        "other",
        {f"{T}/view/ways/proxies": [{**STRANGE, "bypass": "*.onshikaku.org;<local>"}]},
    ),
    (
        "terminal.proxy.terminal-1",
        "error",
        "script",
        {f"{T}/view/ways/proxies": [{**STRANGE, "enabled": False, "script": "http://a/p.pac"}]},
    ),
    ("terminal.proxy.terminal-1", "error", "question", {f"{T}/view/ways/proxies": None}),
    ("terminal.proxy.terminal-1", "error", "not-asked", {f"{T}/view": None}),
    (
        "terminal.proxy.terminal-1",
        "error",
        "question",
        {f"{T}/view": None, f"{T}/view_reason": [{"said": "lost"}]},
    ),
    ("terminal.service.terminal-1@time", "passed", "reached", {}),
    ("terminal.service.terminal-1@time", "failed", "time", {f"{SIGHT}/time/time": LOST}),
    ("terminal.service.terminal-1@time", "failed", "name", {f"{SIGHT}/time/name": LOST}),
    ("terminal.service.terminal-1@proxy", "failed", "port", {f"{SIGHT}/proxy/connect": LOST}),
    (
        "terminal.service.terminal-1@eligibility",
        "failed",
        "page",
        {f"{SIGHT}/eligibility/page": LOST},
    ),
    (
        "terminal.service.terminal-1@eligibility",
        "failed",
        "refused",
        {f"{SIGHT}/eligibility/page/found/status": 403},
    ),
    (
        "terminal.service.terminal-1@eligibility",
        "error",
        "no-certificate",
        {f"{T}/view/certificate": False},
    ),
    ("terminal.service.terminal-1@time", "error", "not-asked", {SIGHT: {}}),
    (
        "terminal.service.terminal-1@time",
        "error",
        "alone",
        {f"{SIGHT}/time/time": LOST, "laptop/services": {}},
    ),
    ("terminal.software.terminal-1", "passed", "right", {}),
    ("terminal.software.terminal-1", "failed", "other", {f"{T}/view/software/programs": [PROGRAM]}),
    ("terminal.software.terminal-1", "failed", "other", {f"{T}/view/software/devices": []}),
    (
        "terminal.software.terminal-1",
        "failed",
        "other",
        {f"{T}/view/software/devices/0/status": "Error"},
    ),
    ("terminal.software.terminal-1", "error", "unknown", {f"{T}/view/software/programs": None}),
    ("terminal.software.terminal-1", "error", "unknown", {f"{T}/view/software": None}),
]


@pytest.mark.parametrize(
    ("check", "state", "word", "changes"),
    CHANGES,
    ids=[f"{check}: {state} {word}" for check, state, word, _ in CHANGES],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_one_changed_fact_changes_its_check(recorded, check, state, word, changes, language):
    set_language(language)
    evidence, intent = recorded("demo-clinic-good", changes)
    verdict = case_of(intent, check).verdict(evidence, intent)
    assert (verdict.state, verdict.message.rpartition(".")[2]) == (state, word)
    assert verdict.detail
    assert "\n" not in verdict.detail + verdict.remedy


def test_every_check_of_a_pc_is_made_to_fail_here():
    failed = {".".join(c.split(".")[:2]) for c, state, _, _ in CHANGES if state == "failed"}
    assert {one.id for one in checks() if one.segment in {"terminal", "receipt-pc"}} == failed


ROLES = ("terminal", "receipt-pc")
WORDS = (
    "caption", "build", "address", "network", "alias", "interface", "hop", "policy", "servers",
    "service", "user",
)  # fmt: skip
"""What the sentences of conflicts name."""


def claimed(role, part):
    claims = [one for name, one in CLAIMS.items() if name.startswith(f"{role}.")]
    return [what for claim in claims for what in getattr(claim, part)]


@pytest.mark.parametrize(
    ("role", "kinds"), [("terminal", terminal.KINDS), ("receipt-pc", receipt.KINDS)]
)
def test_each_kind_of_thing_of_a_pc_is_claimed_by_one_of_its_checks(role, kinds):
    there = [one.thing for one in kinds]
    assert sorted(map(str, claimed(role, "things"))) == sorted(map(str, there))


@pytest.mark.parametrize(
    ("part", "there"), [("things", KINDS), ("conflicts", Why), ("notes", set(Left) - UNJUDGED)]
)
def test_what_checks_claim_is_all_that_there_is(part, there):
    of_each = [claimed(role, part) for role in ROLES]
    assert {what for some in of_each for what in some} == set(there)
    assert all(len(some) == len(set(some)) for some in of_each)


@pytest.mark.parametrize("role", ROLES)
def test_whatever_a_pc_must_be_is_claimed_by_a_check_of_its_own(recorded, role):
    """Of each thing of the decision, its absence alone fails the check that claims it."""
    evidence, intent = recorded("demo-clinic-good")
    host = "terminal-1" if role == "terminal" else "receipt-1"
    session, decision = decided(evidence, intent, host)
    kinds = {one.kind for one in (*decision.found.values(), *decision.wanted.values()) if one}
    claims = {name: one for name, one in CLAIMS.items() if name.startswith(f"{role}.")}
    assert kinds <= {thing.kind for one in claims.values() for thing in one.things}
    for key, thing in decision.wanted.items():
        if thing is None:
            continue
        found = {name: one for name, one in decision.found.items() if name != key}
        lost = replace(decision, found=found)
        failing = [name for name in claims if fault(name, session, lost, intent, host)]
        assert failing == [name for name, one in claims.items() if type(thing) in one.things]


@pytest.mark.parametrize("why", Why)
def test_each_reason_to_refuse_a_pc_fails_the_check_that_claims_it(recorded, why):
    evidence, intent = recorded("demo-clinic-good")
    values = dict.fromkeys(WORDS, 1)
    for role, host in zip(ROLES, ("terminal-1", "receipt-1"), strict=True):
        session, decision = decided(evidence, intent, host)
        refused = replace(decision, conflicts=(Conflict(why, values),))
        names = [name for name in CLAIMS if name.startswith(f"{role}.")]
        failing = [name for name in names if fault(name, session, refused, intent, host)]
        assert failing == [name for name in names if why in CLAIMS[name].conflicts]


def states(results):
    return {one.id: one.state for one in results}


def bad(results):
    return {one.id for one in results if one.state in {State.FAILED, State.ERROR}}


def test_a_terminal_that_is_off_explains_what_follows(recorded):
    silent = {"outcome": "no-answer", "detail": "", "duration_s": 1.0, "found": None}
    changes = {"laptop/owners/terminal-1": silent, **off("terminal-1", "not-ready")}
    results = judge(*recorded("demo-clinic-good", changes))
    assert bad(results) == {"lan.present.terminal-1"}
    found = states(results)
    assert found["terminal.shares.terminal-1"] is State.SKIPPED
    assert found["receipt-pc.share.receipt-1@terminal-1"] is State.SKIPPED
    assert found["receipt-pc.route.receipt-1"] is State.PASSED


def test_a_router_that_is_off_explains_the_share(recorded):
    silent = {"outcome": "no-answer", "detail": "", "duration_s": 1.0, "found": None}
    changes = {
        "router/access": "unreachable",
        "laptop/owners/router": silent,
        f"{R}/store/proofs": proof(53),
    }
    results = judge(*recorded("demo-clinic-good", changes))
    found = {one.id: one for one in results}
    assert found["receipt-pc.share.receipt-1@terminal-1"].cause == "router.reachable"
    assert [one.checks for one in diagnose(results).causes] == [("router.reachable",)]


def test_a_stale_password_names_its_cause_and_what_mends_it(recorded):
    results = judge(*recorded("demo-clinic-good", {f"{R}/store/proofs": proof(1326)}))
    assert bad(results) == {"receipt-pc.share.receipt-1@terminal-1"}
    (cause,) = diagnose(results).causes
    assert (cause.segment, cause.party) == ("receipt-pc", Party.TECHNICIAN)
    assert "The terminal refuses the stored password" in cause.evidence[0]
    assert "onshi provision demo-clinic --only receipt-1" in cause.action


def test_a_link_user_with_another_password_is_the_terminals_fault(recorded):
    changes = {f"{T}/state/user/password_good": False, f"{R}/store/proofs": proof(86)}
    results = judge(*recorded("demo-clinic-good", changes))
    assert bad(results) == {"terminal.link-user.terminal-1"}
    (cause,) = diagnose(results).causes
    assert "onshi provision demo-clinic --only terminal-1" in cause.action


def test_the_terminals_own_firewall_explains_the_silence_of_its_shares(recorded):
    silent = {"outcome": "no-answer", "detail": "", "duration_s": 1.0, "found": None}
    changes = {
        f"{T}/state/rules": [],
        "laptop/policy/smb_to_terminals/terminal-1": silent,
        f"{R}/store/proofs": proof(53),
    }
    (cause,) = diagnose(judge(*recorded("demo-clinic-good", changes))).causes
    assert cause.checks == ("terminal.firewall.terminal-1", "policy.receipt-to-terminal.terminal-1")


def test_several_pcs_with_the_same_fault_are_one_cause_with_every_remedy(recorded):
    changes = {f"windows/terminals/{n}/state/user": None for n in (0, 2)}
    (cause,) = diagnose(judge(*recorded("demo-pharmacy-good", changes))).causes
    assert len(cause.checks) == 2
    assert "--only terminal-1 /" in cause.action
    assert "--only terminal-3" in cause.action


def test_a_pc_that_is_not_administered_here_is_not_judged(recorded):
    evidence, intent = recorded("demo-clinic-good", off("receipt-1", "no-secret"))
    unnamed = replace(
        intent,
        windows=tuple(
            replace(one, access=replace(one.access, named=False)) for one in intent.windows
        ),
    )
    found = states(judge(evidence, unnamed))
    mine = {state for name, state in found.items() if name.startswith("receipt-pc.")}
    assert mine == {State.NOT_APPLICABLE}
    assert found["terminal.shares.terminal-1"] is State.PASSED


def by_device(intent):
    receipt = intent.receipt_intent("receipt-1")
    made = replace(receipt, path=RoutePath.CLINIC_DEVICE, routes=())
    others = tuple(one for one in intent.windows if one is not receipt)
    return replace(intent, windows=(*others, made))


def test_with_the_route_on_the_clinics_device_the_pc_needs_none_and_the_path_is_proved(recorded):
    passes = {"terminal-1": {"outcome": "ok", "detail": "open"}}
    changes = {f"{R}/state/routes": routes(*BASE), "laptop/by_device": passes}
    evidence, intent = recorded("demo-clinic-good", changes)
    site = by_device(intent)
    results = judge(evidence, site)
    assert bad(results) == set()
    words = {one.id: one.detail for one in results}
    assert "192.168.1.1" in words["receipt-pc.path.receipt-1@terminal-1"]
    assert "none" in words["receipt-pc.route.receipt-1"]


def test_a_clinics_device_without_the_route_is_the_institutions(recorded):
    silent = {"terminal-1": {"outcome": "no-answer"}}
    changes = {
        f"{R}/state/routes": routes(*BASE),
        f"{R}/store/proofs": proof(53),
        "laptop/by_device": silent,
    }
    evidence, intent = recorded("demo-clinic-good", changes)
    results = judge(evidence, by_device(intent))
    assert bad(results) == {"clinic-lan.device-route.terminal-1"}
    assert diagnose(results).causes[0].party is Party.INSTITUTION


def test_the_longest_prefix_then_the_lowest_metric_decides(recorded):
    some = routes(
        *BASE,
        ({**HERE, "metric": 20}, "Active"),
        ({**HERE, "next_hop": "192.168.1.7", "metric": 5}, "Active"),
        ({**HERE, "next_hop": "192.168.1.8", "metric": 1}, "Persistent"),
    )
    evidence, intent = recorded("demo-clinic-good", {f"{R}/state/routes": some})
    state = evidence.windows.receipt("receipt-1").state
    terminal = intent.terminals[0].address
    assert str(next_hop(state, terminal)) == "192.168.1.7"
    nothing, _ = recorded("demo-clinic-good", {f"{R}/state/routes": []})
    assert next_hop(nothing.windows.receipt("receipt-1").state, terminal) is None


def test_an_odd_row_of_a_store_costs_no_reading(recorded):
    odd = [
        {**HERE, "destination": "10.52.1.7/24", "next_hop": "192.168.1.9", "store": "ActiveStore"},
        {**HERE, "destination": "fe80::/64", "next_hop": "", "store": "ActiveStore"},
    ]
    some = [*routes(*BASE, (HERE, BOTH)), *odd]
    evidence, intent = recorded("demo-clinic-good", {f"{R}/state/routes": some})
    found = evidence.windows.receipt("receipt-1").state.routes
    assert (str(found[-2].destination), found[-1].on_link) == ("10.52.1.0/24", True)
    assert case_of(intent, "receipt-pc.route.receipt-1").verdict(evidence, intent).state == "passed"


def test_evidence_of_an_older_version_is_not_measured_never_a_crash(recorded):
    results = judge(*recorded("demo-clinic-good", {"windows": None}))
    assert all(
        one.state is State.ERROR for one in results if one.segment in {"terminal", "receipt-pc"}
    )


def test_shares_that_only_a_stopped_service_knows_are_not_called_right(recorded):
    changes = {f"{T}/state/serving": False, f"{T}/state/shares": []}
    found = {one.id: one for one in judge(*recorded("demo-clinic-good", changes))}
    shares = found["terminal.shares.terminal-1"]
    assert shares.state is State.ERROR
    assert "Server service" in shares.detail


def test_a_protocol_of_shares_that_is_turned_off_is_told_with_its_remedy(recorded):
    where = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters"
    off = [{"path": where, "name": "SMB2", "value": "0"}]
    found = {
        one.id: one for one in judge(*recorded("demo-clinic-good", {f"{T}/state/policies": off}))
    }
    shares = found["terminal.shares.terminal-1"]
    assert shares.state is State.FAILED
    assert "SMB2" in shares.detail
