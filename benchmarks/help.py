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
    ratio = ours / theirs
    print(f"onshi --help {ours:.3f} s, Typer {theirs:.3f} s, ratio {ratio:.2f} (goal {GOAL})")


if __name__ == "__main__":
    main()
