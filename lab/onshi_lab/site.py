"""A site of the lab: the facts that its topology is made from, and their reader.

A site file is YAML in `sites/`. Every fault in it is reported at once. The lab's sites are
written apart from the product's inventory on purpose, so that one mistake cannot be in both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TypeVar

import yaml

from onshi_lab.errors import SiteFileError, UsageError

SITES = Path(__file__).parent / "sites"

T = TypeVar("T")


class LineMode(StrEnum):
    """How the NGN hands out the prefix: router advertisement or DHCPv6 prefix delegation."""

    RA = "ra"
    PD = "pd"


class BranchKind(StrEnum):
    """What stands between the ONU and the router."""

    NONE = "none"
    HUB = "hub"
    HGW = "hgw"


@dataclass(frozen=True, slots=True)
class Line:
    """The access line: its prefix now, and the one that it gets when the NGN renumbers it."""

    mode: LineMode
    prefix: IPv6Network
    changed_prefix: IPv6Network


@dataclass(frozen=True, slots=True)
class RouterFacts:
    """Which router the mock plays; the names are those of the vendor's catalogue."""

    model: str
    firmware: str
    serial: str
    language: str = "ja"
    drop_is_logout: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """One clinic of the lab."""

    name: str
    title: str
    line: Line
    branch: BranchKind
    switch: bool
    terminals: int
    receipts: int
    clinic_lan: IPv4Network
    router: RouterFacts

    @property
    def advertised_prefix(self) -> IPv6Network:
        """The /64 that reaches the router's terminals: the line's, or the HGW's first."""
        return next(self.line.prefix.subnets(new_prefix=64))


def site_names() -> tuple[str, ...]:
    """The sites that `up --site` takes, in alphabetical order."""
    return tuple(sorted(path.stem for path in SITES.glob("*.yaml")))


def load_site(name: str) -> Site:
    """The site of that name.

    Raises UsageError for an unknown name, SiteFileError for a faulty file.
    """
    if name not in site_names():
        raise UsageError.unknown("site", name, site_names())
    return read_site((SITES / f"{name}.yaml").read_text(encoding="utf-8"), name)


class _Reader:
    """Takes typed values out of a mapping and collects what is wrong with them."""

    def __init__(self, values: object, where: str, faults: list[str]) -> None:
        self._values: dict[str, object] = {}
        self._where = where
        self._faults = faults
        if isinstance(values, Mapping):
            self._values = {str(key): value for key, value in values.items()}
        else:
            faults.append(f"{where or 'the file'} must be a mapping")

    def take(self, key: str, parse: Callable[[object], T], expected: str, default: T) -> T:
        """The parsed value of a key; on a fault the fault is noted and `default` answered."""
        place = f"{self._where}{key}"
        if key not in self._values:
            self._faults.append(f"{place} is missing; it must be {expected}")
            return default
        value = self._values.pop(key)
        try:
            return parse(value)
        except (ValueError, TypeError):
            self._faults.append(f"{place} is {value!r}; it must be {expected}")
            return default

    def section(self, key: str) -> _Reader:
        """A reader of the mapping below a key."""
        return _Reader(self._values.pop(key, None), f"{self._where}{key}.", self._faults)

    def finish(self, known: str) -> None:
        """Note every key that nobody took."""
        for key in self._values:
            self._faults.append(f"{self._where}{key} is unknown; known: {known}")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(value)
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _count(low: int, high: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(value)
        return value

    return parse


def _token(pattern: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        text = str(value)
        if not re.fullmatch(pattern, text):
            raise ValueError(value)
        return text

    return parse


_NO_PREFIX = IPv6Network("2001:db8::/64")


def _line(reader: _Reader) -> Line:
    mode = reader.take("mode", lambda v: LineMode(str(v)), "ra or pd", LineMode.RA)
    length = 64 if mode is LineMode.RA else 56

    def prefix(value: object) -> IPv6Network:
        network = IPv6Network(_text(value))
        if network.prefixlen != length:
            raise ValueError(value)
        return network

    expected = f"an IPv6 prefix of length {length}"
    return Line(
        mode=mode,
        prefix=reader.take("prefix", prefix, expected, _NO_PREFIX),
        changed_prefix=reader.take("changed_prefix", prefix, expected, _NO_PREFIX),
    )


def _router(reader: _Reader) -> RouterFacts:
    return RouterFacts(
        model=reader.take("model", _token(r"[A-Z]{3}\d{3,4}"), "a model such as RTX830", ""),
        firmware=reader.take("firmware", _token(r"\d+\.\d+\.\d+"), "such as 15.02.31", ""),
        serial=reader.take("serial", _token(r"[A-Z0-9]{4,16}"), "capitals and digits", ""),
    )


def read_site(text: str, name: str) -> Site:
    """The site that a YAML text defines; raises SiteFileError with every fault in it."""
    faults: list[str] = []
    try:
        values: object = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SiteFileError(f"{name}.yaml", (f"is not YAML: {error}",)) from error
    reader = _Reader(values, "", faults)
    line, router = reader.section("line"), reader.section("router")
    site = Site(
        name=name,
        title=reader.take("title", _text, "a line of text", ""),
        line=_line(line),
        branch=reader.take(
            "branch", lambda v: BranchKind(str(v)), "none, hub or hgw", BranchKind.NONE
        ),
        switch=reader.take("switch", _flag, "true or false", False),
        terminals=reader.take("terminals", _count(1, 9), "a number from 1 to 9", 1),
        receipts=reader.take("receipts", _count(0, 9), "a number from 0 to 9", 0),
        clinic_lan=reader.take(
            "clinic_lan", lambda v: IPv4Network(_text(v)), "an IPv4 network", IPv4Network(0)
        ),
        router=_router(router),
    )
    line.finish("mode, prefix, changed_prefix")
    router.finish("model, firmware, serial")
    reader.finish("title, line, branch, switch, terminals, receipts, clinic_lan, router")
    faults.extend(_contradictions(site))
    if faults:
        raise SiteFileError(f"{name}.yaml", tuple(faults))
    return site


def _contradictions(site: Site) -> tuple[str, ...]:
    """What each value allows but all together do not."""
    found = []
    if site.terminals > 1 and not site.switch:
        found.append("terminals is more than 1, which needs switch: true (one router port)")
    if site.branch is BranchKind.HGW and site.line.mode is LineMode.RA:
        found.append("branch hgw takes a delegated prefix, which needs line.mode: pd")
    if site.clinic_lan.prefixlen not in (0, 24):
        found.append("clinic_lan must have prefix length 24 (hosts .1, .21, .200, .254 in it)")
    return tuple(found)
