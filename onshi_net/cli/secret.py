"""`secret set`: takes a secret from the keyboard, a pipe or a file, never from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from onshi_net.errors import EXIT_GOOD, Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.inventory.faults import shown
from onshi_net.inventory.secrets import Secret
from onshi_net.model.text import SecretRef

if TYPE_CHECKING:
    from onshi_net.cli.context import Context

STANDARD_INPUT = Path("-")


def store(context: Context, reference: str, source: Path | None) -> int:
    """Takes the value of `reference` and keeps it in the age file, or in the keyring.

    From `source` (`-` is standard input), else from the pipe where standard input is one, else from
    the keyboard. Raises InputError, SecretRefused or OSError; then nothing was kept.
    """
    from onshi_net.cli.secret_known import require_known
    from onshi_net.inventory.bundle import counted

    try:
        TypeAdapter(SecretRef).validate_python(reference)
    except ValidationError:
        place, problem = Place(item="REFERENCE"), text("cli.bad-reference", value=shown(reference))
        raise InputError([Fault(place, problem, text("inventory.hint.secret"))]) from None
    require_known(context.inventory, reference)
    value = _value(reference, source)
    context.keep(reference, value, was_piped=_uses_input(source))
    held = counted(value.reveal())
    words = "cli.bundle-stored" if held.certificates else "cli.secret-stored"
    context.out.print(
        text(words, reference=reference, keys=held.keys, certificates=held.certificates),
        markup=False,
    )
    return EXIT_GOOD


def _uses_input(source: Path | None) -> bool:
    """Answers whether standard input is the value, and so can't be the passphrase as well."""
    return source == STANDARD_INPUT or (source is None and not sys.stdin.isatty())


def _value(reference: str, source: Path | None) -> Secret:
    from onshi_net.cli.asking import ask_passphrase
    from onshi_net.inventory.bundle import value_of

    def ask() -> Secret:
        prompt = text("cli.bundle-passphrase", reference=reference)
        return ask_passphrase(prompt, piped=not _uses_input(source))

    return value_of(reference, _bytes(reference, source), ask)


def _bytes(reference: str, source: Path | None) -> bytes:
    from onshi_net.cli.asking import ask_lines, ask_value
    from onshi_net.inventory.bundle import MAX_BYTES

    prompt = text("cli.secret-value", reference=reference)
    if source is not None and source != STANDARD_INPUT:
        with source.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    if not sys.stdin.isatty():
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    return ask_value(prompt) if source is None else ask_lines(prompt)
