"""`verify`: measures the site and prints one line a segment, the causes, and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net.errors import EXIT_CHECK_FAILED, EXIT_GOOD
from onshi_net.i18n import text
from onshi_net.intent import site_intent

if TYPE_CHECKING:
    from rich.table import Table

    from onshi_net.checks import CheckResult, VerifyResult
    from onshi_net.cli.context import Context

BAD = frozenset({"failed", "error"})
COLOURS = {"passed": "green", "failed": "red", "error": "red", "skipped": "yellow"}


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
            progress=lambda step: status.update(step),
            junit=junit,
            only=only,
        )
    if as_json:
        context.out.print_json(json.dumps(result.to_json()))
    else:
        _print(context, intent.institution, result)
    return EXIT_GOOD if result.passed else EXIT_CHECK_FAILED


def _print(context: Context, institution: str, result: VerifyResult) -> None:
    title = text("cli.verify-title", institution=institution, site=result.site)
    context.out.print(title, style="bold", markup=False)
    context.out.print(_table(result.checks))
    bad = [check for check in result.checks if check.state in BAD]
    count = sum(1 for check in result.checks if check.state != "not applicable")
    if result.passed:
        context.out.print(text("cli.verify-good", count=count), style="green")
        return
    context.out.print(text("cli.verify-bad", failed=len(bad), count=count), style="red")
    for line in result.diagnosis_lines():
        context.out.print(line, markup=False, soft_wrap=False)


def _table(checks: Iterable[CheckResult]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(text("cli.col-segment"), no_wrap=True)
    table.add_column(text("cli.col-result"), no_wrap=True)
    table.add_column(text("cli.col-detail"), overflow="fold")
    for segment, some in groupby(checks, key=lambda check: check.segment):
        rows = list(some)
        worst = min((row.state for row in rows), key=list(COLOURS | {"": ""}).index)
        table.add_row(text(f"checks.segment-{segment}"), *_summary(rows), style=COLOURS.get(worst))
    return table


def _summary(rows: list[CheckResult]) -> tuple[str, str]:
    return "", ""
