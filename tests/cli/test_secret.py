"""`secret set`: from a pipe, a file and the keyboard, into the age file."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.cli import asking
from onshi_net.cli.run import run
from onshi_net.inventory import vault
from onshi_net.inventory.secrets import Secret
from tests.cli.bundles import named, pem, pkcs12
from tests.inventory.seals import by_passphrase

ROOT = Path(__file__).parents[2]
WORDS = "open sesame"
Onshi = Callable[..., tuple[int, str]]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], str | None]:
    """Answers what the file holds under a reference."""
    seals = by_passphrase()
    monkeypatch.setattr(vault, "PassphraseSeal", seals)
    return lambda reference: vault.read(tmp_path / "s.age", seals(Secret(WORDS))).value(reference)


@pytest.fixture
def onshi(
    held: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Onshi:
    """Runs `secret set` without a terminal; standard input has these bytes."""
    monkeypatch.chdir(tmp_path)  # where no inventory says which references there are
    monkeypatch.setattr(asking, "TERMINAL", "/nowhere/tty")
    monkeypatch.setenv(asking.PASSPHRASE, WORDS)

    def go(given: bytes, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        base = ["--lang", "en", "--secrets", str(tmp_path / "s.age"), "secret", "set"]
        code = run([*base, *arguments])
        streams = capsys.readouterr()
        return code, streams.out + streams.err

    return go


@pytest.mark.parametrize(
    "value", ["pw", "pa ss\t😀𠮷", "one\ntwo\n", "\x00\x1b[31m", pem()], ids=named
)
def test_a_pipe_is_the_value(value, onshi, held):
    code, said = onshi(value.encode(), "a/b")
    assert code == errors.EXIT_GOOD
    assert held("a/b") == value
    assert value not in said


@pytest.mark.parametrize(
    "given", [b"", b"\n", b"caf\xe9", b"\xff\xfep\0w\0", pem().encode()[:99]], ids=named
)
def test_a_pipe_that_holds_no_value_is_a_sentence_and_never_an_interruption(given, onshi, tmp_path):
    code, said = onshi(given, "a/b")
    assert code == errors.EXIT_BAD_INPUT
    assert "a/b" in said
    assert "Traceback" not in said
    assert not (tmp_path / "s.age").exists()


def test_a_pipe_without_a_passphrase_says_how_to_give_one(onshi, tmp_path, monkeypatch):
    monkeypatch.delenv(asking.PASSPHRASE)
    code, said = onshi(b"pw", "a/b")
    assert code == errors.EXIT_BAD_INPUT
    assert "ONSHI_PASSPHRASE" in said
    assert not (tmp_path / "s.age").exists()


def test_a_file_leaves_the_pipe_to_the_passphrase(onshi, held, tmp_path, monkeypatch):
    monkeypatch.delenv(asking.PASSPHRASE)
    file = tmp_path / "b.p12"
    file.write_bytes(pkcs12("p12 words"))
    assert onshi(f"p12 words\n{WORDS}\n".encode(), "a/b", "--from", str(file))[0] == 0
    assert held("a/b").count("BEGIN CERTIFICATE") == 2


@pytest.mark.parametrize("name", ["none", "folder"])
def test_a_file_that_can_not_be_read_is_named(name, onshi, tmp_path):
    (tmp_path / "folder").mkdir()
    code, said = onshi(b"", "a/b", "--from", str(tmp_path / name))
    assert code == errors.EXIT_BAD_INPUT
    assert str(tmp_path / name) in said


def test_standard_input_can_be_named(onshi, held):
    assert onshi(b"one\ntwo\n", "a/b", "--from", "-")[0] == 0
    assert held("a/b") == "one\ntwo\n"


def test_a_wrong_passphrase_changes_nothing(onshi, tmp_path, monkeypatch):
    onshi(b"pw", "a/b")
    before = (tmp_path / "s.age").read_bytes()
    monkeypatch.setenv(asking.PASSPHRASE, "another")
    code, said = onshi(b"pw2", "a/b")
    assert code == errors.EXIT_BAD_INPUT
    assert "another" not in said
    assert (tmp_path / "s.age").read_bytes() == before


def test_a_command_that_reads_asks_no_passphrase_for_a_file_that_is_not_there(onshi, inventory):
    base = ["--lang", "en", "--inventory", str(inventory), "--secrets", "none.age"]
    assert run([*base, "plan", "demo-clinic"]) == errors.EXIT_BAD_INPUT


# at a terminal

AT_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
import pyrage
from onshi_net.inventory import vault
identity = pyrage.x25519.Identity.from_str(sys.argv[1])
class Seal:
    def __init__(self, passphrase):
        print("passphrase is", passphrase.reveal())
    def close(self, plain): return pyrage.encrypt(plain, [identity.to_public()])
    def open(self, sealed): return pyrage.decrypt(sealed, [identity])
vault.PassphraseSeal = Seal
from onshi_net.cli.run import run
code = run(sys.argv[2:])
print("left for the shell:", fcntl.ioctl(0, termios.FIONREAD, b"....")[0])
sys.exit(code)
"""


class Terminal:
    """A program at a terminal of its own; `say` waits for a question and types the answer."""

    def __init__(self, file: Path, *arguments: str, passphrase: str = "") -> None:
        import pyrage

        self.file, self.identity = file, pyrage.x25519.Identity.generate()
        self.near, far = pty.openpty()
        command = [sys.executable, "-c", AT_TERMINAL, str(self.identity), "--lang", "en"]
        command += ["--secrets", str(file), "secret", "set", *arguments]
        environment = {**os.environ, asking.PASSPHRASE: passphrase}
        self.process = subprocess.Popen(
            command, stdin=far, stdout=far, stderr=far, start_new_session=True, cwd=file.parent,
            env=environment,
        )  # fmt: skip
        os.close(far)
        self.seen = b""

    def say(self, question: str, answer: str) -> None:
        while question.encode() not in self.seen:
            self.seen += os.read(self.near, 4096)
        self.before, self.seen = self.seen, b""
        os.write(self.near, answer.encode())

    def end(self) -> tuple[int, str]:
        try:
            while some := os.read(self.near, 4096):
                self.seen += some
        except OSError:  # the other end is closed
            pass
        os.close(self.near)
        return self.process.wait(30), self.seen.decode()

    def held(self) -> dict[str, object]:
        import tomllib

        import pyrage

        return tomllib.loads(pyrage.decrypt(self.file.read_bytes(), [self.identity]).decode())


def test_a_password_and_a_new_files_passphrase_are_asked_twice(tmp_path):
    at = Terminal(tmp_path / "s.age", "a/b")
    at.say("Value of a/b: ", "typ0\n")
    at.say("once more: ", "typo\n")
    at.say("Value of a/b: ", "päss😀\n")
    at.say("once more: ", "päss😀\n")
    at.say("choose a passphrase: ", "open sesane\n")
    at.say("once more: ", "open sesame\n")
    at.say("choose a passphrase: ", "open sesame\n")
    at.say("once more: ", "open sesame\n")
    code, said = at.end()
    assert code == 0, said
    assert at.held() == {"a/b": "päss😀"}
    assert "passphrase is open sesame" in said
    assert "päss" not in said


@pytest.mark.parametrize("ending", ["\n\nleft over\n", "\x04"])
def test_a_pasted_bundle_ends_with_two_empty_lines_or_the_end_of_input(ending, tmp_path):
    bundle = pem().replace("-----BEGIN CERTIFICATE", "\n-----BEGIN CERTIFICATE")
    at = Terminal(tmp_path / "s.age", "a/b")
    at.say("Value of a/b: ", bundle + ending)
    at.say("choose a passphrase: ", "open sesame\n")
    at.say("once more: ", "open sesame\n")
    code, said = at.end()
    assert code == 0, said
    assert at.held() == {"a/b": bundle}
    assert "1 private key(s), 2 certificate(s)" in said
    assert "MII" not in said + at.before.decode()


@pytest.mark.parametrize(
    ("line", "of_locale", "typed"),
    [
        ("日本".encode(), "cp932", "日本"),
        ("日本".encode("cp932"), "cp932", "日本"),
        ("日本".encode("cp932"), "UTF-8", "\udc93\udcfa\udc96{"),
        (b"a\r\n", "cp932", "a"),
    ],
)
def test_a_line_is_read_as_the_terminal_writes_it(line, of_locale, typed, monkeypatch):
    monkeypatch.setattr("locale.getpreferredencoding", lambda _set: of_locale)
    assert asking._line(line) == typed


def test_what_is_pasted_after_the_end_does_not_reach_the_shell(tmp_path):
    at = Terminal(tmp_path / "s.age", "a/b", passphrase="words")
    at.say("Value of a/b: ", f"{pem()}\n\nMIIleft over\n")
    code, said = at.end()
    assert code == 0, said
    assert "left for the shell: 0" in said


def test_a_line_that_the_terminal_cuts_is_refused(tmp_path):
    at = Terminal(tmp_path / "s.age", "a/b", "--from", "-")
    at.say("empty lines.", "x" * 4090)
    os.write(at.near, b"y" * 4 + b"z" * 60 + b"\n")
    code, said = at.end()
    assert code == errors.EXIT_BAD_INPUT
    assert "--from FILE" in said


def test_ctrl_c_at_a_question_is_an_interruption_and_writes_nothing(tmp_path):
    at = Terminal(tmp_path / "s.age", "a/b")
    at.say("Value of a/b: ", "\x03")
    assert at.end()[0] == 130
    assert list(tmp_path.iterdir()) == []
