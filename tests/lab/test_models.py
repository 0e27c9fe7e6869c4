"""Every model, from the delivered router to a green verification, and from there to no change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.clinic import needs_root
from tests.lab.sites.compose import FIRMWARE, composed
from tests.lab.sites.draws import Draws, ModelDraw
from tests.lab.sites.exercise import Exercise

OLDEST = 0.0


@needs_root
@pytest.mark.parametrize("model", sorted(FIRMWARE))
def test_a_delivered_router_is_provisioned_verified_and_then_left_alone(
    model: str, tmp_path: Path
) -> None:
    """With the oldest firmware that serves, which has the fewest commands."""
    draws = Draws(models=ModelDraw(model, firmware=OLDEST))
    outcome = Exercise(composed(0, draws, frozenset()), tmp_path).run()
    assert outcome.failure is None, outcome.line
    taken = [step.name for step in outcome.steps]
    assert taken[:7] == [
        "up", "trust", "plan", "provision", "verify", "plan-again", "provision-again",
    ]  # fmt: skip


@needs_root
def test_a_router_whose_unnamed_user_has_a_password_is_provisioned_like_any_other(
    tmp_path: Path,
) -> None:
    """It asks for that password in the middle of `show config 0` (RTX reference 57.2)."""
    exercise = Exercise(composed(0, Draws(), frozenset()), tmp_path)
    hosts = exercise.clinic.inventory / "sites" / exercise.clinic.site / "hosts.yaml"
    text = hosts.read_text(encoding="utf-8")
    initial = "    initial_secret: start-pack/router-initial\n"
    assert initial in text
    own = f"{initial}    unnamed_secret: {exercise.clinic.site}/router-unnamed\n"
    hosts.write_text(text.replace(initial, own), encoding="utf-8")
    outcome = exercise.run()
    assert outcome.failure is None, outcome.line
