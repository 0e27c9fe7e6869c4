"""Whether raw packets can be sent from here, asked before anything is measured, and how to give it.

The right belongs to a helper: a copy of the interpreter beside it, with CAP_NET_RAW as a file
capability (capabilities(7)), which the owner alone may start. The interpreter itself never gets it.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

HELPER = Path(sys.executable).with_name("onshi-probe")
CAPABILITY = "security.capability"
"""The extended attribute in which Linux keeps a file's capabilities (xattr(7))."""


def program() -> str:
    """Answers what starts the probe: the helper where there is one, else this interpreter."""
    return str(HELPER) if os.access(HELPER, os.X_OK) else sys.executable


def may_send(helper: Path | None = None) -> bool:
    """Answers whether the probe will be able to open a raw socket; True where nobody can tell."""
    family = getattr(socket, "AF_PACKET", None)
    if family is None or not sys.platform.startswith("linux"):
        return True
    try:
        socket.socket(family, socket.SOCK_RAW, 0).close()
    except PermissionError:
        return _has_capability(HELPER if helper is None else helper)
    except OSError:
        return True
    return True


def _has_capability(helper: Path) -> bool:
    try:
        return os.access(helper, os.X_OK) and bool(os.getxattr(helper, CAPABILITY))
    except OSError:
        return False


def commands() -> tuple[str, ...]:
    """Answers what makes the helper and gives it the right, as it is typed."""
    import shlex

    source, helper = shlex.quote(os.path.realpath(sys.executable)), shlex.quote(str(HELPER))
    return (
        f'sudo install -m 700 -o "$(id -un)" {source} {helper}',
        f"sudo setcap cap_net_raw+ep {helper}",
    )
