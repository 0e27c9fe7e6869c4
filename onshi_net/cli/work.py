"""`work`: the brochure's work table of a site: who does what, done or not, what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onshi_net.cli.office import day_of
from onshi_net.errors import EXIT_CHECK_FAILED, EXIT_GOOD, EXIT_OPEN
from onshi_net.i18n import text

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.papers.dossier import Dossier
    from onshi_net.papers.work import Work


def work(context: Context, site: str, on: str | None, *, as_json: bool) -> int:
    """Prints the table; 0 where nothing is left, 1 where something measured is bad, else 11."""
    from onshi_net.papers import load_dossier
    from onshi_net.papers.work import work_of

    dossier = load_dossier(context.inventory, site, context.runs / site)
    rows = work_of(dossier, day_of(on))
    if as_json:
        context.out.print_json(data={"site": site, "work": [to_json(row) for row in rows]})
    else:
        context.out.print(f"{dossier.institution.name} ({site})", style="bold", markup=False)
        for row in rows:
            context.out.print(_line(row), markup=False)
            for more in _details(row):
                context.out.print(f"      {more}", markup=False)
        for line in _vendor(dossier):
            context.out.print(line, markup=False)
    if any(row.result.state == "failed" for row in rows):
        return EXIT_CHECK_FAILED
    return EXIT_GOOD if all(row.result.is_done for row in rows) else EXIT_OPEN


def _line(row: Work) -> str:
    return f"  {row.number:>2}  {row.stands}  {row.name}"


def _details(row: Work) -> tuple[str, ...]:
    said = [text("cli.work-party", party=row.who)]
    if row.result.note:
        said.append(row.result.note)
    if row.waits_for:
        numbers = ", ".join(map(str, row.waits_for))
        said.append(text("cli.work-waits", numbers=numbers))
    return tuple(said)


def _vendor(dossier: Dossier) -> tuple[str, ...]:
    """Whom to speak to about 11 to 13, and who does (brochure, line 233)."""
    if dossier.case.receipt_count == 0:
        return ()
    receipt, unknown = dossier.case.survey.receipt, text("brochure.who.unknown")
    talk = {True: "ours", False: "customer", None: "open"}[receipt.vendor_by_ntt]
    return (
        text(
            "cli.work-vendor",
            vendor=receipt.vendor or unknown,
            contact=receipt.vendor_contact or unknown,
        ),
        text(f"cli.work-talk-{talk}"),
    )


def to_json(row: Work) -> dict[str, Any]:
    """Gives plain data with the texts."""
    return {
        "number": row.number,
        "name": row.name,
        "party": row.party,
        "state": row.result.state,
        "note": row.result.note,
        "waits_for": list(row.waits_for),
    }
