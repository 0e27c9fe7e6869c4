"""`secret fill`, `list`, `remove`: a site's references, asked once, made where ours to choose."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.cli import asking, log
from onshi_net.cli.run import run
from onshi_net.intent import site_intent
from onshi_net.intent.secrets import Chosen, secret_uses
from onshi_net.inventory import load_site, vault
from onshi_net.inventory.made import LETTERS, new_password
from onshi_net.inventory.secrets import Secret
from onshi_net.model.catalogue import router_model, router_model_names
from onshi_net.model.passwords import reasons_at_windows
from onshi_net.platforms.base import platform
from onshi_net.provision.site import Workshop
from tests.conftest import EXAMPLES, KEPT, SITES
from tests.inventory.seals import by_passphrase

WORDS = "open sesame"
SITE = "demo-clinic"
OURS = {f"{SITE}/router", f"{SITE}/router-admin", f"{SITE}/link"}
ASKED = ["start-pack/router-initial"]
ASKED += [f"{SITE}/{one}" for one in ("terminal-1-admin", "receipt-1-admin", "receipt-1-user")]


class Visit:
    """A laptop with a new secrets file and a person who answers."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        self.folder, self.patch, self.capsys = folder, patch, capsys
        self.seals = by_passphrase()
        self.answers: Iterator[str] = iter(())
        self.asked: list[str] = []
        patch.setattr(vault, "PassphraseSeal", self.seals)
        patch.setattr(asking, "TERMINAL", "/nowhere/tty")
        patch.setenv(asking.PASSPHRASE, WORDS)
        patch.setattr(asking, "ask_secret", self._answer)

    def _answer(self, prompt: str) -> str:
        self.asked.append(prompt)
        found = next(self.answers, None)
        if found is None:
            raise KeyboardInterrupt
        return found

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory"

    def onshi(self, *words: str, answers: list[str] = (), given: bytes = b"") -> tuple[int, str]:
        self.answers, self.asked[:] = iter(answers), []
        self.patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        base = ["--lang", "en", "--inventory", str(self.inventory)]
        code = run([*base, "--secrets", str(self.folder / "s.age"), *words])
        streams = self.capsys.readouterr()
        return code, streams.out + streams.err

    def held(self) -> dict[str, str]:
        if not (self.folder / "s.age").exists():
            return {}
        return dict(vault.read(self.folder / "s.age", self.seals(Secret(WORDS))).values)


@pytest.fixture
def visit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Visit]:
    for name in list(os.environ):
        if name.startswith("ONSHI_SECRET_"):
            monkeypatch.delenv(name)
    shutil.copytree(EXAMPLES, tmp_path / "inventory", ignore=KEPT)
    yield Visit(tmp_path, monkeypatch, capsys)
    log.stop()


def test_a_new_site_is_asked_once_each_and_what_is_ours_is_made(visit):
    typed = ["initial-1", "Admin-1a", "Admin-2b", "User-3c"]
    code, said = visit.onshi("secret", "fill", SITE, answers=typed)
    assert code == errors.EXIT_GOOD, said
    held = visit.held()
    assert [held[one] for one in ASKED] == typed
    assert len(visit.asked) == len(ASKED)
    assert set(held) == OURS | set(ASKED)
    assert len({held[one] for one in OURS}) == len(OURS)
    assert [value for value in held.values() if value in said] == []
    again, said = visit.onshi("secret", "fill", SITE)
    assert (again, visit.asked, visit.held()) == (errors.EXIT_GOOD, [], held)


def test_a_site_that_was_set_up_before_is_asked_for_its_own_passwords(visit):
    (visit.inventory / "sites" / SITE / "known_hosts").write_text("")
    code, _ = visit.onshi("secret", "fill", SITE, answers=[""] * 7)
    assert code == errors.EXIT_OPEN
    assert len(visit.asked) == len(ASKED) + len(OURS)
    assert visit.held() == {}


@pytest.mark.parametrize("count", range(len(ASKED)))
def test_what_was_typed_before_an_interruption_is_kept(count, visit):
    typed = ["initial-1", "Admin-1a", "Admin-2b", "User-3c"][:count]
    code, _ = visit.onshi("secret", "fill", SITE, answers=typed)
    assert code == errors.EXIT_INTERRUPTED
    held = visit.held()
    assert {one: held[one] for one in ASKED if one in held} == dict(zip(ASKED, typed, strict=False))
    assert held.keys() >= OURS


@pytest.mark.parametrize(
    ("wrong", "at"), [("ta\tb", 1), ("x" * 257, 2), ("日本語", 0), ("\x07", 3)]
)
def test_what_a_device_would_refuse_is_asked_again_at_once(wrong, at, visit):
    typed = ["initial-1", "Admin-1a", "Admin-2b", "User-3c"]
    code, said = visit.onshi("secret", "fill", SITE, answers=[*typed[:at], wrong, *typed[at:]])
    assert code == errors.EXIT_GOOD
    assert wrong not in visit.held().values()
    assert "does not take this password" in said
    assert wrong not in said


def test_enter_leaves_one_for_later_and_says_which(visit):
    code, said = visit.onshi("secret", "fill", SITE, answers=["", "", "Admin-2b", "User-3c"])
    assert code == errors.EXIT_OPEN
    assert f"Still missing: {SITE}/terminal-1-admin." in said  # the delivered one may be missing
    assert visit.onshi("secret", "fill", SITE, answers=["", "Admin-1a"])[0] == errors.EXIT_GOOD


def test_the_sheet_has_what_was_made_and_is_its_owners_only(visit):
    sheet = visit.folder / "sheet.html"
    visit.onshi("secret", "fill", SITE, answers=["", "A-1", "A-2", "U-3"])
    code, said = visit.onshi("secret", "fill", SITE, "--sheet", str(sheet), answers=[""])
    assert code == errors.EXIT_GOOD
    page, held = sheet.read_text(encoding="utf-8"), visit.held()
    assert {one for one, value in held.items() if value in page} == OURS
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    assert str(sheet) in said
    assert visit.onshi("secret", "fill", SITE, "--sheet", "sheet.doc")[0] == errors.EXIT_BAD_INPUT


def test_no_keyring_and_no_file_is_told_before_anything_is_typed(visit, monkeypatch):
    from keyring.backends import fail

    monkeypatch.setattr("keyring.core._keyring_backend", fail.Keyring())
    code = run(["--inventory", str(visit.inventory), "--lang", "en", "secret", "fill", SITE])
    assert (code, visit.asked) == (errors.EXIT_BAD_INPUT, [])
    assert "--secrets" in visit.capsys.readouterr().err


def test_a_file_that_can_not_be_made_is_told_before_anything_is_typed(visit):
    file = visit.folder / "nowhere" / "s.age"
    base = ["--inventory", str(visit.inventory), "--lang", "en", "--secrets", str(file)]
    assert run([*base, "secret", "fill", SITE]) == errors.EXIT_BAD_INPUT
    assert visit.asked == []
    assert str(file.parent) in visit.capsys.readouterr().err


@pytest.mark.parametrize("site", SITES)
def test_all_that_a_run_resolves_is_listed(site):
    """What `provision` asks the backends for, as `Workshop` lists it, is what `fill` fills."""
    inventory = load_site(EXAMPLES, site)
    intent = site_intent(inventory)
    uses = secret_uses(intent)
    references = [use.reference for use in uses]
    assert len(references) == len(set(references))
    shop = Workshop(inventory, intent, None, Path(), Path(), ())
    needed = {use.reference for use in uses if use.chosen in {Chosen.OURS, Chosen.GIVEN}}
    own = intent.router.management
    every = {own.secret, own.admin_secret, *shop._references(set(shop.names(None)))}
    assert every == needed


def test_a_made_password_fits_every_device():
    rules = [platform(m.platform).passwords(m) for m in map(router_model, router_model_names())]
    made = [new_password().reveal() for _ in range(200)]
    assert len(set(made)) == len(made)
    for value in made:
        assert set(value) <= set(LETTERS)
        assert any(map(str.islower, value))
        assert any(map(str.isupper, value))
        assert any(map(str.isdigit, value))
        assert [
            *reasons_at_windows(value),
            *(r for rule in rules for r in rule.settable(value)),
        ] == []


def test_the_list_names_references_and_never_a_value(visit):
    visit.onshi("secret", "fill", SITE, answers=["", "Admin-1a", "Admin-2b", "User-3c"])
    seal = visit.seals(Secret(WORDS))
    vault.store(visit.folder / "s.age", seal, "old/thing", Secret("Old-9"))
    code, said = visit.onshi("secret", "list")
    assert code == errors.EXIT_GOOD
    assert "old/thing: no site uses it" in said
    assert "demo-pharmacy/router  MISSING" in said
    found = json.loads(visit.onshi("secret", "list", SITE, "--json")[1])["secrets"]
    where = {one["reference"]: one["source"] for one in found}
    assert where[f"{SITE}/link"] == "file"
    assert where["start-pack/router-initial"] == ""
    values = [*visit.held().values()]
    assert [value for value in values if value in said] == []


def test_a_value_is_removed_and_nothing_else(visit):
    visit.onshi("secret", "fill", SITE, answers=["", "Admin-1a", "Admin-2b", "User-3c"])
    before = visit.held()
    assert visit.onshi("secret", "remove", f"{SITE}/link", given=b"\n")[0] == errors.EXIT_GOOD
    assert visit.onshi("secret", "remove", f"{SITE}/link")[0] == errors.EXIT_INTERRUPTED
    assert visit.held() == before
    assert visit.onshi("secret", "remove", f"{SITE}/link", given=b"y\n")[0] == errors.EXIT_GOOD
    del before[f"{SITE}/link"]
    assert visit.held() == before
    code, said = visit.onshi("secret", "remove", f"{SITE}/link", "--yes")
    assert code == errors.EXIT_BAD_INPUT
    assert "is not stored" in said


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        (f"{SITE}/link", errors.EXIT_GOOD),
        ("backup/identity", errors.EXIT_GOOD),
        ("start-pack/router-initial", errors.EXIT_GOOD),
        (f"{SITE}/lnik", errors.EXIT_BAD_INPUT),
        ("demo-clinc/link", errors.EXIT_BAD_INPUT),
        ("nobody/link", errors.EXIT_BAD_INPUT),
    ],
)
def test_a_reference_that_no_site_uses_is_refused(reference, code, visit):
    found, said = visit.onshi("secret", "set", reference, given=b"Some-Value-1")
    assert found == code, said
    assert set(visit.held()) == ({reference} if code == errors.EXIT_GOOD else set())
    if "clin" in reference and code:
        assert f"{SITE}/link" in said


def test_of_an_unfinished_site_nobody_can_say_what_it_uses(visit):
    (visit.inventory / "sites" / SITE / "hosts.yaml").unlink()
    assert visit.onshi("secret", "set", f"{SITE}/other", given=b"x")[0] == errors.EXIT_GOOD
