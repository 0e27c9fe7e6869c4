"""How the session with each PC went, and what the PC answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from onshi_net.facts.pc import ReceiptState, StoreState, TerminalState
from onshi_net.facts.told import Told
from onshi_net.facts.views import View


class Access(StrEnum):
    """How the session with a PC ended."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    NOT_READY = "not-ready"
    """WinRM isn't ready or the login was refused; `causes` say what it may be."""
    CERTIFICATE_CHANGED = "certificate-changed"
    CERTIFICATE_UNKNOWN = "certificate-unknown"
    """Nobody confirmed its certificate yet; measuring never does that."""
    WRONG_PC = "wrong-pc"
    NO_LEG = "no-leg"
    """The laptop does not stand in the PC's network; `remedy` says which cable to move."""
    NO_SECRET = "no-secret"  # noqa: S105 - a name
    """The PC's password is in no secret backend."""
    ERROR = "error"


class Stored(BaseModel):
    """Base: frozen; a field that a newer version wrote is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Judged(Stored):
    """What formats up to 3 said of a PC: decided then, and kept as it was."""

    differences: tuple[str, ...] = ()
    """As the plan said them; without the credential store for a receipt PC."""
    conflicts: tuple[str, ...] = ()
    """Catalogue names below `windows.conflict.`."""
    notes: tuple[str, ...] = ()
    """Catalogue names below `windows.note.`."""


class Session(Stored):
    """How a PC's session went."""

    host: str
    access: Access = Access.OK
    reason: tuple[Told, ...] = ()
    """Why it could not be used, a sentence each; none where all went well."""
    remedy: tuple[Told, ...] = ()
    """What to do about it, a sentence each."""
    causes: tuple[str, ...] = ()
    """`onshi_net.transport.windows.Cause` values, most likely first."""
    raw: str = ""
    """The PC's own words, where its whole answer could not be understood."""
    duration_s: float = 0.0
    asked_at: datetime
    """The laptop's clock when the PC was asked, to compare the PC's with."""
    judged: Judged | None = None
    """What an older version decided while it measured."""


class TerminalEvidence(Stored):
    """A terminal; `state` is None where it could not be read."""

    session: Session
    state: TerminalState | None = None
    view: View | None = None
    """What it saw itself; None: it was not asked, or could not tell (`view_reason`)."""
    view_reason: tuple[Told, ...] = ()


class ReceiptEvidence(Stored):
    """A receipt PC; `store_reason` says why its user's store could not be read."""

    session: Session
    state: ReceiptState | None = None
    store_reason: tuple[Told, ...] = ()
    view: View | None = None
    """As of a terminal."""
    view_reason: tuple[Told, ...] = ()
    store_raw: str = ""
    """What its user's store was said to hold, where that could not be understood."""

    @property
    def store(self) -> StoreState | None:
        """The user's credential store, None where it was not read."""
        return self.state.store if self.state is not None else None


PcEvidence = TerminalEvidence | ReceiptEvidence


class WindowsEvidence(Stored):
    """All PCs of a site."""

    terminals: tuple[TerminalEvidence, ...] = ()
    receipts: tuple[ReceiptEvidence, ...] = ()

    def terminal(self, host: str) -> TerminalEvidence | None:
        """Answers a terminal's evidence by host name."""
        return next((one for one in self.terminals if one.session.host == host), None)

    def receipt(self, host: str) -> ReceiptEvidence | None:
        """Answers a receipt PC's evidence by host name."""
        return next((one for one in self.receipts if one.session.host == host), None)
