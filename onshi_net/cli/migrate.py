"""`migrate`: an inventory's files in the newest format, shown and asked for first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onshi_net.cli.asking import ask_yes
from onshi_net.errors import EXIT_GOOD, Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.inventory import all_sites

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.inventory.migrate import Migration


def migrate(
    context: Context, site: str | None, *, everything: bool, yes: bool, as_json: bool
) -> int:
    """Rewrites one site's files, or all of them; a site that can't be hides no other.

    Raises InputError, when the others are done, with what is in the way of the rest; OSError.
    """
    if site is not None and everything:
        raise InputError([Fault(Place(item="SITE"), text("cli.site-or-all"))])
    plan = _plan(context, site)
    if as_json:
        context.out.print_json(data={"changes": [one.to_json() for one in plan.changes]})
    else:
        for change in plan.changes:
            context.out.print(change.diff, markup=False, soft_wrap=True, end="")
    if plan.changes:
        _carry_out(context, plan, yes=yes)
    elif not plan.faults:
        context.progress.print(text("migrate.newest"))
    if plan.faults:
        raise InputError(plan.faults)
    return EXIT_GOOD


def _plan(context: Context, site: str | None) -> Migration:
    from onshi_net.inventory.migrate import Migration, plan_migration

    if site is not None:
        return plan_migration(context.inventory, [site])
    sites = all_sites(context.inventory)
    found = plan_migration(context.inventory, sites.names)
    return Migration(found.changes, (*sites.faults, *found.faults))


def _carry_out(context: Context, plan: Migration, *, yes: bool) -> None:
    from onshi_net.inventory.change import replace_files

    count = len(plan.changes)
    question = text("migrate.ask", count=count)
    if not yes and not ask_yes(question, text("cli.nobody-says-yes.apply")):
        context.progress.print(text("migrate.declined"))
        return
    replace_files(plan.changes)
    context.progress.print(text("migrate.done", count=count))
