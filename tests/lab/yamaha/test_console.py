"""The console's answers, as data: what is typed, what comes back, and where that is from."""

from __future__ import annotations

import asyncio

import pytest
from desk import PASSWORD, Desk, with_desk

from onshi_lab.yamaha.store import apply_tokens

LOG = "published RTX1300 console log"
TABLE = "published message table"

# (model, level, command, Japanese, English, source)
ERRORS = [
    ("RTX830", "#", "foo", "コマンド名を確認してください", "Invalid command name", LOG),
    ("RTX830", "#", "login", "コマンド名を確認してください", "Invalid command name", LOG),
    (
        "RTX1300",
        "#",
        "login password x",
        "コマンド名を確認してください",
        "Invalid command name",
        LOG,
    ),
    (
        "RTX830",
        ">",
        "administrator password x",
        "このコマンドは管理レベルでのみ使用できます",
        "Administrator use only",
        LOG,
    ),
    (
        "RTX830",
        "#",
        "administrator password x",
        "パラメータの数が不適当です",
        "Insufficient or too many parameters",
        LOG,
    ),
    (
        "RTX830",
        ">",
        "ip routing on",
        "このコマンドは管理レベルでのみ使用できます",
        "Administrator use only",
        TABLE,
    ),
    (
        "RTX830",
        ">",
        "show config",
        "このコマンドは管理レベルでのみ使用できます",
        "Administrator use only",
        "inference",
    ),
    (
        "RTX830",
        "#",
        "ip routing maybe",
        "パラメータのキーワードが認識できません",
        "Illegal keyword",
        TABLE,
    ),
    (
        "RTX830",
        "#",
        "ip filter x pass *",
        "パラメータは整数で指定してください",
        "Parameter must be an integer",
        TABLE,
    ),
    (
        "RTX830",
        "#",
        "ip filter 0 pass *",
        "パラメータが範囲を越えています",
        "Parameter out of range",
        TABLE,
    ),
    (
        "RTX830",
        "#",
        "dns server 1.2.3",
        "IPアドレスが認識できません",
        "Unrecognized IP address parameter",
        TABLE,
    ),
    (
        "RTX830",
        "#",
        "ngn type lan2 ngn",
        "パラメータのキーワードが認識できません",
        "Illegal keyword",
        "RTX reference 20.3.1",
    ),
]


@pytest.mark.parametrize(("model", "level", "command", "japanese", "english", "source"), ERRORS)
def test_refuses_in_the_vendors_words(model, level, command, japanese, english, source) -> None:
    async def work(desk: Desk) -> None:
        seat = await desk.seat()
        if level == "#":
            await seat.administrator()
        assert await seat.run(command) == f"エラー: {japanese}\n"
        await seat.run("console character en.ascii")
        assert await seat.run(command) == f"Error: {english}\n"

    with_desk(work, model)


def test_a_good_configuration_command_prints_nothing() -> None:
    """Source: the RTX1300 log."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        assert await seat.run("ip route default gateway 10.51.1.254") == ""

    with_desk(work)


def test_the_default_prompts_have_no_name() -> None:
    """Source: RTX reference 2.1."""

    async def work(desk: Desk) -> None:
        seat = await desk.seat()
        assert (await seat.type("\r")).endswith("\r\n> ")
        await seat.administrator()
        assert await seat.type("\r") == "\r\n# "
        await seat.run("console prompt RTX830")
        assert await seat.type("\r") == "\r\nRTX830# "

    with_desk(work)


def test_carriage_return_and_line_feed_give_two_prompts() -> None:
    async def work(desk: Desk) -> None:
        seat = await desk.seat()
        assert (await seat.type("\r\n")).count("> ") == 2

    with_desk(work)


def test_the_administrators_password_is_not_echoed_and_a_wrong_one_refused() -> None:
    """Source: RTX reference 56.3.1; error text of the message table."""

    async def work(desk: Desk) -> None:
        seat = await desk.seat()
        assert (await seat.type("administrator\r")).endswith("Password: ")
        assert await seat.type("wrong\r") == "\r\nエラー: パスワードが間違っています\r\n> "
        await seat.type("administrator\r")
        assert await seat.type(PASSWORD + "\r") == "\r\n# "

    with_desk(work)


def test_administrator_two_needs_no_password() -> None:
    """Source: RTX reference 4.10."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("user attribute onshi administrator=2")
        other = await desk.seat()
        assert await other.type("administrator\r") == "administrator\r\n# "

    with_desk(work, "RTX1300")


def test_administrator_off_refuses() -> None:
    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("user attribute onshi administrator=off")
        other = await desk.seat()
        assert "エラー" in await other.type("administrator\r")

    with_desk(work)


def test_the_echo_folds_one_short_of_the_width() -> None:
    """Source: the RTX1300 log, whose 80-column echo breaks after 79 characters."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        line = "ip lan2 secure filter out 2100 2101 2102 2103 2104 dynamic 3000 3001 3010 3011 3020"
        echo = await seat.type(line)
        assert echo == line[:77] + "\r\n" + line[77:]

    with_desk(work)


def test_long_output_folds_in_the_middle_of_a_word() -> None:
    """Source: ntc-templates' capture of an RTX1200, `MAC-Addr` / `ess`."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        rows = (await seat.run("show environment")).split("\n")
        assert rows[3].endswith("MAC-Addre")
        assert len(rows[3]) == 79
        await seat.run("console columns 200")
        assert "MAC-Address=ac:44:f2:c8:a1:01" in await seat.run("show environment")

    with_desk(work)


def test_columns_have_their_old_limit_on_old_firmware() -> None:
    """Source: RTX reference 4.22."""

    async def work(desk: Desk) -> None:
        seat = await desk.seat()
        assert "範囲" in await seat.run("console columns 512")

    with_desk(work, "RTX1210", "14.01.34")


def test_the_pager_is_glued_into_the_line_and_takes_space_enter_and_q() -> None:
    """Source: RTX reference 2.4, and a capture with `---つづく---` inside a line."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("console lines 10")
        for number in range(1, 31):
            await seat.run(f"ip filter {number} pass * *")
        first = await seat.type("show config\r")
        assert first.endswith("---つづく---")
        assert first.count("\r\n") == 11
        more = await seat.type(" ")
        assert more.startswith("\r" + " " * 12 + "\r")
        assert more.count("\r\n") == 10
        assert (await seat.type("\r")).count("\r\n") == 1
        assert (await seat.type("x")) == ""
        assert (await seat.type("q")).endswith("# ")

    with_desk(work)


def test_typed_ahead_keys_go_to_the_pager() -> None:
    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("console lines 10")
        for number in range(1, 31):
            await seat.run(f"ip filter {number} pass * *")
        screen = await seat.type("show config\rqsave\r")
        assert "CONFIG0" in screen

    with_desk(work)


def test_editing_keys() -> None:
    """Backspace, Ctrl-U, Ctrl-C, and the arrow up."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        assert await seat.run("ip routinx\x08g on") == ""
        assert await seat.run("garbage\x15ip routing off") == ""
        assert (await seat.type("garbage\x03")).endswith("\r\n# ")
        assert desk.router.running.word("on", "ip", "routing") == "off"
        await seat.run("ip routing on")
        await seat.run("ip routing off")
        await seat.type("\x1b[A\x1b[A\r")
        assert desk.router.running.word("on", "ip", "routing") == "on"

    with_desk(work)


def test_console_settings_show_at_once_and_need_no_administrator() -> None:
    """Source: the notes of RTX reference 4.21 to 4.23."""

    async def work(desk: Desk) -> None:
        seat = await desk.seat()
        await seat.run("console lines infinity")
        await seat.run("console character ja.utf8")
        assert await seat.run("nonsense") == "エラー: コマンド名を確認してください\n"
        lines = desk.router.running.lines()
        assert "console lines infinity" in lines
        assert "console character ja.utf8" in lines

    with_desk(work)


def test_shift_jis_and_euc_octets() -> None:
    async def work(desk: Desk) -> None:
        seat = await desk.seat()
        await seat.type("foo\r")
        assert "エラー".encode("cp932") in seat.wire.screen
        await seat.run("console character ja.euc")
        await seat.type("foo\r")
        assert "エラー".encode("euc_jp") in seat.wire.screen

    with_desk(work)


def test_save_and_the_question_at_exit() -> None:
    """Source: the RTX1300 log (save), netmiko pull request 1658 (the question)."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        assert await seat.run("save") == "セーブ中... CONFIG0 終了\n"
        await seat.run("ip routing off")
        assert (await seat.type("exit\r")).endswith("新しい設定を保存しますか? (Y/N)")
        assert await seat.type("N") == "N\r\n> "
        assert desk.router.running.word("on", "ip", "routing") == "off"
        assert not any("routing" in line for line, _ in desk.router.saved[0].pairs)
        await seat.type("administrator\r" + PASSWORD + "\r")
        await seat.type("exit\r")
        assert "CONFIG0" in await seat.type("y")
        assert any("routing" in line for line, _ in desk.router.saved[0].pairs)

    with_desk(work)


def test_exit_save_saves() -> None:
    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("ip routing off")
        assert "CONFIG0" in await seat.type("exit save\r")
        assert not seat.session.administrator

    with_desk(work)


def test_save_to_a_number_and_restart_from_it() -> None:
    """Source: RTX reference 56.3.3, 56.7.3."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("ip routing off")
        assert await seat.run("save 3 spare") == "セーブ中... CONFIG3 終了\n"
        assert "spare" in await seat.run("show config list")
        await seat.type("restart 3\r")
        await asyncio.sleep(0.1)
        assert seat.task.done()
        assert desk.router.running.word("on", "ip", "routing") == "off"
        assert desk.router.booted_number == 3

    with_desk(work)


def test_the_passwords_are_set_interactively_and_masked() -> None:
    """Source: the RTX1300 log; RTX reference 4.3."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        screen = await seat.type("administrator password\r")
        assert screen.endswith("Old_Password: ")
        assert (await seat.type(PASSWORD + "\r")).endswith("New_Password: ")
        assert (await seat.type("Other-pass.2\r")).endswith("New_Password(Confirm): ")
        assert "Password Strength : Strong\r\n" in await seat.type("Other-pass.2\r")
        config = await seat.run("show config")
        assert "administrator password *\n" in config
        assert "login user onshi *\n" in config
        assert PASSWORD not in config
        assert "Other-pass.2" not in repr(desk.router.running)
        other = await desk.seat()
        await other.type("administrator\r")
        await other.type("Other-pass.2\r")
        assert other.session.administrator

    with_desk(work)


def test_login_user_in_one_line_changes_the_login() -> None:
    """Source: RTX reference 4.5."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("login user onshi New-login.3")
        assert desk.router.login_accepted("onshi", "New-login.3")
        assert not desk.router.login_accepted("onshi", PASSWORD)
        assert not desk.router.login_accepted("onshi", "")
        desk.router.running = apply_tokens(
            desk.router.running, ["login", "user", "nobody"], desk.router.device
        )
        assert not desk.router.login_accepted("nobody", "")
        await seat.run("user attribute onshi connection=serial,telnet")
        assert not desk.router.login_accepted("onshi", "New-login.3")

    with_desk(work)


def test_short_passwords_by_model() -> None:
    """Source: RTX reference 4.5: 8 characters at least on an RTX840."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        assert "範囲" in await seat.run("login user somebody short")

    with_desk(work, "RTX840")


def test_show_config_has_the_header_and_the_order() -> None:
    """Source: an RTX1300's published configuration."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("dns host lan1")
        await seat.run("ip route default gateway 10.51.1.254")
        await seat.run('description 1 "clinic one"')
        rows = (await seat.run("show config")).splitlines()
        assert rows[0] == "# RTX830 Rev.15.02.31 (Fri Sep  1 10:00:00 2023)"
        assert rows[1].startswith("# MAC Address : ac:44:f2:")
        assert rows[2] == "# Memory 256Mbytes, 2LAN"
        assert rows[3].startswith("# main:  RTX830 ver=00 serial=S5X000001 MAC-Address=")
        assert any(row.startswith("# Reporting Date: ") for row in rows)
        body = [row for row in rows if not row.startswith(("#", "ss="))]
        assert body == [
            'description 1 "clinic one"',
            "administrator password *",
            "login user onshi *",
            "console lines infinity",
            "ip route default gateway 10.51.1.254",
            "ip lan1 address 10.51.1.1/24",
            "telnetd service off",
            "dns host lan1",
            "sshd service on",
            "sshd host key generate *",
        ]

    with_desk(work)


def test_a_single_valued_command_replaces_its_line() -> None:
    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("ip lan1 address 10.51.1.2/255.255.255.0")
        config = await seat.run("show config")
        assert config.count("ip lan1 address") == 1
        assert "ip lan1 address 10.51.1.2/24\n" in config
        assert await seat.run("no ip lan1 address") == ""
        assert "ip lan1 address" not in await seat.run("show config")

    with_desk(work)


def test_grep_filters_what_show_prints() -> None:
    """Source: RTX reference 2.5.1."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        text = await seat.run("show config | grep lan1")
        assert text == "Searching ...\nip lan1 address 10.51.1.1/24\n"
        text = await seat.run("show config | grep -v -i LAN1 | grep service")
        assert text == "Searching ...\ntelnetd service off\nsshd service on\n"
        assert "エラー" in await seat.run("show config | sort")

    with_desk(work)


def test_show_status_user_marks_oneself_and_administrators() -> None:
    """Source: RTX reference 58.47."""

    async def work(desk: Desk) -> None:
        first = await (await desk.seat()).administrator()
        second = await desk.seat()
        rows = (await second.run("show status user")).splitlines()
        assert rows[3].startswith(" + onshi")
        assert rows[4].startswith("*  onshi")
        assert "10.51.1.200" in rows[4]
        assert first.session.administrator

    with_desk(work)


def test_two_administrators_at_once_and_one_throws_the_other_out() -> None:
    """Source: RTX reference 2.1, 4.11."""

    async def work(desk: Desk) -> None:
        first = await (await desk.seat()).administrator()
        second = await (await desk.seat()).administrator()
        await first.run("ip routing off")
        assert "ip routing off" in await second.run("show config")
        await first.run("disconnect user onshi/ssh 2")
        await asyncio.sleep(0.05)
        assert second.task.done()
        assert not first.task.done()

    with_desk(work)


def test_cold_start_asks_for_the_password_and_erases() -> None:
    """Source: RTX reference 56.3.11."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("ip routing off")
        await seat.run("save")
        await seat.type("cold start\r")
        await seat.type(PASSWORD + "\r")
        await asyncio.sleep(0.1)
        assert desk.router.running.word("on", "ip", "routing") == "on"
        assert set(desk.router.saved) == {0}

    with_desk(work)


def test_comments_and_blank_lines_do_nothing() -> None:
    async def work(desk: Desk) -> None:
        seat = await desk.seat()
        assert await seat.run("# a comment") == ""
        assert await seat.run("   ") == ""

    with_desk(work)


def test_the_date_and_time_set_the_routers_own_clock() -> None:
    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("date 2026/04/01")
        await seat.run("time 09:30:00")
        assert f"{desk.router.now():%Y-%m-%d %H:%M}" == "2026-04-01 09:30"
        assert "エラー" in await seat.run("date 2026-13-01")

    with_desk(work)


def test_show_difference_gives_the_commands_between_two_configurations() -> None:
    """Source: RTX reference 57.7; a stored configuration asks for its password."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        await seat.run("ip routing off")
        await seat.type("show config difference 0\r")
        text = await seat.type(PASSWORD + "\r")
        assert "no ip routing off\r\n" in text
        assert "no console lines infinity\r\n" in text

    with_desk(work)


def test_rollback_commands_are_unknown_to_old_firmware() -> None:
    """Source: RTX reference 56.7.31."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        for command in ("rollback timer 60", "confirm", "show config difference 0"):
            assert "エラー" in await seat.run(command)

    with_desk(work, "RTX830", "15.02.02")
