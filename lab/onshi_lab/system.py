"""What of the system lab code finds elsewhere when its node is a container.

Two environment variables say so. In a namespace of the host neither is set: sysctls are below
/proc/sys, and the files in /etc are the host's, which a node may only cover for itself.
"""

from __future__ import annotations

import os
from pathlib import Path

SYSCTLS = "ONSHI_LAB_SYSCTLS"
"""The folder that stands for /proc/sys, which a container without privileges sees read-only."""
OWN_FILES = "ONSHI_LAB_OWN_FILES"
"""Set where the file system is the node's own, so that it may write its /etc and has its name."""


def sysctl(path: str) -> Path:
    """The file of a sysctl, such as `net/ipv4/ip_forward`, of the network of whoever opens it."""
    return Path(os.environ.get(SYSCTLS, "/proc/sys"), path)


def has_own_files() -> bool:
    """Whether this process's file system belongs to its node alone."""
    return OWN_FILES in os.environ
