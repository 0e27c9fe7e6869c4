"""`plan_windows`: what must change on a PC so that it becomes what the intent says.

Reading a receipt PC's credential store takes a batch logon of its user: a scheduled task is made
and removed again. Nothing else on the PC is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from onshi_net.facts.pc import PcState, ReceiptState
from onshi_net.intent.windows import ReceiptIntent, WindowsIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.pcs.decision import Conflict, Decision, Note
from onshi_net.pcs.differ import differ
from onshi_net.pcs.resources import Difference
from onshi_net.transport.windows import WindowsSession
from onshi_net.transport.windows.batch import read_store
from onshi_net.transport.windows.reading import check_name, read


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
    state = read(session, intent, secrets)
    check_name(intent.access, state)
    decision = differ(state, intent, now)
    if decision.conflicts or not isinstance(state, ReceiptState):
        return Decided(decision, state)
    if isinstance(intent, ReceiptIntent) and intent.credentials:
        state = state.model_copy(update={"store": read_store(session, intent, secrets)})
    return Decided(differ(state, intent, now), state)
