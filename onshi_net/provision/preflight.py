"""Whether a router may be changed now.

The right device, nobody else at work, a clock that can be trusted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from onshi_net.errors import DeviceError, WrongDevice
from onshi_net.intent import RouterIntent
from onshi_net.transport import Identity

_USER = re.compile(
    r"^(?P<own>[* ])?(?P<admin>[+ ])?(?P<radius>[@ ])?\s*(?P<user>\S+)\s+(?P<way>[a-z-]+\d*)\s+"
    r"\d\d/\d\d \d\d:\d\d\s+\S+(?:\s+(?P<address>\S+))?\s*$"
)
"""A row of `show status user`; the three marks stand before the name (RTX command reference 58.47).
"""
_CLOCK = re.compile(r"(?:Current time|現在(?:の)?時刻)\s*[::]\s*(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)")


JST = timezone(timedelta(hours=9))
"""The time zone of a router that nobody set another for (RTX command reference 4.13)."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Somebody on the router's consoles."""

    user: str
    way: str
    address: str
    own: bool
    admin: bool


def check_device(intent: RouterIntent, found: Identity) -> None:
    """Raises WrongDevice when the router is not the one of the intent or its firmware is too old.

    Also when it does not say what it is.
    """
    host, model = intent.host, intent.model
    if found.model != model.name:
        raise WrongDevice(
            "provision.wrong-model", host=host, expected=model.name, found=found.model
        )
    if intent.serial is not None and found.serial != intent.serial:
        raise WrongDevice(
            "provision.wrong-serial", host=host, expected=intent.serial, found=found.serial
        )
    floor = model.firmware_floor
    if found.firmware is None or (floor is not None and found.firmware < floor):
        raise WrongDevice("provision.old-firmware", host=host, expected=floor, found=found.firmware)


def logged_in(answer: str) -> tuple[LoggedIn, ...]:
    """Reads `show status user` in either language."""
    rows = (_USER.match(row) for row in answer.splitlines())
    return tuple(
        LoggedIn(
            user=row["user"],
            way=row["way"],
            address=row["address"] or "",
            own=row["own"] == "*",
            admin=row["admin"] == "+",
        )
        for row in rows
        if row is not None
    )


def check_alone(host: str, answer: str) -> None:
    """Raises DeviceError when somebody else is administrator.

    A console of the same user from the same address is a leftover of an earlier run of ours whose
    connection broke.
    """
    users = logged_in(answer)
    own = {(user.user, user.address) for user in users if user.own}
    for user in users:
        if user.admin and not user.own and (user.user, user.address) not in own:
            raise DeviceError(
                "provision.somebody-else",
                host=host,
                user=user.user,
                where=user.address or user.way,
            )


def is_off(clock: datetime, now: datetime) -> bool:
    """Answers whether the router's clock is more than a day off.

    A change does not need it, but its log and schedules do; the intent sets the clock by NTP.
    """
    return abs(clock - now) > timedelta(days=1)


def clock_of(environment: str) -> datetime | None:
    """Reads the router's own clock from `show environment`; None where it does not show one."""
    found = _CLOCK.search(environment)
    if found is None:
        return None
    return datetime.strptime(found[1], "%Y/%m/%d %H:%M:%S")  # noqa: DTZ007 - the router's own time
