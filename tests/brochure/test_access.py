"""The pattern table and every device that the brochure names."""

from __future__ import annotations

import datetime
import re

import pytest

from onshi_net.brochure import assess
from onshi_net.brochure.access import model_row
from onshi_net.brochure.data import Pattern, models

ON = datetime.date(2026, 11, 25)

# Brochure lines 252 to 261 and 275 to 277.
PATTERNS = [
    ("none", False, "ok", "pattern.direct"),
    ("hub", False, "tolerated", "pattern.branch"),
    ("hgw", False, "tolerated", "pattern.branch"),
    ("ogw", False, "tolerated", "pattern.branch"),
    ("none", True, "refused", "pattern.business-phone"),
    ("hub", True, "refused", "pattern.business-phone"),
    ("hgw", True, "tolerated", "pattern.beside-phone"),
    ("ogw", True, "tolerated", "pattern.beside-phone"),
    ("business-phone", None, "refused", "pattern.business-phone"),
    ("router", None, "refused", "pattern.other-device"),
    ("utm", None, "refused", "pattern.other-device"),
    ("other", None, "refused", "pattern.other-device"),
    ("unknown", None, "refused", "pattern.unknown-device"),
]
# Brochure lines 284 to 288, as printed, and ways to write them.
MODELS = {
    "onu-cross": ["10G-EPON", "10G-EPON ONU"],
    "onu-next": ["GE-PON-ONU", "GE-PON"],
    "hgw-cross": ["XG-100NE", "ＸＧ－１００ＮＥ"],
    "hgw-600": ["RX-600MI", "PR-600KI", "RX600MI"],
    "hgw-400": [f"{p}-400{s}" for p in ("PR", "RT") for s in ("NE", "KI", "MI")],
    "hgw-500": [f"{p}-500{s}" for p in ("PR", "RT") for s in ("KI", "MI")],
    "hgw-s300": [f"{p}-S300{s}" for p in ("PR", "RT") for s in ("SE", "NE", "HI")] + ["pr-s300ne"],
    "ogw-410": ["OG410Xa", "OG410Xi", "OG810Xa", "OG810Xi"],
    "ogw-420": ["OG420Xa", "OG420Xi", "OG820Xa", "OG820Xi"],
    "vg-430": ["VG430a", "VG430i", "VG830a", "VG830i"],
    "ogw-400": ["OG400Xa", "OG400Xi", "OG800Xa", "OG800Xi", "OGW400X", "og400x-1"],
    "switch": ["ApresiaLightGC105-SS", "ApreliaLightGC105-SS"],
}


@pytest.mark.parametrize(("found", "phone", "pattern", "rule"), PATTERNS)
def test_the_pattern_table(case, found, phone, pattern, rule):
    answers = {
        "access.branch": found,
        "access.business_phone": phone,
        "access.branch_model": {"hgw": "RX-600MI", "ogw": "OG410Xa"}.get(found),
    }
    answer = assess(case(answers), on=ON)
    assert answer.pattern.value == pattern
    assert rule in [one.rule for one in answer.findings]
    assert answer.eligible is (pattern != "refused")
    new_line = [order.item for order in answer.orders if order.item.startswith("line-")]
    assert new_line == (["line-work", "line-monthly"] if pattern == "refused" else [])


def test_every_kind_of_find_has_a_pattern(case):
    from onshi_net.model.survey import Found

    assert {row[0] for row in PATTERNS} == {found.value for found in Found}


def test_an_unknown_path_is_open_not_guessed(case):
    answer = assess(case({"access": {}}), on=ON)
    assert answer.pattern is Pattern.OPEN
    assert not answer.eligible


@pytest.mark.parametrize(
    ("row", "name"), [(row, name) for row, names in MODELS.items() for name in names]
)
def test_models_are_known(row, name):
    found = model_row(name)
    assert found is not None
    assert found.id == row


def test_every_model_of_the_table_is_tested_and_finds_its_own_row():
    assert set(MODELS) == {row.id for row in models().devices}
    for row in models().devices:
        assert set(row.names) <= {*MODELS[row.id]}
        assert all(model_row(name) == row for name in row.names)


@pytest.mark.parametrize("model", ["OG400Xa", "OG400Xi", "OG800Xa", "OG800Xi"])
@pytest.mark.parametrize(
    ("owner", "rule", "item"),
    [
        ("rental", "ogw.exchange-rental", "ogw-exchange-rental"),
        ("purchased", "ogw.exchange-purchase", "ogw-exchange-purchase"),
        (None, "ogw.owner-open", None),
    ],
)
def test_an_old_ogw_must_be_exchanged(case, model, owner, rule, item):
    answers = {
        "access.branch": "ogw",
        "access.branch_model": model,
        "access.branch_owner": owner,
        "access.free_port": True,
    }
    answer = assess(case(answers), on=ON)
    assert not answer.eligible
    rules = [one.rule for one in answer.findings]
    assert "ogw.exchange" in rules
    assert rule in rules
    priced = [(order.item, order.yen) for order in answer.orders if order.item.startswith("ogw")]
    assert priced == ([(item, None)] if item else [])
    assert "OG410X, OG810X, OG420X, OG820X" in next(
        one.text for one in answer.findings if one.rule == rule
    )


@pytest.mark.parametrize("model", ["OG410Xa", "OG820Xi", "VG430a", "VG830i"])
def test_a_good_ogw_stays(case, model):
    answers = {"access.branch": "ogw", "access.branch_model": model, "access.free_port": True}
    answer = assess(case(answers), on=ON)
    assert answer.eligible
    assert answer.pattern is Pattern.TOLERATED
    assert any(
        one.rule == "device.fine" and one.clauses == ("devices.ogw-good",)
        for one in answer.findings
    )


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"access.branch": "hgw", "access.branch_model": "OG410Xa"}, "device.wrong-kind"),
        ({"access.branch": "hgw", "access.branch_model": "WSR-3000AX4"}, "device.not-listed"),
        ({"access.branch": "hgw", "access.branch_model": "XG-100NE"}, "device.wrong-line"),
        ({"access.onu_model": "10G-EPON"}, "device.wrong-line"),
        ({"access.branch": "ogw"}, "device.model-missing"),
        ({"access.branch": "ogw", "done_on": None}, "device.model-open"),
        ({"access.onu_model": "X-1"}, "device.onu-not-listed"),
        ({"access.branch": "hub", "access.free_port": False}, "port.hub"),
        ({"access.branch": "hub"}, "port.open"),
    ],
)
def test_what_is_said_of_devices(case, answers, rule):
    assert rule in [one.rule for one in assess(case(answers), on=ON).findings]


def test_a_hub_of_any_maker_will_do(case):
    answers = {
        "access.branch": "hub",
        "access.branch_model": "LSW6-GT-5NS",
        "access.free_port": True,
    }
    assert "device.not-listed" not in [one.rule for one in assess(case(answers), on=ON).findings]


def test_no_free_port_orders_the_hub_with_its_prices(case):
    answers = {"access.branch": "hgw", "access.branch_model": "RX-600MI", "access.free_port": False}
    answer = assess(case(answers), on=ON)
    assert [(order.item, order.yen) for order in answer.orders if "switch" in order.item] == [
        ("switch", 5_940),
        ("switch-work", 7_150),
    ]


AROUND = [
    "{}",
    "NTT {}",
    "NTT西日本 {}",
    "{}(レンタル)",
    "{} タイプ2",
    "{}-1",
    " {} ",
    "OGW:{}",
    "{}/2",
]
SPELLINGS = [
    lambda model: model,
    str.lower,
    lambda model: re.sub(r"(?<=[A-Za-z])-?(?=[0-9])", "-", model, count=1),
    lambda model: re.sub(r"(?<=[A-Za-z])-?(?=[0-9])", " ", model, count=1),
    lambda model: re.sub(r"(?<=[A-Za-z])-?(?=[0-9])", "ー", model, count=1),
    lambda model: model.replace("-", ""),
    lambda model: model.replace("0", "O") if model.startswith("OG") else model,
    lambda model: re.sub(r"\AO", "0", model),
    lambda model: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in model),
]
NAMED = [(row.id, name) for row in models().devices for name in row.names]


@pytest.mark.parametrize("spelling", range(len(SPELLINGS)))
def test_models_as_people_write_them(spelling):
    for around in AROUND:
        for row, name in NAMED:
            written = around.format(SPELLINGS[spelling](name))
            found = model_row(written)
            assert found is not None, written
            assert found.id == row, written


@pytest.mark.parametrize("family", ["OG400X", "OG800X"])
@pytest.mark.parametrize("tail", ["", "a", "i", "a2", "z9", "aレンタル品", "A-R2"])
@pytest.mark.parametrize("front", ["", "NTT", "型番", "x"])
@pytest.mark.parametrize("found", ["hub", "hgw", "ogw"])
def test_what_begins_with_an_unusable_model_is_exchanged(case, family, tail, front, found):
    answers = {"access.branch": found, "access.branch_model": f"{front}{family}{tail}"}
    assert "ogw.exchange" in [one.rule for one in assess(case(answers), on=ON).refusals]


@pytest.mark.parametrize(
    "name", ["PR-400", "PR-4000KI", "XPR-400KI", "OG410Xab", "RX-600MIX", "OG4000", "WSR-300HP"]
)
def test_what_only_looks_like_a_model_is_none(name):
    assert model_row(name) is None


def test_a_new_line_is_said_to_be_the_best_way(case):
    answer = assess(case({"line": {"use": "new"}}), on=ON)
    assert (answer.pattern, answer.findings[0].rule) == (Pattern.OK, "pattern.new-line")
