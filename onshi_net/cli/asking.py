"""What a person or a pipe gives that must not show: passphrases, passwords, bundles.

A person is asked at the terminal itself (/dev/tty), so that a value can come through a pipe while
its passphrase is typed. Where no terminal is, ONSHI_PASSPHRASE gives the passphrase, else the first
line of standard input does.

Several lines, a pasted bundle, are typed without an echo too. They end with Ctrl-D (Ctrl-Z and
Enter on Windows) or with two empty lines: one empty line stands between the parts of many bundles.
What was pasted after the end is thrown away, so that no line of a key reaches the shell.
"""

from __future__ import annotations

import locale
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from onshi_net import foreign
from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.inventory.secrets import Secret

PASSPHRASE = "ONSHI_PASSPHRASE"  # noqa: S105 the variable's name
TERMINAL = "/dev/tty"
LONGEST = 4095
"""Bytes of a line that a terminal keeps (termios(3), canonical mode); the rest it drops."""
BUNDLE = ("-----BEGIN ", "Bag Attributes", "subject=", "issuer=")
"""How a pasted bundle begins; the last three as `openssl pkcs12` and `s_client` print it."""
ANSWERS = {
    **dict.fromkeys(("y", "yes", "はい"), True),
    **dict.fromkeys(("n", "no", "いいえ", ""), False),
}
Read = Callable[[], bytes]
"""Answers the next line with its end, b"" at the end of the input."""


class NobodyToAsk(InputError):
    """Raised where neither a terminal nor a pipe gives what is needed."""

    def __init__(self, item: str, remedy: str | None = None) -> None:
        """Takes what was to be asked, and what to do instead."""
        remedy = text("cli.nobody-to-ask.remedy") if remedy is None else remedy
        super().__init__([Fault(Place(item=item), text("cli.nobody-to-ask"), remedy)])


class NobodyAnswers(NobodyToAsk):
    """Raised where a question ends without an answer; the exit code is that of Ctrl-C there."""

    exit_code = 130


def ask_yes(question: str, remedy: str) -> bool:
    """Asks a question at standard input; no answer but an empty line is no.

    Raises NobodyAnswers with the remedy where the input ends before an answer.
    """
    while True:
        _say(f"{question} {text('cli.yes-or-no')}: ")
        line = _next_line()
        if not line:
            _say("\n")
            raise NobodyAnswers(question, remedy)
        word = unicodedata.normalize("NFKC", _line(line)).strip().lower()
        if word in ANSWERS:
            return ANSWERS[word]
        _say(f"{text('cli.answer-yes-or-no')}\n")


def ask_line(question: str, remedy: str) -> str:
    """Asks for a line at standard input, where it shows; an empty one is an answer too.

    Raises NobodyAnswers with the remedy where the input ends before an answer.
    """
    _say(f"{question}: ")
    try:
        line = _next_line()
    except KeyboardInterrupt:
        _say("\n")
        raise
    if not line:
        _say("\n")
        raise NobodyAnswers(question, remedy)
    return _line(line)


def _next_line() -> bytes:
    buffer = getattr(sys.stdin, "buffer", None)
    if buffer is None:
        return sys.stdin.readline().encode("utf-8", "surrogatepass")
    return bytes(buffer.readline())


def ask_passphrase(prompt: str, *, twice: bool = False, piped: bool = True) -> Secret:
    """Asks for a passphrase; `twice` where it begins something, and a slip would lock it for ever.

    `piped` says that standard input may hold it, where no terminal is. Raises NobodyToAsk.
    """
    given = os.environ.get(PASSPHRASE)
    if given:
        return Secret(given)
    with _terminal() as read:
        if read is not None:
            return Secret(_typed(read, prompt, twice=twice))
    if not piped:
        raise NobodyToAsk(prompt)
    line = sys.stdin.buffer.readline()
    if not line.strip():
        raise NobodyToAsk(prompt)
    return Secret(_line(line))


def ask_value(prompt: str) -> bytes:
    """Asks for a password, twice, or takes a pasted bundle. Raises NobodyToAsk."""
    with _terminal() as read:
        if read is None:
            raise NobodyToAsk(prompt)
        first = _asked(read, prompt)
        if first.startswith(BUNDLE):
            return "".join([f"{first}\n", *_several(read)]).encode("utf-8", "surrogateescape")
        typed = _confirmed(read, prompt, first)
    return typed.encode("utf-8", "surrogateescape")


def ask_secret(prompt: str) -> str:
    """Asks once for a password, without an echo; '' where only Enter is typed. Raises NobodyToAsk.

    Raises KeyboardInterrupt where the input is ended.
    """
    with _terminal() as read:
        if read is None:
            raise NobodyToAsk(prompt)
        _say(f"{prompt}: ")
        try:
            line = read()
        finally:
            _say("\n")
        if not line:
            raise KeyboardInterrupt
        return _line(line)


def ask_lines(prompt: str) -> bytes:
    """Takes several lines from the terminal. Raises NobodyToAsk."""
    with _terminal() as read:
        if read is None:
            raise NobodyToAsk(prompt)
        _say(f"{prompt}: {text('cli.several-lines')}\n")
        return "".join(_several(read)).encode("utf-8", "surrogateescape")


def has_terminal() -> bool:
    """Answers whether a person can be asked."""
    with _terminal() as read:
        return read is not None


def _typed(read: Read, prompt: str, *, twice: bool) -> str:
    first = _asked(read, prompt)
    return _confirmed(read, prompt, first) if twice else first


def _confirmed(read: Read, prompt: str, first: str) -> str:
    again = _asked(read, text("cli.again"))
    while again != first:
        _say(f"{text('cli.not-the-same')}\n")
        first, again = _asked(read, prompt), _asked(read, text("cli.again"))
    return first


def _asked(read: Read, prompt: str) -> str:
    """Answers a line that isn't empty. Raises KeyboardInterrupt where the input is ended."""
    while True:
        _say(f"{prompt}: ")
        line = read()
        _say("\n")
        if not line:
            raise KeyboardInterrupt
        if typed := _line(line):
            return typed


def _line(line: bytes) -> str:
    """Answers a line without its end, in UTF-8 or as the terminal's locale writes it (Shift_JIS).

    What is neither is held as surrogates and refused later.
    """
    if len(line) >= LONGEST:
        raise InputError([Fault(Place(item="-"), text("cli.line-too-long", limit=LONGEST))])
    typed = line.removesuffix(b"\n").removesuffix(b"\r")
    for encoding in ("utf-8", locale.getpreferredencoding(False)):
        with suppress(UnicodeDecodeError):
            return typed.decode(encoding)
    return typed.decode("utf-8", "surrogateescape")


def _several(read: Read) -> Iterator[str]:
    """Gives the lines up to the end of the input or two empty ones."""
    held = ""
    while line := read():
        typed = f"{_line(line)}\n"
        if typed == held == "\n":
            return
        yield held
        held = typed
    yield held


def _say(words: str) -> None:
    sys.stderr.write(foreign.block(words))
    sys.stderr.flush()


@contextmanager
def _terminal() -> Iterator[Read | None]:
    """Gives what reads a line from the terminal without an echo, None where there is none."""
    if sys.platform == "win32":
        yield _console_line if sys.stdin.isatty() else None
        return
    import termios

    try:
        descriptor = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        yield None
        return
    before = termios.tcgetattr(descriptor)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    try:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
        yield lambda: _terminal_line(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
        os.close(descriptor)


def _terminal_line(descriptor: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        some = os.read(descriptor, LONGEST + 1)
        if not some:
            break
        line += some
    return line


def _console_line() -> bytes:
    from getpass import getpass

    line = getpass("")
    return b"" if line.startswith("\x1a") else f"{line}\n".encode("utf-8", "surrogateescape")
