"""The things on a PC that are compared and changed: each a frozen value with a key.

A `Difference` is a value before and after; its inverse undoes it. The `kind` names the part of
`templates/windows/change/` that makes it so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, ClassVar

from onshi_net.i18n import text

Key = tuple[str, ...]
IpAddress = IPv4Address | IPv6Address
ACTIVE, PERSISTENT = "ActiveStore", "PersistentStore"


@dataclass(frozen=True, slots=True)
class Thing:
    """Base. What is text in a thing is a name, which Windows takes in any case.

    Microsoft, "Naming Files, Paths, and Namespaces": names are not case-sensitive; for accounts,
    services, rules and targets the same is an inference from how Windows finds them.
    """

    kind: ClassVar[str]
    identity: ClassVar[tuple[str, ...]]
    """The fields that say which thing it is; the others say how it is."""

    @property
    def key(self) -> Key:
        """What makes it the same thing."""
        return (self.kind, *(str(getattr(self, name)).lower() for name in self.identity))

    def lines(self, _other: Thing | None) -> tuple[str, ...]:
        """Gives it for people, without what another state of it has as well."""
        return (str(self),)

    def back(self, _now: Thing | None) -> Thing | None:
        """Answers what undoing makes of it, from what it is now; what else it was can't be had."""
        return self


Resource = Thing


@dataclass(frozen=True, slots=True)
class Route:
    """A route; `stores` are those that hold it."""

    destination: IPv4Network | IPv6Network
    next_hop: IpAddress
    interface: int
    """0: none, as a store may list what was added without one."""
    metric: int
    stores: tuple[str, ...]
    later: int | None = None
    """The persistent store's metric where it is another than the active one's."""

    @property
    def path(self) -> tuple[str, str, int]:
        """What is unique in a store."""
        return str(self.destination), str(self.next_hop), self.interface

    @property
    def metrics(self) -> dict[str, int]:
        """The metric in each store that holds it."""
        later = self.metric if self.later is None else self.later
        return {one: later if one == PERSISTENT else self.metric for one in self.stores}

    @property
    def rows(self) -> tuple[str, ...]:
        """Store and metric of each row, as the change reads them back."""
        return tuple(f"{store} {metric}" for store, metric in self.metrics.items())

    def __str__(self) -> str:
        """Gives it for people."""
        where = "-".join(store.removesuffix("Store").lower() for store in self.stores)
        return text(
            "windows.thing.route-line",
            network=self.destination,
            hop=self.next_hop,
            interface=self.interface,
            metric=self.metric if self.later is None else f"{self.metric}/{self.later}",
            where=text(f"windows.thing.kept.{where}", default=where),
        )


@dataclass(frozen=True, slots=True)
class Ways(Thing):
    """All that somebody set to lead into a network, wherever Windows keeps it.

    `route -p add` puts one route into three places, and what is removed from one of them may be
    gone from the next: so they are one thing, made and undone as a whole.
    """

    kind: ClassVar = "route"
    identity: ClassVar = ("network",)
    network: IPv4Network | IPv6Network
    routes: tuple[Route, ...] = ()
    """By path."""
    noted: tuple[str, ...] = ()
    """Names of values under PersistentRoutes in the registry, sorted."""

    def lines(self, other: Thing | None) -> tuple[str, ...]:
        """Gives the ways that `other` doesn't have."""
        routes, noted = (other.routes, other.noted) if isinstance(other, Ways) else ((), ())
        return (
            *(str(one) for one in self.routes if one not in routes),
            *(text("windows.thing.noted", name=one) for one in self.noted if one not in noted),
        )

    def __str__(self) -> str:
        """Gives it for people."""
        return ", ".join(self.lines(None)) or "-"


@dataclass(frozen=True, slots=True)
class InterfaceAddress(Thing):
    """An address with its prefix length."""

    kind: ClassVar = "address"
    identity: ClassVar = ("address",)
    interface: int
    address: IpAddress
    prefix_length: int

    def __str__(self) -> str:
        """Gives it for people."""
        return f"{self.address}/{self.prefix_length}"


@dataclass(frozen=True, slots=True)
class InterfaceMetric(Thing):
    """An interface's metric for one family; None: Windows decides."""

    kind: ClassVar = "metric"
    identity: ClassVar = ("interface", "family")
    interface: int
    family: str
    metric: int | None

    def __str__(self) -> str:
        """Gives it for people."""
        metric = text("windows.thing.automatic") if self.metric is None else self.metric
        return text(
            "windows.thing.metric-line",
            interface=self.interface,
            family=self.family,
            metric=metric,
        )


@dataclass(frozen=True, slots=True)
class Resolvers(Thing):
    """An interface's resolvers of one family, in order.

    `fixed`: somebody set them. Others come from DHCP, or there are none; they are not ours to set,
    and the PC has its own again once the set ones are gone.
    """

    kind: ClassVar = "resolvers"
    identity: ClassVar = ("interface", "family")
    interface: int
    family: str
    servers: tuple[IpAddress, ...]
    fixed: bool = True

    def __str__(self) -> str:
        """Gives it for people."""
        told = ", ".join(str(server) for server in self.servers) or "-"
        return told if self.fixed else text("windows.not-fixed", servers=told)


@dataclass(frozen=True, slots=True)
class User(Thing):
    """A local user; `good`: enabled, not locked, doesn't expire, takes the site's password."""

    kind: ClassVar = "user"
    identity: ClassVar = ("name",)
    name: str
    good: bool
    enabled: bool = True
    lasting: bool = True
    """Its password never expires."""
    expires: str = ""
    """When the account ends, in the PC's time, ISO 8601; '' for never."""
    password_set: str = ""
    """When its password was set; '' where that was not asked."""

    def back(self, now: Thing | None) -> Thing | None:
        """Answers all but an old password, which Windows never tells, and a lock."""
        if not isinstance(now, User):
            return self
        return replace(self, good=now.good, password_set=now.password_set)

    def __str__(self) -> str:
        """Gives it for people; never with a password."""
        return self.name if self.good else f"{self.name} {text('windows.user-not-good')}"


@dataclass(frozen=True, slots=True)
class GrantedFolder(Thing):
    """A folder; `granted`: the link user may modify it."""

    kind: ClassVar = "folder"
    identity: ClassVar = ("path",)
    path: str
    granted: bool
    sddl: str = ""
    """Its whole security descriptor in SDDL; a wanted folder has none."""

    def __str__(self) -> str:
        """Gives it for people."""
        may = text("windows.thing.granted" if self.granted else "windows.thing.not-granted")
        return f"{self.path} ({may})"


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry of a share's ACL."""

    account: str
    right: str


@dataclass(frozen=True, slots=True)
class Settings:
    """How a share is offered, beside who may use it."""

    description: str
    caching: str
    enumeration: str
    encrypted: bool
    limit: int


@dataclass(frozen=True, slots=True)
class Share(Thing):
    """A share with its whole ACL.

    `descriptor` is that list as Windows has it, with what no word says (an order, a right of single
    bits). A wanted share has none: its list follows from `access`.
    """

    kind: ClassVar = "share"
    identity: ClassVar = ("name",)
    name: str
    path: str
    access: tuple[Grant, ...]
    descriptor: str = ""
    settings: Settings | None = None
    """How it is offered; a share that lies elsewhere is made anew, and its undo gives it these."""

    def __str__(self) -> str:
        """Gives it for people."""
        who = text("windows.thing.and").join(
            f"{grant.account} {text(f'windows.thing.right.{grant.right}', default=grant.right)}"
            for grant in self.access
        )
        return f"{self.name}={self.path} ({who})"


@dataclass(frozen=True, slots=True)
class FirewallRule(Thing):
    """An inbound rule that allows TCP."""

    kind: ClassVar = "rule"
    identity: ClassVar = ("name",)
    name: str
    enabled: bool
    sources: tuple[str, ...]
    ports: tuple[str, ...]
    direction: str = ""
    """This one, the action, the protocol and the profiles are '' where they were not asked."""
    action: str = ""
    protocol: str = ""
    profiles: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Gives it for people."""
        told = text(
            RULES[self.enabled, self.action == "Block"],
            name=self.name,
            ports=",".join(self.ports),
            sources=",".join(text(f"windows.thing.from.{o}", default=o) for o in self.sources),
        )
        odd = [one for one in (self.direction, *self.profiles) if one not in USUAL]
        words = text("windows.thing.and").join(
            text(f"windows.thing.rule.{one}", default=one) for one in odd
        )
        return text("windows.thing.rule-odd", rule=told, odd=words) if odd else told


RULES = {
    (True, False): "windows.thing.rule-on",
    (True, True): "windows.thing.rule-blocks",
    (False, False): "windows.thing.rule-off",
    (False, True): "windows.thing.rule-off",
}
"""How a rule is told: whether it is on, and whether it blocks."""
USUAL = frozenset({"", "Inbound", "Any"})
"""Of a rule that lets somebody in from any kind of network."""


@dataclass(frozen=True, slots=True)
class SharingRules(Thing):
    """Windows' own rules for file sharing that let somebody in; a new share turns more of them on.

    Nobody wants any of them here; they are compared, and turned off again where a change failed.
    """

    kind: ClassVar = "sharing"
    identity: ClassVar = ()
    enabled: tuple[str, ...]

    def __str__(self) -> str:
        """Gives it for people."""
        return ", ".join(self.enabled) or "-"


@dataclass(frozen=True, slots=True)
class ServiceState(Thing):
    """A service's start type and whether it runs."""

    kind: ClassVar = "service"
    identity: ClassVar = ("name",)
    name: str
    start: str
    running: bool

    def __str__(self) -> str:
        """Gives it for people."""
        state = text("windows.thing.running" if self.running else "windows.thing.stopped")
        start = text(f"windows.thing.start.{self.start}", default=self.start)
        return text("windows.thing.service-line", name=self.name, start=start, state=state)


@dataclass(frozen=True, slots=True)
class TimeSource(Thing):
    """Where the clock gets its time."""

    kind: ClassVar = "time"
    identity: ClassVar = ()
    server: str | None
    """None: no value is there, which is another thing than an empty one."""
    type: str | None
    triggers: tuple[str, ...] = ()
    """What starts and stops the service, as sc.exe names it."""

    @property
    def domain_only(self) -> bool:
        """Whether Windows stops it at each start of a PC that is in no domain.

        It does so whatever the start type: a trigger does (Microsoft, KB 2385818).
        """
        return STOPS in self.triggers

    def __str__(self) -> str:
        """Gives it for people."""
        source = text(f"windows.thing.time.{self.type}", default=self.type) if self.type else "-"
        told = f"{self.server or '-'} {source}"
        return f"{told}, {text('windows.domain-only')}" if self.domain_only else told


@dataclass(frozen=True, slots=True)
class Leftover(Thing):
    """What a run that was cut off left under one name: a task, a folder, a group membership."""

    kind: ClassVar = "leftover"
    identity: ClassVar = ("name",)
    name: str

    def back(self, now: Thing | None) -> Thing | None:
        """Answers what is there: nobody leaves it again."""
        return now

    def __str__(self) -> str:
        """Gives it for people."""
        return self.name


@dataclass(frozen=True, slots=True)
class StoredCredential(Thing):
    """An entry in the user's credential store. `proved`: it opens the terminal's share.

    Windows never gives a password back, so that it is the right one is proved by access, not by
    comparison.
    """

    kind: ClassVar = "credential"
    identity: ClassVar = ("target",)
    target: str
    user: str
    proved: bool

    def __str__(self) -> str:
        """Gives it for people; never with a password."""
        proof = text("windows.proved" if self.proved else "windows.unproved")
        return f"{self.target} {self.user} {proof}"


KINDS: tuple[type[Thing], ...] = (
    Leftover,
    InterfaceAddress,
    InterfaceMetric,
    Ways,
    Resolvers,
    User,
    GrantedFolder,
    ServiceState,
    Share,
    SharingRules,
    FirewallRule,
    TimeSource,
    StoredCredential,
)
"""All that there is on a PC, in the order of safe doing: a user before what is granted to it; the
Server service before shares, which it keeps; a share before the door to it; routes before what is
proved over them."""
STOPS = "stop/domainleave"
ORDER = tuple(one.kind for one in KINDS)


@dataclass(frozen=True, slots=True)
class Difference:
    """A thing as it is and as it must be; None: it isn't there, or must not be."""

    before: Resource | None
    after: Resource | None

    def __post_init__(self) -> None:
        """Holds that there is something to change."""
        if is_same(self.before, self.after):
            raise ValueError("a difference needs two values")

    @property
    def kind(self) -> str:
        """The kind of the thing, as the templates name it."""
        return self._some.kind

    @property
    def key(self) -> Key:
        """Which thing it is about."""
        return self._some.key

    @property
    def _some(self) -> Resource:
        found = self.after if self.after is not None else self.before
        if found is None:
            raise ValueError("a difference of nothing")
        return found

    @property
    def inverse(self) -> Difference:
        """The difference that undoes it."""
        return Difference(self.after, self.before)

    def __str__(self) -> str:
        """Gives it as a person reads it, one sign a line: `-` goes, `+` comes."""
        signed = (("-", self.before, self.after), ("+", self.after, self.before))
        return "\n".join(
            f"{sign} {text(f'windows.thing.kind.{self.kind}')}: {line}"
            for sign, one, other in signed
            if one is not None
            for line in one.lines(other)
        )

    def to_json(self) -> dict[str, Any]:
        """Answers plain data for a report; no passwords are in it."""
        return {"kind": self.kind, "before": _plain(self.before), "after": _plain(self.after)}


def is_same(one: Resource | None, other: Resource | None) -> bool:
    """Answers whether two things are equal for Windows. Pure."""
    one, other = _comparable(one, other), _comparable(other, one)
    return bool(_folded(_plain(one)) == _folded(_plain(other)))


def _comparable(one: Resource | None, other: Resource | None) -> Resource | None:
    """Answers a thing without what doesn't count beside the other one.

    That is what only a PC has that was read: descriptor and settings of a share, a folder's list,
    how a user may be used; and resolvers that nobody set: DHCP may have given others meanwhile.
    """
    if isinstance(one, GrantedFolder):
        told = isinstance(other, GrantedFolder) and bool(other.sddl)
        return one if told else replace(one, sddl="")
    if isinstance(one, User):
        known = isinstance(other, User) and other.password_set
        return one if known else User(one.name, one.good)
    if isinstance(one, FirewallRule):
        return _asked_of_rule(one, other)
    if isinstance(one, Resolvers) and not one.fixed:
        return replace(one, servers=())
    if isinstance(one, Share):
        beside = other if isinstance(other, Share) else Share(one.name, one.path, ())
        descriptor = one.descriptor if beside.descriptor else ""
        settings = one.settings if beside.settings is not None else None
        return replace(one, descriptor=descriptor, settings=settings)
    return one


def _asked_of_rule(one: FirewallRule, other: Resource | None) -> FirewallRule:
    """Answers a rule without what the other one was not asked for: evidence of an older run."""
    if isinstance(other, FirewallRule) and other.direction:
        return one
    return replace(one, direction="", action="", protocol="", profiles=())


def _folded(value: Any) -> Any:
    if isinstance(value, list):
        return [_folded(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _folded(entry) for key, entry in value.items()}
    return value.lower() if isinstance(value, str) else value


def _plain(resource: Resource | None) -> dict[str, Any] | None:
    if resource is None:
        return None
    return {key: _jsonable(value) for key, value in asdict(resource).items()}


def _jsonable(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_jsonable(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _jsonable(entry) for key, entry in value.items()}
    return value if isinstance(value, str | int | bool | None) else str(value)


def differences(
    found: Mapping[Key, Resource], wanted: Mapping[Key, Resource | None]
) -> tuple[Difference, ...]:
    """Answers what must change, in the order of safe doing; things that `wanted` doesn't name stay.

    Pure.
    """
    pairs = ((found.get(key), after) for key, after in wanted.items())
    some = [Difference(before, after) for before, after in pairs if not is_same(before, after)]
    return tuple(sorted(some, key=lambda one: (ORDER.index(one.kind), one.after is not None)))


def undoing(
    found: Mapping[Key, Resource],
    planned: tuple[Difference, ...],
    before: Mapping[Key, Resource],
) -> tuple[Difference, ...]:
    """Answers what brings the PC back to what it was `before`, given what is there now. Pure.

    All that was read is compared, not only what was planned: Windows drops routes with what they
    lean on, and a step may touch more than its own thing. The last that was done is undone first.
    """
    done = [one.key for one in reversed(planned)]
    others = [one for one in before if one not in done]
    ours = [key for key, one in found.items() if isinstance(one, Leftover) and key not in before]
    pairs = [(found.get(key), _back(before.get(key), found.get(key))) for key in (*done, *others)]
    gone = [(found[key], None) for key in ours]
    return tuple(Difference(now, one) for now, one in (*pairs, *gone) if not is_same(now, one))


def _back(was: Resource | None, now: Resource | None) -> Resource | None:
    return was.back(now) if was is not None else None


def for_good(found: Mapping[Key, Resource], before: Mapping[Key, Resource]) -> tuple[Thing, ...]:
    """Answers what was there `before`, is another now, and stays so whatever is undone. Pure."""
    return tuple(
        one
        for key, one in before.items()
        if not is_same(one, found.get(key)) and not is_same(one, one.back(found.get(key)))
    )
