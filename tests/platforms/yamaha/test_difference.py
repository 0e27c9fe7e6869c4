"""What differs is decided in one place, by a state alone: with its secrets, or as it is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.facts.types import Access, Lines, Outcome, RouterState
from onshi_net.platforms.change import Mark
from onshi_net.platforms.yamaha.difference import difference
from onshi_net.platforms.yamaha.masking import masked_both, masked_line
from tests.platforms.yamaha.secret_lines import GRAMMAR
from tests.transport.routers import intent_for

INTENT = intent_for(22)
RUN = "20261130T205901.123456Z"
OURS = ("telnetd service off", "ip filter 8 pass * * * * *", "sshd service on")
KEPT = ("login user onshi *", "administrator password *", "console columns 200")
MARK = f"description 90 onshi/d/{RUN}/1305/me@here"
GUARD = (MARK, "schedule at 90 +300 * restart")


def read(lines: tuple[str, ...]) -> Lines:
    return Lines(outcome=Outcome.OK, found=lines)


def state(
    running: tuple[str, ...], saved: tuple[str, ...] | None = None, uptime_s: int | None = None
) -> RouterState:
    kept = read(running if saved is None else saved)
    return RouterState(access=Access.OPEN, running=read(running), saved=kept, uptime_s=uptime_s)


def kept_state(running: tuple[str, ...], saved: tuple[str, ...]) -> RouterState:
    return state(*masked_both(running, saved, masked_line))


def test_both_sides_are_shown_and_lines_that_stay_are_not() -> None:
    found = difference(state((*KEPT, "ip filter 7 pass * * * * *", *OURS[1:])), OURS, INTENT)
    assert found.lines == ("- ip filter 7 pass * * * * *", "+ telnetd service off")


def test_a_line_of_a_section_is_shown_with_it_and_another_sections_is_another() -> None:
    running = ("pp select 1", " pp enable 1", "pp select 2", " ip pp mtu 1454")
    wanted = ("pp select 2", " pp enable 1", " ip pp mtu 1454")
    found = difference(state(running), wanted, INTENT)
    assert found.lines == ("- pp select 1: pp enable 1", "+ pp select 2: pp enable 1")


def test_somebody_elses_account_is_a_difference_ours_is_not() -> None:
    running = ("login user onshi *", "login user vendor *", "user attribute vendor administrator=2")
    assert difference(state(running), (), INTENT).lines == (
        "- login user vendor *",
        "- user attribute vendor administrator=2",
    )


def test_what_is_not_saved_is_told_from_both_sides() -> None:
    found = difference(state(("a", "pp select 1", " b"), ("a", " b", "c")), (), INTENT)
    assert found.unsaved == ("+ pp select 1: b", "- b", "- c")
    assert difference(state(("x y",), ("x y",)), (), INTENT).unsaved == ()


def test_of_a_saved_configuration_that_was_not_read_nothing_is_told() -> None:
    some = RouterState(access=Access.OPEN, running=read(("a",)))
    assert difference(some, (), INTENT).unsaved == ()
    refused = Lines(outcome=Outcome.REFUSED)
    assert difference(some.model_copy(update={"saved": refused}), (), INTENT).unsaved == ()


SECRET = [line.replace("{}", "Cn4ryOfOthers") for line in GRAMMAR]
LINES = st.lists(st.sampled_from([*SECRET, *KEPT, *OURS, "pp select 1"]), unique=True).map(tuple)


@given(LINES, LINES, LINES)
def test_a_kept_state_differs_as_the_live_one_does(
    running: tuple[str, ...], saved: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    kept = kept_state(running, saved)
    assert "Cn4ry" not in kept.model_dump_json()
    live, stored = (
        difference(state(running, saved), wanted, INTENT),
        difference(kept, wanted, INTENT),
    )
    assert (stored.lines, stored.mark) == (live.lines, live.mark)
    assert stored.unsaved == live.unsaved


@pytest.mark.parametrize("line", GRAMMAR)
def test_another_secret_in_the_saved_configuration_is_unsaved_and_shown_by_nobody(
    line: str,
) -> None:
    running, saved = (line.replace("{}", f"Cn4ry{one}") for one in ("Now", "Then"))
    kept = kept_state((running,), (saved,))
    assert len(difference(kept, (), INTENT).unsaved) == 2
    assert difference(kept_state((running,), (running,)), (), INTENT).unsaved == ()
    assert "Cn4ry" not in f"{kept.model_dump_json()}{difference(kept, (), INTENT)}"


def test_secrets_that_changed_their_places_are_not_saved() -> None:
    running = ("pp select 1", " pp auth myname a S1", "pp select 2", " pp auth myname a S2")
    saved = ("pp select 1", " pp auth myname a S2", "pp select 2", " pp auth myname a S1")
    assert len(difference(kept_state(running, saved), (), INTENT).unsaved) == 4


@pytest.mark.parametrize("guard", [GUARD, (MARK,), (GUARD[1], MARK)])
def test_a_runs_guard_is_no_difference_but_told(guard: tuple[str, ...]) -> None:
    found = difference(state((*OURS, *guard), OURS, uptime_s=1000), OURS, INTENT)
    assert (found.lines, found.unsaved) == ((), ())
    assert found.mark == Mark(RUN, "me@here", 305.0, stands=len(guard) == 2)
    assert not found.mark.over


def test_a_guard_is_over_with_its_time_or_where_none_is_told_with_its_schedule() -> None:
    def over(lines: tuple[str, ...], uptime_s: int | None) -> bool:
        mark = difference(state((*OURS, *lines), OURS, uptime_s), OURS, INTENT).mark
        assert mark is not None
        return mark.over

    assert [over(GUARD, 1304), over(GUARD, 1305), over(GUARD, None)] == [False, True, False]
    assert over((MARK,), None)


def test_a_guard_that_was_saved_by_mistake_is_over_and_unsaved_once_it_does_not_run() -> None:
    saved = (*OURS, *GUARD)
    found = difference(state(saved, saved, uptime_s=1000), OURS, INTENT)
    assert (found.lines, found.unsaved) == ((), ())
    assert found.mark is not None
    assert (found.mark.over, found.mark.stands) == (True, True)
    gone = difference(state(OURS, saved), OURS, INTENT)
    assert (gone.mark, gone.unsaved) == (None, tuple(f"- {line}" for line in GUARD))


def test_a_sites_own_schedules_and_descriptions_are_configuration() -> None:
    own = ("schedule at 90 */* 01:00 * restart", "description 90 do not touch")
    found = difference(state((*OURS, *own)), OURS, INTENT)
    assert found.mark is None
    assert found.lines == tuple(f"- {line}" for line in own)
