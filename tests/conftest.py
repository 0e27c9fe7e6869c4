"""What every test may use: the checkout's example inventory, and the language fixed to English.

Root-only tests carry `tests.lab.clinic.needs_root`, whose reason says what to do.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

from onshi_lab import room
from onshi_net.i18n import set_language

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "inventory"
KEPT = shutil.ignore_patterns("known_hosts", "baseline.json")
"""What onshi keeps beside a site."""
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# Started in the background of a script, the tests would pass on that Ctrl-C means nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)
SITES = ("demo-clinic", "demo-pharmacy", "demo-dental")


@pytest.fixture(scope="session", autouse=True)
def _room() -> Iterator[None]:
    """As root, tests use the daemons that the checkout has where the host has none."""
    if os.geteuid() != 0:
        yield
        return
    room.enter_as_root()
    yield
    # A thread that a test left behind keeps the room; it ends with this process.
    with suppress(OSError):
        room.leave_as_root()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """A copy of the example inventory that the test may spoil."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "inventory", ignore=KEPT))
