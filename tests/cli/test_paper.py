"""`onshi paper`: a file of the kind that its name says, or a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.cli.run import run
from onshi_net.papers.layout import KINDS
from tests.papers.reading import require_pdf


def paper(inventory: Path, *words: str) -> int:
    return run(["--lang", "ja", "--inventory", str(inventory), "paper", *words])


@pytest.mark.parametrize("kind", KINDS)
def test_each_paper_is_written_as_a_page(inventory: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "new" / f"{kind}.html"
    assert paper(inventory, "demo-dental", kind, "--out", str(file)) == errors.EXIT_GOOD
    assert "デモ歯科医院" in file.read_text(encoding="utf-8")


def test_a_pdf_beside_the_runs_is_named_by_day_site_title_and_edition(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_pdf()
    words = ("demo-dental", "estimate", "--on", "2026-11-30", "--edition", "2")
    assert paper(inventory, *words) == errors.EXIT_GOOD
    folder = inventory.parent / "runs" / "demo-dental" / "papers"
    (file,) = folder.iterdir()
    assert file.name == "20261130_demo-dental_概算御見積書_2.pdf"
    assert file.read_bytes().startswith(b"%PDF")
    assert file.name in "".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("demo-dental", "invoice"), "invoice"),
        (("demo-dental", "estimate", "--out", "a.docx"), ".pdf"),
        (("demo-dental", "prepare", "--visit", "soon", "--out", "a.html"), "soon"),
        (("nowhere", "estimate", "--out", "a.html"), "nowhere"),
    ],
)
def test_bad_usage_is_a_sentence(
    inventory: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert paper(inventory, *words) == errors.EXIT_BAD_INPUT
    assert said in capsys.readouterr().err
