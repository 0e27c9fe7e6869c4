"""Making a router what the intent says: plan, apply under the router's own undo, journal.

The command line calls `plan_router` and `apply_router`; everything else here is theirs.
"""

from onshi_net.provision.apply import apply_router
from onshi_net.provision.outcome import Outcome, Progress, State
from onshi_net.provision.plan import RouterPlan, plan_router

__all__ = [
    "Outcome",
    "Progress",
    "RouterPlan",
    "State",
    "apply_router",
    "plan_router",
]
