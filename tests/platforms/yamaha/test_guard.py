"""Which guard a router has, and how it is found there again."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.model import router_model
from onshi_net.model.firmware import Firmware
from onshi_net.platforms.yamaha.guard import (
    SHORTEST_S,
    Guard,
    Kind,
    choose_guard,
    find_guard,
    mark_of,
    who_i_am,
    without_guard,
)
from onshi_net.provision import core

CLOCK = datetime(2026, 12, 31, 23, 59, 30)  # noqa: DTZ001 - the router's own time
RUN = "20261130T205901.123456Z"
TAKEN = ("schedule at 90 */* 01:00 * restart", "description 91 x", "ip route default gateway dhcp")


@pytest.mark.parametrize(
    ("model", "firmware", "clock", "kind", "line"),
    [
        ("RTX830", "15.02.31", None, "d", "schedule at 90 +300 * restart"),
        ("RTX1210", "14.01.41", CLOCK, "d", "schedule at 90 +300 * restart"),
        ("RTX1210", "14.01.38", CLOCK, "c", "schedule at 90 00:04:30 * restart"),
        ("RTX1210", "14.01.38", None, "t", "rollback timer 300"),
        ("NVR510", "15.01.24", CLOCK, "c", "schedule at 90 00:04:30 * restart"),
    ],
)
def test_guard_is_what_the_firmware_has_and_is_marked_first(model, firmware, clock, kind, line):
    guard = choose_guard(router_model(model), Firmware.parse(firmware), clock, (), 300)
    assert guard is not None
    mark = f"description 90 onshi/{kind}/{RUN}/1305/me@here"
    assert guard.arming(RUN, 1000, clock, "me@here") == (mark, line)
    assert guard.survives_loss is (kind != "t")


def test_a_router_without_any_has_none():
    assert choose_guard(router_model("NVR510"), Firmware.parse("15.01.24"), None, (), 300) is None


@given(st.sampled_from(("RTX830", "RTX1210")), st.integers(-5, 10**6), st.integers(0, 10**7))
def test_a_guard_is_found_among_a_sites_own_lines_and_left_out_of_comparisons(
    model: str, seconds: int, uptime: int
):
    firmware = Firmware.parse("15.02.31" if model == "RTX830" else "14.01.38")
    guard = choose_guard(router_model(model), firmware, CLOCK, TAKEN, seconds)
    assert guard is not None
    assert guard.number == 92
    assert guard.seconds >= SHORTEST_S
    lines = guard.arming(RUN, uptime, CLOCK, who_i_am())
    assert all(len(line) - len("description 92 ") <= 64 for line in lines)
    assert without_guard((*TAKEN, *lines)) == TAKEN
    found = find_guard((*TAKEN, *lines))
    assert found is not None
    assert (found.run, found.who) == (RUN, who_i_am())
    assert found.disarming() == ("no schedule at 92", "no description 92")
    mark = mark_of(found, uptime, kept=False)
    assert mark.left_s is not None
    assert guard.seconds < mark.left_s < guard.seconds + 10
    assert mark.stands


def test_what_is_left_of_a_guard_is_told_by_the_routers_uptime():
    def mark(lines: tuple[str, ...], uptime: int | None, *, kept: bool = False) -> core.Mark:
        found = find_guard(lines)
        assert found is not None
        return mark_of(found, uptime, kept=kept)

    scheduled = (f"description 90 onshi/d/{RUN}/500/x", "schedule at 90 +300 * restart")
    assert mark(scheduled, 490) == core.Mark(RUN, "x", 10.0, stands=True)
    assert mark(scheduled[:1], 490) == core.Mark(RUN, "x", 10.0, stands=False)
    assert mark(scheduled, None) == core.Mark(RUN, "x", None, stands=True)
    assert mark(scheduled, 20, kept=True) == core.Mark(RUN, "x", 0.0, stands=True)
    timer = (f"description 90 onshi/{Kind.TIMER}/{RUN}/500/x",)
    for uptime, left, stands in ((490, 10.0, True), (510, -10.0, False), (None, None, True)):
        assert mark(timer, uptime) == core.Mark(RUN, "x", left, stands, removable=False)


@pytest.mark.parametrize("line", ["description 1 onshi", "description 90 onshi/x/1/2/3", "x"])
def test_other_descriptions_are_no_marks(line: str):
    assert find_guard((line,)) is None


@pytest.mark.parametrize(
    ("asked", "given"), [(-5, 2), (0, 2), (2, 2), (300, 300), (3000, 3000), (3001, 3000)]
)
@pytest.mark.parametrize("firmware", ["14.01.41", "14.01.38"])
def test_it_waits_as_long_as_asked_within_what_a_schedule_takes(
    asked: int, given: int, firmware: str
) -> None:
    """Source: RTX reference 37.1: `+S` up to 3600 s; the mark and a restart fit within the rest."""
    guard = choose_guard(router_model("RTX1210"), Firmware.parse(firmware), CLOCK, (), asked)
    assert guard is not None
    assert guard.seconds == given


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ((), 90),
        (("schedule at 90 startup * restart",), 91),
        (("description 90 office", "schedule at 91 startup * lua a"), 92),
        (("description 91 office",), 90),
    ],
)
def test_its_number_is_nobodys(lines: tuple[str, ...], number: int) -> None:
    guard = choose_guard(router_model("RTX830"), Firmware.parse("15.02.31"), None, lines, 300)
    assert guard == Guard(Kind.DELAY, 300, number)


@pytest.mark.parametrize(
    ("model", "firmware", "kind"),
    [
        ("RTX1210", "14.01.40", Kind.TIMER),  # 37.1: `+S` not up to 14.01.40
        ("RTX1210", "14.01.26", Kind.TIMER),  # 56.7.30: from 14.01.26
        ("RTX1210", "14.01.25", None),
        ("RTX1300", "23.00.01", Kind.DELAY),
    ],
)
def test_a_firmware_has_what_its_revision_brought(
    model: str, firmware: str, kind: Kind | None
) -> None:
    guard = choose_guard(router_model(model), Firmware.parse(firmware), None, (), 300)
    assert (guard.kind if guard else None) is kind
