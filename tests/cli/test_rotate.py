"""`secret rotate` on the mock router and fake PCs: what is set is what is kept, after any end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onshi_net import errors
from onshi_net.cli import log
from onshi_net.cli.context import Context
from onshi_net.inventory import vault
from onshi_net.inventory.secrets import Secret
from onshi_net.platforms.change import PasswordStep
from onshi_net.platforms.yamaha.device import YamahaDevice
from onshi_net.provision import site as site_module
from onshi_net.transport.errors import CommandRejected
from tests.cli.day import PASSPHRASE, SECRETS, Day
from tests.conftest import EXAMPLES, KEPT
from tests.transport.routers import MockRouter

SITE = "demo-clinic"
OURS = {f"{SITE}/{one}" for one in ("router", "router-admin", "link")}


class Killed(BaseException):
    """The laptop's power goes."""


class Rotating:
    """A site that was provisioned, and the laptop that rotates its passwords."""

    def __init__(self, day: Day, router: MockRouter, capture: Any) -> None:
        self.day, self.router, self.capture = day, router, capture

    def onshi(self, *words: str) -> int:
        return self.day.onshi(self.capture, *words)[0]

    def held(self) -> dict[str, Any]:
        seal = self.day.seals(Secret(PASSPHRASE))
        return dict(vault.read(self.day.secrets_file, seal).values)

    def require_whole(self) -> None:
        """What is kept opens the devices: nothing differs, and no next one is left."""
        held = self.held()
        assert not [one for one in held if one.endswith(".next")], sorted(held)
        assert self.onshi("plan", SITE) == errors.EXIT_GOOD, self.day.said[-2:]


@pytest.fixture
def rotating(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any
) -> Iterator[Rotating]:
    router = MockRouter(tmp_path / "router")
    folder = tmp_path / "laptop"
    shutil.copytree(EXAMPLES, folder / "inventory", ignore=KEPT)
    one = Day(folder, "age", monkeypatch)
    one.stand_before(router)
    made = Rotating(one, router, capfdbinary)
    assert made.onshi("provision", SITE, "--yes", "--force", "test") == 0, one.said
    yield made
    log.stop()
    router.stop()


def test_new_passwords_are_on_the_devices_and_kept_and_shown_nowhere(rotating: Rotating) -> None:
    assert rotating.onshi("secret", "rotate", SITE, "--yes") == errors.EXIT_GOOD, rotating.day.said
    held = rotating.held()
    assert {name for name, value in SECRETS.items() if held[name] != value} == OURS
    said = "".join(rotating.day.said)
    assert not [one for one in OURS if held[one] in said]
    rotating.require_whole()


def kill_before_devices(patch: pytest.MonkeyPatch) -> None:
    def dead(*_given: Any, **_options: Any) -> None:
        raise Killed

    patch.setattr(site_module, "apply_site", dead)


def kill_before_the_store(patch: pytest.MonkeyPatch) -> None:
    def dead(*_given: Any) -> None:
        raise Killed

    patch.setattr(Context, "settle", dead)


@pytest.mark.parametrize("kill", [kill_before_devices, kill_before_the_store])
def test_after_a_kill_the_next_run_finishes(kill: Any, rotating: Rotating) -> None:
    with pytest.MonkeyPatch.context() as patch:
        kill(patch)
        with pytest.raises(Killed):
            rotating.onshi("secret", "rotate", SITE, "--yes")
    held = rotating.held()
    assert {held[name] for name in OURS} == {SECRETS[name] for name in OURS}
    assert {one.removesuffix(".next") for one in held if one.endswith(".next")} == OURS
    if kill is kill_before_the_store:  # the devices have the new ones
        assert rotating.onshi("plan", SITE) == errors.EXIT_DEVICE
        assert f"secret rotate {SITE}" in rotating.day.said[-1], rotating.day.said[-1]
    pending = {one: held[f"{one}.next"] for one in OURS}
    assert rotating.onshi("secret", "rotate", SITE, "--yes") == errors.EXIT_GOOD, rotating.day.said
    assert {one: rotating.held()[one] for one in OURS} == pending
    rotating.require_whole()


def test_a_change_that_is_undone_leaves_the_old_one_and_both_in_the_store(
    rotating: Rotating,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        real = YamahaDevice._set

        def refused(self: Any, which: Any, old: str | None) -> None:
            if which is PasswordStep.ADMIN and old is None:
                raise CommandRejected("administrator password", "refused", host="router")
            real(self, which, old)

        patch.setattr(YamahaDevice, "_set", refused)
        code = rotating.onshi("secret", "rotate", SITE, "--yes", "--guard", "10")
    assert code in {errors.EXIT_CHANGE_UNDONE, errors.EXIT_CHANGE_STUCK}, rotating.day.said
    held = rotating.held()
    assert held[f"{SITE}/router"] == SECRETS[f"{SITE}/router"]
    assert f"{SITE}/router.next" in held
    assert "not finished" in "".join(rotating.day.said)
    assert rotating.onshi("secret", "rotate", SITE, "--yes") == errors.EXIT_GOOD, rotating.day.said
    rotating.require_whole()


def test_nobody_who_agrees_and_an_environment_change_nothing(rotating: Rotating) -> None:
    before = rotating.held()
    assert rotating.onshi("secret", "rotate", SITE) == errors.EXIT_INTERRUPTED
    assert rotating.held() == before
    rotating.day.patch.setenv("ONSHI_SECRET_DEMO_CLINIC_LINK", SECRETS[f"{SITE}/link"])
    assert rotating.onshi("secret", "rotate", SITE, "--yes") == errors.EXIT_BAD_INPUT
    assert rotating.held() == before
