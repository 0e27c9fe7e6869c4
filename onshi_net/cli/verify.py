"""`verify`: measures the site and prints one line a segment, the causes, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net.errors import EXIT_CHECK_FAILED, EXIT_GOOD
from onshi_net.i18n import text
from onshi_net.intent import site_intent

if TYPE_CHECKING:
    from rich.table import Table

    from onshi_net.checks import CheckResult, State, VerifyResult
    from onshi_net.cli.context import Context

COLOURS = {"failed": "red", "error": "red", "skipped": "yellow", "passed": "green"}
"""Worst first: a segment shows its worst state."""


SHOWN = 3
"""Sentences of a segment in the table; the diagnosis below it and --json have all of them."""


def verify(
    context: Context, site: str, only: str | None, junit: Path | None, *, as_json: bool
) -> int:
    """Measures and prints; exit code 1 when a check failed or could not be measured."""
    inventory = context.site(site)
    intent = site_intent(inventory)
    from onshi_net import checks

    with context.progress.status(text("cli.measuring", site=site)) as status:
        result = checks.verify(
            inventory,
            intent,
            context.secrets,
            known_hosts=context.known_hosts(site),
            runs=context.runs,
            progress=status.update,
            junit=junit,
            only=only,
        )
    if as_json:
        context.out.print_json(data=result.to_json())
    else:
        _print(context, intent.institution, result)
    return EXIT_GOOD if result.passed else EXIT_CHECK_FAILED


def _print(context: Context, institution: str, result: VerifyResult) -> None:
    title = text("cli.verify-title", institution=institution, site=result.site)
    context.out.print(title, style="bold", markup=False)
    context.out.print(_table(result.checks))
    counted = [check for check in result.checks if check.state in COLOURS]
    if result.passed:
        context.out.print(text("cli.verify-good", count=len(counted)), style="green")
        return
    bad = sum(1 for check in counted if check.state in {"failed", "error"})
    summary = text("cli.verify-bad", failed=bad, count=len(counted))
    context.out.print(summary, style="red")
    for line in result.diagnosis_lines():
        context.out.print(line, markup=False)


def _table(checks: Iterable[CheckResult]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("segment", "result"):
        table.add_column(text(f"cli.col-{column}"), no_wrap=True)
    table.add_column(text("cli.col-detail"), overflow="fold")
    for segment, some in groupby(checks, key=lambda check: check.segment):
        rows = [check for check in some if check.state in COLOURS]
        if rows:
            worst = min((check.state for check in rows), key=list(COLOURS).index)
            table.add_row(
                text(f"checks.segment-{segment}"),
                text(f"cli.state-{worst}"),
                _detail(rows, worst),
                style=COLOURS[worst],
            )
    return table


def _detail(rows: list[CheckResult], worst: State) -> str:
    """Answers the details of a segment's worst checks, or how many are good."""
    if worst == "passed":
        return text("cli.segment-good", count=len(rows))
    if worst == "skipped":
        skipped = sum(1 for row in rows if row.state == "skipped")
        return text("cli.segment-skipped", count=skipped, good=len(rows) - skipped)
    bad = {"failed"} if worst == "failed" else {"error"}
    details = list(dict.fromkeys(row.detail for row in rows if row.state in bad))
    more = len(details) - SHOWN
    rest = [text("cli.and-more", count=more)] if more > 0 else []
    return "\n".join([*details[:SHOWN], *rest])
