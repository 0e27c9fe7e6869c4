"""How devices are reached: the router's console over SSH, host keys, Nornir plugins.

Provisioning and evidence use `open_router` and the `RouterSession` protocol; nobody else talks to a
router. netmiko and Nornir are imported only when a session is opened or a plugin is loaded.
"""

from onshi_net.transport.errors import CommandRejected, SessionLost
from onshi_net.transport.header import Identity, identity_of
from onshi_net.transport.session import Credentials, RouterSession, kept_alive, open_router

__all__ = [
    "CommandRejected",
    "Credentials",
    "Identity",
    "RouterSession",
    "SessionLost",
    "identity_of",
    "kept_alive",
    "open_router",
]
