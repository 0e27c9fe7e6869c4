"""Errors of a Windows session beyond the tree of `onshi_net.errors`.

DeviceError

- ScriptFailed (3): a script ended with an error; `code` and `kind` are the PC's own, never
  localized text.
- Downgrade (3): the PC, or somebody in its place, asks for less protection than the password
  needs; it got no credential.
- Compressed (3): the PC's answer is packed, which nobody asked for; it was not read.
- Unreachable

  - NoLeg (3): the laptop does not stand in the PC's network.
  - WindowsLost (3): the session broke while it was used; what the PC did with the last script is
    unknown.
  - ScriptTimeout (3): a script did not end in time and was ended.

- LoginRefused

  - NotReady (3): WinRM isn't ready; `causes` are what it may be, most likely first.
"""

from __future__ import annotations

from collections.abc import Sequence

from onshi_net.errors import DeviceError, LoginRefused, Unreachable
from onshi_net.foreign import ANSWER, line
from onshi_net.i18n import text

NET_USER = "net.exe "
"""How a script tells that net.exe failed, with its exit code: 2 for any error of Windows, 1 for a
wrong use (its own words are in the PC's language)."""
NATIVE = {
    5: "denied",
    1056: "service-busy",
    1058: "service-disabled",
    1060: "no-service",
    1061: "service-busy",
    1068: "service-needs",
    1069: "service-logon",
    1072: "service-busy",
    2114: "server-stopped",
    2221: "no-user",
    2245: "password-policy",
}
"""Win32 errors of services, accounts and shares (Microsoft, System Error Codes; Network Management
Error Codes), and the catalogue's name of what to do, below `winrm.native.`."""


class ScriptFailed(DeviceError):
    """Raised when a script on the PC ended with an error.

    `code` is an HRESULT as unsigned number, 0 where there is none; `kind` the error's
    FullyQualifiedErrorId.
    """

    def __init__(
        self, script: str, *, host: str, kind: str = "", code: int = 0, answer: str = ""
    ) -> None:
        """Takes the script's name and the PC's masked words."""
        self.script, self.kind, self.code, self.answer = script, kind, code, answer
        shown = line(answer or kind, ANSWER)
        super().__init__(
            "winrm.script-failed", host=host, script=script, code=f"0x{code:08X}", answer=shown
        )

    @property
    def native(self) -> int:
        """The Win32 error behind `code`; 0 for none."""
        return self.code & 0xFFFF if self.code >> 16 == 0x8007 else 0

    @property
    def remedy(self) -> str:
        """Gives what to do about a known error of Windows, else where to send the run folder."""
        name = "net-user" if self.answer.startswith(NET_USER) else NATIVE.get(self.native)
        return text(f"winrm.native.{name}") if name else super().remedy


class Downgrade(DeviceError):
    """Raised when a peer offers or demands less protection than a password needs."""


class Compressed(DeviceError):
    """Raised when an answer is compressed; it was not unpacked."""


class NoLeg(Unreachable):
    """Raised when the laptop doesn't stand in the network from which the PC is reached."""


class ScriptTimeout(Unreachable):
    """Raised when a script did not end in time."""


class WindowsLost(Unreachable):
    """Raised when the session ends or falls silent in the middle of a script."""


AT_THE_PC = frozenset({"service-off", "public-profile", "token-filter"})
"""Causes that the prepare script mends, and whose mending `winrm restore` can undo."""


BEFORE_LOGIN = frozenset({"service-off", "public-profile", "not-local-subnet", "pc-off"})
"""Causes for which no password was tried: the service did not answer."""


class NotReady(LoginRefused):
    """Raised when WinRM doesn't let the tool in; every possible cause with its remedy."""

    def __init__(self, causes: Sequence[str], *, host: str, **values: object) -> None:
        """Takes catalogue names below `winrm.cause.`, most likely first."""
        self.causes = tuple(causes)
        message = "winrm.not-ready" if len(self.causes) == 1 else "winrm.not-ready-one-of"
        super().__init__(message, host=host, count=len(self.causes), **values)

    @property
    def tried_a_password(self) -> bool:
        """Answers whether the PC was asked to let the tool in."""
        return not BEFORE_LOGIN.issuperset(self.causes)

    def _text(self, message: str) -> str:
        return text(message, host=self.host, **self.values)

    @property
    def messages(self) -> tuple[str, ...]:
        """The sentences' ids: what it is, then one a cause."""
        return (self.message, *(f"winrm.cause.{cause}" for cause in self.causes))

    @property
    def remedies(self) -> tuple[str, ...]:
        """The remedies' ids; several causes may have the same one."""
        some = (
            "winrm.prepare" if cause in AT_THE_PC else f"winrm.cause.{cause}.remedy"
            for cause in self.causes
        )
        return tuple(dict.fromkeys(some))

    def __str__(self) -> str:
        """Gives the sentences, one a line."""
        return f"{self.host}: " + "\n".join(self._text(one) for one in self.messages)

    @property
    def remedy(self) -> str:
        """Gives a line a remedy."""
        return "\n".join(self._text(one) for one in self.remedies)
