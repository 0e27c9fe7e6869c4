"""A router's plan: what people read of it, and what is sent."""

from __future__ import annotations

from onshi_net.platforms.base import Credentials
from onshi_net.platforms.change import Mark
from onshi_net.platforms.yamaha.memory import MemorySession
from onshi_net.platforms.yamaha.rules import is_kept
from onshi_net.provision.plan import plan_session
from tests.platforms.yamaha.secret_lines import GRAMMAR
from tests.transport.routers import intent_for, new_secrets


def test_a_plan_shows_no_secret_that_the_router_holds_but_sends_its_lines_whole():
    lines = tuple(line.replace("{}", "Cn4ryOfOthers") for line in GRAMMAR)
    session = MemorySession("# RTX830 Rev.15.02.31 (2023)\n" + "\n".join(lines))
    session.credentials = Credentials("demo-clinic/router", "demo-clinic/router-admin")
    intent = intent_for(22)
    plan = plan_session(session, intent, new_secrets(), ("telnetd service off",))
    goes = [line for line in lines if not is_kept(line, intent.management.users)]
    assert len(plan.diff) == len(goes) + 1
    assert "Cn4ry" not in f"{plan!r}{plan.steps}{plan.diff}"
    undone = [line for command in plan.commands for line in command.undo or ()]
    assert "radius secret Cn4ryOfOthers" in undone


def test_only_what_is_as_intended_and_saved_leaves_nothing_to_do() -> None:
    wanted = ("telnetd service off",)
    for running, saved, empty in (
        (wanted[0], wanted[0], True),
        (wanted[0], "telnetd service on", False),
        ("telnetd service on", "telnetd service on", False),
    ):
        session = MemorySession(running, saved)
        session.credentials = Credentials("demo-clinic/router", "demo-clinic/router-admin")
        assert plan_session(session, intent_for(22), new_secrets(), wanted).is_empty is empty


def test_another_runs_guard_is_told_and_no_part_of_what_would_change() -> None:
    run = "20261130T205901.123456Z"
    guard = (f"description 90 onshi/d/{run}/1305/mika@pc-3", "schedule at 90 +300 * restart")
    environment = {"show environment": "Elapsed time from boot: 0days 00:16:40"}
    running = "\n".join(("telnetd service off", *guard))
    session = MemorySession(running, "telnetd service off", environment)
    session.credentials = Credentials("demo-clinic/router", "demo-clinic/router-admin")
    plan = plan_session(session, intent_for(22), new_secrets(), ("telnetd service off",))
    assert (plan.diff, plan.commands, plan.unsaved) == ((), (), False)
    assert plan.mark == Mark(run, "mika@pc-3", 305.0, stands=True)
    assert not plan.is_empty
    (note,) = plan.notes
    assert "mika@pc-3" in note
    assert "305" in note
