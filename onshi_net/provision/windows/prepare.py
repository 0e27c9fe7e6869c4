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
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from onshi_net.render.powershell import script
from onshi_net.transport.windows import WindowsSession

TASK = "onshi-restore"
LOCAL_SUBNET = "LocalSubnet"
"""The keyword of Set-NetFirewallRule for the PC's own networks."""


def prepare_script(laptop: Iterable[IPv4Address | IPv6Address]) -> str:
    """Answers the script to run at the PC, which then lets its own networks and the laptop in."""
    sources = [LOCAL_SUBNET, *(str(address) for address in laptop)]
    return script("prepare", sources=sources).text


def restore(session: WindowsSession) -> bool:
    """Puts back what `prepare_script` loosened; answers whether that was ever run.

    The session may break then; nothing else must follow on it. Raises the session's errors.
    """
    text = script("put_back", name=TASK).text
    command = base64.b64encode(text.encode("utf-16-le")).decode("ascii")
    answer = session.run(script("restore", name=TASK, command=command))
    return answer.get("prepared") is True
