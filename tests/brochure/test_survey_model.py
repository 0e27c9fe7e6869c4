"""The survey's model: what a hand-written site.yaml may say, and how it is refused."""

from __future__ import annotations

import datetime

import pytest

from onshi_net.errors import InputError
from onshi_net.intake import load_case
from onshi_net.model.survey import Prerequisites, done

ON = datetime.date(2026, 11, 25)

FAULTY = [
    ("survey: {access: {branch: modem}}", "survey.access.branch", "possible: none, hub"),
    ("survey: {access: {free_port: 3}}", "survey.access.free_port", "true or false"),
    ("survey: {terminals: many}", "survey.terminals", "a number"),
    ("survey: {wiring: {cable_m: -1}}", "survey.wiring.cable_m", "greater"),
    ("survey: {network: {terminals: [1.2.3]}}", "survey.network.terminals", "octets"),
    ("survey: {line: {use: both}}", "survey.line.use", "possible: existing, new"),
    ("survey: {nonsense: 1}", "survey.nonsense", "no field"),
    ("prerequisites: {account: soon}", "prerequisites.account", "a date"),
    ("contract: {support: {plan: C}}", "contract.support.plan", "'A' or 'B'"),
    ("contract: {devices: [{name: x, kind: y}]}", "contract.devices.0.kind", "possible: router"),
]


@pytest.mark.parametrize(("line", "item", "reason"), FAULTY)
def test_a_faulty_answer_is_one_fault_with_its_line(inventory, line, item, reason):
    path = inventory / "sites" / "demo-clinic" / "site.yaml"
    kept = path.read_text(encoding="utf-8").split("\nsurvey:")[0].splitlines()
    path.write_text("\n".join([*kept, line, ""]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_case(inventory, "demo-clinic")
    (fault,) = caught.value.faults
    assert fault.place.item == item
    assert fault.place.line == len(kept) + 1
    assert reason in fault.problem


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        (None, False),
        (ON, True),
        (ON + datetime.timedelta(days=1), False),
    ],
)
def test_when_a_preparation_counts_as_done(value, expected):
    assert done(value, ON) is expected
    assert done(Prerequisites(account=value).account, ON) is expected
