"""`secret fill`, `list`, `remove`: what a site needs, what of it is there; the rest asked once.

A password that this tool sets on a device is made, not asked for, while the site is new. What was
typed is kept by one change at the end, or when it is interrupted.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net.errors import EXIT_GOOD, EXIT_OPEN, Fault, InputError, Place, SecretRefused
from onshi_net.i18n import text
from onshi_net.intent import site_intent
from onshi_net.intent.secrets import NEXT, Chosen, SecretUse, secret_uses
from onshi_net.inventory.secrets import (
    Backend,
    Secret,
    is_text,
)

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.intent import SiteIntent
    from onshi_net.inventory import SiteInventory

FOREIGN = ("known_hosts", "baseline.json")
"""Files beside a site that say that its devices were set up already."""
SUFFIXES = (".pdf", ".html")


@dataclass(frozen=True, slots=True)
class Entry:
    """One reference with where its value lies; '' where it has none."""

    use: SecretUse
    source: str

    @property
    def is_needed(self) -> bool:
        """Answers whether the work stops without it."""
        return self.use.chosen in {Chosen.OURS, Chosen.GIVEN}

    def to_json(self) -> dict[str, str]:
        """Gives plain data."""
        return {
            "reference": self.use.reference,
            "host": self.use.host,
            "purpose": self.use.purpose,
            "chosen": self.use.chosen.value,
            "source": self.source,
        }


def fill(context: Context, site: str, sheet: Path | None) -> int:
    """Lists a site's references, makes and asks for what is missing; 11 while one is missing yet.

    With `sheet` the passwords that this tool chose are written for a sealed envelope, too. Raises
    InputError, SecretRefused, OSError.
    """
    if sheet is not None and sheet.suffix.lower() not in SUFFIXES:
        raise InputError([Fault(Place(item="--sheet"), text("papers.bad-suffix", file=sheet))])
    inventory = context.site(site)
    intent = site_intent(inventory)
    uses = secret_uses(intent)
    sources = context.backends
    entries = [Entry(use, _source(sources, use.reference)) for use in uses]
    is_new = _is_new(inventory)
    _print_entries(context, entries, where=_where_made if is_new else _where)
    if not all(one.source for one in entries):
        _require_store(context)
    new = _filled(context, intent, entries, is_new=is_new)
    left = [one for one in entries if not one.source and one.use.reference not in new]
    _say_what_is_left(context, site, left)
    if sheet is not None:
        _write_sheet(context, inventory, entries, new, sheet)
    elif new:
        context.out.print(text("secrets.sheet-next"), markup=False)
        again = context.command("secret", "fill", site, "--sheet", f"{site}.pdf")
        context.out.print(f"  {again}", markup=False, soft_wrap=True)
    return EXIT_OPEN if any(one.is_needed for one in left) else EXIT_GOOD


def listed(context: Context, site: str | None, *, as_json: bool) -> int:
    """Lists the references of one site, or of all, with where their values lie; never a value.

    An entry of the age file that no site uses is named too, where all sites are asked for.
    """
    from onshi_net.cli.secret_known import all_uses

    uses, faults = ((), ()) if site is not None else all_uses(context.inventory)
    if site is not None:
        uses = secret_uses(site_intent(context.site(site)))
    sources = context.backends
    entries = [Entry(use, _source(sources, use.reference)) for use in uses]
    known = {use.reference for use in uses}
    held = context.content.values if context.content is not None else ()
    strange = [one for one in sorted(held) if one.removesuffix(NEXT) not in known]
    strange = [] if site is not None else strange
    if as_json:
        found = [one.to_json() for one in entries]
        context.out.print_json(data={"secrets": found, "unused": strange})
    else:
        _print_entries(context, entries)
        if not entries:
            context.out.print(text("secrets.none"), markup=False)
        for reference in strange:
            line = text("secrets.unused", reference=reference)
            context.out.print(line, markup=False, soft_wrap=True)
    if faults:
        raise InputError(faults)
    return EXIT_GOOD


def remove(context: Context, reference: str, *, yes: bool) -> int:
    """Takes a value out of the age file, or the keyring, after a question; 0.

    Raises InputError where it isn't there.
    """
    from onshi_net.cli.asking import ask_yes

    question = text("secrets.ask-remove", reference=reference)
    if not yes and not ask_yes(question, text("secrets.ask-remove.remedy")):
        context.out.print(text("secrets.not-removed"), markup=False)
        return EXIT_GOOD
    if not context.remove(reference):
        problem = text("secrets.not-there", reference=reference)
        raise InputError([Fault(Place(item="REFERENCE"), problem, text("secrets.see-list"))])
    context.out.print(text(_removed(context), reference=reference), markup=False)
    return EXIT_GOOD


def _removed(context: Context) -> str:
    return "secrets.removed" if context.secrets_file is None else "secrets.removed-from-file"


def _require_store(context: Context) -> None:
    """Asks for the passphrase, or for the keyring, before anything is typed that would be lost."""
    from onshi_net.inventory.secrets import require_keyring

    file = context.secrets_file
    if file is None:
        require_keyring()
        return
    folder = Path(os.path.realpath(file)).parent
    if not os.access(folder, os.W_OK | os.X_OK):
        number = errno.EACCES if folder.exists() else errno.ENOENT
        raise OSError(number, os.strerror(number), str(folder))
    _ = context.passphrase


def _is_new(inventory: SiteInventory) -> bool:
    return not any((inventory.folder / name).exists() for name in FOREIGN)


def _source(sources: Mapping[str, Backend], reference: str) -> str:
    return next((name for name, ask in sources.items() if ask(reference)), "")


def _print_entries(
    context: Context, entries: Sequence[Entry], where: Callable[[SecretUse], str] | None = None
) -> None:
    """Prints of each reference its state, what it is for and `where` a missing one is read."""
    for one in entries:
        lacking = "missing" if one.is_needed else "optional"
        state = text(f"secrets.state-{one.source or lacking}")
        style = "yellow" if lacking == "missing" and not one.source else ""
        what = purpose(one.use)
        context.out.print(f"{one.use.reference}  {state}", style=style, markup=False)
        context.out.print(f"    {what}", markup=False)
        if not one.source and where is not None:
            context.out.print(f"    {where(one.use)}", markup=False)


def purpose(use: SecretUse) -> str:
    """Answers what a reference is for."""
    return text(f"secrets.for-{use.purpose}", host=_device(use.host), user=use.user)


def _device(host: str) -> str:
    """Answers a device's name for people: 端末1 for `terminal-1`; other names stay."""
    kind, _, number = host.rpartition("-")
    return text(f"secrets.device-{kind}", default=host, number=number)


def _where(use: SecretUse) -> str:
    return text(f"secrets.at-{use.purpose}", user=use.user, reference=use.reference)


def _where_made(use: SecretUse) -> str:
    """Answers the same for a new site, where what is ours to choose is made."""
    return text("secrets.will-be-made") if use.chosen is Chosen.OURS else _where(use)


def _filled(
    context: Context, intent: SiteIntent, entries: Sequence[Entry], *, is_new: bool
) -> Mapping[str, Secret]:
    """Makes and asks for what is missing and keeps it, also of an interrupted list."""
    from onshi_net.inventory.made import new_password

    missing = [one.use for one in entries if not one.source and one.use.chosen is not Chosen.FILE]
    made = [use for use in missing if is_new and use.chosen is Chosen.OURS]
    asked = [use for use in missing if use not in made]
    found = {use.reference: new_password() for use in made}
    for use in made:
        context.out.print(text("secrets.made", reference=use.reference), markup=False)
    if asked:
        context.progress.print(text("secrets.asking"), markup=False)
    try:
        for use in asked:
            value = _ask(context, intent, use)
            if value is not None:
                found[use.reference] = value
    finally:
        if found:
            context.keep_all(found)
            context.out.print(text("secrets.kept", count=len(found)), style="green")
    return found


def _ask(context: Context, intent: SiteIntent, use: SecretUse) -> Secret | None:
    """Asks once, and again only for what the device would refuse; None where Enter left it."""
    from onshi_net.cli.asking import ask_secret

    while True:
        typed = ask_secret(text("secrets.ask", what=purpose(use), reference=use.reference))
        if not typed:
            return None
        if not is_text(typed):
            raise SecretRefused("errors.secret-surrogate", reference=use.reference)
        reasons = _rules(intent, use)(typed)
        if not reasons:
            return Secret(typed)
        problem = text("render.bad-password", reasons=text("render.and").join(reasons))
        context.progress.print(f"  {problem}", markup=False)


def _rules(intent: SiteIntent, use: SecretUse) -> Callable[[str], tuple[str, ...]]:
    """Answers what says why a device can't have such a password."""
    from onshi_net.model.passwords import reasons_at_windows
    from onshi_net.platforms.base import platform

    if use.purpose in {"terminal-admin", "receipt-admin", "link", "user"}:
        return reasons_at_windows
    model = intent.router.model
    rules = platform(model.platform).passwords(model)
    return rules.settable if use.chosen is Chosen.OURS else rules.typable


def _say_what_is_left(context: Context, site: str, left: Sequence[Entry]) -> None:
    needed = [one.use.reference for one in left if one.is_needed]
    if needed:
        names = text("cli.comma").join(needed)
        context.out.print(text("secrets.left", names=names), style="yellow", markup=False)
        again = context.command("secret", "fill", site)
        context.out.print(f"  {again}", markup=False, soft_wrap=True)
    else:
        context.out.print(text("secrets.all-set"), style="green", markup=False)


def _write_sheet(
    context: Context,
    inventory: SiteInventory,
    entries: Sequence[Entry],
    new: Mapping[str, Secret],
    sheet: Path,
) -> None:
    from onshi_net.cli.office import japanese_day
    from onshi_net.files import private_folder, write_private
    from onshi_net.papers.pdf import to_pdf
    from onshi_net.papers.sealed import sealed_page

    rows = list(_rows(context, entries, new))
    page = sealed_page(inventory.site.facts.institution.name, rows, japanese_day())
    made = to_pdf(page) if sheet.suffix.lower() == ".pdf" else page.encode()
    private_folder(sheet.parent)
    write_private(sheet, made)
    context.out.print(text("secrets.sheet-written", file=sheet), markup=False, soft_wrap=True)


def _rows(
    context: Context, entries: Sequence[Entry], new: Mapping[str, Secret]
) -> Iterator[tuple[str, str, str]]:
    """Gives device, user and password of each reference that this tool sets."""
    sources = context.backends
    for one in entries:
        if one.use.chosen is not Chosen.OURS:
            continue
        held = new.get(one.use.reference)
        asked = (ask(one.use.reference) for ask in sources.values())
        value = held.reveal() if held else next((found for found in asked if found), None)
        if value is not None:
            yield purpose(one.use), one.use.user, value
