"""Making Windows PCs what the intent says: read, decide, apply the differences, read back.

What a PC is and what it needs is `onshi_net.pcs`; here is what talks to one.

- `plan`       `plan_windows`
- `change`     one PC as the actions of the core change it
- `apply`      `apply_windows`: what is read, waited for, changed by the core, and told
- `prepare`    what is loosened on a PC for the time of the work, and its putting back
"""

from onshi_net.facts.pc import ReceiptState, TerminalState
from onshi_net.pcs.decision import Conflict, Note
from onshi_net.pcs.resources import Difference
from onshi_net.provision.windows.apply import WindowsOutcome, apply_windows
from onshi_net.provision.windows.plan import WindowsPlan, plan_windows

__all__ = [
    "Conflict",
    "Difference",
    "Note",
    "ReceiptState",
    "TerminalState",
    "WindowsOutcome",
    "WindowsPlan",
    "apply_windows",
    "plan_windows",
]
