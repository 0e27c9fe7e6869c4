"""What runs out when: maintenance, certificate, and the cover of the 再設定 option."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from onshi_net.brochure.calendar import period_end
from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Level, Verdict, Warranty, systems_support, warranties
from onshi_net.brochure.findings import Finding, finding
from onshi_net.brochure.readiness import certificate_expiry
from onshi_net.brochure.systems import System, support_of, systems
from onshi_net.i18n import text
from onshi_net.model.survey import Device, DeviceKind

CERTIFICATE = "certificate"
YEAR_AHEAD = 365
"""So many days before its end a system's end of support is told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that runs out: `until` is its last day, None where nobody knows."""

    site: str
    name: str
    kind: str
    service: str | None
    until: datetime.date | None
    findings: tuple[Finding, ...]

    @property
    def title(self) -> str:
        """Gives what it is called, in the current language."""
        return title_of(self.name, self.kind)

    def days_left(self, on: datetime.date) -> int | None:
        """Answers the days from `on` to the last day; negative once it is over."""
        return None if self.until is None else (self.until - on).days

    def to_json(self, on: datetime.date) -> dict[str, Any]:
        """Gives plain data with all sentences."""
        return {
            "site": self.site,
            "name": self.name,
            "kind": self.kind,
            "service": self.service,
            "until": self.until.isoformat() if self.until else None,
            "days_left": self.days_left(on),
            "findings": [one.to_json() for one in self.findings],
        }


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The entries of one or many sites on the day `on`, the next to run out first.

    `systems` are the operating systems' ends of support, which no contract covers.
    """

    on: datetime.date
    within: int
    entries: tuple[Entry, ...]
    systems: tuple[Entry, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Answers no where something is over, not yet where a day isn't known, else yes."""
        levels = {one.level for entry in self.entries for one in entry.findings}
        if Level.BLOCKED in levels:
            return Verdict.NO
        return Verdict.NOT_YET if Level.OPEN in levels else Verdict.YES

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with all sentences."""
        return {
            "on": self.on.isoformat(),
            "within_days": self.within,
            "verdict": self.verdict.value,
            "entries": [one.to_json(self.on) for one in self.entries],
            "systems": [one.to_json(self.on) for one in self.systems],
        }


def title_of(name: str, kind: str) -> str:
    """Answers what people call a device of the register: 端末1 for `terminal-1`."""
    if kind == "os":
        return name
    number = re.search(r"[0-9]+\Z", name)
    return text(f"brochure.device.{kind}", number=number.group() if number else "").strip()


def warranty_of(kind: DeviceKind) -> Warranty:
    """Answers a kind's maintenance. Raises KeyError for a kind without a row."""
    for row in warranties().warranties:
        if row.kind is kind:
            return row
    raise KeyError(kind)


def _period_end(delivered_on: datetime.date, years: int) -> datetime.date:
    """Answers the last day, the day of delivery being the first.

    An inference; a maker's paper decides (`maker_until`).
    """
    return period_end(delivered_on, years * 12)


def covered_until(device: Device) -> datetime.date | None:
    """Answers the last day of the maker's maintenance.

    None where the brochure or the register says nothing.
    """
    if device.maker_until is not None:
        return device.maker_until
    years = warranty_of(device.kind).years
    if years is None or device.delivered_on is None:
        return None
    return _period_end(device.delivered_on, years)


def resetting_until(device: Device) -> datetime.date | None:
    """Answers until when the 再設定 option can cover a terminal.

    The maker's period, five years at most.
    """
    until = covered_until(device)
    if until is None or device.delivered_on is None:
        return until
    return min(until, _period_end(device.delivered_on, warranties().resetting.years))


def covered_pcs(case: Case) -> tuple[str, ...]:
    """Names the terminals that the option was bought for, as many as were bought at most.

    Without names in the contract they are the first ones of its register.
    """
    kind, option = warranties().resetting.kind, case.contract.resetting
    register = tuple(one.name for one in case.contract.devices if one.kind is kind)
    return (option.pcs or register)[: option.terminals or 0]


def resetting(case: Case, device: Device, on: datetime.date) -> Finding:
    """Answers whether the option would set up this terminal again on a day, or why not."""
    option, support = case.contract.resetting, case.contract.support
    ended = support.ended_on is not None and support.ended_on < on
    until = resetting_until(device)
    if option.cancelled_on is not None and option.cancelled_on <= on:
        return finding("resetting.cancelled", day=option.cancelled_on)
    if not option.terminals or option.started_on is None or option.started_on > on:
        return finding("resetting.none")
    if device.name not in covered_pcs(case):
        bought = text("brochure.comma").join(covered_pcs(case))
        return finding("resetting.other", count=option.terminals, pcs=bought)
    if support.plan is None or ended:
        return finding("resetting.no-plan")
    if until is None:
        return finding("resetting.period-open")
    if until < on:
        return finding("resetting.period", day=until)
    if device.repaired_on == on:
        return finding("resetting.repair-day", day=on)
    return finding("resetting.covers", day=until)


def resetting_of(case: Case, name: str, on: datetime.date) -> Finding:
    """Answers the same for a terminal by its name in the register."""
    kind = warranties().resetting.kind
    for device in case.contract.devices:
        if device.name == name and device.kind is kind:
            return resetting(case, device, on)
    return finding("resetting.not-listed", device=name)


def resetting_verdict(found: Finding) -> Verdict:
    """Answers whether the option covers it: yes, no, or not yet where its days aren't known."""
    if found.level is Level.OPEN:
        return Verdict.NOT_YET
    return Verdict.YES if found.level is Level.FINE else Verdict.NO


def _state(device: Device, until: datetime.date | None, on: datetime.date, within: int) -> Finding:
    title = title_of(device.name, device.kind)
    if warranty_of(device.kind).years is None and until is None:
        return finding("maintenance.no-period", device=title)
    if until is None:
        return finding("maintenance.open", device=title)
    return _ending(title, until, on, within)


def _ending(name: str, until: datetime.date, on: datetime.date, within: int) -> Finding:
    left = (until - on).days
    if left < 0:
        return finding("maintenance.ended", device=name, day=until)
    rule = "maintenance.ends" if left <= within else "maintenance.running"
    return finding(rule, device=name, day=until, days=left)


def _device(case: Case, device: Device, on: datetime.date, within: int) -> Entry:
    until = covered_until(device)
    findings = [_state(device, until, on, within)]
    if device.kind is warranties().resetting.kind:
        findings.append(resetting(case, device, on))
    service = warranty_of(device.kind).service
    return Entry(case.name, device.name, device.kind.value, service, until, tuple(findings))


def _certificate(case: Case, on: datetime.date, within: int) -> Iterator[Entry]:
    issued = case.prerequisites.certificate_issued_on
    if issued is None:
        return
    until = certificate_expiry(issued)
    findings = [_ending(title_of(CERTIFICATE, CERTIFICATE), until, on, within)]
    if (until - on).days <= within:
        findings.append(finding("maintenance.certificate", day=until))
    yield Entry(case.name, CERTIFICATE, CERTIFICATE, None, until, tuple(findings))


def register(case: Case, *, on: datetime.date, within: int = 90) -> tuple[Entry, ...]:
    """Answers every entry of one site; `within` is in days."""
    devices = (_device(case, device, on, within) for device in case.contract.devices)
    return (*devices, *_certificate(case, on, within))


def _soon(entry: Entry, on: datetime.date, within: int) -> bool:
    left = entry.days_left(on)
    return left is not None and left <= within


def _order(entry: Entry) -> tuple[datetime.date, str, str]:
    return (entry.until or datetime.date.max, entry.site, entry.name)


def system_register(case: Case, *, on: datetime.date) -> tuple[Entry, ...]:
    """Answers when the support of the site's operating systems ends, told a year ahead."""
    names = [("terminal", one) for one in systems(systems_support().terminal)]
    names += [("receipt", one) for one in systems(case.survey.receipt.os or "")]
    return tuple(_system(case, kind, one, on) for kind, one in dict.fromkeys(names))


def _system(case: Case, kind: str, system: System, on: datetime.date) -> Entry:
    row = support_of(system)
    name = text(f"brochure.system.{kind}", name=system.name if row is None else row.name)
    if row is None:
        found = finding("maintenance.os-open", name=name)
        return Entry(case.name, name, "os", None, None, (found,))
    left = (row.last - on).days
    rule = "maintenance.os-ends" if left <= YEAR_AHEAD else "maintenance.os-running"
    if left < 0:
        rule = "maintenance.os-ended"
    found = finding(rule, name=name, day=row.last, days=left)
    return Entry(case.name, name, "os", None, row.last, (found,))


def maintenance(
    cases: Iterable[Case], *, on: datetime.date, within: int | None = None
) -> Maintenance:
    """Answers what runs out within so many days (already over counts too).

    Without `within`, every entry. Of the operating systems always what ends within a year.
    """
    days = 90 if within is None else within
    cases = tuple(cases)
    entries = [entry for case in cases for entry in register(case, on=on, within=days)]
    kept = entries if within is None else [entry for entry in entries if _soon(entry, on, days)]
    found = [entry for case in cases for entry in system_register(case, on=on)]
    soon = [entry for entry in found if within is None or _soon(entry, on, max(days, YEAR_AHEAD))]
    by_day = (tuple(sorted(kept, key=_order)), tuple(sorted(soon, key=_order)))
    return Maintenance(on, days, *by_day)
