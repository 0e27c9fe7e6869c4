"""What the router says: one session, a list of commands, each answer parsed.

Ends within a bounded time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from onshi_net.errors import (
    HostKeyChanged,
    HostUnknown,
    InputError,
    LoginRefused,
    OnshiError,
    SecretMissing,
    Unreachable,
)
from onshi_net.evidence import router_output as output
from onshi_net.evidence.laptop import name_for
from onshi_net.evidence.types import Access, Echo, Lookup, Outcome, Reading, Router, Trust
from onshi_net.intent import Management, RouterIntent, SiteIntent
from onshi_net.inventory import Secrets
from onshi_net.transport import RouterSession
from onshi_net.transport.errors import CommandRejected

DEADLINE_S = 8.0
"""Time to open the session; a laptop on the right cable needs a fraction of a second."""
PINGS = 2
Differ = Callable[[str, RouterIntent], Iterable[str]]
"""Answers the lines that differ between a running configuration and the intent."""
Opener = Callable[[Management, Secrets, Path], RouterSession]
T = TypeVar("T")
ACCESS = {
    HostKeyChanged: Access.HOST_KEY_CHANGED,
    HostUnknown: Access.HOST_UNKNOWN,
    LoginRefused: Access.LOGIN_REFUSED,
    Unreachable: Access.UNREACHABLE,
}


def open_ssh(management: Management, secrets: Secrets, known_hosts: Path) -> RouterSession:
    """Opens the real session."""
    from onshi_net.transport import open_router

    return open_router(management, secrets, known_hosts, deadline_s=DEADLINE_S)


def ask_router(
    intent: SiteIntent,
    secrets: Secrets,
    known_hosts: Path,
    differ: Differ | None,
    opener: Opener = open_ssh,
) -> Router:
    """Answers the router's evidence.

    A refused or silent router is evidence too, never an exception.
    """
    start = time.monotonic()
    try:
        session = opener(intent.router.management, secrets, known_hosts)
    except OnshiError as error:
        return Router(
            access=_access_of(error),
            reason=secrets.masked(str(error)),
            duration_s=time.monotonic() - start,
        )
    try:
        found = _told(_Asked(session, secrets), intent, differ, time.monotonic() - start)
        return found.model_copy(update={"trust": _trust(intent.router.management, known_hosts)})
    except OnshiError as error:
        return Router(access=_access_of(error), reason=secrets.masked(str(error)))
    finally:
        session.close()


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
        self.session = session
        self.masked = secrets.masked

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
            return Reading(outcome=Outcome.ERROR, detail="unreadable-answer", duration_s=took)
        return Reading(outcome=Outcome.OK, duration_s=took, found=found)

    def shown(self, command: str, parse: Callable[[str], T | None]) -> Reading[T]:
        """Shows something and parses it."""
        return self.reading(lambda: parse(self.session.show(command)))

    def lines(self, ask: Callable[[], Iterable[str]]) -> Reading[tuple[str, ...]]:
        """Answers masked lines."""
        return self.reading(lambda: tuple(self.masked(line) for line in ask()))


def _told(asked: _Asked, intent: SiteIntent, differ: Differ | None, opened_s: float) -> Router:
    session, model = asked.session, intent.router.model
    running = asked.reading(session.config)
    identity = session.identity
    facts: dict[str, Any] = {
        "wan": asked.shown(f"show status {model.wan}", output.lan_status),
        "lan": asked.shown(f"show status {model.lan}", output.lan_status),
        "addresses": asked.shown("show ipv6 address", output.ipv6_addresses),
        "routes": asked.shown("show ipv6 route", output.ipv6_routes),
        "dhcp": asked.shown("show status ipv6 dhcp", output.dhcp_states),
        "arp": asked.shown("show arp", output.arp_table),
        "pings": _pings(asked, intent),
    }
    facts["lookups"] = _lookups(asked, intent, facts["pings"])
    if running.found is not None:
        config = running.found
        if differ is not None:
            facts["difference"] = asked.lines(lambda: differ(config, intent.router))
        facts["unsaved"] = asked.lines(lambda: unlike(config, session.saved_config()))
    return Router(
        access=Access.OPEN,
        duration_s=opened_s,
        used_initial=session.used_initial,
        model=identity.model,
        firmware=str(identity.firmware) if identity.firmware else None,
        serial=identity.serial,
        **facts,
    )


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
    names = [name_for(intent, str(resolver)) for resolver in resolvers]
    return {name: asked.shown(f"nslookup {name}", output.lookup) for name in dict.fromkeys(names)}


def unlike(running: str, saved: str) -> list[str]:
    """Answers the lines that only one configuration has: `+` the running, `-` the saved one."""
    ours, theirs = _lines(running), _lines(saved)
    return [f"+{line}" for line in ours if line not in set(theirs)] + [
        f"-{line}" for line in theirs if line not in set(ours)
    ]


def _lines(config: str) -> list[str]:
    lines = (line.strip() for line in config.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def initial_refused(
    management: Management, secrets: Secrets, known_hosts: Path, opener: Opener = open_ssh
) -> bool | None:
    """Answers whether the router refuses its delivery password; None where that can't be tried.

    A login that gets as far as the administrator's password was accepted.
    """
    initial = management.initial_secret
    if initial is None:
        return None
    try:
        trial = replace(management, secret=initial, admin_secret=initial, initial_secret=None)
        opener(trial, secrets, known_hosts).close()
    except LoginRefused as error:
        return error.message == "transport.login-refused"
    except (SecretMissing, OnshiError):
        return None
    return False
