"""Who can open the backups of an inventory: age X25519 recipients, and the identity that opens.

`recipients.txt` beside `groups.yaml` has one recipient (`age1…`) a line, `#` begins a comment: the
format of `age -R` (https://age-encryption.org/v1), so that `age -d -i KEY running.txt.age` opens a
backup without this program. Whoever holds a copy of the inventory can close a backup; only who has
the identity, the secret `backup/identity`, opens one. Nornir reads no such file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onshi_net.errors import Fault, InputError, Place, SecretRefused
from onshi_net.files import read_regular, write_private
from onshi_net.i18n import text
from onshi_net.i18n.system import reason as system_reason
from onshi_net.inventory.secrets import Secret

FILE = "recipients.txt"
IDENTITY = "backup/identity"
"""The reference of the identity, which is a secret like any other."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """The public keys to which backups are closed; none: no backup may be written down."""

    keys: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Answers whether anybody could open what is closed to them."""
        return bool(self.keys)

    def close(self, plain: bytes) -> bytes:
        """Answers the bytes that each of them alone can open."""
        import pyrage

        return bytes(pyrage.encrypt(plain, [_recipient(key) for key in self.keys]))


def _recipient(key: str) -> Any:
    import pyrage

    return pyrage.x25519.Recipient.from_str(key)


def read_recipients(inventory: Path) -> Recipients:
    """Reads the inventory's recipients, none where there is no file.

    Raises InputError with every line that is none. A line is not shown: it may be an identity.
    """
    file = inventory / FILE
    try:
        lines = read_regular(file).decode("utf-8-sig", "replace").splitlines()
    except FileNotFoundError:
        return Recipients()
    except OSError as error:
        reason = system_reason(error)
        problem = text("inventory.recipients-unreadable", reason=reason)
        raise InputError([Fault(Place(file), problem)]) from None
    numbered = [(number, line.strip()) for number, line in enumerate(lines, 1)]
    given = [(number, line) for number, line in numbered if line and not line.startswith("#")]
    faults = [_fault(file, number) for number, line in given if not _is_recipient(line)]
    if faults:
        raise InputError(faults)
    return Recipients(tuple(line for _, line in given))


def _is_recipient(line: str) -> bool:
    import pyrage

    try:
        _recipient(line)
    except (pyrage.RecipientError, UnicodeError):
        return False
    return True


def _fault(file: Path, line: int) -> Fault:
    problem, remedy = text("inventory.no-recipient"), text("inventory.no-recipient.remedy")
    return Fault(Place(file, line), problem, remedy)


def new_identity() -> Secret:
    """Makes an identity."""
    import pyrage

    return Secret(str(pyrage.x25519.Identity.generate()))


def recipients_of(identity: Secret) -> Recipients:
    """Answers the recipients that an identity opens for. Raises SecretRefused for no identity."""
    return Recipients(tuple(str(one.to_public()) for one in _identities(identity)))


def _identities(identity: Secret) -> list[Any]:
    """Reads one identity a line, with comments, as `age-keygen` writes them."""
    import pyrage

    lines = [line.strip() for line in identity.reveal().splitlines()]
    given = [line for line in lines if line and not line.startswith("#")]
    try:
        found = [pyrage.x25519.Identity.from_str(line) for line in given]
    except (pyrage.IdentityError, UnicodeError):
        found = []
    if not found:
        raise SecretRefused("errors.no-identity", reference=IDENTITY)
    return found


def opened(file: Path, identity: Secret) -> bytes:
    """Answers a backup's bytes, exactly as they were closed.

    Raises OSError, and SecretRefused where this identity doesn't open it.
    """
    import pyrage

    sealed = read_regular(file)
    try:
        return bytes(pyrage.decrypt(sealed, _identities(identity)))
    except pyrage.DecryptError:
        raise SecretRefused("errors.backup-closed", file=file, reference=IDENTITY) from None


def write_recipients(inventory: Path, recipients: Recipients) -> Path:
    """Writes the file and answers it."""
    head = f"# {text('inventory.recipients-head', reference=IDENTITY)}\n"
    lines = "".join(f"{key}\n" for key in recipients.keys)
    write_private(inventory / FILE, f"{head}{lines}".encode())
    return inventory / FILE
