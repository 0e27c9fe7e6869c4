"""To whom backups are closed: the inventory says, else the identity, else one is made, once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keyring.backends.fail
import pyrage
import pytest

from onshi_net.cli.backup import recipients
from onshi_net.cli.context import Context
from onshi_net.errors import InputError, SecretRefused
from onshi_net.inventory import vault
from onshi_net.inventory.recipients import (
    IDENTITY,
    Recipients,
    new_identity,
    read_recipients,
    recipients_of,
)
from onshi_net.inventory.secrets import Secret
from tests.cli.day import Keyring
from tests.inventory.seals import by_passphrase

Make = Callable[[bool], Context]


@pytest.fixture
def context(inventory: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    seals = by_passphrase()
    monkeypatch.setattr(vault, "PassphraseSeal", seals)
    monkeypatch.setenv("ONSHI_PASSPHRASE", "words")
    monkeypatch.delenv("ONSHI_SECRET_BACKUP_IDENTITY", raising=False)
    # The environment counts only where nobody in this process has used a keyring before.
    monkeypatch.setattr("keyring.core._keyring_backend", keyring.backends.fail.Keyring())

    def make(with_file: bool) -> Context:
        file = inventory.parent / "s.age"
        if with_file and not file.exists():
            vault.store(file, seals(Secret("words")), "a/b", Secret("x"))
        return Context(inventory, file if with_file else None, "warning")

    return make


def test_an_identity_is_made_once_and_named_in_the_inventory(context: Make, inventory: Path):
    made = recipients(context(True))
    assert made
    assert read_recipients(inventory) == made
    identity = context(True).secrets.resolve(IDENTITY)
    assert recipients_of(identity) == made
    assert recipients(context(True)) == made
    (inventory / "recipients.txt").unlink()  # as a copy of the inventory without it
    assert recipients(context(True)) == made


def test_the_identity_that_stands_is_taken_where_two_make_one(context: Make, inventory: Path):
    late = context(True)
    assert late.secrets  # opened before the other one's identity is there
    made = recipients(context(True))
    (inventory / "recipients.txt").unlink()
    assert recipients(late) == made


def test_the_inventorys_recipients_count_and_need_no_identity(context: Make, inventory: Path):
    keys = [recipients_of(new_identity()).keys[0] for _ in "ab"]
    file = inventory / "recipients.txt"
    file.write_text(f"\ufeff# office\n{keys[0]}\n\n  {keys[1]}\n", encoding="utf-8")
    found = recipients(context(False))
    assert found == Recipients(tuple(keys))
    assert b"age-encryption" in found.close(b"x")


def test_an_identity_in_the_environment_is_enough(
    context: Make, monkeypatch: pytest.MonkeyPatch, inventory: Path
):
    identity = new_identity()
    monkeypatch.setenv("ONSHI_SECRET_BACKUP_IDENTITY", identity.reveal())
    assert recipients(context(False)) == recipients_of(identity)
    assert not (inventory / "recipients.txt").exists()


def test_a_keyring_holds_the_identity_of_all_inventories(
    context: Make, inventory: Path, monkeypatch: pytest.MonkeyPatch
):
    ring = Keyring()
    monkeypatch.setattr("keyring.core._keyring_backend", ring)
    made = recipients(context(False))
    assert recipients_of(Secret(ring.kept[IDENTITY])) == made
    (inventory / "recipients.txt").unlink()
    assert recipients(context(False)) == made


def test_where_no_identity_can_be_kept_that_is_told_and_nothing_is_written(
    context: Make, inventory: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip

    monkeypatch.setattr("keyring.core._keyring_backend", keyring.backends.fail.Keyring())
    assert not recipients(context(False))
    assert "--secrets FILE" in capsys.readouterr().err
    assert not (inventory / "recipients.txt").exists()


def test_the_file_that_age_keygen_writes_is_an_identity():
    first, second = new_identity(), new_identity()
    text = f"# created: 2026\n# public key: age1\n{first.reveal()}\n\n{second.reveal()}\n"
    keys = (*recipients_of(first).keys, *recipients_of(second).keys)
    assert recipients_of(Secret(text)) == Recipients(keys)
    for nothing in ("", "# only\n"):
        with pytest.raises(SecretRefused):
            recipients_of(Secret(nothing))


def test_what_is_no_identity_is_a_sentence_before_anything_is_touched(
    context: Make, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ONSHI_SECRET_BACKUP_IDENTITY", "a-canary-of-another-kind")
    with pytest.raises(SecretRefused, match="backup/identity") as caught:
        recipients(context(False))
    assert "canary" not in f"{caught.value} {caught.value.remedy}"


def test_a_line_that_is_no_recipient_is_named_and_not_shown(inventory: Path):
    identity = str(pyrage.x25519.Identity.generate())
    good = recipients_of(new_identity()).keys[0]
    lines = ["# head", identity, good, "age1nonsense", good[:-1], "ssh-ed25519 AAAA", "\udce9"]
    file = inventory / "recipients.txt"
    file.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError) as caught:
        read_recipients(inventory)
    assert [fault.place.line for fault in caught.value.faults] == [2, 4, 5, 6, 7]
    assert identity not in str(caught.value)


def test_a_folder_in_the_files_place_is_a_sentence(inventory: Path):
    (inventory / "recipients.txt").mkdir()
    with pytest.raises(InputError, match=r"recipients\.txt"):
        read_recipients(inventory)
