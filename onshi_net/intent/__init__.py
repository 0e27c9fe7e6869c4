"""What must be true at a site, derived from its inventory by pure functions.

Provisioning and checks read the same object, so they can't disagree.

Import only `model` and `inventory` types; no I/O, no clock, no randomness.
"""

from onshi_net.intent.build import site_intent
from onshi_net.intent.types import (
    Allowance,
    DnsForward,
    HostIntent,
    Lan,
    Management,
    OtherService,
    PolicyIntent,
    RouterIntent,
    SiteIntent,
    Wan,
)

__all__ = [
    "Allowance",
    "DnsForward",
    "HostIntent",
    "Lan",
    "Management",
    "OtherService",
    "PolicyIntent",
    "RouterIntent",
    "SiteIntent",
    "Wan",
    "site_intent",
]
