"""How the tests read a paper: its page's text, and what its PDF says of itself."""

from __future__ import annotations

import datetime
import functools
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onshi_net.errors import InputError
from onshi_net.papers import Dossier, Issue, Kind, load_dossier, paper_of, to_html, to_pdf
from tests.conftest import EXAMPLES
from tests.pages import Page

ON = datetime.date(2026, 11, 30)
ISSUE = Issue(ON)
REQUIRED = os.environ.get("ONSHI_REQUIRE_PAPERS") == "1"


def dossier(site: str) -> Dossier:
    """The facts of an example site."""
    return load_dossier(EXAMPLES, site)


def page(kind: Kind, of: Dossier, issue: Issue = ISSUE) -> str:
    """The HTML of a paper."""
    return to_html(paper_of(kind, of, issue))


def text_of(kind: Kind, of: Dossier, issue: Issue = ISSUE) -> str:
    """The words of a paper's page."""
    return Page(page(kind, of, issue)).text


def require_pdf() -> None:
    """Skips the test where this computer can make no PDF; fails it where it must (CI)."""
    reason = _lacking()
    if reason is None:
        return
    if REQUIRED:
        pytest.fail(f"ONSHI_REQUIRE_PAPERS=1, but {reason}")
    pytest.skip(reason)


@functools.cache
def _lacking() -> str | None:
    try:
        to_pdf('<html lang="en"><title>x</title><p>x</p></html>')
    except InputError as error:
        return f"{error}; scripts/papers installs it"
    return None


@functools.cache
def pdf_of(kind: Kind, site: str) -> bytes:
    """The PDF of an example site's paper in the current language, made once."""
    return to_pdf(page(kind, dossier(site)))


def pages_of(made: bytes) -> list[str]:
    """The text of each page of a PDF."""
    import pypdf

    return [one.extract_text() for one in pypdf.PdfReader(io.BytesIO(made)).pages]


def elements(node: Any) -> Iterator[Any]:
    """Every structure element of a tagged PDF, in reading order."""
    import pikepdf

    kids = node.get("/K", [])
    for one in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(one, pikepdf.Dictionary) and one.get("/S") is not None:
            yield one
            yield from elements(one)


def write(folder: Path, name: str, text: str) -> Path:
    """Writes an inventory with one site of this site.yaml alone: nobody listed its hosts yet."""
    here = folder / "inventory" / "sites" / name
    here.mkdir(parents=True)
    for shared in ("defaults.yaml", "groups.yaml"):
        (folder / "inventory" / shared).write_bytes((EXAMPLES / shared).read_bytes())
    (here / "site.yaml").write_text(text, encoding="utf-8")
    return folder / "inventory"
