"""The router's own clock and its uptime: how they are read, and when a clock is wrong. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from onshi_net.platforms.base import CLOCK_WRONG_S

_CLOCK = re.compile(r"(?:Current time|現在(?:の)?時刻)\s*[:：]\s*(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)")
_UPTIME = re.compile(
    r"(?:Elapsed time from boot|起動からの経過時間)\s*[:：]\s*"
    r"(\d+)\s*(?:days?|日)\s*(\d+):(\d\d):(\d\d)"
)
"""`3days 23:06:37` is from captures of an RTX1210; the Japanese form is inference."""
JST = timezone(timedelta(hours=9))
"""The time zone of a router that nobody set another for (RTX command reference 4.13)."""


def clock_of(environment: str) -> datetime | None:
    """Reads the clock from `show environment`; None where it shows none that can be."""
    found = _CLOCK.search(environment)
    try:
        return datetime.strptime(found[1], "%Y/%m/%d %H:%M:%S") if found else None  # noqa: DTZ007 - the router's own time
    except ValueError:
        return None


def uptime_of(environment: str) -> int | None:
    """Reads the seconds since the router started from `show environment`; None without them."""
    found = _UPTIME.search(environment)
    if found is None:
        return None
    days, hours, minutes, seconds = map(int, found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def ahead_s(shown: datetime, now: datetime) -> float:
    """Answers by how many seconds a router's clock is ahead of `now`, which knows its time zone."""
    return (shown - now.astimezone(JST).replace(tzinfo=None)).total_seconds()


def setting(now: datetime) -> tuple[str, str]:
    """Answers the commands that set a router's clock (4.14, 4.15); they are no configuration."""
    here = now.astimezone(JST)
    return f"date {here:%Y/%m/%d}", f"time {here:%H:%M:%S}"


def was_lost(ahead: float) -> bool:
    """Answers whether a clock began anew: one that is far ahead may be right, and ours wrong."""
    return ahead < -CLOCK_WRONG_S
