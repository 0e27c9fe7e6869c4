"""The lock of a device: held by whoever changes it, whatever inventory and user it is known by.

A device is known by several names, and each is a lock of its own:
- its address and kind, known before anything is asked of it;
- the keys that are bound for a router, and the MAC of a label or of what was bound;
- a router's serial number, from the inventory, and from the router itself once it has said it.

Two runs on one device share at least one of them, however they reach it: two inventories name the
same address, or have bound the same key, or both read the same serial number before anything is
changed. They are taken in this order; the second run is refused at once, by the first one it can't
have, and is told who holds it.

A name means something within one network only: at every clinic the router is 10.51.1.1. A process
in another network namespace stands in another network, so the namespace is a part of the name. A
run that was left hanging at the clinic before holds its names until it ends; the refusal says where
it belongs and how to end it.

Reading takes no lock; `changes_under_way` tells it what is being changed meanwhile.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from onshi_net.errors import DeviceError, InputError
from onshi_net.intent import RouterIntent, SiteIntent
from onshi_net.intent.windows import WindowsIntent
from onshi_net.locks import Held, Holder, Job, held, holder_of, job_here, shared_folder
from onshi_net.transport import hostkeys
from onshi_net.transport.bond import Bond

NETWORK = Path("/proc/self/ns/net")
"""Tells the network that a Linux process stands in; other systems have one."""


def names_of_router(intent: RouterIntent, known_hosts: Path) -> tuple[str, ...]:
    """Answers by what a router is known before it is asked anything.

    Raises InputError for a known_hosts file that can't be read whole.
    """
    management = intent.management
    name = hostkeys.host_name(str(management.address), management.port)
    entries = hostkeys.recorded(known_hosts, name).entries
    return (
        f"ssh {name}",
        *sorted(f"key {hostkeys.fingerprint(entry.key)}" for entry in entries),
        *_macs(management.mac, (entry.bond for entry in entries)),
        *serial(intent.serial),
    )


def names_of_pc(intent: WindowsIntent) -> tuple[str, ...]:
    """Answers by what a PC is known; HTTP and HTTPS lead to the same one."""
    access = intent.access
    return (f"winrm {access.address}", *_macs(access.mac, ()))


def _macs(label: str | None, bonds: Iterable[Bond]) -> list[str]:
    seen = {label or "", *(bond.mac for bond in bonds)}
    return sorted(f"mac {one.lower()}" for one in seen if one)


def serial(number: str | None) -> tuple[str, ...]:
    """Answers the name that a serial number is; none where it isn't known."""
    return (f"serial {number}",) if number else ()


def _file(folder: Path, name: str) -> Path:
    """Answers a lock's file: every user of the laptop can list them, so its name says nothing."""
    try:
        network = str(NETWORK.stat().st_ino)
    except OSError:
        network = ""
    digest = hashlib.sha256(f"{network} {name}".encode()).hexdigest()
    return folder / f"onshi-{digest[:32]}.lock"


@dataclass(slots=True)
class DeviceLock:
    """A device that is held, and what it is known by so far."""

    host: str
    job: Job
    folder: Path
    _stack: ExitStack = field(default_factory=ExitStack)
    _names: set[str] = field(default_factory=set)

    def also(self, names: Iterable[str]) -> None:
        """Holds the device by more names. Raises DeviceError where another run holds one."""
        for name in names:
            if name in self._names:
                continue
            lock = held(_file(self.folder, name), self.job, shared=True)
            try:
                self._stack.enter_context(lock)
            except Held as other:
                raise busy("device-busy", self.host, other) from None
            self._names.add(name)

    def free(self) -> None:
        """Gives the device back."""
        self._stack.close()


def busy(message: str, host: str, other: Held) -> DeviceError:
    """Answers the error of a device, or a site, that another run holds."""
    if other.holder is None:
        return DeviceError("provision.held-by-nobody-known", host=host, file=other.file)
    return DeviceError(f"provision.{message}", host=host, **other.holder.told())


@contextmanager
def changing(host: str, site: str, runs: Path, names: Iterable[str]) -> Iterator[DeviceLock]:
    """Holds a device for a change while the block runs.

    Raises DeviceError, saying who changes it since when, where another run does so, and InputError
    where this laptop has no place for locks.
    """
    lock = DeviceLock(host, job_here(site, runs.parent), shared_folder())
    try:
        lock.also(names)
        yield lock
    finally:
        lock.free()


def changes_under_way(intent: SiteIntent, known_hosts: Path) -> dict[str, Holder]:
    """Answers which of a site's devices another process changes now; none where nobody can tell.

    Takes no lock.
    """
    try:
        folder = shared_folder()
        names = {intent.router.host: names_of_router(intent.router, known_hosts)}
    except (InputError, OSError):
        return {}
    names |= {one.access.host: names_of_pc(one) for one in intent.windows}
    found = {host: _other(folder, some) for host, some in names.items()}
    return {host: holder for host, holder in found.items() if holder is not None}


def _other(folder: Path, names: Iterable[str]) -> Holder | None:
    holders = (holder_of(_file(folder, name)) for name in names)
    return next((one for one in holders if one is not None and one.pid != os.getpid()), None)
