"""`secret rotate`: new passwords on the devices of a site, each guarded and proved.

A technician left, or a laptop was lost. The change is that of `provision`; what the store holds
meanwhile is decided in `provision/rotate.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from onshi_net.errors import EXIT_GOOD, Fault, InputError, Place
from onshi_net.i18n import text

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.intent import SiteIntent
    from onshi_net.inventory import Secret, Secrets
    from onshi_net.provision.rotate import Held, Rotation
    from onshi_net.provision.site import HostOutcome, Workshop


def rotate(context: Context, site: str, guard_s: int, *, yes: bool) -> int:
    """Sets new passwords and keeps those that were proved; the worst exit code of the devices.

    Raises InputError before anything is made where a device is not as the inventory says, where a
    password comes from the environment, and where nobody agrees.
    """
    from onshi_net.cli.asking import ask_yes
    from onshi_net.cli.backup import recipients
    from onshi_net.cli.provision import workshop
    from onshi_net.inventory.made import new_password
    from onshi_net.provision.rotate import proved, rotating, rotation_of

    shop = workshop(context, context.site(site))
    rotation = rotation_of(shop.intent)
    held = _held(context)
    _require_ours(context, rotation)
    if rotation.begun(held):
        context.out.print(text("secrets.rotate-goes-on"), markup=False)
    else:
        _require_as_intended(context, shop)
    names = text("cli.comma").join(rotation.references)
    question = text("secrets.ask-rotate", names=names)
    if not yes and not ask_yes(question, text("secrets.ask-rotate.remedy")):
        context.out.print(text("secrets.not-rotated"), markup=False)
        return EXIT_GOOD
    if made := rotation.candidates(held, new_password):
        context.keep_all(made)
    held = _held(context)
    values = rotation.tried(held)
    own = replace(
        shop,
        intent=rotating(shop.intent),
        secrets=_with(context, values),
        recipients=recipients(context),
    )
    found = _changed(context, own, guard_s)
    good = {one.host: one.error is None for one in found}
    done = proved(shop.intent, good)
    context.settle(rotation.settled(_held(context), done))
    return _told(context, site, rotation, done, found)


def hint(context: Context, intent: SiteIntent) -> None:
    """Says, of a password that was refused, that a rotation was not finished, where that is so."""
    from onshi_net.provision.rotate import rotation_of

    if rotation_of(intent).begun(_held(context)):
        command = context.command("secret", "rotate", intent.site)
        told = text("secrets.rotate-unfinished", command=command)
        context.progress.print(told, style="yellow", markup=False)


def _held(context: Context) -> Held:
    from onshi_net.inventory.secrets import Secret

    backends = context.backends

    def ask(reference: str) -> Secret | None:
        value = next((v for v in (one(reference) for one in backends.values()) if v), None)
        return None if value is None else Secret(value)

    return ask


def _with(context: Context, values: dict[str, Secret]) -> Secrets:
    """Answers the secrets as they are, with others in front."""
    from onshi_net.inventory import Secrets

    def ask(reference: str) -> str | None:
        return values[reference].reveal() if reference in values else None

    return Secrets([ask, *context.backends.values()])


def _require_ours(context: Context, rotation: Rotation) -> None:
    """Raises InputError for a value that the environment gives: a new one could not be kept."""
    from onshi_net.inventory.secrets import variable_of

    faults = [
        Fault(
            Place(item=name),
            text("secrets.rotate-environment", variable=variable_of(name)),
            text("secrets.rotate-environment.remedy", reference=name),
        )
        for name in rotation.references
        if context.backends["environment"](name)
    ]
    if faults:
        raise InputError(faults)


def _require_as_intended(context: Context, shop: Workshop) -> None:
    """Raises what a device says that can't be read; InputError where one is not as intended."""
    from onshi_net.provision.site import HostOutcome, plan_site

    with context.progress.status(text("cli.reading", site=shop.intent.site)):
        found = plan_site(shop)
    for one in found:
        if isinstance(one, HostOutcome) and one.error is not None:
            raise one.error
    differing = [one.host for one in found if not isinstance(one, HostOutcome) and not one.is_empty]
    if differing:
        command = context.command("provision", shop.intent.site)
        problem = text("secrets.rotate-differs")
        remedy = text("secrets.rotate-differs.remedy", command=command)
        raise InputError([Fault(Place(item=host), problem, remedy) for host in differing])


def _changed(context: Context, shop: Workshop, guard_s: int) -> tuple[HostOutcome, ...]:
    from onshi_net.provision.site import apply_site

    with context.steps() as steps:
        return apply_site(shop, guard_s=guard_s, progress=steps)


def _told(
    context: Context,
    site: str,
    rotation: Rotation,
    done: tuple[str, ...],
    found: tuple[HostOutcome, ...],
) -> int:
    out = context.out
    for one in found:
        if one.error is not None:
            out.print(f"{one.error}\n  {one.error.remedy}".rstrip(), markup=False, soft_wrap=True)
    for name in rotation.references:
        known = "rotated" if name in done else "rotate-open"
        style = "green" if name in done else "yellow"
        out.print(text(f"secrets.{known}", reference=name), style=style, markup=False)
    if len(done) < len(rotation.references):
        out.print(text("secrets.rotate-again"), markup=False)
        again = context.command("secret", "rotate", site)
    else:
        out.print(text("secrets.sheet-next"), markup=False)
        again = context.command("secret", "fill", site, "--sheet", f"{site}.pdf")
    out.print(f"  {again}", markup=False, soft_wrap=True)
    return max((one.exit_code for one in found), default=EXIT_GOOD)
