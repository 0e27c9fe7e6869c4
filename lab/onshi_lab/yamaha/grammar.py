"""A small language for the parameters of console commands, and a matcher that says what was wrong.

on                a keyword
<int:1-99>        a parameter, checked by the type of that name in `params`
edns=<switch>     a parameter behind a fixed prefix
    <int:1-99>!       a parameter, or keyword, that tells apart a command's lines (its key)
    [ … ]             optional;  ( a | b ) one of;  …* any number;  …+ at least one
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .messages import CommandError, Fault
from .models import Device


@dataclass(frozen=True, slots=True)
class Context:
    """What a parameter's check may look at: the device, and whether LAN1 is divided.

    `loading` says that a stored configuration is read, whose passwords are already masked;
    `section` is what `pp select` or `tunnel select` chose, `pp 1`, or nothing.
    """

    device: Device
    divided: bool = False
    loading: bool = False
    section: str = ""


Check = Callable[[str, str, Context], str]
"""(token, arguments of the type, context) -> the token as the configuration shows it.

Raises CommandError.
"""


@dataclass(frozen=True, slots=True)
class Value:
    """One matched token in its canonical form."""

    text: str
    is_key: bool = False


@dataclass(slots=True)
class Trace:
    """The furthest token that something failed at, and how."""

    position: int = -1
    faults: set[Fault] = field(default_factory=set)

    def note(self, position: int, fault: Fault) -> None:
        """Remember a failure, if none was further on."""
        if position > self.position:
            self.position, self.faults = position, {fault}
        elif position == self.position:
            self.faults.add(fault)

    def verdict(self) -> Fault:
        """The fault to print: the most telling one at the furthest token."""
        order = (Fault.RANGE, Fault.INTEGER, Fault.ADDRESS, Fault.KEYWORD, Fault.COUNT)
        return next((fault for fault in order if fault in self.faults), Fault.COUNT)


@dataclass(frozen=True, slots=True)
class Run:
    """One matching under way.

    The tokens, the context, the trace, and whether a prefix is enough.
    """

    tokens: Sequence[str]
    context: Context
    trace: Trace
    partial: bool = False


Match = Iterator[tuple[int, tuple[Value, ...]]]


class Node(Protocol):
    """A part of a grammar."""

    def match(self, run: Run, position: int) -> Match:
        """Yield (next position, values) for each way to match from a position."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One token: a keyword (no check) or a checked parameter, perhaps behind a prefix."""

    word: str
    check: Check | None = None
    arguments: str = ""
    is_key: bool = False

    def match(self, run: Run, position: int) -> Match:
        """Match one token."""
        if position >= len(run.tokens):
            run.trace.note(position, Fault.COUNT)
            return
        token = run.tokens[position]
        if self.check is None:
            if token == self.word:
                yield position + 1, (Value(token, self.is_key),)
            else:
                run.trace.note(position, Fault.KEYWORD)
            return
        if not token.startswith(self.word):
            run.trace.note(position, Fault.KEYWORD)
            return
        try:
            text = self.check(token[len(self.word) :], self.arguments, run.context)
        except CommandError as error:
            run.trace.note(position, error.fault)
            return
        yield position + 1, (Value(self.word + text, self.is_key),)


@dataclass(frozen=True, slots=True)
class Chain:
    """Parts one after another."""

    parts: tuple[Node, ...]

    def match(self, run: Run, position: int) -> Match:
        """Match every part in turn; in a partial run the tokens may end between parts."""
        yield from self._from(run, position, 0)

    def _from(self, run: Run, position: int, index: int) -> Match:
        done = index == len(self.parts)
        if done or (run.partial and position == len(run.tokens)):
            yield position, ()
            return
        for after, values in self.parts[index].match(run, position):
            for end, rest in self._from(run, after, index + 1):
                yield end, values + rest


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts."""

    parts: tuple[Node, ...]

    def match(self, run: Run, position: int) -> Match:
        """Match any part."""
        for part in self.parts:
            yield from part.match(run, position)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part `least` or more times (`most` at the most), the longest way first."""

    part: Node
    least: int
    most: int

    def match(self, run: Run, position: int) -> Match:
        """Match as many as there are."""
        yield from self._from(run, position, 0)

    def _from(self, run: Run, position: int, count: int) -> Match:
        if count < self.most:
            for after, values in self.part.match(run, position):
                if after > position:
                    for end, rest in self._from(run, after, count + 1):
                        yield end, values + rest
        if count >= self.least:
            yield position, ()


MANY = 4096
_TOKEN = re.compile(r"[\[\](){}|]|[*+](?=\s|$|[\])|])|[^\s\[\](){}|]+")
_LEAF = re.compile(r"(?P<prefix>[^<]*)<(?P<type>[a-z0-9-]+)(?::(?P<args>[^>]*))?>(?P<tail>[!*+]*)")


class _Reader:
    """Reads the text of a grammar into nodes."""

    def __init__(self, text: str, checks: Callable[[str], Check]) -> None:
        self.tokens = _TOKEN.findall(text)
        self.checks = checks
        self.at = 0

    def choice(self) -> Node:
        parts = [self.sequence()]
        while self.at < len(self.tokens) and self.tokens[self.at] == "|":
            self.at += 1
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.tokens) and self.tokens[self.at] not in "])|":
            parts.append(self.repeated())
        return Chain(tuple(parts))

    def repeated(self) -> Node:
        node, tail = self.atom()
        if self.at < len(self.tokens) and self.tokens[self.at] in ("*", "+"):
            tail += self.tokens[self.at]
            self.at += 1
        if "*" in tail:
            return Repeat(node, 0, MANY)
        if "+" in tail:
            return Repeat(node, 1, MANY)
        return node

    def atom(self) -> tuple[Node, str]:
        part = self.tokens[self.at]
        self.at += 1
        if part == "[":
            inner = self.choice()
            self.at += 1
            return Repeat(inner, 0, 1), ""
        if part == "(":
            inner = self.choice()
            self.at += 1
            return inner, ""
        found = _LEAF.fullmatch(part)
        if found is None:
            return Leaf(part.rstrip("!"), is_key=part.endswith("!")), ""
        check = self.checks(found["type"])
        tail = found["tail"]
        return Leaf(found["prefix"], check, found["args"] or "", "!" in tail), tail


def compile_grammar(text: str, checks: Callable[[str], Check]) -> Node:
    """The node for a grammar's text; `checks` gives the check of a type's name."""
    reader = _Reader(text, checks)
    node = reader.choice()
    if reader.at != len(reader.tokens):
        raise ValueError(f"unbalanced grammar: {text!r}")
    return node


def match_tokens(
    node: Node, tokens: Sequence[str], context: Context, *, partial: bool = False
) -> tuple[Value, ...]:
    """The canonical values of tokens under a grammar; raises CommandError with the vendor's fault.

    With `partial` the tokens may stop early (the `no` forms leave out parameters).
    """
    trace = Trace()
    run = Run(tokens, context, trace, partial)
    for end, values in node.match(run, 0):
        if end == len(tokens):
            return values
        trace.note(end, Fault.COUNT)
    raise CommandError(trace.verdict())


def split_line(line: str) -> list[str]:
    """A command line's tokens: blanks separate, double or single quotes hold them together."""
    tokens: list[str] = []
    current: str | None = None
    quote = ""
    for char in line:
        if quote:
            if char == quote:
                quote = ""
            else:
                current = (current or "") + char
        elif char in "\"'":
            quote, current = char, current or ""
        elif char in " \t":
            if current is not None:
                tokens.append(current)
            current = None
        else:
            current = (current or "") + char
    if current is not None:
        tokens.append(current)
    return tokens


def quote_token(token: str) -> str:
    """A token as a configuration line shows it: quoted when it has blanks, `#`, or is empty."""
    if token and not re.search(r"[\s\"'#]", token):
        return token
    mark = "'" if '"' in token else '"'
    return f"{mark}{token}{mark}"
