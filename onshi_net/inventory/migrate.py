"""The files of an inventory in their newest format: a plan with its diffs, nothing written.

A site's `site.yaml` and the accepted state beside it. Comments, order and spelling of what stands
there stay: a step adds or changes only what its format asks for. Each step's result is read again
and compared before it is shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onshi_net import formats
from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n.system import reason as system_reason
from onshi_net.inventory.change import FileChange, text_of
from onshi_net.inventory.document import Document, fault_of, parsed, read_document
from onshi_net.inventory.sites import SITE_FILE, site_folder

ACCEPTED = "baseline.json"
"""`onshi_net.checks.baseline` writes it."""
_NUMBER = re.compile(r"\A(\s*[\"']?format[\"']?\s*:\s*)\d+")


@dataclass(frozen=True, slots=True)
class Migration:
    """What would be rewritten, and what is in the way of the rest."""

    changes: tuple[FileChange, ...]
    faults: tuple[Fault, ...]


def plan_migration(inventory: Path, names: Iterable[str]) -> Migration:
    """Answers what brings the sites to the newest format; a site's fault hides no other."""
    changes: list[FileChange] = []
    faults: list[Fault] = []
    for name in names:
        try:
            changes.extend(_site_changes(site_folder(inventory, name)))
        except InputError as error:
            faults.extend(error.faults)
        except OSError as error:
            place = Place(Path(error.filename or inventory))
            faults.append(fault_of(place, "unreadable", reason=system_reason(error)))
    return Migration(tuple(changes), tuple(faults))


def _site_changes(folder: Path) -> list[FileChange]:
    """Answers what changes in a site's folder. Raises InputError, and then nothing of it should."""
    sheet = folder / SITE_FILE
    found = [FileChange(sheet, text_of(sheet), site_in_newest(read_document(sheet)))]
    accepted = folder / ACCEPTED
    if accepted.exists() or accepted.is_symlink():
        found.append(_accepted(accepted))
    return [change for change in found if change.kind == "updated"]


def site_in_newest(document: Document) -> str:
    """Answers the text of a site's sheet in the newest format.

    Raises InputError where it is of a newer one, or laid out so that it can't be rewritten.
    """
    source = text_of(document.file)
    place = document.place(formats.FIELD)
    found = formats.check(place, document.data.get(formats.FIELD, formats.FIRST), formats.SITE)
    if found == formats.SITE:
        return source
    wanted = {**document.data, formats.FIELD: formats.SITE}
    for new in _with_number(document, source):
        if _says(document.file, new, wanted):
            return new
    raise InputError([fault_of(place, "not-migrated", known=formats.SITE)])


def _says(file: Path, source: str, wanted: dict[str, Any]) -> bool:
    try:
        return parsed(file, source).data == wanted
    except InputError:
        return False


def _with_number(document: Document, source: str) -> Iterator[str]:
    """Gives texts that may say the number: where it stands, else after the last field.

    There it moves no other field from its line; where that can't be, before the first field.
    """
    lines = source.splitlines(keepends=True)
    has_one = formats.FIELD in document.data
    at = document.lines[(formats.FIELD,)] if has_one else min(document.lines.values(), default=0)
    if not 0 < at <= len(lines):
        return
    before, line, after = lines[: at - 1], lines[at - 1], lines[at:]
    number = f"{formats.FIELD}: {formats.SITE}"
    body = line.lstrip("\ufeff \t")
    margin = line[: len(line) - len(body)]
    if has_one:
        yield "".join([*before, _NUMBER.sub(rf"\g<1>{formats.SITE}", line), *after])
    elif body.startswith("{"):
        yield "".join([*before, f"{margin}{{{number}, {body[1:]}", *after])
    else:
        end = "\r\n" if "\r\n" in source else "\n"
        indent = margin.lstrip("\ufeff")
        last = "" if source.endswith("\n") else end
        yield f"{source}{last}{indent}{number}{end}"
        yield "".join([*before, f"{margin}{number}{end}{indent}{body}", *after])


def _accepted(file: Path) -> FileChange:
    """Answers the accepted state with its number first, as the newest version writes it."""
    try:
        old = text_of(file)
        data = json.loads(old)
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()  # half a character, infinity
    except OSError as error:
        raise InputError(
            [fault_of(Place(file), "unreadable", reason=system_reason(error))]
        ) from None
    except (ValueError, RecursionError):
        raise InputError([fault_of(Place(file), "not-json")]) from None
    if not isinstance(data, dict):
        raise InputError([fault_of(Place(file), "not-json")])
    number = data.get(formats.FIELD, formats.FIRST)
    if formats.check(Place(file), number, formats.BASELINE) == formats.BASELINE:
        return FileChange(file, old, old)
    rest = {key: value for key, value in data.items() if key not in {formats.FIELD, "version"}}
    new = json.dumps({formats.FIELD: formats.BASELINE, **rest}, indent=1, ensure_ascii=False)
    return FileChange(file, old, new)
