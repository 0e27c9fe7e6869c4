"""Where the difference between a running configuration and the intent comes from.

Provisioning's own plan.
"""

from __future__ import annotations

from collections.abc import Iterable

from onshi_net.evidence.router import Differ
from onshi_net.intent import RouterIntent


def config_difference() -> Differ:
    """Gives the function that compares as `onshi plan` does."""
    from onshi_net.provision.config import config_lines
    from onshi_net.provision.plan import human_diff
    from onshi_net.render import router_config

    def differ(running: str, intent: RouterIntent) -> Iterable[str]:
        return human_diff(config_lines(running), router_config(intent))

    return differ
