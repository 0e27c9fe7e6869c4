"""Every secret reference of a site: what it is for, on which device, and who chooses its value.

Pure: references only, never a value. What a site needs is said here once: `secret fill` asks for
it, and a reference that stands nowhere here is unknown to the site.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from onshi_net.intent.types import SiteIntent
from onshi_net.intent.windows import ReceiptIntent, TerminalIntent

NEXT = ".next"
"""Behind a reference: the password that a rotation sets, until its device was proved to have it."""


class Chosen(StrEnum):
    """Who decides the value."""

    OURS = "ours"
    """This tool sets it on the device: any good value does."""
    GIVEN = "given"
    """It is there already, or somebody else's, and must be read or asked for."""
    OPTIONAL = "optional"
    """Somebody else's, and the work can be done without it."""
    FILE = "file"
    """A file, which is stored by `secret set --from`; the work can be done without it."""


@dataclass(frozen=True, slots=True)
class SecretUse:
    """One reference of a site."""

    reference: str
    purpose: str
    """Names its sentences: what it is for, and where it is read (`secrets.for-`, `secrets.at-`)."""
    host: str
    user: str
    chosen: Chosen


def secret_uses(intent: SiteIntent) -> tuple[SecretUse, ...]:
    """Lists the references of a site, each once, in the order in which traffic meets the devices.

    Receipt PCs that others set up (`work_by`) are never opened and need none.
    """
    found = [*_router(intent), *(one for pc in intent.windows for one in _pc(pc))]
    if intent.client_certificate is not None:
        found.append(SecretUse(intent.client_certificate, "certificate", "", "", Chosen.FILE))
    uses: dict[str, SecretUse] = {}
    for use in found:
        uses.setdefault(use.reference, use)
    return tuple(uses.values())


def _router(intent: SiteIntent) -> list[SecretUse]:
    own, host = intent.router.management, intent.router.host
    found = [
        SecretUse(own.secret, "router", host, own.username, Chosen.OURS),
        SecretUse(own.admin_secret, "router-admin", host, "", Chosen.OURS),
    ]
    if own.initial_secret is not None:
        found.append(SecretUse(own.initial_secret, "initial", host, "", Chosen.OPTIONAL))
    if own.unnamed_secret is not None:
        found.append(SecretUse(own.unnamed_secret, "unnamed", host, "", Chosen.GIVEN))
    return found


def _pc(pc: TerminalIntent | ReceiptIntent) -> list[SecretUse]:
    access = pc.access
    if isinstance(pc, TerminalIntent):
        admin = SecretUse(
            access.secret, "terminal-admin", access.host, access.username, Chosen.GIVEN
        )
        return [admin, SecretUse(pc.link_secret, "link", access.host, pc.link_user, Chosen.OURS)]
    if pc.by_others:
        return []
    return [
        SecretUse(access.secret, "receipt-admin", access.host, access.username, Chosen.GIVEN),
        SecretUse(pc.user_secret, "user", access.host, pc.user, Chosen.GIVEN),
    ]
