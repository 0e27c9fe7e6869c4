"""A YAML file as plain data together with the line of every field, and all faults of its form.

What is read is what stock Nornir reads of the same file (ruamel.yaml, YAML 1.2), less what an
inventory needs none of: anchors, aliases, merge keys, tags and directives hide where a value
stands; a key that is no text, a number beyond 64 bits, a NaN or a second document is a slip. The
parser's events are taken one by one, so that each fault has its line and none hides the next; only
a fault of the syntax ends the reading of its file.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode

from onshi_net.errors import Fault, InputError, Place
from onshi_net.files import read_regular
from onshi_net.i18n import text
from onshi_net.i18n.system import reason as system_reason
from onshi_net.inventory import reasons

MAX_BYTES = 256_000
"""A site's largest file has some kilobytes; the parser takes a second for this many bytes."""
MAX_DEPTH = 20
MAX_NUMBER = 2**63
MAX_FAULTS = 50
"""Of one file; who made this many at once has another file in mind."""
SHOWN = 40
Path_ = tuple[str | int, ...]

_HALF = re.compile("[\ud800-\udfff]")
_UNREADABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.2 takes in no file (5.1, c-printable)."""
_KINDS = {errno.EINVAL: "not-a-file", errno.EISDIR: "not-a-file", errno.EFBIG: "too-big"}
_TAB = re.compile(r" *\t")
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_FOREIGN = (
    YAMLError, ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError,
)  # fmt: skip
"""What the library raises for a text that is no YAML, beside its own errors."""
_PLAIN = "tag:yaml.org,2002:"


def shown(value: Any) -> str:
    """Answers a value as it may be printed:

    ASCII-escaped control characters, cut to 40 characters.
    """
    plain = value if isinstance(value, str) else repr(value)
    printable = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in plain[: SHOWN + 1])
    return f"{printable[:SHOWN]}…" if len(plain) > SHOWN else printable


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data of a YAML mapping and where each field stands (path -> 1-based line)."""

    file: Path
    data: dict[str, Any]
    lines: dict[Path_, int] = field(default_factory=dict)

    def place(self, *path: str | int) -> Place:
        """Answers the place of a field, or of the nearest field around it that is written down."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return Place(self.file, self.lines.get(known, 1), _item(path))


def _item(path: Path_) -> str:
    return ".".join(shown(part) if isinstance(part, str) else str(part) for part in path)


def read_document(file: Path, *, may_be_empty: bool = False) -> Document:
    """Reads a YAML mapping with its places. Raises InputError with every fault of its form.

    An empty file is one too, unless `may_be_empty`.
    """
    return parsed(file, _text_of(file), may_be_empty=may_be_empty)


def parsed(file: Path, source: str, *, may_be_empty: bool = False) -> Document:
    """Answers what a file's text says; as `read_document`."""
    source = source.removeprefix("\ufeff")
    whole = _whole(source)
    if whole is None:
        faults = list(_text_faults(file, source)) or _Builder(file).read(source)
        raise InputError(faults[:MAX_FAULTS])
    root, lines = deepcopy(whole)
    if root is None and may_be_empty:
        return Document(file, {})
    if not isinstance(root, dict):
        raise InputError(
            [fault_of(Place(file, 1), "empty-file" if root is None else "not-mapping")]
        )
    return Document(file, root, lines)


@lru_cache(maxsize=32)
def _whole(source: str) -> tuple[Any, dict[Path_, int]] | None:
    """Answers what a text says; None for one with faults, which stand in a file and a language.

    The parts of a command read the same files again, and the parser is slow.
    """
    builder = _Builder(Path())
    if any(_text_faults(Path(), source)) or builder.read(source):
        return None
    return builder.root, builder.lines


def fault_of(place: Place, message: str, **values: Any) -> Fault:
    """Answers the fault `inventory.<message>` at a place, with its remedy."""
    return Fault(
        place,
        text(f"inventory.{message}", **values),
        text(f"inventory.{message}.remedy", default="", **values),
    )


def _text_of(file: Path) -> str:
    """Answers the file's text. Raises InputError."""
    raw = _bytes_of(file)
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            raise InputError([fault_of(Place(file), "encoding", encoding=encoding)])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError([fault_of(Place(file, line), "not-utf8")]) from None


def _bytes_of(file: Path) -> bytes:
    """Answers the bytes of a regular file, never waiting for a pipe's other end.

    Raises InputError.
    """
    try:
        return read_regular(file, MAX_BYTES)
    except FileNotFoundError:
        if file.is_symlink():
            target = shown(str(file.readlink()))
            raise InputError([fault_of(Place(file), "dangling", target=target)]) from None
        raise InputError([fault_of(Place(file), "no-file")]) from None
    except OSError as error:
        kind = _KINDS.get(error.errno or 0, "unreadable")
        reason = system_reason(error)
        raise InputError([fault_of(Place(file), kind, reason=reason, limit=MAX_BYTES)]) from None


def _text_faults(file: Path, source: str) -> Iterator[Fault]:
    """Finds what no YAML file may hold, and directives; one of each in a line."""
    for number, line in enumerate(source.split("\n"), 1):
        if found := _UNREADABLE.search(line):
            code = f"U+{ord(found.group()):04X}"
            yield fault_of(Place(file, number), "control", character=code)
        elif line.startswith("%"):
            yield fault_of(Place(file, number), "directive")


class _StopReading(Exception):
    """Raised where the rest of the file would only repeat a fault, or cost too much."""


_NO_KEY = object()
_BAD_KEY = object()


@dataclass(slots=True)
class _Level:
    """A mapping or list that is being read, and in a mapping the key whose value comes next."""

    made: dict[str, Any] | list[Any]
    path: Path_
    line: int
    key: Any = _NO_KEY


class _Builder:
    """Makes plain data of parser events; `root` is None for an empty file."""

    def __init__(self, file: Path) -> None:
        self.root: Any = None
        self.lines: dict[Path_, int] = {}
        self._file = file
        self._faults: list[Fault] = []
        self._levels: list[_Level] = []
        self._documents = 0
        self._yaml = YAML(typ="safe", pure=True)

    def read(self, source: str) -> list[Fault]:
        """Reads a text; answers its faults."""
        try:
            for event in self._yaml.parse(source):
                self._take_event(event)
        except _StopReading:
            pass
        except _FOREIGN as error:
            self._faults.extend(_syntax_faults(self._file, source, error))
        return self._faults

    def _take_event(self, event: Any) -> None:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                self._fault(line, (), "documents")
                raise _StopReading
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            self._note_marks(event, line)
            self._begin({} if kind == "MappingStartEvent" else [], line)
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            level = self._levels.pop()
            self._put(level.made, level.line)
        elif kind == "ScalarEvent":
            self._note_marks(event, line)
            self._put(self._scalar(event, line), line)
        elif kind == "AliasEvent":
            self._fault(line, self._here(), "anchor")
            self._put(None, line)

    def _fault(self, line: int, path: Path_, message: str, **values: Any) -> None:
        self._faults.append(fault_of(Place(self._file, line, _item(path)), message, **values))
        if len(self._faults) >= MAX_FAULTS:
            raise _StopReading

    def _note_marks(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            self._fault(line, self._here(), "anchor")
        if event.ctag is not None:
            self._fault(line, self._here(), "tag")

    def _here(self) -> Path_:
        """Answers the path of the value that comes next."""
        if not self._levels:
            return ()
        level = self._levels[-1]
        if isinstance(level.made, list):
            return (*level.path, len(level.made))
        return (*level.path, level.key) if isinstance(level.key, str) else level.path

    def _begin(self, made: dict[str, Any] | list[Any], line: int) -> None:
        if len(self._levels) >= MAX_DEPTH:
            self._fault(line, (), "too-deep", limit=MAX_DEPTH)
            raise _StopReading
        path = self._here()
        self._levels.append(_Level(made, path, line))

    def _put(self, value: Any, line: int) -> None:
        """Puts a finished value where it belongs: the root, a list's end, a key or its value."""
        if not self._levels:
            self.root = value
            return
        level = self._levels[-1]
        if isinstance(level.made, list):
            self.lines[self._here()] = line
            level.made.append(value)
        elif level.key is _NO_KEY:
            level.key = self._key(level, value, line)
        else:
            if isinstance(level.key, str):
                level.made[level.key] = value
            level.key = _NO_KEY

    def _key(self, level: _Level, value: Any, line: int) -> Any:
        if not isinstance(value, str):
            self._fault(line, level.path, "key-not-text", value=shown(value))
            return _BAD_KEY
        if value in level.made:
            self._fault(line, (*level.path, value), "duplicate")
            return _BAD_KEY
        self.lines[(*level.path, value)] = line
        return value

    def _scalar(self, event: Any, line: int) -> Any:
        """Answers what a scalar says; None after a fault."""
        if _HALF.search(event.value):  # an escape can write half a character
            self._fault(line, self._here(), "control", character="U+D800…U+DFFF")
            return None
        tag = str(self._yaml.resolver.resolve(ScalarNode, event.value, event.implicit))
        kind = tag.removeprefix(_PLAIN)
        if kind == "str":
            return event.value
        if kind not in {"null", "bool", "int", "float", "timestamp"}:
            self._fault(line, self._here(), "quotes", value=shown(event.value))
            return None
        return self._constructed(kind, event, line)

    def _constructed(self, kind: str, event: Any, line: int) -> Any:
        node = ScalarNode(None, event.value, event.start_mark, event.end_mark)
        try:
            value = getattr(self._yaml.constructor, f"construct_yaml_{kind}")(node)
        except (YAMLError, ValueError, LookupError, ArithmeticError):
            message = "not-date" if kind == "timestamp" else "not-number"
            self._fault(line, self._here(), message, value=shown(event.value))
            return None
        if kind in {"int", "float"} and not abs(value) < MAX_NUMBER:  # a NaN is less than nothing
            self._fault(line, self._here(), "not-number", value=shown(event.value))
            return None
        return value


def _syntax_faults(file: Path, source: str, error: Exception) -> list[Fault]:
    """Answers what may be wrong where the parser gave up: the tabs of the text, else its word."""
    tabs = [number for number, line in enumerate(source.split("\n"), 1) if _TAB.match(line)]
    if tabs and isinstance(error, YAMLError):
        return [fault_of(Place(file, line), "tab") for line in tabs[:MAX_FAULTS]]
    mark = None
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
    reason = getattr(error, "problem", None) or type(error).__name__
    line = mark.line + 1 if mark is not None else 1
    return [fault_of(Place(file, line), "syntax", reason=reasons.of_parser(str(reason)))]
