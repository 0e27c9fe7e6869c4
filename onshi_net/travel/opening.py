"""A pack opened in a folder that is no inventory yet: it is one then, of one site.

The inventory appears by one rename, after all else is there: what is interrupted before can be done
again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from onshi_net.errors import Fault, InputError, Place
from onshi_net.evidence.runs import AHEAD
from onshi_net.files import private_folder, read_regular, sync_folder, write_private
from onshi_net.i18n import text
from onshi_net.inventory.load import load_site
from onshi_net.inventory.secrets import Secret
from onshi_net.travel.packing import OPENED, PACKS, Home, Opened, pack_file
from onshi_net.travel.parcel import Payload, refused

Keep = Callable[[Mapping[str, Secret]], None]


def require_time(
    file: Path, payload: Payload | Opened, now: datetime, seen: datetime | None = None
) -> None:
    """Raises InputError for a pack whose last day is over, and for a clock that is behind.

    `seen` is a time that is known to have been on this laptop.
    """
    latest = max(payload.made_at, seen or payload.made_at)
    if now < latest - AHEAD:
        told = {"now": _moment(now), "seen": _moment(latest)}
        raise refused(file, "clock-behind", **told)
    if now.astimezone().date() > payload.until:
        raise refused(file, "expired", until=payload.until.isoformat(), site=payload.site)


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def open_pack(file: Path, sealed: bytes, payload: Payload, at: Home, keep: Keep) -> None:
    """Makes the folder; `keep` keeps the secrets.

    Raises InputError where an inventory is there already or the pack holds none, OSError.
    """
    now = datetime.now().astimezone()
    require_time(file, payload, now)
    if at.inventory.exists() and (not at.inventory.is_dir() or any(at.inventory.iterdir())):
        raise refused(file, "inventory-there", folder=at.inventory, site=payload.site)
    contents = payload.contents()
    runs = {name: data for name, data in contents.items() if name.startswith("runs/")}
    faults = [
        Fault(Place(at.of(name)), text("travel.run-there"), text("travel.run-there.remedy"))
        for name, data in runs.items()
        if at.of(name).exists() and read_regular(at.of(name)) != data
    ]
    if faults:
        raise InputError(faults)
    parent = at.inventory.absolute().parent
    private_folder(parent)
    with tempfile.TemporaryDirectory(prefix=".onshi-", dir=parent) as made:
        staged = Home(Path(made) / "inventory", at.runs, at.site)
        for name in contents.keys() - runs.keys():
            _write(staged.of(name), contents[name])
        _write(pack_file(staged.inventory), sealed)
        mark = Opened(
            pack=payload.pack, site=payload.site, made_at=payload.made_at, until=payload.until,
            opened_at=now,
        )  # fmt: skip
        _write(staged.inventory / PACKS / OPENED, mark.model_dump_json().encode())
        load_site(staged.inventory, payload.site)
        for name, data in runs.items():
            _write(at.of(name), data)
        keep({name: Secret(value) for name, value in payload.secrets.items()})
        if at.inventory.exists():
            at.inventory.rmdir()
        staged.inventory.rename(at.inventory)
        sync_folder(parent)


def _write(file: Path, data: bytes) -> None:
    private_folder(file.parent)
    write_private(file, data)
