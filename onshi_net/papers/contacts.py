"""Whom to call for what, with the hours in which somebody answers.

Sources: the brochure (lines 12 to 18, the customers' window; 143 and 144, the support desk's hours,
whose number it does not print). The call centre of the 支払基金 and its hours: one public page
(ons.planetworks.co.jp), to be confirmed (docs/to-confirm-on-site.md).
"""

from __future__ import annotations

from collections.abc import Iterator

from onshi_net.i18n import text
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.layout import Column, Row, Table
from onshi_net.papers.words import known

DESK = "0120-087-033"
FUND = "0800-080-4583"


def contact_table(dossier: Dossier) -> Table:
    """Answers 連絡先一覧: what is broken, who answers, at which number and hour."""
    columns = _columns("topic", "who", "phone", "hours", "note")
    return Table(text("papers.contacts.title"), columns, tuple(_rows(dossier)))


def _columns(*names: str) -> tuple[Column, ...]:
    return tuple(
        Column(text(f"papers.col.{name}"), "phone" if name == "phone" else "text") for name in names
    )


def _rows(dossier: Dossier) -> Iterator[Row]:
    vendor = known(dossier.case.survey.receipt.vendor)
    by_hand = text("papers.contacts.by-hand")
    for name, phone in (
        ("system", FUND),
        ("devices", by_hand),
        ("line", by_hand),
        ("reader", by_hand),
        ("receipt", by_hand),
        ("change", DESK),
    ):
        who = text("papers.contacts.receipt-who", vendor=vendor) if name == "receipt" else ""
        yield Row(
            (
                text(f"papers.contacts.{name}"),
                who or text(f"papers.contacts.{name}-who"),
                phone,
                text(f"papers.contacts.{name}-hours"),
                text(f"papers.contacts.{name}-note"),
            )
        )


def clock_table() -> Table:
    """Answers who can be reached at which hour of the day."""
    columns = _columns("time", "call", "phone")
    rows = tuple(
        Row((text(f"papers.clock.{name}"), text(f"papers.clock.{name}-who"), phone))
        for name, phone in (
            ("early", text("papers.clock.nobody")),
            ("fund", FUND),
            ("desk", DESK),
            ("support", text("papers.contacts.by-hand")),
        )
    )
    return Table(text("papers.clock.title"), columns, rows)
