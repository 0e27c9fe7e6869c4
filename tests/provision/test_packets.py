"""What packets show can neither hold a change up nor break it."""

from __future__ import annotations

import threading

from onshi_net.provision.core import Answer, Seen
from onshi_net.provision.packets import Packets, unmeasured

GOOD = (Answer("policy.inbound", Seen.GOOD),)


def test_what_was_begun_while_the_device_is_read_is_not_asked_twice() -> None:
    asked: list[float] = []

    def measure(within_s: float) -> tuple[Answer, ...]:
        asked.append(within_s)
        return GOOD

    packets = Packets(measure)
    packets.begin()
    assert packets.before(60.0) == GOOD
    assert len(asked) == 1
    assert packets.now(60.0) == GOOD
    assert len(asked) == 2


def test_what_nobody_began_is_asked_when_it_is_needed() -> None:
    assert Packets(lambda _within_s: GOOD).before(60.0) == GOOD


def test_what_comes_too_late_was_not_measured() -> None:
    never = threading.Event()

    def measure(_within_s: float) -> tuple[Answer, ...]:
        never.wait(60)
        return GOOD

    assert Packets(measure).now(0.01) == ()
    never.set()


def test_what_goes_wrong_was_not_measured() -> None:
    def measure(_within_s: float) -> tuple[Answer, ...]:
        raise RuntimeError("a fault of ours")

    assert Packets(measure).now(60.0) == ()
    assert Packets(unmeasured).now(60.0) == ()
