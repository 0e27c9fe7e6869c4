"""The rule for site names: one for every command, and nothing that a name is made into breaks."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from onshi_lab import credentials, pki
from onshi_lab import inventory as lab_inventory
from onshi_lab.label import dns_label
from onshi_net.cli.run import run
from onshi_net.inventory import all_sites, load_site
from onshi_net.inventory.plain import is_reference
from onshi_net.inventory.secrets import variable_of
from onshi_net.model.names import (
    JAPANESE,
    MAX_LENGTH,
    RESERVED,
    broken_by,
    folded,
    is_site_name,
    label,
    suggestion,
)
from onshi_net.platforms.yamaha.quoting import router_word
from tests.conftest import EXAMPLES

GOOD = ("demo-clinic", "2711234562", "a", "x" * 63, "さくら", "山﨑医院", "𠮷田歯科",
        "ケア・クリニック", "第2薬局", "佐々木-内科", "〆野", "漢" * 63)  # fmt: skip
BAD = {
    "Demo": "spelling", "クリニック１": "spelling", "ﾃﾞﾓ": "spelling", "か\u3099": "composed",
    "a_b": "characters", "a b": "characters", "a.b": "characters", "a.": "characters",
    "サクラ\u3000歯科": "characters", "😀": "characters", "é": "characters", "а": "characters",
    "葛\U000e0100": "characters", "a\x1b[2J": "characters", "a\udcff": "characters",
    "~": "characters", "a$b": "characters", "a'b": "characters",
    "-a": "hyphen", "a-": "hyphen", "xn--y8jl1n": "encoded", "con": "reserved", "NUL": "reserved",
    "com1": "reserved", "lpt9": "reserved", "x" * 64: "length", "𠮷" * 51: "length",
}  # fmt: skip
COMMANDS = (
    ["render", "SITE"], ["plan", "SITE"], ["provision", "SITE", "--yes"], ["verify", "SITE"],
    ["report", "SITE"], ["report", "SITE", "--backup"], ["assess", "SITE"], ["ready", "SITE"],
    ["estimate", "SITE"], ["maintenance", "SITE"], ["migrate", "SITE", "--yes"],
    ["trust", "SITE", "router"], ["winrm", "prepare", "SITE"], ["winrm", "restore", "SITE"],
)  # fmt: skip
letters = st.text(st.characters(exclude_categories=[]), max_size=70)
valid = st.from_regex(rf"\A[a-z0-9{JAPANESE}]([a-z0-9{JAPANESE}-]{{0,61}}[a-z0-9{JAPANESE}])?\Z")


@pytest.mark.parametrize("name", GOOD)
def test_these_are_names(name: str) -> None:
    assert broken_by(name) == ("", "")


@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_these_are_none_and_a_better_one_is_found(name: str) -> None:
    kind, _ = broken_by(name)
    assert kind == BAD[name]
    assert suggestion(name) == "" or is_site_name(suggestion(name))


def test_what_windows_keeps_for_devices_is_no_name() -> None:
    assert {broken_by(name)[0] for name in RESERVED} == {"reserved"}


@given(letters)
def test_any_text_is_a_name_or_has_its_reason(name: str) -> None:
    kind, value = broken_by(name)
    better = suggestion(name)
    assert better == "" or is_site_name(better)
    assert value.isprintable()
    if not kind:
        assert folded(name) == name == unicodedata.normalize("NFKC", name)
        assert 0 < len(name.encode()) <= 200
        assert not set(name) & set("/\\:*?\"<>| .%~$#'`;&\0")


@given(valid, st.sampled_from(["router", "receipt-1-admin", "t" * 64 + "-admin"]))
def test_what_is_made_of_a_name_is_in_its_own_grammar(name: str, rest: str) -> None:
    assume(is_site_name(name))
    word = label(name)
    assert len(word) <= MAX_LENGTH
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", word)
    assert router_word(word) == word
    assert is_reference(f"{name}/{rest}")
    assert re.fullmatch(r"ONSHI_SECRET_[A-Z0-9_]+", variable_of(f"{name}/{rest}"))


@given(valid, valid)
def test_two_names_never_become_one_word_or_variable(one: str, other: str) -> None:
    assume(is_site_name(one) and is_site_name(other) and one != other)
    assert label(one) != label(other)
    assert variable_of(f"{one}/router") != variable_of(f"{other}/router")


@given(st.one_of(valid, letters))
def test_the_lab_makes_the_same_words(name: str) -> None:
    assume(name.isprintable())
    assert dns_label(name) == label(name)
    assert credentials.variable(f"{name}/router") == variable_of(f"{name}/router")


def copied(inventory: Path, name: str) -> Path:
    return Path(shutil.copytree(inventory / "sites" / "demo-clinic", inventory / "sites" / name))


def onshi(inventory: Path, *words: str) -> int:
    return run(["--lang", "en", "--inventory", str(inventory), *words])


FOLDERS = ("Demo", "a_b", "a b", "a.b", "か\u3099", "con", "é", "x" * 64)
CASES = [
    *((command, FOLDERS[at % len(FOLDERS)]) for at, command in enumerate(COMMANDS)),
    *((["estimate", "SITE"], name) for name in FOLDERS),
]


@pytest.mark.parametrize(("command", "name"), CASES)
def test_every_command_refuses_the_same_folders_in_one_sentence(
    inventory: Path, command: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copied(inventory, name)
    assert onshi(inventory, *(name if word == "SITE" else word for word in command)) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2, told
    assert "can't be the name of a site" in told[0]
    assert str(inventory / "sites") in told[0]
    assert told[1].startswith("  Give it a")
    assert not (inventory.parent / "runs").exists()


NOWHERE = ("..", "../sites/demo-clinic", "no\0where", "/etc", "demo-clinik")


@pytest.mark.parametrize(("at", "command"), list(enumerate(COMMANDS)))
def test_a_site_that_is_not_there_is_told_by_every_command(
    at: int, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    name = NOWHERE[at % len(NOWHERE)]
    assert onshi(EXAMPLES, *(name if word == "SITE" else word for word in command)) == 2
    assert "there is no site" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["さくら", "𠮷" * 50])
def test_a_japanese_site_goes_through_every_command_that_needs_no_device(
    inventory: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copied(inventory, name)
    for words in (["render"], ["assess"], ["estimate"], ["maintenance"], ["migrate"]):
        assert onshi(inventory, *words, name) == 0, words
    assert f"description 1 {label(name)}" in capsys.readouterr().out
    assert load_site(inventory, name).site.name == name


def test_a_name_that_a_terminal_composes_otherwise_is_the_same(inventory: Path) -> None:
    copied(inventory, "がっこう")
    assert onshi(inventory, "estimate", unicodedata.normalize("NFD", "がっこう")) == 0


def test_one_broken_folder_hides_no_other(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied(inventory, "Bad Name")
    (copied(inventory, "half") / "site.yaml").write_text("a: [", encoding="utf-8")
    (copied(inventory, "tabs") / "hosts.yaml").write_text("a:\n\tb: 1\n", encoding="utf-8")
    (inventory / "sites" / "gone").symlink_to("/nowhere")
    (inventory / "sites" / "notes.txt").write_text("x", encoding="utf-8")
    (inventory / "sites" / ".git").mkdir()
    assert onshi(inventory, "maintenance", "--all", "--within", "9999") == 2
    said = capsys.readouterr()
    for site in ("demo-clinic", "demo-dental", "demo-pharmacy"):
        assert site in said.out
    for part in ("Bad Name", "half", "tabs", "gone"):
        assert part in said.err
    assert ".git" not in said.err
    assert "notes" not in said.err


def test_the_list_of_sites_holds_only_those_that_can_be_one(inventory: Path) -> None:
    for name in ("a_b", "さくら", ".hidden"):
        copied(inventory, name)
    found = all_sites(inventory)
    assert found.names == ("demo-clinic", "demo-dental", "demo-pharmacy", "さくら")
    assert len(found.faults) == 2


def test_the_lab_takes_a_japanese_site_of_the_newest_format(
    inventory: Path, tmp_path: Path
) -> None:
    folder = copied(inventory, "漢" * 60)
    assert (folder / "site.yaml").read_text(encoding="utf-8").endswith("format: 2\n")
    hosts = folder / "hosts.yaml"
    text = hosts.read_text(encoding="utf-8").replace("demo-clinic/", f"{folder.name}/")
    hosts.write_text(text, encoding="utf-8")
    site = lab_inventory.load_site(inventory, folder.name)
    ours = load_site(inventory, folder.name)
    assert ours.router.secret in credentials.references(site)
    given = credentials.environment(credentials.passwords(site, {}))
    assert variable_of(ours.router.secret) in given
    client = f"{dns_label(site.name)}.clinic.lab"
    assert "BEGIN CERTIFICATE" in pki.write(tmp_path / "pki", client, (), ["terminal-1"])
