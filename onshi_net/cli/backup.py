"""Backups of a router's configuration: to whom they are closed, and `report --backup`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net import foreign
from onshi_net.cli.streams import write_bytes
from onshi_net.errors import EXIT_GOOD, Fault, InputError, Place, SecretMissing, SecretRefused
from onshi_net.files import private_folder, read_regular, write_private
from onshi_net.i18n import text
from onshi_net.inventory import site_folder
from onshi_net.inventory.recipients import (
    IDENTITY,
    Recipients,
    new_identity,
    opened,
    read_recipients,
    recipients_of,
    write_recipients,
)
from onshi_net.inventory.secrets import keyring_backend
from onshi_net.inventory.vault import locked

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.inventory import Secret

NEWEST = ("running.txt.age", "running.txt")
"""The backup of the running configuration; without `.age` as the first version left it."""


def recipients(context: Context) -> Recipients:
    """Answers to whom this run's backups are closed; makes an identity where there is none yet.

    The inventory's recipients, else the one of the identity among the secrets, else a new one's,
    which is kept where this run keeps secrets. Where that can't be (no secrets file, no keyring)
    there are none, which is told: a backup is then held in memory only. A change needs no file to
    be undone, and a clinic must not wait for a key; but nothing readable is written down for it.
    """
    found = read_recipients(context.inventory)
    if found:
        return found
    try:
        return recipients_of(context.secrets.resolve(IDENTITY))
    except SecretRefused:
        raise
    except SecretMissing:
        return _made(context)


def _made(context: Context) -> Recipients:
    private_folder(context.runs)
    with locked(context.runs / "backup-identity"):  # two runs must not make two
        found = read_recipients(context.inventory)
        if found:
            return found
        try:
            identity = _kept(context)
        except SecretMissing as error:
            _tell(context, text("cli.no-backup-identity", reason=str(error), reference=IDENTITY))
            return Recipients()
        made = recipients_of(identity)
        file = write_recipients(context.inventory, made)
    _tell(context, text("cli.backup-identity-made", reference=IDENTITY, file=file))
    return made


def _kept(context: Context) -> Secret:
    """Keeps a new identity and answers the one that stands: another inventory may have made one."""
    if context.secrets_file is None:
        standing = keyring_backend(IDENTITY)
        if standing is not None:
            from onshi_net.inventory import Secret

            return Secret(standing)
    return context.keep(IDENTITY, new_identity(), replace=False)


def _tell(context: Context, sentence: str) -> None:
    context.progress.print(sentence, markup=False, soft_wrap=True)


def show(context: Context, site: str, file: Path | None, out: Path | None) -> int:
    """Opens a backup, the site's last one without `file`, and writes its exact bytes.

    To `out`, for its owner only, else to standard output; at a terminal without what could steer
    it. Raises InputError where there is none, SecretMissing and SecretRefused, OSError.
    """
    site_folder(context.inventory, site)
    source = file or _last(context.runs / site, site)
    plain = read_regular(source)
    if source.suffix == ".age":
        plain = opened(source, context.secrets.resolve(IDENTITY))
    if out is not None:
        write_private(out, plain)
        _tell(context, text("report.backup-written", source=source, file=out))
        return EXIT_GOOD
    _tell(context, text("report.backup-from", source=source))
    shown = _harmless(plain) if sys.stdout.isatty() else plain
    write_bytes(shown)
    return EXIT_GOOD


def _last(runs: Path, site: str) -> Path:
    found = [one for name in NEWEST for one in runs.glob(f"*/{name}")]
    if not found:
        problem, remedy = text("report.no-backup"), text("report.no-backup.remedy")
        raise InputError([Fault(Place(item=site), problem, remedy)])
    return max(found, key=lambda one: one.parent.name)


def _harmless(plain: bytes) -> bytes:
    """Answers the bytes without the controls that a terminal obeys."""
    return foreign.block(plain.decode("utf-8", "replace")).encode()
