"""Whether what was told of a change is true of the PC, by everything that the mock keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onshi_lab.windows.network.stack import ACTIVE
from onshi_net.errors import ChangeStuck, ChangeUndone, OnshiError
from onshi_net.intent.windows import ReceiptIntent, WindowsIntent
from onshi_net.pcs.differ import differ
from onshi_net.provision.windows import WindowsOutcome
from onshi_net.transport.windows.reading import read
from tests.lab.windows.conftest import USER, Machine
from tests.windows.fake_pc import LINK, secrets

from .injector import Injector
from .pc import PcSession

Snapshot = Mapping[str, Any]
NOT_COMPARED = ("Users/", "Windows/Temp/")
"""Folders that any logon writes into."""
AREAS = {
    "leftover": (
        "task/",
        "disk/ProgramData/onshi",
        "acl/ProgramData/onshi",
        r"registry/HKLM\SOFTWARE\onshi",
        "group/",
    ),
    "user": ("user/onslink",),
    "folder": ("disk/", "acl/"),
    "share": ("share/",),
    "rule": ("rule/",),
    "sharing": ("rule/FPS", r"registry/HKLM\SOFTWARE\onshi"),
    "service": ("service/",),
    "time": (r"registry/HKLM\SYSTEM\CurrentControlSet\Services\W32Time",),
    "route": ("route/", "stored/routes", "registry/HKLM\\SYSTEM\\CurrentControlSet\\Services\\T"),
    "address": ("address/", "stored/addresses"),
    "metric": ("stored/metrics",),
    "resolvers": ("stored/dns",),
    "credential": ("entry/",),
}
"""Where the mock keeps each kind of thing."""


def snapshot(machine: Machine) -> Snapshot:
    """Everything that a change could have touched."""
    return dict(_all(machine))


def _all(machine: Machine) -> Iterator[tuple[str, Any]]:
    pc = machine.pc
    for account in pc.accounts.all():
        told = asdict(account)
        told.pop("failed_logons")  # reading tries the site's password, and says so
        yield f"group/{account.name}", told.pop("groups")
        yield f"user/{account.name}", told
    for path, values in pc.registry._keys.values():
        if "\\Parameters\\Interfaces\\" in path:
            continue  # the resolvers, which `stored/dns` holds
        yield f"registry/{path}", None
        for name, value in values.items():
            yield f"registry/{path}|{name}", value
    for service in pc.services.all():
        yield f"service/{service.name}", (service.start_type, service.status)
    for share in pc.shares.all():
        yield f"share/{share.name}", share
    for rule in pc.firewall.rules():
        yield f"rule/{rule.name}", rule
    for profile in pc.firewall.profiles():
        yield f"profile/{profile.name}", profile
    for task in pc.tasks.all():
        yield f"task/{task.name}", task.user
    yield from _network(machine)
    yield from _disk(machine)
    user = pc.accounts.find(USER)
    if user is not None:
        for name, entry in pc.vault._load(user.sid).items():
            yield f"entry/{name}", entry


def _network(machine: Machine) -> Iterator[tuple[str, Any]]:
    network = machine.pc.network
    for name, value in asdict(network.stored).items():
        some = value if isinstance(value, dict) else sorted(map(str, value))
        yield f"stored/{name}", {k: v for k, v in some.items() if v} if name == "dns" else some
    yield "address/", sorted(map(str, network.addresses(ACTIVE)))
    yield "route/", sorted(map(str, network.routes(ACTIVE)))


def _disk(machine: Machine) -> Iterator[tuple[str, Any]]:
    disk = machine.pc.disk
    root: Path = disk.root
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if not name.startswith(NOT_COMPARED):
            yield f"disk/{name}", path.read_bytes() if path.is_file() else None
            acl = disk.acl("C:\\" + name.replace("/", "\\"))
            yield f"acl/{name}", (acl.owner, acl.aces, acl.protected)


def changed(before: Snapshot, after: Snapshot) -> list[str]:
    """What is not as it was."""
    absent = object()
    return sorted(
        key for key in {*before, *after} if before.get(key, absent) != after.get(key, absent)
    )


def untrue(
    before: Snapshot, machine: Machine, intent: WindowsIntent, end: WindowsOutcome | OnshiError
) -> list[str]:
    """Answers what of an ending is not true."""
    now = changed(before, snapshot(machine))
    if isinstance(end, WindowsOutcome):
        return _not_as_wanted(machine, intent)
    if isinstance(end, ChangeStuck):
        return [] if now else ["stuck, and the PC is as before"]
    if isinstance(end, ChangeUndone) and "kinds" in end.values:
        kinds = str(end.values["kinds"]).split(", ")
        told = {key for kind in kinds for key in now if key.startswith(AREAS[kind])}
        idle = [kind for kind in kinds if not any(k.startswith(AREAS[kind]) for k in now)]
        return [
            *(f"not told: {key}" for key in now if key not in told),
            *(f"told and as before: {kind}" for kind in idle),
        ]
    if not isinstance(end, ChangeUndone):
        # Before anything was changed: what a look left of ours says nothing, and the next run
        # takes it away.
        now = [key for key in now if not key.startswith(AREAS["leftover"])]
    return [f"not as before: {key}" for key in now]


def _not_as_wanted(machine: Machine, intent: WindowsIntent) -> list[str]:
    session = PcSession(machine, Injector(), intent.access.host)
    state = read(session, intent, secrets())
    found = [
        f"not as wanted: {one}" for one in differ(state, intent, datetime.now(UTC)).differences
    ]
    if isinstance(intent, ReceiptIntent):
        user = machine.pc.accounts.find(USER)
        assert user is not None
        entries = machine.pc.vault._load(user.sid).values()
        wanted = {(one.target, one.user.lower(), LINK) for one in intent.credentials}
        there = {(one.target, one.user.lower(), one.blob.decode("utf-16-le")) for one in entries}
        found += [f"no entry: {one[0]}" for one in wanted - there]
    return found
