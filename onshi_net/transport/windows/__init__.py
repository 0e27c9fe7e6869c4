"""How Windows PCs are reached: WinRM over pywinrm, one shell a PC, scripts on standard input.

`open_windows` gives a `WindowsSession`; `MemoryWindows` is its twin without a network.
`diagnosis` says why a PC can't be used and what to do, `legs` which cable to move. pywinrm is
imported only when a session is opened.
"""

from onshi_net.transport.windows.diagnosis import Cause, Readiness, readiness
from onshi_net.transport.windows.endpoint import Endpoint
from onshi_net.transport.windows.errors import (
    NoLeg,
    NotReady,
    ScriptFailed,
    ScriptTimeout,
    WindowsLost,
)
from onshi_net.transport.windows.legs import Leg, cable_advice, require_leg, segment_of
from onshi_net.transport.windows.memory import MemoryWindows
from onshi_net.transport.windows.session import WindowsSession, open_pc, open_windows

__all__ = [
    "Cause",
    "Endpoint",
    "Leg",
    "MemoryWindows",
    "NoLeg",
    "NotReady",
    "Readiness",
    "ScriptFailed",
    "ScriptTimeout",
    "WindowsLost",
    "WindowsSession",
    "cable_advice",
    "open_pc",
    "open_windows",
    "readiness",
    "require_leg",
    "segment_of",
]
