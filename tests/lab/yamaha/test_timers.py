"""Rollback timer, login timer, schedules, restart; and both readings of a lost session."""

from __future__ import annotations

import asyncio

import pytest
from desk import Desk, with_desk


async def _changed(desk: Desk, seconds: int = 1):
    seat = await (await desk.seat()).administrator()
    assert await seat.run(f"rollback timer {seconds}") == ""
    await seat.run("ip routing off")
    return seat


def _routing(desk: Desk) -> str:
    return desk.router.running.word("on", "ip", "routing")


def test_the_rollback_timer_restores() -> None:
    """Source: RTX reference 56.7.31."""

    async def work(desk: Desk) -> None:
        await _changed(desk)
        assert _routing(desk) == "off"
        await asyncio.sleep(1.2)
        assert _routing(desk) == "on"
        assert desk.machine.config.word("on", "ip", "routing") == "on"

    with_desk(work)


@pytest.mark.parametrize("command", ["confirm", "save"])
def test_confirm_and_save_end_the_timer(command: str) -> None:
    """Source: RTX reference 56.7.31, 56.7.32."""

    async def work(desk: Desk) -> None:
        seat = await _changed(desk)
        await seat.run(command)
        await asyncio.sleep(1.2)
        assert _routing(desk) == "off"

    with_desk(work)


def test_logging_out_ends_the_timer_and_keeps_the_change() -> None:
    """Source: RTX reference 56.7.31: quit or exit by which one logs out."""

    async def work(desk: Desk) -> None:
        seat = await _changed(desk)
        await seat.type("exit\rN")
        await seat.type("exit\r")
        await asyncio.sleep(1.2)
        assert _routing(desk) == "off"

    with_desk(work)


@pytest.mark.parametrize(("drop_is_logout", "after"), [(False, "on"), (True, "off")])
def test_a_dropped_session_by_either_reading(drop_is_logout: bool, after: str) -> None:
    """What a lost connection means isn't documented: the timer goes on, or ends as by logout."""

    async def work(desk: Desk) -> None:
        seat = await _changed(desk)
        seat.wire.hang_up()
        await asyncio.sleep(1.2)
        assert _routing(desk) == after

    with_desk(work, drop_is_logout=drop_is_logout)


def test_the_login_timer_logs_out_and_rolls_back() -> None:
    """Source: RTX reference 56.7.31 (login timer), 4.53."""

    async def work(desk: Desk) -> None:
        seat = await _changed(desk, 3600)
        await desk.router.idle_out(seat.session)
        await asyncio.sleep(0.05)
        assert seat.task.done()
        assert _routing(desk) == "on"

    with_desk(work)


def test_the_login_timers_length() -> None:
    """Source: RTX reference 4.53, 4.10: `clear` means 300 s over SSH, the user's attribute wins."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        assert desk.router.login_timer("onshi") == 300
        await seat.run("login timer clear")
        assert desk.router.login_timer("onshi") == 300
        await seat.run("login timer 900")
        assert desk.router.login_timer("onshi") == 900
        await seat.run("user attribute onshi login-timer=120")
        assert desk.router.login_timer("onshi") == 120
        assert "範囲" in await seat.run("login timer 60")

    with_desk(work)


def test_a_second_timer_replaces_the_first() -> None:
    """Source: RTX reference 56.7.31: one timer for each console."""

    async def work(desk: Desk) -> None:
        seat = await _changed(desk)
        await seat.run("rollback timer 3600")
        await asyncio.sleep(1.2)
        assert _routing(desk) == "off"

    with_desk(work)


def test_restart_boots_the_saved_configuration_and_ends_every_session() -> None:
    async def work(desk: Desk) -> None:
        seat = await _changed(desk, 3600)
        await seat.type("restart\r")
        await asyncio.sleep(0.1)
        assert seat.task.done()
        assert _routing(desk) == "on"
        assert not desk.router.sessions

    with_desk(work)


def test_a_schedule_in_seconds_restarts() -> None:
    """Source: RTX reference 37.1, the example `schedule at 1 +600 * restart`."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("ip routing off")
        assert await seat.run("schedule at 1 +1 * restart") == ""
        assert "schedule at 1 +1 * restart\n" in await seat.run("show config")
        await asyncio.sleep(1.2)
        assert _routing(desk) == "on"

    with_desk(work)


def test_a_schedule_that_was_deleted_does_nothing() -> None:
    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("schedule at 1 +1 * restart")
        await seat.run("no schedule at 1")
        await seat.run("ip routing off")
        await asyncio.sleep(1.2)
        assert _routing(desk) == "off"

    with_desk(work)


def test_a_saved_schedule_in_seconds_fires_again_after_the_boot() -> None:
    """Inference of DOMAIN 3.2: the line is configuration, carried out whenever it is read."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("schedule at 1 +1 * ip routing off")
        await seat.run("save")
        await seat.type("restart\r")
        await asyncio.sleep(0.2)
        assert _routing(desk) == "on"
        await asyncio.sleep(1.1)
        assert _routing(desk) == "off"

    with_desk(work)


@pytest.mark.parametrize(
    ("model", "firmware"),
    [("RTX830", "15.02.02"), ("RTX1210", "14.01.40"), ("RTX1220", "15.04.03")],
)
def test_old_firmware_has_no_schedule_in_seconds(model: str, firmware: str) -> None:
    """Source: RTX reference 37.1, notes."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        assert "エラー" in await seat.run("schedule at 1 +600 * restart")
        assert await seat.run("schedule at 1 11/25 4:30 * restart") == ""

    with_desk(work, model, firmware)


def test_a_dated_schedule_runs_in_its_second() -> None:
    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("date 2026/11/25")
        await seat.run("time 04:29:59")
        await seat.run("schedule at 1 11/25 4:30 * ip routing off")
        await seat.run("schedule at 2 11/26 4:30 * ip routing on")
        for _ in range(14):
            desk.router.tick()
            await asyncio.sleep(0.8)
        assert _routing(desk) == "off"

    with_desk(work)


@pytest.mark.parametrize("command", ["save", "show config", "console lines 24", "rollback timer 5"])
def test_what_a_schedule_refuses(command: str) -> None:
    """Source: the list in RTX reference 37.1."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        assert "エラー" in await seat.run(f"schedule at 1 */* 4:30 * {command}")

    with_desk(work)


def test_the_rollback_brings_back_a_deleted_schedule() -> None:
    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("schedule at 1 +2 * ip routing off")
        await seat.run("rollback timer 1")
        await seat.run("no schedule at 1")
        await asyncio.sleep(3.3)
        assert _routing(desk) == "off"

    with_desk(work)


def test_division_resets_the_links_and_moves_the_settings() -> None:
    """Source: RTX reference 4.50: LAN1 and LAN2 reset together; lan1's settings go to vlan1."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("lan type lan1 port-based-option=divide-network")
        assert desk.machine.bounced == [("lan1", "lan2")]
        assert "ip vlan1 address 10.51.1.1/24\n" in await seat.run("show config")
        assert "エラー" in await seat.run("ip lan1 address 10.51.1.1/24")
        await seat.run("no lan type lan1")
        assert "ip lan1 address 10.51.1.1/24\n" in await seat.run("show config")

    with_desk(work)


def test_flexible_ports_need_every_port() -> None:
    """Source: RTX reference 53.1."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        assert "エラー" in await seat.run("lan flexible-port lan1=1-2 lan2=9")
        assert await seat.run("lan flexible-port lan1=1-2 lan2=9 lan3=3-8,10") == ""
        assert "エラー" in await seat.run("vlan port mapping lan1.3 vlan2")
        assert "エラー" in await seat.run("lan type lan1 port-based-option=divide-network")

    with_desk(work, "RTX1300")
