"""One site's folder as a checked `SiteInventory`: all faults of all its files at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from onshi_net import formats
from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.inventory.as_built import as_built_faults
from onshi_net.inventory.document import Document, fault_of, read_document, shown
from onshi_net.inventory.faults import nearest, validate
from onshi_net.inventory.plain import readable_secrets
from onshi_net.inventory.sites import SITE_FILE, site_folder
from onshi_net.inventory.stock import Shared, host_faults, inherited, place_in, read_shared
from onshi_net.model import Onu, ReceiptPc, Router, Site, SiteFile, Switch, Terminal
from onshi_net.model.accounts import Form, account, same_name
from onshi_net.model.as_built import AsBuilt
from onshi_net.model.catalogue import is_router_model, region_names, router_model_names
from onshi_net.model.hosts import HOSTED, Host, Windows
from onshi_net.model.site import Segments
from onshi_net.model.survey import Contract
from onshi_net.model.windows import WindowsFacts

T = TypeVar("T")
KINDS: dict[str, type[Host]] = {
    "onu": Onu,
    "router": Router,
    "switch": Switch,
    "terminal": Terminal,
    "receipt_pc": ReceiptPc,
}
HOSTS_FILE = "hosts.yaml"
TERMINALS_WITHOUT_SWITCH = 2
"""More terminals need a switch (brochure 提供条件①: 3台以上接続する場合)."""


@dataclass(frozen=True, slots=True)
class SiteInventory:
    """A site and its hosts, checked; `folder` is where its files lie."""

    folder: Path
    site: Site
    router: Router
    onu: Onu | None
    switches: tuple[Switch, ...]
    terminals: tuple[Terminal, ...]
    receipt_pcs: tuple[ReceiptPc, ...]

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Lists all hosts in the order that traffic meets them."""
        line = [self.onu, self.router, *self.switches]
        return (*(host for host in line if host is not None), *self.terminals, *self.receipt_pcs)


class Facts(Protocol):
    """What a site's file says, finished or not."""

    @property
    def segments(self) -> Segments | None:
        """Answers the networks; None where they are yet to be found out."""

    @property
    def windows(self) -> WindowsFacts:
        """Answers what is to be on the PCs."""

    @property
    def contract(self) -> Contract:
        """Answers who bought what."""

    @property
    def as_built(self) -> AsBuilt:
        """Answers what was noted when the work was done."""


F = TypeVar("F", bound=Facts)


def _kind(groups: Iterable[str]) -> type[Host] | None:
    return next((KINDS[group] for group in groups if group in KINDS), None)


def _host(document: Document, shared: Shared, name: str) -> Host | list[Fault]:
    found = inherited(document, name, shared)
    kind = _kind(found.groups)
    if kind is None:
        place = document.place(name, "groups")
        return [fault_of(place, "no-group", groups=", ".join(sorted(KINDS)))]
    own = document.data[name]
    connection = {
        key: value
        for key, value in found.connection.items()
        if key != "platform" and (key in own or key in kind.model_fields)
    }
    fields = {**found.data, **connection, "name": name}
    return validate(kind, fields, lambda path: place_in(found, document, name, path))


def read_hosts(file: Path, shared: Shared | None) -> tuple[Document, list[Host]]:
    """Reads a site's hosts. Raises InputError with every fault of the file.

    Without what they inherit (`shared` is None) the form of the file alone is checked.
    """
    document = read_document(file)
    faults: list[Fault] = []
    hosts: list[Host] = []
    for name in document.data:
        of_form = list(host_faults(document, name, shared.names if shared is not None else None))
        faults.extend(of_form)
        if shared is None or of_form:
            continue
        found = _host(document, shared, name)
        if isinstance(found, list):
            faults.extend(found)
        else:
            hosts.append(found)
    if faults:
        raise InputError(faults)
    return document, hosts


def read_site_file(folder: Path) -> Document:
    """Reads a site's facts without their format, which is one that is known here.

    Raises InputError with every fault of the file's form, NewerFormat.
    """
    document = read_document(folder / SITE_FILE)
    data = dict(document.data)
    formats.check(document.place("format"), data.pop("format", formats.FIRST), formats.SITE)
    return Document(document.file, data, document.lines)


def facts_of(model: type[F], document: Document) -> F:
    """Answers what a site's file says. Raises InputError with every fault of it."""
    kind = cast("type[Any]", model)  # a pydantic model, which a Protocol can't ask for
    found: F | list[Fault] = validate(kind, document.data, lambda path: document.place(*path))
    faults = [
        fault_of(document.place(*path), "password-in-inventory")
        for path in readable_secrets(document.data, references=True)
    ]
    told = {fault.place for fault in faults}
    faults.extend(fault for fault in _of(found) if fault.place not in told)
    region = document.data.get("region")
    if isinstance(region, str) and region not in region_names():
        problem = text("inventory.no-such-region", region=shown(region))
        faults.append(Fault(document.place("region"), problem, nearest(region, region_names())))
    if faults or isinstance(found, list):
        raise InputError(faults)
    return found


def _of(found: object) -> list[Fault]:
    return found if isinstance(found, list) else []


def cross_faults(document: Document, segments: Segments, hosts: Sequence[Host]) -> Iterator[Fault]:
    """Finds what each file allows on its own but the site does not."""
    by_address: dict[IPv4Address, str] = {}
    for host in hosts:
        if not isinstance(host, Router | Windows):
            continue
        place = document.place(host.name, "hostname")
        twin = by_address.setdefault(host.hostname, host.name)
        if twin != host.name:
            yield fault_of(place, "same-address", address=host.hostname, other=twin)
        segment = segments.clinic if isinstance(host, ReceiptPc) else segments.terminal
        if host.hostname not in segment.ipv4:
            yield fault_of(place, "outside-segment", address=host.hostname, network=segment.ipv4)
        taken = {segment.router, segment.gateway}
        if isinstance(host, Windows) and host.hostname in taken:
            yield fault_of(place, "same-address", address=host.hostname, other="router")
        if isinstance(host, Router) and host.hostname != segments.terminal.router:
            yield fault_of(
                place, "router-address", address=host.hostname, expected=segments.terminal.router
            )
        if isinstance(host, Router) and not is_router_model(host.model):
            hint = nearest(host.model, router_model_names())
            yield Fault(
                document.place(host.name, "groups"),
                text("inventory.no-such-model", model=host.model),
                hint,
            )
        if isinstance(host, Router):
            yield from _service_faults(document, segments, host)
    yield from _count_faults(document, hosts)


def _link_user_faults(document: Document, user: str, hosts: Sequence[Host]) -> Iterator[Fault]:
    """Finds terminals on which the link user can't be made: something has its name.

    Windows refuses a user that is called like the computer, and an administrator would get the link
    user's password.
    """
    for host in (one for one in hosts if isinstance(one, Terminal)):
        admin = account(host.username or "Administrator")
        owner = {
            "pc": host.computer_name or "",
            "admin": "" if admin.form in {Form.PRINCIPAL, Form.MICROSOFT} else admin.name,
        }
        for other, name in owner.items():
            if same_name(name, user):
                field = ("data", "computer_name") if other == "pc" else ("username",)
                by = text(f"inventory.windows-name.taken-by-{other}")
                place = document.place(host.name, *field)
                yield fault_of(place, "windows-name.taken", host=host.name, user=user, other=by)


def _service_faults(document: Document, segments: Segments, router: Router) -> Iterator[Fault]:
    """Finds services of the router that would stay open to nobody in particular."""
    inside = segments.terminal.ipv4
    for name, kept in router.other_services.items():
        place = document.place(router.name, "data", "other_services", name)
        if bool(kept.hosts) != (name in HOSTED):
            yield fault_of(place, "service-for-whom" if name in HOSTED else "service-for-all")
        for address in kept.hosts:
            if address not in inside:
                yield fault_of(place, "outside-segment", address=address, network=inside)


def _count_faults(document: Document, hosts: Sequence[Host]) -> Iterator[Fault]:
    for kind, most in ((Router, 1), (Onu, 1)):
        some = [host for host in hosts if isinstance(host, kind)]
        for extra in some[most:]:
            yield fault_of(
                document.place(extra.name),
                "too-many",
                kind=text(f"inventory.kind.{kind.__name__.lower()}"),
            )
    if not any(isinstance(host, Router) for host in hosts):
        yield fault_of(Place(document.file), "no-router")
    terminals = [host for host in hosts if isinstance(host, Terminal)]
    has_switch = any(isinstance(host, Switch) for host in hosts)
    if len(terminals) > TERMINALS_WITHOUT_SWITCH and not has_switch:
        yield fault_of(document.place(terminals[-1].name), "needs-switch", count=len(terminals))


def gather(faults: list[Fault], read: Callable[[], T]) -> T | None:
    """Answers what is read; None where it is faulty, and the faults are then among the others.

    Raises NewerFormat.
    """
    try:
        return read()
    except formats.NewerFormat:
        raise
    except InputError as error:
        faults.extend(error.faults)
        return None


def read_site(
    inventory: Path, name: str, model: type[F], shared: Shared | None = None
) -> tuple[Path, F, list[Host] | None]:
    """Reads a site's folder, facts and hosts; None for hosts that nobody listed yet.

    `model` says what must be there; `shared` are the inventory's own files where somebody read
    them before. Raises InputError with every fault of all files that the site is of; of a file of
    a newer format only that is told: what else it holds is not ours to judge.
    """
    folder = site_folder(inventory, name)
    file = folder / HOSTS_FILE
    faults: list[Fault] = []
    said = gather(faults, lambda: read_site_file(folder))
    facts = None if said is None else gather(faults, lambda: facts_of(model, said))
    known = shared or gather(faults, lambda: read_shared(inventory))
    listed: tuple[Document, list[Host]] | None = None
    if model is SiteFile or os.path.lexists(file) or not os.access(folder, os.X_OK):
        listed = gather(faults, lambda: read_hosts(file, known))
    segments = facts.segments if facts is not None else None
    if segments is not None and listed is not None and known is not None:
        faults.extend(cross_faults(listed[0], segments, listed[1]))
    if facts is not None and listed is not None:
        faults.extend(_link_user_faults(listed[0], facts.windows.link.name, listed[1]))
    if facts is not None and said is not None and listed is not None:
        faults.extend(as_built_faults(said, facts.as_built, facts.contract, listed[1]))
    if faults or facts is None:
        raise InputError(faults)
    return folder, facts, listed[1] if listed is not None else None


def load_site(inventory: Path, name: str) -> SiteInventory:
    """Reads and checks one finished site. Raises InputError with every fault, see `read_site`."""
    folder, facts, hosts = read_site(inventory, name, SiteFile)
    return _assembled(folder, Site(name=name, facts=facts), hosts or [])


def _assembled(folder: Path, site: Site, hosts: Sequence[Host]) -> SiteInventory:
    return SiteInventory(
        folder=folder,
        site=site,
        router=next(host for host in hosts if isinstance(host, Router)),
        onu=next((host for host in hosts if isinstance(host, Onu)), None),
        switches=tuple(host for host in hosts if isinstance(host, Switch)),
        terminals=tuple(host for host in hosts if isinstance(host, Terminal)),
        receipt_pcs=tuple(host for host in hosts if isinstance(host, ReceiptPc)),
    )
