"""Why a PC's WinRM can't be used, and the exact remedy of each cause.

What can be told from the laptop: whether the port answers, whether the PC lies in one of the
laptop's own networks, the PC's clock, and whether a password was refused. Windows answers wrong
password, locked account and filtered token alike, and its firewall drops silently (stealth
mode), so several causes may be left; they are given most likely first.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from onshi_net.errors import DeviceError, LoginRefused
from onshi_net.intent.windows import Access
from onshi_net.transport.windows.challenge import Challenge, ask_challenge
from onshi_net.transport.windows.endpoint import Endpoint
from onshi_net.transport.windows.errors import NotReady
from onshi_net.transport.windows.legs import Leg, stands_in

CLOCK_LIMIT_S = 36 * 3600.0
"""NTLM refuses responses that are older ([MS-NLMP] 3.1.1.1); Kerberos' five minutes are not asked
for here."""
CONNECT_S = 4.0


class Cause(StrEnum):
    """Why WinRM isn't ready; also the catalogue's name below `winrm.cause.`."""

    SERVICE_OFF = "service-off"
    PUBLIC_PROFILE = "public-profile"
    NOT_LOCAL = "not-local-subnet"
    PC_OFF = "pc-off"
    TOKEN_FILTER = "token-filter"  # noqa: S105 - a name
    CLOCK = "clock-skew"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105
    LOCKED = "locked"


class Port(StrEnum):
    """How a TCP connection to the service ended."""

    OPEN = "open"
    REFUSED = "refused"
    SILENT = "silent"
    NO_HOST = "no-host"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found; no cause means ready as far as can be told without a password."""

    host: str
    port: Port
    causes: tuple[Cause, ...]
    skew_s: float | None
    """The PC's clock minus the laptop's, in seconds."""
    computer_name: str | None


def try_port(endpoint: Endpoint, timeout_s: float = CONNECT_S) -> Port:
    """Answers how a connection to the service ends."""
    place = (str(endpoint.address), endpoint.real_port)
    try:
        socket.create_connection(place, timeout_s).close()
    except ConnectionRefusedError:
        return Port.REFUSED
    except OSError as error:
        unreachable = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN}
        return Port.NO_HOST if error.errno in unreachable else Port.SILENT
    return Port.OPEN


def skew_of(challenge: Challenge | None, now: datetime) -> float | None:
    """Answers the PC's clock minus ours in seconds, None where it told no time."""
    if challenge is None or challenge.time is None:
        return None
    return (challenge.time - now).total_seconds()


def causes_of(
    port: Port, *, on_link: bool, refused: bool, skew_s: float | None
) -> tuple[Cause, ...]:
    """Answers the causes that fit, most likely first. Pure.

    `on_link`: the PC lies in one of the laptop's own networks; `refused`: a login was refused.
    """
    if port is Port.NO_HOST:
        return (Cause.PC_OFF,)
    if port is Port.REFUSED:
        return (Cause.SERVICE_OFF,)
    if port is Port.SILENT:
        near = (Cause.SERVICE_OFF, Cause.PUBLIC_PROFILE, Cause.PC_OFF)
        return near if on_link else (Cause.NOT_LOCAL, *near)
    if not refused:
        return ()
    skewed = skew_s is not None and abs(skew_s) > CLOCK_LIMIT_S
    late = (Cause.CLOCK,) if skewed else ()
    return (*late, Cause.WRONG_PASSWORD, Cause.TOKEN_FILTER, Cause.LOCKED)


def readiness(
    access: Access, endpoint: Endpoint, legs: Sequence[Leg] = (), *, refused: bool = False
) -> Readiness:
    """Looks at a PC without a password and answers why it may not be ready."""
    port = try_port(endpoint)
    challenge = ask_challenge(endpoint) if port is Port.OPEN else None
    skew = skew_of(challenge, datetime.now(UTC))
    on_link = not legs or stands_in(legs, endpoint.address) is not None
    return Readiness(
        host=access.host,
        port=port,
        causes=causes_of(port, on_link=on_link, refused=refused, skew_s=skew),
        skew_s=skew,
        computer_name=challenge.computer_name if challenge is not None else None,
    )


def refusal(
    error: DeviceError, access: Access, endpoint: Endpoint, legs: Sequence[Leg]
) -> DeviceError:
    """Answers the error that names the causes, or `error` itself where nothing is known."""
    found = readiness(access, endpoint, legs, refused=isinstance(error, LoginRefused))
    if not found.causes:
        return error
    return NotReady(
        [cause.value for cause in found.causes],
        host=access.host,
        user=access.username,
        site=access.site,
        address=str(endpoint.address),
        port=endpoint.real_port,
        seconds=round(found.skew_s or 0),
    )
