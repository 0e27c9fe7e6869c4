"""Secrets are judged before anything is said to any device, all of them at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from onshi_net.errors import InputError
from onshi_net.inventory.secrets import Secrets
from onshi_net.model import router_model
from onshi_net.provision.passwords import require_router, windows_faults
from onshi_net.provision.plan import plan_router
from tests.transport.routers import VALUES, intent_for, new_secrets

NOWHERE = 1
"""A port where nothing listens."""


def refusal(model: str = "RTX830", **changes: str) -> InputError:
    intent = replace(intent_for(NOWHERE), model=router_model(model))
    with pytest.raises(InputError) as caught:
        require_router(intent, new_secrets(**changes))
    return caught.value


def test_all_faults_of_all_secrets_are_one_refusal_without_a_value() -> None:
    error = refusal(
        **{
            "demo-clinic/router": "two words?",
            "demo-clinic/router-admin": "パスワード",
            "start-pack/router-initial": "with\ttab",
        }
    )
    places = [fault.place.item for fault in error.faults]
    assert places == ["demo-clinic/router", "demo-clinic/router-admin", "start-pack/router-initial"]
    first, second, third = error.faults
    assert "it has a blank, it has a ?" in first.problem
    assert "not ASCII" in second.problem
    assert "it has a tab" in third.problem
    assert "secret set demo-clinic/router" in first.remedy
    assert not any(word in str(error) for word in ("two words", "パスワード", "with\ttab"))


def test_an_rtx840_takes_no_short_password() -> None:
    (fault,) = refusal("RTX840", **{"demo-clinic/router": "Short7x"}).faults
    assert "7 characters, fewer than 8" in fault.problem


def test_a_missing_secret_is_told_beside_one_that_can_not_be_used() -> None:
    values = {**VALUES, "demo-clinic/router": "?"}
    del values["demo-clinic/router-admin"]
    with pytest.raises(InputError) as caught:
        require_router(intent_for(NOWHERE), Secrets([values.get]))
    assert len(caught.value.faults) == 2


def test_a_delivery_password_that_the_router_has_may_have_signs_that_we_would_not_choose() -> None:
    require_router(intent_for(NOWHERE), new_secrets(**{"start-pack/router-initial": "a b?"}))


def test_without_a_delivery_password_nothing_is_missing() -> None:
    values = {name: value for name, value in VALUES.items() if "initial" not in name}
    require_router(intent_for(NOWHERE), Secrets([values.get]))


def test_nothing_is_connected_for_a_password_that_can_not_be_used(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="blank"):
        plan_router(intent_for(NOWHERE), new_secrets(**{"demo-clinic/router": "a b"}), tmp_path)


def test_windows_passwords_may_be_japanese_but_end_no_line() -> None:
    secrets = Secrets([{"good": "ひみつ 1", "bad": "a\r\nb"}.get])
    (fault,) = windows_faults(["good", "bad"], secrets)
    assert fault.place.item == "bad"
