"""The brochure's tables as frozen data, read from `onshi_net/data/brochure/*.yaml`.

Each row names its clause.
"""

from __future__ import annotations

import datetime
import re
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict
from ruamel.yaml import YAML

from onshi_net.model.survey import DeviceKind, Found


class Row(BaseModel):
    """Base of a table's row: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _enum(kind: type[StrEnum]) -> BeforeValidator:
    return BeforeValidator(lambda value: kind(value) if isinstance(value, str) else value)


def _clock(value: Any) -> Any:
    return datetime.time.fromisoformat(value) if isinstance(value, str) else value


Clock = Annotated[datetime.time, BeforeValidator(_clock)]


class Level(StrEnum):
    """What a finding means for the install."""

    FINE = "fine"
    INFO = "info"
    CONDITION = "condition"
    ORDER = "order"
    OPEN = "open"
    BLOCKED = "blocked"


class Pattern(StrEnum):
    """◎, △, × of the pattern table, and `open` where the path is not known yet."""

    OK = "ok"
    TOLERATED = "tolerated"
    REFUSED = "refused"
    OPEN = "open"

    @property
    def sign(self) -> str:
        """Gives the brochure's own sign, `?` where it is not known."""
        return {"ok": "◎", "tolerated": "△", "refused": "×", "open": "?"}[self.value]


class Verdict(StrEnum):
    """Yes, no, or not yet: a question that decides has no answer."""

    YES = "yes"
    NO = "no"
    NOT_YET = "not-yet"


class Kept(StrEnum):
    """Where a clause is kept (see clauses.yaml)."""

    RULE = "rule"
    DATA = "data"
    FORM = "form"
    BUILD = "build"
    INFO = "info"


class Clause(Row):
    """One clause of the brochure.

    Its lines, a few words found there, what it says, where it is kept.
    """

    id: str
    lines: tuple[int, int]
    quote: str
    says: str
    kept: Annotated[Kept, _enum(Kept)]


class Rule(Row):
    """A finding's level and the clauses that it enforces.

    `part`: it stops only that part of the work. `holds`: what waits while it is so: the whole site,
    whose eligibility can't be told yet, or the visit alone.
    """

    level: Annotated[Level, _enum(Level)]
    clauses: tuple[str, ...]
    part: bool = False
    holds: Literal["site", "visit"] | None = None


class Product(Row):
    """An access line of 提供条件②."""

    id: str
    name: str
    words: tuple[str, ...]
    v6_included: bool
    v6_with_order: bool = True
    """Ordered from `v6_included_from` on it has the option (※1 names ネクスト and クロス only)."""
    ended_on: datetime.date | None = None
    """Last day of the service."""
    clause: str

    @property
    def is_other_type(self) -> bool:
        """Answers whether it is a マンション or ビジネス type."""
        return bool({"マンション", "ビジネス"} & {*self.words})

    def has_ended(self, on: datetime.date) -> bool:
        """Answers whether the service is over on the day `on`."""
        return self.ended_on is not None and on > self.ended_on

    @property
    def is_cross(self) -> bool:
        """Answers whether it is a フレッツ光クロス."""
        return self.id.startswith("cross")


class Products(Row):
    """The lines and how their names are folded."""

    products: tuple[Product, ...]
    dropped_words: tuple[str, ...]
    hayabusa_spellings: tuple[str, ...]
    collaboration_words: tuple[str, ...]
    own_words: tuple[str, ...]
    own_anywhere: tuple[str, ...]
    vague_words: tuple[str, ...]
    implied_words: dict[str, str]
    v6_included_from: datetime.date


class Model(Row):
    """A row of existing devices: the models that its pattern takes."""

    id: str
    kind: Literal["onu", "hgw", "ogw", "hub"]
    names: tuple[str, ...]
    pattern: str
    line: Literal["cross", "next"] | None = None
    usable: bool
    anywhere: bool = False
    """What stands around the model doesn't matter."""
    ports: int | None = None
    clause: str

    def takes(self, model: str) -> bool:
        """Answers whether a model name in upper case, its width folded, belongs to this row."""
        pattern = self.pattern.replace("~", r"[\s_‐-―−ー-]*")
        if not self.anywhere:
            pattern = f"(?<![A-Z0-9])(?:NTT|[OH]GW|ONU)?(?:{pattern})(?![A-Z0-9])"
        return re.search(pattern, model) is not None


class Models(Row):
    """The existing devices and the OGWs that replace an unusable one."""

    devices: tuple[Model, ...]
    ogw_replacements: tuple[str, ...]


class PatternRow(Row):
    """What was found under the ONU and the pattern that it makes."""

    found: Annotated[Found, _enum(Found)]
    business_phone: bool | None = None
    pattern: Annotated[Pattern, _enum(Pattern)]
    rule: str


class Patterns(Row):
    """The pattern table."""

    clause: str
    patterns: tuple[PatternRow, ...]


class Names(Row):
    """An item's name in both languages."""

    en: str
    ja: str


Group = Literal["device", "work", "design", "line", "support"]


class Price(Row):
    """A price in yen with tax; `yen` is 0 where the brochure names no price (`unpriced`)."""

    id: str
    group: Group
    yen: int = 0
    monthly: bool = False
    reference: bool = False
    unpriced: bool = False
    clause: str
    name: Names


class Sum(Row):
    """A sum that the brochure prints."""

    id: str
    yen: int
    clause: str


class Prices(Row):
    """All prices and the counts that they turn on."""

    items: tuple[Price, ...]
    research_devices_included: int
    research_devices_step: int
    plan_b_term_months: int
    plan_b_renewal_months: int
    first_month_days: int
    sums: tuple[Sum, ...]

    def item(self, name: str) -> Price:
        """Answers an item. Raises KeyError for an unknown one."""
        for item in self.items:
            if item.id == name:
                return item
        raise KeyError(name)


class Prerequisite(Row):
    """One of the customer's preparations 1 to 6; `fields` are those of `Prerequisites`."""

    number: int
    id: str
    when: Literal["new-line", "existing-line", "taps-short"] | None = None
    fields: tuple[str, ...]
    blocks: bool
    at: Literal["shiharai-kikin", "ntt-west", "ntt-west-number", "customer"]
    price: str | None = None
    clause: str


class PrerequisiteTable(Row):
    """The preparations, the portal where one applies, and the certificate's life in months."""

    portal: str
    prerequisites: tuple[Prerequisite, ...]
    certificate_months: int


class Hours(Row):
    """Hours of a kind of work: from `start` up to, not including, `end`; weekdays 0 is Monday."""

    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    start: Clock
    end: Clock
    clause: str


class YearEnd(Row):
    """The turn of the year, both days included, as month and day."""

    first: tuple[int, int]
    last: tuple[int, int]
    clause: str


class Cancellation(Row):
    """Until when a survey may be cancelled without a fee."""

    until: Clock
    business_days_before: int
    clause: str


class Schedule(Row):
    """When which work is done."""

    construction: Hours
    survey: Hours
    line_appointments: Hours
    year_end: YearEnd
    cancellation: Cancellation


class Warranty(Row):
    """A device's maintenance: years from delivery, None where the brochure names none."""

    kind: Annotated[DeviceKind, _enum(DeviceKind)]
    years: int | None = None
    service: Literal["on-site", "advance-exchange", "send-back"] | None = None
    clause: str


class Resetting(Row):
    """The limits of the 再設定 option."""

    years: int
    kind: Annotated[DeviceKind, _enum(DeviceKind)]
    clause: str


class Warranties(Row):
    """All maintenance periods."""

    warranties: tuple[Warranty, ...]
    resetting: Resetting


class SystemSupport(Row):
    """One operating system's last day of support; `words` must all stand in what is written."""

    version: str
    release: str
    words: tuple[str, ...]
    last: datetime.date
    name: str


class SystemsSupport(Row):
    """The operating systems, what the start pack's terminal runs, and when this was looked up."""

    checked_on: datetime.date
    terminal: str
    systems: tuple[SystemSupport, ...]


class Areas(Row):
    """NTT West's prefectures."""

    west: tuple[int, ...]
    clause: str


def read_table(name: str) -> Any:
    """Reads `onshi_net/data/brochure/<name>.yaml` as plain data."""
    source = files("onshi_net.data").joinpath("brochure", f"{name}.yaml")
    return YAML(typ="safe", pure=True).load(source.read_text(encoding="utf-8"))


@cache
def clauses() -> tuple[Clause, ...]:
    """Answers all clauses in the brochure's order."""
    return tuple(Clause.model_validate(row) for row in read_table("clauses")["clauses"])


@cache
def rules() -> dict[str, Rule]:
    """Answers every finding's rule by its id."""
    return {name: Rule.model_validate(row) for name, row in read_table("rules")["rules"].items()}


@cache
def products() -> Products:
    """Answers the access lines."""
    return Products.model_validate(read_table("products"))


@cache
def models() -> Models:
    """Answers the existing devices."""
    return Models.model_validate(read_table("devices"))


@cache
def patterns() -> Patterns:
    """Answers the pattern table."""
    return Patterns.model_validate(read_table("patterns"))


@cache
def prices() -> Prices:
    """Answers the prices."""
    return Prices.model_validate(read_table("prices"))


@cache
def prerequisites() -> PrerequisiteTable:
    """Answers the customer's preparations."""
    return PrerequisiteTable.model_validate(read_table("prerequisites"))


@cache
def schedule() -> Schedule:
    """Answers the working hours and deadlines."""
    return Schedule.model_validate(read_table("schedule"))


@cache
def warranties() -> Warranties:
    """Answers the maintenance periods."""
    return Warranties.model_validate(read_table("warranties"))


@cache
def systems_support() -> SystemsSupport:
    """Answers the operating systems' ends of support."""
    return SystemsSupport.model_validate(read_table("os-support"))


@cache
def areas() -> Areas:
    """Answers NTT West's area."""
    return Areas.model_validate(read_table("areas"))
