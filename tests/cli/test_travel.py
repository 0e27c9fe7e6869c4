"""`pack` and `take-in`: a site packed, opened without its inventory, brought home and merged."""

from __future__ import annotations

import datetime
import io
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onshi_net import errors
from onshi_net.cli import asking, log
from onshi_net.cli.run import run
from onshi_net.inventory import load_site, vault
from onshi_net.inventory.secrets import Secret
from onshi_net.travel import bringing, laptop, opening, packing, parcel
from tests.conftest import EXAMPLES, KEPT
from tests.inventory.seals import by_passphrase

SITE = "demo-clinic"
SECRETS = {
    f"{SITE}/{name}": f"Kept-{name}-value"
    for name in ("router", "router-admin", "link", "terminal-1-admin", "receipt-1-admin")
}
OTHERS = {"demo-dental/router": "Not-for-travel-1", "demo-dental/link": "Not-for-travel-2"}
KEYS = [
    f"10.51.1.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{letter}sYx0yCqVSZ5Ndbg8dzVuDmZBe1rQyK"
    "q2KQGWVQpHDH x\n"
    for letter in "GJ"
]


class Travel:
    """Two folders on two laptops, and a passphrase for each of them and for what travels."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        self.patch, self.capsys = patch, capsys
        self.home, self.away = folder / "home", folder / "away"
        self.pack, self.visit = folder / "a.pack", folder / "a.visit"
        self.seals = by_passphrase()
        patch.setattr(vault, "PassphraseSeal", self.seals)
        patch.setattr(asking, "TERMINAL", "/nowhere/tty")
        patch.setenv("ONSHI_PACK_PASSPHRASE", "for the way")
        patch.setenv("XDG_CONFIG_HOME", str(folder / "laptop"))
        shutil.copytree(EXAMPLES, self.home / "inventory", ignore=KEPT)
        self.away.mkdir()
        self.hold(self.home / "s.age", "at home", {**SECRETS, **OTHERS})

    def hold(self, file: Path, passphrase: str, values: dict[str, str]) -> None:
        some = {name: Secret(value) for name, value in values.items()}
        vault.store_all(file, self.seals(Secret(passphrase)), some)

    def held(self, file: Path, passphrase: str) -> dict[str, Any]:
        return dict(vault.read(file, self.seals(Secret(passphrase))).values)

    def at_home(self, *words: str) -> tuple[int, str]:
        return self._run(self.home, "at home", ["--secrets", "s.age", *words])

    def out_there(self, *words: str) -> tuple[int, str]:
        return self._run(self.away, "for the way", list(words))

    def _run(self, folder: Path, passphrase: str, words: list[str]) -> tuple[int, str]:
        self.patch.chdir(folder)
        self.patch.setenv(asking.PASSPHRASE, passphrase)
        self.patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
        self.capsys.readouterr()
        code = run(["--lang", "en", *words])
        streams = self.capsys.readouterr()
        log.stop()
        return code, streams.out + streams.err

    def packed(self) -> None:
        code, said = self.at_home("pack", SITE, "--out", str(self.pack))
        assert code == 0, said

    def opened(self) -> None:
        self.packed()
        code, said = self.out_there("take-in", str(self.pack))
        assert code == 0, said

    def brought(self) -> None:
        self.visit.unlink(missing_ok=True)
        code, said = self.out_there("pack", SITE, "--out", str(self.visit))
        assert code == 0, said

    def site(self, folder: Path) -> Path:
        return folder / "inventory" / "sites" / SITE

    def edit(self, folder: Path, old: str, new: str, name: str = "site.yaml") -> None:
        file = self.site(folder) / name
        said = file.read_text(encoding="utf-8")
        assert old in said
        file.write_text(said.replace(old, new), encoding="utf-8")


@pytest.fixture
def travel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Travel]:
    for name in list(os.environ):
        if name.startswith("ONSHI_SECRET_"):
            monkeypatch.delenv(name)
    yield Travel(tmp_path, monkeypatch, capsys)
    log.stop()


def tree(folder: Path) -> dict[str, bytes]:
    """Everything that lies there, locks and logs excepted."""
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file() and one.suffix not in {".lock", ".log"}
    }


def test_a_pack_holds_one_site_and_no_other_secret(travel: Travel) -> None:
    travel.packed()
    seal = travel.seals(Secret("for the way"))
    payload = parcel.opened(travel.pack, travel.pack.read_bytes(), seal).payload
    assert payload.secrets == SECRETS
    assert not [one for one in payload.files if "dental" in one or "pharmacy" in one]
    raw = travel.pack.read_bytes()
    assert not [one for one in (*SECRETS.values(), *OTHERS.values(), SITE) if one.encode() in raw]
    assert stat.S_IMODE(travel.pack.stat().st_mode) == 0o600
    record = json.dumps({k: v.decode() for k, v in tree(travel.home / "inventory/packs").items()})
    assert not [one for one in SECRETS.values() if one in record]
    assert payload.nonce not in record


def test_it_opens_without_the_inventory_and_the_commands_work_there(travel: Travel) -> None:
    travel.opened()
    assert load_site(travel.away / "inventory", SITE).router.serial == "S5X000001"
    assert travel.held(travel.away / "secrets.age", "for the way") == SECRETS
    code, said = travel.out_there("secret", "list", SITE)
    assert (code, said.count("set (secrets file)")) == (0, len(SECRETS))
    for words in (["ready", SITE], ["work", SITE], ["assess", SITE]):
        assert travel.out_there(*words)[0] == travel.at_home(*words)[0]
    code, said = travel.out_there("visit", SITE, "--wait", "0")
    assert code == errors.EXIT_DEVICE  # no network here; it begins and says so
    assert "デモ内科クリニック" in said


def learn(travel: Travel) -> None:
    """What a visit changes: a serial, keys, a baseline, a run, a password."""
    travel.edit(travel.away, "serial: S5X000001", "serial: S5X000099")
    travel.edit(
        travel.away, "terminal-1, kind: terminal,", "terminal-1, kind: terminal, serial: T1,"
    )
    (travel.site(travel.away) / "known_hosts").write_text(KEYS[0])
    traits = {"line": {"prefix": "2001:db8::/56"}}
    said = {"format": 2, "site": SITE, "accepted_at": "2026-12-01T10:00:00Z", "traits": traits}
    (travel.site(travel.away) / "baseline.json").write_text(json.dumps(said))
    run = travel.away / "runs" / SITE / "20261201T000000.000000Z-verify"
    run.mkdir(parents=True)
    (run / "evidence.json").write_text("{}")
    travel.hold(travel.away / "secrets.age", "for the way", {f"{SITE}/link": "Changed-there-1"})


def test_what_a_visit_learned_comes_home_and_a_second_time_changes_nothing(travel: Travel) -> None:
    travel.opened()
    learn(travel)
    travel.brought()
    travel.edit(travel.home, "hikari_denwa: false", "hikari_denwa: true  # asked by phone")
    before = travel.site(travel.home).joinpath("site.yaml").read_text(encoding="utf-8")
    code, said = travel.at_home("take-in", str(travel.visit))
    assert code == 0, said
    now = travel.site(travel.home).joinpath("site.yaml").read_text(encoding="utf-8")
    wanted = before.replace("serial: S5X000001", "serial: S5X000099")
    old = "{name: terminal-1, kind: terminal, delivered_on: 2026-11-10}"
    assert now == wanted.replace(old, f"{old[:-1]}, serial: T1}}")
    assert (travel.site(travel.home) / "known_hosts").read_text() == KEYS[0]
    assert (travel.site(travel.home) / "baseline.json").exists()
    run = travel.home / "runs" / SITE / "20261201T000000.000000Z-verify" / "evidence.json"
    assert run.read_text() == "{}"
    held = travel.held(travel.home / "s.age", "at home")
    assert held == held | {**SECRETS, **OTHERS, f"{SITE}/link": "Changed-there-1"}
    assert "Changed-there-1" not in said
    first = tree(travel.home)
    code, said = travel.at_home("take-in", str(travel.visit))
    assert (code, tree(travel.home)) == (0, first)
    assert "nothing to take in" in said
    travel.brought()  # packed again, with nothing new
    code, said = travel.at_home("take-in", str(travel.visit))
    assert code == 0
    assert "nothing to take in" in said


CONFLICTS = {
    "site.yaml:contract.devices.router.serial",
    "known_hosts:10.51.1.1",
    f"secret:{SITE}/link",
}


def disagree(travel: Travel) -> None:
    travel.opened()
    learn(travel)
    travel.brought()
    travel.edit(travel.home, "serial: S5X000001", "serial: S5X000042")
    (travel.site(travel.home) / "known_hosts").write_text(KEYS[1])
    travel.hold(travel.home / "s.age", "at home", {f"{SITE}/link": "Changed-here-1"})


def test_a_conflict_is_named_with_both_values_and_nothing_is_written(travel: Travel) -> None:
    disagree(travel)
    before = tree(travel.home)
    code, said = travel.at_home("take-in", str(travel.visit))
    assert (code, tree(travel.home)) == (errors.EXIT_OPEN, before)
    assert set(re.findall(r"^CONFLICT (\S+)$", said, re.M)) == CONFLICTS
    for value in ("S5X000001", "S5X000042", "S5X000099", "ssh-ed25519 SHA256:"):
        assert value in said
    assert not [one for one in (*SECRETS.values(), "Changed-here-1") if one in said]
    code, said = travel.at_home("take-in", str(travel.visit), "--json")
    assert {one["field"] for one in json.loads(said)["conflicts"]} == CONFLICTS
    assert code == errors.EXIT_OPEN
    assert "--take known_hosts:10.51.1.1" in travel.at_home("take-in", str(travel.visit))[1]


@pytest.mark.parametrize("side", ["--keep", "--take"])
@pytest.mark.parametrize("how", ["all", "each"])
def test_each_conflict_is_decided_by_an_option(side: str, how: str, travel: Travel) -> None:
    disagree(travel)
    names = ["all"] if how == "all" else sorted(CONFLICTS)
    options = [word for name in names for word in (side, name)]
    code, said = travel.at_home("take-in", str(travel.visit), *options[:-2])
    assert code == errors.EXIT_OPEN, said  # one is open yet
    code, said = travel.at_home("take-in", str(travel.visit), *options)
    assert code == 0, said
    taken = side == "--take"
    site = (travel.site(travel.home) / "site.yaml").read_text(encoding="utf-8")
    assert ("S5X000099" in site, "S5X000042" in site) == (taken, not taken)
    assert "serial: T1" in site
    assert (travel.site(travel.home) / "known_hosts").read_text() == KEYS[0 if taken else 1]
    held = travel.held(travel.home / "s.age", "at home")
    assert held[f"{SITE}/link"] == ("Changed-there-1" if taken else "Changed-here-1")
    first = tree(travel.home)
    assert travel.at_home("take-in", str(travel.visit))[0] == 0
    assert tree(travel.home) == first


def test_a_decision_about_nothing_and_a_double_one_are_refused(travel: Travel) -> None:
    disagree(travel)
    before = tree(travel.home)
    field = min(CONFLICTS)
    for options in (["--take", "site.yaml:nothing"], ["--take", field, "--keep", field]):
        code, _ = travel.at_home("take-in", str(travel.visit), *options)
        assert (code, tree(travel.home)) == (errors.EXIT_BAD_INPUT, before)


# -- what is refused, each in one sentence -------------------------------------------------------


def one_sentence(said: str) -> None:
    """A line with place and problem, and at most one with the remedy."""
    lines = [line for line in said.splitlines() if line.strip()]
    assert 1 <= len(lines) <= 2, said
    assert "Traceback" not in said


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def bent(data: bytes) -> bytes:
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


@pytest.mark.parametrize("at", ["home", "away"])
@pytest.mark.parametrize(
    "harm", [cut, bent, lambda _: b"", lambda _: b"PK\x03\x04", lambda data: data[100:]]
)
def test_a_damaged_file_is_refused_in_one_sentence(
    harm: Callable[[bytes], bytes], at: str, travel: Travel
) -> None:
    travel.opened()
    learn(travel)
    travel.brought()
    file = travel.visit if at == "home" else travel.pack
    file.write_bytes(harm(file.read_bytes()))
    before = tree(travel.home)
    if at == "home":
        code, said = travel.at_home("take-in", str(file))
    else:
        shutil.rmtree(travel.away)
        travel.away.mkdir()
        code, said = travel.out_there("take-in", str(file))
        assert list(travel.away.iterdir()) == []
    assert code == errors.EXIT_BAD_INPUT
    one_sentence(said)
    assert tree(travel.home) == before


def test_a_wrong_passphrase_is_refused_in_one_sentence(travel: Travel) -> None:
    travel.packed()
    travel.patch.setenv("ONSHI_PACK_PASSPHRASE", "another")
    code, said = travel.out_there("take-in", str(travel.pack))
    assert (code, list(travel.away.iterdir())) == (errors.EXIT_BAD_INPUT, [])
    one_sentence(said)


def test_a_file_of_a_laptop_that_nobody_knows_needs_its_fingerprint(
    travel: Travel, tmp_path: Path
) -> None:
    travel.packed()
    travel.patch.setenv("XDG_CONFIG_HOME", str(tmp_path / "other laptop"))
    code, said = travel.out_there("take-in", str(travel.pack))
    assert code == 0, said
    key = re.search(r"SHA256:\S+", said)
    assert key is not None
    learn(travel)
    travel.brought()
    before = tree(travel.home)
    for options in ([], ["--laptop", "SHA256:AAAA"]):
        code, said = travel.at_home("take-in", str(travel.visit), *options)
        assert (code, tree(travel.home)) == (errors.EXIT_BAD_INPUT, before)
        assert key[0] in said
        one_sentence(said)
    code, said = travel.at_home("take-in", str(travel.visit), "--laptop", key[0])
    assert code == 0, said
    assert key[0] in (travel.home / "inventory" / "laptops.txt").read_text()
    travel.edit(travel.away, "serial: T1", "serial: T2")
    travel.brought()
    assert travel.at_home("take-in", str(travel.visit))[0] == 0  # it is known now


def moved(travel: Travel, patch: pytest.MonkeyPatch, days: float) -> None:
    now = datetime.datetime.now().astimezone() + datetime.timedelta(days=days)

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return now.astimezone(tz)

    patch.setattr(opening, "datetime", Clock)
    patch.setattr("onshi_net.cli.travel._now", lambda: now)


@pytest.mark.parametrize(("days", "word"), [(15, "which is over"), (-1, "clock")])
def test_a_pack_opens_until_its_day_and_a_clock_set_back_is_seen(
    days: float, word: str, travel: Travel
) -> None:
    travel.packed()
    with pytest.MonkeyPatch.context() as patch:
        moved(travel, patch, days)
        code, said = travel.out_there("take-in", str(travel.pack))
        assert (code, list(travel.away.iterdir())) == (errors.EXIT_BAD_INPUT, [])
        assert word in said
        one_sentence(said)
    assert travel.out_there("take-in", str(travel.pack))[0] == 0
    with pytest.MonkeyPatch.context() as patch:
        moved(travel, patch, days)
        code, said = travel.out_there("secret", "list", SITE)
        assert code == errors.EXIT_BAD_INPUT
        assert word in said
        code, said = travel.out_there("pack", SITE, "--out", str(travel.visit))
        assert code == 0, said  # what was learned can go home all the same


@pytest.mark.parametrize("until", ["2020-01-01", "x", "2999-01-01"])
def test_a_last_day_is_a_day_to_come(until: str, travel: Travel) -> None:
    code, said = travel.at_home("pack", SITE, "--out", str(travel.pack), "--until", until)
    assert (code, travel.pack.exists()) == (errors.EXIT_BAD_INPUT, False)
    one_sentence(said)


def test_nothing_is_written_over(travel: Travel) -> None:
    travel.packed()
    code, said = travel.at_home("pack", SITE, "--out", str(travel.pack))
    assert code == errors.EXIT_BAD_INPUT
    one_sentence(said)
    code, said = travel.at_home("take-in", str(travel.pack))
    assert code == errors.EXIT_BAD_INPUT
    one_sentence(said)
    (travel.away / "inventory").mkdir()
    (travel.away / "inventory" / "mine").write_text("x")
    code, said = travel.out_there("take-in", str(travel.pack))
    assert code == errors.EXIT_BAD_INPUT
    one_sentence(said)


def forged(travel: Travel, **changes: Any) -> None:
    """A file whose sender has the passphrase and a known key, and means harm."""
    seal = travel.seals(Secret("for the way"))
    payload = parcel.opened(travel.visit, travel.visit.read_bytes(), seal).payload
    evil = payload.model_copy(update=changes)
    key = laptop.own_key()
    made = parcel.written(evil, lambda body: laptop.signed(key, body), seal)
    travel.visit.write_bytes(made)


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"site/../../evil": "eA=="}},
        {"secrets": {"demo-dental/router": "stolen"}},
        {"files": {"site/site.yaml": "bm90OiBhIHNpdGUK"}},
        {"files": {"site/site.yaml": "//79"}},
        {"files": {"site/a": "eA==", "site/A": "eA=="}},
        {"files": {"site/a": "eA==", "site/a/b": "eA=="}},
        {"site": "demo-dental"},
        {"pack": "0" * 32},
        {"format": 99},
    ],
)
def test_what_is_no_part_of_the_site_is_refused(changes: dict[str, Any], travel: Travel) -> None:
    travel.opened()
    learn(travel)
    travel.brought()
    forged(travel, **changes)
    before = tree(travel.home.parent)
    code, said = travel.at_home("take-in", str(travel.visit))
    assert (code, tree(travel.home.parent)) == (errors.EXIT_BAD_INPUT, before)
    assert "Traceback" not in said


def test_a_link_in_the_way_is_not_followed(travel: Travel, tmp_path: Path) -> None:
    travel.opened()
    learn(travel)
    travel.brought()
    outside = tmp_path / "outside"
    outside.mkdir()
    runs = travel.home / "runs" / SITE
    runs.mkdir(parents=True, exist_ok=True)
    (runs / "20261201T000000.000000Z-verify").symlink_to(outside)
    code, said = travel.at_home("take-in", str(travel.visit))
    assert (code, list(outside.iterdir())) == (errors.EXIT_BAD_INPUT, [])
    one_sentence(said)


def test_a_link_to_a_folder_and_a_strange_name_do_not_travel(travel: Travel) -> None:
    (travel.site(travel.home) / "photos").symlink_to(travel.home)
    code, said = travel.at_home("pack", SITE, "--out", str(travel.pack))
    assert (code, travel.pack.exists()) == (errors.EXIT_BAD_INPUT, False)
    assert "photos" in said


# -- killed at every step ------------------------------------------------------------------------


class Killed(BaseException):
    """The power goes."""


def killed_at(travel: Travel, step: int) -> bool:
    """Runs a take-in that ends before its so-manieth write; answers whether it came to an end."""
    count = iter(range(10_000))
    real_write, real_new = bringing.write_private, bringing.write_new

    def counted(real: Callable[..., None]) -> Callable[..., None]:
        def write(file: Path, data: bytes) -> None:
            if next(count) == step:
                raise Killed
            real(file, data)

        return write

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bringing, "write_private", counted(real_write))
        patch.setattr(bringing, "write_new", counted(real_new))
        try:
            assert travel.at_home("take-in", str(travel.visit))[0] == 0
        except Killed:
            return False
    return True


def test_a_take_in_that_is_killed_is_none_or_all(travel: Travel, tmp_path: Path) -> None:
    travel.opened()
    learn(travel)
    travel.brought()
    start = tmp_path / "start"
    shutil.copytree(travel.home, start)
    before = tree(travel.site(travel.home))
    assert travel.at_home("take-in", str(travel.visit))[0] == 0
    after = tree(travel.site(travel.home))
    seen = set()
    for step in range(100):
        shutil.rmtree(travel.home)
        shutil.copytree(start, travel.home)
        ended = killed_at(travel, step)
        assert travel.at_home("site", "list")[0] == 0  # whichever command comes next finds it whole
        now = tree(travel.site(travel.home))
        assert now in (before, after)
        seen.add(now == after)
        if step % 4 == 0:
            assert travel.at_home("take-in", str(travel.visit))[0] == 0
            assert tree(travel.site(travel.home)) == after
            assert not list((travel.home / "inventory" / "packs").glob("*.incoming"))
        if ended:
            break
    assert seen == {False, True}
    assert step > 5


def test_what_somebody_changed_after_the_kill_is_not_written_over(travel: Travel) -> None:
    travel.opened()
    learn(travel)
    travel.brought()
    step = next(one for one in range(100) if not killed_at(travel, one) and waiting(travel))
    assert step
    (travel.site(travel.home) / "known_hosts").write_text(KEYS[1])
    code, said = travel.at_home("site", "list")
    assert code == 0
    assert "known_hosts" in said
    code, said = travel.at_home("take-in", str(travel.visit))
    assert code == errors.EXIT_OPEN
    assert "CONFLICT known_hosts:10.51.1.1" in said
    assert (travel.site(travel.home) / "known_hosts").read_text() == KEYS[1]


def waiting(travel: Travel) -> bool:
    """A take-in is complete, and not one of its files is in place."""
    there = list((travel.home / "inventory" / packing.PACKS).glob("*.incoming/complete.json"))
    return bool(there) and not (travel.site(travel.home) / "known_hosts").exists()
