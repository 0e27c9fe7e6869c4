"""What is told when this computer itself is cut off during a change; the clock is ours."""

from __future__ import annotations

import threading

from onshi_net.provision.watch import LOOK_EVERY_S, Watch, watching
from onshi_net.transport.ownlink import CutOff

OUT = CutOff("own.cable", "enp2s0", "10.51.1.200")
NO_ADDRESS = CutOff("own.address", "enp2s0", "10.51.1.200")


class Scene:
    """A laptop whose cable is the test's, and a guard that fires at a time of the clock."""

    def __init__(self, over: float | None) -> None:
        self.own: CutOff | None = None
        self.over = over
        self.now = 0.0
        self.told: list[tuple[float, str, object]] = []
        self.quiet = False
        self.watch = Watch("router", self.progress, lambda: self.own, self.left, lambda: self.quiet)

    def progress(self, host: str, message_id: str, **values: object) -> None:
        assert host == "router"
        said = values.get("interface", values.get("seconds"))
        self.told.append((self.now, message_id.removeprefix("provision.own."), said))

    def left(self) -> float | None:
        return None if self.over is None else self.over - self.now

    def until(self, end: float) -> None:
        while self.now < end:
            self.now += LOOK_EVERY_S
            self.watch.look(self.now)


def test_a_cable_is_named_within_three_seconds_and_the_guards_time_counts_on() -> None:
    scene = Scene(over=120.0)
    scene.until(10)
    assert scene.told == []
    scene.own = OUT
    scene.until(20)
    assert scene.told[0] == (11.0, "cable", "enp2s0")
    assert [one for one in scene.told if one[1] == "left"] == [
        (11.0, "left", 110),
        (14.0, "left", 106),
        (17.0, "left", 104),
        (20.0, "left", 100),
    ]
    scene.own = None
    scene.until(30)
    assert scene.told[-1] == (21.0, "back", None)


def test_a_laptop_that_slept_shows_what_is_left_and_never_less_than_nothing() -> None:
    scene = Scene(over=120.0)
    scene.own = OUT
    scene.until(2)
    scene.now += 100
    scene.watch.look(scene.now)
    assert scene.told[-1] == (102.0, "left", 18)
    scene.now += 500
    scene.watch.look(scene.now)
    assert scene.told[-1] == (602.0, "left", 0)


def test_another_loss_is_named_too_and_without_a_guard_nothing_is_counted() -> None:
    scene = Scene(over=None)
    scene.own = OUT
    scene.until(9)
    scene.own = NO_ADDRESS
    scene.until(12)
    assert [name for _, name, _ in scene.told] == ["cable", "address"]


def test_a_link_that_the_change_itself_takes_down_is_nobodys_cable() -> None:
    scene = Scene(over=None)
    scene.own, scene.quiet = OUT, True
    scene.until(9)
    assert scene.told == []
    scene.quiet = False
    scene.until(10)
    assert scene.told == [(10.0, "cable", "enp2s0")]


def test_it_looks_by_itself_while_a_change_runs() -> None:
    named = threading.Event()
    watch = Watch("router", lambda *_a, **_v: named.set(), lambda: OUT, lambda: None)
    with watching(watch, lambda: 0.0):
        assert named.wait(60)


def test_a_window_that_is_closed_does_not_end_the_watch() -> None:
    tried = threading.Semaphore(0)

    def progress(*_told: object, **_values: object) -> None:
        tried.release()
        raise OSError(5, "Input/output error")

    said = iter([OUT, NO_ADDRESS])
    watch = Watch("router", progress, lambda: next(said, None), lambda: None)
    with watching(watch, lambda: 0.0):
        assert tried.acquire(timeout=60)
        assert tried.acquire(timeout=60)
