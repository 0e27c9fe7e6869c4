"""What `plan` and `provision` say of a router beside its lines, and the words they take."""

from __future__ import annotations

import pytest

from onshi_net import errors
from onshi_net.cli import provision as told_by
from onshi_net.cli.run import run
from onshi_net.platforms.base import Identity
from onshi_net.platforms.change import Command
from onshi_net.provision.plan import RouterPlan

LOSS = "Internet by PPPoE at pp 1"


def plan(**changes: object) -> RouterPlan:
    command = Command(("no pp enable 1",), ("pp enable 1",))
    return RouterPlan("router", Identity(), (command,), False, (), **changes)  # type: ignore[arg-type]


def test_a_plan_says_what_would_be_lost_and_by_which_word_it_may_be() -> None:
    beside = told_by._beside(plan(losses=(LOSS,)))
    assert beside[0] == f"! would be gone: {LOSS}"
    assert "--replace-config router" in beside[1]
    assert told_by._beside(plan()) == []
    assert told_by._plan_json(plan(losses=(LOSS,)))["losses"] == [LOSS]


def test_a_plan_says_that_the_router_is_restarted_in_the_middle() -> None:
    stages = (("lan flexible-port lan1=1-8",), ())
    assert "restarted in the middle" in told_by._beside(plan(stages=stages))[0]
    assert told_by._plan_json(plan(stages=stages))["notes"]


@pytest.mark.parametrize(
    ("host", "sentence"),
    [("routr", "there is no host 'routr'"), ("terminal-1", "terminal-1 has no configuration")],
)
def test_only_the_routers_configuration_is_replaced(host, sentence, inventory, capsys) -> None:
    arguments = ["provision", "demo-clinic", "--yes", "--replace-config", host]
    code = run(["--lang", "en", "--inventory", str(inventory), *arguments])
    err = " ".join(capsys.readouterr().err.split())
    assert code == errors.EXIT_BAD_INPUT, err
    assert f"--replace-config: {sentence}" in err
    assert "Possible: router" in err
