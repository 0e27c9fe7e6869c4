"""What a running lab remembers: its site, its faults, its secrets; all below /run/onshi-lab."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from onshi_lab import inventory, keyfile
from onshi_lab.effects import Dark, Effect, Gateway, Unplugged
from onshi_lab.errors import LabError
from onshi_lab.faults import FAULTS, effects_of
from onshi_lab.kernel import namespaces
from onshi_lab.site import Site
from onshi_lab.topology import build, with_gateway
from onshi_lab.world import MOCK_ROUTER, World

ROOT = namespaces.LABS


@dataclass(frozen=True, slots=True)
class Record:
    """The state of one lab. `ready` is false while `up` is still at work.

    The site's files lie in the lab's own folder, as they were at `up`; `router` holds what the
    command line said of the router beside them.
    """

    site: str
    folder: Path
    router: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    ready: bool = False
    router_command: tuple[str, ...] = MOCK_ROUTER
    engine: str = "namespaces"
    laptops: int | None = None
    """How many laptops the command line asked for."""
    powershell: str = ""
    """The real engine of the PCs' PowerShell, if any."""
    off: tuple[str, ...] = ()
    """Nodes that were switched off; a PC answers for its own power."""
    out: tuple[tuple[str, str], ...] = ()
    """Cables that were pulled out, by node and interface of their first ends."""

    def load_site(self) -> Site:
        """The site as this lab was made."""
        site = inventory.load_site(self.folder, self.site)
        router = replace(site.router, **self.router)
        return replace(site, router=router, laptops=self.laptops or site.laptops)

    def effects(self, site: Site) -> frozenset[Effect]:
        """What is changed in the lab: by its faults, and by what happened to its site."""
        dark = frozenset(Dark(node) for node in self.off)
        return effects_of(self.faults, site) | dark | {Unplugged(*end) for end in self.out}

    @property
    def calm(self) -> Record:
        """This lab with nothing changed: no faults, every node on and every cable in."""
        return replace(self, faults=(), off=(), out=())


def directory(lab: str) -> Path:
    """The lab's state directory."""
    return ROOT / lab


def site_folder(lab: str) -> Path:
    """The lab's own copy of the inventory, with its one site."""
    return directory(lab) / "inventory"


def keep_site(lab: str, source: Path, site: str) -> None:
    """Copy a site's files into the lab, so that it stays what it is while they are edited."""
    target = site_folder(lab)
    (target / "sites" / site).mkdir(parents=True, exist_ok=True)
    files = (*inventory.SHARED, *(f"sites/{site}/{name}" for name in inventory.FILES))
    for name in files:
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)


def save(lab: str, record: Record) -> None:
    """Write the record; a reader sees the old or the new one."""
    path = directory(lab) / "state.json"
    new = path.with_suffix(".new")
    values = {key: value for key, value in asdict(record).items() if key != "folder"}
    new.write_text(json.dumps(values, indent=1), encoding="utf-8")
    new.replace(path)


def load(lab: str) -> Record | None:
    """The record of a lab, or None when there is none."""
    try:
        values = json.loads((directory(lab) / "state.json").read_text(encoding="utf-8"))
        return _record(lab, values)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _record(lab: str, values: Mapping[str, Any]) -> Record:
    return Record(
        site=values["site"],
        folder=site_folder(lab),
        router=values["router"],
        faults=tuple(name for name in values["faults"] if name in FAULTS),
        ready=values["ready"],
        router_command=tuple(values["router_command"]),
        engine=values["engine"],
        laptops=values.get("laptops"),
        powershell=values.get("powershell", ""),
        off=tuple(values.get("off", ())),
        out=tuple((node, interface) for node, interface in values.get("out", ())),
    )


def load_ready(lab: str) -> Record:
    """The record of a lab that is up; raises LabError when it is not."""
    record = load(lab)
    if record is None or not record.ready:
        raise LabError(f"the lab {lab!r} is not up; start it with `onshi-lab --name {lab} up`")
    return record


def world(lab: str, record: Record, extra: frozenset[Effect] = frozenset()) -> World:
    """The lab as it shall be according to its record."""
    site = record.load_site()
    effects = record.effects(site) | extra
    topology = build(site)
    for effect in effects:
        if isinstance(effect, Gateway):
            topology = with_gateway(topology, effect.node)
    kept = (record.router_command, record.engine, record.powershell)
    return World(lab, directory(lab), site, topology, effects, *kept)


def keep_nodes(lab: str, nodes: Iterable[str]) -> None:
    """Write down which nodes the lab will have."""
    (directory(lab) / namespaces.NODES).write_text("\n".join(nodes), encoding="utf-8")


def save_secrets(lab: str, secrets: dict[str, str]) -> None:
    """Keep the secrets in a file that only root can read."""
    keyfile.write_private(directory(lab) / "secrets.json", json.dumps(secrets))


def load_secrets(lab: str) -> dict[str, str]:
    """The secrets by their references."""
    loaded: dict[str, str] = json.loads((directory(lab) / "secrets.json").read_text("utf-8"))
    return loaded


def remove(lab: str) -> None:
    """Remove everything that the lab wrote, and the common directory when it was the last."""
    shutil.rmtree(directory(lab), ignore_errors=True)


@contextmanager
def lock(lab: str) -> Iterator[None]:
    """Only one command at a time changes a lab; a second one waits for the first.

    The kernel drops the lock of a killed holder. The file goes away with the lab.
    """
    path = ROOT / f"{lab}.lock"
    descriptor = _locked(path)
    try:
        yield
    finally:
        if not directory(lab).exists():
            path.unlink(missing_ok=True)
        os.close(descriptor)
        _remove_empty(ROOT)


def _locked(path: Path) -> int:
    while True:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            continue
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
        os.close(descriptor)


def _remove_empty(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:
        return
