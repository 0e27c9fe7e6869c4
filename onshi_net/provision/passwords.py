"""Every secret of a run against what its device takes, before anything is said to any device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from onshi_net.errors import Fault, InputError, Place, SecretMissing, SecretRefused
from onshi_net.i18n import text
from onshi_net.intent import RouterIntent
from onshi_net.inventory.secrets import Secret, Secrets, variable_of
from onshi_net.model.passwords import LONGEST_WINDOWS, reasons_at_windows
from onshi_net.platforms.base import platform

Reasons = Callable[[str], tuple[str, ...]]


def require_router(intent: RouterIntent, secrets: Secrets) -> None:
    """Raises InputError with every fault of the router's secrets; no value is in it."""
    faults = list(router_faults(intent, secrets))
    if faults:
        raise InputError(faults)


def router_faults(intent: RouterIntent, secrets: Secrets) -> Iterator[Fault]:
    """Gives the faults of the router's secrets.

    The site's must be such that the router takes them; what it has already need only be typed.
    """
    management, model = intent.management, intent.model
    rules = platform(model.platform).passwords(model)
    for reference in dict.fromkeys((management.secret, management.admin_secret)):
        yield from _faults(reference, secrets, rules.settable, rules.remedy)
    if management.unnamed_secret is not None:
        typed = text("render.untypable.remedy")
        yield from _faults(management.unnamed_secret, secrets, rules.typable, typed)
    if management.initial_secret is not None and _has(secrets, management.initial_secret):
        typed = text("render.untypable.remedy")
        yield from _faults(management.initial_secret, secrets, rules.typable, typed)


def windows_faults(references: Iterable[str], secrets: Secrets) -> Iterator[Fault]:
    """Gives the faults of the passwords of Windows accounts."""
    remedy = text("render.bad-windows-password.remedy", longest=LONGEST_WINDOWS)
    for reference in dict.fromkeys(references):
        yield from _faults(reference, secrets, reasons_at_windows, remedy)


def _has(secrets: Secrets, reference: str) -> bool:
    """Answers whether a secret that only some runs need has a value."""
    try:
        secrets.resolve(reference)
    except SecretRefused:
        return True
    except SecretMissing:
        return False
    return True


def _faults(reference: str, secrets: Secrets, reasons: Reasons, remedy: str) -> Iterator[Fault]:
    try:
        value: Secret = secrets.resolve(reference)
    except SecretMissing as error:
        yield Fault(Place(item=reference), str(error), error.remedy)
        return
    found = reasons(value.reveal())
    if found:
        problem = text("render.bad-password", reasons=text("render.and").join(found))
        anew = text("render.anew", variable=variable_of(reference), reference=reference)
        yield Fault(Place(item=reference), problem, f"{remedy} {anew}")
