"""機器一覧 and 期限一覧: each device with serial, place and maintenance, and what ends when."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from onshi_net.brochure.data import systems_support
from onshi_net.brochure.maintenance import covered_pcs, covered_until, warranty_of
from onshi_net.brochure.readiness import certificate_expiry
from onshi_net.brochure.systems import support_of, systems
from onshi_net.i18n import text
from onshi_net.model.hosts import Router, Switch, Terminal
from onshi_net.model.survey import Device, DeviceKind
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.layout import Column, Row, Table
from onshi_net.papers.wiring import has_extra_hub, hub_name
from onshi_net.papers.words import day, known, short_day, unknown


@dataclass(frozen=True, slots=True)
class Entry:
    """One delivered device: its paper name, its host where it has one, its row of the register."""

    name: str
    kind: DeviceKind
    host: str
    model: str
    serial: str | None
    mac: str | None
    device: Device | None


def entries(dossier: Dossier) -> tuple[Entry, ...]:
    """Answers every device of the start pack that is known: hosts first, then the register's own.

    A host and the register's row of the same name are one device.
    """
    hosts = tuple(_of_hosts(dossier))
    taken = {one.host for one in hosts}
    rest = [one for one in dossier.case.contract.devices if one.name not in taken]
    kinds: dict[DeviceKind, list[Device | None]] = {
        kind: [one for one in rest if one.kind is kind] for kind in DeviceKind
    }
    for kind, least in _delivered(dossier).items():
        kinds[kind] += [None] * (least - len(kinds[kind]))
    others = tuple(
        Entry(
            _numbered(kind, n, len(some)),
            kind,
            "",
            _model(kind),
            one.serial if one else None,
            None,
            one,
        )
        for kind, some in kinds.items()
        for n, one in enumerate(some, 1)
    )
    return (*hosts, *others)


def _delivered(dossier: Dossier) -> dict[DeviceKind, int]:
    """How many devices come with the pack that are no hosts, whether or not somebody listed them.

    A display with each terminal (brochure line 55), a hub where the branch device has no free
    socket (line 276).
    """
    return {
        DeviceKind.DISPLAY: len(dossier.terminals),
        DeviceKind.SWITCH: int(has_extra_hub(dossier)),
    }


def _numbered(kind: DeviceKind, number: int, count: int) -> str:
    name = text(f"papers.kind.{kind}")
    return f"{name}{number}" if count > 1 else name


def _model(kind: DeviceKind) -> str:
    return text(f"papers.kind-model.{kind}", default="") or unknown()


def _of_hosts(dossier: Dossier) -> Iterator[Entry]:
    router, switches = dossier.router, dossier.switches
    if router is not None:
        name = text("papers.device.router")
        yield _host(dossier, router, DeviceKind.ROUTER, name, router.model)
    for number, host in enumerate(dossier.terminals, 1):
        name = text("papers.device.terminal", number=number)
        yield _host(dossier, host, DeviceKind.TERMINAL, name, _model(DeviceKind.TERMINAL))
    for number, switch in enumerate(switches, 1):
        yield _host(
            dossier, switch, DeviceKind.SWITCH, hub_name(number, len(switches)), switch.model
        )


def _host(
    dossier: Dossier,
    host: Router | Terminal | Switch,
    kind: DeviceKind,
    name: str,
    model: str | None,
) -> Entry:
    device = dossier.device(host.name)
    serial = (device.serial if device is not None else None) or dossier.trait(host.name, "serial")
    own = host.serial if isinstance(host, Router) else None
    mac = None if isinstance(host, Switch) else host.mac
    mac = mac or dossier.trait(host.name, "mac") or (device.mac if device is not None else None)
    return Entry(name, kind, host.name, known(model), own or serial, mac, device)


def device_register(dossier: Dossier) -> Table:
    """Answers 機器一覧."""
    names = ("device", "model", "serial", "mac", "place", "system", "delivered", "service", "until")
    kept = ("device", "mac", "place", "delivered", "until", "service")
    columns = tuple(
        Column(
            text(f"papers.col.{name}"),
            "keep" if name in kept else "code" if name == "serial" else "text",
        )
        for name in names
    )
    rows = tuple(Row(_cells(dossier, one)) for one in entries(dossier))
    return Table(text("papers.register.devices"), columns, rows)


def _cells(dossier: Dossier, one: Entry) -> tuple[str, ...]:
    has_network = one.kind in (DeviceKind.ROUTER, DeviceKind.TERMINAL)
    delivered = one.device.delivered_on if one.device is not None else None
    return (
        one.name,
        one.model,
        known(one.serial),
        known(one.mac) if has_network else text("papers.not-applicable"),
        known(_place(dossier, one)),
        _system(dossier, one),
        unknown() if delivered is None else short_day(delivered),
        service_of(one.kind),
        until_of(one),
    )


def _place(dossier: Dossier, one: Entry) -> str | None:
    name = one.host or (one.device.name if one.device is not None else "")
    return dossier.draft.as_built.places.get(name)


def _system(dossier: Dossier, one: Entry) -> str:
    if one.kind is DeviceKind.ROUTER:
        return known(dossier.trait(one.host, "firmware"))
    if one.kind is DeviceKind.TERMINAL:
        return known(dossier.trait(one.host, "windows"))
    return text("papers.not-applicable")


def service_of(kind: DeviceKind) -> str:
    """Answers the maker's maintenance: 5年オンサイト; not stated where the brochure has none."""
    row = warranty_of(kind)
    if row.service is None:
        return text("papers.register.not-stated")
    return text(f"papers.service.{row.service}", years=row.years)


def until_of(one: Entry) -> str:
    """Answers the last day of a device's maintenance."""
    if warranty_of(one.kind).years is None and (
        one.device is None or one.device.maker_until is None
    ):
        return text("papers.register.not-stated")
    until = covered_until(one.device) if one.device is not None else None
    return unknown() if until is None else short_day(until)


def dates_table(dossier: Dossier) -> Table:
    """Answers 期限一覧: maintenance, certificate, operating systems, the resetting option."""
    columns = tuple(Column(text(f"papers.col.{name}")) for name in ("topic", "until", "act"))
    return Table(text("papers.register.dates"), columns, tuple(_dates(dossier)))


def _dates(dossier: Dossier) -> Iterator[Row]:
    for one in entries(dossier):
        name = text("papers.register.maintenance", device=one.name, service=service_of(one.kind))
        is_stated = warranty_of(one.kind).service is not None
        act = text(f"papers.register.{'renew-device' if is_stated else 'see-papers'}")
        yield Row((name, until_of(one), act))
    yield Row((text("papers.register.certificate"), _certificate(dossier),
               text("papers.register.renew-certificate")))  # fmt: skip
    pairs = [("terminal", systems_support().terminal)]
    if os := dossier.case.survey.receipt.os:
        pairs.append(("receipt", os))
    for kind, said in pairs:
        for system in dict.fromkeys(systems(said)):
            row = support_of(system)
            name = text(f"papers.register.system-{kind}", name=row.name if row else system.name)
            until = unknown() if row is None else day(row.last)
            yield Row((name, until, text(f"papers.register.renew-{kind}")))
    yield _resetting(dossier)


def _certificate(dossier: Dossier) -> str:
    """The certificate's own last day where it was read, else the one by its day of issue."""
    read = [dossier.trait(host.name, "certificate") for host in dossier.terminals]
    days = [datetime.date.fromisoformat(one) for one in read if one]
    if days:
        return day(min(days))
    issued = dossier.case.prerequisites.certificate_issued_on
    return unknown() if issued is None else day(certificate_expiry(issued))


def _resetting(dossier: Dossier) -> Row:
    """The option covers the PCs that it was bought for, as long as their maker's maintenance."""
    name, option = text("papers.register.resetting"), dossier.case.contract.resetting
    if option.terminals is None:
        return Row((name, unknown(), text("papers.register.resetting-open")))
    if not option.terminals:
        return Row((name, text("papers.not-applicable"), text("papers.register.resetting-none")))
    covered = covered_pcs(dossier.case)
    some = [one for one in entries(dossier) if one.device and one.device.name in covered]
    pcs = text("papers.comma").join(one.name for one in some) or unknown()
    until = text("papers.comma").join(dict.fromkeys(until_of(one) for one in some)) or unknown()
    return Row((name, until, text("papers.register.resetting-for", pcs=pcs)))
