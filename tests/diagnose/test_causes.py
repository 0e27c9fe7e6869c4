"""From results to causes: what failed by itself is one; what was not measured stays unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from onshi_net.checks import CheckResult, Party, State
from onshi_net.checks.catalogue import checks
from onshi_net.checks.model import Finding, Severity
from onshi_net.diagnose import diagnose
from onshi_net.i18n import text


def result(name, state, *, party=Party.TECHNICIAN, cause=None, detail="as measured", message=""):
    """A result as the declaration of its check makes it."""
    kind, subject = ".".join(name.split(".")[:2]), name.split(".", 2)[2:]
    known = next((one for one in checks() if one.id == kind), None)
    explained = [one.about(*subject or [None]) for one in known.explained_by] if known else []
    return CheckResult(
        severity=known.severity if known else Severity.PROBLEM,
        explained_by=tuple(explained),
        id=name,
        segment=name.partition(".")[0],
        state=state,
        duration_s=0.0,
        needs=(),
        title=f"title of {name}",
        detail=detail,
        clause="",
        remedy=f"mend {name}",
        party=party,
        message=message,
        cause=cause,
    )


PASSED, FAILED, SKIPPED, ERROR = State.PASSED, State.FAILED, State.SKIPPED, State.ERROR


def test_a_good_site_has_neither_cause_nor_unknown():
    found = diagnose([result("router.wan-link", PASSED), result("lan.loop", State.NOT_APPLICABLE)])
    assert (found.causes, found.undetermined, found.lines()) == ((), (), [])


def test_what_was_skipped_follows_from_its_cause():
    found = diagnose(
        [
            result("line.carries", FAILED, party=Party.LINE),
            result("ip-vpn.resolvers", SKIPPED, cause="line.carries"),
            result("ip-vpn.name.proxy", SKIPPED, cause="line.carries"),
        ]
    )
    (cause,) = found.causes
    assert (cause.segment, cause.party, cause.action) == ("line", Party.LINE, "mend line.carries")
    assert cause.follows == ("ip-vpn.resolvers", "ip-vpn.name.proxy")
    assert cause.evidence == ("as measured",)


def test_causes_of_one_kind_are_one_and_of_two_parties_two():
    found = diagnose(
        [
            result("service.tls.a", FAILED, party=Party.INSTITUTION),
            result("service.tls.b", FAILED, party=Party.INSTITUTION),
            result("service.tls.c", FAILED, party=Party.FUND),
        ]
    )
    assert [one.checks for one in found.causes] == [
        ("service.tls.a", "service.tls.b"),
        ("service.tls.c",),
    ]


def test_a_verdict_with_a_sentence_of_its_own_is_a_cause_of_its_own():
    found = diagnose(
        [
            result("terminal.certificate.a", FAILED, message="terminal.certificate.missing"),
            result("terminal.certificate.b", FAILED, message="terminal.certificate.soon"),
            result("terminal.certificate.c", FAILED, message="terminal.certificate.missing"),
            result("lan.present.a", FAILED, message="lan.present.silent"),
        ]
    )
    assert [(one.cause, len(one.checks)) for one in found.causes] == [
        (text("checks.lan.present.cause"), 1),
        (text("checks.terminal.certificate.missing.cause"), 2),
        (text("checks.terminal.certificate.soon.cause"), 1),
    ]


def test_a_wrong_configuration_explains_what_it_opens():
    found = diagnose(
        [
            result("router.saved", FAILED),
            result("router.config", FAILED),
            result("policy.inbound", FAILED),
            result("line.prefix", FAILED, party=Party.LINE),
            result("service.time.time", FAILED, party=Party.FUND),
        ]
    )
    assert [one.checks for one in found.causes] == [
        ("router.config", "router.saved", "policy.inbound", "line.prefix"),
        ("service.time.time",),
    ]
    assert found.causes[0].segment == "router"


def test_a_hole_without_a_wrong_configuration_is_a_cause_of_its_own():
    found = diagnose([result("router.config", PASSED), result("policy.inbound", FAILED)])
    assert [one.segment for one in found.causes] == ["policy"]


def test_the_cause_nearest_to_the_line_comes_first():
    found = diagnose([result("lan.dhcp", FAILED), result("line.quality", FAILED)])
    assert [one.segment for one in found.causes] == ["line", "lan"]


def test_what_could_not_be_measured_is_no_cause():
    found = diagnose(
        [
            result("router.wan-link", ERROR, detail="no session"),
            result("line.prefix", ERROR, detail="no session"),
        ]
    )
    assert found.causes == ()
    (sentence,) = found.undetermined
    assert "title of router.wan-link; title of line.prefix" in sentence
    assert found.lines() == [f"Not determinable from here: {sentence}"]


def test_json_is_plain_data():
    data = diagnose([result("line.carries", FAILED, party=Party.LINE)]).to_json()
    assert data["causes"][0]["party"] == "ntt-line"
    assert data["undetermined"] == []


def test_a_strangers_router_is_a_cause_of_its_own_beside_a_changed_configuration():
    found = diagnose(
        [
            result("router.config", FAILED, message="router.config.differs"),
            replace(result("lan.ra-source", FAILED, party=Party.INSTITUTION), explained_by=()),
            result("policy.inbound", FAILED, message="policy.inbound.open"),
        ]
    )
    assert [(one.party, one.checks) for one in found.causes] == [
        (Party.TECHNICIAN, ("router.config", "policy.inbound")),
        (Party.INSTITUTION, ("lan.ra-source",)),
    ]


def test_software_that_is_missing_does_not_explain_a_blocked_way():
    blocked = result("policy.receipt-to-terminal.terminal-1", FAILED, message="x.blocked")
    for sentence, count in (("terminal.services.missing", 2), ("terminal.services.differs", 1)):
        services = result("terminal.services.terminal-1", FAILED, message=sentence)
        assert len(diagnose([blocked, services]).causes) == count, sentence


EXPLAINED = [(one.id, found) for one in checks() for found in one.explained_by]


@pytest.mark.parametrize(
    ("name", "found"), EXPLAINED, ids=[f"{n} by {f.check}" for n, f in EXPLAINED]
)
def test_what_explains_a_failure_is_its_cause_and_without_it_the_check_is_its_own(name, found):
    """D4 to D8 of the mutants: each declared explanation is taken, and none that is not there."""
    subject = "x@y" if "{host}" in found.check or "{peer}" in found.check else "x"
    each = any(one.id == name and one.each for one in checks())
    failing = result(f"{name}.{subject}" if each else name, FAILED)
    other = found.about(subject).check
    way = f"{'.'.join(other.split('.')[:2])}.{found.ways[0]}" if found.ways else ""
    (one,) = diagnose([failing, result(other, FAILED, message=way)]).causes
    assert one.checks == (other, failing.id)
    (alone,) = diagnose([failing, result(other, PASSED)]).causes
    assert alone.checks == (failing.id,)


def test_a_cause_that_is_explained_itself_leads_to_the_one_at_the_bottom():
    by = {"loop": "switch", "switch": "laptop", "dhcp": "present", "present": "dhcp"}
    explained = [
        replace(result(f"lan.{one}", FAILED), explained_by=(Finding(f"lan.{why}"),))
        for one, why in by.items()
    ]
    found = diagnose([*explained, result("lan.laptop", FAILED)]).causes
    assert {one.checks for one in found} == {
        ("lan.laptop", "lan.loop", "lan.switch"),
        ("lan.dhcp",),  # of a circle nothing is lost
        ("lan.present",),
    }


def test_warnings_come_after_what_is_broken():
    warning = replace(result("line.quality", FAILED), severity=Severity.WARNING)
    found = diagnose([warning, result("lan.dhcp", FAILED)])
    assert [one.segment for one in found.causes] == ["lan", "line"]
    assert any(line.startswith("Warning [") for line in found.lines())


def test_a_router_whose_console_is_silent_explains_what_it_does_no_longer():
    silent = result("router.login", FAILED, message="router.login.silent")
    own = [
        result("ip-vpn.name.qualification", FAILED),
        result("lan.ra-source", FAILED, message="lan.ra-source.silent"),
    ]
    (cause,) = diagnose([silent, *own]).causes
    assert (cause.segment, len(cause.checks)) == ("router", 3)
    refused = result("router.login", FAILED, message="router.login.refused")
    assert len(diagnose([refused, *own]).causes) == 3
