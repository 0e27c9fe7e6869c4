"""The lab's packages and this folder's helpers on the path; a bench of namespaces."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[3] / "lab")]

from bench import Bench, Plain, opened_bench  # noqa: E402


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Namespaces around a router that isn't started yet."""
    yield from opened_bench(tmp_path)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Plain]:
    """A router without a kernel that isn't started yet."""
    one = Plain(tmp_path)
    yield one
    for router in one.routers:
        router.stop()
    one.kept.close()
