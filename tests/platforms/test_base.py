"""A family is found by its entry point, and one that nobody installed is said by name."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from onshi_net.errors import InputError
from onshi_net.intake.write import stock_groups
from onshi_net.model import catalogue, router_model
from onshi_net.model.catalogue import router_model_names
from onshi_net.platforms import base, platform


@pytest.mark.parametrize("model", router_model_names())
def test_every_model_has_a_family(model: str) -> None:
    assert platform(router_model(model).platform) is platform(router_model(model).platform)


def test_a_family_may_come_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = EntryPoint("mine", f"{__name__}:Mine", base.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda _self: Mine)
    monkeypatch.setattr(base, "entry_points", lambda **asked: EntryPoints([mine]).select(**asked))
    monkeypatch.setattr(base, "platform", base.platform.__wrapped__)
    assert isinstance(base.platform("mine"), Mine)


class Mine:
    """A family of this test's own."""


def test_models_may_come_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = EntryPoint("mine", "onshi_toy.data", catalogue.MODELS)
    monkeypatch.syspath_prepend(Path(__file__).parent / "toy" / "src")
    monkeypatch.setattr(catalogue, "entry_points", lambda **_asked: EntryPoints([mine]))
    monkeypatch.setattr(catalogue, "_others", catalogue._others.__wrapped__)
    assert "TOY1" in catalogue.router_model_names()
    assert "RTX830" in catalogue.router_model_names()
    found = catalogue.router_model.__wrapped__("TOY1")
    assert (found.platform, found.maker_macs, found.family) == ("toy", ("02:70:79",), ())
    for name in ("toy1", "../routers/TOY1", "TOY2"):
        assert not catalogue.is_router_model(name)
    assert stock_groups()["toy1"]["platform"] == "toy"
    assert "platform" not in stock_groups()["rtx830"]


def test_one_that_is_not_installed_is_named_with_those_that_are() -> None:
    with pytest.raises(InputError) as refused:
        platform("nobodys")
    told = str(refused.value)
    assert "nobodys" in told
    assert "yamaha" in told
    assert "scripts/setup" in told
