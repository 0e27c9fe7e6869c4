"""Every command that a sentence names is one that there is, with the options that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from onshi_net import i18n
from onshi_net.cli.app import build
from tests.i18n.test_catalogue import AREAS

ONSHI = re.compile(r"(?<![\w-])onshi(?= )")
WORDS = re.compile(r"(?: [^\s`'。、,;)]+)*")


def sentences() -> Iterator[tuple[str, str]]:
    for area in AREAS:
        for name, entry in i18n.catalogue(area).items():
            for language, sentence in entry.items():
                yield f"{area}.{name} ({language})", sentence


def named(sentence: str) -> Iterator[list[str]]:
    """Answers what follows `onshi` each time, up to a sign that ends a command."""
    for after in ONSHI.split(sentence)[1:]:
        found = WORDS.match(after)
        assert found is not None
        yield found[0].split()


def options(command: Any) -> set[str]:
    return {word for one in command.params for word in (*one.opts, *one.secondary_opts)}


def wrong(words: list[str]) -> str | None:
    """Answers what of a command line there is not; prose behind `onshi` is none."""
    command = typer.main.get_command(build())
    words = [word.strip("[]…") for word in words]
    taken = 0
    while words[taken : taken + 1] and words[taken].startswith("--"):
        if words[taken] not in options(command):
            return words[taken]
        taken += 2  # an option of `onshi` itself, with its value
    if not words[taken:] or not re.fullmatch(r"[a-z-]+", words[taken]):
        return None
    while hasattr(command, "commands"):
        if words[taken] not in command.commands:
            return words[taken]
        command = command.commands[words[taken]]
        taken += 1
        if hasattr(command, "commands") and not words[taken:]:
            return "what of it"
    for word in words[taken:]:
        if word.startswith("--") and word.partition("=")[0] not in options(command):
            return word
    return None


PROSE = {"at", "is", "on", "changed", "reads", "did", "wrote", "from", "has", "that"}
"""What follows the program's name where a sentence is about it."""


def test_every_command_and_option_that_a_sentence_names_is_there() -> None:
    found = {
        where: missing
        for where, sentence in sentences()
        for words in named(sentence)
        if (missing := wrong(words)) is not None and missing not in PROSE
    }
    assert found == {}


def test_the_sentences_name_commands() -> None:
    every = [words for _, sentence in sentences() for words in named(sentence) if words]
    assert len(every) > 100


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("onshi provision {site} --exchanged router", None),
        ("onshi --secrets FILE secret set a/b", None),
        ("onshi provision {site} --exchange router", "--exchange"),
        ("onshi provide {site}", "provide"),
        ("onshi secret get a/b", "get"),
        ("onshi --secret FILE secret set a/b", "--secret"),
    ],
)
def test_it_sees_what_is_not_there(line: str, missing: str | None) -> None:
    (words,) = named(line)
    assert wrong(words) == missing
