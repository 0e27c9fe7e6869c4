"""From what chance decided to a site that is possible: `generate` is the one way in.

What dimensions decide apart is fitted together here and nowhere else: a /29 with too many hosts
becomes a /28; three terminals get a switch; a line with an HGW or OGW has ひかり電話 unless it is
フレッツ光クロス (these gateways come with it); ONU and HGW are of the line's kind; a 隼 or クロス
line has the v6 option included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from tests.lab.sites import names
from tests.lab.sites.dimensions import ON, Dimension
from tests.lab.sites.draws import (
    MOST,
    AccountDraw,
    Draws,
    LanDraw,
    PcDraw,
    draw,
    widened,
)
from tests.lab.sites.existing import typed_for
from tests.lab.sites.lies import LIES, Lie
from tests.lab.sites.site import (
    Belief,
    Branch,
    Generated,
    Lan,
    Line,
    Pc,
    Router,
    Told,
    Work,
    World,
    overlay,
    prefixes,
)

FIRMWARE: Mapping[str, tuple[str, ...]] = {
    "RTX830": ("15.02.14", "15.02.20", "15.02.26", "15.02.30", "15.02.31", "15.02.34"),
    "RTX1210": ("14.01.35", "14.01.38", "14.01.40", "14.01.42"),
    "RTX1220": ("15.04.01", "15.04.04", "15.04.06", "15.04.07", "15.04.08"),
    "RTX1300": ("23.00.02", "23.00.05", "23.00.12", "23.00.17"),
    "RTX840": ("23.02.02",),
    "NVR510": ("15.01.23",),
}
"""Revisions from the oldest that serves (DOMAIN 1.4) on, at which something begins (models.py)."""
HGWS = ("RX-600MI", "PR-600KI", "PR-400NE", "RT-400MI", "PR-500KI", "RT-500MI", "PR-S300SE")
HGW_CROSS = "XG-100NE"
OGWS = ("OG410Xa", "OG810Xi", "OG420Xi", "OG820Xa", "VG430a", "VG830i")
HUBS = ("ApresiaLightGC105-SS", None)
BESIDE = 2
"""Addresses that a network must have left: the technician's laptop, and a stranger."""
WITHOUT_SWITCH = 2


def generate(seed: int, on: frozenset[Dimension] = ON) -> Generated:
    """The site of a seed with these dimensions on."""
    return composed(seed, draw(seed, on), on)


def composed(seed: int, draws: Draws, on: frozenset[Dimension]) -> Generated:
    """The site that these draws make; lies that need a dimension which is off are not told."""
    belief = believed(seed, draws)
    world = truthful(draws, belief)
    told = _told(draws, belief, on)
    typed = [one.name for one in _typed(draws, belief)]
    return Generated(
        seed,
        belief,
        overlay(world, told.world) if told else world,
        told,
        tuple([f"typed {' '.join(typed)}"] if typed else []),
    )


def believed(seed: int, draws: Draws) -> Belief:
    """What the sheet says."""
    branch = _branch(draws)
    accounts = draws.accounts
    counts, hosts = draws.counts, draws.host_names
    terminal, terminals = _addresses(draws.networks.terminal, counts.terminals)
    clinic, receipts = _addresses(draws.networks.clinic, counts.receipts)
    switch = counts.switch or counts.terminals > WITHOUT_SWITCH
    return Belief(
        name=f"{draws.names.slug}-{seed}",
        institution=_institution(draws),
        code=_code(draws),
        region=draws.regions.region,
        line=_line(draws, branch),
        onu=draws.line.onu,
        branch=branch,
        router=_router(draws),
        switch=hosts.switch if switch else None,
        switch_ports=next(ports for ports in (5, 8, 16) if ports >= counts.terminals + 2),
        terminal=terminal,
        clinic=clinic,
        terminals=tuple(_pcs(hosts.terminal, terminals, accounts, 0)),
        receipts=tuple(_pcs(hosts.receipt, receipts, accounts, MOST)),
        link_user=accounts.link,
        receipt_user=accounts.receipt,
        work=Work(draws.work.receipt_by, draws.work.route),
    )


def _institution(draws: Draws) -> str:
    kind = names.KINDS[draws.names.kind]
    return draws.names.front + kind.endings[draws.names.ending % len(kind.endings)]


def _code(draws: Draws) -> str:
    table = names.KINDS[draws.names.kind].table
    nine = f"{draws.regions.prefecture:02}{table}{draws.names.code:06}"
    return nine + names.check_digit(nine)


def _branch(draws: Draws) -> Branch:
    kind = draws.branch.kind
    models: Mapping[str, tuple[str | None, ...]] = {
        "none": (None,),
        "hub": HUBS,
        "hgw": (HGW_CROSS,) if draws.line.product.cross else HGWS,
        "ogw": OGWS,
    }
    model = models[kind][draws.branch.model % len(models[kind])]
    return Branch(kind, model, draws.branch.business_phone and kind in {"hgw", "ogw"})


def _line(draws: Draws, branch: Branch) -> Line:
    product, how = draws.line.product, draws.v6.how
    ordered_now = how == "ordered-now" and not product.v6_included
    return Line(
        product=product.name,
        cross=product.cross,
        hikari_denwa=draws.line.hikari_denwa or (branch.is_gateway and not product.cross),
        v6_option=not ordered_now,
        ordered_on="2024-04-01" if how == "with-the-order" else "2019-06-03",
        v6_ordered="2026-10-20" if ordered_now else None,
        prefixes=draws.line.prefixes,
    )


def _router(draws: Draws) -> Router:
    model = draws.models.model
    if draws.rtx840:
        model = "RTX840"
    if draws.nvr510:
        model = "NVR510"
    revisions = FIRMWARE[model]
    serial = f"S5X{draws.models.serial:06}"
    return Router(
        name=draws.host_names.router,
        model=model,
        serial=serial if draws.models.serial_known else None,
        firmware=revisions[min(int(draws.models.firmware * len(revisions)), len(revisions) - 1)],
        real_serial=serial,
        drop_is_logout=draws.models.drop_is_logout,
    )


def _addresses(wished: LanDraw, hosts: int) -> tuple[Lan, tuple[IPv4Address, ...]]:
    """The network with room for all, and its hosts' addresses."""
    fixed = 2 if wished.gateway else 1
    network = wished.network
    if network.num_addresses - 2 < fixed + hosts + BESIDE:
        network = widened(network)
    taken: set[int] = set()
    gateway = _first_free(network, taken, wished.gateway) if wished.gateway else None
    router = _first_free(network, taken, wished.router)
    found = tuple(_first_free(network, taken, one) for one in wished.hosts[:hosts])
    free = tuple(_first_free(network, taken, wished.router + 1) for _ in range(BESIDE))
    return Lan(network, router, gateway, free), found


def _first_free(network: IPv4Network, taken: set[int], wish: int) -> IPv4Address:
    """The wished address, or the next one that nobody has; it is taken then."""
    size = network.num_addresses - 2
    number = next(one for step in range(size) if (one := (wish - 1 + step) % size + 1) not in taken)
    taken.add(number)
    return network[number]


def _pcs(
    pattern: str, addresses: tuple[IPv4Address, ...], accounts: AccountDraw, first: int
) -> Iterator[Pc]:
    for place, address in enumerate(addresses):
        number, slot = place + 1, first + place
        computer = accounts.computers[slot]
        dns = accounts.dns[place] if first == 0 else None
        yield Pc(
            name=pattern.format(n=number),
            address=address,
            username=accounts.admins[slot],
            user=accounts.users[place] if first else None,
            computer_name=computer.format(n=number)[:15] if computer else None,
            dns_name=dns.format(n=number) if dns else None,
        )


def truthful(draws: Draws, belief: Belief) -> World:
    """What the sheet of this site can't say: firmware, prefixes, what was typed, the PCs' state."""
    router: dict[str, Any] = {
        "firmware": belief.router.firmware,
        "address": f"{belief.terminal.router}/{belief.terminal.network.prefixlen}",
    }
    if belief.router.serial is None:
        router["serial"] = belief.router.real_serial
    if belief.router.drop_is_logout:
        router["drop_is_logout"] = True
    if draws.existing.language != "ja":
        router["language"] = draws.existing.language
    if typed := _typed(draws, belief):
        router["config"] = "".join(
            f"{put_in(line, belief)}\n" for one in typed for line in one.lines
        )
    world: dict[str, Any] = {
        "line": prefixes(belief.line, belief.line.delegates),
        "router": router,
    }
    if hosts := dict(_states(draws, belief)):
        world["hosts"] = hosts
    return world


def _typed(draws: Draws, belief: Belief) -> tuple[Any, ...]:
    some = typed_for(belief.router.model)
    picked = dict.fromkeys(int(one * len(some)) for one in draws.existing.picks)
    return tuple(some[one] for one in picked)


def put_in(line: str, belief: Belief) -> str:
    """A line as it was typed at this site."""
    lan = belief.terminal
    return line.format(
        terminal=f"{lan.router}/{lan.network.prefixlen}",
        first=min(lan.free),
        last=max(lan.free),
        bits=lan.network.prefixlen,
        gateway=belief.clinic.gateway or belief.clinic.free[0],
    )


def _states(draws: Draws, belief: Belief) -> Iterator[tuple[str, dict[str, Any]]]:
    for pcs, first in ((belief.terminals, 0), (belief.receipts, MOST)):
        for place, pc in enumerate(pcs):
            drawn = draws.pcs[first + place]
            found = _state(pc, drawn, belief, receipt=first > 0)
            if found:
                yield pc.name, found


def _state(pc: Pc, drawn: PcDraw, belief: Belief, *, receipt: bool) -> dict[str, Any]:
    """What is on a PC; a terminal comes with its release, and with a fixed address or none."""
    found: dict[str, Any] = {}
    if receipt and drawn.windows:
        found["windows"] = drawn.windows
    if drawn.language not in {None, "ja"}:
        found["language"] = drawn.language
    if drawn.dhcp:
        found["dhcp"] = True
    requests = [_request(name, pc, belief) for name in drawn.states]
    if drawn.clock:
        requests.append({"do": "clock-skew", "seconds": drawn.clock})
    return {**found, "state": requests} if requests else found


SCRIPTS: Mapping[str, str] = {
    "old-route": (
        "New-NetRoute -DestinationPrefix '10.252.0.0/16' -NextHop '{free}' -InterfaceAlias"
        " (Get-NetAdapter | Select-Object -First 1).Name | Out-Null"
    ),
    "old-credential": "cmdkey /add:oldserver /user:oldserver\\somebody /pass:Old-0123",
    "old-share": (
        "New-Item -ItemType Directory -Path 'C:\\OQS' -Force | Out-Null;"
        " New-SmbShare -Name 'OQS' -Path 'C:\\OQS' -FullAccess 'Everyone' | Out-Null"
    ),
    "printer-share": (
        "New-Item -ItemType Directory -Path 'C:\\Scan' -Force | Out-Null;"
        " New-SmbShare -Name 'Scan' -Path 'C:\\Scan' -FullAccess 'Everyone' | Out-Null"
    ),
}
"""What somebody at the PC did before, as the PC's administrator."""


def _request(name: str, pc: Pc, belief: Belief) -> dict[str, Any]:
    if name == "private":
        return {"do": "profile", "category": "private"}
    script = SCRIPTS[name].replace("{free}", str(belief.clinic.free[0]))
    return {"do": "console", "user": pc.username, "script": script}


def _told(draws: Draws, belief: Belief, on: frozenset[Dimension]) -> Told | None:
    for drawn, dimension in ((draws.lies, Dimension.LIES), (draws.later, Dimension.LATER)):
        fitting = [one for one in LIES if _fits(one, dimension, belief, on)]
        if drawn.told and fitting:
            return min(fitting, key=lambda one: one.rank(drawn.salt)).told(belief, drawn.salt)
    return None


def _fits(lie: Lie, dimension: Dimension, belief: Belief, on: frozenset[Dimension]) -> bool:
    own = Dimension.LATER if lie.later else Dimension.LIES
    return own is dimension and lie.needs <= on and lie.applies(belief)
