"""Every error that a user can meet, as one tree, with its exit code.

OnshiError              2  what happened, where, what it means, what to do
├── InputError          2  bad usage or bad input: one or many `Fault`s, nothing was done
├── SecretMissing       2  a secret reference has no value in any backend
│   └── SecretRefused   2  what stands there, or should be kept there, can't be used as a secret
├── DeviceError         3  a device can't be reached or refuses
│   ├── Unreachable     3  no answer at the address
│   ├── LoginRefused    3  the device answers but refuses the user or password
│   ├── HostKeyChanged  3  the host key is not the recorded one; no credential was sent
│   ├── HostUnknown     3  no key is recorded: nobody bound the device yet; no credential was sent
│   ├── NotBound        3  something contradicts that it is the device, or nobody said that it is
│   └── WrongDevice     3  another device than the inventory names, or one that can't be used
├── ChangeUndone        4  a change failed and the device has its old configuration again
├── ChangeStuck         5  a change failed and could not be undone
└── Interrupted       130  the user stopped it; it says what stands now

Texts come from the message catalogue (`onshi_net.i18n`), so that an error prints in the user's
language.

Commands that judge end with 1 for no and with 11 where an answer is still open: nobody may take
that for yes or for no (`EXIT_OPEN`). Comparing ends with 10 where a change is due.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from onshi_net.i18n import devices, language, text
from onshi_net.i18n.system import reason as system_reason

EXIT_GOOD = 0
EXIT_CHECK_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_DEVICE = 3
EXIT_CHANGE_UNDONE = 4
EXIT_CHANGE_STUCK = 5
EXIT_PLAN_HAS_CHANGES = 10
EXIT_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it."""
EXIT_OPEN = 11
"""Neither yes nor no: a question that decides has no answer yet."""


@dataclass(frozen=True, slots=True)
class Place:
    """Says where a fault stands:

    a file with a line (1-based), a host, a workbook cell, or an option.
    """

    file: Path | None = None
    line: int | None = None
    item: str = ""
    """The field's path (`segments.clinic.ipv4`), the cell (`Sheet1!C4`) or the command line option.
    """

    def __str__(self) -> str:
        """Gives `file:line: item`, leaving out what is not known."""
        head = str(self.file) if self.file is not None else ""
        if head and self.line is not None:
            head += f":{self.line}"
        item = text(f"cli.metavar.{self.item}", default=self.item) if self.item else ""
        return ": ".join(part for part in (head, item) if part)


@dataclass(frozen=True, slots=True)
class Fault:
    """Names one fault of an input:

    where it is, what is wrong, and the remedy, in the user's language.
    """

    place: Place
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        """Gives one line of place and problem, and a second with the remedy."""
        line = f"{self.place}: {self.problem}"
        return f"{line}\n  {self.remedy}" if self.remedy else line


class OnshiError(Exception):
    """Says what happened, where, what it means for the install and what to do.

    `message` is a catalogue id `area.name`; `area.name.remedy`, where it exists, gives the remedy.
    """

    exit_code: ClassVar[int] = EXIT_BAD_INPUT

    def __init__(self, message: str, /, *, host: str = "", **values: Any) -> None:
        """Takes the catalogue id, the host that it is about, and the values of its placeholders."""
        self.message = message
        self.host = host
        self.values = values
        super().__init__(message)

    @property
    def messages(self) -> tuple[str, ...]:
        """The ids of its sentences."""
        return (self.message,)

    @property
    def remedies(self) -> tuple[str, ...]:
        """The ids of what to do about it; the catalogue may lack one."""
        return (f"{self.message}.remedy",)

    @property
    def remedy(self) -> str:
        """Gives the next action for the technician, or '' where the catalogue has none."""
        return text(f"{self.message}.remedy", default="", host=self.host, **self.values)

    def __str__(self) -> str:
        """Gives the sentence in the current language, with the host in front."""
        sentence = text(self.message, host=self.host, **self.values)
        return f"{devices.shown(self.host, language())}: {sentence}" if self.host else sentence


class InputError(OnshiError):
    """Collects every fault of a bad input; raised before anything is sent or written."""

    exit_code = EXIT_BAD_INPUT

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Takes at least one fault."""
        self.faults = tuple(faults)
        super().__init__("errors.bad-input", count=len(self.faults))

    def __str__(self) -> str:
        """Gives every fault on lines of its own."""
        return "\n".join(str(fault) for fault in self.faults)


class SecretMissing(OnshiError):
    """Raised when a secret reference has no value in any backend; the text holds no value."""

    exit_code = EXIT_BAD_INPUT


class SecretRefused(SecretMissing):
    """Raised when a value, or the file that holds it, can't be used; the text holds no value."""


class DeviceError(OnshiError):
    """Raised when a device can't be reached or can't be used; it was not changed."""

    exit_code = EXIT_DEVICE
    raw: str = ""
    """The device's own words, where they could not be understood."""


class Unreachable(DeviceError):
    """Raised when nothing answers at the device's address in time, or the session is lost."""


class LoginRefused(DeviceError):
    """Raised when the device answers but refuses the user, the password or administrator level."""


class HostKeyChanged(DeviceError):
    """Raised when the host key differs from the recorded one; no credential was sent."""


class HostUnknown(DeviceError):
    """Raised when no key is recorded for the device; no credential was sent, no key learned."""


class NotBound(DeviceError):
    """Raised when a device can't be bound; `reasons` are ids of the catalogue with their values."""

    def __init__(
        self, message: str, /, *, reasons: Sequence[tuple[str, dict[str, Any]]] = (), **values: Any
    ) -> None:
        """Takes what contradicts, or what was not measured."""
        self.reasons = tuple(reasons)
        super().__init__(message, **values)

    def __str__(self) -> str:
        """Gives the sentence, then one line a reason."""
        lines = (f"  {text(reason, **values)}" for reason, values in self.reasons)
        return "\n".join([super().__str__(), *lines])


class WrongDevice(DeviceError):
    """Raised when the device is not the one of the inventory, or its firmware is too old."""


class ChangeUndone(OnshiError):
    """Raised when a change failed and the device has its old configuration again."""

    exit_code = EXIT_CHANGE_UNDONE


class ChangeStuck(OnshiError):
    """Raised when a change failed and its undoing could not be confirmed: somebody must look."""

    exit_code = EXIT_CHANGE_STUCK


class Interrupted(OnshiError):
    """Raised when the user stopped it: what was undone, or what will undo itself, and when."""

    exit_code = EXIT_INTERRUPTED


NO_ROOM = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "over-quota",
    errno.EROFS: "read-only",
    errno.EFBIG: "too-large",
}
"""Why a disk takes nothing more, as names of sentences."""


def refusal(error: OSError) -> OnshiError:
    """Answers what the system refuses, with the file's name where the system gives it."""
    reason = system_reason(error)
    named = error.filename2 or error.filename  # of a move, the place that took nothing
    if error.errno in NO_ROOM:
        return no_room(error.errno, named)
    if named is None:
        gone = error.errno == errno.ENOENT and _is_nowhere()
        return OnshiError("cli.folder-gone" if gone else "cli.system-refused", reason=reason)
    file = Path(os.fsdecode(named))
    if isinstance(error, PermissionError):
        return OnshiError("cli.file-denied", file=file, reason=reason, owner=_owner(file))
    return OnshiError("cli.file-refused", file=file, reason=reason)


def _is_nowhere() -> bool:
    """Whether the folder that this process works in was taken away."""
    try:
        Path.cwd()
    except OSError:
        return True
    return False


def no_room(number: int, name: str | bytes | None) -> OnshiError:
    """Answers the sentence of a disk that takes nothing more, with the place on it."""
    file = text("cli.some-file") if name is None else os.fsdecode(name)
    folder = text("cli.its-place") if name is None else str(Path(file).parent)
    return OnshiError(f"cli.{NO_ROOM[number]}", file=file, folder=folder)


def _owner(file: Path) -> str:
    """Answers who owns a file or, where there is none yet, the folder that it would be in."""
    for there in (file, *file.absolute().parents):
        with suppress(OSError, KeyError, NotImplementedError):
            return there.owner()
    return "?"
