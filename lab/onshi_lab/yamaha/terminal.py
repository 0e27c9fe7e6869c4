"""The console's screen and keyboard: echo, line editing, the fold at the width, the pager.

RTX reference 2.4 (keys, pager), 4.22 (columns), 4.23 (lines). A row holds one character less than
`console columns`: published captures fold at 79 of 80, in the echo and in long output alike.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from .messages import ENCODINGS, TEXTS, Language

CTRL_C, BACKSPACE, TAB, LF, CR, CTRL_R, CTRL_U, ESCAPE, SPACE, DELETE = (
    3,
    8,
    9,
    10,
    13,
    18,
    21,
    27,
    32,
    127,
)

LONGEST_LINE = 4095
"""Octets of a command line that are kept (inference); more are refused with a bell."""


class HungUp(Exception):
    """The connection is gone, or the router ended the session."""


class Interrupted(Exception):
    """Ctrl-C was pressed."""


class Wire(Protocol):
    """The octets to and from whoever sits at the console."""

    def write(self, data: bytes) -> None:
        """Send octets."""

    async def read(self) -> int:
        """The next octet that was typed; raises HungUp."""

    async def interrupted(self) -> None:
        """Wait for a Ctrl-C among what is typed, and take it (and all before it) away."""


@dataclass(frozen=True, slots=True)
class Look:
    """The console settings in force: language, codec, width and height (0 for no paging)."""

    language: Language = "ja"
    codec: str = "cp932"
    columns: int = 80
    rows: int = 24


def look_of(character: str, columns: str, lines: str) -> Look:
    """The look for the values of `console character`, `columns` and `lines`."""
    language, codec = ENCODINGS[character]
    return Look(language, codec, int(columns), 0 if lines == "infinity" else int(lines))


def cells(text: str) -> int:
    """How many columns a text takes: Japanese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def fold(text: str, columns: int) -> list[str]:
    """A line folded into rows of at most `columns - 1` cells."""
    rows: list[str] = [""]
    used = 0
    for char in text:
        width = cells(char)
        if used + width > columns - 1:
            rows.append("")
            used = 0
        rows[-1] += char
        used += width
    return rows


class Terminal:
    """One console's screen and keyboard."""

    def __init__(self, wire: Wire, look: Callable[[], Look], touched: Callable[[], None]) -> None:
        self.wire = wire
        self.look = look
        self.touched = touched
        self.history: list[bytes] = []

    def say(self, text: str) -> None:
        """Write text as it is, in the console's character code."""
        self.wire.write(text.replace("\n", "\r\n").encode(self.look().codec, "replace"))

    async def key(self) -> int:
        """The next key."""
        key = await self.wire.read()
        self.touched()
        return key

    # -- output ------------------------------------------------------------------------------------

    async def page(self, lines: Iterable[str]) -> None:
        """Write lines, folded, stopping at each full screen.

        Not at all with `console lines infinity`.
        """
        look = self.look()
        left = look.rows
        for line in lines:
            for row in fold(line, look.columns):
                if look.rows and left == 0:
                    left = await self._more(look)
                    if left == 0:
                        return
                self.say(row + "\n")
                left -= 1

    async def _more(self, look: Look) -> int:
        """Stop at the pager; answers how many rows to show next, 0 to end.

        The prompt stays in the stream, overwritten with blanks on a screen (published capture).
        """
        self.say(TEXTS[look.language]["more"])
        while True:
            key = await self.key()
            if key in (SPACE, CR, LF):
                self.wire.write(b"\r" + b" " * 12 + b"\r")
                return look.rows if key == SPACE else 1
            if key in (ord("q"), ord("Q"), CTRL_C):
                self.wire.write(b"\r" + b" " * 12 + b"\r")
                return 0

    # -- input -------------------------------------------------------------------------------------

    async def ask(self, prompt: str) -> str:
        """A line typed without echo, such as a password."""
        self.say(prompt)
        typed = bytearray()
        while True:
            key = await self.key()
            if key in (CR, LF):
                self.say("\n")
                return typed.decode(self.look().codec, "replace")
            if key == CTRL_C:
                self.say("\n")
                raise Interrupted
            if key in (BACKSPACE, DELETE):
                del typed[-1:]
            elif key == CTRL_U:
                typed.clear()
            elif key >= SPACE and len(typed) < LONGEST_LINE:
                typed.append(key)

    async def confirm(self, prompt: str) -> bool:
        """A question answered by one key, Y or N."""
        self.say(prompt)
        while True:
            key = await self.key()
            if key in (ord("y"), ord("Y"), ord("n"), ord("N")):
                self.wire.write(bytes([key]) + b"\r\n")
                return key in (ord("y"), ord("Y"))
            if key == CTRL_C:
                self.say("\n")
                raise Interrupted

    async def line(self, prompt: str, hint: Callable[[str], list[str]]) -> str:
        """A command line, edited with echo; `hint` gives what `?` shows.

        Ctrl-C gives an empty line.
        """
        editor = _Editor(self, prompt)
        editor.redraw()
        while True:
            key = await self.key()
            if key in (CR, LF):
                self.say("\n")
                typed = bytes(editor.typed)
                if typed.strip() and self.history[-1:] != [typed]:
                    self.history = [*self.history[-49:], typed]
                return typed.decode(self.look().codec, "replace")
            if key == CTRL_C:
                self.say("\n")
                return ""
            if key == ord("?"):
                self.say("?\n")
                await self.page(hint(bytes(editor.typed).decode(self.look().codec, "replace")))
                editor.redraw()
            elif key == ESCAPE:
                await editor.escape()
            else:
                editor.press(key)


class _Editor:
    """The command line under way: what was typed, and where the echo stands."""

    def __init__(self, terminal: Terminal, prompt: str) -> None:
        self.terminal = terminal
        self.prompt = prompt
        self.typed = bytearray()
        self.column = 0
        self.shown = len(terminal.history)

    def redraw(self) -> None:
        """Show prompt and typed text on a fresh row."""
        self.terminal.say(self.prompt)
        self.column = cells(self.prompt)
        self._echo(bytes(self.typed))

    def _echo(self, data: bytes) -> None:
        width = self.terminal.look().columns - 1
        out = bytearray()
        for octet in data:
            if self.column >= width:
                out += b"\r\n"
                self.column = 0
            out.append(octet)
            self.column += 1
        self.terminal.wire.write(bytes(out))

    def press(self, key: int) -> None:
        """Do what a key does: insert, rub out, clear, redraw; a bell for the rest."""
        if key in (BACKSPACE, DELETE):
            self._rub_out(1)
        elif key == CTRL_U:
            self._rub_out(len(self.typed))
        elif key == CTRL_R:
            self.terminal.say("\n")
            self.redraw()
        elif key >= SPACE and len(self.typed) < LONGEST_LINE:
            self.typed.append(key)
            self._echo(bytes([key]))
        else:
            self.terminal.wire.write(b"\a")

    def _rub_out(self, count: int) -> None:
        count = min(count, len(self.typed))
        if count:
            del self.typed[-count:]
            self.terminal.wire.write(b"\b \b" * count)
            self.column = max(0, self.column - count)

    async def escape(self) -> None:
        """An escape sequence: the arrows up and down recall earlier lines, others do nothing."""
        if await self.terminal.key() != ord("["):
            return
        final = await self.terminal.key()
        step = {ord("A"): -1, ord("B"): 1}.get(final, 0)
        history = self.terminal.history
        if step and 0 <= self.shown + step <= len(history):
            self.shown += step
            self._rub_out(len(self.typed))
            line = history[self.shown] if self.shown < len(history) else b""
            self.typed += line
            self._echo(line)
