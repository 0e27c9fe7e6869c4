"""What the papers read of a site: its files, finished or not, and what was measured there."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from onshi_net.brochure import Case
from onshi_net.checks import CheckResult, judge
from onshi_net.checks.baseline import traits
from onshi_net.checks.offline import stored_evidence
from onshi_net.evidence import Evidence
from onshi_net.evidence.runs import verifications
from onshi_net.intake.draft import Draft, case_of
from onshi_net.intent import SiteIntent, site_intent
from onshi_net.inventory import load_site
from onshi_net.inventory.load import read_site
from onshi_net.model import Onu, ReceiptPc, Router, Switch, Terminal
from onshi_net.model.hosts import Host
from onshi_net.model.site import Institution
from onshi_net.model.survey import Device

H = TypeVar("H", bound=Host)


@dataclass(frozen=True)
class Measurement:
    """One verification, judged when a paper asks: most say nothing of it."""

    stored: Evidence
    intent: SiteIntent

    @property
    def taken_at(self) -> datetime.datetime:
        """Answers when it was taken."""
        return self.stored.taken_at

    @cached_property
    def results(self) -> tuple[CheckResult, ...]:
        """Answers what came of each check."""
        return judge(self.stored, self.intent)

    @cached_property
    def traits(self) -> Mapping[str, Mapping[str, str]]:
        """Answers what the devices are."""
        return traits(self.stored, self.intent)


@dataclass(frozen=True, slots=True)
class Dossier:
    """The facts of one site. What nobody has said yet is None or missing, never guessed."""

    name: str
    draft: Draft
    case: Case
    hosts: tuple[Host, ...] = ()
    intent: SiteIntent | None = None
    """None where the site's files are not finished."""
    measured: tuple[Measurement, ...] = ()
    """The stored verifications, the oldest first."""

    @property
    def institution(self) -> Institution:
        """Answers who the paper is for."""
        return self.draft.institution

    def of(self, kind: type[H]) -> tuple[H, ...]:
        """Answers the hosts of a kind."""
        return tuple(host for host in self.hosts if isinstance(host, kind))

    @property
    def router(self) -> Router | None:
        """Answers the router; None where it is not written down."""
        return next(iter(self.of(Router)), None)

    @property
    def switches(self) -> tuple[Switch, ...]:
        """Answers the switching hubs below the router."""
        return self.of(Switch)

    @property
    def onu_model(self) -> str | None:
        """Answers the ONU's model."""
        host = next(iter(self.of(Onu)), None)
        return self.case.onu_model or (host.model if host is not None else None)

    @property
    def terminals(self) -> tuple[Terminal, ...]:
        """Answers the terminals."""
        return self.of(Terminal)

    @property
    def receipt_pcs(self) -> tuple[ReceiptPc, ...]:
        """Answers the receipt PCs."""
        return self.of(ReceiptPc)

    @property
    def last(self) -> Measurement | None:
        """Answers the last verification."""
        return self.measured[-1] if self.measured else None

    def device(self, name: str) -> Device | None:
        """Answers the register's entry of a device."""
        return next((one for one in self.case.contract.devices if one.name == name), None)

    def trait(self, host: str, name: str) -> str | None:
        """Answers what the last verification found of a device; None where it found nothing."""
        return self.last.traits.get(host, {}).get(name) if self.last is not None else None


def load_dossier(inventory: Path, name: str, runs: Path | None = None) -> Dossier:
    """Reads a site's folder and its stored verifications (`runs` is the site's folder of runs).

    Raises InputError where the site's files are faulty or not there.
    """
    _, draft, hosts = read_site(inventory, name, Draft)
    facts = (draft.line, draft.access, draft.segments, draft.region)
    is_whole = bool(hosts) and all(one is not None for one in facts)
    intent = site_intent(load_site(inventory, name)) if is_whole else None
    return Dossier(
        name=name,
        draft=draft,
        case=case_of(name, draft, hosts),
        hosts=tuple(hosts or ()),
        intent=intent,
        measured=() if intent is None or runs is None else _measured(runs, intent),
    )


def _measured(runs: Path, intent: SiteIntent) -> tuple[Measurement, ...]:
    """Answers the first and the last verification; of a site that was measured once, that one."""
    files = verifications(runs).files
    ends = dict.fromkeys((*files[:1], *files[-1:]))
    return tuple(Measurement(stored_evidence(file, intent.site), intent) for file in ends)
