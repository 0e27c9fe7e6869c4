"""What is put and opened on a PC for the time of the work, and its putting back.

WinRM is off on a delivered PC, and only somebody at the PC can turn it on: the script of
`prepare_stick` is what is run there, as administrator. Before it changes anything it notes in the
registry how the PC was, once, and arms the PC's own undo: a SYSTEM task that puts back after
UNDO_H hours, or at the first start of the PC after them. Each provisioning gives it its whole time
again (`renew`). It opens what WinRM's shells need and no more (Set-WSManQuickConfig; no session
configuration, as Enable-PSRemoting would).

What a visit puts on a PC for its own use (a task with a stored password, a folder, a group
membership) is listed there before it is put, under the same key. `restore` has the task put all
back and remove what is listed; it outlives the session, since putting back may end WinRM itself.
`restore_stick` does the same at the PC, without a network. What was put back is read again; a run
that is cut off in between leaves the note, and the next one puts back.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from onshi_net.errors import DeviceError, Unreachable
from onshi_net.i18n import text
from onshi_net.pcs.powershell import script
from onshi_net.transport.windows import Endpoint, WindowsSession
from onshi_net.transport.windows.diagnosis import Port, try_port

UNDO_H = 8
"""Longer than a visit; short enough that a PC left open is closed the same night."""
AFTER_S = 3
"""The task gives the session that started it this long to end by itself."""
DONE_WITHIN_S = 60.0
ANSWER_S = 20.0
"""Of one question to a PC that is putting things back."""
BETWEEN_S = 0.3
"""Between two looks at a PC that is putting things back; Windows sends no event."""
_WINRM = "HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service"
CLOSING = [
    {"path": _WINRM, "name": "AllowAutoConfig", "value": "0"},
    {"path": _WINRM, "name": "AllowNegotiate", "value": "0"},
    {"path": f"{_WINRM}\\WinRS", "name": "AllowRemoteShellAccess", "value": "0"},
]
"""Policies with which WinRM lets nobody in whatever is set here: no listener, no login by NTLM, no
shell (Microsoft, group policies; the values' names are those of WindowsRemoteManagement.admx and
WindowsRemoteShell.admx)."""
LOCAL_SUBNET = "LocalSubnet"
"""The keyword of Set-NetFirewallRule for the PC's own networks."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What a PC had to put back: what `prepare` opened, and how many things visits left there."""

    opened: bool
    left: int


def _armed() -> dict[str, object]:
    """Answers the values with which a PC's own undo is armed."""
    body = script("put_back", after_s=AFTER_S).text
    command = base64.b64encode(body.encode("utf-16-le")).decode("ascii")
    return {"command": command, "hours": UNDO_H}


def prepare_stick(laptop: Iterable[IPv4Address | IPv6Address]) -> bytes:
    """Answers the file to run at the PC, which then lets its own networks and the laptop in."""
    sources = [LOCAL_SUBNET, *(str(address) for address in laptop)]
    said = {
        "good": text("windows.stick.prepared", hours=UNDO_H),
        "policy": text("windows.stick.policy"),
    }
    return _stick("prepare", said, sources=sources, closing=CLOSING, **_armed())


def restore_stick() -> bytes:
    """Answers the file to run at the PC, which puts everything back without a network."""
    said = {name: text(f"windows.stick.{name}") for name in ("restored", "nothing")}
    return _stick("restored", {"good": said["restored"], "nothing": said["nothing"]})


def _stick(work: str, said: dict[str, str], **values: object) -> bytes:
    """Answers a batch file: ASCII with CRLF, which cmd.exe of any code page reads alike."""
    every = {**said, "failed": text(f"windows.stick.{work}-failed")}
    words = {name: base64.b64encode(one.encode()).decode("ascii") for name, one in every.items()}
    body = script("stick", work=work, words=words, **values).text
    return body.replace("\n", "\r\n").encode("ascii")


def renew(session: WindowsSession) -> bool:
    """Gives a PC's own undo its whole time again; answers whether it had any."""
    return session.run(script("renew", **_armed())).get("prepared") is True


def restore(session: WindowsSession, endpoint: Endpoint, host: str) -> PutBack:
    """Has the PC put back and remove all that visits did to it; answers what there was.

    Answers when it is done: note, list and task are gone, or WinRM is off again, which ends the
    session. Raises the session's errors, and DeviceError when the PC is not done within
    DONE_WITHIN_S or says what it could not put back; its note stays then, and so does WinRM.
    """
    until = time.monotonic() + DONE_WITHIN_S
    answer = session.run(script("restore", **_armed()), deadline_s=ANSWER_S)
    found = PutBack(opened=answer.get("prepared") is True, left=int(answer.get("left") or 0))
    if answer.get("there") is not True:
        return found
    while (failed := _still_noted(session, endpoint)) is not None:
        if failed:
            raise DeviceError("windows.restore-failed", host=host, parts=failed)
        if time.monotonic() > until:
            raise DeviceError("windows.restore-late", host=host, seconds=round(DONE_WITHIN_S))
        time.sleep(BETWEEN_S)
    return found


def _still_noted(session: WindowsSession, endpoint: Endpoint) -> str | None:
    """Answers what the PC could not put back, '' while it is at it; None when its note is gone.

    A session that breaks while the port is still open is one that WinRM's end took with it: the
    port follows. Raises Unreachable for a cut cable.
    """
    try:
        answer = session.run(script("noted"), deadline_s=ANSWER_S)
    except Unreachable:
        match try_port(endpoint):
            case Port.NO_HOST:
                raise
            case Port.OPEN:
                return ""
            case _:
                return None
    return str(answer.get("failed", "")) if answer.get("noted") is True else None
