"""Every command in the guide exists, with its options, and stands in both languages alike."""

from __future__ import annotations

import re

import pytest

from onshi_net import errors
from onshi_net.cli import main
from tests.docs.guide import COMMANDS, PAGES, commands


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_exists_with_its_options(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words[1:], "--help"])
    assert ended.value.code == errors.EXIT_GOOD, capsys.readouterr()


@pytest.mark.parametrize("page", sorted({page.name.split(".")[0] for page in PAGES}))
def test_both_languages_show_the_same_commands(page):
    japanese, english = (
        [" ".join(word for word in words if not word.endswith(".xlsx")) for words in commands(one)]
        for one in sorted(PAGES, key=lambda one: one.name, reverse=True)
        if one.name.startswith(f"{page}.")
    )
    assert japanese == english


def test_every_exit_code_stands_in_both_references():
    known = {str(code) for name, code in vars(errors).items() if name.startswith("EXIT_")}
    for page in PAGES:
        if page.name.startswith("reference."):
            told = set(re.findall(r"^\| (\d+) \|", page.read_text(encoding="utf-8"), re.MULTILINE))
            assert told == known, page


def test_commands_are_read_from_blocks_and_tables():
    assert any("--after" in words for words in COMMANDS)
    assert all(words[0] == "onshi" for words in COMMANDS)
