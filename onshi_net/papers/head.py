"""The head of a paper: its number, its title, whom it is for."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from onshi_net.i18n import text
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.layout import LETTERS, Head, Kind
from onshi_net.papers.photos import Photo


@dataclass(frozen=True, slots=True)
class Issue:
    """What is known of a paper besides the site: the day of its facts, edition, the visit."""

    on: datetime.date
    edition: int = 1
    visit_on: datetime.date | None = None
    visit_at: datetime.time | None = None
    photos: tuple[Photo, ...] = ()
    """Those that a person confirmed, for the completion report."""


def number_of(dossier: Dossier, kind: Kind) -> str:
    """Answers a paper's number: the institution's code and the kind's letter.

    All editions of a paper have the same one (the drawing of the finished site too).
    """
    return f"{dossier.institution.code}-{LETTERS[kind]}"


def head_of(dossier: Dossier, kind: Kind, issue: Issue, variant: str = "") -> Head:
    """Answers the head; `variant` chooses another title (`estimate-rough`)."""
    name = variant or kind
    return Head(
        kind=kind,
        title=text(f"papers.title.{name}"),
        number=number_of(dossier, kind),
        edition=issue.edition,
        issued_on=issue.on,
        institution=dossier.institution.name,
        subject=text(f"papers.subject.{kind}"),
        history=_history(dossier, kind, issue),
    )


def _history(
    dossier: Dossier, kind: Kind, issue: Issue
) -> tuple[tuple[int, datetime.date, str], ...]:
    """The editions that were written down, up to this one; this one in any case."""
    told = {
        one.edition: (one.edition, one.on, one.change)
        for one in dossier.case.contract.revisions
        if one.paper == kind and one.edition <= issue.edition
    }
    if issue.edition > 1:
        told.setdefault(issue.edition, (issue.edition, issue.on, ""))
    return tuple(told[edition] for edition in sorted(told))
