"""Papers are read in Japanese unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from onshi_net.i18n import set_language
from onshi_net.papers import Dossier, load_dossier
from tests.papers.reading import write

UNKNOWN = 'institution: {name: 未定医院, code: "2711234562"}\nformat: 2\n'


@pytest.fixture(autouse=True)
def _japanese(_english: None) -> Iterator[None]:
    set_language("ja")
    yield


@pytest.fixture
def unknown(tmp_path: Path) -> Dossier:
    """A site of which nothing is known but its name and code."""
    return load_dossier(write(tmp_path, "unknown", UNKNOWN), "unknown")
