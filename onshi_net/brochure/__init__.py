"""The brochure as pure functions: eligibility, readiness, estimate, maintenance.

Each finding cites its clause. Tables lie in `onshi_net/data/brochure/*.yaml` (clauses, rules,
products, devices, patterns, prices, prerequisites, schedule, warranties). `docs/brochure.md` is
made from them by `python -m onshi_net.brochure.book`.
"""

from onshi_net.brochure.cancellation import Cancellation, cancel
from onshi_net.brochure.case import Case
from onshi_net.brochure.eligibility import Assessment, assess
from onshi_net.brochure.estimate import Estimate, cancellation_fee, estimate
from onshi_net.brochure.findings import Finding, Order
from onshi_net.brochure.gate import refusals
from onshi_net.brochure.maintenance import (
    Maintenance,
    maintenance,
    resetting_of,
    resetting_verdict,
)
from onshi_net.brochure.readiness import Readiness, certificate_expiry, ready, surcharges

__all__ = [
    "Assessment",
    "Cancellation",
    "Case",
    "Estimate",
    "Finding",
    "Maintenance",
    "Order",
    "Readiness",
    "assess",
    "cancel",
    "cancellation_fee",
    "certificate_expiry",
    "estimate",
    "maintenance",
    "ready",
    "refusals",
    "resetting_of",
    "resetting_verdict",
    "surcharges",
]
