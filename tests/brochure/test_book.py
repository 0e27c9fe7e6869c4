"""Clauses, rules and sentences agree, and docs/brochure.md is current."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import onshi_net.brochure
from onshi_net.brochure.book import book, citations
from onshi_net.brochure.data import Kept, clauses, rules
from onshi_net.i18n import catalogue

ROOT = Path(onshi_net.brochure.__file__).parents[2]
LINES = 441
"""Lines of the brochure's text."""


@pytest.fixture(scope="module")
def cited():
    return citations()


def sources():
    return "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "onshi_net/brochure").glob("*.py")
    )


def test_the_document_is_current():
    assert (ROOT / "docs/brochure.md").read_text(encoding="utf-8") == book()


def test_clauses_cover_every_line_once():
    next_line = 1
    for clause in clauses():
        first, last = clause.lines
        assert (first, last >= first) == (next_line, True), clause.id
        next_line = last + 1
    assert next_line == LINES + 1


@pytest.mark.parametrize("clause", clauses(), ids=lambda clause: clause.id)
def test_what_a_rule_or_table_keeps_is_cited(cited, clause):
    assert cited[clause.id] or clause.kept in (Kept.FORM, Kept.BUILD, Kept.INFO)


@pytest.mark.parametrize("name", rules())
def test_every_rule_is_used_and_has_its_sentence(name):
    assert catalogue("brochure")[name]
    data = (ROOT / "onshi_net/data/brochure/patterns.yaml").read_text(encoding="utf-8")
    assert f'"{name}"' in sources() or f"rule: {name}}}" in data


def test_both_languages_use_the_same_placeholders():
    for area in ("brochure", "intake"):
        for name, entry in catalogue(area).items():
            assert set(re.findall(r"{(\w+)", entry["en"])) == set(
                re.findall(r"{(\w+)", entry["ja"])
            ), name
