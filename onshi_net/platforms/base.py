"""What the rest knows of a router family, and how a family is found.

A family is a room of its own: `yamaha` here, another one perhaps in somebody else's wheel. It says
so by an entry point of the group `onshi_net.platforms`, named as the models' `platform` is, whose
object is called without arguments and answers a `Platform`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from onshi_net.errors import Fault, InputError, Place, SecretMissing
from onshi_net.facts.types import RouterState
from onshi_net.i18n import text
from onshi_net.intent import Management, RouterIntent, SiteIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.model.catalogue import RouterModel, rebadged
from onshi_net.model.firmware import Firmware

if TYPE_CHECKING:
    from onshi_net.platforms.change import Device, Mark

GROUP = "onshi_net.platforms"
CLOCK_WRONG_S = 86400.0
"""A change needs no better clock, but a device's log and schedules do: one that is further off was
lost, as a router without power forgets it."""


def clock_is_wrong(ahead: float) -> bool:
    """Answers whether a clock that is so many seconds ahead of ours can't be trusted."""
    return abs(ahead) > CLOCK_WRONG_S


@dataclass(frozen=True, slots=True)
class Identity:
    """A router's model, firmware, serial number and MAC addresses, as far as it says them."""

    model: str | None = None
    """The name in its header, which may be the seller's."""
    firmware: Firmware | None = None
    serial: str | None = None
    macs: tuple[str, ...] = ()
    header: str = ""
    """The first row of its configuration, as it stands there."""

    @property
    def shown(self) -> str:
        """Gives the model for a person: with the maker's name, or the header as it is."""
        if self.model is None:
            return self.header or "?"
        made = rebadged().get(self.model)
        return f"{self.model} ({made})" if made else self.model


@dataclass(frozen=True, slots=True)
class Credentials:
    """The passwords that a router took: which of the two references each came from."""

    login: str
    admin: str | None
    """None: the router asked for no administrator password (`user attribute … administrator=2`)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How a router's state differs from what it shall be; a run's guard is no part of it."""

    lines: tuple[str, ...]
    """What goes (`- line`) and comes (`+ line`), for people: without the secrets of anybody."""
    unsaved: tuple[str, ...]
    """What only the running (`+ line`) or only the saved configuration (`- line`) has, as above;
    empty where the saved one was not read.
    """
    mark: Mark | None
    """A run's guard, with which the configuration is not final; None where there is no mark."""
    open_services: tuple[str, ...] = ()
    """Ids of services that stand open otherwise than is intended (`checks.service-<id>`)."""


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """Which passwords a model takes; each rule answers why not, without showing the password."""

    settable: Callable[[str], tuple[str, ...]]
    """Of one that is going to be set."""
    typable: Callable[[str], tuple[str, ...]]
    """Of one that the router has already, and need only be typed."""
    remedy: str
    """What one that can be set is like, in the user's language."""


class RouterSession(Protocol):
    """A session at administrator level on one router.

    What else is said over it only its own family knows.
    """

    @property
    def host(self) -> str:
        """The router's address, for messages."""

    @property
    def credentials(self) -> Credentials:
        """Which secrets it was opened with, as references."""

    @property
    def used_initial(self) -> bool:
        """Whether one of the delivery passwords was needed to get in."""

    def config(self) -> str:
        """Answers what runs, in the router's own words: header and lines, unwrapped."""

    def saved_config(self) -> str:
        """Answers the saved configuration that a restart would load."""

    @property
    def identity(self) -> Identity:
        """Who the router is; reads the configuration's header when nobody has yet."""

    def restart(self) -> None:
        """Restarts the router into its saved configuration; the session is lost by it."""

    def touch(self) -> None:
        """Presses a key, so that the login timer starts again. Raises SessionLost."""

    def close(self) -> None:
        """Closes the connection without logging out."""


Opener = Callable[[Management, Secrets, Path], RouterSession]
"""Opens a session, held to the keys in that known_hosts file."""


class Platform(Protocol):
    """A router family. Opens no connection but where told to; raises the errors of a session."""

    def render(self, intent: RouterIntent) -> tuple[str, ...]:
        """Answers the configuration's lines, in the order in which they may be sent.

        Raises InputError when a value may not stand in a line.
        """

    def secret_lines(self, intent: RouterIntent) -> tuple[str, ...]:
        """Answers the lines that hold the passwords, as the device itself shows them: masked."""

    def difference(self, state: RouterState, intent: RouterIntent) -> Difference:
        """Answers how a state whose running configuration was read differs from the intent. Pure.

        A state is kept without secrets: one that is hidden counts as ours where our line has one in
        its place. Raises InputError when a value of the intent may not stand in a line.
        """

    def masked(self, said: str) -> str:
        """Answers lines of a configuration without the secrets in them, whosesoever they are."""

    def passwords(self, model: RouterModel) -> PasswordRules:
        """Answers which passwords a model takes."""

    def device(self, intent: RouterIntent, secrets: Secrets, session: RouterSession) -> Device:
        """Answers the router for a change over an open session; talks to nobody yet."""

    def open(
        self, management: Management, secrets: Secrets, known_hosts: Path, *, deadline_s: float
    ) -> RouterSession:
        """Opens a session at administrator level within `deadline_s` seconds.

        Raises Unreachable, LoginRefused, SecretMissing, and before any password is sent
        HostUnknown, HostKeyChanged or InputError.
        """

    def ask(
        self, intent: SiteIntent, secrets: Secrets, known_hosts: Path, opener: Opener | None
    ) -> RouterState:
        """Answers what the router says of itself and its neighbours; never raises an OnshiError.

        The site's password is tried once, the delivery password never (`measuring`): accounts lock.
        `opener` None: over the network.
        """


def measuring(management: Management) -> Management:
    """Answers how a router is reached to be measured: the delivery password is not tried."""
    return replace(management, initial_secret=None, initial_admin=None)


def initial_refused(
    management: Management, secrets: Secrets, session: RouterSession
) -> bool | None:
    """Answers whether a router's delivery password opens it no longer, without trying it.

    A user has one password, and so has the administrator level: what opened the session is it. None
    where the site has no delivery password, or its value is not at hand.
    """
    if management.initial_secret is None:
        return None
    used = session.credentials
    try:
        opened = [secrets.resolve(one) for one in (used.login, used.admin) if one is not None]
        return secrets.resolve(management.initial_secret) not in opened
    except SecretMissing:
        return None


@cache
def platform(name: str) -> Platform:
    """Answers the family of that name. Raises InputError where none is installed."""
    for entry in entry_points(group=GROUP, name=name):
        found: Platform = entry.load()()
        return found
    known = ", ".join(sorted(entry_points(group=GROUP).names)) or "-"
    message = text("platforms.unknown", name=name, known=known)
    raise InputError([Fault(Place(item="platform"), message, text("platforms.unknown.remedy"))])


@cache
def _families() -> tuple[Platform, ...]:
    names = sorted(entry_points(group=GROUP).names)
    return tuple(map(platform, names))


def masked(said: str) -> str:
    """Answers a text without the secrets that lines of any family's devices in it may hold.

    For what nobody knows the device of: a log.
    """
    for family in _families():
        said = "\n".join(map(family.masked, said.split("\n")))
    return said
