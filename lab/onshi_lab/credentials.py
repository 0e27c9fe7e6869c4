"""The lab's secrets: fresh random ones for each `up`, and the environment they are given in.

A reference `a/b-c` is given as the variable `ONSHI_SECRET_A_B_C`.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping

from onshi_lab.site import Site

ROUTER_INITIAL = "start-pack/router-initial"
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 16


def references(site: Site) -> tuple[str, ...]:
    """Every reference to a password at this site."""
    terminals = (f"terminal-{number}-admin" for number in range(1, site.terminals + 1))
    receipts = (
        f"receipt-{number}-{who}"
        for number in range(1, site.receipts + 1)
        for who in ("admin", "user")
    )
    own = ("router", "router-admin", "link", *terminals, *receipts)
    return (ROUTER_INITIAL, *(f"{site.name}/{each}" for each in own))


def certificate_reference(site: Site) -> str:
    """The reference to the client certificate with its key and the servers' authority."""
    return f"{site.name}/client-certificate"


def _password() -> str:
    """A password of letters and digits that begins with a letter and holds a digit."""
    middle = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH - 2))
    return secrets.choice(string.ascii_letters) + middle + secrets.choice(string.digits)


def fresh(site: Site) -> dict[str, str]:
    """A new password for every reference."""
    return {reference: _password() for reference in references(site)}


def windows_users(
    site: Site, node: str, secrets_by_reference: Mapping[str, str]
) -> dict[str, list[dict[str, object]]]:
    """The users of a delivered PC, in the shape of the mock Windows' users file.

    A terminal has its administrator; a receipt PC has one and the clinic's own user.
    """
    kind, who = (
        ("terminal", "onsadmin") if node.startswith("terminal") else ("receipt", "clinicadmin")
    )
    password = secrets_by_reference[f"{site.name}/{node}-admin"]
    users: list[dict[str, object]] = [{"name": who, "password": password, "admin": True}]
    if kind == "receipt":
        own = secrets_by_reference[f"{site.name}/{node}-user"]
        users.append({"name": "reception", "password": own, "admin": False})
    return {"users": users}


def variable(reference: str) -> str:
    """The environment variable that carries a reference's secret."""
    return "ONSHI_SECRET_" + re.sub(r"[^A-Z0-9]", "_", reference.upper())


def environment(secrets_by_reference: Mapping[str, str]) -> dict[str, str]:
    """The variables that `exec laptop` sets."""
    return {variable(reference): value for reference, value in secrets_by_reference.items()}
