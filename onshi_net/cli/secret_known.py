"""Whether a reference is any site's: one that none uses is a slip of the pen, and is refused."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intent import site_intent
from onshi_net.intent.secrets import SecretUse, secret_uses
from onshi_net.inventory.faults import shown
from onshi_net.inventory.load import load_site
from onshi_net.inventory.recipients import IDENTITY
from onshi_net.inventory.sites import site_names


def all_uses(inventory: Path) -> tuple[tuple[SecretUse, ...], tuple[Fault, ...]]:
    """Lists the references of all sites, each once, and the faults of sites that can't be read."""
    uses: dict[str, SecretUse] = {}
    faults: list[Fault] = []
    for name in site_names(inventory):
        try:
            found = secret_uses(site_intent(load_site(inventory, name)))
        except InputError as error:
            faults.extend(error.faults)
            continue
        for use in found:
            uses.setdefault(use.reference, use)
    return tuple(uses.values()), tuple(faults)


def require_known(inventory: Path, reference: str) -> None:
    """Raises InputError for a reference that no site of the inventory uses, with the nearest one.

    Of an unfinished or faulty site nobody can say what it uses: what begins with its name passes,
    and so does all where no inventory is.
    """
    names = site_names(inventory)
    owner = reference.partition("/")[0]
    first = sorted(names, key=lambda name: name != owner)  # nearly always it is the site's own
    if not names or reference == IDENTITY:
        return
    known: list[str] = []
    for name in first:
        own = list(_own(inventory, name))
        if reference in own or (not own and name == owner):
            return
        known += own
    problem = text("secrets.unknown", reference=shown(reference))
    near = get_close_matches(reference, known, n=1)
    hint = text("inventory.did-you-mean", word=near[0]) if near else text("secrets.see-list")
    raise InputError([Fault(Place(item="REFERENCE"), problem, hint)])


def _own(inventory: Path, name: str) -> Iterator[str]:
    try:
        for use in secret_uses(site_intent(load_site(inventory, name))):
            yield use.reference
    except InputError:
        return
