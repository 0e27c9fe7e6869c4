"""Site folders from an intake: planned first, with a diff; written whole or not at all.

Nothing that exists is overwritten without `update`. A new folder appears by one rename; a changed
file is replaced by one rename (POSIX rename is atomic); everything was written, flushed and checked
elsewhere before.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from onshi_net import formats
from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intake.clashes import clashes
from onshi_net.intake.compose import Composed, Data, compose
from onshi_net.intake.container import remedy, unwritable
from onshi_net.intake.draft import read_draft
from onshi_net.intake.forms import label_of
from onshi_net.intake.result import CODE, Facts, IntakeResult, SiteAnswers, merged
from onshi_net.inventory.change import FileChange, require_unchanged
from onshi_net.inventory.document import read_document
from onshi_net.inventory.load import load_site, read_site_file
from onshi_net.inventory.migrate import site_in_newest
from onshi_net.inventory.sites import all_sites, require_name
from onshi_net.model.catalogue import router_model, router_model_names

OPEN_MARK = "# open: "
MARK = "\ufeff"
"""A byte order mark, which some editors put before UTF-8."""
STOCK = ("defaults.yaml", "groups.yaml")
SECTIONS = ("institution", "survey", "prerequisites", "contract")
"""What the forms ask for, of a site's file."""


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
    data = _yaml().load(old.removeprefix(MARK).replace("\r\n", "\n"))
    _merge(data, new)
    return _dumped(data)


def _laid_out(old: str | None, new: str) -> str:
    """Answers `new` with the byte order mark and the line ends of the file that it replaces."""
    if old is None:
        return new
    ended = new.replace("\n", "\r\n") if "\r\n" in old else new
    return f"{MARK}{ended}" if old.startswith(MARK) else ended


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
    return path.read_bytes().decode("utf-8")


def _files(folder: Path, composed: Composed) -> Iterator[FileChange]:
    sheet = folder / "site.yaml"
    old = _old(sheet)
    newest = site_in_newest(read_document(sheet)) if old is not None else None
    # Only a name, where no one has chosen another: every site has a certificate (prerequisite 5).
    named = {"client_certificate": f"{folder.name}/client-certificate"} if old is None else {}
    said = {**composed.site, **named, formats.FIELD: formats.SITE}
    new = _with_open(_merged(newest, said), composed.open)
    yield FileChange(sheet, old, _laid_out(old, new))
    if composed.hosts is not None:
        old = _old(folder / "hosts.yaml")
        new = _merged(old, composed.hosts)
        yield FileChange(folder / "hosts.yaml", old, _laid_out(old, new))


def _plan_site(inventory: Path, site: SiteAnswers) -> SitePlan:
    if not site.has_form:
        site = _with_what_is_there(inventory, site)
    require_name(site.name)
    composed = compose(site)
    changes = tuple(_files(inventory / "sites" / site.name, composed))
    return SitePlan(site.name, changes, composed.open)


def _with_what_is_there(inventory: Path, site: SiteAnswers) -> SiteAnswers:
    """Answers a survey that came alone with what the site's folder says already.

    Raises InputError where no folder has its code.
    """
    for name in (site.code, *all_sites(inventory).names):
        file = inventory / "sites" / name / "site.yaml"
        known = read_document(file).data if file.is_file() else {}
        if known.get("institution", {}).get("code") == site.code:
            old = {section: known[section] for section in SECTIONS if section in known}
            facts = merged(old, site.facts)
            if faults := list(_clashing(site, facts, file)):
                raise InputError(faults)
            return replace(site, facts=facts, folder=name)
    sheet, cell = site.cells[CODE]
    fault = text("intake.no-such-site", code=site.code)
    place = Place(item=f"{sheet}!{cell}")
    raise InputError([Fault(place, fault, remedy("no-such-site"))])


def _clashing(site: SiteAnswers, facts: Facts, file: Path) -> Iterator[Fault]:
    """Finds what a survey says against the site's own file, each with its cell."""
    here = ("", str(file))
    for one in clashes(facts):
        known = one.field if one.field in site.cells else one.other
        sheet, cell = site.cells.get(known, here)
        other = one.other if known == one.field else one.field
        values = {"item": label_of(one.field), "whose": label_of(one.other)}
        where = site.cells.get(other, here)[1]
        problem = text(f"intake.{one.message}", **values, address=one.address, other=where)
        yield Fault(Place(item=f"{sheet}!{cell}" if sheet else "", file=file), problem)


def stock_groups() -> Data:
    """Answers the groups of a new inventory: one a kind of host, one a router model."""
    family = {model: router_model(model).platform for model in router_model_names()}
    usual = Counter(family.values()).most_common(1)[0][0]
    groups: Data = {"onu": {}, "switch": {}, "router": {"platform": usual, "port": 22}}
    for model, platform in family.items():
        own = {} if platform == usual else {"platform": platform}
        groups[model.lower()] = {"groups": ["router"], **own, "data": {"model": model}}
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
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())


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
        read_draft(read_site_file(staging / "sites" / site.name))
        if site.complete:
            load_site(staging, site.name)


@contextmanager
def _places_of(inventory: Path, staging: Path) -> Iterator[None]:
    """Names the files of an inventory for those that were staged for it."""
    try:
        yield
    except InputError as refused:
        raise InputError([_placed(one, inventory, staging) for one in refused.faults]) from None


def _placed(fault: Fault, inventory: Path, staging: Path) -> Fault:
    file = fault.place.file
    if file is None or not file.is_relative_to(staging):
        return fault
    return replace(fault, place=replace(fault.place, file=inventory / file.relative_to(staging)))


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
            with _places_of(plan.inventory, Path(staging)):
                _stage(plan, Path(staging))
            require_unchanged(
                (*plan.stock, *(change for site in plan.sites for change in site.changes))
            )
            _move(plan, Path(staging))
    except OSError as error:
        raise unwritable(plan.inventory, error) from None


def write_site(result: IntakeResult, inventory: Path, *, update: bool = False) -> WritePlan:
    """Plans and writes in one step; answers the plan that was carried out."""
    plan = plan_sites(result, inventory, update=update)
    write_plan(plan)
    return plan
