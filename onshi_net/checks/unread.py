"""What a check of a PC rests on: nothing is judged by an answer that was not understood."""

from __future__ import annotations

from collections.abc import Mapping

WAYS = ("addresses", "routes", "registry_routes")
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "terminal.os": ("system",),
    "terminal.address": ("addresses", "metrics"),
    "terminal.ipv6": ("addresses",),
    "terminal.route": WAYS,
    "terminal.resolvers": ("addresses", "resolvers", "fixed_resolvers"),
    "terminal.link-user": ("user", "policies"),
    "terminal.shares": ("shares", "folders", "user", "system", "serving", "policies"),
    "terminal.firewall": ("rules",),
    "terminal.services": ("services",),
    "terminal.clock": ("system", "time"),
    "terminal.certificate": ("certificates",),
    "terminal.leftovers": ("leftovers",),
    "receipt-pc.os": ("system",),
    "receipt-pc.on-link": ("addresses", "routes"),
    "receipt-pc.route": WAYS,
    "receipt-pc.path": ("routes",),
    "receipt-pc.credential": ("policies", "workstation"),
    "receipt-pc.clock": ("system",),
    "receipt-pc.leftovers": ("leftovers",),
}
"""By check: the fields of a PC's state whose content decides it (tests/checks/test_unread.py varies
each and looks)."""
