"""`render`, `plan`, `provision`: the router's configuration on paper, compared, made true."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from onshi_net.errors import EXIT_GOOD, EXIT_PLAN_HAS_CHANGES, Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intent import RouterIntent, site_intent

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.provision import Outcome, RouterPlan


def _router(context: Context, site: str, only: str | None) -> RouterIntent:
    """Answers the intent of the site's router. Raises InputError when `only` names another host."""
    inventory = context.site(site)
    names = [host.name for host in inventory.hosts]
    if only is not None and only != inventory.router.name:
        message = "cli.not-configurable" if only in names else "cli.no-such-host"
        hint = text("inventory.one-of", words=inventory.router.name)
        raise InputError([Fault(Place(item="--only"), text(message, host=only), hint)])
    return site_intent(inventory).router


def render(context: Context, site: str, host: str, *, as_json: bool) -> int:
    """Prints the intended configuration; needs no device and no secret."""
    intent = _router(context, site, host)
    from onshi_net.render import router_config

    lines = (*router_config(intent), *_password_lines(intent))
    if as_json:
        context.out.print_json(data={"site": site, "host": host, "lines": list(lines)})
    else:
        sys.stdout.write("\n".join(lines) + "\n")
    return EXIT_GOOD


def _password_lines(intent: RouterIntent) -> tuple[str, ...]:
    """Answers the lines that hold passwords as the router itself shows them: masked."""
    return (f"login user {intent.management.username} *", "administrator password *")


def plan(context: Context, site: str, only: str | None, *, as_json: bool) -> int:
    """Prints what would change; exit code 10 when something would."""
    intent = _router(context, site, only)
    from onshi_net.provision import plan_router

    with context.progress.status(text("cli.reading", host=intent.host)):
        found = plan_router(intent, context.secrets, context.known_hosts(site))
    _print_plan(context, site, found, as_json=as_json)
    return EXIT_GOOD if found.is_empty else EXIT_PLAN_HAS_CHANGES


def _print_plan(context: Context, site: str, found: RouterPlan, *, as_json: bool) -> None:
    if as_json:
        context.out.print_json(data={"site": site, **_plan_json(found)})
        return
    if found.is_empty:
        context.out.print(text("cli.nothing-to-change"))
        return
    colours = {"+": "green", "-": "red"}
    for line in found.diff:
        context.out.print(line, style=colours.get(line[:1], ""), markup=False, soft_wrap=True)
    for step in found.passwords:
        context.out.print(f"+ {text(f'provision.set-{step}-password')}", style="green")
    if found.unsaved and not found.commands:
        context.out.print(text("cli.unsaved"))
    context.out.print(text("cli.plan-summary", count=len(found.steps), host=found.host))


def _plan_json(found: RouterPlan) -> dict[str, Any]:
    return {
        "host": found.host,
        "changes": not found.is_empty,
        "diff": list(found.diff),
        "steps": list(found.steps),
        "unsaved": found.unsaved,
    }


def provision(
    context: Context,
    site: str,
    only: str | None,
    *,
    yes: bool,
    dry_run: bool,
    guard_s: int,
    force: str | None,
    as_json: bool,
) -> int:
    """Makes the router match the intent, or leaves it as it was.

    Raises InputError for a site that may not be built yet, unless `force` gives a reason.
    """
    intent = _router(context, site, only)
    _require_ready(context, site, force)
    from onshi_net.provision import apply_router, plan_router

    known_hosts = context.known_hosts(site)
    if dry_run or not yes:
        with context.progress.status(text("cli.reading", host=intent.host)):
            found = plan_router(intent, context.secrets, known_hosts)
        _print_plan(context, site, found, as_json=as_json and dry_run)
        if dry_run:
            return EXIT_GOOD if found.is_empty else EXIT_PLAN_HAS_CHANGES
        if not found.is_empty and not _confirmed():
            context.progress.print(text("cli.not-applied"))
            return EXIT_GOOD
    with context.steps() as steps:
        outcome = apply_router(
            intent,
            context.secrets,
            known_hosts,
            runs=context.runs,
            site=site,
            guard_s=guard_s,
            prove=None,
            progress=steps,
        )
    _print_outcome(context, site, outcome, as_json=as_json)
    return EXIT_GOOD


def _require_ready(context: Context, site: str, force: str | None) -> None:
    """Raises InputError when the site is not eligible or not prepared and nobody gave a reason."""
    from onshi_net.brochure import refusals
    from onshi_net.cli.office import japanese_day
    from onshi_net.intake import load_case

    found = refusals(load_case(context.inventory, site), on=japanese_day())
    if found and not force:
        faults = [Fault(Place(item=site), one.text) for one in found]
        last = Fault(Place(item="--force"), text("cli.refused"), text("cli.refused.remedy"))
        raise InputError([*faults, last])


def _confirmed() -> bool:
    import typer

    return typer.confirm(text("cli.ask-apply"), err=True)


def _print_outcome(context: Context, site: str, outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        data = {
            "site": site,
            "host": outcome.host,
            "state": outcome.state.value,
            "lines_sent": outcome.lines_sent,
            "duration_s": round(outcome.duration_s, 3),
            "folder": str(outcome.folder) if outcome.folder else None,
        }
        context.out.print_json(data=data)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("host", "result", "detail"):
        table.add_column(text(f"cli.col-{column}"))
    seconds = f"{outcome.duration_s:.1f}"
    detail = text("cli.outcome-detail", count=outcome.lines_sent, seconds=seconds)
    table.add_row(outcome.host, text(f"cli.outcome-{outcome.state}"), detail, style="green")
    context.out.print(table)
    if outcome.folder is not None:
        context.out.print(text("cli.outcome-folder", folder=outcome.folder), soft_wrap=True)
