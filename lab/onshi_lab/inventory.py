"""A site of an inventory as it really is: the files' belief, and the truth of `world.yaml`.

The lab reads the inventory's files by their format alone (docs/lab-sites.md): `site.yaml`,
`hosts.yaml` and the groups of a stock Nornir inventory. What it does not need it does not judge.
Every fault that it finds is reported at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Any

from onshi_lab import reader
from onshi_lab.addresses import PUBLIC_RESOLVERS, REGIONS
from onshi_lab.errors import SiteFileError, UsageError
from onshi_lab.reader import Reader
from onshi_lab.site import (
    LAPTOP_NODES,
    PREFIX_LENGTH,
    BranchKind,
    Device,
    Lan,
    Line,
    LineMode,
    Pc,
    References,
    RouterFacts,
    Site,
    User,
    line_prefixes,
)

SITE, HOSTS, WORLD = "site.yaml", "hosts.yaml", "world.yaml"
FILES = (SITE, HOSTS, WORLD)
SHARED = ("defaults.yaml", "groups.yaml")
"""The inventory's own files beside `sites/`."""

FIRMWARE = {
    "RTX830": "15.02.31",
    "RTX840": "23.02.03",
    "RTX1210": "14.01.42",
    "RTX1220": "15.04.07",
    "RTX1300": "23.00.12",
    "NVR510": "15.01.26",
}
"""Which revision a router has that nobody gave one; RTX840's and NVR510's are inferences."""

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

NONE: tuple[str, ...] = ()
UNDONE: tuple[Mapping[str, Any], ...] = ()
GLOBAL = IPv6Network("2000::/3")
"""Global unicast (RFC 4291 2.4)."""
LAPTOPS = f"a number from 1 to {len(LAPTOP_NODES)}"


def laptops(value: object) -> int:
    """How many laptops there are; ValueError for anything else."""
    if not re.fullmatch(f"[1-{len(LAPTOP_NODES)}]", str(value)):
        raise ValueError(value)
    return int(str(value))


@dataclass(frozen=True, slots=True)
class Host:
    """One entry of `hosts.yaml` with what its groups say."""

    name: str
    groups: frozenset[str]
    hostname: str
    username: str
    data: Mapping[str, Any]


def names(inventory: Path) -> tuple[str, ...]:
    """The sites of an inventory in alphabetical order."""
    return tuple(sorted(path.parent.name for path in (inventory / "sites").glob(f"*/{SITE}")))


def load_site(inventory: Path, name: str) -> Site:
    """The site of that name as it really is.

    Raises UsageError for an unknown name, SiteFileError with every fault of its files.
    """
    if name not in names(inventory):
        if not (inventory / "sites").is_dir():
            raise UsageError(f"{inventory} is no inventory: it has no folder `sites`")
        raise UsageError.unknown("site", name, names(inventory))
    return read(inventory, inventory / "sites" / name)


def read(inventory: Path, folder: Path) -> Site:
    """The site in a folder; raises SiteFileError with every fault of its files."""
    faults: list[str] = []
    sheet, listed = reader.load(folder / SITE, faults), reader.load(folder / HOSTS, faults)
    groups = reader.load(inventory / "groups.yaml", faults)
    has_world = (folder / WORLD).exists()
    world = reader.load(folder / WORLD, faults) if has_world else {}
    readable = not faults
    facts, truth = Reader(sheet, f"{SITE}: ", faults), Reader(world or {}, f"{WORLD}: ", faults)
    hosts = _hosts(listed, groups, faults)
    # A file that is none at all would be reported once more for each value that it lacks.
    if not readable or not isinstance(sheet, Mapping) or not isinstance(listed, Mapping):
        raise SiteFileError(folder.name, tuple(faults))
    site = _Maker(folder.name, facts, hosts, truth).site()
    if not faults:
        faults.extend(_contradictions(site))
    if faults:
        raise SiteFileError(folder.name, tuple(faults))
    return site


# -- hosts ---------------------------------------------------------------------------------------


def _hosts(values: object, groups: object, faults: list[str]) -> tuple[Host, ...]:
    root = Reader(values, f"{HOSTS}: ", faults)
    known = _groups(groups, faults)
    for name in root.names():
        if not re.fullmatch(_NAME, name):
            faults.append(f"{HOSTS}: {name!r} is no host name: letters, digits, `.`, `_` and `-`")
    return tuple(_host(name, root.section(name), known, faults) for name in root.names())


def _groups(values: object, faults: list[str]) -> Mapping[str, Any]:
    """Each group's own groups and data."""
    root = Reader({} if values is None else values, "groups.yaml: ", faults)
    found = {}
    for name in root.names():
        group = root.section(name)
        empty: Mapping[str, Any] = {}
        found[name] = {
            "groups": group.maybe("groups", reader.words_of, "a list of groups", NONE),
            "data": group.maybe("data", reader.mapping, "a mapping", empty),
        }
    return found


def _host(name: str, own: Reader, groups: Mapping[str, Any], faults: list[str]) -> Host:
    members = own.maybe("groups", reader.words_of, "a list of groups", NONE)
    lineage = tuple(_lineage(members, groups))
    for group in lineage:
        if group not in groups:
            faults.append(f"{HOSTS}: {name}.groups names {group!r}, which groups.yaml does not")
    data: dict[str, Any] = {}
    for group in reversed(lineage):
        data |= groups.get(group, {}).get("data", {})
    empty: Mapping[str, Any] = {}
    data |= own.maybe("data", reader.mapping, "a mapping", empty)
    return Host(
        name,
        frozenset(lineage),
        own.maybe("hostname", reader.text, "an address", ""),
        own.maybe("username", reader.text, "a name", ""),
        data,
    )


def _lineage(members: tuple[str, ...], groups: Mapping[str, Any]) -> Iterator[str]:
    """The groups of a host and theirs, nearest first, each once."""
    left, seen = list(members), set[str]()
    while left:
        group = left.pop(0)
        if group in seen:
            continue
        seen.add(group)
        yield group
        left.extend(groups.get(group, {}).get("groups", ()))


# -- the site ------------------------------------------------------------------------------------


class _Maker:
    """Puts a site together from the sheet (`facts`, `hosts`) and the truth."""

    def __init__(self, name: str, facts: Reader, hosts: tuple[Host, ...], truth: Reader) -> None:
        self._name = name
        self._facts = facts
        self._truth = truth
        self._hosts = hosts
        self._windows = facts.section("windows")
        self._receipt = self._windows.section("receipt")
        self._people = dict(self._receipt.sections("users"))
        self._user = self._receipt.maybe("user", reader.text, "a name", "reception")
        self._truths = dict(truth.sections("hosts"))
        self._programs = tuple(self._software())

    def site(self) -> Site:
        """The site; faults are in the readers' list."""
        facts, truth = self._facts, self._truth
        region = facts.take("region", reader.one_of(*REGIONS), " or ".join(REGIONS), "west")
        terminal, clinic, others = self._networks()
        router = self._router_host()
        terminals, receipts = self._pcs("terminal", terminal), self._pcs("receipt_pc", clinic)
        site = Site(
            name=self._name,
            title=facts.section("institution").take("name", reader.text, "a line of text", ""),
            region=REGIONS[region],
            line=self._line(),
            branch=self._branch(),
            switch=truth.maybe("switch", reader.flag, "true or false", bool(self._in("switch"))),
            terminal=terminal,
            clinic=clinic,
            others=others,
            terminals=tuple(pc for pc, absent in terminals if not absent),
            receipts=tuple(pc for pc, absent in receipts if not absent),
            devices=tuple(self._devices(terminal, clinic)),
            router=self._router(router, terminal),
            references=self._references(router),
            public=self._public(),
            laptops=truth.maybe("laptops", laptops, LAPTOPS, 1),
            absent=tuple(pc for pc, absent in (*terminals, *receipts) if absent),
        )
        for name in self._truths:
            known = ", ".join(host.name for host in self._hosts)
            truth.faults.append(f"{WORLD}: hosts.{name} is no PC of {HOSTS}; known: {known}")
        truth.finish(
            "line", "branch", "router", "networks", "switch", "hosts", "devices", "laptops"
        )
        return site

    def _in(self, group: str) -> tuple[Host, ...]:
        return tuple(host for host in self._hosts if group in host.groups)

    def _public(self) -> tuple[str, ...]:
        probes = self._facts.maybe("internet_probes", _addresses, "a list of addresses", NONE)
        return probes or PUBLIC_RESOLVERS

    # -- line and branch

    def _line(self) -> Line:
        line, truth = self._facts.section("line"), self._truth.section("line")
        product = line.take("product", reader.text, "a product's name", "")
        phone = line.maybe("hikari_denwa", reader.flag, "true or false", False)
        believed = LineMode.PD if phone or "クロス" in product else LineMode.RA
        mode = truth.maybe("mode", reader.member(LineMode), "ra or pd", believed)
        now, later = line_prefixes(self._name, mode)
        way = "delegates" if mode is LineMode.PD else "advertises"
        expected = f"an IPv6 prefix of length {PREFIX_LENGTH[mode]} (the line {way} one)"

        def prefix(value: object) -> IPv6Network:
            network = IPv6Network(reader.text(value))
            if network.prefixlen != PREFIX_LENGTH[mode]:
                raise ValueError(value)
            return network

        found = Line(
            mode,
            truth.maybe("prefix", prefix, expected, now),
            truth.maybe("changed_prefix", prefix, expected, later),
            truth.maybe("registered", reader.flag, "true or false", True),
        )
        truth.finish("mode", "prefix", "changed_prefix", "registered")
        return found

    def _branch(self) -> BranchKind:
        kinds = ", ".join(BranchKind)
        branch = self._facts.section("access").section("branch")
        parse = reader.member(BranchKind)
        believed = branch.maybe("kind", parse, f"one of {kinds}", BranchKind.NONE)
        return self._truth.maybe("branch", parse, f"one of {kinds}", believed)

    # -- networks

    def _networks(self) -> tuple[Lan, Lan, tuple[Lan, ...]]:
        segments, truth = self._facts.section("segments"), self._truth.section("networks")
        device, ways = "clinic-device", ("pc", "clinic-device")
        way = self._receipt.maybe("route", reader.one_of(*ways), " or ".join(ways), "pc")
        terminal = _lan(segments.section("terminal"), truth.section("terminal"))
        clinic = _lan(segments.section("clinic"), truth.section("clinic"), route=way == device)
        others = []
        for each in truth.items("others"):
            network = each.take("ipv4", _network, "an IPv4 network", IPv4Network(0))
            first = next(iter(network.hosts()), network.network_address)
            gateway = each.maybe("gateway", _host_address, "an IPv4 address", first)
            each.finish("ipv4", "gateway")
            others.append(Lan(network, gateway, gateway))
        truth.finish("terminal", "clinic", "others")
        return terminal, clinic, tuple(others)

    def _devices(self, terminal: Lan, clinic: Lan) -> Iterator[Device]:
        for each in self._truth.items("devices"):
            name = each.take("name", reader.token(_NAME), "a name", "")
            where = each.take(
                "network", reader.one_of("terminal", "clinic"), "terminal or clinic", ""
            )
            lan = clinic if where == "clinic" else terminal
            address = each.take("address", _host_address, "an IPv4 address", IPv4Address(0))
            each.finish("name", "network", "address")
            yield Device(name, where == "clinic", _with_length(address, lan))

    # -- router

    def _router_host(self) -> Host:
        found = self._in("router")
        if len(found) != 1:
            self._truth.faults.append(f"{HOSTS}: {len(found)} routers; a site has one")
            return Host("router", frozenset(), "", "", {})
        return found[0]

    def _router(self, host: Host, terminal: Lan) -> RouterFacts:
        truth = self._truth.section("router")
        data = Reader(dict(host.data), f"{HOSTS}: {host.name}.data.", truth.faults)
        models = reader.one_of(*FIRMWARE)
        known = f"one of {', '.join(FIRMWARE)}"
        believed = data.take("model", models, known, "RTX830")
        model = truth.maybe("model", models, known, believed)
        serial = data.maybe("serial", reader.token(r"[\w.-]{1,64}"), "a word", "")
        revision = reader.token(r"\d+\.\d+\.\d+")
        length = terminal.network.prefixlen
        found = RouterFacts(
            model=model,
            firmware=truth.maybe("firmware", revision, "such as 15.02.31", FIRMWARE[model]),
            serial=truth.maybe(
                "serial", reader.token("[A-Z0-9]{4,16}"), "capitals and digits", serial
            )
            or f"S5X{hashlib.sha256(self._name.encode()).hexdigest()[:6].upper()}",
            address=truth.maybe(
                "address",
                lambda value: IPv4Interface(reader.text(value)),
                "an address with prefix length",
                IPv4Interface(f"{self._router_address(host, terminal)}/{length}"),
            ),
            user=truth.maybe("user", reader.text, "a name", host.username or "onshi"),
            language=truth.maybe("language", reader.one_of("ja", "en"), "ja or en", "ja"),
            drop_is_logout=truth.maybe("drop_is_logout", reader.flag, "true or false", False),
            config=truth.maybe("config", reader.lines, "lines of text", ""),
        )
        truth.finish(
            *("model", "firmware", "serial", "address", "user", "language"),
            *("drop_is_logout", "config"),
        )
        return found

    def _router_address(self, host: Host, terminal: Lan) -> IPv4Address:
        try:
            return IPv4Address(host.hostname) if host.hostname else terminal.router
        except ValueError:
            where = f"{HOSTS}: {host.name}.hostname"
            self._truth.faults.append(f"{where} is {host.hostname!r}; it must be an IPv4 address")
            return terminal.router

    def _references(self, router: Host) -> References:
        data = Reader(dict(router.data), f"{HOSTS}: {router.name}.data.", self._truth.faults)
        reference = reader.token(r"\w[\w.・/-]*")
        own = data.take("secret", reference, "a secret's reference", "x")
        link = self._windows.section("link")
        return References(
            router=own,
            router_admin=data.take("admin_secret", reference, "a secret's reference", "x"),
            router_initial=data.maybe("initial_secret", reference, "a secret's reference", own),
            router_unnamed=data.maybe(
                "unnamed_secret", _optional(reference), "a secret's reference", None
            ),
            link=link.maybe("secret", reference, "a secret's reference", f"{self._name}/link"),
            client_certificate=self._facts.maybe(
                "client_certificate", _optional(reference), "a secret's reference", None
            ),
        )

    # -- PCs

    def _pcs(self, group: str, lan: Lan) -> tuple[tuple[Pc, bool], ...]:
        """The PCs of a group, and whether each is absent."""
        return tuple(self._there(host, lan, group) for host in self._in(group))

    def _there(self, host: Host, lan: Lan, group: str) -> tuple[Pc, bool]:
        truth = self._truths.pop(host.name, Reader({}, "", self._truth.faults))
        pc = self._pc(host, truth, lan, own_user=group == "receipt_pc")
        absent = truth.maybe("absent", reader.flag, "true or false", False)
        truth.finish(
            *("address", "dhcp", "absent", "windows", "language", "computer_name", "state")
        )
        return pc, absent

    def _pc(self, host: Host, truth: Reader, lan: Lan, *, own_user: bool) -> Pc:
        try:
            believed = _with_length(IPv4Address(host.hostname), lan)
        except ValueError:
            where = f"{HOSTS}: {host.name}.hostname"
            self._truth.faults.append(f"{where} is {host.hostname!r}; it must be an IPv4 address")
            believed = _with_length(IPv4Address(0), lan)
        name = str(host.data.get("computer_name") or _computer_name(host.name))
        return Pc(
            name=host.name,
            address=truth.maybe(
                "address", lambda value: _placed(value, lan), "an IPv4 address", believed
            ),
            users=tuple(self._users(host, own_user)),
            computer_name=truth.maybe("computer_name", reader.text, "a name", name),
            dhcp=truth.maybe("dhcp", reader.flag, "true or false", False),
            release=truth.maybe("windows", reader.text, "a release", ""),
            language=truth.maybe("language", reader.one_of("ja", "en"), "ja or en", "ja"),
            requests=(
                *(() if own_user else self._programs),
                *truth.maybe("state", reader.mappings, "a list of requests", UNDONE),
            ),
        )

    def _software(self) -> Iterator[dict[str, Any]]:
        """What the sheet says is on a terminal: it is there, unless the truth says otherwise."""
        for item, told in self._windows.section("terminal").sections("software"):
            name = told.take("name", reader.text, "a name", "").replace("*", "")
            version = told.maybe("version", reader.text, "a version", "1.0")
            if item == "card-reader":
                yield {"do": "plug", "name": name, "class": "SmartCardReader"}
            elif name:
                yield {"do": "program", "name": name, "version": version}

    def _users(self, host: Host, own_user: bool) -> Iterator[User]:
        secret = str(host.data.get("secret") or f"{self._name}/{host.name}-admin")
        yield User(host.username or "Administrator", secret, admin=True)
        if not own_user:
            return
        name = self._user
        reference = f"{self._name}/{host.name}-user"
        if (person := self._people.get(host.name)) is not None:
            name = person.take("name", reader.text, "a name", name)
            reference = person.take("secret", reader.text, "a secret's reference", reference)
        if name.lower() != (host.username or "Administrator").lower():
            yield User(name, reference, admin=False)


def _computer_name(host: str) -> str:
    """What a PC calls itself that nobody gave a name: 15 letters, digits or hyphens."""
    return re.sub(r"[^A-Z0-9-]", "-", host.upper())[:15].strip("-")


def _optional(parse: Any) -> Any:
    def answer(value: object) -> str | None:
        return str(parse(value))

    return answer


def _addresses(value: object) -> tuple[str, ...]:
    return tuple(str(ip_address(each)) for each in reader.words_of(value))


def _lan(sheet: Reader, truth: Reader, *, route: bool = False) -> Lan:
    network = sheet.take("ipv4", _network, "an IPv4 network", IPv4Network(0))
    router = sheet.take("router", _host_address, "an IPv4 address", IPv4Address(0))
    gateway = sheet.maybe("gateway", _optional_address, "an IPv4 address", None)
    found = Lan(
        truth.maybe("ipv4", _network, "an IPv4 network", network),
        router,
        truth.maybe("gateway", _optional_address, "an IPv4 address", gateway),
        truth.maybe("route", reader.flag, "true or false", route),
    )
    truth.finish("ipv4", "gateway", "route")
    return found


def _network(value: object) -> IPv4Network:
    return IPv4Network(reader.text(value))


def _host_address(value: object) -> IPv4Address:
    return IPv4Address(reader.text(value))


def _optional_address(value: object) -> IPv4Address | None:
    return _host_address(value)


def _with_length(address: IPv4Address, lan: Lan) -> IPv4Interface:
    return IPv4Interface(f"{address}/{lan.network.prefixlen}")


def _placed(value: object, lan: Lan) -> IPv4Interface:
    """An address with its own prefix length, or with the network's."""
    address = reader.text(value)
    return IPv4Interface(address) if "/" in address else _with_length(IPv4Address(address), lan)


def _contradictions(site: Site) -> Iterator[str]:
    """What each value allows but all together do not."""
    if len(site.terminals) > 2 and not site.switch:
        yield f"{len(site.terminals)} terminals need a switch (two router ports)"
    lans = (site.terminal, site.clinic, *site.others)
    for number, lan in enumerate(lans):
        if lan.gateway is not None and lan.gateway not in lan.network:
            yield f"the gateway {lan.gateway} is not in its network {lan.network}"
        for other in lans[number + 1 :]:
            if lan.network.overlaps(other.network):
                yield f"the networks {lan.network} and {other.network} overlap"
    for prefix in (site.line.prefix, site.line.changed_prefix):
        if not prefix.subnet_of(GLOBAL) or prefix.overlaps(IPv6Network(site.region.center_network)):
            yield f"the line's prefix {prefix} is none that a line can have"
    called = [*(pc.name for pc in site.pcs), *(device.name for device in site.devices)]
    yield from (
        f"{name!r} is the name of two hosts" for name in sorted({*called}) if called.count(name) > 1
    )
    if site.clinic.gateway is None and site.others:
        yield f"{WORLD}: networks.others needs networks.clinic.gateway, which joins them"
