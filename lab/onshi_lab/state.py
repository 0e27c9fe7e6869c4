"""What a running lab remembers: its site, its faults, its secrets; all below /run/onshi-lab."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from onshi_lab.effects import Effect
from onshi_lab.errors import LabError
from onshi_lab.faults import FAULTS, effects_of
from onshi_lab.site import RouterFacts, Site, load_site
from onshi_lab.topology import build
from onshi_lab.world import MOCK_ROUTER, World

ROOT = Path("/run/onshi-lab")


@dataclass(frozen=True, slots=True)
class Record:
    """The state of one lab. `ready` is false while `up` is still at work."""

    site: str
    router: RouterFacts
    faults: tuple[str, ...] = ()
    ready: bool = False
    router_command: tuple[str, ...] = MOCK_ROUTER
    engine: str = "namespaces"

    def load_site(self) -> Site:
        """The site with the router that this lab was made with."""
        return replace(load_site(self.site), router=self.router)


def directory(lab: str) -> Path:
    """The lab's state directory."""
    return ROOT / lab


def save(lab: str, record: Record) -> None:
    """Write the record; a reader sees the old or the new one."""
    path = directory(lab) / "state.json"
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    new.replace(path)


def load(lab: str) -> Record | None:
    """The record of a lab, or None when there is none."""
    try:
        values = json.loads((directory(lab) / "state.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    return Record(
        site=values["site"],
        router=RouterFacts(**values["router"]),
        faults=tuple(name for name in values["faults"] if name in FAULTS),
        ready=values["ready"],
        router_command=tuple(values["router_command"]),
        engine=values["engine"],
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
    effects = effects_of(record.faults, site) | extra
    return World(
        lab, directory(lab), site, build(site), effects, record.router_command, record.engine
    )


def save_secrets(lab: str, secrets: dict[str, str]) -> None:
    """Keep the secrets in a file that only root can read."""
    path = directory(lab) / "secrets.json"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(secrets, file)


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
