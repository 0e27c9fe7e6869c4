"""What is loosened on a PC so that the laptop gets in, and its putting back.

WinRM is off on a delivered PC, and only somebody at the PC can turn it on: `prepare_script` is
what is run there, as administrator. It notes in the registry how the PC was, once, before it
changes anything; `restore` puts that back through a SYSTEM task that outlives the session, since
putting back may end WinRM itself. A run that is killed in between leaves the note, and the next
one puts back.

Disabling remoting alone doesn't undo what enabling did: service, listener, firewall rules and
LocalAccountTokenFilterPolicy are put back one by one (Microsoft, Disable-PSRemoting).
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from onshi_net.errors import DeviceError, Unreachable
from onshi_net.pcs.powershell import script
from onshi_net.transport.windows import Endpoint, WindowsSession
from onshi_net.transport.windows.diagnosis import Port, try_port

TASK = "onshi-restore"
DONE_WITHIN_S = 30.0
BETWEEN_S = 0.3
"""Between two looks at a PC that is putting things back; Windows sends no event."""
LOCAL_SUBNET = "LocalSubnet"
"""The keyword of Set-NetFirewallRule for the PC's own networks."""


def prepare_script(laptop: Iterable[IPv4Address | IPv6Address]) -> str:
    """Answers the script to run at the PC, which then lets its own networks and the laptop in."""
    sources = [LOCAL_SUBNET, *(str(address) for address in laptop)]
    return script("prepare", sources=sources).text


def restore(session: WindowsSession, endpoint: Endpoint, host: str) -> bool:
    """Puts back what `prepare_script` loosened; answers whether that was ever run.

    Answers when it is done: the note is gone, or WinRM is off again, which ends the session.
    Raises the session's errors, and DeviceError when the PC is not done within DONE_WITHIN_S or
    says what it could not put back; its note stays then, and so does WinRM.
    """
    text = script("put_back", name=TASK).text
    command = base64.b64encode(text.encode("utf-16-le")).decode("ascii")
    answer = session.run(script("restore", name=TASK, command=command))
    if answer.get("prepared") is not True:
        return False
    until = time.monotonic() + DONE_WITHIN_S
    while (failed := _still_noted(session, endpoint)) is not None:
        if failed:
            raise DeviceError("windows.restore-failed", host=host, parts=failed)
        if time.monotonic() > until:
            raise DeviceError("windows.restore-late", host=host)
        time.sleep(BETWEEN_S)
    return True


def _still_noted(session: WindowsSession, endpoint: Endpoint) -> str | None:
    """Answers what the PC could not put back, '' while it is at it; None when its note is gone.

    A session that breaks while the port is still open is one that WinRM's end took with it: the
    port follows. Raises Unreachable for a cut cable.
    """
    try:
        answer = session.run(script("noted"))
    except Unreachable:
        match try_port(endpoint):
            case Port.NO_HOST:
                raise
            case Port.OPEN:
                return ""
            case _:
                return None
    return str(answer.get("failed", "")) if answer.get("noted") is True else None
