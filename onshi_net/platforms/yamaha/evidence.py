"""What the router says: one session, a list of commands, each answer parsed.

Ends within a bounded time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from onshi_net.errors import (
    HostKeyChanged,
    HostUnknown,
    InputError,
    LoginRefused,
    OnshiError,
    Unreachable,
)
from onshi_net.facts.told import Told
from onshi_net.facts.types import (
    Access,
    Clock,
    Echo,
    Health,
    Lines,
    Lookup,
    Outcome,
    Reading,
    RouterState,
    Trust,
)
from onshi_net.intent import Management, SiteIntent
from onshi_net.inventory import Secrets
from onshi_net.platforms.base import Opener, RouterSession, initial_refused, measuring
from onshi_net.platforms.yamaha import clock, output
from onshi_net.platforms.yamaha.config import config_lines
from onshi_net.platforms.yamaha.header import identity_of
from onshi_net.platforms.yamaha.masking import masked_both, masked_line
from onshi_net.platforms.yamaha.render import router_config
from onshi_net.platforms.yamaha.words import FIRST_WORDS
from onshi_net.transport.errors import CommandRejected, SessionLost, SlowToOpen

if TYPE_CHECKING:
    from onshi_net.platforms.yamaha.talk import Console

DEADLINE_S = 8.0
"""Time to open the session; a laptop on the right cable needs a fraction of a second."""
PINGS = 2
UNREADABLE = "unreadable-answer"
RAW, RAW_ROWS = 4000, 100
"""Letters and rows of an answer that nobody understands, as they are kept."""
T = TypeVar("T")
ACCESS: Mapping[type[OnshiError], Access] = {
    HostKeyChanged: Access.HOST_KEY_CHANGED,
    HostUnknown: Access.HOST_UNKNOWN,
    SessionLost: Access.ERROR,
    SlowToOpen: Access.ERROR,
    LoginRefused: Access.LOGIN_REFUSED,
    Unreachable: Access.UNREACHABLE,
}
"""The first that fits counts. A session that was lost, or did not open in time on a connection that
was taken, says nothing about the way in: both ends may have been busy."""


def open_ssh(management: Management, secrets: Secrets, known_hosts: Path) -> RouterSession:
    """Opens the real session."""
    from onshi_net.platforms.yamaha.session import open_router

    return open_router(management, secrets, known_hosts, deadline_s=DEADLINE_S)


def ask_router(
    intent: SiteIntent,
    secrets: Secrets,
    known_hosts: Path,
    opener: Opener = open_ssh,
) -> RouterState:
    """Answers the router's state; a refused or silent router has one too, never an exception."""
    start = time.monotonic()
    management = intent.router.management
    try:
        session = opener(measuring(management), secrets, known_hosts)
    except OnshiError as error:
        return _refused(error, secrets, time.monotonic() - start)
    try:
        found = _said(_Asked(session, secrets), intent, time.monotonic() - start)
        known = {
            "trust": _trust(management, known_hosts),
            "initial_refused": initial_refused(management, secrets, session),
        }
        return found.model_copy(update=known)
    except OnshiError as error:
        return _refused(error, secrets)
    finally:
        session.close()


def _refused(error: OnshiError, secrets: Secrets, duration_s: float = 0.0) -> RouterState:
    return RouterState(
        access=_access_of(error), reason=_told(error, secrets), duration_s=duration_s
    )


def _told(error: OnshiError, secrets: Secrets) -> Told:
    """Answers an error's sentence for later; faults of a file are told as they are."""
    if isinstance(error, InputError):
        return Told(said=secrets.masked(str(error)))
    values = {
        name: one if isinstance(one, int | float) else secrets.masked(str(one))
        for name, one in error.values.items()
    }
    return Told(message=error.message, host=error.host, values=values)


def _trust(management: Management, known_hosts: Path) -> Trust | None:
    """Answers the recorded key, which the session was held to."""
    from onshi_net.transport import hostkeys

    name = hostkeys.host_name(str(management.address), management.port)
    try:
        entries = hostkeys.recorded(known_hosts, name).entries
    except InputError:  # spoiled since the session was opened
        return None
    if not entries:
        return None
    return Trust(fingerprint=hostkeys.fingerprint(entries[0].key), **entries[0].bond.told())


def _access_of(error: OnshiError) -> Access:
    kinds = (access for kind, access in ACCESS.items() if isinstance(error, kind))
    return next(kinds, Access.ERROR)


class _Asked:
    """A session whose answers become readings."""

    def __init__(self, session: RouterSession, secrets: Secrets) -> None:
        self.session = cast("Console", session)
        self.secrets = secrets

    def masked(self, said: str) -> str:
        """Answers the router's words without secrets: ours, and those that it holds itself."""
        return masked_line(self.secrets.masked(said))

    def reading(self, ask: Callable[[], T | None]) -> Reading[T]:
        """Runs one question; a rejected command is a reading. Raises the loss of the session."""
        start = time.monotonic()
        try:
            found = ask()
        except CommandRejected as error:
            took = time.monotonic() - start
            return Reading(
                outcome=Outcome.REFUSED, detail=self.masked(error.answer), duration_s=took
            )
        took = time.monotonic() - start
        if found is None:
            return Reading(outcome=Outcome.ERROR, detail=UNREADABLE, duration_s=took)
        return Reading(outcome=Outcome.OK, duration_s=took, found=found)

    def shown(self, command: str, parse: Callable[[str], T | None]) -> Reading[T]:
        """Shows something and parses it; words that nobody understands are kept as they are."""
        return self.parsed(self.reading(lambda: self.session.show(command)), parse)

    def parsed(self, said: Reading[str], parse: Callable[[str], T | None]) -> Reading[T]:
        """Answers what an answer says."""
        if said.found is None:
            return Reading(
                outcome=said.outcome, detail=said.detail, duration_s=said.duration_s, raw=said.raw
            )
        try:
            found = parse(said.found)
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
            # A form that its parser did not foresee: costs this one answer.
            found = None
        if found is None:
            return Reading(
                outcome=Outcome.ERROR,
                detail=UNREADABLE,
                duration_s=said.duration_s,
                raw=self.kept(said.found),
            )
        return Reading(outcome=Outcome.OK, duration_s=said.duration_s, found=found)

    def kept(self, said: str) -> str:
        """Answers an answer's words for the evidence: some of its rows, without secrets."""
        return "\n".join(self.masked(row) for row in said.splitlines()[:RAW_ROWS])[:RAW]


def _said(asked: _Asked, intent: SiteIntent, opened_s: float) -> RouterState:
    session, model = asked.session, intent.router.model
    running = asked.parsed(asked.reading(session.config), _configuration)
    identity = session.identity
    environment = asked.shown("show environment", str)
    facts: dict[str, Any] = {
        "clock": asked.parsed(environment, _clock),
        "health": asked.parsed(environment, health),
        "wan": asked.shown(f"show status {model.wan}", output.lan_status),
        "lan": asked.shown(f"show status {model.lan}", output.lan_status),
        "addresses": asked.shown("show ipv6 address", output.ipv6_addresses),
        "routes": asked.shown("show ipv6 route", output.ipv6_routes),
        "dhcp": asked.shown("show status ipv6 dhcp", output.dhcp_states),
        "arp": asked.shown("show arp", output.arp_table),
        "pings": _pings(asked, intent),
    }
    facts["lookups"] = _lookups(asked, intent, facts["pings"])
    saved = asked.parsed(asked.reading(session.saved_config), _configuration)
    facts["running"], facts["saved"] = _hidden(running, saved, asked.secrets, _ours(intent))
    return RouterState(
        access=Access.OPEN,
        duration_s=opened_s,
        used_initial=session.used_initial,
        model=identity.model,
        header=identity.header,
        firmware=str(identity.firmware) if identity.firmware else None,
        serial=identity.serial,
        uptime_s=clock.uptime_of(environment.found or ""),
        **facts,
    )


def _configuration(said: str) -> tuple[str, ...] | None:
    """Reads a configuration; None for words of which none begins one of its lines."""
    lines = config_lines(said)
    known = any(line.split()[0] in FIRST_WORDS for line in lines)
    return lines if known or identity_of(said).model is not None else None


def _ours(intent: SiteIntent) -> frozenset[str]:
    """Answers the lines of our own making, which hold no secret whatever words stand in them."""
    try:
        return frozenset(router_config(intent.router))
    except InputError:
        return frozenset()


def _hidden(
    running: Lines, saved: Lines, secrets: Secrets, ours: frozenset[str]
) -> tuple[Lines, Lines]:
    """Answers both configurations as they are kept: without our secrets and those of others."""

    def hide(line: str, mask: str) -> str:
        return line if line in ours else masked_line(secrets.masked(line, mask), mask)

    here, there = masked_both(running.found or (), saved.found or (), hide)
    return _with(running, here), _with(saved, there)


def _with(reading: Lines, lines: tuple[str, ...]) -> Lines:
    return reading if reading.found is None else reading.model_copy(update={"found": lines})


def _clock(environment: str) -> Clock | None:
    """Reads the router's clock and compares it with the laptop's, as provisioning does."""
    shown = clock.clock_of(environment)
    if shown is None:
        return None
    return Clock(shown=shown, off_s=clock.ahead_s(shown, datetime.now(clock.JST)))


_BUSY = re.compile(r"(\d+)\s*%\s*\(\s*5\s*(?:min|分)\s*\).*?(?:Memory|メモリ)\s*[:：]\s*(\d+)\s*%")
_HOT = re.compile(r"(?:Inside Temperature|筐体内温度|内部温度)\s*\(?[^):：]*\)?\s*[:：]\s*(\d+)")
"""`CPU:   1%(5sec)   0%(1min)   0%(5min)    Memory: 24% used` and `Inside Temperature(C.): 36` are
from captures (RTX1210); the Japanese forms are inference."""


def health(environment: str) -> Health | None:
    """Reads from `show environment` how busy and how warm it is; None where it does not say."""
    busy, hot = _BUSY.search(environment), _HOT.search(environment)
    if busy is None:
        return None
    return Health(cpu=int(busy[1]), memory=int(busy[2]), celsius=int(hot[1]) if hot else None)


def _pings(asked: _Asked, intent: SiteIntent) -> dict[str, Reading[Echo]]:
    """Pings the line's resolvers until one answers; a cut line costs a few seconds."""
    readings: dict[str, Reading[Echo]] = {}
    for target in intent.ngn_resolvers:
        readings[str(target)] = found = asked.shown(f"ping6 -c {PINGS} {target}", output.ping)
        if found.found is not None and found.found.received:
            break
    return readings


def _lookups(
    asked: _Asked, intent: SiteIntent, pings: dict[str, Reading[Echo]]
) -> dict[str, Reading[Lookup]]:
    """Looks up one name of the line and one of the closed network by the router's own resolver.

    Not when nothing on the line answered: each lookup would wait for its whole time. Without
    options: `server=` and `type=` are not known to RTX830 Rev.15.02.33, RTX1210 Rev.14.01.42,
    RTX1220 Rev.15.04.07 and older (RTX command reference 56.7.13).
    """
    if not any(one.found is not None and one.found.received for one in pings.values()):
        return {}
    resolvers = (intent.ngn_resolvers[0], intent.closed_network_resolvers[0])
    names = [intent.name_for(resolver) for resolver in resolvers]
    return {name: asked.shown(f"nslookup {name}", output.lookup) for name in dict.fromkeys(names)}
