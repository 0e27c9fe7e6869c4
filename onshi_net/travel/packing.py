"""What a pack holds, and how home remembers it; what a visit brings back is collected the same way.

A pack holds the site's folder, the inventory's own files that a site inherits from, the journals of
its runs and its last verifications, and the secrets that this site uses: of no other site anything.
Home remembers what was packed in `packs/` beside `groups.yaml`: texts that lie in the inventory
anyway, digests of the other files, and of secrets a digest whose key travels in the pack alone, so
that nothing can be guessed from it at home.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from onshi_net import formats
from onshi_net.errors import Fault, InputError, Place
from onshi_net.evidence.runs import verifications
from onshi_net.files import private_folder, read_regular, write_private
from onshi_net.i18n import text
from onshi_net.inventory.recipients import FILE as RECIPIENTS
from onshi_net.inventory.secrets import Secret
from onshi_net.inventory.sites import site_folder
from onshi_net.inventory.stock import DEFAULTS, GROUPS
from onshi_net.travel.parcel import FORMAT, MOST_BYTES, PACK, VISIT, Payload, encoded, is_name

PACKS = "packs"
OPENED = "opened.json"
"""In `packs/` of a folder that a pack was opened in."""
LAST = 3
"""So many verifications travel: `diff` and a joined one need two."""
T = TypeVar("T", bound=BaseModel)
SHARED = (GROUPS, DEFAULTS, RECIPIENTS)
MERGED = frozenset(
    f"site/{name}"
    for name in ("site.yaml", "hosts.yaml", "known_hosts", "windows-certificates", "baseline.json")
)
"""Files that are merged field by field; any other is one value."""
LEFT = (".lock", ".log", ".age")
"""What stays where it is: a log is a laptop's own, a backup can be opened at home only."""
Sha256 = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]


class Record(BaseModel):
    """What home remembers of a pack: the base of the merge. It moves on with each take-in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    pack: str
    site: str
    made_at: datetime
    until: date
    taken: datetime | None = None
    """When what was last taken in had been made."""
    texts: dict[str, str]
    digests: dict[str, Sha256]
    secrets: dict[str, Sha256]


class Opened(BaseModel):
    """Says of a folder that a pack was opened in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    pack: str
    site: str
    made_at: datetime
    until: date
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Home:
    """Where a site's files lie on this machine."""

    inventory: Path
    runs: Path
    """The folder of all sites' runs."""
    site: str

    def of(self, name: str) -> Path:
        """Answers where a parcel's file lies, or is to lie, here."""
        top, rest = name.split("/", 1)
        return {
            "site": self.inventory / "sites" / self.site,
            "shared": self.inventory,
            "runs": self.runs / self.site,
        }[top] / rest


def new_payload(place: Home, until: date, now: datetime, values: Mapping[str, Secret]) -> Payload:
    """Answers a new pack of a site. Raises InputError, OSError."""
    nonce = secrets.token_hex(32)
    return Payload(
        format=FORMAT,
        kind=PACK,
        pack=secrets.token_hex(16),
        site=place.site,
        made_at=now,
        until=until,
        nonce=nonce,
        files=encoded(collected(place, packing=True)),
        secrets={name: value.reveal() for name, value in values.items()},
    )


def visit_payload(
    place: Home, pack: Payload, now: datetime, values: Mapping[str, Secret]
) -> Payload:
    """Answers what a visit brings back that began with a pack. Raises InputError, OSError."""
    return pack.model_copy(
        update={
            "kind": VISIT,
            "made_at": now,
            "files": encoded(collected(place, packing=False)),
            "secrets": {name: value.reveal() for name, value in values.items()},
        }
    )


def collected(place: Home, *, packing: bool) -> dict[str, bytes]:
    """Answers the files that travel, by name.

    Raises InputError for names that can't travel, for links to folders, and for too much; OSError.
    """
    found: dict[str, bytes] = {}
    faults: list[Fault] = []
    size = 0
    for name, file in _files(place, faults, packing=packing):
        if not is_name(name):
            faults.append(_fault(file, "name"))
            continue
        data = read_regular(file, MOST_BYTES)
        size += len(data)
        if size * 4 // 3 > MOST_BYTES * 9 // 10:
            raise InputError([*faults, _fault(file, "too-much", limit=MOST_BYTES >> 20)])
        found[name] = data
    if faults:
        raise InputError(faults)
    return found


def _files(place: Home, faults: list[Fault], *, packing: bool) -> Iterator[tuple[str, Path]]:
    folder, runs = site_folder(place.inventory, place.site), place.runs / place.site
    for name in SHARED:
        if (place.inventory / name).exists():
            yield f"shared/{name}", place.inventory / name
    for file in _below(folder, faults):
        yield f"site/{file.relative_to(folder).as_posix()}", file
    last = {one.parent for one in verifications(runs).files[-LAST:]}
    for file in _below(runs, faults, keep=() if packing else (".age",)):
        is_old = file.parent.name.endswith("-verify") and file.parent not in last
        if not (packing and is_old):
            yield f"runs/{file.relative_to(runs).as_posix()}", file


def _below(folder: Path, faults: list[Fault], keep: tuple[str, ...] = ()) -> Iterator[Path]:
    """Gives the files below a folder in order, without hidden ones and those that stay."""
    for here, folders, files in os.walk(folder):
        at = Path(here)
        faults.extend(_fault(at / one, "linked") for one in folders if (at / one).is_symlink())
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for one in sorted(files):
            stays = one.startswith(".") or one.endswith(LEFT)
            if not stays or (one.endswith(keep) if keep else False):
                yield at / one


def _fault(file: Path, name: str, **values: Any) -> Fault:
    return Fault(
        Place(file), text(f"travel.file-{name}", **values), text(f"travel.file-{name}.remedy")
    )


# -- what home remembers -------------------------------------------------------------------------


def digest(nonce: str, value: str) -> str:
    """Answers a secret's digest under a pack's key."""
    key = bytes.fromhex(nonce)
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def sha256(data: bytes) -> str:
    """Answers a file's digest."""
    return hashlib.sha256(data).hexdigest()


def record_of(payload: Payload, before: Record | None = None) -> Record:
    """Answers what to remember of what was packed; with `before`, of what was brought back.

    What a visit did not bring stays as it was remembered.
    """
    contents = payload.contents()
    texts = dict(before.texts) if before else {}
    digests = dict(before.digests) if before else {}
    for name, data in contents.items():
        if name in MERGED:
            texts[name] = data.decode("utf-8", "replace")
        else:
            digests[name] = sha256(data)
    said = {name: digest(payload.nonce, value) for name, value in payload.secrets.items()}
    return Record(
        pack=payload.pack,
        site=payload.site,
        made_at=before.made_at if before else payload.made_at,
        until=payload.until,
        taken=payload.made_at if before else None,
        texts=texts,
        digests=digests,
        secrets={**(before.secrets if before else {}), **said},
    )


def record_file(inventory: Path, pack: str) -> Path:
    """Answers where a pack is remembered."""
    return inventory / PACKS / f"{pack}.json"


def remember(inventory: Path, record: Record) -> None:
    """Writes what is remembered of a pack. Raises OSError."""
    private_folder(inventory / PACKS)
    write_private(record_file(inventory, record.pack), record.model_dump_json().encode())


def remembered(inventory: Path, pack: str) -> Record | None:
    """Answers what is remembered of a pack; None where it wasn't packed here. Raises InputError."""
    return _read(record_file(inventory, pack), Record)


def opened_here(inventory: Path) -> Opened | None:
    """Answers the pack that was opened in this folder, None where none was. Raises InputError."""
    return _read(inventory / PACKS / OPENED, Opened)


def pack_file(inventory: Path) -> Path:
    """Answers where a folder keeps the pack, sealed as it was, that was opened in it."""
    return inventory / PACKS / "opened.pack"


def _read(file: Path, model: type[T]) -> T | None:
    try:
        raw = read_regular(file)
    except FileNotFoundError:
        return None
    try:
        formats.check_json(file, raw.decode("utf-8"), FORMAT)
        return model.model_validate_json(raw)
    except (ValueError, ValidationError):
        problem = text("travel.bad-record")
        raise InputError([Fault(Place(file), problem, text("travel.bad-record.remedy"))]) from None


def latest_seen(place: Home, opened: Opened) -> datetime:
    """Answers a time that has been: when the pack was made or opened, or a run of it began."""
    seen = [opened.made_at, opened.opened_at]
    folder = place.runs / place.site
    if folder.is_dir():
        seen += [datetime.fromtimestamp(one.stat().st_mtime, UTC) for one in os.scandir(folder)]
    return max(seen)
