"""The lies: how the truth can differ from a site's sheet in one thing, and how that must come out.

A lie is a declaration. What must be named follows from the design (preflight, section 4; segments
and diagnosis, section 5) and from what is known of lines and devices (DOMAIN), not from what the
product says today. `later` marks those that only a check which is still to come can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from random import Random
from typing import Any

from tests.lab.sites.dimensions import Dimension
from tests.lab.sites.site import Belief, Command, Named, Pc, Told, World, prefixes

Applies = Callable[[Belief], bool]
Change = Callable[[Belief, Random], World]
Naming = Callable[[Belief, World], Named]
WRONG_DEVICE = 3
CHECK_FAILED = 1
"""Exit codes that are documented."""
INSTITUTION, TECHNICIAN = "institution", "technician"
TOO_OLD: Mapping[str, tuple[str, str]] = {
    "RTX830": ("15.02.13", "15.02.14"),
    "RTX1210": ("14.01.34", "14.01.35"),
}
"""Model -> the last revision whose forwarder can't do `edns=on`, and the first that can (DOMAIN
1.4: such answers exceed what goes without)."""
OTHER_MODEL = {
    "RTX830": "RTX1210",
    "RTX840": "RTX830",
    "RTX1210": "RTX1220",
    "RTX1220": "RTX1300",
    "RTX1300": "RTX830",
    "NVR510": "RTX830",
}
GOOD_FIRMWARE = {
    "RTX830": "15.02.31",
    "RTX1210": "14.01.42",
    "RTX1220": "15.04.07",
    "RTX1300": "23.00.12",
}


SHOP_ROUTERS = tuple(
    IPv4Network(one)
    for one in ("192.168.0.0/24", "192.168.11.0/24", "172.20.0.0/24", "10.0.0.0/24")
)
YAMAHA_DELIVERED = IPv4Network("192.168.100.0/24")
"""What a router of this maker has on its LAN that nobody configured (RTX reference, factory)."""


@dataclass(frozen=True, slots=True)
class Lie:
    """One way in which a sheet is wrong."""

    name: str
    needs: frozenset[Dimension]
    """Dimensions that must be on."""
    change: Change
    """What is there instead; chance is the lie's own."""
    named: Naming
    applies: Applies = lambda _belief: True
    later: bool = False

    def rank(self, salt: int) -> float:
        """Where it stands among the lies that fit: a new lie changes nothing among the others."""
        return Random(f"{salt}/{self.name}/rank").random()

    def told(self, belief: Belief, salt: int) -> Told:
        """The lie as it is told about a site."""
        world = self.change(belief, Random(f"{salt}/{self.name}"))
        return Told(self.name, world, self.named(belief, world))


def _needs(*some: Dimension) -> frozenset[Dimension]:
    return frozenset(some)


def _wrong_device(*words: str) -> Named:
    return Named(Command.PLAN, exit_code=WRONG_DEVICE, words=words)


def _failed(segments: str, *checks: str, party: str = "") -> Named:
    return Named(Command.VERIFY, frozenset(segments.split()), checks, CHECK_FAILED, party=party)


def _other_model(belief: Belief, _chance: Random) -> World:
    model = OTHER_MODEL[belief.router.model]
    return {"router": {"model": model, "firmware": GOOD_FIRMWARE[model]}}


def _other_serial(belief: Belief, chance: Random) -> World:
    return {"router": {"serial": f"S4H{chance.randrange(10**6):06}"}}


def _line(delegates: bool) -> Change:
    def change(belief: Belief, _chance: Random) -> World:
        return {"line": {"mode": "pd" if delegates else "ra", **prefixes(belief.line, delegates)}}

    return change


def _branch(kind: str) -> Change:
    """Another branch device; a gateway stands on a line that delegates."""

    def change(belief: Belief, _chance: Random) -> World:
        line = {"mode": "pd", **prefixes(belief.line, True)} if kind == "hgw" else {}
        return {"branch": kind, **({"line": line} if line else {})}

    return change


def _other_clinic(belief: Belief, _chance: Random) -> World:
    """Another network, such as the routers of shops have as delivered."""
    network = next(one for one in SHOP_ROUTERS if not _overlaps(one, belief))
    hosts = {
        pc.name: {"address": str(network[number])} for number, pc in enumerate(belief.receipts, 21)
    }
    lan = {"ipv4": str(network), "gateway": str(network[1])}
    return {"networks": {"clinic": lan}, **({"hosts": hosts} if hosts else {})}


def _overlaps(network: IPv4Network, belief: Belief) -> bool:
    return any(network.overlaps(lan.network) for lan in (belief.terminal, belief.clinic))


def _gateway(world_address: Callable[[Belief], Any]) -> Change:
    def change(belief: Belief, _chance: Random) -> World:
        lan = {"ipv4": str(belief.clinic.network), "gateway": str(world_address(belief))}
        return {"networks": {"clinic": lan}}

    return change


def _one(some: tuple[Pc, ...], chance: Random) -> Pc:
    return some[chance.randrange(len(some))]


def _receipt(**facts: Any) -> Change:
    return lambda belief, chance: {"hosts": {_one(belief.receipts, chance).name: dict(facts)}}


def _terminal(**facts: Any) -> Change:
    return lambda belief, chance: {"hosts": {_one(belief.terminals, chance).name: dict(facts)}}


def _receipt_moved(belief: Belief, chance: Random) -> World:
    address = str(belief.clinic.free[0])
    return {"hosts": {_one(belief.receipts, chance).name: {"address": address}}}


def _terminal_moved(belief: Belief, chance: Random) -> World:
    address = str(belief.terminal.free[0])
    return {"hosts": {_one(belief.terminals, chance).name: {"address": address}}}


def _swapped(belief: Belief, _chance: Random) -> World:
    first, second = belief.receipts[:2]
    addresses = ((first.name, second.address), (second.name, first.address))
    return {"hosts": {name: {"address": str(address)} for name, address in addresses}}


def _host(world: World) -> str:
    return str(next(iter(world["hosts"])))


def _stranger(network: str, address: Callable[[Belief, Random], Any]) -> Change:
    """A device of the institution that nobody asked about has an address of ours."""

    def change(belief: Belief, chance: Random) -> World:
        given = str(address(belief, chance))
        return {"devices": [{"name": "printer", "network": network, "address": given}]}

    return change


def _strangers_pc(belief: Belief, world: World) -> str:
    address = world["devices"][0]["address"]
    return next(
        pc.name for pc in (*belief.terminals, *belief.receipts) if str(pc.address) == address
    )


def _has_receipts(belief: Belief) -> bool:
    return bool(belief.receipts)


def _router_address(belief: Belief, _chance: Random) -> World:
    return {"router": {"address": f"{YAMAHA_DELIVERED[1]}/{YAMAHA_DELIVERED.prefixlen}"}}


LIES: tuple[Lie, ...] = (
    Lie(
        "other-model",
        _needs(Dimension.LIES, Dimension.MODELS),
        _other_model,
        lambda belief, world: _wrong_device(belief.router.model, world["router"]["model"]),
    ),
    Lie(
        "other-serial",
        _needs(Dimension.LIES, Dimension.MODELS),
        _other_serial,
        lambda _belief, world: _wrong_device(world["router"]["serial"]),
        lambda belief: belief.router.serial is not None,
    ),
    Lie(
        "old-firmware",
        _needs(Dimension.LIES, Dimension.MODELS),
        lambda belief, _: {"router": {"firmware": TOO_OLD[belief.router.model][0]}},
        lambda belief, _: _wrong_device(*TOO_OLD[belief.router.model]),
        lambda belief: belief.router.model in TOO_OLD,
    ),
    Lie(
        "router-elsewhere",
        _needs(Dimension.LIES, Dimension.NETWORKS),
        _router_address,
        lambda belief, _: _wrong_device(str(belief.terminal.router)),
        lambda belief: not _overlaps(YAMAHA_DELIVERED, belief),
    ),
    Lie(
        "line-advertises",
        _needs(Dimension.LIES, Dimension.LINE),
        _line(delegates=False),
        lambda _belief, _world: _failed("line", "line.prefix"),
        lambda belief: belief.delegated_to_router,
    ),
    Lie(
        "line-delegates",
        _needs(Dimension.LIES, Dimension.LINE),
        _line(delegates=True),
        lambda _belief, _world: _failed("line", "line.prefix", "line.advertised"),
        lambda belief: not belief.line.delegates,
    ),
    Lie(
        # Behind a gateway the line is RA again: a router that asks for a delegation gets none
        # (DOMAIN 1.3).
        "gateway-between",
        _needs(Dimension.LIES, Dimension.BRANCH),
        _branch("hgw"),
        lambda _belief, _world: _failed("line branch", "line.prefix"),
        lambda belief: belief.delegated_to_router,
    ),
    Lie(
        # Without the gateway nobody advertises to the router: the line wants to delegate.
        "no-gateway-between",
        _needs(Dimension.LIES, Dimension.BRANCH),
        _branch("none"),
        lambda _belief, _world: _failed(
            "line branch", "line.prefix", "branch.advertised", "branch.prefix"
        ),
        lambda belief: belief.branch.is_gateway,
    ),
    Lie(
        # It works, by luck; but the pattern is another one (提供条件②: ◎ or △).
        "gateway-between-unnoticed",
        _needs(Dimension.LATER, Dimension.BRANCH),
        _branch("hgw"),
        lambda _belief, _world: _failed("branch"),
        lambda belief: not belief.line.delegates,
        later=True,
    ),
    Lie(
        "other-clinic-lan",
        _needs(Dimension.LIES, Dimension.NETWORKS),
        _other_clinic,
        lambda _belief, _world: _failed("clinic-lan lan"),
    ),
    Lie(
        "gateway-has-our-address",
        _needs(Dimension.LIES, Dimension.NETWORKS),
        _gateway(lambda belief: belief.clinic.router),
        lambda _belief, _world: _failed(
            "clinic-lan", "clinic-lan.duplicate-router", party=INSTITUTION
        ),
    ),
    Lie(
        "other-clinic-gateway",
        _needs(Dimension.LATER, Dimension.NETWORKS),
        _gateway(lambda belief: belief.clinic.free[0]),
        lambda _belief, world: Named(
            Command.VERIFY,
            frozenset({"clinic-lan"}),
            exit_code=CHECK_FAILED,
            words=(world["networks"]["clinic"]["gateway"],),
        ),
        lambda belief: belief.clinic.gateway is not None,
        later=True,
    ),
    Lie(
        "receipt-moved",
        _needs(Dimension.LIES),
        _receipt_moved,
        lambda _belief, world: _failed(
            "clinic-lan receipt-pc", f"clinic-lan.present.{_host(world)}"
        ),
        _has_receipts,
    ),
    Lie(
        "receipt-missing",
        _needs(Dimension.LIES),
        _receipt(absent=True),
        lambda _belief, world: _failed(
            "clinic-lan receipt-pc", f"clinic-lan.present.{_host(world)}"
        ),
        _has_receipts,
    ),
    Lie(
        "terminal-missing",
        _needs(Dimension.LIES),
        _terminal(absent=True),
        lambda _belief, world: _failed(
            "lan terminal", f"lan.present.{_host(world)}", party=TECHNICIAN
        ),
    ),
    Lie(
        "terminal-moved",
        _needs(Dimension.LIES),
        _terminal_moved,
        lambda _belief, world: _failed(
            "lan terminal", f"lan.present.{_host(world)}", party=TECHNICIAN
        ),
    ),
    Lie(
        "receipts-swapped",
        _needs(Dimension.LATER),
        _swapped,
        lambda belief, _world: Named(
            Command.VERIFY,
            frozenset({"receipt-pc", "clinic-lan", "lan"}),
            exit_code=CHECK_FAILED,
            words=(belief.receipts[0].name, belief.receipts[1].name),
        ),
        lambda belief: len(belief.receipts) > 1,
        later=True,
    ),
    Lie(
        "stranger-is-router",
        _needs(Dimension.LIES),
        _stranger("clinic", lambda belief, _: belief.clinic.router),
        lambda _belief, _world: _failed(
            "clinic-lan", "clinic-lan.duplicate-router", party=INSTITUTION
        ),
    ),
    Lie(
        "stranger-is-receipt",
        _needs(Dimension.LIES),
        _stranger("clinic", lambda belief, chance: _one(belief.receipts, chance).address),
        lambda belief, world: _failed(
            "clinic-lan",
            f"clinic-lan.duplicate-address.{_strangers_pc(belief, world)}",
            party=INSTITUTION,
        ),
        _has_receipts,
    ),
    Lie(
        "stranger-is-terminal",
        _needs(Dimension.LIES),
        _stranger("terminal", lambda belief, chance: _one(belief.terminals, chance).address),
        lambda belief, world: _failed(
            "lan", f"lan.duplicate-address.{_strangers_pc(belief, world)}", party=INSTITUTION
        ),
        lambda belief: belief.switch is not None,
    ),
    Lie(
        # Who answers at the router's address is then a matter of luck: "one answer to ARP" is
        # asked for before the first secret (DESIGN 8).
        "stranger-is-router-at-terminals",
        _needs(Dimension.LATER),
        _stranger("terminal", lambda belief, _: belief.terminal.router),
        lambda belief, _world: _wrong_device(str(belief.terminal.router)),
        lambda belief: belief.switch is not None,
        later=True,
    ),
    Lie(
        "line-not-registered",
        _needs(Dimension.LIES),
        lambda _belief, _chance: {"line": {"registered": False}},
        lambda _belief, _world: _failed("ip-vpn", "ip-vpn.line-auth.line-auth", party=INSTITUTION),
    ),
    Lie(
        "terminal-is-pro",
        _needs(Dimension.LATER),
        _terminal(windows="10-pro-22h2"),
        lambda _belief, world: _failed("terminal", f"terminal.os.{_host(world)}"),
        later=True,
    ),
    Lie(
        "receipt-renamed",
        _needs(Dimension.LATER, Dimension.ACCOUNTS),
        lambda belief, _: {"hosts": {belief.receipts[0].name: {"computer_name": "OTHER-PC"}}},
        lambda _belief, world: Named(
            Command.PLAN, exit_code=WRONG_DEVICE, words=("OTHER-PC", _host(world))
        ),
        lambda belief: bool(belief.receipts) and belief.receipts[0].computer_name is not None,
        later=True,
    ),
    Lie(
        "receipt-clock",
        _needs(Dimension.LATER),
        _receipt(state=[{"do": "clock-skew", "seconds": 172800}]),
        lambda _belief, world: _failed("receipt-pc", f"receipt-pc.clock.{_host(world)}"),
        _has_receipts,
        later=True,
    ),
    Lie(
        "receipt-public",
        _needs(Dimension.LATER),
        _receipt(state=[{"do": "profile", "category": "public"}]),
        lambda _belief, world: _failed("receipt-pc", f"receipt-pc.reachable.{_host(world)}"),
        _has_receipts,
        later=True,
    ),
)
