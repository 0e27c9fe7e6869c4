"""Site files: every fault is reported at once, with its place and what it must be."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network

import pytest

from onshi_lab.errors import SiteFileError, UsageError
from onshi_lab.site import BranchKind, LineMode, load_site, read_site, site_names

GOOD = """
title: a clinic
line: {mode: ra, prefix: "2001:db8:51:100::/64", changed_prefix: "2001:db8:51:900::/64"}
branch: none
switch: false
terminals: 1
receipts: 1
clinic_lan: 192.168.1.0/24
router: {model: RTX830, firmware: 15.02.31, serial: S5X000001}
"""


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(SiteFileError) as caught:
        read_site(text, "x")
    return caught.value.faults


def test_the_promised_sites_are_there() -> None:
    clinic, dental, pharmacy = (load_site(name) for name in site_names())
    assert (clinic.line.mode, clinic.line.prefix) == (
        LineMode.RA,
        IPv6Network("2001:db8:51:100::/64"),
    )
    assert (dental.branch, dental.advertised_prefix) == (
        BranchKind.HGW,
        IPv6Network("2001:db8:53:100::/64"),
    )
    assert (pharmacy.terminals, pharmacy.switch) == (3, True)
    assert [site.clinic_lan for site in (clinic, pharmacy, dental)] == [
        IPv4Network("192.168.1.0/24"),
        IPv4Network("192.168.10.0/24"),
        IPv4Network("192.168.0.0/24"),
    ]
    assert [site.router.model for site in (clinic, pharmacy, dental)] == [
        "RTX830",
        "RTX1220",
        "RTX1210",
    ]


def test_an_unknown_site_is_answered_with_the_possible_ones() -> None:
    with pytest.raises(UsageError, match="demo-clinic, demo-dental, demo-pharmacy"):
        load_site("demo-clinik")


def test_a_good_file_is_read() -> None:
    assert read_site(GOOD, "x").title == "a clinic"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("mode: ra", "mode: rb", "line.mode is 'rb'; it must be ra or pd"),
        ("51:100::/64", "51:100::/56", "line.prefix is .* IPv6 prefix of length 64"),
        ("51:100::/64", "51:100::1/64", "line.prefix is"),
        ("branch: none", "branch: hug", "branch is 'hug'; it must be none, hub or hgw"),
        ("branch: none", "branch: hgw", "branch hgw takes a delegated prefix"),
        ("switch: false", "switch: maybe", "switch is 'maybe'; it must be true or false"),
        ("terminals: 1", "terminals: 0", "terminals is 0; it must be a number from 1 to 9"),
        ("terminals: 1", "terminals: true", "terminals is True"),
        ("terminals: 1", "terminals: 3", "terminals is more than 1, which needs switch: true"),
        ("192.168.1.0/24", "192.168.1.0/25", "clinic_lan must have prefix length 24"),
        ("192.168.1.0/24", "192.168.1.7/24", "clinic_lan is '192.168.1.7/24'"),
        ("RTX830", "830", "router.model is 830; it must be a model such as RTX830"),
        ("title: a clinic\n", "", "title is missing"),
        ("title:", "titel: x\ntitle:", "titel is unknown; known: title, line"),
        ("serial:", "cereal: x, serial:", "router.cereal is unknown"),
        ("line: {", "line: 7\nx: {", "line. must be a mapping"),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, expected: str) -> None:
    import re

    assert old in GOOD
    assert any(re.search(expected, fault) for fault in faults(GOOD.replace(old, new, 1)))


def test_all_faults_come_at_once() -> None:
    spoilt = GOOD.replace("mode: ra", "mode: x").replace("switch: false", "switch: 3")
    assert len(faults(spoilt.replace("terminals: 1", "terminals: no"))) == 3


@pytest.mark.parametrize("text", ["", "[]", "7", "a: [", "\tx"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    assert faults(text)


def test_a_hub_needs_no_delegation() -> None:
    site = read_site(GOOD.replace("branch: none", "branch: hub"), "x")
    assert site == replace(read_site(GOOD, "x"), branch=BranchKind.HUB)
