"""Checks of one's own beside ours: pytest --onshi-site demo-clinic docs/examples/test_my_site.py

`intent` is what must be true at the site, `evidence` what was measured: what a run stored with
`--onshi-evidence FILE`, else the site is asked now.
"""

from __future__ import annotations

from onshi_net.facts.types import Evidence
from onshi_net.intent import SiteIntent


def test_the_laptop_asked_every_resolver(intent: SiteIntent, evidence: Evidence) -> None:
    """Each resolver of line and closed network has an answer, good or not."""
    wanted = {str(one) for one in (*intent.ngn_resolvers, *intent.closed_network_resolvers)}
    assert wanted <= set(evidence.laptop.resolvers)


def test_the_router_says_since_when_it_runs(evidence: Evidence) -> None:
    """Or says nothing of how long it runs."""
    assert evidence.router.uptime_s is None or evidence.router.uptime_s >= 0
