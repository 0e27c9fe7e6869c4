"""What a router comes with: address, user, and the lines that somebody typed into it before."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import paramiko
import pytest
from bench import PASSWORD, ROOT, Plain, Screen, connect
from desk import Desk, with_desk

from onshi_lab.yamaha.__main__ import arguments
from onshi_lab.yamaha.delivered import Delivery, RefusedLine, staged_default, with_typed
from onshi_lab.yamaha.models import make_device
from onshi_lab.yamaha.store import password_fits

RTX830 = make_device("RTX830", "15.02.31", "S5X000001")
STAGED = Delivery("Start-pack.1", "", address="192.168.100.1/22", user="kanri1")


def typed(*lines: str) -> tuple[str, ...]:
    text = "\n".join(lines)
    return with_typed(staged_default(RTX830, STAGED), text, RTX830, "router.txt").lines()


def test_address_and_user_are_those_it_was_staged_with() -> None:
    lines = staged_default(RTX830, STAGED).lines()
    assert "ip lan1 address 192.168.100.1/22" in lines
    assert "login user kanri1 *" in lines


@pytest.mark.parametrize("model", ["RTX840", "RTX1300"])
def test_where_administrators_are_numbered_its_user_is_one(model: str) -> None:
    """Source: RTX reference 4.10."""
    lines = staged_default(make_device(model, "23.00.17", "S5X000001"), STAGED).lines()
    assert "user attribute kanri1 administrator=1" in lines


def test_a_user_that_the_router_cannot_have_is_named() -> None:
    """Source: RTX reference 4.5."""
    with pytest.raises(RefusedLine, match=r"RTX830 can't be delivered with `login user 受付 \*`"):
        staged_default(RTX830, Delivery(PASSWORD, "", user="受付"))


@pytest.mark.parametrize("text", ["10.51.1.1", "10.51.1.300/24", "LAN"])
def test_an_address_needs_its_prefix_length(text: str) -> None:
    with pytest.raises(SystemExit):
        arguments(["--state", ".", "--initial-password-file", "x", "--address", text])


def test_typed_lines_are_applied_over_what_was_staged() -> None:
    lines = typed(
        "# somebody's notes",
        "",
        "ip lan1 address 10.51.8.1/21",
        "login user maker Maker-pass.1",
        "no telnetd service",
        "ip route default gateway 10.51.8.254",
    )
    assert "ip lan1 address 10.51.8.1/21" in lines
    assert "login user maker *" in lines
    assert "telnetd service off" not in lines
    assert "ip route default gateway 10.51.8.254" in lines


def test_a_typed_user_has_the_password_that_was_typed() -> None:
    config = with_typed(
        staged_default(RTX830, STAGED), "login user maker Maker-pass.1", RTX830, "router.txt"
    )
    assert password_fits("Maker-pass.1", config.secret("login", "user", "maker"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ip lan1 address 10.51.8.300/21", "Unrecognized IP address parameter"),
        ("frobnicate on", "Invalid command name"),
        ("lan flexible-port lan1=1-10", "Invalid command name"),
        ("save", "Invalid command name"),
        ("administrator password other", "Invalid command name"),
    ],
)
def test_a_refused_line_is_named_with_its_reason(line: str, reason: str) -> None:
    """The grammar's own words; what the console runs as an operation is no configuration."""
    with pytest.raises(RefusedLine) as refused:
        typed("ip routing on", line)
    assert str(refused.value) == f"router.txt line 2, `{line}`: {reason}."


def shown(plain: Plain) -> str:
    """The running configuration, as the console shows it to the user `kanri1`."""
    screen = Screen(connect("127.0.0.1", plain.port, user="kanri1")).administrator()
    config = screen.run("show config")
    screen.close()
    return config


def test_it_starts_with_them_saved_and_they_survive_a_cold_start(plain: Plain) -> None:
    file = plain.folder / "router.txt"
    file.write_text("description 1 受付の裏\nip route default gateway 10.51.1.254\n", "utf-8")
    router = plain.boot("--config", str(file), "--user", "kanri1")
    before = shown(plain)
    router.signal(signal.SIGUSR1)
    router.wait_ready()
    for config in (before, shown(plain)):
        assert "ip route default gateway 10.51.1.254" in config
        assert "description 1 受付の裏" in config


def test_a_refused_line_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "router.txt").write_text("ip routing maybe\n")
    (tmp_path / "initial").write_text(PASSWORD)
    words = [
        *(sys.executable, "-m", "onshi_lab.yamaha", "--no-kernel"),
        *("--state", str(tmp_path / "state"), "--config", str(tmp_path / "router.txt")),
        *("--initial-password-file", str(tmp_path / "initial")),
    ]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT / "lab")}
    )
    assert done.returncode == 1
    assert done.stderr == "router.txt line 1, `ip routing maybe`: Illegal keyword.\n"


def test_an_rtx840_is_delivered_open_to_passwords(plain: Plain) -> None:
    """Source: RTX reference 4.74: without `sshd auth method` it takes keys alone."""
    plain.boot("--model", "RTX840", "--firmware", "23.02.01")
    screen = plain.screen().administrator()
    assert "sshd auth method all" in screen.run("show config")
    screen.run("no sshd auth method")
    with pytest.raises(paramiko.AuthenticationException):
        plain.client()
    screen.close()


def test_the_unnamed_user_may_be_delivered_with_a_password_of_its_own(plain: Plain) -> None:
    """Source: RTX reference 4.1, and 57.2: a stored configuration asks for it first."""
    file = plain.folder / "unnamed"
    file.write_text("NttLogin01\n")
    plain.boot("--unnamed-password-file", str(file))
    screen = plain.screen().administrator()
    assert "login password *" in screen.run("show config")
    assert screen.run("show config 0", end="Login Password: ") == ""
    screen.close()


def test_an_nvr510_divides_its_lan_but_has_no_guards() -> None:
    """Inference, docs/to-confirm-on-site.md: it is not in the vendor's reference."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        for command in ("rollback timer 60", "schedule at 1 +60 * restart"):
            assert "エラー" in await seat.run(command), command
        assert await seat.run("schedule at 1 */* 4:30 * restart") == ""
        assert await seat.run("lan type lan1 port-based-option=divide-network") == ""
        assert await seat.run("vlan port mapping lan1.2 vlan1") == ""
        assert "ip vlan1 address 10.51.1.1/24\n" in await seat.run("show config")
        assert "NVR510 Rev.15.01.26" in await seat.run("show environment")

    with_desk(work, "NVR510")
