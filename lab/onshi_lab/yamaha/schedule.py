"""What a `schedule at` line means, and whether it is due (RTX reference 37.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .params import WEEKDAYS
from .store import Entry

FORBIDDEN = (
    "administrator",
    "auth user",
    "cold start",
    "confirm",
    "console character",
    "console columns",
    "console lines",
    "copy",
    "date",
    "delete",
    "echo",
    "exit",
    "help",
    "interface reset",
    "less",
    "load",
    "login password",
    "login timer",
    "login user",
    "macro",
    "nslookup",
    "packetdump",
    "ping",
    "quit",
    "remote setup",
    "rollback timer",
    "save",
    "schedule at",
    "show",
    "ssh",
    "sshd host key generate",
    "sshd session",
    "telnet",
    "time ",
    "timezone",
    "traceroute",
    "user attribute",
)
"""Commands that a schedule refuses."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule: a number of seconds from now, or a date and a time; and the command."""

    number: str
    date: str
    time: str
    seconds: int | None
    command: str


def parse_schedule(entry: Entry) -> Plan:
    """The plan that a configuration line is."""
    number, *rest = entry.line.values
    if rest[0].startswith("+"):
        return Plan(number, "", "", int(rest[0][1:]), _command(rest[1:]))
    date = "*/*"
    if "/" in rest[0]:
        date, rest = rest[0], rest[1:]
    return Plan(number, date, rest[0], None, _command(rest[1:]))


def _command(rest: Sequence[str]) -> str:
    """The command behind `*`, `pp N` or `tunnel N`."""
    return " ".join(rest[1:] if rest[0] == "*" else rest[2:])


def is_due(plan: Plan, now: datetime) -> bool:
    """Whether a dated plan is to run in this second."""
    if ":" not in plan.time:
        return False
    month, _, day = plan.date.partition("/")
    hour, minute, *second = plan.time.split(":")
    at_second = int(second[0]) if second else 0
    return (
        _fits(month, now.month)
        and _fits_day(day, now)
        and hour in ("*", str(now.hour), f"{now.hour:02}")
        and minute in ("*", str(now.minute), f"{now.minute:02}")
        and now.second == at_second
    )


def _fits(text: str, value: int) -> bool:
    return text == "*" or any(_in_range(item, value) for item in text.split(","))


def _in_range(item: str, value: int) -> bool:
    first, dash, last = item.partition("-")
    if not dash:
        return value == int(first)
    return int(first or 0) <= value <= int(last or 99)


def _fits_day(text: str, now: datetime) -> bool:
    if text == "*" or any(char.isdigit() for char in text):
        return _fits(text, now.day)
    today = (now.weekday() + 1) % 7
    numbers = "".join(word if word in ",-" else str(WEEKDAYS.index(word)) for word in _words(text))
    return _fits(numbers, today)


def _words(text: str) -> list[str]:
    return text.replace(",", " , ").replace("-", " - ").split()
