"""What a visit brought back, merged with what home has become meanwhile: planned, then written.

Everything is decided before anything is written; an open conflict writes nothing. Then the secrets
are kept (one change of their file), all new contents are written beside (`packs/<pack>.incoming`),
and one file there says that they are complete: from then on they count. What is interrupted later
is finished by the next command that reads the site.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onshi_net.errors import Fault, InputError, Place
from onshi_net.files import private_folder, read_regular, sync_folder, write_new, write_private
from onshi_net.i18n import text
from onshi_net.intent import site_intent
from onshi_net.intent.secrets import NEXT, secret_uses
from onshi_net.inventory.load import load_site
from onshi_net.inventory.secrets import Secret
from onshi_net.inventory.vault import locked
from onshi_net.travel.fields import merged_file
from onshi_net.travel.merge import ABSENT, Conflict, Merge, Taken
from onshi_net.travel.opening import Keep
from onshi_net.travel.packing import (
    MERGED,
    PACKS,
    Home,
    Record,
    digest,
    record_file,
    record_of,
    sha256,
)
from onshi_net.travel.parcel import Payload

SECRET = "secret:"  # noqa: S105 how the field of a secret's value is called
INCOMING, COMPLETE = ".incoming", "complete.json"
STAGED = ("groups.yaml", "defaults.yaml")


@dataclass(frozen=True, slots=True)
class Write:
    """A file that gets another content; `old` is the digest of what it replaces."""

    target: Path
    old: str | None
    new: bytes


@dataclass(slots=True)
class Plan:
    """What a take-in would do."""

    writes: list[Write] = field(default_factory=list)
    secrets: dict[str, Secret] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    """Names of the run folders that are new or longer here."""
    shared: list[str] = field(default_factory=list)
    """The inventory's own files that were changed on the visit: they are of all sites."""
    record: Record | None = None


Held = Callable[[str], str | None]
"""Answers the value that a reference has at home."""


def plan(at: Home, payload: Payload, record: Record, held: Held, merge: Merge) -> Plan:
    """Answers what a take-in does, and its open conflicts.

    Raises InputError where what comes out would be no site, where something that is no file stands
    in the way, and for a secret that the site doesn't use.
    """
    made = Plan(record=record_of(payload, record))
    for name, data in sorted(payload.contents().items()):
        if name.startswith("shared/"):
            if record.digests.get(name) != sha256(data):
                made.shared.append(name.removeprefix("shared/"))
            continue
        _require_free(at, name)
        new = _new(at, name, data, record, merge)
        if new is not None:
            old = _bytes_at(at.of(name))
            made.writes.append(Write(at.of(name), None if old is None else sha256(old), new))
            if name.startswith("runs/"):
                made.runs.append(name.split("/")[1])
    uses = _uses(at, made)
    made.secrets = dict(_secrets(payload, record, held, merge, uses))
    made.runs = sorted(set(made.runs))
    made.taken = [one for one in merge.taken if not one.field.startswith("runs/")]
    made.conflicts = merge.conflicts
    return made


def _new(at: Home, name: str, data: bytes, record: Record, merge: Merge) -> bytes | None:
    """Answers a file's new content, None where home's stays."""
    home = _bytes_at(at.of(name))
    if name in MERGED:
        return merged_file(at.of(name), name, record.texts.get(name), home, data, merge)
    base = record.digests.get(name, ABSENT)
    mine = ABSENT if home is None else sha256(home)
    found = merge.merged(name.removeprefix("site/"), base, mine, sha256(data))
    return data if found == sha256(data) != mine else None


def _secrets(
    payload: Payload, record: Record, held: Held, merge: Merge, uses: frozenset[str]
) -> Iterator[tuple[str, Secret]]:
    known = uses | record.secrets.keys()
    strange = [one for one in payload.secrets if one.removesuffix(NEXT) not in known]
    if strange:
        problem = text("travel.strange-secret", names=text("cli.comma").join(strange))
        raise InputError([Fault(Place(item=payload.site), problem)])
    for name, value in payload.secrets.items():
        home = held(name)
        mine = ABSENT if home is None else digest(payload.nonce, home)
        theirs = digest(payload.nonce, value)
        found = merge.merged(f"{SECRET}{name}", record.secrets.get(name, ABSENT), mine, theirs)
        if found == theirs != mine:
            yield name, Secret(value)


def _bytes_at(file: Path) -> bytes | None:
    try:
        return read_regular(file)
    except FileNotFoundError:
        return None


def _require_free(at: Home, name: str) -> None:
    """Raises InputError where a link or something that is no file stands where a file is to be."""
    target = at.of(name)
    top = at.of(f"{name.split('/', maxsplit=1)[0]}/-").parent
    between = [one for one in target.parents if one.is_relative_to(top) and one != top]
    wrong = [one for one in between if one.is_symlink() or (one.exists() and not one.is_dir())]
    if target.exists() and not target.is_file():
        wrong.append(target)
    if wrong:
        problem, remedy = text("travel.in-the-way"), text("travel.in-the-way.remedy")
        raise InputError([Fault(Place(one), problem, remedy) for one in wrong])


def _uses(at: Home, made: Plan) -> frozenset[str]:
    """Answers the references of the site as it would be. Raises InputError where it is none."""
    with tempfile.TemporaryDirectory(prefix="onshi-") as folder:
        staged = Home(Path(folder) / "inventory", at.runs, at.site)
        own = at.of("site/site.yaml").parent
        news = {one.target: one.new for one in made.writes}
        for target in (own / "site.yaml", own / "hosts.yaml"):
            _put(staged.of(f"site/{target.name}"), news.get(target) or read_regular(target))
        for name in STAGED:
            if (at.inventory / name).exists():
                _put(staged.inventory / name, read_regular(at.inventory / name))
        try:
            intent = site_intent(load_site(staged.inventory, at.site))
        except InputError as error:
            raise InputError([_placed(one, staged, at) for one in error.faults]) from None
    return frozenset(use.reference for use in secret_uses(intent))


def _put(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def _placed(fault: Fault, staged: Home, at: Home) -> Fault:
    file = fault.place.file
    if file is None or not file.is_relative_to(staged.inventory):
        return fault
    real = at.inventory / file.relative_to(staged.inventory)
    return Fault(Place(real, fault.place.line, fault.place.item), fault.problem, fault.remedy)


# -- writing -------------------------------------------------------------------------------------


def carry_out(at: Home, made: Plan, keep: Keep) -> None:
    """Does what a plan without conflicts says. Raises InputError, SecretRefused, OSError."""
    record = made.record
    if record is None or made.conflicts:
        raise ValueError("an open plan")
    private_folder(at.inventory / PACKS)
    with locked(at.inventory / PACKS / record.pack):
        _require_unchanged(made.writes)
        if made.secrets:
            keep(made.secrets)
        own = record_file(at.inventory, record.pack)
        old = _bytes_at(own)
        new = record.model_dump_json().encode()
        writes = [*made.writes, Write(own, None if old is None else sha256(old), new)]
        _stage(at.inventory / PACKS / f"{record.pack}{INCOMING}", writes)
        if faults := finish_left(at.inventory):
            raise InputError(faults)


def _require_unchanged(writes: list[Write]) -> None:
    faults = [
        Fault(
            Place(one.target),
            text("inventory.changed-since"),
            text("inventory.changed-since.remedy"),
        )
        for one in writes
        if _digest_at(one.target) != one.old
    ]
    if faults:
        raise InputError(faults)


def _digest_at(file: Path) -> str | None:
    found = _bytes_at(file)
    return None if found is None else sha256(found)


def _stage(folder: Path, writes: list[Write]) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    private_folder(folder)
    rows = []
    for number, one in enumerate(writes):
        write_new(folder / f"{number:05}", one.new)
        rows.append({"target": str(one.target.absolute()), "old": one.old, "new": sha256(one.new)})
    sync_folder(folder)
    write_private(folder / COMPLETE, json.dumps(rows).encode())


def finish_left(inventory: Path) -> tuple[Fault, ...]:
    """Finishes what an earlier take-in had begun to write.

    A file that somebody changed in between stays as it is, and is named; the base of the merge then
    stays too, so that taking the same file in again finds the conflict. Raises OSError.
    """
    faults: list[Fault] = []
    for complete in sorted((inventory / PACKS).glob(f"*{INCOMING}/{COMPLETE}")):
        faults.extend(_finish(complete))
        complete.unlink()
        shutil.rmtree(complete.parent)
    return tuple(faults)


def _finish(complete: Path) -> list[Fault]:
    """Writes each file, the record of the pack last and only where all others were written."""
    rows: list[Mapping[str, Any]] = json.loads(read_regular(complete))
    faults: list[Fault] = []
    for number, row in enumerate(rows):
        target = Path(row["target"])
        now = _digest_at(target)
        is_record = number == len(rows) - 1
        if now == row["new"] or (is_record and faults):
            continue
        if now != row["old"]:
            problem = text("travel.changed-between")
            faults.append(Fault(Place(target), problem, text("travel.changed-between.remedy")))
            continue
        private_folder(target.parent)
        write_private(target, read_regular(complete.parent / f"{number:05}"))
    return faults
