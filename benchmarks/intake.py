"""200 filled-in 申込シート in one workbook.

Seconds to read it, and the ratio to loading it with plain openpyxl.

Run: `python benchmarks/intake.py`; exits 1 when reading takes 5 s or more.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl

from onshi_net.intake import read_workbook, write_template
from onshi_net.intake.medical_code import luhn_digit

SHEETS = 200
LIMIT_S = 5.0
RUNS = 3
ANSWERS = (
    (7, "みどり内科クリニック"),
    (9, "５３０－０００１"),
    (10, "大阪府大阪市北区梅田１－２－３"),
    (11, "緑川　花子"),
    (12, "06-6123-4567"),
    (13, "midori@example.jp"),
    (14, 661234567),
    (17, "医療法人みどり会"),
    (18, "大阪府大阪市北区梅田１－２－３"),
    (19, "緑川　太郎"),
    (20, "06-6123-4568"),
    (21, "office@example.jp"),
    (22, "090-1234-5678"),
)


def build(folder: Path) -> Path:
    """Writes the workbook and answers its path."""
    write_template(folder / "form.xlsx")
    book = openpyxl.load_workbook(folder / "form.xlsx")
    form = book["申込シート"]
    for number in range(SHEETS):
        sheet = book.copy_worksheet(form)
        sheet.title = f"拠点{number}"
        for row, answer in ANSWERS:
            sheet.cell(row, 3).value = answer
        body = f"271{1_000_00 + number:06d}"
        sheet.cell(8, 3).value = body + luhn_digit(body)
    book.remove(form)
    path = folder / "many.xlsx"
    book.save(path)
    return path


def best(action: Callable[[Path], object], path: Path) -> float:
    """Answers the seconds of the fastest of some runs."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        action(path)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> int:
    """Prints the figures; answers 1 where the limit is broken."""
    with tempfile.TemporaryDirectory() as folder:
        path = build(Path(folder))
        assert len(read_workbook(path).sites) == SHEETS
        ours, plain = best(read_workbook, path), best(openpyxl.load_workbook, path)
    print(f"intake of {SHEETS} sheets: {ours:.2f} s (limit {LIMIT_S} s)")
    print(f"plain openpyxl load: {plain:.2f} s; ratio {ours / plain:.2f}")
    return int(ours >= LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
