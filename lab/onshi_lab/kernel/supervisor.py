"""Starts and stops daemons inside nodes and waits for events, never for time."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onshi_lab import engines
from onshi_lab.errors import LabError, ServiceError
from onshi_lab.kernel.namespaces import end
from onshi_lab.kernel.watch import Watch, watching
from onshi_lab.services.base import Detaches, Prints, Service
from onshi_lab.world import World

READY_WITHIN_S = 120.0
"""Several labs may come up on a slow machine; a service that ends is noticed at once."""
STOP_WITHIN_S = 1.0


@dataclass(slots=True)
class _Started:
    """A daemon that is not known to be ready yet; its log counts from `offset` on."""

    service: Service
    directory: Path
    process: engines.Process
    offset: int = 0

    @property
    def log(self) -> Path:
        return self.directory / "log"

    def check(self) -> bool:
        """Whether it is ready; raises ServiceError when it never will be."""
        code = self.process.poll()
        ready = self.service.ready
        if isinstance(ready, Detaches):
            if code not in (None, 0):
                raise self.error(f"ended with exit code {code}")
            return code == 0
        if _matches(self.log, ready, self.offset):
            return True
        if code is not None:
            raise self.error(f"ended with exit code {code}")
        return False

    def error(self, what: str) -> ServiceError:
        """The error that names this daemon and the end of its log."""
        return ServiceError(self.service.node, self.service.name, what, _tail(self.log))


def _tail(log: Path) -> str:
    if not log.exists():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-8:])


def _matches(log: Path, ready: Prints, offset: int) -> bool:
    text = log.read_bytes()[offset:].decode("utf-8", errors="replace")
    return re.search(ready.pattern, text, re.MULTILINE) is not None


def _folder(world: World, service: Service) -> Path:
    """The service's folder, which its node may write to: nothing in its place is followed.

    Raises LabError where something on the way is a link.
    """
    directory = world.service_directory(service.node, service.name)
    for path in (directory.parent, directory):
        if path.is_symlink():
            raise LabError(f"{path} is a link that the lab did not make; take the lab down")
    return directory


def _write_files(world: World, service: Service) -> Path:
    directory = _folder(world, service)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in service.files:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o700 if name.endswith(".sh") else 0o600)
    return directory


def _environment(service: Service) -> dict[str, str]:
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        **dict(service.environment),
    }


def _start(world: World, service: Service) -> _Started:
    directory = _write_files(world, service)
    process = engines.of(world).start(
        world, service.node, service.argv, directory, _environment(service)
    )
    (directory / "pid").write_text(str(process.pid))
    (directory / "digest").write_text(service.digest)
    return _Started(service, directory, process)


def start(world: World, services: Iterable[Service]) -> None:
    """Start daemons side by side and wait until each is ready.

    Raises ServiceError for the first that ends or is not ready within READY_WITHIN_S.
    """
    with watching() as watch:
        started = []
        for service in services:
            one = _start(world, service)
            watch.add(one.log)
            started.append(one)
        _await(watch, started)


def _await(watch: Watch, started: list[_Started]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    pending = started
    try:
        while pending := [one for one in pending if not one.check()]:
            left = deadline - time.monotonic()
            if left <= 0:
                raise pending[0].error(f"was not ready within {READY_WITHIN_S:.0f} s")
            watch.wait((one.process for one in pending), left)
    finally:
        for one in started:
            one.process.close()


def pid_of(world: World, service: Service) -> int | None:
    """The process of a service, if it lives."""
    directory = world.service_directory(service.node, service.name)
    name = service.ready.pidfile if isinstance(service.ready, Detaches) else "pid"
    try:
        pid = int((directory / name).read_text())
    except (OSError, ValueError):
        return None
    return engines.of(world).host_pid(world.name, service.node, pid)


def runs_unchanged(world: World, service: Service) -> bool:
    """Whether this service runs already, configured just like this."""
    digest = world.service_directory(service.node, service.name) / "digest"
    return (
        digest.exists()
        and digest.read_text() == service.digest
        and pid_of(world, service) is not None
    )


def stop(world: World, *services: Service) -> None:
    """Stop services side by side; remove their files and what they left in the kernel."""
    pids = [pid for service in services if (pid := pid_of(world, service)) is not None]
    if left := end(pids, signal.SIGTERM, STOP_WITHIN_S):
        end(left, signal.SIGKILL, STOP_WITHIN_S)
    for service in services:
        if service.after_stop:
            command = engines.of(world).tool(world.name, service.node, service.after_stop)
            subprocess.run(command, check=False, capture_output=True)
        shutil.rmtree(_folder(world, service), ignore_errors=True)


@contextmanager
def signalled(world: World, service: Service, sign: signal.Signals) -> Iterator[None]:
    """Send a foreground service a signal; after the block it has said again that it is ready.

    Does nothing where the service does not run; raises ServiceError when it ends of it.
    """
    pid = pid_of(world, service)
    if pid is None or not isinstance(service.ready, Prints):
        yield
        return
    log = world.service_directory(service.node, service.name) / "log"
    with watching() as watch:
        watch.add(log)
        offset = log.stat().st_size
        os.kill(pid, sign)
        yield
        deadline = time.monotonic() + READY_WITHIN_S
        while not _matches(log, service.ready, offset):
            left = deadline - time.monotonic()
            if left <= 0 or pid_of(world, service) is None:
                what = "did not become ready again"
                raise ServiceError(service.node, service.name, what, _tail(log))
            watch.wait((), left)
