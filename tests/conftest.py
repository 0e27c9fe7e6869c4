"""What every test may use: the checkout's example inventory, and the language fixed to English.

How much of each kind of test runs, and by which seed, is said by tests/budget.py.
Root-only tests carry `tests.lab.clinic.needs_root`, whose reason says what to do.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

from onshi_lab import room
from onshi_net import locks
from onshi_net.i18n import set_language
from onshi_net.probe import rights
from tests import budget

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "inventory"
KEPT = shutil.ignore_patterns("known_hosts", "windows-certificates", "baseline.json", "*.lock")
"""What onshi keeps beside a site."""
# Started in the background of a script or by nohup, the tests would pass on that it means nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
# Scapy makes both folders of a user that has none.
for place in ("CONFIG", "CACHE"):
    os.environ[f"XDG_{place}_HOME"] = str(ROOT / ".pytest_cache" / place.lower())
os.environ["ONSHI_KEEP_PASSPHRASE"] = "0"  # no test leaves an agent
# The inventory and secrets of whoever runs the tests are not theirs.
for name in ("ONSHI_INVENTORY", "ONSHI_SECRETS"):
    os.environ.pop(name, None)
SITES = ("demo-clinic", "demo-pharmacy", "demo-dental")


@pytest.fixture(autouse=True, scope="session")
def _may_send() -> Iterator[None]:
    """Whoever runs the tests may send raw packets: those that really do ask for root."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rights, "may_send", lambda: True)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds what tests/budget.py asks for."""
    group = parser.getgroup("onshi-suite", "onshi_net: how much of the suite runs")
    group.addoption("--full", action="store_true", help="every case instead of a sample of each")
    group.addoption(
        "--seed",
        type=int,
        default=int(os.environ.get("ONSHI_TEST_SEED", budget.DEFAULT_SEED)),
        help="what the samples are drawn by; default $ONSHI_TEST_SEED, then one fixed number",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Takes over seed and extent, also for Hypothesis."""
    budget.RUN.full, budget.RUN.seed = config.getoption("--full"), config.getoption("--seed")
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(budget.RUN.seed)
    settings.register_profile("ours", deadline=None, max_examples=budget.examples("properties"))
    settings.load_profile("ours")


def pytest_report_header() -> str:
    """Says what is needed to run the same tests again."""
    extent = "every case (--full)" if budget.RUN.full else "a sample of each kind"
    return f"suite: {extent}, --seed {budget.RUN.seed}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what the sample does not hold, and begins with the files that last longest.

    Who names a test gets it.
    """
    if not any("::" in argument for argument in config.args):
        taken = budget.chosen([item.nodeid for item in items])
        left_out = [item for item in items if item.nodeid not in taken]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item.nodeid in taken]
    seconds = budget.by_file(budget.durations())
    items.sort(
        key=lambda item: seconds.get(item.nodeid.partition("::")[0], budget.UNKNOWN_S), reverse=True
    )


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, object, object]:
    """A worker sends UTF-8 only, and one report that can't be written in it ends the whole run.

    Hostile words hold lone surrogates, and get into reports by what is logged and compared.
    """
    return utf8((yield))


def utf8(value: object) -> object:
    """Answers dicts, lists and words with each lone surrogate as its escape; others as they are."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {utf8(key): utf8(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(utf8, value))
    return value


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


@pytest.fixture(scope="session", autouse=True)
def _locks() -> Iterator[None]:
    """Locks of devices lie in a folder of this process's own: other suites have the same devices.

    Every user may lock there, as in the system's own folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="onshi-locks-"))
    folder.chmod(0o1777)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(locks.VARIABLE, str(folder))
        yield
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """A copy of the example inventory that the test may spoil."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "inventory", ignore=KEPT))
