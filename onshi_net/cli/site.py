"""`site add` and `site list`: the sites of an inventory, a new one asked for or read from Excel."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onshi_net import intake
from onshi_net.cli.asking import ask_line
from onshi_net.errors import EXIT_GOOD, Fault, InputError, Place
from onshi_net.i18n import text

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.intake.clashes import Clash
    from onshi_net.intake.dialogue import Asked
    from onshi_net.intake.result import Facts, IntakeResult
    from onshi_net.inventory.stock import Shared


def add(context: Context, name: str, workbook: Path | None, sheets: Sequence[str]) -> int:
    """Makes a new site's folder from answers at the keyboard, or from a workbook.

    Raises InputError before anything is asked where the name can't be one or is taken, and for
    every fault of the workbook; nothing is written then.
    """
    from onshi_net.inventory.sites import require_name

    require_name(name)
    if (context.inventory / "sites" / name).exists():
        problem = text("start.site-there", site=name)
        raise InputError([Fault(Place(item="SITE"), problem, text("start.site-there.remedy"))])
    result = _typed(context, name) if workbook is None else _read(name, workbook, sheets)
    plan = intake.plan_sites(result, context.inventory)
    intake.write_plan(plan)
    for note in (*result.changes, *result.warnings, *result.notices):
        context.out.print(f"{note.place}: {note.text}", markup=False)
    for change in plan.changes:
        line = text(f"cli.file-{change.kind}", file=change.path)
        context.out.print(line, soft_wrap=True, markup=False)
    for site in plan.sites:
        for open_text in site.open_texts:
            line = text("cli.still-open", site=site.name, what=open_text)
            context.out.print(line, markup=False)
    done = all(site.complete for site in plan.sites)
    _say_what_next(context, name, complete=done)
    return EXIT_GOOD


def _say_what_next(context: Context, name: str, *, complete: bool) -> None:
    context.out.print(text("start.next" if complete else "start.next-open"), markup=False)
    for words in (("assess",), ("secret", "fill"))[: 2 if complete else 1]:
        context.out.print(f"  {context.command(*words, name)}", markup=False, soft_wrap=True)


def _read(name: str, workbook: Path, sheets: Sequence[str]) -> IntakeResult:
    """Reads the one site of a workbook. Raises InputError where it has several."""
    result = intake.read_workbook(workbook, sheets)
    if len(result.sites) != 1:
        found = text("cli.comma").join(site.sheet for site in result.sites)
        problem = text("start.several-sites", count=len(result.sites), sheets=found)
        raise InputError(
            [Fault(Place(workbook), problem, text("start.several-sites.remedy", site=name))]
        )
    return result.named({result.sites[0].code: name})


def _typed(context: Context, name: str) -> IntakeResult:
    """Asks for the facts; Enter leaves one open that need not be known yet."""
    from onshi_net.intake import dialogue

    context.progress.print(text("start.asking", site=name), markup=False)
    facts: Facts = {}
    for question in dialogue.questions():
        if dialogue.is_due(question, facts):
            _ask_until_fit(context, question, facts)
    return intake.IntakeResult(Path(name), (dialogue.site_of(name, facts),))


def _ask_until_fit(context: Context, question: Asked, facts: Facts) -> None:
    """Asks one question until its answer can be used and contradicts none before it."""
    from onshi_net.intake import dialogue
    from onshi_net.intake.result import merged

    while True:
        value = _ask(context, question)
        if value is None:
            return
        tried = merged({}, facts)
        dialogue.put(tried, question, value)
        clash = dialogue.first_clash(tried)
        if clash is None:
            facts.update(tried)
            return
        context.progress.print(f"  {_contradiction(clash)}", markup=False)


def _contradiction(clash: Clash) -> str:
    from onshi_net.intake.forms import label_of

    names = {"item": label_of(clash.field), "whose": label_of(clash.other)}
    return text(f"start.clash-{clash.message}", **names, address=clash.address)


def _ask(context: Context, question: Asked) -> Any:
    from onshi_net.intake import dialogue
    from onshi_net.intake.normalize import Refusal

    while True:
        typed = ask_line(_prompt(question), text("start.nobody-answers.remedy")).strip()
        if not typed and not question.required:
            return None
        try:
            value = dialogue.read(question, typed) if typed else None
        except Refusal as refused:
            values: dict[str, Any] = dict(refused.values)
            default = text("start.not-fit")
            rule = text(f"intake.rule.{refused.rule}", default=default, **values)
            context.progress.print(f"  {rule}", markup=False)
            continue
        if value is not None or not question.required:
            return value
        context.progress.print(f"  {text('start.must')}", markup=False)


def _prompt(question: Asked) -> str:
    """Answers the form's own words, with what may be chosen, or an example."""
    beside = "/".join(question.options) or question.note
    return f"{question.label} ({beside})" if beside else question.label


@dataclass(frozen=True, slots=True)
class Listed:
    """One site of the list; a faulty one has its name alone."""

    site: str
    institution: str
    code: str
    state: str

    @property
    def words(self) -> str:
        """Gives what a person may look for."""
        return f"{self.site}\n{self.institution}\n{self.code}"

    def to_json(self) -> dict[str, str]:
        """Gives plain data."""
        return {
            "site": self.site,
            "institution": self.institution,
            "code": self.code,
            "state": self.state,
        }


def show(context: Context, word: str | None, *, as_json: bool) -> int:
    """Lists the sites, or those whose name, institution or code has the word in it.

    Raises InputError with the faults of folders that can't be read, the others printed, and where
    the inventory isn't there.
    """
    from onshi_net.inventory.sites import all_sites
    from onshi_net.inventory.stock import read_shared

    if not context.inventory.is_dir():
        problem = text("start.no-inventory", folder=context.inventory)
        remedy = text("start.no-inventory.remedy")
        raise InputError([Fault(Place(item="--inventory"), problem, remedy)])
    sites = all_sites(context.inventory)
    shared = read_shared(context.inventory) if sites.names else None
    faults = list(sites.faults)
    every = [_listed(context, name, shared, faults) for name in sites.names]
    wanted = _folded(word or "")
    found = [one for one in every if wanted in _folded(one.words)]
    if as_json:
        context.out.print_json(data={"sites": [one.to_json() for one in found]})
    else:
        _print(context, found, word)
    if faults:
        raise InputError(faults)
    return EXIT_GOOD


def _listed(context: Context, name: str, shared: Shared | None, faults: list[Fault]) -> Listed:
    from onshi_net.intake.draft import Draft
    from onshi_net.inventory.load import gather, read_site

    try:
        read = gather(faults, lambda: read_site(context.inventory, name, Draft, shared))
    except InputError as newer:
        faults.extend(newer.faults)
        read = None
    if read is None:
        return Listed(name, "", "", "faulty")
    _, draft, hosts = read
    parts = (hosts, draft.line, draft.access, draft.segments, draft.region)
    state = "open" if any(part is None for part in parts) else "complete"
    return Listed(name, draft.institution.name, draft.institution.code, state)


def _print(context: Context, found: Sequence[Listed], word: str | None) -> None:
    from rich.table import Table

    if not found:
        message = "start.no-sites" if word is None else "start.none-like"
        context.out.print(text(message, word=word or ""), markup=False)
        return
    table = Table(box=None, pad_edge=False)
    for column in ("site", "institution", "code", "state"):
        table.add_column(text(f"start.col-{column}"), overflow="fold")
    for one in found:
        table.add_row(one.site, one.institution, one.code, text(f"start.state-{one.state}"))
    context.out.print(table)


def _folded(words: str) -> str:
    return unicodedata.normalize("NFKC", words).casefold()
