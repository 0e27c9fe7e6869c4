"""Whom to call for what, with the hours in which somebody answers.

Sources: the brochure (lines 12 to 18, the customers' window; 143 and 144, the support desk's hours,
whose number it does not print). The call centre of the 支払基金 and its hours: one public page
(ons.planetworks.co.jp), to be confirmed (docs/to-confirm-on-site.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from onshi_net.i18n import text
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.layout import Column, Row, Table
from onshi_net.papers.words import known

DESK = "0120-087-033"
FUND = "0800-080-4583"
_FREE = re.compile(r"(0120)([0-9]{3})([0-9]{3})|(0[58]00)([0-9]{3})([0-9]{4})")
_TEN = re.compile(r"(0[36])([0-9]{4})([0-9]{4})")
_MOBILE = re.compile(r"(0[5-9]0)([0-9]{4})([0-9]{4})")
"""Where a number's parts end is known of these alone; area codes are of two to five digits."""


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
    notes = dossier.draft.as_built
    for name, phone in (
        ("system", FUND),
        ("devices", notes.support_phone),
        ("line", notes.line_phone),
        ("reader", notes.card_reader.phone),
        ("receipt", notes.vendor_phone),
        ("change", DESK),
    ):
        who = text("papers.contacts.receipt-who", vendor=vendor) if name == "receipt" else ""
        yield Row(
            (
                text(f"papers.contacts.{name}"),
                who or text(f"papers.contacts.{name}-who"),
                phone_of(phone),
                text(f"papers.contacts.{name}-hours"),
                text(f"papers.contacts.{name}-note"),
            )
        )


def phone_of(number: str | None) -> str:
    """Answers a number as it is dialled and read; a line to write on where nobody noted it."""
    if number is None:
        return text("papers.contacts.by-hand")
    if "-" in number:
        return number
    parts = _FREE.fullmatch(number) or _TEN.fullmatch(number) or _MOBILE.fullmatch(number)
    return number if parts is None else "-".join(one for one in parts.groups() if one)


def clock_table(dossier: Dossier) -> Table:
    """Answers who can be reached at which hour of the day."""
    columns = _columns("time", "call", "phone")
    rows = tuple(
        Row((text(f"papers.clock.{name}"), text(f"papers.clock.{name}-who"), phone))
        for name, phone in (
            ("early", text("papers.clock.nobody")),
            ("fund", FUND),
            ("desk", DESK),
            ("support", phone_of(dossier.draft.as_built.support_phone)),
        )
    )
    return Table(text("papers.clock.title"), columns, rows)
