"""`plan_windows`: what must change on a PC so that it becomes what the intent says.

Reading a receipt PC's credential store takes a batch logon of its user: a scheduled task is made
and removed again. Nothing else on the PC is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from onshi_net.errors import WrongDevice
from onshi_net.facts.pc import (
    PcState,
    ReceiptState,
    StoreState,
    TerminalState,
)
from onshi_net.intent.windows import Access, TerminalIntent, WindowsIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.pcs.answers import understood
from onshi_net.pcs.decision import Conflict, Decision, Note
from onshi_net.pcs.powershell import script
from onshi_net.pcs.receipt import decide_receipt
from onshi_net.pcs.resources import Difference
from onshi_net.pcs.terminal import OPEN_RULES, SMB_RULE, decide_terminal
from onshi_net.provision.windows.batch import read_store
from onshi_net.transport.windows import WindowsSession

READ_S = 90.0
"""Seconds that reading a PC may take; PowerShell's network cmdlets are slow on small PCs."""
ERROR_ACCOUNT_LOCKED_OUT = 1909
"""Microsoft, System Error Codes (1700-3999)."""
EMPTY_STORE = StoreState(user="")


@dataclass(frozen=True, slots=True)
class WindowsPlan:
    """What would change on a PC, in order; no passwords in it."""

    host: str
    computer_name: str
    differences: tuple[Difference, ...]
    conflicts: tuple[Conflict, ...]
    notes: tuple[Note, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the PC already is what the intent says."""
        return not (self.differences or self.conflicts)

    @property
    def diff(self) -> tuple[str, ...]:
        """`- thing` and `+ thing`, as a person reads it."""
        return tuple(line for one in self.differences for line in str(one).splitlines())

    def to_json(self) -> dict[str, Any]:
        """Answers plain data for a report."""
        return {
            "host": self.host,
            "computer_name": self.computer_name,
            "differences": [one.to_json() for one in self.differences],
            "conflicts": [str(one) for one in self.conflicts],
            "notes": [str(one) for one in self.notes],
        }


def plan_windows(
    intent: WindowsIntent, secrets: Secrets, session: WindowsSession, *, now: datetime | None = None
) -> WindowsPlan:
    """Reads the PC and answers what must change.

    Raises WrongDevice, the session's errors, and for a receipt PC the errors of `read_store`.
    """
    return plan_of(intent, decide(intent, secrets, session, now or datetime.now(UTC)))


@dataclass(frozen=True, slots=True)
class Decided:
    """What was read of a PC and what follows from it."""

    decision: Decision
    state: PcState
    store: StoreState = EMPTY_STORE


def plan_of(intent: WindowsIntent, decided: Decided) -> WindowsPlan:
    """Answers a decision as a plan. Pure."""
    decision = decided.decision
    return WindowsPlan(
        host=intent.access.host,
        computer_name=decided.state.system.computer_name,
        differences=decision.differences,
        conflicts=decision.conflicts,
        notes=decision.notes,
    )


def decide(
    intent: WindowsIntent, secrets: Secrets, session: WindowsSession, now: datetime
) -> Decided:
    """Reads the PC and decides. Raises as `plan_windows` does."""
    if isinstance(intent, TerminalIntent):
        terminal = read_terminal(session, intent, secrets)
        check_name(intent.access, terminal)
        return Decided(decide_terminal(intent, terminal, now), terminal)
    receipt = read_receipt(session)
    check_name(intent.access, receipt)
    refused = decide_receipt(intent, receipt, EMPTY_STORE, now)
    if refused.conflicts:
        return Decided(refused, receipt)
    store = read_store(session, intent, secrets) if intent.credentials else EMPTY_STORE
    return Decided(decide_receipt(intent, receipt, store, now), receipt, store)


def read_terminal(
    session: WindowsSession, intent: TerminalIntent, secrets: Secrets
) -> TerminalState:
    """Reads a terminal; the link user's password is tried once. Raises the session's errors."""
    reading = script(
        "read_terminal",
        user=intent.link_user,
        folders=[share.path for share in intent.shares],
        shares=[share.name for share in intent.shares],
        rules=[SMB_RULE, *OPEN_RULES],
        services=list(intent.services),
        locked_out=ERROR_ACCOUNT_LOCKED_OUT,
        certificate_store=f"Cert:\\{intent.certificate_store}",
    )
    given = (secrets.resolve(intent.link_secret),)
    answer = session.run(reading, secrets=given, deadline_s=READ_S)
    return understood(TerminalState, answer, session.host)


def read_receipt(session: WindowsSession) -> ReceiptState:
    """Reads a receipt PC, without its credential store. Raises the session's errors."""
    answer = session.run(script("read_receipt"), deadline_s=READ_S)
    return understood(ReceiptState, answer, session.host)


def check_name(access: Access, state: PcState) -> None:
    """Raises WrongDevice when the PC has another name than the inventory says."""
    name = access.computer_name
    if name is not None and name.upper() != state.system.computer_name.upper():
        raise WrongDevice(
            "windows.wrong-pc", host=access.host, expected=name, found=state.system.computer_name
        )
