"""A site's intent from its inventory: what is a site's own, and what is its region's."""

from __future__ import annotations

import shutil
from ipaddress import ip_address
from pathlib import Path

from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.model.catalogue import region
from tests.conftest import EXAMPLES


def test_receipt_pcs_reach_the_shares_of_the_terminals_and_nothing_else() -> None:
    site = load_site(EXAMPLES, "demo-clinic")
    (one,) = site_intent(site).router.policy.allowed
    segments = site.site.facts.segments
    assert (one.source, one.destination) == (segments.clinic.ipv4, segments.terminal.ipv4)
    assert one.port == 445


def test_a_sites_own_probes_take_the_place_of_its_regions(tmp_path: Path) -> None:
    own = (ip_address("2001:db8:ffff::80"), ip_address("203.0.113.80"))
    assert site_intent(load_site(EXAMPLES, "demo-clinic")).internet_probes == own
    shutil.copytree(EXAMPLES, tmp_path / "inventory")
    file = tmp_path / "inventory" / "sites" / "demo-clinic" / "site.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("internet_probes")]
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert (
        site_intent(load_site(tmp_path / "inventory", "demo-clinic")).internet_probes
        == region("west").internet
    )
