"""The age file of secrets: every text in, the same text out, and nothing else of it changed.

It holds TOML, `"reference" = "value"` a line, sealed with a passphrase
(https://age-encryption.org/v1, https://toml.io/en/v1.0.0); docs/secrets.md describes it for people.
What else stands in it (comments, tables, dates, bytes that are no UTF-8) is somebody's, is kept as
it is, and is named when it is asked for.

A value is stored in this order, under a lock: the file is read, the new one is written beside it,
made durable, opened again and compared; the old one is kept as one generation (`secrets.age.1`,
sealed as it was); only then the new one takes its place. So a kill, a full disk or a fault of a
library at any moment leaves the old file or the new one.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol

from onshi_net.errors import SecretMissing, SecretRefused
from onshi_net.files import open_private, read_regular, sync_folder, write_new, written_for
from onshi_net.i18n.system import reason as system_reason
from onshi_net.inventory.secrets import Backend, Secret, is_text

LOCK_S = 30.0
"""How long a writer waits for another one: each needs some seconds for the passphrase."""
AGE_MARKS = (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")
LOOKED_AT = 64
"""Lines before a fault that are looked at for its key; each costs a reading of all before it."""
_LINE = re.compile(r"at line (\d+)")
_KEY = re.compile(r"""\s*(["']?)([A-Za-z0-9][A-Za-z0-9._/-]{0,127})\1\s*=""")


class Seal(Protocol):
    """Closes and opens bytes; the in-memory twin of a passphrase in tests."""

    def close(self, plain: bytes) -> bytes:
        """Answers the sealed bytes."""

    def open(self, sealed: bytes) -> bytes:
        """Answers the plain bytes. Raises SealedOtherwise."""


class SealedOtherwise(Exception):
    """Raised when bytes can't be opened: another passphrase, or damaged."""


class PassphraseSeal:
    """A passphrase, stretched by scrypt: one to two seconds each time, as age means it to be."""

    def __init__(self, passphrase: Secret) -> None:
        """Raises SecretRefused for a passphrase that is no text (a byte that isn't UTF-8)."""
        if not is_text(passphrase.reveal()):
            raise SecretRefused("errors.passphrase-not-text")
        self._passphrase = passphrase

    def close(self, plain: bytes) -> bytes:
        """Answers the sealed bytes."""
        import pyrage

        return bytes(pyrage.passphrase.encrypt(plain, self._passphrase.reveal()))

    def open(self, sealed: bytes) -> bytes:
        """Answers the plain bytes. Raises SealedOtherwise."""
        import pyrage

        try:
            return bytes(pyrage.passphrase.decrypt(sealed, self._passphrase.reveal()))
        except pyrage.DecryptError:
            raise SealedOtherwise from None


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in an opened file: its text as it is, and the values that TOML reads there.

    Bytes that are no UTF-8 are held as surrogates (PEP 383), so that they are written as they were.
    """

    file: Path
    text: str
    values: Mapping[str, Any]

    def value(self, reference: str) -> str | None:
        """Answers a reference's value, None where it has none.

        Raises SecretRefused, naming it, where something else than readable text stands there.
        """
        found = self.values.get(reference)
        if found is None:
            return None
        if not isinstance(found, str):
            self._refuse("errors.secret-not-string", reference)
        if not is_text(found):
            self._refuse("errors.secret-not-utf8", reference)
        return found

    def _refuse(self, message: str, reference: str) -> NoReturn:
        raise SecretRefused(message, file=self.file, reference=reference)

    def with_value(self, reference: str, value: str) -> Content:
        """Answers the content with one value set and all else as it was.

        Raises SecretRefused where that can't be: a table of that name, whose entries would go.
        """
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        if isinstance(self.values.get(reference), dict | list):
            self._refuse("errors.secret-is-table", reference)
        try:
            document = tomlkit.parse(self.text)
            document[reference] = value
            after = tomlkit.dumps(document)
        except (TOMLKitError, RecursionError):
            raise _not_kept(self.file, reference) from None
        return Content(self.file, after, {**self.values, reference: value})

    def without(self, reference: str) -> Content:
        """Answers the content without one entry and all else as it was.

        Raises SecretRefused where that can't be: a table of that name, whose entries would go.
        """
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        if isinstance(self.values.get(reference), dict | list):
            self._refuse("errors.secret-is-table", reference)
        try:
            document = tomlkit.parse(self.text)
            document.remove(reference)
            after = tomlkit.dumps(document)
        except (TOMLKitError, RecursionError):
            raise _not_kept(self.file, reference) from None
        rest = {name: value for name, value in self.values.items() if name != reference}
        return Content(self.file, after, rest)

    @property
    def plain(self) -> bytes:
        """The bytes to seal."""
        return self.text.encode("utf-8", "surrogateescape")


def content_of(file: Path, plain: bytes) -> Content:
    """Reads what was sealed. Raises SecretRefused with the line, and the entry where it is sure."""
    text = plain.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    try:
        return Content(file, text, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(file, text, error) from None


def _unreadable(file: Path, text: str, error: Exception) -> SecretRefused:
    """Answers the fault with its place only: what TOML says of it may quote a secret."""
    lines = [f"{line}\n" for line in text.split("\n")]  # TOML's lines, not Unicode's
    if lines[-1] == "\n":
        lines.pop()
    found = _LINE.search(str(error))
    line = int(found[1]) if found else len(lines)
    reference = _key_before(lines[:line])
    message = "errors.secret-line" if reference is None else "errors.secret-line-of"
    return SecretRefused(message, file=file, line=line, reference=reference or "")


def _key_before(lines: list[str]) -> str | None:
    """Answers the key of the statement that the last line belongs to, None where it isn't sure.

    A line is a statement's first only where all before it can be read for itself: a line of a
    value of several lines may look like a key and must not be shown.
    """
    for index in reversed(range(max(0, len(lines) - LOOKED_AT), len(lines))):
        if _reads("".join(lines[:index])):
            key = _KEY.match(lines[index])
            return key[2] if key else None
    return None


def _reads(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return False
    return True


def read(file: Path, seal: Seal) -> Content:
    """Opens a file. Raises SecretMissing where there is none, SecretRefused where it can't be."""
    try:
        sealed = read_regular(file)
    except FileNotFoundError:
        raise SecretMissing("errors.secret-no-file", file=file) from None
    except OSError as error:
        reason = system_reason(error)
        raise SecretRefused("errors.secret-file", file=file, reason=reason) from None
    return content_of(file, _opened(file, sealed, seal))


def _opened(file: Path, sealed: bytes, seal: Seal) -> bytes:
    if not sealed.startswith(AGE_MARKS):
        raise SecretRefused(f"errors.secret-file-not-age{_generation(file)}", file=file)
    try:
        return seal.open(sealed)
    except SealedOtherwise:
        raise SecretRefused(f"errors.secret-file-closed{_generation(file)}", file=file) from None


def _generation(file: Path) -> str:
    return "-older" if older(Path(os.path.realpath(file))).is_file() else ""


def older(target: Path) -> Path:
    """Answers where the generation before is kept."""
    return target.with_name(f"{target.name}.1")


def age_backend(file: Path, passphrase: Secret) -> Backend:
    """Gives the backend that looks in an age file.

    Raises SecretMissing where there is no such file, SecretRefused when it can't be opened.
    """
    return read(file, PassphraseSeal(passphrase)).value


def store(file: Path, seal: Seal, reference: str, value: Secret, *, replace: bool = True) -> Secret:
    """Keeps one value in a file, a new one where there is none; answers the value that stands.

    Without `replace` a value that is there already stays. Raises as `change` does.
    """
    standing: list[str] = []

    def edit(before: Content) -> Content:
        found = None if replace else before.value(reference)
        if found is not None:
            standing.append(found)
            return before
        return before.with_value(reference, value.reveal())

    _require_text({reference: value})
    change(file, seal, edit, reference)
    return Secret(standing[0]) if standing else value


def store_all(file: Path, seal: Seal, values: Mapping[str, Secret]) -> None:
    """Keeps several values by one change of a file. Raises as `change` does."""

    def edit(content: Content) -> Content:
        for reference, value in values.items():
            content = content.with_value(reference, value.reveal())
        return content

    _require_text(values)
    if values:
        change(file, seal, edit, ", ".join(values))


def settle(file: Path, seal: Seal, values: Mapping[str, Secret | None]) -> None:
    """Sets several values, and takes away those that are None, by one change of a file.

    Raises as `change` does.
    """

    def edit(content: Content) -> Content:
        for reference, value in values.items():
            if value is not None:
                content = content.with_value(reference, value.reveal())
            elif reference in content.values:
                content = content.without(reference)
        return content

    _require_text({name: value for name, value in values.items() if value is not None})
    if values:
        change(file, seal, edit, ", ".join(values))


def remove(file: Path, seal: Seal, reference: str) -> bool:
    """Takes one entry out of a file; answers whether it was there. Raises as `change` does.

    The generation before, sealed as it was, still holds it until the next change.
    """
    found: list[bool] = []

    def edit(content: Content) -> Content:
        found.append(reference in content.values)
        return content.without(reference) if found[-1] else content

    change(file, seal, edit, reference)
    return found[-1]


def _require_text(values: Mapping[str, Secret]) -> None:
    for reference, value in values.items():
        if not is_text(value.reveal()):
            raise SecretRefused("errors.secret-surrogate", reference=reference)


def change(file: Path, seal: Seal, edit: Callable[[Content], Content], what: str) -> None:
    """Puts an edited content in a file's place; the same one back changes nothing.

    `what` is named where it can't be done. Raises SecretRefused when a value is no text, when the
    file can't be read or would not read back, and when another writer holds it; the file is then
    as it was.
    """
    target = Path(os.path.realpath(file))  # a link stays one: the file that it names is written
    with locked(target):
        old = read_regular(target) if target.exists() else None
        before = content_of(file, b"" if old is None else _opened(file, old, seal))
        after = edit(before)
        if after is before:
            return
        with written_for(target):
            fresh = _written(target, after, seal, what)
        try:
            if old is not None:
                with written_for(older(target)):
                    _keep_generation(target, old)
            with written_for(target):
                fresh.replace(target)
                sync_folder(target.parent)
        finally:
            fresh.unlink(missing_ok=True)


def _written(target: Path, after: Content, seal: Seal, what: str) -> Path:
    """Writes the new file beside the old one and answers it once it reads back as it must."""
    fresh = target.with_name(f".{target.name}.new")
    write_new(fresh, seal.close(after.plain))
    _give_to_owner(fresh, target)
    if not _reads_back(fresh, after, seal):
        fresh.unlink()
        raise _not_kept(after.file, what)
    return fresh


def _reads_back(fresh: Path, after: Content, seal: Seal) -> bool:
    try:
        found = content_of(after.file, seal.open(fresh.read_bytes()))
    except (SealedOtherwise, SecretRefused):
        return False
    return same(found.values, after.values)


def _keep_generation(target: Path, old: bytes) -> None:
    kept = older(target)
    beside = kept.with_name(f".{kept.name}.new")
    write_new(beside, old)
    try:
        _give_to_owner(beside, target)
        beside.replace(kept)
    finally:
        beside.unlink(missing_ok=True)


def _give_to_owner(fresh: Path, target: Path) -> None:
    """Leaves a file its owner where root writes it for somebody."""
    if sys.platform == "win32" or not target.exists() or os.getuid() != 0:
        return
    known = target.stat()
    os.chown(fresh, known.st_uid, known.st_gid)


def _not_kept(file: Path, reference: str) -> SecretRefused:
    return SecretRefused("errors.secret-not-kept", file=file, reference=reference)


def same(first: Any, second: Any) -> bool:
    """Answers whether two TOML values are the same, kind by kind (1 is not true, nan is nan)."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second) or (first != first and second != second)  # noqa: PLR0124 nan


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Holds a file against other writers, of this and other processes; a dead one holds nothing.

    Raises SecretRefused where another writer holds it for LOCK_S.
    """
    from filelock import FileLock, Timeout

    beside = target.with_name(f"{target.name}.lock")
    os.close(open_private(beside, os.O_RDWR | os.O_CREAT))
    _give_to_owner(beside, target)
    try:
        with FileLock(beside, timeout=LOCK_S, mode=0o600):
            yield
    except Timeout:
        raise SecretRefused("errors.secret-file-held", file=target, seconds=int(LOCK_S)) from None
