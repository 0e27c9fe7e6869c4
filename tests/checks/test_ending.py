"""How a verification ends as a whole: what could not be measured is never bad, and never good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from onshi_net import checks
from onshi_net.checks.model import ENOUGH, Ending, Lack, State, ending, verdict
from onshi_net.diagnose import diagnose
from onshi_net.facts.told import Told
from onshi_net.facts.types import Evidence
from onshi_net.facts.windows import Access, ReceiptEvidence, TerminalEvidence
from onshi_net.i18n import set_language

SILENT = ("service-off", "public-profile", "pc-off")
"""What a PC whose firewall drops everything may be; it answers neighbours all the same."""


def put_back(evidence: Evidence, *causes: str, access: Access = Access.NOT_READY) -> Evidence:
    """The same measurement after `winrm restore`."""
    windows = evidence.windows
    assert windows is not None
    reason, remedy = (Told(said="r"),), (Told(said="do this"),)
    told = {"access": access, "causes": causes, "reason": reason, "remedy": remedy}

    def shut(one: Any, kind: type[Any]) -> Any:
        return kind(session=one.session.model_copy(update=told))

    changed = windows.model_copy(
        update={
            "terminals": tuple(shut(one, TerminalEvidence) for one in windows.terminals),
            "receipts": tuple(shut(one, ReceiptEvidence) for one in windows.receipts),
        }
    )
    return evidence.model_copy(update={"windows": changed})


@pytest.mark.parametrize("causes", [("service-off",), SILENT])
def test_pcs_that_are_put_back_are_told_in_one_line_and_nothing_is_red(
    recorded, causes: tuple[str, ...]
) -> None:
    set_language("en")
    evidence, intent = recorded("demo-clinic-good")
    results = checks.judge(put_back(evidence, *causes), intent)
    assert ending(results) is Ending.GOOD
    assert [one.id for one in results if one.state in {State.FAILED, State.SKIPPED}] == []
    assert {one.lack for one in results if one.state is State.ERROR} == {Lack.WINRM}
    found = diagnose(results)
    (line,) = found.lines()
    assert "terminal-1, receipt-1" in line
    assert "onshi winrm prepare demo-clinic --out" in line
    assert "none has failed" in verdict(results, ending(results))


def test_a_pc_that_refuses_the_login_is_not_put_back(recorded) -> None:
    evidence, intent = recorded("demo-clinic-good")
    results = checks.judge(put_back(evidence, "wrong-password"), intent)
    assert ending(results) is Ending.GOOD
    assert Lack.WINRM not in {one.lack for one in results}
    assert diagnose(results).not_asked == ""
    assert diagnose(results).undetermined


@pytest.mark.parametrize("segment", ENOUGH)
def test_a_site_of_which_a_segment_was_not_measured_is_not_called_good(
    recorded, segment: str
) -> None:
    results = checks.judge(*recorded("demo-clinic-good"))
    assert ending(results) is Ending.GOOD
    left = [one for one in results if one.segment != segment]
    assert ending(left) is Ending.OPEN
    assert ending(left, whole=False) is Ending.GOOD
    assert ending([], whole=False) is Ending.OPEN


def test_one_failure_is_a_failure_whatever_else_was_measured(recorded) -> None:
    results = checks.judge(*recorded("demo-clinic-line-down"))
    assert ending(results) is Ending.FAILED


def test_a_check_that_breaks_keeps_a_site_from_being_called_good(recorded) -> None:
    first, *rest = checks.judge(*recorded("demo-clinic-good"))
    broken = replace(first, state=State.ERROR, lack=Lack.CHECK)
    assert ending([broken, *rest]) is Ending.OPEN
