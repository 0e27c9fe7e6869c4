"""A failure at any act of a PC's change: what is told is true of the PC.

`python -m tests.windows.undo.trial --n 300` tries 300 starting states of each PC.
"""

from __future__ import annotations

import pytest

from tests.budget import RUN, drawn

from .starts import KINDS
from .trial import cases, tried

ACTS = 3
"""Of each starting state; the command tries every one."""


@pytest.mark.parametrize("pc", KINDS)
def test_a_failure_at_any_act_ends_in_something_true(pc: str) -> None:
    states = drawn("pc-undo", [f"{RUN.seed}/{number}" for number in range(300)], pc)
    for state in states:
        for case in cases(pc, state, ACTS):
            ended = tried(case)
            assert not ended.wrong, (case, ended)
