"""The work table: whose a row is, how it stands, and what it waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.model.survey import Prerequisites, ReceiptSurvey, ReceiptWork, Survey
from onshi_net.papers.work import BEFORE, ROWS, Result, Work, work_of
from tests.papers.reading import dossier

ON = date(2026, 12, 1)
NONE = Survey(done_on=date(2026, 10, 15), receipt=ReceiptSurvey(count=0))


def of(site: str = "demo-clinic", **changes: object) -> dict[int, Work]:
    one = dossier(site)
    case = replace(one.case, **changes) if changes else one.case
    return {row.number: row for row in work_of(replace(one, case=case), ON)}


def test_what_is_written_down_is_done_and_what_nobody_measured_is_not_measured() -> None:
    rows = of()
    assert list(rows) == list(range(1, ROWS + 1))
    assert {n for n, row in rows.items() if row.result.is_done} == {1, 2, 3, 8}
    assert {row.result.state for n, row in rows.items() if n in (4, 5, 7, 9, 10, 11)} == {
        "unmeasured"
    }
    assert rows[9].waits_for == (4, 5, 7)
    assert rows[13].waits_for == (11, 12)
    assert all(row.waits_for == () for row in rows.values() if row.result.is_done)


def test_of_a_site_of_which_nobody_said_anything_nothing_is_done() -> None:
    rows = of(prerequisites=Prerequisites(), survey=Survey(), receipt_pcs=None)
    assert not any(row.result.is_done for n, row in rows.items() if n != 8)
    assert rows[5].waits_for == (3,)
    assert set(rows[8].waits_for or rows[9].waits_for) >= {2}


def test_who_sets_up_the_receipt_pcs_has_the_row() -> None:
    for by, party in ((ReceiptWork.NTT, "ours"), (ReceiptWork.VENDOR, "vendor"),
                      (ReceiptWork.CUSTOMER, "customer"), (None, "open")):  # fmt: skip
        survey = dossier("demo-clinic").case.survey
        receipt = survey.receipt.model_copy(update={"work_by": by})
        rows = of(survey=survey.model_copy(update={"receipt": receipt}))
        assert rows[11].party == party
    assert of(survey=NONE)[11].result == Result("not-applicable")
    assert 11 not in of(survey=NONE)[13].waits_for


@given(st.sampled_from(sorted(BEFORE)))
def test_nothing_waits_for_itself_or_in_a_circle(number: int) -> None:
    seen: set[int] = set()
    waiting = [number]
    while waiting:
        one = waiting.pop()
        for before in BEFORE.get(one, ()):
            assert before != number
            if before not in seen:
                seen.add(before)
                waiting.append(before)


@pytest.mark.parametrize(
    ("said", "state", "note"),
    [
        ({"caf_number": False}, "missing", "3"),
        ({"caf_number": None}, "unknown", "3"),
        ({"account": False, "caf_number": None}, "missing", "1"),
        ({"billing_used": True, "billing_application": None}, "unknown", "4"),
    ],
)
def test_a_preparation_said_to_be_left_is_left_and_one_not_asked_is_not_known(
    said: dict[str, bool | None], state: str, note: str
) -> None:
    before = dossier("demo-clinic").case.prerequisites
    row = of(prerequisites=before.model_copy(update=said))[2]
    assert row.result.state == state
    assert row.result.note.endswith(note)
