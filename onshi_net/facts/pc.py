"""What a PC answered, as frozen data, built from the JSON of its `read_…` scripts."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    field_validator,
    model_validator,
)

from onshi_net.foreign import ANSWER, MARK, line

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network


class Answered(BaseModel):
    """Base of all answers: frozen; what a newer script says beyond it is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _listed(value: Any) -> Any:
    """Undoes what ConvertTo-Json of 5.1 may do to a list.

    It may give one element without its list, a `value`/`Count` object, or null.
    """
    if value is None:
        return ()
    if (
        isinstance(value, dict)
        and set(value) == {"value", "Count"}
        and isinstance(value["value"], list)
    ):
        return tuple(value["value"])
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _unscoped(value: Any) -> Any:
    """Drops the `%interface` of a link-local address; the interface index says the same."""
    return value.partition("%")[0] if isinstance(value, str) else value


Listed = BeforeValidator(_listed)
MaybeListed = BeforeValidator(lambda value: None if value is None else _listed(value))
"""A list that may not have been asked for: null stays null."""
Plain = BeforeValidator(_unscoped)
Shown = Annotated[str, AfterValidator(partial(line, columns=ANSWER))]
"""The PC's own words, which nothing but a person reads."""


class System(Answered):
    """Which Windows it is, and its clock."""

    computer_name: str
    caption: Shown
    build: int
    product_type: int
    """1 is a workstation (Win32_OperatingSystem, ProductType)."""
    edition: str
    utc: AwareDatetime

    @field_validator("computer_name")
    @classmethod
    def _whole(cls, name: str) -> str:
        """Refuses a name that did not come whole: it is nobody's, not another PC's."""
        if MARK in name:
            raise ValueError("a letter of the name was lost")
        return name


UNREAD_SYSTEM = System(
    computer_name="",
    caption="",
    build=0,
    product_type=0,
    edition="",
    utc=datetime.fromtimestamp(0, UTC),
)
"""Stands where a PC's own answer about its system can't be understood (`PcState.unread`)."""


class Address(Answered):
    """One address of an interface (MSFT_NetIPAddress)."""

    interface: int
    alias: str = ""
    address: Annotated[IpAddress, Plain]
    prefix_length: int
    origin: str = ""
    state: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not 0 <= self.prefix_length <= self.address.max_prefixlen:
            raise ValueError("no prefix of its family is so long")
        return self

    @property
    def in_use(self) -> bool:
        """Whether the interface uses it now, which one without a cable does not.

        MSFT_NetIPAddress, AddressState: 4 Preferred; that a static address of an unplugged card is
        listed as Tentative is an inference.
        """
        return self.state in {"", "Preferred"}

    @property
    def network(self) -> IpNetwork:
        """The network that is on link through this address."""
        if isinstance(self.address, IPv4Address):
            return IPv4Network((self.address, self.prefix_length), strict=False)
        return IPv6Network((self.address, self.prefix_length), strict=False)


def _prefix(value: Any) -> Any:
    """Clears host bits, which a destination may have."""
    return ip_network(value, strict=False) if isinstance(value, str) else value


class StoredRoute(Answered):
    """One route in one store (MSFT_NetRoute); an empty next hop is none."""

    destination: Annotated[IpNetwork, BeforeValidator(_prefix)]
    next_hop: Annotated[IpAddress, Plain]
    interface: int
    metric: int
    store: str
    protocol: str = ""

    @model_validator(mode="before")
    @classmethod
    def _hopless(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("next_hop") == "":
            family = IPv6Address if ":" in str(data.get("destination")) else IPv4Address
            return {**data, "next_hop": family(0)}
        return data

    @property
    def redirected(self) -> bool:
        """Whether an ICMP redirect taught it, for ten minutes (Microsoft, RouteProtocolIcmp).

        With the route on the clinic's own device (brochure, ※2) that device sends redirects: router
        and PC are on one LAN (RFC 1812, 5.2.7.2).
        """
        return self.protocol == "Icmp"

    @property
    def handed_out(self) -> bool:
        """Whether a DHCP server gave it, for the time of a lease (Microsoft, RouteProtocolDhcp).

        That Get-NetRoute shows this as `Dhcp` is an inference from the enumeration's name.
        """
        return self.protocol == "Dhcp"

    @property
    def on_link(self) -> bool:
        """Whether it leads to a directly attached network (next hop 0.0.0.0 or ::)."""
        return int(self.next_hop) == 0


class RegistryRoute(Answered):
    """A route of `route -p add`: `destination,mask,gateway,metric` (Microsoft, route)."""

    name: str

    @property
    def parts(self) -> tuple[IPv4Network, IPv4Address] | None:
        """Destination and gateway; None for a name of another form."""
        words = self.name.split(",")
        try:
            return IPv4Network(f"{words[0]}/{words[1]}"), IPv4Address(words[2])
        except (ValueError, IndexError):
            return None


class PolicyValue(Answered):
    """A value of the registry, as text; '' where it is not there."""

    path: str
    name: str
    value: str = ""


class Profile(Answered):
    """For which kind of network Windows takes the one of an interface."""

    interface: int
    alias: Shown = ""
    category: str = ""


class Disk(Answered):
    """The disk of Windows (Win32_LogicalDisk): bytes in all, and bytes free."""

    size: int
    free: int


class PcState(Answered):
    """What every PC answers."""

    system: System
    addresses: Annotated[tuple[Address, ...], Listed]
    routes: Annotated[tuple[StoredRoute, ...], Listed]
    registry_routes: Annotated[tuple[str, ...], Listed] = ()
    leftovers: Annotated[tuple[str, ...], Listed] = ()
    """Names under which a run that was cut off left a task, a folder or a group membership."""
    remains: Annotated[tuple[str, ...], Listed] = ()
    """What is there under each of these names: task, folder, its place on the list."""
    policies: Annotated[tuple[PolicyValue, ...], Listed] = ()
    pending: Annotated[tuple[str, ...], Listed] = ()
    """Registry keys that say that a restart is pending."""
    workstation: bool | None = None
    """Whether the Workstation service runs, without which no share is opened; None: not asked."""
    profiles: Annotated[tuple[Profile, ...], Listed] = ()
    firewalls: Annotated[tuple[Shown, ...], Listed] = ()
    """Firewalls of other makers (FirewallProduct of the Security Center)."""
    unread: dict[str, str] = {}
    """What of the answer can't be understood: the PC's own words by field. Such a field holds
    nothing that was measured, whatever it reads as."""
    disk: Disk | None = None
    """None: it has no C:, or a version asked that did not want to know."""


class Metric(Answered):
    """The metric of an interface for one address family."""

    interface: int
    family: str
    metric: int
    automatic: bool
    dhcp: bool = False


class Resolver(Answered):
    """One resolver of an interface."""

    interface: int
    server: Annotated[IpAddress, Plain]


class FixedResolvers(Answered):
    """The resolvers of one family that somebody set on an interface; none: it takes others'."""

    interface: int
    family: str
    servers: Annotated[tuple[Annotated[IpAddress, Plain], ...], Listed] = ()


class LocalUser(Answered):
    """The link user."""

    name: str
    sid: str = ""
    enabled: bool
    expires: bool
    """The user or its password ends at some date."""
    password_good: bool | None = None
    """The site's password lets it log on (LogonUser, network logon); None: it was not tried."""
    barred: bool = False
    """Its rights don't let it log on over the network, whatever its password."""
    locked: bool = False
    """Too many wrong passwords were tried; whether the site's is right can't be told then."""
    lasting: bool | None = None
    """Its password never expires; None: not asked."""
    account_expires: str = ""
    """When the account ends, in the PC's own time; '' for never."""
    password_set: str = ""
    """When its password was set, in the PC's own time; '' where that was not asked."""


class Folder(Answered):
    """A folder that is shared, and whether the link user may modify it."""

    path: str
    there: bool
    granted: bool
    sddl: str = ""
    """Its whole security descriptor, in SDDL; '' where that was not asked."""


class ShareAccess(Answered):
    """One entry of a share's ACL (MSFT_SmbShareAccessControlEntry)."""

    account: str
    kind: str
    right: str
    sid: str = ""
    """The account's SID; a word where Windows has none for it, '' where it was not asked."""


class ShareSettings(Answered):
    """How a share is offered, beside who may use it (MSFT_SmbShare)."""

    description: str = ""
    caching: str = ""
    enumeration: str = ""
    encrypted: bool = False
    limit: int = 0
    """Users at a time; 0: as many as Windows takes."""


class SharedFolder(Answered):
    """A share."""

    name: str
    path: str
    descriptor: str = ""
    """Its whole security descriptor, in SDDL (MSFT_SmbShare, SecurityDescriptor)."""
    settings: ShareSettings | None = None
    access: Annotated[tuple[ShareAccess, ...], Listed] = ()


class Rule(Answered):
    """A firewall rule with its filters."""

    name: str
    enabled: bool
    sources: Annotated[tuple[str, ...], Listed] = ()
    ports: Annotated[tuple[str, ...], Listed] = ()
    direction: str = ""
    """This one, the action, the protocol and the profiles are '' where they were not asked."""
    action: str = ""
    protocol: str = ""
    profiles: str = ""
    """Names with commas between them."""


class Service(Answered):
    """A Windows service."""

    name: str
    start: str
    running: bool


class Trigger(Answered):
    """What starts or stops a service (SERVICE_TRIGGER: type and action)."""

    type: int
    action: int


class TimeSettings(Answered):
    """Where the Windows Time service gets its time, from its registry key.

    `domain_only`: a trigger stops it where the PC is in no domain.
    """

    server: str | None = ""
    """None: the value is not there."""
    type: str | None = ""
    domain_only: bool = False
    triggers: Annotated[tuple[Trigger, ...] | None, MaybeListed] = None
    """All that starts and stops it; None: not asked."""


class Certificate(Answered):
    """A certificate of the PC's store."""

    subject: str
    issuer: str
    until: AwareDatetime
    has_key: bool
    uses: Annotated[tuple[str, ...], Listed] = ()


class TerminalState(PcState):
    """What a terminal answers."""

    metrics: Annotated[tuple[Metric, ...], Listed] = ()
    resolvers: Annotated[tuple[Resolver, ...], Listed] = ()
    """What each interface asks, whoever gave it."""
    fixed_resolvers: Annotated[tuple[FixedResolvers, ...], Listed] = ()
    user: LocalUser | None = None
    folders: Annotated[tuple[Folder, ...], Listed] = ()
    shares: Annotated[tuple[SharedFolder, ...], Listed] = ()
    serving: bool | None = None
    """Whether the Server service runs, which alone knows the shares; None: not asked."""
    sharing: Annotated[tuple[str, ...] | None, MaybeListed] = None
    """Windows' own rules for file sharing that are on; None: not asked."""
    rules: Annotated[tuple[Rule, ...], Listed] = ()
    services: Annotated[tuple[Service, ...], Listed] = ()
    time: TimeSettings = TimeSettings()
    certificates: Annotated[tuple[Certificate, ...], Listed] = ()


class StoreEntry(Answered):
    """An entry of the credential store, as CredRead shows it: never with its password."""

    target: str
    found: bool
    user: str = ""
    persist: int = 0
    code: int = 0
    written: str = ""
    """When it was written (CREDENTIALW, LastWritten), a number; '' where that was not asked."""


class Proof(Answered):
    """How the access to a share as the receipt computer's user ended."""

    share: str
    step: str
    """The step that it reached: open, write, read or delete."""
    good: bool
    code: int = 0

    @property
    def error(self) -> int:
        """The Win32 error behind the HRESULT, 0 for none."""
        value = self.code & 0xFFFFFFFF
        return value & 0xFFFF if value >> 16 == 0x8007 else value


class TaskError(Answered):
    """Why the batch task's script ended early."""

    code: int
    kind: str = ""


class StoreState(Answered):
    """What the batch task found as the receipt computer's user."""

    user: str
    sid: str = ""
    """Who it was that looked, and whom the PC takes for the wanted user; '' where that was not
    asked."""
    asked: str = ""
    entries: Annotated[tuple[StoreEntry, ...], Listed] = ()
    proofs: Annotated[tuple[Proof, ...], Listed] = ()
    granted: bool = False
    """The user lacked the right to log on as a batch job, and got it for the time of the task."""
    error: TaskError | None = None


class ReceiptState(PcState):
    """What a receipt PC answers."""

    store: StoreState | None = None
    """Its user's credential store; None: not read, and nothing is known of its entries."""
