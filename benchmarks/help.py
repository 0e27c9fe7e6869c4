"""`onshi --help` against the `--help` of a one-command Typer application, side by side in one run.

Prints the ratio of the medians; the goal is at most 1.5.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
GOAL = 1.5
ONE_COMMAND = """
import typer
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
@app.command()
def hello(name: str) -> None:
    print(name)
app()
"""


def seconds(command: list[str]) -> float:
    """Answers how long one run of `command` takes."""
    start = time.perf_counter()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "80"}
    )
    return time.perf_counter() - start


def main() -> None:
    """Runs both in turn and prints the ratio."""
    onshi = [str(Path(sys.executable).with_name("onshi")), "--help"]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "one.py"
        script.write_text(ONE_COMMAND)
        typer = [sys.executable, str(script), "--help"]
        pairs = [(seconds(onshi), seconds(typer)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = ours / theirs
    print(f"onshi --help {ours:.3f} s, Typer {theirs:.3f} s, ratio {ratio:.2f} (goal {GOAL})")


if __name__ == "__main__":
    main()
