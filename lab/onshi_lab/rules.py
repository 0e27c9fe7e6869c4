"""The nftables rules of the lab's own nodes (the router's are the mock's business)."""

from __future__ import annotations

from onshi_lab.world import World

# Inference: the closed network answers for what it does not know as a router without a route.
CLOSED = """table ip6 closed {
  chain forward {
    type filter hook forward priority 0; policy accept;
    iifname "internet" drop
    oifname "internet" reject with icmpv6 type no-route
  }
}"""

NAT = """table ip nat {
  chain out { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }
}
table ip filter {
  chain forward {
    type filter hook forward priority 0; policy accept;
    ct state established,related accept
    iifname "wan" drop
  }
}"""

OWN = {"ngn": CLOSED, "clinic-gw": NAT}


def rules_of(world: World, node: str) -> str:
    """The whole rule set that a node shall have."""
    own = "" if world.rules_removed(node) else OWN.get(node, "")
    return "\n".join(text for text in (own, *world.added_rules(node)) if text)
