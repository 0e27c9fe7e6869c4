"""Site folders from an intake: planned first, with a diff; written whole or not at all.

Nothing that exists is overwritten without `update`. A new folder appears by one rename; a changed
file is replaced by one rename (POSIX rename is atomic); everything was written, flushed and checked
elsewhere before.
"""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intake.compose import Composed, Data, compose
from onshi_net.intake.container import refusal, remedy
from onshi_net.intake.draft import read_draft
from onshi_net.intake.result import IntakeResult, SiteAnswers
from onshi_net.inventory.document import read_document
from onshi_net.inventory.faults import shown
from onshi_net.inventory.load import load_site
from onshi_net.model.catalogue import router_model_names
from onshi_net.model.text import SiteName

OPEN_MARK = "# open: "
STOCK = ("defaults.yaml", "groups.yaml")


@dataclass(frozen=True, slots=True)
class FileChange:
    """What happens to one file: `old` is None for a new one."""

    path: Path
    old: str | None
    new: str

    @property
    def kind(self) -> str:
        """Answers created, updated or unchanged."""
        if self.old is None:
            return "created"
        return "unchanged" if self.old == self.new else "updated"

    @property
    def diff(self) -> str:
        """Gives the unified diff, '' where nothing changes."""
        old = (self.old or "").splitlines(keepends=True)
        new = self.new.splitlines(keepends=True)
        name = str(self.path)
        before = name if self.old is not None else "/dev/null"
        return "".join(difflib.unified_diff(old, new, before, name))

    def to_json(self) -> dict[str, str]:
        """Gives plain data."""
        return {"path": str(self.path), "kind": self.kind, "diff": self.diff}


@dataclass(frozen=True, slots=True)
class SitePlan:
    """The changes of one site's files and the facts that are still open."""

    name: str
    changes: tuple[FileChange, ...]
    open: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Answers whether the site can be provisioned as far as its files go."""
        return not self.open

    @property
    def open_texts(self) -> tuple[str, ...]:
        """Gives the open facts in the current language."""
        return tuple(text(f"intake.open.{name}") for name in self.open)

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with all sentences."""
        return {
            "site": self.name,
            "complete": self.complete,
            "changes": [change.to_json() for change in self.changes],
            "open": [{"id": name, "text": text(f"intake.open.{name}")} for name in self.open],
        }


@dataclass(frozen=True, slots=True)
class WritePlan:
    """Everything that `write_plan` would do."""

    inventory: Path
    stock: tuple[FileChange, ...]
    sites: tuple[SitePlan, ...]

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """Lists the files that are created or updated."""
        everything = (*self.stock, *(change for site in self.sites for change in site.changes))
        return tuple(change for change in everything if change.kind != "unchanged")

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with all sentences."""
        return {
            "inventory": str(self.inventory),
            "sites": [site.to_json() for site in self.sites],
            "changes": [change.to_json() for change in self.changes],
        }


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    # One value in two places is written out twice: the inventory takes no anchors.
    yaml.representer.ignore_aliases = lambda _: True
    return yaml


def _dumped(data: Any) -> str:
    stream = StringIO()
    _yaml().dump(data, stream)
    return stream.getvalue()


def _merge(old: Any, new: Data) -> None:
    """Puts `new` into `old` in place, leaf by leaf; what `new` doesn't name stays."""
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            _merge(old[key], value)
        elif old.get(key) != value:
            old[key] = value


def _merged(old: str | None, new: Data) -> str:
    if old is None:
        return _dumped(new)
    data = _yaml().load(old)
    _merge(data, new)
    return _dumped(data)


def _with_open(body: str, names: tuple[str, ...]) -> str:
    lines = [line for line in body.splitlines(keepends=True) if not line.startswith(OPEN_MARK)]
    return "".join((*(f"{OPEN_MARK}{text(f'intake.open.{name}')}\n" for name in names), *lines))


def _old(path: Path) -> str | None:
    """Reads an existing file, which must be a sound YAML mapping. Raises InputError otherwise."""
    if not path.exists():
        return None
    read_document(path)
    return _text(path)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _files(folder: Path, composed: Composed) -> Iterator[FileChange]:
    old = _old(folder / "site.yaml")
    # Only a name, where no one has chosen another: every site has a certificate (prerequisite 5).
    named = {"client_certificate": f"{folder.name}/client-certificate"} if old is None else {}
    new = _with_open(_merged(old, {**composed.site, **named}), composed.open)
    yield FileChange(folder / "site.yaml", old, new)
    if composed.hosts is not None:
        old = _old(folder / "hosts.yaml")
        yield FileChange(folder / "hosts.yaml", old, _merged(old, composed.hosts))


def _check_name(name: str) -> None:
    """Raises InputError for a folder name that no site can have."""
    try:
        TypeAdapter(SiteName).validate_python(name)
    except ValidationError:
        fault = Fault(Place(item=shown(name)), text("intake.site-name"), remedy("site-name"))
        raise InputError([fault]) from None


def _plan_site(inventory: Path, site: SiteAnswers) -> SitePlan:
    _check_name(site.name)
    composed = compose(site)
    changes = tuple(_files(inventory / "sites" / site.name, composed))
    return SitePlan(site.name, changes, composed.open)


def stock_groups() -> Data:
    """Answers the groups of a new inventory: one a kind of host, one a router model."""
    groups: Data = {"onu": {}, "switch": {}, "router": {"platform": "yamaha", "port": 22}}
    for model in router_model_names():
        groups[model.lower()] = {"groups": ["router"], "data": {"model": model}}
    return groups | {"terminal": {"platform": "windows"}, "receipt_pc": {"platform": "windows"}}


def _stock(inventory: Path) -> Iterator[FileChange]:
    contents: dict[str, Data] = {"defaults.yaml": {"data": {}}, "groups.yaml": stock_groups()}
    for name, data in contents.items():
        if not (inventory / name).exists():
            yield FileChange(inventory / name, None, _dumped(data))


def plan_sites(result: IntakeResult, inventory: Path, *, update: bool = False) -> WritePlan:
    """Answers what would be written.

    Raises InputError where a file exists and differs, unless `update`.
    """
    sites = tuple(_plan_site(inventory, site) for site in result.sites)
    faults = [
        Fault(Place(change.path), text("intake.exists"), f"{remedy('exists')}\n{change.diff}")
        for site in sites
        for change in site.changes
        if change.kind == "updated" and not update
    ]
    if faults:
        raise InputError(faults)
    return WritePlan(inventory, tuple(_stock(inventory)), sites)


def _put(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())


def _check_unchanged(plan: WritePlan) -> None:
    """Holds the files against what the plan's diff showed. Raises InputError where one differs."""
    everything = (*plan.stock, *(change for site in plan.sites for change in site.changes))
    faults = [
        Fault(Place(change.path), text("intake.changed-since"), remedy("changed-since"))
        for change in everything
        if change.old != (_text(change.path) if change.path.exists() else None)
    ]
    if faults:
        raise InputError(faults)


def _stage(plan: WritePlan, staging: Path) -> None:
    """Writes everything below `staging`, the inventory's own stock files beside it.

    And checks it there.
    """
    for name in STOCK:
        if (plan.inventory / name).is_file():
            shutil.copyfile(plan.inventory / name, staging / name)
    for change in (*plan.stock, *(change for site in plan.sites for change in site.changes)):
        _put(staging / change.path.relative_to(plan.inventory), change.new)
    for site in plan.sites:
        read_draft(read_document(staging / "sites" / site.name / "site.yaml"))
        if site.complete:
            load_site(staging, site.name)


def _move(plan: WritePlan, staging: Path) -> None:
    for change in plan.stock:
        (staging / change.path.relative_to(plan.inventory)).rename(change.path)
    (plan.inventory / "sites").mkdir(exist_ok=True)
    for site in plan.sites:
        target = plan.inventory / "sites" / site.name
        if not target.exists():
            (staging / "sites" / site.name).rename(target)
            continue
        for change in site.changes:
            if change.kind != "unchanged":
                (staging / change.path.relative_to(plan.inventory)).replace(change.path)


def write_plan(plan: WritePlan) -> None:
    """Does what the plan says.

    Raises InputError where a file can't be written or would not load.
    """
    try:
        plan.inventory.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that a rename stays in one file system.
        with tempfile.TemporaryDirectory(prefix=".intake-", dir=plan.inventory) as staging:
            _stage(plan, Path(staging))
            _check_unchanged(plan)
            _move(plan, Path(staging))
    except OSError as error:
        raise refusal(plan.inventory, "file-unwritable", reason=error.strerror or "") from None


def write_site(result: IntakeResult, inventory: Path, *, update: bool = False) -> WritePlan:
    """Plans and writes in one step; answers the plan that was carried out."""
    plan = plan_sites(result, inventory, update=update)
    write_plan(plan)
    return plan
