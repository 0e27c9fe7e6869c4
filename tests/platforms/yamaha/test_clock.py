"""The router's clock, as `show environment` has it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from onshi_net.platforms.base import clock_is_wrong
from onshi_net.platforms.yamaha.clock import ahead_s, clock_of, setting, uptime_of, was_lost

NOW = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "clock"),
    [
        ("Current time: 2021/01/30 09:44:53 +09:00", datetime(2021, 1, 30, 9, 44, 53)),  # noqa: DTZ001 - the router's own time
        ("現在時刻： 1980/01/01 00:12:00 +09:00", datetime(1980, 1, 1, 0, 12)),  # noqa: DTZ001 - the router's own time
        ("Current time: 2021/13/30 09:44:53 +09:00", None),
        ("nothing", None),
    ],
)
def test_the_clock_is_read_in_both_languages_or_not_at_all(
    said: str, clock: datetime | None
) -> None:
    assert clock_of(said) == clock


def test_a_clock_that_was_lost_is_more_than_a_day_off() -> None:
    right = datetime(2026, 11, 30, 10, 0)  # noqa: DTZ001 - the router's own time, in Japan
    assert ahead_s(right, NOW) == 0
    assert not clock_is_wrong(ahead_s(right.replace(hour=23), NOW))
    assert clock_is_wrong(ahead_s(datetime(1980, 1, 1), NOW))  # noqa: DTZ001 - the router's own time
    assert clock_is_wrong(ahead_s(datetime(2026, 12, 2), NOW))  # noqa: DTZ001 - the router's own time


def test_a_clock_is_set_in_japanese_time_and_only_when_it_went_back() -> None:
    assert setting(NOW) == ("date 2026/11/30", "time 10:00:00")
    assert was_lost(ahead_s(datetime(1980, 1, 1), NOW))  # noqa: DTZ001 - the router's own time
    assert not was_lost(ahead_s(datetime(2027, 1, 1), NOW))  # noqa: DTZ001 - the router's own time


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Elapsed time from boot: 380days 14:26:06", 32_883_966),
        ("起動からの経過時間: 3日 00:00:07", 259_207),
        ("Elapsed time", None),
    ],
)
def test_uptime_is_read(said: str, seconds: int | None):
    assert uptime_of(f"RTX1210\n{said}\nSecurity Class: 1") == seconds
