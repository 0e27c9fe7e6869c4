"""`plan` and `provision`: a site's hosts compared with the intent, and made what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from onshi_net.cli.handed import Handed, handed
from onshi_net.cli.run import INTERRUPTED
from onshi_net.errors import (
    EXIT_CHANGE_UNDONE,
    EXIT_GOOD,
    EXIT_PLAN_HAS_CHANGES,
    Fault,
    InputError,
    LoginRefused,
    Place,
)
from onshi_net.i18n import text
from onshi_net.intent import site_intent

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.intent import SiteIntent
    from onshi_net.inventory import SiteInventory
    from onshi_net.locks import Holder
    from onshi_net.model.hosts import Host
    from onshi_net.provision.outcome import Progress
    from onshi_net.provision.packets import Measure
    from onshi_net.provision.said import Said
    from onshi_net.provision.site import HostOutcome, Plan, Workshop

COLOURS = {"+": "green", "-": "red"}


def workshop(context: Context, inventory: SiteInventory) -> Workshop:
    """Gives what every host of a run shares, with the places where this laptop stands."""
    from onshi_net.provision.site import Workshop
    from onshi_net.transport.laptop import own_legs

    return Workshop(
        inventory=inventory,
        intent=site_intent(inventory),
        secrets=context.secrets,
        known_hosts=context.known_hosts(inventory.site.name),
        runs=context.runs,
        legs=own_legs(),
    )


def require_host(
    inventory: SiteInventory,
    able: Iterable[Host],
    only: str | None,
    unable: str,
    *,
    option: str = "--only",
) -> None:
    """Raises InputError when `only` names none of the `able` hosts.

    `unable` is the catalogue id that says why another host of the site won't do; `option` is
    where the name was given.
    """
    names = [host.name for host in able]
    if only is None or only in names:
        return
    known = only in {host.name for host in inventory.hosts}
    sentence = text(unable if known else "cli.no-such-host", host=only)
    raise unknown_word(sentence, names, option)


def unknown_word(sentence: str, words: Iterable[str], option: str = "--only") -> InputError:
    """Answers the error of an `--only` that means nothing, with the words that may be given."""
    hint = text("inventory.one-of", words=", ".join(words))
    return InputError([Fault(Place(item=option), sentence, hint)])


def _require_configurable(inventory: SiteInventory, only: str | None) -> None:
    able = [inventory.router, *inventory.terminals, *inventory.receipt_pcs]
    require_host(inventory, able, only, "cli.not-configurable")


def plan(context: Context, site: str, only: str | None, *, as_json: bool) -> int:
    """Prints what would change; exit code 10 when something would, 3 when a host can't be read."""
    inventory = context.site(site)
    _require_configurable(inventory, only)
    return _plan(context, workshop(context, inventory), only, as_json=as_json)


def _plan(
    context: Context,
    shop: Workshop,
    only: str | None,
    *,
    as_json: bool,
    without_guard: str | None = None,
) -> int:
    """Prints the plan; `without_guard` is why a router that has none may be changed."""
    from onshi_net.provision.site import HostOutcome, plan_site
    from onshi_net.transport.runner import stop_signals

    reading = text("cli.reading", site=shop.intent.site)
    with (
        telling_of_changes(context, shop.intent, shop.known_hosts),
        context.progress.status(reading),
        stop_signals(_interrupt),
    ):
        found = plan_site(shop, only)
    failed = [one for one in found if isinstance(one, HostOutcome)]
    plans = [one for one in found if not isinstance(one, HostOutcome)]
    if as_json:
        hosts = [*map(_plan_json, plans), *(one.to_json() for one in failed)]
        hosts += [_handed_json(one) for one in handed(shop.intent, only)]
        word = {"without_guard": without_guard} if without_guard else {}
        context.out.print_json(data={"site": shop.intent.site, "hosts": hosts, **word})
    else:
        for one in plans:
            _print_plan(context, one)
        if without_guard:
            context.out.print(text("cli.without-guard", reason=without_guard), markup=False)
        for outcome in failed:
            _print_error(context, outcome)
        _hint(context, shop.intent, failed)
        _print_handed(context, shop.intent, only)
    if failed:
        return max(one.exit_code for one in failed)
    return EXIT_GOOD if all(one.is_empty for one in plans) else EXIT_PLAN_HAS_CHANGES


def _handed_json(found: Handed) -> dict[str, Any]:
    """Answers what others enter on a device, beside the plans of our own."""
    return {"host": found.device, "changes": False, "by_others": found.to_json()}


def _print_handed(context: Context, intent: SiteIntent, only: str | None) -> None:
    """Says what others must enter on what is theirs."""
    for one in handed(intent, only):
        head, *rest = one.lines()
        context.out.print(head, markup=False, soft_wrap=True)
        for line in rest:
            context.out.print(f"  {line}", markup=False, soft_wrap=True)


@contextmanager
def telling_of_changes(context: Context, intent: SiteIntent, known_hosts: Path) -> Iterator[None]:
    """Says, before and after the site is read, which of its devices another run is changing."""
    from onshi_net.provision.devicelock import changes_under_way

    told = changes_under_way(intent, known_hosts)
    _tell_changes(context, told)
    yield
    later = changes_under_way(intent, known_hosts)
    _tell_changes(context, {host: one for host, one in later.items() if host not in told})


def _tell_changes(context: Context, changes: Mapping[str, Holder]) -> None:
    for host, holder in changes.items():
        told = text("provision.change-under-way", host=host, **holder.told())
        context.progress.print(told, style="yellow", markup=False, soft_wrap=True)


def _interrupt(_number: int) -> NoReturn:
    """Gives up at once: reading leaves nothing half done."""
    raise KeyboardInterrupt


def _steps(found: Plan) -> tuple[str, ...]:
    from onshi_net.provision import RouterPlan

    return found.steps if isinstance(found, RouterPlan) else found.diff


def _print_plan(context: Context, found: Plan) -> None:
    if found.is_empty:
        context.out.print(text("cli.nothing-to-change", host=found.host))
        return
    if steps := _steps(found):
        context.out.print(text("cli.plan-summary", count=len(steps), host=found.host))
    for line in found.diff:
        style = COLOURS.get(line[:1], "")
        context.out.print(f"  {line}", style=style, markup=False, soft_wrap=True)
    for line in _beside(found):
        context.out.print(f"  {line}", markup=False, soft_wrap=True)


def _beside(found: Plan) -> list[str]:
    """Answers what a plan says beside its diff: passwords, an unsaved config, conflicts, notes."""
    from onshi_net.provision import RouterPlan

    if not isinstance(found, RouterPlan):
        conflicts = [f"! {one}" for one in found.conflicts]
        return [*conflicts, *(str(one) for one in found.notes)]
    passwords = [f"+ {text(f'provision.set-{step}-password')}" for step in found.passwords]
    unsaved = [text("cli.unsaved")] if found.unsaved and not found.commands else []
    losses = [f"! {text('cli.would-be-lost', loss=loss)}" for loss in found.losses]
    word = [text("cli.says-replace-config", host=found.host)] if losses else []
    return [*passwords, *unsaved, *found.notes, *losses, *word]


def _plan_json(found: Plan) -> dict[str, Any]:
    from onshi_net.provision import RouterPlan

    common = {"host": found.host, "changes": not found.is_empty, "diff": list(found.diff)}
    if not isinstance(found, RouterPlan):
        return {**found.to_json(), **common}
    told = {"steps": list(found.steps), "unsaved": found.unsaved, "notes": list(found.notes)}
    guard = asdict(found.mark) if found.mark is not None else None
    return {**common, **told, "guard": guard, "losses": list(found.losses)}


def provision(
    context: Context,
    site: str,
    only: str | None,
    *,
    yes: bool,
    dry_run: bool,
    fingerprint: str | None = None,
    guard_s: int,
    force: str | None,
    replace_config: str | None = None,
    without_guard: str | None = None,
    exchanged: str | None = None,
    serial: str | None = None,
    as_json: bool,
) -> int:
    """Makes the site's hosts match the intent, each wholly or not at all.

    A device that was never met is bound first, see `trust`; `fingerprint` is the router's.
    `exchanged` is a device that stands in another one's place: it is taken into the inventory
    first, see `exchange`, and the site is verified in the end; `serial` is what its label says.

    Answers the worst exit code of the hosts; of a run that was told to stop 130, unless a change
    was undone or is stuck for another reason. Raises InputError for a site that may not be built
    yet, unless `force` gives a reason. `replace_config` is the router that may lose what somebody
    uses it for, `without_guard` the reason why one that can't undo a change by itself is changed.
    """
    inventory = context.site(site)
    _require_configurable(inventory, only)
    require_host(
        inventory,
        [inventory.router],
        replace_config,
        "cli.not-replaceable",
        option="--replace-config",
    )
    _require_ready(context, site, force)
    if exchanged is not None:
        inventory = _exchanged(context, site, exchanged, yes, dry_run, fingerprint, serial)
    elif serial is not None:
        raise InputError([Fault(Place(item="--serial"), text("cli.serial-of-exchanged"))])
    shop = workshop(context, inventory)
    if dry_run:
        return _plan(context, shop, only, as_json=as_json, without_guard=without_guard)
    from onshi_net.provision.said import Said

    said = Said(force, replace_config is not None, without_guard)
    with _measuring(context, shop, only) as measure:
        shop = _met(context, shop, only, yes=yes, fingerprint=fingerprint)
        if not yes and not _confirmed(context, shop, only, without_guard):
            context.progress.print(text("cli.not-applied"))
            return EXIT_GOOD
        worst = _apply(context, shop, only, said, measure, guard_s=guard_s, as_json=as_json)
    if exchanged is not None and worst == EXIT_GOOD and not as_json:
        from onshi_net.cli.verify import verify

        return verify(context, site, None, None, accept=False, as_json=False)
    return worst


@contextmanager
def _measuring(context: Context, shop: Workshop, only: str | None) -> Iterator[Measure]:
    """Gives what a change of the router is measured by, started before it is asked for."""
    from onshi_net.checks.proof import measuring
    from onshi_net.cli.rights import probe_for_change
    from onshi_net.provision.packets import unmeasured

    if shop.intent.router.host in shop.names(only):
        with measuring(shop.intent, probe_for_change(context)) as measure:
            yield measure
    else:
        yield unmeasured


def _apply(
    context: Context,
    shop: Workshop,
    only: str | None,
    said: Said,
    measure: Measure,
    *,
    guard_s: int,
    as_json: bool,
) -> int:
    """Applies, and tells how it went; answers the run's exit code."""
    from onshi_net.cli import proof
    from onshi_net.cli.backup import recipients
    from onshi_net.provision.site import apply_site
    from onshi_net.transport.runner import stop_signals

    shop.require_secrets(only)  # a backend may ask: then Ctrl-C still means that very question
    if shop.intent.router.host in shop.names(only):
        shop = replace(shop, recipients=recipients(context))
    site = shop.intent.site
    heard: list[int] = []
    with context.steps() as steps, stop_signals(heard.append):
        tell = _unbreakable(steps)
        outcomes = apply_site(
            shop, guard_s=guard_s, progress=tell, only=only, said=said, measure=measure
        )
    _print_outcomes(context, site, outcomes, as_json=as_json)
    if not as_json:
        _hint(context, shop.intent, outcomes)
        _print_handed(context, shop.intent, only)
    if not (as_json or heard):
        proof.tell(context, site, proof.asked_again(outcomes, measure))
    return _worst(outcomes, stopped=bool(heard))


def _worst(outcomes: Sequence[HostOutcome], *, stopped: bool) -> int:
    """Answers the worst exit code; of a run that was stopped 130, unless something is worse."""
    codes = [one.exit_code for one in outcomes]
    worst = max((code for code in codes if code != INTERRUPTED), default=EXIT_GOOD)
    if worst < EXIT_CHANGE_UNDONE and (stopped or INTERRUPTED in codes):
        return INTERRUPTED
    return worst


def _exchanged(
    context: Context,
    site: str,
    host: str,
    yes: bool,
    dry_run: bool,
    fingerprint: str | None,
    serial: str | None,
) -> SiteInventory:
    """Takes a device into the inventory in another one's place; answers the site as it is then."""
    from onshi_net.cli.exchange import take_in
    from onshi_net.cli.trust import How
    from onshi_net.provision.bind import read_fingerprint

    if dry_run:
        raise InputError([Fault(Place(item="--dry-run"), text("cli.exchanged-dry"))])
    if fingerprint is not None:
        read_fingerprint(fingerprint)
    take_in(context, site, host, How(yes, fingerprint), serial)
    return context.site(site)


def _met(
    context: Context, shop: Workshop, only: str | None, *, yes: bool, fingerprint: str | None
) -> Workshop:
    """Answers the workshop once every device of the run is known, or known not to be."""
    from onshi_net.cli.trust import How, bind_unmet
    from onshi_net.provision.bind import read_fingerprint

    if fingerprint is not None:
        read_fingerprint(fingerprint)
    return replace(shop, unbound=bind_unmet(context, shop, only, How(yes, fingerprint)))


def _unbreakable(steps: Progress) -> Progress:
    """Tells progress where it can be told: a closed window must not end a change midway."""

    def tell(host: str, message_id: str, **values: object) -> None:
        with suppress(OSError):
            steps(host, message_id, **values)

    return tell


def _confirmed(
    context: Context, shop: Workshop, only: str | None, without_guard: str | None
) -> bool:
    """Shows the plan and asks; answers yes without asking when there is nothing to change."""
    from onshi_net.cli.asking import ask_yes

    planned = _plan(context, shop, only, as_json=False, without_guard=without_guard)
    if planned == EXIT_GOOD:
        return True
    return ask_yes(text("cli.ask-apply"), text("cli.nobody-says-yes.apply"))


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


def _print_outcomes(
    context: Context, site: str, outcomes: Sequence[HostOutcome], *, as_json: bool
) -> None:
    if as_json:
        data = {"site": site, "hosts": [one.to_json() for one in outcomes]}
        context.out.print_json(data=data)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("host", "result", "detail"):
        table.add_column(text(f"cli.col-{column}"))
    for one in outcomes:
        seconds = f"{one.duration_s:.1f}"
        detail = text("cli.outcome-detail", count=one.steps, seconds=seconds)
        style = "red" if one.error else "green"
        table.add_row(
            one.host, text(f"cli.outcome-{one.state}"), "" if one.error else detail, style=style
        )
    context.out.print(table)
    for one in outcomes:
        if one.error is not None:
            _print_error(context, one)
    folders = sorted({one.folder.parent for one in outcomes if one.folder is not None})
    for folder in folders[:1]:
        context.out.print(text("cli.outcome-folder", folder=folder), soft_wrap=True)


def _hint(context: Context, intent: SiteIntent, outcomes: Iterable[HostOutcome]) -> None:
    """Says, where a password was refused, that a rotation of them was not finished."""
    if any(isinstance(one.error, LoginRefused) for one in outcomes):
        from onshi_net.cli.secret_rotate import hint

        hint(context, intent)


def _print_error(context: Context, outcome: HostOutcome) -> None:
    context.progress.print(str(outcome.error), style="red", markup=False)
    if outcome.error is not None and outcome.error.remedy:
        context.progress.print(f"  {outcome.error.remedy}", markup=False)
