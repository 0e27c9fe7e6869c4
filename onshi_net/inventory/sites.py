"""The sites of an inventory: the folders below `sites/`, held to the one rule for their names.

Every command that takes a SITE comes through `site_folder`; every command over many sites through
`all_sites`, which tells the folders that can't be one beside those that are.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.inventory.faults import nearest, shown
from onshi_net.model.names import broken_by, folded, suggestion

SITES = "sites"
SITE_FILE = "site.yaml"


@dataclass(frozen=True, slots=True)
class Sites:
    """The sites of an inventory by name, and the folders that can't be one."""

    names: tuple[str, ...]
    faults: tuple[Fault, ...]


def all_sites(inventory: Path) -> Sites:
    """Lists the sites of an inventory; reads none of their files. Raises OSError."""
    names: list[str] = []
    faults: list[Fault] = []
    for entry in _entries(inventory):
        fault = _fault_of(inventory / SITES / entry)
        if fault is None:
            names.append(entry)
        else:
            faults.append(fault)
    return Sites(tuple(names), tuple(faults))


def site_names(inventory: Path) -> list[str]:
    """Lists the sites of an inventory by folder name, without those that can't be one."""
    return list(all_sites(inventory).names)


def site_folder(inventory: Path, name: str) -> Path:
    """Answers a site's folder. Raises InputError where there is none, or none that can be one."""
    folder = inventory / SITES / name
    if not any(broken_by(name)) and folder.is_dir():
        return folder
    entries = _entries(inventory)
    alike = [entry for entry in entries if entry == name] or [
        entry for entry in entries if any(broken_by(entry)) and folded(entry) == folded(name)
    ]
    faults = [_fault_of(inventory / SITES / entry) for entry in alike]
    raise InputError([one for one in faults if one is not None] or [_unknown(inventory, name)])


def require_name(name: str) -> None:
    """Raises InputError for a name that breaks the rule, before a folder of that name is made."""
    kind, value = broken_by(name)
    if kind:
        problem = text(f"inventory.site-name.{kind}", name=shown(name), value=value)
        raise InputError([Fault(Place(item=shown(name)), problem, _remedy(name))])


def _entries(inventory: Path) -> list[str]:
    """Lists what may be meant as a site: folders and links, a hidden one only with a site's file.

    A file beside the folders is nobody's site; what a file manager or Git hides isn't either.
    """
    sites = inventory / SITES
    if not sites.is_dir():
        return []
    return sorted(
        entry.name
        for entry in os.scandir(sites)
        if (entry.is_symlink() or entry.is_dir())
        # One that can't be looked into is no site: Path.exists would raise.
        and (not entry.name.startswith(".") or os.access(Path(entry.path) / SITE_FILE, os.F_OK))
    )


def _fault_of(folder: Path) -> Fault | None:
    """Answers why a folder can't be a site; None for one that can."""
    kind, value = broken_by(folder.name)
    if kind:
        problem = text(f"inventory.site-name.{kind}", name=shown(folder.name), value=value)
        return Fault(Place(_printable(folder)), problem, _remedy(folder.name))
    if not folder.is_dir():
        return _fault(Place(folder), "site-link", target=shown(str(folder.readlink())))
    return None


def _remedy(name: str) -> str:
    if not _speaks_utf8():
        return text("inventory.site-name.remedy-terminal")
    better = suggestion(name)
    known = "inventory.site-name.remedy-like" if better else "inventory.site-name.remedy"
    return text(known, name=better)


def _printable(folder: Path) -> Path:
    return folder.parent / shown(folder.name)


def _unknown(inventory: Path, name: str) -> Fault:
    known = site_names(inventory)
    problem = text("inventory.no-site", site=shown(name), folder=inventory / SITES)
    if not name.isascii() and not _speaks_utf8():
        return Fault(Place(item="SITE"), problem, text("inventory.site-name.remedy-terminal"))
    hint = nearest(folded(name), known) if known else text("inventory.no-site.remedy")
    return Fault(Place(item="SITE"), problem, hint)


def _speaks_utf8() -> bool:
    """Answers whether names of files are UTF-8 here, as where the inventory came from."""
    return sys.getfilesystemencoding().lower().replace("-", "") == "utf8"


def _fault(place: Place, message: str, **values: Any) -> Fault:
    return Fault(
        place,
        text(f"inventory.{message}", **values),
        text(f"inventory.{message}.remedy", default="", **values),
    )
