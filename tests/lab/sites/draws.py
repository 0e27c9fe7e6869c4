"""What chance decides, one frozen value a dimension; the defaults are each dimension's plain value.

A draw takes nothing from another dimension: what doesn't fit together is fitted in `compose`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from random import Random
from typing import Any, TypeVar

from tests.lab.sites import names
from tests.lab.sites.dimensions import Dimension, stream
from tests.lab.sites.existing import LANGUAGES

MOST = 9
"""So many terminals and receipt PCs the lab has names for."""
T = TypeVar("T")
Weights = Mapping[T, int]


def weighted(chance: Random, weights: Weights[T]) -> T:
    """One key, as often as its weight says."""
    return chance.choices(list(weights), list(weights.values()))[0]


@dataclass(frozen=True, slots=True)
class Product:
    """An access line of the brochure (lines 240 to 246)."""

    name: str
    cross: bool = False
    v6_included: bool = False


PLAIN_PRODUCT = Product(
    "フレッツ光ネクスト ファミリー・スーパーハイスピードタイプ隼", v6_included=True
)
PRODUCTS: Weights[Product] = {
    PLAIN_PRODUCT: 4,
    Product("フレッツ光ネクスト ファミリータイプ"): 2,
    Product("フレッツ光ネクスト ファミリー・ハイスピードタイプ"): 3,
    Product("フレッツ光ネクスト マンションタイプ"): 1,
    Product("フレッツ光ネクスト マンション・ハイスピードタイプ"): 2,
    Product("フレッツ光ネクスト マンション・スーパーハイスピードタイプ隼", v6_included=True): 3,
    Product("フレッツ光ネクスト ビジネスタイプ"): 1,
    Product("フレッツ 光ネクスト オフィスタイプ 隼", v6_included=True): 1,
    Product("フレッツ光クロス ファミリータイプ", cross=True, v6_included=True): 2,
    Product("フレッツ光クロス マンションタイプ", cross=True, v6_included=True): 1,
    Product("フレッツ光クロス", cross=True, v6_included=True): 2,
}


@dataclass(frozen=True, slots=True)
class LineDraw:
    """The access line."""

    product: Product = PLAIN_PRODUCT
    hikari_denwa: bool = False
    onu: bool = True
    prefixes: tuple[int, int] = (0x100, 0x900)


@dataclass(frozen=True, slots=True)
class V6Draw:
    """How the line came by the v6 option where its product does not include it."""

    how: str = "contracted"


@dataclass(frozen=True, slots=True)
class BranchDraw:
    """What stands between ONU and router; `model` picks one of the kind's models."""

    kind: str = "none"
    model: int = 0
    business_phone: bool = False


@dataclass(frozen=True, slots=True)
class CountDraw:
    """How many PCs; the switch where two terminals or fewer need none."""

    terminals: int = 1
    receipts: int = 1
    switch: bool = False


@dataclass(frozen=True, slots=True)
class LanDraw:
    """A network, and which of its addresses are wanted: the first free one from there on."""

    network: IPv4Network
    router: int
    gateway: int | None
    hosts: tuple[int, ...]


def _row(first: int) -> tuple[int, ...]:
    return tuple(range(first, first + MOST))


@dataclass(frozen=True, slots=True)
class NetworkDraw:
    """The two networks, which do not overlap at /28 or wider either."""

    terminal: LanDraw = LanDraw(IPv4Network("10.51.1.0/24"), 1, None, _row(11))
    clinic: LanDraw = LanDraw(IPv4Network("192.168.1.0/24"), 254, 1, _row(21))


@dataclass(frozen=True, slots=True)
class RegionDraw:
    """The region and a prefecture of it (JIS X 0401)."""

    region: str = "west"
    prefecture: int = 27


@dataclass(frozen=True, slots=True)
class ModelDraw:
    """The router; `firmware` picks one of the model's."""

    model: str = "RTX830"
    firmware: float = 1.0
    serial: int = 1
    serial_known: bool = True
    drop_is_logout: bool = False


@dataclass(frozen=True, slots=True)
class NameDraw:
    """Names of site and institution."""

    slug: str = "site"
    front: str = "山田"
    kind: int = 0
    ending: int = 0
    code: int = 123456


@dataclass(frozen=True, slots=True)
class HostNameDraw:
    """Host names; `{n}` is the number."""

    router: str = "router"
    switch: str = "switch"
    terminal: str = "terminal-{n}"
    receipt: str = "receipt-{n}"


@dataclass(frozen=True, slots=True)
class LieDraw:
    """Whether a lie is told; `salt` decides which of those that fit the site, and its details."""

    told: bool = False
    salt: int = 0


@dataclass(frozen=True, slots=True)
class ExistingDraw:
    """What was typed before: numbers that pick `typed_for` the model; the console's language."""

    picks: tuple[float, ...] = ()
    language: str = "ja"


@dataclass(frozen=True, slots=True)
class AccountDraw:
    """Accounts: the site's, and nine of each kind for its PCs; `{n}` is the PC's number."""

    link: str = "onslink"
    receipt: str = "reception"
    admins: tuple[str, ...] = ("onsadmin",) * MOST + ("clinicadmin",) * MOST
    users: tuple[str | None, ...] = (None,) * MOST
    computers: tuple[str | None, ...] = (None,) * 2 * MOST
    dns: tuple[str | None, ...] = (None,) * MOST


@dataclass(frozen=True, slots=True)
class PcDraw:
    """What is on one PC before anybody comes."""

    windows: str | None = None
    language: str | None = None
    dhcp: bool = False
    states: tuple[str, ...] = ()
    clock: int = 0


@dataclass(frozen=True, slots=True)
class WorkDraw:
    """Who sets up the receipt PCs, and where the route lies."""

    receipt_by: str = "ntt"
    route: str = "pc"


@dataclass(frozen=True, slots=True)
class Draws:
    """All draws of one seed."""

    line: LineDraw = LineDraw()
    v6: V6Draw = V6Draw()
    branch: BranchDraw = BranchDraw()
    counts: CountDraw = CountDraw()
    networks: NetworkDraw = NetworkDraw()
    regions: RegionDraw = RegionDraw()
    models: ModelDraw = ModelDraw()
    names: NameDraw = NameDraw()
    host_names: HostNameDraw = HostNameDraw()
    lies: LieDraw = LieDraw()
    rtx840: bool = False
    nvr510: bool = False
    existing: ExistingDraw = ExistingDraw()
    accounts: AccountDraw = AccountDraw()
    pcs: tuple[PcDraw, ...] = (PcDraw(),) * 2 * MOST
    work: WorkDraw = WorkDraw()
    later: LieDraw = LieDraw()


def _line(chance: Random) -> LineDraw:
    first, second = chance.sample(range(0x1000), 2)
    return LineDraw(
        weighted(chance, PRODUCTS), chance.random() < 0.4, chance.random() < 0.9, (first, second)
    )


def _v6(chance: Random) -> V6Draw:
    return V6Draw(chance.choice(("contracted", "with-the-order", "ordered-now")))


def _branch(chance: Random) -> BranchDraw:
    kind = weighted(chance, {"none": 45, "hub": 20, "hgw": 25, "ogw": 10})
    return BranchDraw(kind, chance.randrange(1000), chance.random() < 0.1)


def _counts(chance: Random) -> CountDraw:
    terminals = weighted(chance, {1: 56, 2: 20, 3: 14, 4: 4, 5: 2, 6: 1, 7: 1, 8: 1, 9: 1})
    receipts = weighted(chance, {0: 8, 1: 46, 2: 24, 3: 10, 4: 5, 5: 3, 6: 1, 7: 1, 8: 1, 9: 1})
    return CountDraw(terminals, receipts, chance.random() < 0.3)


PRIVATE: Weights[IPv4Network] = {
    IPv4Network("192.168.0.0/16"): 5,
    IPv4Network("10.0.0.0/8"): 4,
    IPv4Network("172.16.0.0/12"): 2,
    IPv4Network("100.64.0.0/10"): 1,
}
"""RFC 1918, and the shared space of RFC 6598 that a carrier's router may have left in a clinic."""
PREFIXES: Weights[int] = {24: 12, **dict.fromkeys((16, 17, 18, 19, 20, 21, 22, 23), 1)} | {
    25: 2,
    26: 2,
    27: 2,
    28: 2,
    29: 2,
}
NARROWEST = 28
"""A /29 with more hosts than it holds becomes one of these."""


def widened(network: IPv4Network) -> IPv4Network:
    """The network, or the /28 around a /29."""
    return network.supernet(new_prefix=min(network.prefixlen, NARROWEST))


def _network(chance: Random) -> IPv4Network:
    around, length = weighted(chance, PRIVATE), weighted(chance, PREFIXES)
    number = chance.randrange(2 ** (length - around.prefixlen))
    return IPv4Network((int(around.network_address) + (number << (32 - length)), length))


def _wish(chance: Random, size: int) -> int:
    """An address by its number: the ends of the network, of a /24 in it, or anywhere."""
    edges = (1, 2, 10, 100, 254, 255, 256, size)
    return chance.choice(edges) if chance.random() < 0.6 else 1 + chance.randrange(size)


def _lan(chance: Random, network: IPv4Network, gateway: bool) -> LanDraw:
    size = network.num_addresses - 2
    first = _wish(chance, size)
    scattered = chance.random() < 0.4
    hosts = tuple(_wish(chance, size) if scattered else first + one for one in range(MOST))
    return LanDraw(network, _wish(chance, size), _wish(chance, size) if gateway else None, hosts)


def _networks(chance: Random) -> NetworkDraw:
    terminal = clinic = _network(chance)
    while widened(terminal).overlaps(widened(clinic)):
        clinic = _network(chance)
    return NetworkDraw(_lan(chance, terminal, False), _lan(chance, clinic, chance.random() < 0.9))


WEST = (*range(16, 19), *range(21, 48))
"""富山 to 福井, 岐阜 to 三重, all west of them (日本電信電話株式会社等に関する法律 第2条第3項)."""


def _regions(chance: Random) -> RegionDraw:
    region = chance.choice(("west", "west", "east"))
    prefectures = [one for one in range(1, 48) if (one in WEST) == (region == "west")]
    return RegionDraw(region, chance.choice(prefectures))


def _models(chance: Random) -> ModelDraw:
    return ModelDraw(
        chance.choice(("RTX830", "RTX1210", "RTX1220", "RTX1300")),
        chance.random(),
        chance.randrange(1, 1_000_000),
        chance.random() < 0.85,
        chance.random() < 0.3,
    )


def _names(chance: Random) -> NameDraw:
    return NameDraw(
        chance.choice(names.SLUGS),
        chance.choice(names.FRONT),
        chance.randrange(len(names.KINDS)),
        chance.randrange(1000),
        chance.randrange(1_000_000),
    )


def _host_names(chance: Random) -> HostNameDraw:
    return HostNameDraw(
        chance.choice(names.ROUTER_HOSTS),
        chance.choice(names.SWITCH_HOSTS),
        chance.choice(names.TERMINAL_HOSTS),
        chance.choice(names.RECEIPT_HOSTS),
    )


def _existing(chance: Random) -> ExistingDraw:
    picks = tuple(chance.random() for _ in range(chance.choice((0, 1, 1, 2, 3))))
    return ExistingDraw(picks, chance.choice(LANGUAGES))


def _maybe(chance: Random, some: tuple[str, ...], count: int) -> tuple[str | None, ...]:
    drawn = [(chance.random() < 0.6, chance.choice(some)) for _ in range(count)]
    return tuple(one if there else None for there, one in drawn)


def _accounts(chance: Random) -> AccountDraw:
    return AccountDraw(
        chance.choice(names.LINK_USERS),
        chance.choice(names.RECEIPT_USERS),
        tuple(chance.choice(names.ADMINS) for _ in range(2 * MOST)),
        _maybe(chance, names.RECEIPT_USERS, MOST),
        _maybe(chance, names.COMPUTERS, 2 * MOST),
        _maybe(chance, names.DNS_NAMES, MOST),
    )


STATES = ("private", "old-route", "old-credential", "old-share", "printer-share")


def _pc(chance: Random) -> PcDraw:
    return PcDraw(
        chance.choice(("10-pro-22h2", "11-pro-23h2", None)),
        chance.choice(("ja", "ja", "en")),
        chance.random() < 0.3,
        tuple(one for one in STATES if chance.random() < 0.3),
        chance.choice((0, 0, 20, -20)),
    )


def _pcs(chance: Random) -> tuple[PcDraw, ...]:
    return tuple(_pc(chance) for _ in range(2 * MOST))


def _work(chance: Random) -> WorkDraw:
    return WorkDraw(
        weighted(chance, {"ntt": 2, "vendor": 1, "customer": 1}),
        weighted(chance, {"pc": 2, "clinic-device": 1}),
    )


def _one_in(count: int) -> Callable[[Random], bool]:
    return lambda chance: chance.randrange(count) == 0


def _told(chance: Random) -> LieDraw:
    return LieDraw(chance.randrange(3) == 0, chance.randrange(2**32))


DRAWERS: Mapping[Dimension, Callable[[Random], Any]] = {
    Dimension.LINE: _line,
    Dimension.V6: _v6,
    Dimension.BRANCH: _branch,
    Dimension.COUNTS: _counts,
    Dimension.NETWORKS: _networks,
    Dimension.REGIONS: _regions,
    Dimension.MODELS: _models,
    Dimension.NAMES: _names,
    Dimension.HOST_NAMES: _host_names,
    Dimension.LIES: _told,
    Dimension.RTX840: _one_in(6),
    Dimension.NVR510: _one_in(6),
    Dimension.EXISTING: _existing,
    Dimension.ACCOUNTS: _accounts,
    Dimension.PCS: _pcs,
    Dimension.WORK: _work,
    Dimension.LATER: _told,
}


def draw(seed: int, on: frozenset[Dimension]) -> Draws:
    """What chance decides for a seed in the dimensions that are on."""
    return Draws(
        **{one.value.replace("-", "_"): DRAWERS[one](stream(seed, one)) for one in sorted(on)}
    )
