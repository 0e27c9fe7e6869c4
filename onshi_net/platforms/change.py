"""What the change of a router is made of, and what a family does of it: `Device`.

`provision` decides what is done and when (`core`), and asks a `Device` to do it. So it knows only
configurations, what differs between them, the guard and its mark; no command of any family's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from onshi_net.errors import DeviceError

if TYPE_CHECKING:
    from onshi_net.platforms.base import RouterSession

Config = tuple[str, ...]
"""A configuration's lines without those of a guard; what they mean is the family's."""
Note = Callable[..., None]
"""Is told, as a catalogue id of `provision` and its values, what a device does unasked."""


class NoGuard(DeviceError):
    """Raised where a router can't undo a change by itself; it was not changed."""


class PasswordStep(StrEnum):
    """A password that must become the site's."""

    LOGIN = "login"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Command:
    """Lines that are sent together, and the lines that undo them.

    `undo` is None where they can't be undone. Both may hold a secret that was in the router
    already; `shown` is what a person may read of it.
    """

    lines: tuple[str, ...] = field(repr=False)
    undo: tuple[str, ...] | None = field(repr=False)
    shown: tuple[str, ...] = ()
    reshapes: bool = False
    """The router moves other lines by it, so that what follows is planned again; its links go down
    for a while."""
    needs_restart: bool = False
    """It holds only after a restart."""


@dataclass(frozen=True, slots=True)
class Password:
    """A password that is made the site's."""

    which: PasswordStep
    reshapes: bool = False
    needs_restart: bool = False


Step = Command | Password


@dataclass(frozen=True, slots=True)
class Guard:
    """What undoes a change by itself: the seconds until it does, and until it has for sure.

    `survives_loss`: it stands on when the session that armed it breaks. `kind` is the family's word
    for it, for the journal.
    """

    seconds: float
    lasts_s: float
    survives_loss: bool = True
    kind: str = ""

    @property
    def margin_s(self) -> float:
        """Answers the last seconds, in which nothing is begun any more."""
        return max(1.0, self.seconds * 0.05)


@dataclass(frozen=True, slots=True)
class Mark:
    """A guard as a device tells it: the run, whose it is, the seconds until it is over for sure.

    `left_s` is None where the device tells no time. `stands`: it will fire. `removable`: whoever
    has a session can take it away.
    """

    run: str
    who: str
    left_s: float | None
    stands: bool
    removable: bool = True

    @property
    def over(self) -> bool:
        """Whether its run is through: what is left of it goes with the next change."""
        return not self.stands if self.left_s is None else self.left_s <= 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a router was seen to be."""

    text: str = field(repr=False)
    """What it runs, in its own words."""
    running: Config = field(repr=False)
    saved: Config | None = field(repr=False)
    """What a restart would bring; None: it was not asked."""
    is_saved: bool
    """A restart would bring what runs; False where it was not asked."""
    mark: Mark | None
    has_first_passwords: bool
    """Its passwords are those that it had when the device's first session was opened."""


class Device(Protocol):
    """One router while it is changed, over the session that it was given last.

    What talks to the router raises the errors of a session: CommandRejected, SessionLost.
    """

    @property
    def whole(self) -> bool:
        """Whether a change takes hold in one step, as a whole, and is kept at once.

        Such a router has no guard: before that step nothing has happened, and after it nothing
        but another change brings the earlier configuration back.
        """

    @property
    def boot_s(self) -> float:
        """Seconds after which a restarted router must answer again."""

    @property
    def session(self) -> RouterSession:
        """The session that it was given last."""

    def take(self, session: RouterSession) -> None:
        """Goes on over another session."""

    def require_alone(self) -> None:
        """Raises DeviceError when somebody else is about to change the router."""

    def read(self, *, kept: bool) -> Seen:
        """Answers what it is; without `kept` it is not asked what a restart would bring."""

    def same(self, first: Config, second: Config) -> bool:
        """Answers whether two configurations say the same."""

    def plan(self, running: Config, wanted: Config) -> tuple[Step, ...]:
        """Answers what makes one configuration the other, and the passwords the site's.

        In the order of sending, safe at every step.
        """

    def differs(self, running: Config, wanted: Config) -> tuple[str, ...]:
        """Answers what goes (`- line`) and comes (`+ line`), for a person: without secrets."""

    def uses(self, running: Config) -> tuple[str, ...]:
        """Answers what somebody uses it for that isn't ours, in people's words.

        Of the configuration alone; nothing for a router as it is delivered.
        """

    def stages(self, running: Config, wanted: Config) -> tuple[Config, ...]:
        """Answers the configurations that it passes through, the wanted one last.

        More than one where something holds only after a restart, which comes after each but the
        last; until then nothing is as open as what needs it expects.
        """

    def send(self, step: Step) -> None:
        """Does a step."""

    def undo(self, step: Step) -> None:
        """Undoes a step, also one that did not reach the router, or was refused by it."""

    def choose_guard(self, seconds: int, running: Config, wanted: Config, note: Note) -> Guard:
        """Answers the guard for a change. Raises NoGuard where it has none.

        Not asked of a router that takes a change as a whole; nor are the next two.
        """

    def arm(self, run: str) -> None:
        """Arms the guard that was chosen, and marks it with the run's name."""

    def disarm(self) -> None:
        """Takes away what stands of a guard; its mark last."""

    def keep(self) -> None:
        """Saves what runs."""
