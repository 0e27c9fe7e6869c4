"""What an intent answers of itself."""

from __future__ import annotations

from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from tests.conftest import EXAMPLES


def test_a_resolver_is_asked_for_a_name_that_it_must_know() -> None:
    intent = site_intent(load_site(EXAMPLES, "demo-clinic"))
    assert intent.name_for(intent.ngn_resolvers[0]) == "assv.asc.flets-west.jp"
    assert intent.name_for(intent.closed_network_resolvers[0]) == "www.lineauth.mnw"
