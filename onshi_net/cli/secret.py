"""`secret set`: takes a secret from the keyboard, never from the command line, and keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from pydantic import TypeAdapter, ValidationError

from onshi_net.errors import EXIT_GOOD, Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.inventory.faults import shown
from onshi_net.inventory.secrets import Secret, store_in_age, store_in_keyring
from onshi_net.model.text import SecretRef

if TYPE_CHECKING:
    from onshi_net.cli.context import Context


def store(context: Context, reference: str) -> int:
    """Asks for the value of `reference` and keeps it in the age file, or in the keyring."""
    try:
        TypeAdapter(SecretRef).validate_python(reference)
    except ValidationError:
        place, problem = Place(item="REFERENCE"), text("cli.bad-reference", value=shown(reference))
        raise InputError([Fault(place, problem, text("inventory.hint.secret"))]) from None
    prompt = text("cli.secret-value", reference=reference)
    value = Secret(typer.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True))
    if context.secrets_file is None:
        store_in_keyring(reference, value)
    else:
        store_in_age(context.secrets_file, context.passphrase, reference, value)
    context.out.print(text("cli.secret-stored", reference=reference))
    return EXIT_GOOD
