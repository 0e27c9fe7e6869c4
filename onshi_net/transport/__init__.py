"""How devices are reached: deadlines and bounds, host keys and bonds, the run over several hosts.

What is said to a router, and how, is its platform's (`onshi_net.platforms`).
"""

from onshi_net.transport.errors import CommandRejected, SessionLost

__all__ = ["CommandRejected", "SessionLost"]
