"""After an exchange: what it brings is expected, everything else is flagged, silence is neither."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.checks.after import after, exchange_of, exchanges
from onshi_net.checks.baseline import Baseline, compared, traits
from onshi_net.errors import InputError
from tests.checks.twins import intent_of, twin

INTENT = intent_of("demo-clinic")
ACCEPTED = traits(twin("demo-clinic-good"), INTENT)
EVERY = [(subject, name) for subject, names in ACCEPTED.items() for name in names]
WHAT = sorted(exchanges(INTENT))


def beside(changes: set[tuple[str, str]], unmeasured: frozenset[str] = frozenset()):
    now = {
        subject: {
            name: "another" if (subject, name) in changes else value
            for name, value in names.items()
        }
        for subject, names in ACCEPTED.items()
        if subject not in unmeasured
    }
    kept = Baseline(site="demo-clinic", accepted_at=datetime.now(UTC), traits=ACCEPTED)
    return compared(kept, now)


@pytest.mark.parametrize("what", WHAT)
@given(st.sets(st.sampled_from(EVERY)))
def test_every_change_is_expected_or_flagged_and_told_with_both_values(what, changes):
    exchange = exchange_of(what, INTENT)
    found = after(exchange, beside(changes))
    told = {(one.subject, one.name) for one in (*found.expected, *found.unexpected)}
    assert told == changes
    wanted = {(subject, name) for subject, names in exchange.shows.items() for name in names}
    assert found.unshown == (bool(wanted & {*EVERY}) and not wanted & changes)
    assert found.is_right == (not found.unexpected and not found.unshown)
    said = "\n".join(found.lines())
    for one in (*found.expected, *found.unexpected):
        assert one.before in said
    assert "another" in said or not changes


@pytest.mark.parametrize(
    ("what", "changes", "right"),
    [
        ("router", {("router", "serial"), ("router", "mac")}, True),
        ("router", {("router", "firmware")}, False),
        ("router", {("router", "serial"), ("terminal-1", "mac")}, False),
        ("terminal-1", {("terminal-1", "mac"), ("terminal-1", "windows")}, True),
        ("terminal-1", set(), False),
        ("receipt-1", {("receipt-1", "mac"), ("router", "serial")}, False),
        ("line", set(), True),
        ("line", {("line", "prefix"), ("line", "advertiser")}, True),
        ("onu", {("line", "prefix")}, False),
        ("certificate", {("terminal-1", "certificate")}, True),
        ("certificate", {("terminal-1", "mac")}, False),
    ],
)
def test_what_an_exchange_brings(what, changes, right):
    assert after(exchange_of(what, INTENT), beside(changes)).is_right is right


def test_a_pc_that_was_not_measured_is_neither_exchanged_nor_the_same():
    found = after(exchange_of("terminal-1", INTENT), beside(set(), frozenset({"terminal-1"})))
    assert (found.unshown, found.unseen, found.is_right) == (False, True, True)
    assert "not known" in " ".join(found.lines())
    assert "Nothing else" not in " ".join(found.lines())


def test_an_unknown_word_is_refused_with_those_there_are():
    with pytest.raises(InputError) as caught:
        exchange_of("terminal-9", INTENT)
    assert "terminal-1" in str(caught.value)
    assert "onu" in str(caught.value)
