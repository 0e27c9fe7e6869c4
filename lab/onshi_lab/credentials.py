"""The lab's secrets: the user's own or fresh random ones, and the environment they are given in.

A reference `a/b-c` is given as the variable `ONSHI_SECRET_A_B_C`.
"""

from __future__ import annotations

import json
import re
import secrets
import shlex
import string
from collections.abc import Mapping

from onshi_lab.label import dns_label
from onshi_lab.site import Pc, Site

PREFIX = "ONSHI_SECRET_"
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 16


def references(site: Site) -> tuple[str, ...]:
    """Every reference to a password at this site, each once."""
    own = site.references
    people = (user.secret for pc in (*site.pcs, *site.absent) for user in pc.users)
    found = (own.router_initial, own.router, own.router_admin, own.router_unnamed, own.link)
    return tuple(one for one in dict.fromkeys((*found, *people)) if one is not None)


def _password() -> str:
    """A password of letters and digits that begins with a letter and holds a digit."""
    middle = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH - 2))
    return secrets.choice(string.ascii_letters) + middle + secrets.choice(string.digits)


def passwords(site: Site, given: Mapping[str, str]) -> dict[str, str]:
    """A password for every reference: the given variable's, else a new one.

    References that are the same variable have the same password.
    """
    wanted = references(site)
    by_variable = {variable(reference): _password() for reference in wanted}
    return {
        reference: given.get(variable(reference)) or by_variable[variable(reference)]
        for reference in wanted
    }


def windows_users(pc: Pc, passwords_by_reference: Mapping[str, str]) -> str:
    """The users of a delivered PC as the mock Windows' users file, JSON."""
    users = [
        {"name": user.name, "password": passwords_by_reference[user.secret], "admin": user.admin}
        for user in pc.users
    ]
    return json.dumps({"users": users})


def variable(reference: str) -> str:
    """The environment variable that carries a reference's secret.

    A part of other letters than ASCII stands in it by its Punycode (`dns_label`).
    """
    plain = "/".join(map(dns_label, reference.split("/")))
    return PREFIX + re.sub(r"[^A-Z0-9]", "_", plain.upper())


def environment(secrets_by_reference: Mapping[str, str]) -> dict[str, str]:
    """The variables that `exec laptop` sets."""
    return {variable(reference): value for reference, value in secrets_by_reference.items()}


def environment_file(secrets_by_reference: Mapping[str, str]) -> str:
    """The same as lines that a shell can source."""
    given = environment(secrets_by_reference)
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in given.items())
