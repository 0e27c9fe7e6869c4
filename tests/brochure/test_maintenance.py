"""What runs out when, and whether the 再設定 option covers it."""

from __future__ import annotations

import datetime

import pytest

from onshi_net.brochure import maintenance, resetting_of, resetting_verdict
from onshi_net.brochure.data import Verdict
from onshi_net.brochure.maintenance import covered_until, resetting
from onshi_net.model.survey import Device, DeviceKind

DELIVERED = datetime.date(2024, 4, 1)
ON = datetime.date(2026, 11, 25)
OPTION = {
    "support": {"plan": "A", "started_on": DELIVERED},
    "resetting": {"terminals": 1, "started_on": DELIVERED},
}


@pytest.fixture
def case(case):
    """Cases without a certificate, which is an entry of its own."""

    def make(survey=None, *, prepared=None, **fields):
        return case(survey, prepared={"certificate_issued_on": None, **(prepared or {})}, **fields)

    return make


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


def terminals(count, **fields):
    return [device(**{"name": f"terminal-{n}", **fields}) for n in range(1, count + 1)]


@pytest.mark.parametrize("registered", [1, 2, 3])
@pytest.mark.parametrize("bought", [None, 0, 1, 2, 5])
@pytest.mark.parametrize("named", [False, True])
def test_the_option_covers_as_many_pcs_as_were_bought_and_says_which(
    case, registered, bought, named
):
    devices = terminals(registered)
    names = [one["name"] for one in devices]
    option = {"terminals": bought, "started_on": DELIVERED}
    if named:
        names.reverse()
        option["pcs"] = names
    one = case(contract={**OPTION, "resetting": option, "devices": devices})
    covered = [
        pc.name for pc in one.contract.devices if resetting(one, pc, ON).rule == "resetting.covers"
    ]
    assert sorted(covered) == sorted(names[: bought or 0])
    rest = {resetting(one, pc, ON).rule for pc in one.contract.devices if pc.name not in covered}
    assert rest <= ({"resetting.other"} if bought else {"resetting.none"})


def test_a_terminal_without_its_day_of_delivery_is_not_covered_and_not_refused(case):
    one = case(contract={**OPTION, "devices": [device(delivered_on=None)]})
    found = resetting(one, one.contract.devices[0], ON)
    assert (found.rule, resetting_verdict(found)) == ("resetting.period-open", Verdict.NOT_YET)


@pytest.mark.parametrize(
    ("name", "on", "verdict"),
    [
        ("terminal-1", ON, Verdict.YES),
        ("terminal-2", ON, Verdict.NO),
        ("router-1", ON, Verdict.NOT_YET),
        ("nobody", ON, Verdict.NOT_YET),
        ("terminal-1", datetime.date(2029, 4, 1), Verdict.NO),
        ("terminal-1", datetime.date(2024, 3, 31), Verdict.NO),
    ],
)
def test_what_the_gate_of_an_exchange_asks(case, name, on, verdict):
    devices = [device("router"), *terminals(2)]
    one = case(contract={**OPTION, "devices": devices})
    assert resetting_verdict(resetting_of(one, name, on)) is verdict


@pytest.mark.parametrize(
    ("devices", "on", "verdict"),
    [
        ([], ON, Verdict.YES),
        ([device("router")], ON, Verdict.YES),
        ([device("switch")], ON, Verdict.YES),
        ([device("router")], datetime.date(2029, 4, 1), Verdict.NO),
        ([device("router", delivered_on=None)], ON, Verdict.NOT_YET),
        (
            [device("router", delivered_on=None), device("display")],
            datetime.date(2028, 1, 1),
            Verdict.NO,
        ),
    ],
)
def test_what_is_over_is_a_no_and_what_nobody_knows_neither(case, devices, on, verdict):
    assert maintenance([case(contract={"devices": devices})], on=on).verdict is verdict


@pytest.mark.parametrize("day", [datetime.date(9999, 12, 31), datetime.date(1, 1, 1)])
def test_a_day_that_nobody_can_mean_breaks_nothing(case, day):
    odd = case(name="odd", contract={**OPTION, "devices": terminals(1, delivered_on=day)})
    good = case(name="good", contract={"devices": [device("router")]})
    assert {one.site for one in maintenance([odd, good], on=ON).entries} == {"odd", "good"}


TERMINAL_ENDS = datetime.date(2027, 1, 12)


@pytest.mark.parametrize(
    ("written", "last"),
    [
        ("Windows 10 Pro", datetime.date(2025, 10, 14)),
        ("ウィンドウズ10", datetime.date(2025, 10, 14)),
        ("Windows 10 Enterprise LTSC 2021", TERMINAL_ENDS),
        ("Windows 10 IoT Enterprise LTSC 2021", datetime.date(2032, 1, 13)),
        ("Windows11 Pro 24H2", datetime.date(2026, 10, 13)),
        ("Windows 11 24H2", datetime.date(2026, 10, 13)),
        ("Windows 11 Enterprise 24H2", datetime.date(2027, 10, 12)),
        ("Windows 11 Enterprise LTSC 2024", datetime.date(2029, 10, 9)),
        ("Win11 25H2", datetime.date(2027, 10, 12)),
        ("Windows 11", None),
        ("Windows 11 39H1", None),
        ("Windows 7", None),
    ],
)
def test_when_the_support_of_a_receipt_pcs_system_ends(case, written, last):
    found = maintenance([case({"receipt.os": written})], on=ON).systems
    assert [one.until for one in found if "receipt" in one.name] == [last]


@pytest.mark.parametrize("within", [None, 0, 60, 90, 400])
@pytest.mark.parametrize(
    ("on", "rule"),
    [
        (TERMINAL_ENDS - datetime.timedelta(days=366), "maintenance.os-running"),
        (TERMINAL_ENDS - datetime.timedelta(days=365), "maintenance.os-ends"),
        (TERMINAL_ENDS, "maintenance.os-ends"),
        (TERMINAL_ENDS + datetime.timedelta(days=1), "maintenance.os-ended"),
    ],
)
def test_the_terminals_system_is_told_a_year_ahead(case, within, on, rule):
    found = maintenance([case({"receipt.os": None})], on=on, within=within).systems
    is_shown = rule != "maintenance.os-running" or within in (None, 400)
    assert [one.findings[0].rule for one in found] == ([rule] if is_shown else [])
