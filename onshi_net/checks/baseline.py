"""The accepted state of a site, to say after a repair what is another than it was.

A trait is something by which a device or a line is recognized, or that a repair may change without
breaking a check: a serial number, a MAC, a link's speed, the prefix. What a check enforces isn't
repeated here. The accepted traits lie beside the site's inventory, so that they travel with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from onshi_net import formats
from onshi_net.checks.facts import terminal_prefix
from onshi_net.errors import Fault, InputError, Place
from onshi_net.evidence import Evidence, store
from onshi_net.facts.pc import TerminalState
from onshi_net.facts.types import Facts, LanStatus, Reading
from onshi_net.facts.windows import PcEvidence
from onshi_net.files import read_regular_text
from onshi_net.i18n import devices, language, text
from onshi_net.intent import SiteIntent
from onshi_net.intent.windows import TerminalIntent, WindowsIntent
from onshi_net.pcs.terminal import client_certificates

FILE = "baseline.json"
LINE = "line"
Traits = dict[str, dict[str, str]]
"""By subject (`line`, a host, a service's id) and then by name."""


class Baseline(Facts):
    """The accepted traits of a site."""

    format: int = formats.BASELINE
    """Of the layout of this file (`onshi_net.formats`)."""
    site: str
    accepted_at: datetime
    traits: Traits


@dataclass(frozen=True, slots=True)
class Change:
    """A trait that is another than accepted."""

    subject: str
    name: str
    before: str
    now: str

    def __str__(self) -> str:
        """Gives it for people."""
        name, subject = text(f"checks.trait-{self.name}"), _subject(self.subject)
        return text(
            "checks.trait-changed", subject=subject, name=name, before=self.before, now=self.now
        )

    def to_json(self) -> dict[str, str]:
        """Gives plain data."""
        return {
            "subject": self.subject,
            "name": self.name,
            "before": self.before,
            "now": self.now,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is found now beside what was accepted: another, the same, or not looked at."""

    accepted_at: datetime
    changes: tuple[Change, ...]
    same: int
    """So many traits are as accepted."""
    unmeasured: tuple[tuple[str, str], ...]
    """Subject and name of each accepted trait of which nothing is known now."""
    compared: tuple[tuple[str, str], ...] = ()
    """Subject and name of each that was measured on both days."""

    def headline(self, date: str) -> str:
        """Gives the sentence above the changes; `date` is the day of acceptance for people."""
        if self.changes:
            return text("checks.changed", date=date)
        if not self.same:
            return text("checks.nothing-compared", date=date)
        return text("checks.same-as-far" if self.unmeasured else "checks.unchanged", date=date)

    def left_out(self) -> str:
        """Gives what was accepted and not measured now, by subject; '' where there is nothing."""
        if not self.unmeasured:
            return ""
        parts = [
            f"{_subject(subject)} ({', '.join(text(f'checks.trait-{name}') for _, name in some)})"
            for subject, some in groupby(self.unmeasured, key=lambda one: one[0])
        ]
        return text("checks.not-compared", what=", ".join(parts))


def compared(accepted: Baseline, now: Traits) -> Comparison:
    """Compares what is found now with the accepted state."""
    pairs = [
        (subject, name, before, now.get(subject, {}).get(name))
        for subject, names in accepted.traits.items()
        for name, before in names.items()
    ]
    return Comparison(
        accepted.accepted_at,
        tuple(
            Change(subject, name, before, found)
            for subject, name, before, found in pairs
            if found is not None and found != before
        ),
        sum(found == before for _, _, before, found in pairs),
        tuple((subject, name) for subject, name, _, found in pairs if found is None),
        tuple((subject, name) for subject, name, _, found in pairs if found is not None),
    )


def _subject(subject: str) -> str:
    return text("checks.segment-line") if subject == LINE else devices.shown(subject, language())


def traits(evidence: Evidence, intent: SiteIntent) -> Traits:
    """Answers the traits that the evidence shows."""
    windows = {one.access.host: one for one in intent.windows}
    found = {LINE: dict(_line(evidence, intent)), intent.router.host: dict(_router(evidence))}
    for pc in _pcs(evidence):
        if pc.session.host in windows:  # the evidence may be older than the inventory
            found[pc.session.host] = dict(_pc(pc, windows[pc.session.host]))
    for host, reading in evidence.laptop.owners.items():
        if reading.found is not None and reading.found.macs and host in found:
            found[host]["mac"] = ", ".join(reading.found.macs)
    for service, asked in evidence.laptop.services.items():
        if asked.name.found is not None and asked.name.found.addresses:
            found[service] = {"address": ", ".join(sorted(asked.name.found.addresses))}
    return {subject: names for subject, names in found.items() if names}


Named = Iterator[tuple[str, str]]


def _line(evidence: Evidence, intent: SiteIntent) -> Named:
    prefix = terminal_prefix(evidence, intent)
    if prefix is not None:
        yield "prefix", str(prefix)
    heard = evidence.laptop.line_adverts
    if heard is not None and heard.found is not None and heard.found.advertisements:
        yield "advertiser", ", ".join(sorted({one.mac for one in heard.found.advertisements}))


def _router(evidence: Evidence) -> Named:
    router = evidence.router
    for name, value in (
        ("model", router.model),
        ("serial", router.serial),
        ("firmware", router.firmware),
        ("wan", _links(router.wan)),
    ):
        if value:
            yield name, value


def _links(reading: Reading[LanStatus] | None) -> str:
    """Answers the ports that have link, each with its mode."""
    ports = reading.found.ports if reading is not None and reading.found is not None else ()
    return ", ".join(f"{one.port} {one.mode}".strip() for one in ports if one.up)


def _pcs(evidence: Evidence) -> Iterable[PcEvidence]:
    return (*evidence.windows.terminals, *evidence.windows.receipts) if evidence.windows else ()


def _pc(pc: PcEvidence, intent: WindowsIntent) -> Named:
    if pc.state is None:
        return
    system = pc.state.system
    if "system" not in pc.state.unread:
        yield "computer-name", system.computer_name
        yield "windows", f"{system.caption} ({system.build})"
    if isinstance(pc.state, TerminalState) and isinstance(intent, TerminalIntent):
        ends = [one.until for one in client_certificates(intent, pc.state)]
        if ends:
            yield "certificate", f"{max(ends):%Y-%m-%d}"


def load_baseline(folder: Path, site: str) -> Baseline | None:
    """Reads the accepted state of the site whose folder it is; None: nothing was accepted yet.

    Raises InputError for a file that can't be read as one, for another site's, and for one of a
    newer format.
    """
    file = folder / FILE
    try:
        said = read_regular_text(file)
        formats.check_json(file, said, formats.BASELINE)
        found = Baseline.model_validate_json(said)
    except FileNotFoundError:
        return None
    except ValueError:
        raise _bad(file, "bad-baseline") from None
    if found.site != site:
        raise _bad(file, "other-baseline")
    return found


def _bad(file: Path, problem: str) -> InputError:
    return InputError(
        [Fault(Place(file), text(f"checks.{problem}"), text("checks.bad-baseline.remedy"))]
    )


def store_baseline(baseline: Baseline, folder: Path) -> Path:
    """Writes the accepted state of the site whose folder it is; answers the file."""
    store(baseline, folder / FILE)
    return folder / FILE
