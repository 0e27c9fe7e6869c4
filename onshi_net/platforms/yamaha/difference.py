"""How a router's configurations differ from each other and from the intent: decided here alone.

By lines with their secrets while it is changed (`device`), by kept ones, in which they are hidden,
where it is judged. A line of ours equals one that stands there as it is, or as `masking` hides it.
What stands there of a run's guard is no configuration: it is told apart. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from onshi_net.facts.types import Lines, RouterState
from onshi_net.intent.types import OtherService, RouterIntent
from onshi_net.platforms.base import Difference
from onshi_net.platforms.change import Config, Mark
from onshi_net.platforms.yamaha.config import keyed
from onshi_net.platforms.yamaha.guard import find_guard, mark_of, without_guard
from onshi_net.platforms.yamaha.masking import masked_line
from onshi_net.platforms.yamaha.rules import is_kept, key_of
from onshi_net.platforms.yamaha.services import SERVICES, Service

Pair = tuple[str, str]
"""A section and a line in it, see `keyed`."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Both configurations of a router without a run's guard, and that."""

    running: Config
    saved: Config
    """() where it was not read."""
    unsaved: tuple[str, ...]
    """What only the running (`+ line`) or the saved one (`- line`) has; () where none was read."""
    mark: Mark | None


def apart(running: Config, saved: Config | None, uptime: int | None) -> Apart:
    """Answers what a router runs, apart from a run's guard; `uptime` in seconds, where it tells it.

    A guard that somebody saved by mistake is not unsaved as long as it runs, and is once it does
    not.
    """
    bare, found, there = without_guard(running), find_guard(running), saved or ()
    kept = without_guard(there)
    beside = there if found is None else kept
    mark = None if found is None else mark_of(found, uptime, kept=kept != there)
    return Apart(bare, kept, () if saved is None else unlike(bare, beside), mark)


def difference(state: RouterState, wanted: Config, intent: RouterIntent) -> Difference:
    """Answers how a state differs from the wanted lines of an intent."""
    users, others = intent.management.users, intent.other_services
    running, saved = _read(state.running) or (), _read(state.saved)
    found = apart(running, saved, state.uptime_s)
    lines = until_wanted(found.running, wanted, users, others)
    open_ = open_services(found.running, wanted, intent.model.name, others)
    return Difference(lines, found.unsaved, found.mark, open_)


def _read(reading: Lines | None) -> Config | None:
    return reading.found if reading is not None else None


def until_wanted(
    running: Iterable[str],
    wanted: Iterable[str],
    users: frozenset[str] = frozenset(),
    others: Iterable[OtherService] = (),
) -> tuple[str, ...]:
    """Answers what goes (`- line`) and comes (`+ line`), removed lines first.

    Lines that are not ours to remove are left out, as are accounts of `users` and `others`.
    """
    here, ours = tuple(keyed(running)), tuple(keyed(wanted))
    before, after = set(here), set(ours)
    hidden = {one: _hidden(one) for one in ours if one not in before}
    after.update(hidden.values())
    goes = (one for one in here if one not in after and not is_kept(one[1], users, others))
    comes = (one for one, shown in hidden.items() if shown not in before)
    return (*_signed("-", goes), *_signed("+", comes))


def unlike(running: Iterable[str], saved: Iterable[str]) -> tuple[str, ...]:
    """Answers the lines that only the running, or only the saved configuration has."""
    here, there = tuple(keyed(running)), tuple(keyed(saved))
    before, after = set(there), set(here)
    return (
        *_signed("+", (one for one in here if one not in before)),
        *_signed("-", (one for one in there if one not in after)),
    )


def _hidden(pair: Pair) -> Pair:
    section, line = pair
    return section, masked_line(line)


def _signed(sign: str, pairs: Iterable[Pair]) -> Iterable[str]:
    for section, line in pairs:
        yield f"{sign} {masked_line(f'{section}: {line}' if section else line)}"


def open_services(
    running: Config, wanted: Config, model: str, others: tuple[OtherService, ...] = ()
) -> tuple[str, ...]:
    """Answers the ids of services that stand open otherwise than is wanted."""
    return tuple(
        one.id
        for one in SERVICES
        if one.is_open(running, model) and _stands(one, running, wanted, others)
    )


def _stands(
    service: Service, running: Config, wanted: Config, others: tuple[OtherService, ...]
) -> bool:
    own, due = service.own(running), service.own(wanted)
    keys = frozenset(map(key_of, due))
    more = (line for line in own if line not in due)
    return bool(set(due) - set(own)) or any(
        key_of(line) in keys or not is_kept(line, others=others) for line in more
    )
