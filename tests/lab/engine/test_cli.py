"""The command line: a wrong name is answered in one sentence with exit code 2."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext

import pytest

from onshi_lab import cli, holder, room, status
from onshi_lab.errors import LabError


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    return int(caught.value.code or 0)


@pytest.fixture
def in_a_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "entered", lambda _lab: nullcontext())


@pytest.mark.parametrize(
    "words",
    [
        ("up",),
        ("down",),
        ("status",),
        ("reset",),
        ("exec", "onu", "--", "true"),
        ("exchange", "receipt-1"),
        ("pc", "receipt-1", "{}"),
        ("console", "receipt-1", "reception", "1"),
    ],
)
def test_a_user_who_is_not_root_is_in_a_room_of_his_own_first(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_room(lab: str) -> None:
        raise LabError(f"no room for {lab}")

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(holder, "enter", no_room)
    assert run(*words) == 1
    assert capsys.readouterr().err == "onshi-lab: no room for lab\n"


@pytest.mark.usefixtures("in_a_room")
def test_a_wrong_site_names_the_right_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("up", "--site", "demo-clnic") == 2
    assert capsys.readouterr().err == (
        "onshi-lab: no site 'demo-clnic'; possible: demo-clinic, demo-dental, demo-pharmacy\n"
    )


@pytest.mark.parametrize("name", ["", "a-b", "A", "1a", "a/b", "a" * 17, "../x", "a b", "é"])
def test_a_lab_name_that_could_confuse_is_refused(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--name", name, "down") == 2
    assert "cannot name a lab" in capsys.readouterr().err


def test_exec_needs_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("exec", "onu", "--") == 2
    assert "exec needs a command" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("upp",), (), ("fault",), ("fault", "sett"), ("up", "extra")])
def test_usage_errors_have_code_2(words: tuple[str, ...]) -> None:
    assert run(*words) == 2


@pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root for network namespaces: run the tests with sudo"
)
class TestOfALabThatIsNotUp:
    name = "--name", "noneofthis"

    @pytest.mark.parametrize(
        "words", [("reset",), ("exec", "onu", "--", "true"), ("fault", "set", "line-down")]
    )
    def test_it_says_how_to_start_it(
        self, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(*self.name, *words) == 1
        assert "start it with `onshi-lab --name noneofthis up`" in capsys.readouterr().err

    def test_status_says_that_it_is_not_up(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(*self.name, "status") == 1
        assert capsys.readouterr().out == "lab 'noneofthis' is not up\n"

    def test_down_does_no_harm(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(*self.name, "down") == 0
        assert capsys.readouterr().out == "lab 'noneofthis' was not up\n"

    def test_faults_can_be_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(*self.name, "fault", "list") == 0
        text = capsys.readouterr().out
        assert "line-down" in text
        assert max(map(len, text.splitlines())) <= 80


def test_a_reader_that_went_away_gets_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = "from onshi_lab import cli; cli.main(['--name', 'noneofthis', 'fault', 'list'])"
    with os.fdopen(writer, "w") as gone:
        done = subprocess.run(
            (sys.executable, "-c", program), stdout=gone, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("up", "--powershell", "/nope"),
            "--powershell is '/nope'; it must be a program that can be run",
        ),
        (("up", "--laptops", "9"), "--laptops is '9'; it must be a number from 1 to 4"),
        (("up", "--router-config", "/nonexistent"), "/nonexistent can't be read"),
    ],
)
def test_a_wrong_option_of_up_says_what_it_must_be(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    assert told in capsys.readouterr().err


def test_the_command_starts_without_heavy_libraries() -> None:
    program = (
        "import sys; from onshi_lab import cli; cli.parser(); "
        "print([m for m in ('pyroute2', 'cryptography', 'asyncssh') if m in sys.modules])"
    )
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_wrapping_keeps_every_word_within_the_width() -> None:
    words = [f"service number {index}" for index in range(20)]
    lines = status._wrapped("  head ", ", ".join(words))
    assert max(map(len, lines)) <= 80
    assert ", ".join(words) in " ".join(line.strip() for line in lines)
