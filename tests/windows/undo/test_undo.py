"""A failure at any act of a PC's change: what is told is true of the PC.

`python -m tests.windows.undo.trial --n 300` tries 300 starting states of each PC.
"""

from __future__ import annotations

import pytest

from tests.budget import RUN, drawn

from .injector import How
from .starts import KINDS
from .trial import Case, cases, tried

ACTS = 3
"""Of each starting state; the command tries every one."""


@pytest.mark.parametrize("pc", KINDS)
def test_a_failure_at_any_act_ends_in_something_true(pc: str) -> None:
    states = drawn("pc-undo", [f"{RUN.seed}/{number}" for number in range(300)], pc)
    for state in states:
        for case in cases(pc, state, ACTS):
            ended = tried(case)
            assert not ended.wrong, (case, ended)


FOUND = (
    (Case("receipt", "11/0", 23, How.LATE), "Remove-Item"),
    (Case("terminal", "21/9", 41, How.LOST, 5), "sc, New-ItemProperty"),
)
"""What was told untruly once, and which acts fail there: of a leftover that is gone in part; of a
disabled service that runs, where what the PC said before the last step was taken for what it is."""


@pytest.mark.parametrize(("case", "acts"), FOUND)
def test_what_was_told_untruly_once(case: Case, acts: str) -> None:
    ended = tried(case)
    assert ended.act == acts
    assert not ended.wrong
