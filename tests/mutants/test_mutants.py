"""Mutants: what a source becomes, and that an unnoticed one is told with its place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.__main__ import ROOT, mirrored, module_of
from tests.mutants.make import mutants


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("a = b < 3\n", {"a = (b) <= (3)\n", "a = b < 4\n"}),
        ("a = b and c\n", {"a = (b) or (c)\n", "a = (c)\n", "a = (b)\n"}),
        ("a = not b\n", {"a = (b)\n"}),
        ("a = ('é', 2)\n", {"a = (2,)\n", "a = ('é',)\n", "a = ('', 2)\n", "a = ('é', 3)\n"}),
        ("a = {1: b, 2: c}\n", {
            "a = {2: c}\n", "a = {1: b}\n", "a = {2: b, 2: c}\n", "a = {1: b, 3: c}\n"}),
        ("a = min(b, c)\n", {"a = max(b, c)\n"}),
        ("if a:\n    f()\n", {
            "if True:\n    f()\n", "if False:\n    f()\n", "if a:\n    pass\n"}),
        ("def f():\n    'told'\n    return a\n", {"def f():\n    'told'\n    return None\n"}),
        ("x = [a for a in b if c(a)]\n", {"x = [a for a in b if True]\n"}),
        ("raise E\n", {"pass\n"}),
        ("a: 'int | None' = True\n", {"a: 'int | None' = False\n"}),
        ("'''told'''\nimport a\n__all__ = ['b', 'c']\n", set()),
        ("a = f'{b} < {c}'\n", set()),
    ],
)  # fmt: skip
def test_a_source_is_changed_in_one_place(source: str, after: set[str]) -> None:
    assert {one.source for one in mutants(source)} == after


def test_tests_of_a_file_are_those_that_mirror_it() -> None:
    file = Path("onshi_net/platforms/yamaha/quoting.py")
    assert module_of(file) == "onshi_net.platforms.yamaha.quoting"
    assert mirrored(file) == [ROOT / "tests/platforms/yamaha/test_quoting.py"]
    assert module_of(Path("onshi_net/intent/__init__.py")) == "onshi_net.intent"
    assert mirrored(Path("onshi_net/nothing/here.py")) == []


def test_one_that_is_noticed_and_one_that_is_not(tmp_path: Path) -> None:
    """By a test that asks for one of two things that the clock's lines decide."""
    test = tmp_path / "test_days.py"
    test.write_text(
        "from onshi_net.platforms.base import CLOCK_WRONG_S, clock_is_wrong\n"
        "def test():\n    assert clock_is_wrong(CLOCK_WRONG_S + 5)\n"
    )
    file = "onshi_net/platforms/base.py"
    source = (ROOT / file).read_text(encoding="utf-8").splitlines()
    line = next(n for n, row in enumerate(source, 1) if "abs(ahead) > CLOCK_WRONG_S" in row)
    words = ("-m", "tests.mutants", file, "--lines", str(line), "--tests", str(test))
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    told, summary = done.stdout.splitlines()
    assert told == f"{file}:{line}: abs(ahead) > CLOCK_WRONG_S  ->  (abs(ahead)) >= (CLOCK_WRONG_S)"
    assert summary.startswith("2 mutants, 1 noticed, 1 not")
    assert (ROOT / file).read_text(encoding="utf-8").splitlines() == source
