"""What every test may use: the checkout's example inventory, and the language fixed to English.

Root-only tests carry `tests.lab.clinic.needs_root`, whose reason says what to do.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from onshi_net.i18n import set_language

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "inventory"
KEPT = shutil.ignore_patterns("known_hosts", "windows-certificates", "baseline.json", "*.lock")
"""What onshi keeps beside a site."""
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# Started in the background of a script, the tests would pass on that Ctrl-C means nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)
SITES = ("demo-clinic", "demo-pharmacy", "demo-dental")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """A copy of the example inventory that the test may spoil."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "inventory", ignore=KEPT))
