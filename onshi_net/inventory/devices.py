"""What was found of the delivered devices, in `site.yaml`: serial, MAC address, day of delivery.

Every other letter of the file stays where it is: fields are put into a device's own entry, new
entries below the last one, in the spelling (one line or several) that stands there. What comes out
is read again and compared before it is shown.
"""

from __future__ import annotations

import copy
import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from onshi_net.errors import InputError
from onshi_net.inventory.change import FileChange, text_of
from onshi_net.inventory.document import Document, fault_of, parsed

Fields = dict[str, str | datetime.date | None]
_WORD = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^,}\s#]+")
"""A value that stands in one line."""


@dataclass(frozen=True, slots=True)
class DeviceFields:
    """What an entry of `contract.devices` shall say; it is made where there is none of the name."""

    name: str
    kind: str
    fields: Mapping[str, str | datetime.date | None]
    """None: what stood there is no longer known."""


def with_devices(document: Document, devices: Sequence[DeviceFields]) -> FileChange:
    """Answers the file with these fields.

    Raises InputError where its entries are written in a way that can't be added to.
    """
    source = text_of(document.file)
    wanted = _wanted(document.data, devices)
    try:
        new = _Text(source).with_devices(devices)
    except (LookupError, ValueError):
        new = source
    if parsed(document.file, new).data == wanted:
        return FileChange(document.file, source, new)
    raise InputError([fault_of(document.place("contract", "devices"), "not-rewritten")])


def _wanted(data: Mapping[str, Any], devices: Sequence[DeviceFields]) -> dict[str, Any]:
    wanted: dict[str, Any] = copy.deepcopy(dict(data))
    contract = wanted.get("contract")
    if contract is None:
        wanted["contract"] = contract = {}
    entries: list[dict[str, Any]] = contract.get("devices") or []
    contract["devices"] = entries
    for one in devices:
        entry = next((entry for entry in entries if entry.get("name") == one.name), None)
        if entry is None:
            entries.append({"name": one.name, "kind": one.kind, **one.fields})
        else:
            entry.update(one.fields)
    return wanted


class _Text:
    """A file's text, and where its devices stand in it."""

    def __init__(self, source: str) -> None:
        self._end = "\r\n" if "\r\n" in source else "\n"
        self._mark = "\ufeff" if source.startswith("\ufeff") else ""
        self._lines = source.removeprefix(self._mark).split(self._end)

    def with_devices(self, devices: Sequence[DeviceFields]) -> str:
        """Answers the text with these fields. Raises LookupError or ValueError where it can't."""
        for one in devices:
            tree = self._tree()
            contract = tree.get("contract")
            entries = contract.get("devices") if contract is not None else None
            found = [n for n, entry in enumerate(entries or []) if entry.get("name") == one.name]
            if found:
                self._fill(entries, found[0], one.fields)
            else:
                self._append(tree, contract, entries, one)
        return self._mark + self._end.join(self._lines)

    def _tree(self) -> Any:
        return YAML().load("\n".join(self._lines))

    def _fill(self, entries: Any, index: int, fields: Mapping[str, object]) -> None:
        for name, value in fields.items():
            entry = entries[index]
            if name in entry:
                line, column = entry.lc.value(name)
                here = self._lines[line]
                word = _WORD.match(here, column)
                if word is None:
                    raise ValueError(name)
                self._lines[line] = here[:column] + _scalar(value) + here[word.end() :]
            elif entry.fa.flow_style():
                line, column = self._closing(*entries.lc.item(index))
                here = self._lines[line]
                before = here[:column].rstrip()
                comma = "" if before.endswith((",", "{")) else ","
                self._lines[line] = f"{before}{comma} {name}: {_scalar(value)}{here[column:]}"
            else:
                last = max(entry.lc.value(key)[0] for key in entry)
                indent = " " * entry.lc.key(next(iter(entry)))[1]
                self._lines.insert(last + 1, f"{indent}{name}: {_scalar(value)}")
            entries = self._tree()["contract"]["devices"]

    def _closing(self, line: int, column: int) -> tuple[int, int]:
        """Answers where the brace that is opened at a place is closed."""
        depth, quote = 0, ""
        for number in range(line, len(self._lines)):
            here = self._lines[number]
            for at in range(column if number == line else 0, len(here)):
                letter = here[at]
                if quote:
                    quote = "" if letter == quote else quote
                elif letter in "\"'" and here[at - 1 : at] in (" ", "{", ",", "["):
                    quote = letter
                elif letter == "#" and here[at - 1 : at] in (" ", ""):
                    break
                depth += (letter in "{[") - (letter in "}]") if not quote else 0
                if depth == 0 and letter == "}":
                    return number, at
        raise LookupError("}")

    def _append(self, tree: Any, contract: Any, entries: Any, one: DeviceFields) -> None:
        said = ", ".join(_said({"name": one.name, "kind": one.kind, **one.fields}))
        if entries:
            last = entries.lc.item(len(entries) - 1)
            if entries.fa.flow_style():
                raise ValueError("entries in one line")
            mark = self._lines[last[0]].index("-")
            row = self._end_of(entries[-1], last)
            self._lines.insert(row + 1, f"{' ' * mark}- {{{said}}}")
        elif contract and not contract.fa.flow_style():
            if "devices" in contract:
                raise ValueError("an empty list")
            indent = " " * contract.lc.key(next(iter(contract)))[1]
            row = tree.lc.key("contract")[0]
            self._lines[row + 1 : row + 1] = [f"{indent}devices:", f"{indent}  - {{{said}}}"]
        elif contract is None and "contract" not in tree:
            tail = [self._lines.pop()] if not self._lines[-1] else []
            self._lines += ["contract:", "  devices:", f"    - {{{said}}}", *(tail or [""])]
        else:
            raise ValueError("contract in one line")

    def _end_of(self, entry: Any, start: tuple[int, int]) -> int:
        """Answers the last line of an entry."""
        if entry.fa.flow_style():
            return self._closing(*start)[0]
        return int(max(entry.lc.value(key)[0] for key in entry))


def _said(fields: Mapping[str, object]) -> Iterator[str]:
    for name, value in fields.items():
        yield f"{name}: {_scalar(value)}"


def _scalar(value: object) -> str:
    """Writes a value as YAML that means it: a serial number of digits alone in quotes."""
    words = "null" if value is None else f"{value}"
    if not isinstance(value, str):
        return words
    return words if YAML(typ="safe", pure=True).load(words) == value else f'"{words}"'
