"""What a device's label says, in `hosts.yaml`: its new serial number, model and MAC address.

Comments, order and spelling of all else stay where the values can be put in their places; else the
library writes the file anew. Either way the result is read again and compared before it is shown.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from onshi_net.errors import InputError
from onshi_net.inventory.change import FileChange, text_of
from onshi_net.inventory.document import Document, Path_, fault_of, parsed
from onshi_net.inventory.stock import Shared


def group_of_model(shared: Shared, model: str) -> str | None:
    """Answers the group whose devices are of a model; None where the inventory has none."""
    for name, group in shared.groups.data.items():
        if ((group or {}).get("data") or {}).get("model") == model:
            return str(name)
    return None


def label_fields(
    document: Document, host: str, *, serial: str, mac: str | None, groups: Mapping[str, str]
) -> dict[Path_, str]:
    """Answers what a new label says, by its place.

    A MAC address is only renewed where the file has one. `groups` are those to be replaced, each
    by another one.
    """
    own = document.data[host]
    fields: dict[Path_, str] = {(host, "data", "serial"): serial}
    if mac is not None and "mac" in own["data"]:
        fields[(host, "data", "mac")] = mac
    for index, group in enumerate(own.get("groups", ())):
        if group in groups:
            fields[(host, "groups", index)] = groups[group]
    return fields


def with_label(document: Document, fields: Mapping[Path_, str]) -> FileChange:
    """Answers the file with these fields. Raises InputError where it can't be rewritten."""
    source = text_of(document.file)
    wanted = copy.deepcopy(document.data)
    for path, value in fields.items():
        _put(wanted, path, value)
    for new in _written(document, source, fields):
        if _says(document, new, wanted):
            return FileChange(document.file, source, new)
    raise InputError([fault_of(document.place(*next(iter(fields))), "not-rewritten")])


def _put(data: Any, path: Path_, value: str) -> None:
    *above, last = path
    for part in above:
        data = data[part]
    data[last] = value


def _says(document: Document, source: str, wanted: dict[str, Any]) -> bool:
    try:
        return parsed(document.file, source).data == wanted
    except InputError:
        return False


def _written(document: Document, source: str, fields: Mapping[Path_, str]) -> Iterator[str]:
    lines = source.splitlines(keepends=True)
    in_place = True
    for path, new in fields.items():
        old, number = _value(document.data, path), document.lines.get(path)
        if not isinstance(old, str) or number is None:
            in_place = False  # a field that is not there yet
            continue
        word = re.compile(rf"(?<![\w.:-]){re.escape(old)}(?![\w.:-])")
        lines[number - 1] = word.sub(lambda _, new=new: new, lines[number - 1], count=1)  # type: ignore[misc]
    if in_place:
        yield "".join(lines)
    library = YAML()
    library.preserve_quotes = True
    library.width = 4096
    tree, stream = library.load(source), StringIO()
    for path, value in fields.items():
        _put(tree, path, value)
    library.dump(tree, stream)
    yield stream.getvalue()


def _value(data: Any, path: Path_) -> Any:
    try:
        for part in path:
            data = data[part]
    except (KeyError, IndexError, TypeError):
        return None
    return data
