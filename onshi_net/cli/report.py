"""`report`: the page of a site's last verification."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net.errors import EXIT_CHECK_FAILED, EXIT_GOOD, EXIT_OPEN, Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intent import site_intent

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.papers.report import Report

FILE = "report.html"


def report(context: Context, site: str, evidence: Path | None, out: Path | None) -> int:
    """Writes the page and prints its name; exit code 1 when the site that it shows isn't good.

    `evidence` is a stored measurement, the last one without it; `out` is the page's file, without
    it `report.html` beside the evidence. Raises InputError where there is no such measurement.
    """
    from onshi_net.checks.baseline import load_baseline
    from onshi_net.checks.join import judge_joined
    from onshi_net.checks.offline import stored_evidence
    from onshi_net.papers.report import report_of
    from onshi_net.provision.journal import words

    inventory = context.site(site)
    source = evidence or _last(context, site)
    stored, intent = stored_evidence(source, site), site_intent(inventory)
    baseline = load_baseline(inventory.folder, site)
    judged = judge_joined(stored, intent, context.runs)
    found = report_of(
        intent,
        stored.taken_at,
        judged.results,
        judged.traits,
        baseline,
        words(context.runs, site),
        source.read_text(encoding="utf-8"),
    )
    write(context, found, out or source.with_name(FILE))
    return EXIT_GOOD if found.passed else EXIT_CHECK_FAILED if found.bad else EXIT_OPEN


def write(context: Context, found: Report, file: Path) -> None:
    """Writes the page and says where it is. Raises OSError."""
    from onshi_net.evidence import write_whole
    from onshi_net.papers.report import to_html

    write_whole(file, to_html(found))
    context.progress.print(text("report.written", file=file), markup=False, soft_wrap=True)


def _last(context: Context, site: str) -> Path:
    """Answers the newest measurement, and says so where another claims to be newer."""
    from onshi_net.evidence.runs import verifications

    found = verifications(context.runs / site)
    if not found.files:
        problem, remedy = text("report.no-verification"), text("report.no-verification.remedy")
        raise InputError([Fault(Place(item=site), problem, remedy)])
    if found.ahead:
        words = text("report.ahead", count=len(found.ahead), name=found.ahead[-1].parent.name)
        context.progress.print(words, markup=False, style="yellow")
    return found.files[-1]
