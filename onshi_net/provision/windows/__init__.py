"""Making Windows PCs what the intent says: read, decide, apply the differences, read back.

- `state`      what a PC answered, typed
- `resources`  the things that are compared: a value with a key; a difference is a value before
  and after
- `decision`   things there, things wanted, conflicts that a person must settle, notes
- `routes`, `receipt`, `terminal`  what must be there, from intent and state
- `proof`      what the access proof says about the credential entries
- `batch`      scripts run as another user through a batch logon; the credential store and the
  access proof
- `plan`       `plan_windows`
- `apply`      `apply_windows`: journal, undo, read back
- `prepare`    what is loosened on a PC for the time of the work, and its putting back
"""

from onshi_net.facts.pc import ReceiptState, TerminalState
from onshi_net.provision.windows.apply import WindowsOutcome, apply_windows
from onshi_net.provision.windows.decision import Conflict, Note
from onshi_net.provision.windows.plan import WindowsPlan, plan_windows
from onshi_net.provision.windows.resources import Difference

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
