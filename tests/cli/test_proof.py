"""What packets could not show while the router was changed is asked again, and told plainly."""

from __future__ import annotations

from pathlib import Path

import pytest

from onshi_net.cli.context import Context
from onshi_net.cli.proof import asked_again, tell
from onshi_net.i18n import set_language
from onshi_net.provision.core import Answer, Seen
from onshi_net.provision.site import HostOutcome

GOOD, BAD, UNKNOWN = Seen.GOOD, Seen.BAD, Seen.UNKNOWN


def outcome(*seen: Seen) -> HostOutcome:
    after = tuple(
        Answer(f"check-{n}", one, said=f"{n} is {one.name}") for n, one in enumerate(seen)
    )
    return HostOutcome("router", "changed", after=after)


def test_only_what_was_not_seen_good_is_asked_again() -> None:
    now = outcome(GOOD, GOOD, BAD).after
    assert asked_again([outcome(GOOD, UNKNOWN, BAD)], lambda _s: now) == now[1:]


def test_nothing_is_asked_again_where_all_was_good_or_nothing_changed() -> None:
    def never(_within_s: float) -> tuple[Answer, ...]:
        raise AssertionError

    assert asked_again([outcome(GOOD, GOOD), HostOutcome("terminal-1", "changed")], never) == ()


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ((GOOD, GOOD), ["good now: 2"]),
        ((GOOD, BAD), ["good now: 1", "Not good: 1 is BAD", "onshi verify demo-clinic"]),
        ((UNKNOWN,), ["Not measured: 0 is UNKNOWN", "onshi verify demo-clinic"]),
        ((), []),
    ],
)
def test_it_is_told_plainly(
    seen: tuple[Seen, ...], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    set_language("en")
    tell(Context(Path(), None, "info"), "demo-clinic", outcome(*seen).after)
    told = capsys.readouterr().out
    assert [word for word in words if word not in told] == []
    assert bool(told) is bool(words)
