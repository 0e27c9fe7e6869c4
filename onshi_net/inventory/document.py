"""A YAML file as plain data together with the line of every field, and the faults of its syntax.

Anchors, aliases, merge keys and tags are refused: an inventory needs none, and they hide where a
value stands.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text

MAX_BYTES = 1_000_000
Path_ = tuple[str | int, ...]


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
        return Place(self.file, self.lines.get(known, 1), ".".join(str(part) for part in path))


def _fault(file: Path, line: int | None, item: str, message: str, **values: Any) -> Fault:
    return Fault(
        Place(file, line, item),
        text(f"inventory.{message}", **values),
        text(f"inventory.{message}.remedy", default="", **values),
    )


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError([_fault(file, None, "", "unreadable", reason=error.strerror)]) from None
    if len(raw) > MAX_BYTES:
        raise InputError([_fault(file, None, "", "too-big", limit=MAX_BYTES)])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError([_fault(file, line, "", "not-utf8")]) from None


def _walk(node: Node, path: Path_) -> Iterator[tuple[Path_, Node]]:
    yield path, node
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _walk(value, (*path, str(key.value)))
    elif isinstance(node, SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*path, index))


def _duplicates(path: Path_, node: Node) -> Iterator[tuple[Path_, int]]:
    seen: set[str] = set()
    if isinstance(node, MappingNode):
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                yield (*path, name), key.start_mark.line + 1
            seen.add(name)


def _key_lines(node: Node, path: Path_) -> Iterator[tuple[Path_, int]]:
    for here, child in _walk(node, path):
        if isinstance(child, MappingNode):
            for key, _ in child.value:
                yield (*here, str(key.value)), key.start_mark.line + 1
        elif isinstance(child, SequenceNode):
            for index, value in enumerate(child.value):
                yield (*here, index), value.start_mark.line + 1


def _compose(file: Path, source: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    try:
        if "&" in source or "*" in source:
            _refuse_anchors(file, source)
        node: Node | None = yaml.compose(source)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise InputError([_fault(file, line, "", "syntax", reason=error.problem or "")]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        line = source[: getattr(error, "position", 0)].count("\n") + 1
        raise InputError([_fault(file, line, "", "syntax", reason=type(error).__name__)]) from None
    return node


def _refuse_anchors(file: Path, source: str) -> None:
    for event in YAML(typ="safe", pure=True).parse(source):
        if getattr(event, "anchor", None) is not None:
            raise InputError([_fault(file, event.start_mark.line + 1, "", "anchor")])


def _impossible_dates(file: Path, node: Node) -> Iterator[Fault]:
    """Finds what YAML takes for a date but no calendar does (2026-13-01)."""
    for path, child in _walk(node, ()):
        if child.tag != "tag:yaml.org,2002:timestamp":
            continue
        try:
            datetime.datetime.fromisoformat(child.value)
        except ValueError:
            line = child.start_mark.line + 1
            yield _fault(file, line, ".".join(map(str, path)), "not-date", value=child.value[:40])


def read_document(file: Path) -> Document:
    """Reads a YAML mapping with its places.

    Raises InputError with every syntax fault that can be told.
    """
    source = _text_of(file)
    node = _compose(file, source)
    if not isinstance(node, MappingNode):
        raise InputError([_fault(file, 1, "", "not-mapping")])
    faults = [
        _fault(file, line, ".".join(map(str, path)), "duplicate")
        for here, child in _walk(node, ())
        for path, line in _duplicates(here, child)
    ]
    if faults:
        raise InputError(faults)
    try:
        data = YAML(typ="safe", pure=True).load(source)
    except (YAMLError, ValueError, RecursionError) as error:
        unread = _fault(file, None, "", "syntax", reason=type(error).__name__)
        raise InputError(list(_impossible_dates(file, node)) or [unread]) from None
    return Document(file, data, dict(_key_lines(node, ())))
