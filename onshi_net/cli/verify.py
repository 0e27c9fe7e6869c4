"""`verify`: measures the site and prints one line a segment, the causes, and what to do."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net.cli.provision import telling_of_changes, unknown_word
from onshi_net.cli.rights import probe_of
from onshi_net.errors import (
    EXIT_CHECK_FAILED,
    EXIT_GOOD,
    EXIT_INTERRUPTED,
    EXIT_OPEN,
    Fault,
    InputError,
    Place,
)
from onshi_net.files import open_private
from onshi_net.i18n import text
from onshi_net.i18n.system import reason as system_reason
from onshi_net.intent import site_intent

if TYPE_CHECKING:
    from rich.padding import Padding
    from rich.table import Table

    from onshi_net.checks import CheckResult, VerifyResult
    from onshi_net.checks.after import Exchange
    from onshi_net.cli.context import Context
    from onshi_net.intent import SiteIntent
    from onshi_net.inventory.load import SiteInventory

COLOURS = {
    "failed": "red",
    "warning": "yellow",
    "error": "yellow",
    "skipped": "yellow",
    "passed": "green",
}


EXITS = {"good": EXIT_GOOD, "failed": EXIT_CHECK_FAILED, "open": EXIT_OPEN}
ENDINGS = {"good": "green", "failed": "red", "open": "yellow"}
PASSWORDS = frozenset(
    {"router.login.refused", "terminal.link-user.password", "receipt-pc.share.password"}
)
"""Verdicts on passwords that are another than the store's."""
SHOWN = 3
"""Sentences of a segment in the table; the diagnosis below it and --json have all of them."""


def verify(
    context: Context,
    site: str,
    only: str | None,
    junit: Path | None,
    *,
    accept: bool,
    as_json: bool,
    touch: bool = True,
    after: str | None = None,
    watch: bool = False,
    partly: bool = False,
) -> int:
    """Measures and prints; exit code 1 when a check failed, 11 when too little was measured.

    The report of a whole site is written beside its evidence. `accept` keeps a good site's state,
    for later verifications to say what changed since. Raises InputError, before anything is
    measured, when `only` means no check or is given with `accept`, when the accepted state can't
    be read and when `junit` can't be written; OSError when it, or the evidence, can't be written
    afterwards, with everything printed. Interrupted, it prints what was measured until then.
    `partly`: the rest is measured at once from another network, and is not told as missing.
    """
    _require_fitting(only, junit, accept=accept, as_json=as_json, watch=watch)
    inventory = context.site(site)
    intent = site_intent(inventory)
    _require_checks(intent, only)
    exchange = _exchange(inventory.folder, intent, after)
    if junit is not None:
        _require_writable(junit)
    probe = probe_of(context)
    from onshi_net import checks
    from onshi_net.checks.junit import write_junit
    from onshi_net.transport.refused import FILE as REFUSED
    from onshi_net.transport.refused import Refused

    known_hosts = context.known_hosts(site)
    refused = Refused(context.runs / site / REFUSED)
    with (
        telling_of_changes(context, intent, known_hosts),
        context.progress.status(text("cli.measuring", site=site)) as status,
    ):
        result = checks.verify(
            inventory,
            intent,
            context.secrets,
            known_hosts=known_hosts,
            runs=context.runs,
            progress=status.update,
            only=only,
            probe=probe,
            touch=touch,
            exchange=exchange,
            refused=refused,
        )
    if as_json:
        context.out.print_json(data=result.to_json())
    else:
        _print(context, intent.institution, result, partly=partly)
        _print_changes(context, result)
        if not touch:
            _print_unproved(context, result)
    if any(one.state == "failed" and one.message in PASSWORDS for one in result.checks):
        from onshi_net.cli.secret_rotate import hint

        hint(context, intent)
    if junit is not None:
        write_junit(junit, site, result.checks)
    if only is None and result.evidence_file is not None:
        _report(context, intent, result, result.evidence_file)
    if result.interrupted:
        context.progress.print(text("cli.verify-interrupted"), style="red")
        return EXIT_INTERRUPTED
    if result.unstored is not None:
        raise result.unstored
    if watch and result.evidence is not None:
        from onshi_net.checks.watch import measuring
        from onshi_net.cli.watch import watched

        measure = measuring(intent, context.secrets, known_hosts, touch=touch, refused=refused)
        return EXITS[watched(context, intent, result, measure)]
    return _ended(context, inventory, result, accept=accept)


def _require_fitting(
    only: str | None, junit: Path | None, *, accept: bool, as_json: bool, watch: bool
) -> None:
    """Raises InputError for options that can't be given together."""
    faults = []
    if watch and (accept or as_json or junit is not None or only is not None):
        faults.append(Fault(Place(item="--watch"), text("cli.watch-alone")))
    if accept and only is not None:
        faults.append(Fault(Place(item="--accept"), text("cli.accept-whole")))
    if faults:
        raise InputError(faults)


def _ended(
    context: Context, inventory: SiteInventory, result: VerifyResult, *, accept: bool
) -> int:
    """Accepts a good state where that was asked for; answers the exit code."""
    flagged = result.after is not None and not result.after.is_right
    if accept and flagged:
        context.progress.print(text("cli.not-accepted-after"), style="red")
    elif accept:
        _accept(context, inventory, result)
    return EXIT_CHECK_FAILED if flagged else EXITS[result.ending]


def _exchange(folder: Path, intent: SiteIntent, what: str | None) -> Exchange | None:
    """Answers what was exchanged.

    Raises InputError for what can't be at this site, and where nothing was accepted before.
    """
    if what is None:
        return None
    from onshi_net.checks.after import exchange_of
    from onshi_net.checks.baseline import load_baseline

    exchange = exchange_of(what, intent)
    if load_baseline(folder, intent.site) is None:
        remedy = text("checks.after-no-baseline.remedy", site=intent.site)
        raise InputError([Fault(Place(item="--after"), text("checks.after-no-baseline"), remedy)])
    return exchange


def _require_checks(intent: SiteIntent, only: str | None) -> None:
    """Raises InputError, naming the hosts and segments that have checks, where `only` has none."""
    from onshi_net.checks.catalogue import cases
    from onshi_net.checks.model import SEGMENTS

    if only is None or cases(intent, only):
        return
    hosts = (intent.router.host, *(one.access.host for one in intent.windows))
    words = [word for word in dict.fromkeys((*hosts, *SEGMENTS)) if cases(intent, word)]
    raise unknown_word(text("cli.no-such-check", word=only), words)


def _require_writable(file: Path) -> None:
    """Raises InputError where the file can't be written, by opening it; leaves no new file."""
    there = file.exists()
    try:
        os.close(open_private(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    except OSError as error:
        problem = text("cli.file-refused", file=file, reason=system_reason(error))
        hint = text("cli.junit-remedy")
        raise InputError([Fault(Place(item="--junit"), problem, hint)]) from None
    if not there:
        file.unlink()


def _print(
    context: Context, institution: str, result: VerifyResult, *, partly: bool = False
) -> None:
    from onshi_net.checks.model import verdict

    title = text("cli.verify-title", institution=institution, site=result.site)
    context.out.print(title, style="bold", markup=False)
    context.out.print(_table(_measured(result.checks) if partly else result.checks))
    if partly and result.ending == "open":
        good = sum(1 for one in result.checks if one.state == "passed")
        context.out.print(text("cli.verified-partly", count=good), style="green")
    else:
        summary = verdict(result.checks, result.ending)
        context.out.print(summary, style=ENDINGS[result.ending])
    if told := earlier_told(result.checks):
        context.out.print(told, markup=False)
    for line in result.diagnosis_lines(partly=partly):
        context.out.print(_hanging(line))


def _measured(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Answers the results of which something is known."""
    return [one for one in results if one.state in {"passed", "failed"}]


def earlier_told(results: Iterable[CheckResult]) -> str:
    """Answers the sentence about what an earlier run measured, '' where nothing was."""
    times = [one.when for one in results if one.measured_at is not None]
    listed = ", ".join(dict.fromkeys(times))
    return text("checks.joined", count=len(times), times=listed) if times else ""


def _print_changes(context: Context, result: VerifyResult) -> None:
    """Says what is another than accepted, where something was accepted."""
    found = result.comparison
    if found is None:
        return
    if (after := result.after) is not None:
        for line in after.lines():
            context.out.print(_hanging(line), style="" if after.is_right else "red")
        if left_out := found.left_out():
            context.out.print(left_out, markup=False)
        return
    context.out.print(found.headline(text("cli.day", day=found.accepted_at)), markup=False)
    for one in found.changes:
        context.out.print(_hanging(f"  {one}"))
    if left_out := found.left_out():
        context.out.print(left_out, markup=False)


UNTOUCHED = ("unmeasured.untried", "evidence.touch-nothing")
"""The sentences of what --touch-nothing leaves out."""


def _print_unproved(context: Context, result: VerifyResult) -> None:
    """Says what could not be proved because nothing was to be touched."""
    reason = text("evidence.touch-nothing")
    titles = [
        one.title
        for one in result.checks
        if one.state == "error" and (one.message in UNTOUCHED or reason in one.detail)
    ]
    if not titles:
        return
    context.out.print(text("cli.touched-nothing", count=len(titles)), markup=False)
    for title in titles:
        context.out.print(_hanging(f"  {title}"))


def _report(context: Context, intent: SiteIntent, result: VerifyResult, evidence: Path) -> None:
    """Writes the page beside the evidence."""
    from onshi_net.cli.report import FILE, write
    from onshi_net.papers.report import report_of

    raw = evidence.read_text(encoding="utf-8")
    found = report_of(
        intent, result.taken_at, result.checks, result.traits, result.baseline, evidence=raw
    )
    write(context, found, evidence.with_name(FILE))


def _accept(context: Context, inventory: SiteInventory, result: VerifyResult) -> None:
    """Keeps a good site's state, once what its devices say of themselves stands in its file."""
    from datetime import UTC, datetime

    from onshi_net.checks.baseline import Baseline, store_baseline
    from onshi_net.cli.devices import take_in

    if not result.passed:
        context.progress.print(text("cli.not-accepted"), style="red")
        return
    accepted = Baseline(site=result.site, accepted_at=datetime.now(UTC), traits=result.traits)
    take_in(context, inventory, result.traits, is_first=result.baseline is None)
    file = store_baseline(accepted, inventory.folder)
    context.progress.print(text("cli.accepted", file=file), markup=False, soft_wrap=True)


def _hanging(line: str) -> Padding:
    """Answers a line whose continuations begin below its text."""
    from rich.padding import Padding
    from rich.text import Text

    words = line.lstrip(" ")
    return Padding(Text(words), (0, 0, 0, len(line) - len(words)))


def _table(checks: Iterable[CheckResult]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from onshi_net.checks.model import worst

    table = Table(box=None, pad_edge=False)
    for column in ("segment", "result"):
        table.add_column(text(f"cli.col-{column}"), no_wrap=True)
    table.add_column(text("cli.col-detail"), overflow="fold")
    for segment, some in groupby(checks, key=lambda check: check.segment):
        rows = [check for check in some if check.state in COLOURS]
        shown = worst(rows)
        if shown is not None:
            table.add_row(
                text(f"checks.segment-{segment}"),
                text(f"cli.state-{shown}"),
                Text(_detail(rows, shown)),  # a store in brackets is no markup
                style=COLOURS[shown],
            )
    return table


def _detail(rows: list[CheckResult], worst: str) -> str:
    """Answers the details of a segment's worst checks, or how many are good."""
    from onshi_net.checks.model import Lack

    if worst == "passed":
        return text("cli.segment-good", count=len(rows))
    if worst == "skipped":
        skipped = sum(1 for row in rows if row.state == "skipped")
        return text("cli.segment-skipped", count=skipped, good=len(rows) - skipped)
    bad = {"error"} if worst == "error" else {"failed"}
    if worst == "error" and all(row.lack is Lack.WINRM for row in rows if row.state in bad):
        good = sum(1 for row in rows if row.state == "passed")
        return text("cli.segment-not-asked", good=good, count=len(rows) - good)
    details = list(dict.fromkeys(row.detail for row in rows if row.state in bad))
    more = len(details) - SHOWN
    rest = [text("cli.and-more", count=more)] if more > 0 else []
    return "\n".join([*details[:SHOWN], *rest])
