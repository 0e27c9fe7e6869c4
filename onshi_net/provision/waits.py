"""What waits for what while a site is provisioned: data, and the events that it is made of.

The router goes first, since every other device waits for it in the end. Where it divides its LAN,
the links of its ports go down for a while; what is said to a PC then is repeated after pauses that
double, or is lost. So terminals, which hang on those ports, begin once they stand; receipt PCs,
which mostly don't, are read meanwhile. Their access proof needs the router's policy and the
terminals' shares: they change when those are through, and not where one of them failed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from onshi_net.errors import DeviceError


class Part(StrEnum):
    """What a device is to a site."""

    ROUTER = "router"
    TERMINAL = "terminal"
    RECEIPT = "receipt"


class Mark(StrEnum):
    """How far a device is, for others to go on."""

    BEGUN = "begun"
    """It takes its lines, or is through."""
    LINKS = "links"
    """The links of its ports stay up from now on."""
    THROUGH = "through"


class Before(StrEnum):
    """What a device may not do until then."""

    CONNECTING = "connecting"
    CHANGING = "changing"


@dataclass(frozen=True, slots=True)
class Wait:
    """One device waits for every one of a kind to be so far."""

    part: Part
    mark: Mark
    before: Before


WAITS: Mapping[Part, tuple[Wait, ...]] = MappingProxyType(
    {
        Part.ROUTER: (),
        Part.TERMINAL: (Wait(Part.ROUTER, Mark.LINKS, Before.CONNECTING),),
        Part.RECEIPT: (
            Wait(Part.ROUTER, Mark.BEGUN, Before.CONNECTING),
            Wait(Part.ROUTER, Mark.THROUGH, Before.CHANGING),
            Wait(Part.TERMINAL, Mark.THROUGH, Before.CHANGING),
        ),
    }
)


@dataclass(slots=True)
class Gates:
    """The marks of the devices of one run; who is not in it is in nobody's way."""

    parts: Mapping[str, Part]
    """The devices of the run, by name."""
    within_s: float
    """How long one is waited for."""
    failed: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    _marks: dict[tuple[str, Mark], threading.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Makes an event of each mark."""
        self._marks = {(name, mark): threading.Event() for name in self.parts for mark in Mark}

    def reached(self, host: str, *marks: Mark) -> None:
        """Says how far a device is."""
        for mark in marks:
            self._marks[host, mark].set()

    def close(self, host: str, *, good: bool, changed: bool = False) -> None:
        """Says that a device is through."""
        if not good:
            self.failed.add(host)
        if changed:
            self.changed.add(host)
        self.reached(host, *Mark)

    def awaited(self, host: str, before: Before) -> list[threading.Event]:
        """Answers the events that a device waits for before it does this."""
        return [self._marks[one] for one in self._needed(host, before)]

    def stand(self, mark: Mark, part: Part = Part.ROUTER) -> threading.Event | None:
        """Answers the event of the first device of a kind; None where none is in the run."""
        named = next((name for name, one in self.parts.items() if one is part), None)
        return None if named is None else self._marks[named, mark]

    def wait(self, host: str, before: Before) -> bool:
        """Waits until a device may do this; answers whether one that it waited for was changed.

        Raises DeviceError naming those that failed or are late, where it waits for them to be
        through.
        """
        needed = list(self._needed(host, before))
        late = {name for name, mark in needed if not self._marks[name, mark].wait(self.within_s)}
        through = {name for name, mark in needed if mark is Mark.THROUGH}
        missing = sorted((late | self.failed) & through)
        if missing:
            raise DeviceError("provision.waits-for", host=host, missing=", ".join(missing))
        return bool(through & self.changed)

    def _needed(self, host: str, before: Before) -> Iterator[tuple[str, Mark]]:
        waits = (one for one in WAITS[self.parts[host]] if one.before is before)
        for wait in waits:
            yield from ((name, wait.mark) for name, one in self.parts.items() if one is wait.part)
