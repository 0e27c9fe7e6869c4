"""The commands that the guide shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
PAGES = sorted(GUIDE.glob("*.md"))
BLOCK = re.compile(r"^```sh(?P<mark>[^\n]*)\n(?P<lines>.*?)^```", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"`(onshi [^`]+)`")


def commands(page: Path, *, mark: str | None = None) -> list[list[str]]:
    """Answers a page's commands as words, in their order, of blocks with `mark` alone."""
    said = page.read_text(encoding="utf-8")
    blocks = [
        line
        for block in BLOCK.finditer(said)
        if mark is None or block["mark"].strip() == mark
        for line in block["lines"].splitlines()
    ]
    cells = CELL.findall(BLOCK.sub("", said)) if mark is None else []
    return [shlex.split(line) for line in (*blocks, *cells) if line.count(" ") > 1]


COMMANDS = [words for page in PAGES for words in commands(page)]
