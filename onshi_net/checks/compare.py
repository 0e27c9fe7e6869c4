"""Two verifications of a site beside each other: which checks end otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from onshi_net.checks.model import BAD, CheckResult, State
from onshi_net.i18n import text


@dataclass(frozen=True, slots=True)
class Turn:
    """A check that ends otherwise."""

    one: CheckResult
    """The later result that there is."""
    before: State | None
    """None: the site did not have the check then."""
    now: State | None
    """None: it has the check no more."""

    def __str__(self) -> str:
        """Gives it for people, of what is wrong or not measured now with the reason."""
        return text(
            "checks.turned-bad" if self.now in BAD else "checks.turned",
            segment=text(f"checks.segment-{self.one.segment}"),
            title=self.one.title,
            before=_word(self.before),
            now=_word(self.now),
            detail=self.one.detail,
        )

    def to_json(self) -> dict[str, object]:
        """Gives plain data."""
        return {
            "id": self.one.id,
            "segment": self.one.segment,
            "before": self.before,
            "now": self.now,
            "detail": self.one.detail,
        }


def turned(before: Iterable[CheckResult], now: Iterable[CheckResult]) -> tuple[Turn, ...]:
    """Answers the checks whose states differ, in the order of the segments of `now`."""
    then, later = ({one.id: one for one in some} for some in (before, now))
    both = {**then, **later}
    turns = (
        Turn(both[name], _state(then.get(name)), _state(later.get(name)))
        for name in dict.fromkeys((*later, *then))
    )
    return tuple(turn for turn in turns if turn.before is not turn.now)


def _state(found: CheckResult | None) -> State | None:
    return found.state if found is not None else None


def _word(state: State | None) -> str:
    return text("cli.state-none" if state is None else f"cli.state-{state.replace(' ', '-')}")
