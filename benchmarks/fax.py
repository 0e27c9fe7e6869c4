"""Every paper of every example site as a FAX machine sends it, and read again by a machine.

`python benchmarks/fax.py [SITE…]`: each page in black and white (dithered to one bit) at 204 x 196
dpi, ITU-T T.30's fine mode, then read by tesseract; every amount, day and telephone number that
the page holds must be among what was read. Ends with 1 where one is missing. Needs Debian's
poppler-utils, tesseract-ocr and tesseract-ocr-jpn, and what `scripts/papers` installs.
"""

from __future__ import annotations

import datetime
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from onshi_net.i18n import set_language
from onshi_net.papers import KINDS, Issue, load_dossier, paper_of, to_html, to_pdf

ROOT = Path(__file__).parents[1]
SITES = ("demo-dental", "demo-clinic", "demo-pharmacy")
DAY = datetime.date(2026, 11, 30)
DPI = (204, 196)
TOOLS = {"pdftoppm": "poppler-utils", "pdftotext": "poppler-utils", "tesseract": "tesseract-ocr"}
VALUES = re.compile(
    r"¥?[0-9]{1,3}(?:,[0-9]{3})+|¥[0-9]+|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日|[0-9]{4}/[0-9]{2}/[0-9]{2}"
    r"|0[0-9]{1,3}-[0-9]{2,4}-[0-9]{3,4}"
)
"""Amounts, days, telephone numbers."""


def missing_tools() -> str:
    """Answers what has to be installed first; '' where all is there."""
    lacking = {package for tool, package in TOOLS.items() if shutil.which(tool) is None}
    if "tesseract-ocr" not in lacking:
        known = subprocess.run(
            ["tesseract", "--list-langs"], capture_output=True, text=True, check=True
        )
        if "jpn" not in known.stdout.split():
            lacking.add("tesseract-ocr-jpn")
    return " ".join(sorted(lacking))


def values_of(words: str) -> Counter[str]:
    """Answers the amounts, days and telephone numbers of a text, blanks left out."""
    return Counter(one.removeprefix("¥") for one in VALUES.findall(re.sub(r"\s+", " ", words)))


def read_again(page: Path) -> Iterator[str]:
    """Answers what tesseract reads of a page, by two ways to part it."""
    for way in ("6", "11"):
        words = ["tesseract", str(page), "-", "-l", "jpn", "--psm", way, "--dpi", "200"]
        found = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        # A dot for a comma is as legible: no amount has a fraction.
        yield re.sub(r"(?<=[0-9])\.(?=[0-9]{3})", ",", re.sub(r"\s+", "", found))


def lost(made: bytes, folder: Path) -> Iterator[tuple[int, str]]:
    """Answers page and value of what can't be read again."""
    source = folder / "paper.pdf"
    source.write_bytes(made)
    across, down = (str(one) for one in DPI)
    words = ["pdftoppm", "-mono", "-rx", across, "-ry", down, str(source), str(folder / "page")]
    subprocess.run(words, check=True)
    for number, page in enumerate(sorted(folder.glob("page*.pbm")), 1):
        span = ["-f", str(number), "-l", str(number)]
        printed = subprocess.run(
            ["pdftotext", "-layout", *span, str(source), "-"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        wanted = values_of(printed)
        readings = list(read_again(page))
        for value in sorted(wanted):
            if not any(value in one for one in readings):
                yield number, value
        page.unlink()


def main() -> int:
    """Prints a line for each paper with what was lost."""
    if lacking := missing_tools():
        print(f"not read: install {lacking} first (apt-get install {lacking})")
        return 2
    set_language("ja")
    gone = 0
    for site in sys.argv[1:] or SITES:
        for kind in KINDS:
            dossier = load_dossier(ROOT / "inventory", site, ROOT / "runs" / site)
            made = to_pdf(to_html(paper_of(kind, dossier, Issue(DAY))))
            with tempfile.TemporaryDirectory() as folder:
                some = list(lost(made, Path(folder)))
            gone += len(some)
            told = ", ".join(f"p{number} {value}" for number, value in some)
            print(f"{site:14} {kind:11} {told or 'all read'}", flush=True)
    print(f"{gone} values lost")
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main())
