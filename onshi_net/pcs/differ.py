"""`differ`: how a PC as it was read differs from what it must be. Pure, and the only place.

Plan, provisioning and checks judge by it, so that none can want what another does not do.
"""

from __future__ import annotations

from datetime import datetime

from onshi_net.facts.pc import PcState, ReceiptState, TerminalState
from onshi_net.intent.windows import TerminalIntent, WindowsIntent
from onshi_net.pcs.decision import Decision
from onshi_net.pcs.receipt import decide_receipt
from onshi_net.pcs.terminal import decide_terminal


def differ(state: PcState, intent: WindowsIntent, now: datetime) -> Decision:
    """Answers what of a PC differs from its intent at `now`, the laptop's time.

    Raises ValueError for a state of another kind of PC.
    """
    if isinstance(intent, TerminalIntent):
        if not isinstance(state, TerminalState):
            raise ValueError("no terminal's state")
        return decide_terminal(intent, state, now)
    if not isinstance(state, ReceiptState):
        raise ValueError("no receipt PC's state")
    return decide_receipt(intent, state, now)
