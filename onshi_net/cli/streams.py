"""Standard input, output and error: every text can be printed, whatever stands behind them.

A terminal in Shift_JIS, `LANG=C`, a pipe to `head -1`, a full disk, a closed descriptor: `settled`
puts streams in their place for a run, of which this holds:
- a character that the encoding lacks is written as what people there write for it (`fit`), at the
  worst as `?`; it never ends a command;
- a reader that goes away takes its output with it, and nothing else: the command goes on, as a
  change must not end midway, and its exit code is what it would have been;
- any other refusal of the system (a full disk) names the stream.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TextIO

from onshi_net.files import named_as
from onshi_net.i18n import text

STAND_INS = {
    "¥": ("￥", "JPY "),
    "￥": ("¥", "JPY "),
    "～": ("〜", "~"),
    "〜": ("～", "~"),
    "−": ("－", "-"),
    "－": ("−", "-"),
    "—": ("―", "-"),
    "―": ("—", "-"),
    "–": ("-",),
    "‐": ("-",),
    "‑": ("-",),
    "‖": ("∥", "||"),
    "∥": ("‖", "||"),
    "…": ("...",),
    "「": ('"',),
    "」": ('"',),
    "、": (", ",),
    "。": (". ",),
    "・": ("*",),
    "→": ("->",),
    "‘": ("'",),
    "’": ("'",),
    "“": ('"',),
    "”": ('"',),
    "×": ("x",),
}
"""What is written for a character, best first; the pairs are those that Shift_JIS, cp932 and EUC
take from different places of Unicode."""
UNKNOWN = "?"
_GONE = {errno.EPIPE, errno.ECONNRESET, errno.ESHUTDOWN, errno.EIO, errno.EBADF}
"""What a pipe without a reader, a closed window and a closed descriptor answer."""
if sys.platform == "win32":
    _GONE.add(errno.EINVAL)


def fit(words: str, encoding: str) -> str:
    """Answers the words with a stand-in for each character that the encoding lacks.

    Python's Shift_JIS and EUC write a yen sign as the byte of a backslash: that is no yen sign to
    whoever reads it, so a character fits only if it comes back as it was.
    """
    try:
        if words.encode(encoding).decode(encoding) == words:
            return words
    except UnicodeError:
        pass
    return "".join(_fitting(char, encoding) for char in words)


@lru_cache(maxsize=4096)
def _fitting(char: str, encoding: str) -> str:
    if _fits(char, encoding):
        return char
    plain = unicodedata.normalize("NFKC", char)
    some = (*STAND_INS.get(char, ()), plain, *STAND_INS.get(plain, ()))
    return next((one for one in some if all(_fits(c, encoding) for c in one)), UNKNOWN)


def _fits(char: str, encoding: str) -> bool:
    try:
        return char.encode(encoding).decode(encoding) == char
    except UnicodeError:
        return False


class Stream(io.TextIOBase):
    """Standard output or error. Without `buffer`: nobody writes past it."""

    def __init__(self, under: TextIO, name: str) -> None:
        """Takes the system's stream, and the catalogue's name of it."""
        self._under = under
        self._name = name
        self.is_gone = False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of what is behind it."""
        return getattr(self._under, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        """Answers whether it is a terminal."""
        return self._under.isatty()

    def fileno(self) -> int:
        """Answers its descriptor. Raises OSError where it has none."""
        return self._under.fileno()

    def writable(self) -> bool:
        """Answers yes."""
        return True

    def write(self, words: str) -> int:
        """Writes text. Raises OSError, with the stream's name, unless its reader has gone."""
        with self._patient():
            self._under.write(fit(words, self.encoding))
        return len(words)

    def write_bytes(self, data: bytes) -> None:
        """Writes bytes as they are."""
        with self._patient():
            self._under.flush()
            self._under.buffer.write(data)
            self._under.buffer.flush()

    def flush(self) -> None:
        """Hands on what is still held back."""
        with self._patient():
            self._under.flush()

    @contextmanager
    def _patient(self) -> Iterator[None]:
        if self.is_gone:
            self._under = _nowhere()
        try:
            yield
        except OSError as error:
            self._leave()
            if error.errno not in _GONE:
                raise named_as(error, text(self._name)) from None

    def _leave(self) -> None:
        """Lets what is held back, and all that follows, go nowhere: Python writes it at its end."""
        self.is_gone = True
        with suppress(OSError, ValueError), _nowhere() as nowhere:
            os.dup2(nowhere.fileno(), self._under.fileno())


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - a name, no path


@contextmanager
def settled() -> Iterator[None]:
    """Puts the streams in place while the block runs, where they are not so already."""
    if isinstance(sys.stdout, Stream):
        yield
        return
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = before[0] or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stdout = Stream(before[1] or _nowhere(), "cli.standard-output")
    sys.stderr = Stream(before[2] or _nowhere(), "cli.standard-error")
    try:
        yield
    finally:
        with suppress(OSError):
            sys.stderr.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def takes(words: str) -> bool:
    """Answers whether standard output can show these words as they are."""
    return sys.stdout is None or fit(words, sys.stdout.encoding or "utf-8") == words


def is_unicode() -> bool:
    """Answers whether standard output takes every text."""
    return takes("\u00a5\u3042\U00020bb7")


def write_bytes(data: bytes) -> None:
    """Writes bytes to standard output as they are."""
    if isinstance(sys.stdout, Stream):
        sys.stdout.write_bytes(data)
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
