"""What runs out when, and whether the 再設定 option covers it."""

from __future__ import annotations

import datetime

import pytest

from onshi_net.brochure import maintenance
from onshi_net.brochure.maintenance import covered_until, resetting
from onshi_net.model.survey import Device, DeviceKind

DELIVERED = datetime.date(2024, 4, 1)
ON = datetime.date(2026, 11, 25)
OPTION = {
    "support": {"plan": "A", "started_on": DELIVERED},
    "resetting": {"terminals": 1, "started_on": DELIVERED},
}


def device(kind="terminal", **fields):
    return {"name": f"{kind}-1", "kind": kind, "delivered_on": DELIVERED, **fields}


@pytest.mark.parametrize(
    ("kind", "last", "service"),
    [
        ("router", datetime.date(2029, 3, 31), "on-site"),
        ("terminal", datetime.date(2029, 3, 31), "advance-exchange"),
        ("display", datetime.date(2027, 3, 31), "send-back"),
        ("switch", None, None),
        ("usb-memory", None, None),
    ],
)
def test_each_devices_period(case, kind, last, service):
    (entry,) = maintenance([case(contract={"devices": [device(kind)]})], on=ON).entries
    assert (entry.until, entry.service) == (last, service)


def test_every_kind_has_a_row():
    assert all(covered_until(Device(name="x", kind=kind)) is None for kind in DeviceKind)


@pytest.mark.parametrize(
    ("within", "names"), [(30, []), (200, ["display-1"]), (None, ["display-1", "router-1"])]
)
def test_only_what_runs_out_soon(case, within, names):
    contract = {"devices": [device("router"), device("display")]}
    found = maintenance([case(contract=contract)], on=ON, within=within)
    assert [entry.name for entry in found.entries] == names


def test_many_sites_come_in_the_order_of_their_days(case):
    sites = [
        case(name="b", contract={"devices": [device("display")]}),
        case(name="a", prepared={"certificate_issued_on": datetime.date(2023, 9, 1)}),
    ]
    found = maintenance(iter(sites), on=ON, within=365)
    assert [(entry.site, entry.name, entry.days_left(ON)) for entry in found.entries] == [
        ("a", "certificate", 6),
        ("b", "display-1", 126),
    ]
    assert [one.rule for one in found.entries[0].findings] == [
        "maintenance.ends",
        "maintenance.certificate",
    ]


@pytest.mark.parametrize(
    ("contract", "fields", "on", "rule"),
    [
        ({}, {}, ON, "resetting.covers"),
        ({}, {}, datetime.date(2029, 3, 31), "resetting.covers"),
        ({}, {}, datetime.date(2029, 4, 1), "resetting.period"),
        ({}, {"maker_until": datetime.date(2026, 11, 24)}, ON, "resetting.period"),
        # Five years at most, even where the maker grants more.
        (
            {},
            {"maker_until": datetime.date(2031, 3, 31)},
            datetime.date(2029, 4, 1),
            "resetting.period",
        ),
        ({}, {"repaired_on": ON}, ON, "resetting.repair-day"),
        ({}, {"repaired_on": ON - datetime.timedelta(days=1)}, ON, "resetting.covers"),
        ({"resetting": {}}, {}, ON, "resetting.none"),
        (
            {"resetting": {"terminals": 1, "started_on": DELIVERED, "cancelled_on": ON}},
            {},
            ON,
            "resetting.cancelled",
        ),
        ({"support": {}}, {}, ON, "resetting.no-plan"),
        (
            {"support": {"plan": "B", "ended_on": datetime.date(2026, 11, 24)}},
            {},
            ON,
            "resetting.no-plan",
        ),
    ],
)
def test_whether_the_resetting_option_covers(case, contract, fields, on, rule):
    one = case(contract={**OPTION, **contract, "devices": [device(**fields)]})
    assert resetting(one, one.contract.devices[0], on).rule == rule


def test_an_unknown_delivery_is_open(case):
    (entry,) = maintenance(
        [case(contract={"devices": [device("router", delivered_on=None)]})], on=ON
    ).entries
    assert [one.rule for one in entry.findings] == ["maintenance.open"]
    assert entry.to_json(ON)["until"] is None
