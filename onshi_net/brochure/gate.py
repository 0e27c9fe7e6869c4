"""Whether a site may be provisioned at all: eligible, and the customer's preparations done."""

from __future__ import annotations

import datetime

from onshi_net.brochure.case import Case
from onshi_net.brochure.findings import Finding
from onshi_net.brochure.readiness import ready


def refusals(case: Case, *, on: datetime.date) -> tuple[Finding, ...]:
    """Answers why a site may not be provisioned on the day `on`; empty where it may.

    The hours of construction are not asked here: they bind the visit that is planned (`ready`), not
    the technician who stands in the clinic.
    """
    return ready(case, on=on).unprepared
