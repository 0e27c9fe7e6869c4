"""New passwords for what is ours: which are made, what is tried, what the store holds meanwhile.

Pure. Beside a reference's value stands the next one (`demo-clinic/router.next`) from before a
device is touched until the device was proved to have it. So at every moment the store holds the one
that works, and a run after a kill needs to know nothing of the one before: it goes on towards the
same next one, and what a device has already it says itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from onshi_net.intent import SiteIntent
from onshi_net.intent.secrets import NEXT, Chosen, secret_uses
from onshi_net.inventory.secrets import Secret

FORMER = ".former"
Held = Callable[[str], Secret | None]


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation: the references whose passwords this tool sets."""

    references: tuple[str, ...]

    def begun(self, held: Held) -> bool:
        """Answers whether an earlier one is still to be finished."""
        return any(held(f"{name}{NEXT}") is not None for name in self.references)

    def candidates(self, held: Held, made: Callable[[], Secret]) -> dict[str, Secret]:
        """Answers what to keep before a device is touched: a next one where there is none yet.

        Where an earlier rotation is to be finished, what that has settled already stays.
        """
        if self.begun(held):
            return {}
        return {f"{name}{NEXT}": made() for name in self.references}

    def tried(self, held: Held) -> dict[str, Secret]:
        """Answers the values that a change works with: the next ones, and those before them."""
        found: dict[str, Secret] = {}
        for name in self.references:
            old, new = held(name), held(f"{name}{NEXT}")
            if new is not None:
                found[name] = new
            if old is not None:
                found[f"{name}{FORMER}"] = old
        return found

    def settled(self, held: Held, proved: Iterable[str]) -> dict[str, Secret | None]:
        """Answers what the store says once devices were proved: None takes an entry away."""
        found: dict[str, Secret | None] = {}
        for name in proved:
            new = held(f"{name}{NEXT}")
            if new is not None:
                found |= {name: new, f"{name}{NEXT}": None}
        return found


def rotation_of(intent: SiteIntent) -> Rotation:
    """Answers the rotation of a site: what this tool sets on its devices."""
    uses = (use for use in secret_uses(intent) if use.chosen is Chosen.OURS)
    return Rotation(tuple(use.reference for use in uses))


def rotating(intent: SiteIntent) -> SiteIntent:
    """Answers the site whose router is opened by its next passwords, else by those before them.

    The change of a delivered router is the same: what opened it is what is undone to.
    """
    own = intent.router.management
    management = replace(
        own,
        initial_secret=f"{own.secret}{FORMER}",
        initial_admin=f"{own.admin_secret}{FORMER}",
    )
    return replace(intent, router=replace(intent.router, management=management))


def proved(intent: SiteIntent, good: Mapping[str, bool]) -> tuple[str, ...]:
    """Answers the references whose next value is on every device that has them.

    `good`: of each host whether its change ended well; a password of several devices counts when
    all of them did, and the receipt PCs that use it.
    """
    own, router = intent.router.management, intent.router.host
    found = [own.secret, own.admin_secret] if good.get(router) else []
    ours = set(rotation_of(intent).references) - {own.secret, own.admin_secret}
    pcs = [one.access.host for one in intent.windows if not getattr(one, "by_others", False)]
    if all(good.get(host) for host in pcs):
        found += sorted(ours)
    return tuple(found)
