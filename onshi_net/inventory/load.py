"""One site's folder as a checked `SiteInventory`: all faults of both files at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from nornir.core.inventory import Group, Inventory
from nornir.plugins.inventory import SimpleInventory

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.inventory.document import Document, Path_, read_document
from onshi_net.inventory.faults import nearest, shown, validate
from onshi_net.model import Onu, ReceiptPc, Router, Site, SiteFile, Switch, Terminal
from onshi_net.model.catalogue import region_names, router_model_names
from onshi_net.model.hosts import Host, Windows

KINDS: dict[str, type[Host]] = {
    "onu": Onu,
    "router": Router,
    "switch": Switch,
    "terminal": Terminal,
    "receipt_pc": ReceiptPc,
}
HOST_KEYS = frozenset({"hostname", "port", "username", "platform", "groups", "data"})
TERMINALS_WITHOUT_SWITCH = 2
"""More terminals need a switch (brochure 提供条件①: 3台以上接続する場合)."""


@dataclass(frozen=True, slots=True)
class SiteInventory:
    """A site and its hosts, checked; `folder` is where its files lie."""

    folder: Path
    site: Site
    router: Router
    onu: Onu | None
    switch: Switch | None
    terminals: tuple[Terminal, ...]
    receipt_pcs: tuple[ReceiptPc, ...]

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Lists all hosts in the order that traffic meets them."""
        line = [self.onu, self.router, self.switch]
        return (*(host for host in line if host is not None), *self.terminals, *self.receipt_pcs)


def site_names(inventory: Path) -> list[str]:
    """Lists the sites of an inventory by folder name."""
    sites = inventory / "sites"
    return (
        sorted(entry.name for entry in sites.iterdir() if entry.is_dir()) if sites.is_dir() else []
    )


def _fault(place: Place, message: str, **values: Any) -> Fault:
    return Fault(
        place,
        text(f"inventory.{message}", **values),
        text(f"inventory.{message}.remedy", default="", **values),
    )


def _folder(inventory: Path, name: str) -> Path:
    folder = inventory / "sites" / name
    if "/" in name or name in {"", ".", ".."} or not folder.is_dir():
        known = site_names(inventory)
        hint = nearest(name, known) if known else ""
        fault = _fault(Place(item="SITE"), "no-site", site=shown(name), folder=inventory / "sites")
        raise InputError([Fault(fault.place, fault.problem, hint or fault.remedy)])
    return folder


def _same(path: Path_) -> Path_:
    return path


def _host_faults(document: Document, groups: set[str]) -> Iterator[Fault]:
    """Finds what would make Nornir's own loader fail or let a password in."""
    for name, host in document.data.items():
        if not isinstance(name, str) or not isinstance(host, dict):
            yield _fault(document.place(str(name)), "not-mapping")
            continue
        for key in host:
            if key == "password":
                yield _fault(document.place(name, key), "password-in-inventory")
            elif key not in HOST_KEYS:
                place = document.place(name, str(key))
                yield Fault(
                    place,
                    text("inventory.unknown-field", field=shown(key)),
                    nearest(str(key), HOST_KEYS),
                )
        data = host.get("data", {})
        if not isinstance(data, dict):
            yield _fault(document.place(name, "data"), "not-mapping")
        yield from _group_faults(document, name, host.get("groups", []), groups)


def _group_faults(document: Document, name: str, asked: Any, groups: set[str]) -> Iterator[Fault]:
    if not isinstance(asked, list) or not all(isinstance(group, str) for group in asked):
        yield _fault(document.place(name, "groups"), "not-list")
        return
    if not asked:
        yield _fault(document.place(name), "no-group", groups=", ".join(sorted(KINDS)))
    for index, group in enumerate(asked):
        if group not in groups:
            place = document.place(name, "groups", index)
            yield Fault(
                place, text("inventory.no-such-group", group=shown(group)), nearest(group, groups)
            )


def _kind(groups: list[Group]) -> type[Host] | None:
    for group in groups:
        if group.name in KINDS:
            return KINDS[group.name]
        inner = _kind(list(group.groups))
        if inner is not None:
            return inner
    return None


def _host(document: Document, stock: Inventory, name: str) -> Host | list[Fault]:
    host = stock.hosts[name]
    kind = _kind(list(host.groups))
    if kind is None:
        return [_fault(document.place(name, "groups"), "no-group", groups=", ".join(sorted(KINDS)))]
    own = document.data[name]
    fields: dict[str, Any] = {**host.extended_data(), "name": name}
    written = {key: own[key] for key in ("hostname", "port", "username") if key in own}
    outer = {key: value for key, value in written.items() if key in kind.model_fields or key in own}

    def path_of(path: Path_) -> Path_:
        field = path[0] if path else ""
        if field == "name" or not path:
            return (name,)
        return (name, *path) if field in HOST_KEYS else (name, "data", *path)

    return validate(kind, document, {**fields, **outer}, path_of)


def _load_hosts(folder: Path, inventory: Path) -> tuple[Document, list[Host], list[Fault]]:
    document = read_document(folder / "hosts.yaml")
    group_names = set(read_document(inventory / "groups.yaml").data)
    faults = list(_host_faults(document, group_names))
    if faults:
        return document, [], faults
    stock = SimpleInventory(
        host_file=str(document.file),
        group_file=str(inventory / "groups.yaml"),
        defaults_file=str(inventory / "defaults.yaml"),
    ).load()
    hosts: list[Host] = []
    for name in document.data:
        found = _host(document, stock, name)
        if isinstance(found, list):
            faults.extend(found)
        else:
            hosts.append(found)
    return document, hosts, faults


def _cross_faults(document: Document, site: Site, hosts: list[Host]) -> Iterator[Fault]:
    """Finds what each file allows on its own but the site does not."""
    segments = site.facts.segments
    by_address: dict[IPv4Address, str] = {}
    for host in hosts:
        if not isinstance(host, Router | Windows):
            continue
        place = document.place(host.name, "hostname")
        twin = by_address.setdefault(host.hostname, host.name)
        if twin != host.name:
            yield _fault(place, "same-address", address=host.hostname, other=twin)
        segment = segments.clinic if isinstance(host, ReceiptPc) else segments.terminal
        if host.hostname not in segment.ipv4:
            yield _fault(place, "outside-segment", address=host.hostname, network=segment.ipv4)
        taken = {segment.router, segment.gateway}
        if isinstance(host, Windows) and host.hostname in taken:
            yield _fault(place, "same-address", address=host.hostname, other="router")
        if isinstance(host, Router) and host.hostname != segments.terminal.router:
            yield _fault(
                place, "router-address", address=host.hostname, expected=segments.terminal.router
            )
        if isinstance(host, Router) and host.model not in router_model_names():
            hint = nearest(host.model, router_model_names())
            yield Fault(
                document.place(host.name, "groups"),
                text("inventory.no-such-model", model=host.model),
                hint,
            )
    yield from _count_faults(document, hosts)


def _count_faults(document: Document, hosts: list[Host]) -> Iterator[Fault]:
    for kind, most in ((Router, 1), (Onu, 1), (Switch, 1)):
        some = [host for host in hosts if isinstance(host, kind)]
        for extra in some[most:]:
            yield _fault(document.place(extra.name), "too-many", kind=kind.__name__.lower())
    if not any(isinstance(host, Router) for host in hosts):
        yield _fault(Place(document.file), "no-router")
    terminals = [host for host in hosts if isinstance(host, Terminal)]
    has_switch = any(isinstance(host, Switch) for host in hosts)
    if len(terminals) > TERMINALS_WITHOUT_SWITCH and not has_switch:
        yield _fault(document.place(terminals[-1].name), "needs-switch", count=len(terminals))


def _site(document: Document, name: str) -> Site | list[Fault]:
    facts = validate(SiteFile, document, document.data, _same)
    if isinstance(facts, list):
        return facts
    if facts.region not in region_names():
        hint = nearest(facts.region, region_names())
        return [
            Fault(
                document.place("region"),
                text("inventory.no-such-region", region=facts.region),
                hint,
            )
        ]
    return Site(name=name, facts=facts)


def load_site(inventory: Path, name: str) -> SiteInventory:
    """Reads and checks one site. Raises InputError with every fault of site.yaml and hosts.yaml."""
    folder = _folder(inventory, name)
    faults: list[Fault] = []
    site: Site | None = None
    try:
        read = _site(read_document(folder / "site.yaml"), name)
        if isinstance(read, Site):
            site = read
        else:
            faults.extend(read)
    except InputError as error:
        faults.extend(error.faults)
    try:
        document, hosts, host_faults = _load_hosts(folder, inventory)
        faults.extend(host_faults)
        if site is not None and not host_faults:
            faults.extend(_cross_faults(document, site, hosts))
    except InputError as error:
        faults.extend(error.faults)
    if faults or site is None:
        raise InputError(faults)
    return _assembled(folder, site, hosts)


def _assembled(folder: Path, site: Site, hosts: list[Host]) -> SiteInventory:
    return SiteInventory(
        folder=folder,
        site=site,
        router=next(host for host in hosts if isinstance(host, Router)),
        onu=next((host for host in hosts if isinstance(host, Onu)), None),
        switch=next((host for host in hosts if isinstance(host, Switch)), None),
        terminals=tuple(host for host in hosts if isinstance(host, Terminal)),
        receipt_pcs=tuple(host for host in hosts if isinstance(host, ReceiptPc)),
    )
