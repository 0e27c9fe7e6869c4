"""What befalls a laptop and a router in the middle of a change, over SSH: how it ends, in a table.

`python -m pytest tests/provision/test_befallen.py --full -s` tries each ten times. That no other
moment ends otherwise is test_core.py's and test_core_explored.py's to show.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from onshi_net.errors import DeviceError, OnshiError
from onshi_net.platforms.yamaha.config import config_lines, same_config
from onshi_net.platforms.yamaha.device import carriers
from onshi_net.platforms.yamaha.guard import without_guard
from onshi_net.platforms.yamaha.order import plan_lines
from onshi_net.platforms.yamaha.session import open_router
from onshi_net.provision import State, apply_router
from onshi_net.provision.outcome import silent
from onshi_net.provision.reach import Reach
from tests.budget import drawn
from tests.provision.changes import WANTED
from tests.provision.clock import Laptop, time_of
from tests.transport.routers import MockRouter, any_of, management, new_secrets, own_serial

GUARD_S = 60
OVER_S = GUARD_S + 40
"""After which no guard of a run can fire any more, and a router has started."""
MESSAGES = range(3, 22)
"""Of a whole run, from arming to saving."""
AFTER = 3
"""Messages between what befalls and the kill."""


class Killed(BaseException):
    """Ends a run as SIGKILL does: nothing more is sent, and nothing tidied."""


@dataclass
class Trial:
    """One change that something befalls."""

    folder: Path
    laptop: Laptop
    options: dict[str, object]
    told: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def router(self) -> MockRouter:
        """The router as it runs now."""
        return self.laptop.router

    def run(self, progress: Callable[[str], None], name: str = "") -> State:
        """Provisions from this laptop, or from another one with a name of its own."""
        folder = self.folder / name if name else self.folder
        return apply_router(
            any_of(self.router.port),
            new_secrets(),
            self.folder / "known",
            runs=folder / "runs",
            site="demo-clinic",
            guard_s=GUARD_S,
            progress=lambda _host, message_id, **_values: progress(message_id),
            render=lambda _intent: WANTED,
        ).state

    def config(self) -> tuple[str, ...]:
        """Answers what the router runs, whatever guards it."""
        intent, known = any_of(self.router.port), self.folder / "known"
        session = Reach(intent, new_secrets(), known, silent).reopen(60.0, lambda: False)
        try:
            return without_guard(config_lines(session.config()))
        finally:
            session.close()

    def is_new(self, lines: tuple[str, ...]) -> bool:
        """Answers whether lines are as intended."""
        return not plan_lines(lines, WANTED, carriers(any_of(self.router.port)))

    # what befalls it

    def sleep(self) -> None:
        """The laptop sleeps longer than the guard lasts; its session is still there afterwards."""
        self.router.pass_time(OVER_S)

    def cut_power(self) -> None:
        """The router is switched off and on."""
        old = self.router
        old.stop()
        new = MockRouter(old.folder, port=old.port, met=False, **self.options)
        new.ahead = old.ahead
        self.laptop.router = new

    def set_forward(self) -> None:
        """Somebody sets the laptop's clock an hour forward, and the router's a day."""
        self._set_clocks(3700.0, "2031/01/01")

    def set_back(self) -> None:
        """Somebody sets them back."""
        self._set_clocks(-3700.0, "2020/01/01")

    def _set_clocks(self, laptop_s: float, router: str) -> None:
        self.laptop.wall_s += laptop_s
        where = management(self.router.port)
        session = open_router(where, new_secrets(), self.folder / "known", deadline_s=15)
        session.show(f"date {router}")
        session.close()

    def come_along(self) -> None:
        """Another laptop begins to provision the same router, and is told to keep away."""
        own, self.laptop.locks = self.laptop.locks, self.folder / "others-locks"
        self.laptop.locks.mkdir(exist_ok=True)
        try:
            self.run(lambda _message: None, name="other")
        except DeviceError as error:
            self.refusals.append(error.message)
        finally:
            self.laptop.locks = own

    def lose_journal(self) -> None:
        """The folder of the runs is gone."""
        shutil.rmtree(self.folder / "runs", ignore_errors=True)


BEFALLS: dict[str, Callable[[Trial], None]] = {
    "asleep": Trial.sleep,
    "power cut": Trial.cut_power,
    "clocks set forward": Trial.set_forward,
    "clocks set back": Trial.set_back,
    "another laptop": Trial.come_along,
    "journal lost": Trial.lose_journal,
}
FATAL = "killed"


@pytest.mark.parametrize("killed", [False, True], ids=["lives", "killed"])
@pytest.mark.parametrize("what", BEFALLS)
def test_what_befalls_a_change_ends_it_true_and_never_between(
    what: str, killed: bool, tmp_path: Path
) -> None:
    moments = drawn("router-befallen", MESSAGES, f"{what} {killed}")
    with ThreadPoolExecutor(4) as pool:
        endings = Counter(pool.map(lambda at: tried(what, killed, at, tmp_path / str(at)), moments))
    print(f"{what:20} {'killed' if killed else 'lives':7} {dict(endings)}, between 0, untrue 0")
    assert endings.total() == len(moments)
    assert (FATAL in endings) <= killed


def tried(what: str, killed: bool, at: int, folder: Path) -> str:
    """Answers how a change ended; checks that this was true then and is later."""
    options: dict[str, object] = {"serial": own_serial()}
    first = MockRouter(folder, **options)
    with time_of(first) as laptop:
        trial = Trial(folder, laptop, options)
        try:
            return _tried(trial, BEFALLS[what], killed, at)
        finally:
            laptop.router.stop()


def _tried(trial: Trial, befall: Callable[[Trial], None], killed: bool, at: int) -> str:
    before = trial.config()

    def progress(message: str) -> None:
        trial.told.append(message)
        if len(trial.told) == at:
            befall(trial)
        if killed and len(trial.told) == at + AFTER:
            raise Killed

    try:
        ended = str(trial.run(progress))
    except Killed:
        ended = FATAL
    except OnshiError as error:
        ended = type(error).__name__
    if befall is Trial.come_along:
        assert set(trial.refusals) <= {"provision.guarded", "provision.somebody-else"}
    if ended == FATAL and befall in {Trial.come_along, Trial.lose_journal}:
        _next_is_refused_or_well(trial)
    trial.router.pass_time(OVER_S)
    lines = trial.config()
    is_new = trial.is_new(lines)
    assert is_new or same_config(lines, before), ("between", trial.told, lines)
    assert ended != "changed" or is_new, ("untrue", trial.told)
    assert ended != "ChangeUndone" or not is_new, ("untrue", trial.told)
    if befall is Trial.lose_journal:
        trial.lose_journal()
    assert trial.run(trial.told.append) in {State.CHANGED, State.UNCHANGED}
    trial.router.pass_time(OVER_S)
    assert trial.is_new(trial.config()), ("old again", trial.told)
    assert trial.run(trial.told.append) is State.UNCHANGED
    return ended


def _next_is_refused_or_well(trial: Trial) -> None:
    """Right after a kill, nobody but who knows the run's journal may touch what guards itself."""
    trial.come_along()
    if not trial.refusals:
        assert trial.is_new(trial.config()), trial.told
