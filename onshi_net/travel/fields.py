"""Files that are merged field by field: YAML with its comments, lines of trust, the baseline."""

from __future__ import annotations

import datetime
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from onshi_net.errors import InputError
from onshi_net.inventory.devices import DeviceFields, with_devices
from onshi_net.inventory.document import Document, fault_of, parsed, read_document
from onshi_net.travel.merge import (
    ABSENT,
    Merge,
    Taken,
    by_name,
    equal,
    lines_of,
    with_lines,
)  # fmt: skip
from onshi_net.travel.parcel import refused

MARK = "\ufeff"
ACCEPTED = "accepted_at"
_OFFSET = re.compile(r"^( *)[\w-]+:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*\1  +- ", re.M)
"""A list that is indented below its key; ruamel.yaml has to be told."""


def merged_file(
    file: Path, name: str, base: str | None, home: bytes | None, visit: bytes, merge: Merge
) -> bytes | None:
    """Answers a file's new content, None where home's stays.

    `file` is home's, `name` that of the parcel. Raises InputError for a text that can't be read.
    """
    label = name.removeprefix("site/")
    said = _text(file, visit)
    if home is None:
        if base is not None:  # taken away at home
            said_by_base = base == said
            return None if said_by_base else _whole(label, base, visit, said, merge)
        merge.taken.append(Taken(label, ABSENT, said))
        return visit
    mine = _text(file, home)
    if said in {mine, base}:
        return None
    if mine == base:
        merge.merged(f"{label}:", *(_data(file, name, one) for one in (base, mine, said)))
        return visit
    new = _merged(file, name, base, mine, said, merge)
    return None if new == mine else new.encode("utf-8")


def _whole(label: str, base: str, visit: bytes, said: str, merge: Merge) -> bytes | None:
    return visit if merge.merged(label, base, ABSENT, said) == said else None


def _text(file: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError([fault_of(Document(file, {}).place(), "not-utf8")]) from None


def _data(file: Path, name: str, said: str | None) -> Any:
    if said is None:
        return {}
    if name.endswith(".yaml"):
        return parsed(file, said).data
    if name.endswith(".json"):
        try:
            return json.loads(said)
        except (ValueError, RecursionError):
            raise refused(file, "not-ours") from None
    return lines_of(said)


def _merged(file: Path, name: str, base: str | None, home: str, visit: str, merge: Merge) -> str:
    """Answers the text of what came of two changed copies."""
    label = f"{name.removeprefix('site/')}:"
    before, mine, theirs = (_data(file, name, one) for one in (base, home, visit))
    if name.endswith(".json"):
        before, mine, theirs = _one_day(before, mine, theirs)
        found = merge.merged(label, before, mine, theirs)
        return home if equal(found, json.loads(home)) else _json(found)
    found = merge.merged(label, before, mine, theirs)
    if equal(found, mine):
        return home
    if not name.endswith(".yaml"):
        return with_lines(home, found)
    return with_data(file, home, found)


def _one_day(*sides: Any) -> tuple[Any, Any, Any]:
    """Gives both sides the later day of acceptance: what was accepted is merged, not when."""
    base, home, visit = sides
    if not (isinstance(home, dict) and isinstance(visit, dict)):
        return base, home, visit
    days = [str(one[ACCEPTED]) for one in (home, visit) if ACCEPTED in one]
    latest = {ACCEPTED: max(days, key=_moment)} if days else {}
    return base, {**home, **latest}, {**visit, **latest}


def _moment(said: str) -> datetime.datetime:
    try:
        found = datetime.datetime.fromisoformat(said)
    except ValueError:
        return datetime.datetime.min.replace(tzinfo=datetime.UTC)
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def with_data(file: Path, home: str, wanted: Any) -> str:
    """Answers home's text saying something else, its comments and its order kept.

    Fields of devices are written as `verify --accept` writes them, which moves no letter. Raises
    InputError where a text can't be made to say it.
    """
    for new in (_by_devices(file, home, wanted), _by_round_trip(home, wanted)):
        if new is not None and equal(parsed(file, new).data, wanted):
            return new
    raise InputError([fault_of(Document(file, {}).place(), "not-rewritten")])


def _by_devices(file: Path, home: str, wanted: Any) -> str | None:
    now = _devices(parsed(file, home).data)
    changed = [
        DeviceFields(name, str(fields.get("kind", "")), _rest(now.get(name), fields))
        for name, fields in _devices(wanted).items()
        if not equal(now.get(name), fields)
    ]
    try:
        return with_devices(read_document(file), changed).new if changed else None
    except InputError:
        return None


def _devices(data: Any) -> dict[str, Any]:
    contract = data.get("contract") if isinstance(data, dict) else None
    return by_name(contract.get("devices") if isinstance(contract, dict) else None) or {}


def _rest(now: Any, fields: dict[str, Any]) -> dict[str, Any]:
    known = now if isinstance(now, dict) else {"name": fields["name"], "kind": fields.get("kind")}
    return {key: value for key, value in fields.items() if not equal(known.get(key), value)}


def _by_round_trip(home: str, wanted: Any) -> str | None:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.representer.ignore_aliases = lambda _: True
    plain = home.removeprefix(MARK).replace("\r\n", "\n")
    if _OFFSET.search(plain):
        yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    try:
        data = yaml.load(plain)
        _put(data, wanted)
        yaml.dump(data, stream)
    except (YAMLError, TypeError, ValueError, AttributeError):
        return None
    new = stream.getvalue()
    new = new.replace("\n", "\r\n") if "\r\n" in home else new
    return f"{MARK}{new}" if home.startswith(MARK) else new


def _put(old: Any, new: Any) -> None:
    """Makes a loaded mapping say what another one says, leaf by leaf."""
    for key in [one for one in old if one not in new]:
        del old[key]
    for key, value in new.items():
        there = old.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            _put(there, value)
        elif by_name(value) is not None and by_name(there) is not None:
            _put_entries(there, value)
        elif not equal(there, value) or key not in old:
            old[key] = value


def _put_entries(old: Any, new: list[dict[str, Any]]) -> None:
    names = {one["name"] for one in new}
    for index in reversed(range(len(old))):
        if old[index]["name"] not in names:
            del old[index]
    by = {one["name"]: one for one in old}
    for one in new:
        if one["name"] in by:
            _put(by[one["name"]], one)
        else:
            old.append(one)
