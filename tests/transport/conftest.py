"""A router to talk to: the lab's mock as a process of its own, reached over loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .routers import MockRouter


@pytest.fixture
def router(tmp_path: Path) -> Iterator[Callable[..., MockRouter]]:
    """Starts mock routers and stops them afterwards."""
    started: list[MockRouter] = []

    def start(**options: object) -> MockRouter:
        started.append(MockRouter(tmp_path / f"router-{len(started)}", **options))
        return started[-1]

    yield start
    for one in started:
        one.stop()
