"""What a survey, the customer's preparations and the contract say about a site, as frozen data.

Everything is optional: a site is written down as soon as its 申込シート arrives, and what nobody
has said yet is None ("not known"), which the brochure's rules answer with an open question, never
with a guess. Clauses name the sections of the NTT West brochure. Nothing here imports
`onshi_net.model.site`.
"""

from __future__ import annotations

import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from onshi_net.model.base import MacAddress
from onshi_net.model.text import Text, Token


class Facts(BaseModel):
    """Base of this file: frozen, no unknown fields, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _one_of(kind: type[StrEnum]) -> BeforeValidator:
    def convert(value: Any) -> Any:
        if isinstance(value, str) and value not in {*kind}:
            raise ValueError(f"possible: {', '.join(kind)}")
        return kind(value) if isinstance(value, str) else value

    return BeforeValidator(convert)


def _ipv4(value: Any) -> Any:
    return IPv4Address(value) if isinstance(value, str) else value


def _ipv4s(value: Any) -> Any:
    return tuple(_ipv4(one) for one in value) if isinstance(value, list | tuple) else value


def _network(value: Any) -> Any:
    return IPv4Network(value) if isinstance(value, str) else value


Address = Annotated[IPv4Address, BeforeValidator(_ipv4)]
Addresses = Annotated[tuple[IPv4Address, ...], BeforeValidator(_ipv4s)]
Network = Annotated[IPv4Network, BeforeValidator(_network)]
Phone = Annotated[str, Field(pattern=r"\A0[0-9]{9,10}\z")]
Email = Annotated[str, Field(max_length=254, pattern=r"\A[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\z")]
Clock = Annotated[str, Field(pattern=r"\A([01][0-9]|2[0-3]):[0-5][0-9]\z")]
"""A time of day, Japanese local time."""
Count = Annotated[int, Field(ge=0, le=1000)]
Metres = Annotated[int | float, Field(ge=0, le=10_000)]


class LineUse(StrEnum):
    """Whether the line that is there is used, or a new one is ordered (提供条件②)."""

    EXISTING = "existing"
    NEW = "new"


class Found(StrEnum):
    """What the survey found between the ONU and the place of the router (提供条件②.

    Pattern table).
    """

    NONE = "none"
    HUB = "hub"
    HGW = "hgw"
    OGW = "ogw"
    BUSINESS_PHONE = "business-phone"
    ROUTER = "router"
    UTM = "utm"
    OTHER = "other"
    UNKNOWN = "unknown"


class Owner(StrEnum):
    """Who owns the OGW: its exchange costs differ (提供条件② ※4)."""

    RENTAL = "rental"
    PURCHASED = "purchased"


class ReceiptWork(StrEnum):
    """Who sets up the receipt PCs (連携作業のご案内)."""

    NTT = "ntt"
    VENDOR = "vendor"
    CUSTOMER = "customer"


class LineSurvey(Facts):
    """The access line as the survey found it or as it will be ordered."""

    use: Annotated[LineUse, _one_of(LineUse)] | None = None
    product: Text | None = None
    carrier: Text | None = None
    """The 光コラボレーション carrier, where the line is not NTT West's own."""
    ordered_on: datetime.date | None = None
    """Day of the last order for opening, moving or changing the line."""
    v6_option: bool | None = None
    hikari_denwa: bool | None = None
    work_on: datetime.date | None = None
    """Day of the line's work (回線工事), where a line is new."""
    work_at: Clock | None = None
    """Time that was appointed for it; None: none was."""
    dedicated: bool | None = None
    """The line serves nothing but オンライン資格確認."""


class AccessSurvey(Facts):
    """What hangs under the ONU."""

    onu_model: Text | None = None
    branch: Annotated[Found, _one_of(Found)] | None = None
    branch_model: Text | None = None
    branch_owner: Annotated[Owner, _one_of(Owner)] | None = None
    free_port: bool | None = None
    """The branch device has a free LAN port."""
    business_phone: bool | None = None
    """A business phone is connected to the ONU, directly or through a hub."""
    own_devices: bool | None = None
    """The customer has, or wants, devices of its own below the router's LAN ports 1 and 2."""


class Wiring(Facts):
    """The LAN cabling that is needed; lengths in metres."""

    cable_m: Metres | None = None
    """From the router to the farthest terminal."""
    same_building: bool | None = None
    work_m: Metres | None = None
    """Length that NTT West would have to lay."""
    above_2m: bool | None = None
    exposed: bool | None = None
    """The cable can be laid exposed (露出配線)."""
    wall_piercing: bool | None = None
    conduit: bool | None = None
    crossings: Count | None = None
    """Cables that cross rooms or floors (部屋跨ぎ・別フロア工事)."""
    cables_1m: Count | None = None
    cables_3m: Count | None = None
    cables_5m: Count | None = None


class ReceiptSurvey(Facts):
    """The receipt computers or electronic-record PCs that shall work with the terminals."""

    count: Count | None = None
    work_by: Annotated[ReceiptWork, _one_of(ReceiptWork)] | None = None
    os: Text | None = None
    admin_rights: bool | None = None
    """Somebody can log on with administrator rights on the day of the work."""
    vendor: Text | None = None
    vendor_contact: Text | None = None
    """Who to speak to there: a name, a telephone number."""
    vendor_by_ntt: bool | None = None
    """NTT West shall speak to the vendor itself (brochure, line 233)."""


class VisitingNursing(Facts):
    """A visiting-nursing station's terminal on the router of the institution beside it.

    (提供条件①).
    """

    wanted: bool | None = None
    cable_m: Metres | None = None
    same_building: bool | None = None
    receipt_link: bool | None = None
    """The existing router already links a receipt PC."""
    same_network: bool | None = None
    """The station's receipt PC is in the network of the receipt PC that is linked already."""


class NetworkSurvey(Facts):
    """The addresses that the site is built with."""

    router_model: Token | None = None
    router_serial: Token | None = None
    terminal_network: Network | None = None
    terminal_router: Address | None = None
    terminals: Addresses = ()
    clinic_network: Network | None = None
    clinic_router: Address | None = None
    clinic_gateway: Address | None = None
    receipt_pcs: Addresses = ()

    @model_validator(mode="after")
    def _inside(self) -> Self:
        for network, addresses in (
            (self.terminal_network, (self.terminal_router, *self.terminals)),
            (self.clinic_network, (self.clinic_router, self.clinic_gateway, *self.receipt_pcs)),
        ):
            for address in addresses:
                if network is not None and address is not None and address not in network:
                    raise ValueError(f"{address} is not in {network}")
        return self


class Survey(Facts):
    """The survey's answers (現地調査票)."""

    planned_on: datetime.date | None = None
    planned_at: Clock | None = None
    done_on: datetime.date | None = None
    line: LineSurvey = LineSurvey()
    access: AccessSurvey = AccessSurvey()
    wiring: Wiring = Wiring()
    terminals: Count | None = None
    receipt: ReceiptSurvey = ReceiptSurvey()
    visiting_nursing: VisitingNursing = VisitingNursing()
    network: NetworkSurvey = NetworkSurvey()
    power_taps_short: bool | None = None
    """There are not enough power taps where the devices will stand (準備事項 6)."""


def _done(value: Any) -> Any:
    if value is None or isinstance(value, bool | datetime.date):
        return value
    raise ValueError("a date (2026-04-01), true or false is expected")


Done = Annotated[datetime.date | bool, BeforeValidator(_done)]
"""True: done; a date: done on that day; False or None: not done."""


def done(value: datetime.date | bool | None, on: datetime.date) -> bool:
    """Answers whether a preparation is done on the day `on`."""
    return value if isinstance(value, bool) else value is not None and value <= on


class Prerequisites(Facts):
    """What the customer prepares (工事実施までご準備いただく事項, 1 to 6)."""

    account: Done | None = None
    line_ordered: Done | None = None
    """New line: フレッツ光 ordered."""
    v6_ordered: Done | None = None
    """Existing line without the option: フレッツ・v6オプション ordered."""
    caf_number: Done | None = None
    """The line's CAF number is known."""
    usage_application: Done | None = None
    """オンライン資格確認利用申請 with the CAF number registered."""
    billing_application: Done | None = None
    """オンライン請求利用申請; only where オンライン請求 is used."""
    billing_used: bool | None = None
    certificate: Done | None = None
    """電子証明書 applied for (its notice comes by 簡易書留)."""
    certificate_issued_on: datetime.date | None = None
    power_taps: Done | None = None


class Party(Facts):
    """A party to the contract (申込シート ⑩ to ⑯)."""

    name: Text
    address: Text | None = None
    contact: Text | None = None
    phone: Phone | None = None
    email: Email | None = None
    weekday_contact: Text | None = None
    weekday_hours: Text | None = None


class WeekdayContact(Facts):
    """Where and when the institution can be reached on weekdays (申込シート ⑧ and ⑨)."""

    contact: Text | None = None
    hours: Text | None = None


class Support(Facts):
    """オフィスプライムサポート."""

    plan: Literal["A", "B"] | None = None
    started_on: datetime.date | None = None
    ended_on: datetime.date | None = None
    omakase: bool | None = None
    """オフィスネットおまかせサポートサービス(基本メニュー) is contracted already."""
    devices: Count | None = None
    """Devices that IT research lists."""
    manual_updates: Count = 0


class ResettingOption(Facts):
    """オンライン資格確認再設定オプション."""

    terminals: Count | None = None
    """For how many PCs it was bought; 0: for none."""
    pcs: Annotated[tuple[Token, ...], BeforeValidator(_tuple)] = ()
    """Names of the devices that it was bought for; without any the first ones of the register."""
    started_on: datetime.date | None = None
    cancelled_on: datetime.date | None = None


class DeviceKind(StrEnum):
    """The devices that the start pack delivers."""

    ROUTER = "router"
    TERMINAL = "terminal"
    DISPLAY = "display"
    SWITCH = "switch"
    USB_MEMORY = "usb-memory"


class Device(Facts):
    """A delivered device: the warranty register's entry."""

    name: Token
    kind: Annotated[DeviceKind, _one_of(DeviceKind)]
    serial: Token | None = None
    mac: MacAddress | None = None
    delivered_on: datetime.date | None = None
    maker_until: datetime.date | None = None
    """Last day of the maker's maintenance where the paper that came with the device names it."""
    repaired_on: datetime.date | None = None


class Offer(Facts):
    """The formal quotation, as sales entered it; what is not in it is the brochure's."""

    prices: dict[Token, Annotated[int, Field(ge=0, le=100_000_000)]] = Field(default_factory=dict)
    """Selling prices in yen with tax for one piece, by the item's id in the table of prices
    (`onshi_net/data/brochure/prices.yaml`)."""
    valid_until: datetime.date | None = None
    payment: Text | None = None
    delivery: Text | None = None


class Revision(Facts):
    """Why a paper has a new edition (改訂履歴)."""

    paper: Literal["estimate", "drawing", "prepare", "completion", "manual", "handover"]
    edition: Annotated[int, Field(ge=2, le=999)]
    on: datetime.date
    change: Text


class Contract(Facts):
    """The contract: who, since when, which support, which devices."""

    party: Party | None = None
    institution_contact: WeekdayContact | None = None
    signed_on: datetime.date | None = None
    design_approved_on: datetime.date | None = None
    support: Support = Support()
    resetting: ResettingOption = ResettingOption()
    offer: Offer = Offer()
    devices: Annotated[tuple[Device, ...], BeforeValidator(_tuple)] = ()
    revisions: Annotated[tuple[Revision, ...], BeforeValidator(_tuple)] = ()
