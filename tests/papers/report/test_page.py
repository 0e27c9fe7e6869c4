"""The report: everything that a verification found on one page that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.checks import judge
from onshi_net.checks.baseline import Baseline, traits
from onshi_net.checks.model import SEGMENTS
from onshi_net.cli.run import run
from onshi_net.evidence import store
from onshi_net.i18n import devices, language, set_language, text
from onshi_net.papers.report import Report, report_of, to_html
from onshi_net.papers.report.page import css_string
from onshi_net.papers.report.readings import readings
from onshi_net.papers.sockets import router_sockets
from onshi_net.provision.journal import Word
from tests.checks.conftest import recorded
from tests.checks.twins import twin
from tests.pages import Page

__all__ = ["recorded"]


@pytest.fixture
def reported(recorded: Callable[..., tuple]) -> Callable[..., Report]:
    """The report of recorded evidence, its intent and baseline."""

    def give(name: str, changes: dict | None = None, baseline: Baseline | None = None) -> Report:
        evidence, intent = recorded(name, changes)
        found = traits(evidence, intent)
        return report_of(intent, evidence.taken_at, judge(evidence, intent), found, baseline)

    return give


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("site", ["demo-clinic", "demo-pharmacy", "demo-dental"])
def test_a_good_site_shows_institution_devices_and_every_check(reported, site, language):
    set_language(language)
    report = reported(f"{site}-good")
    page = Page(to_html(report))
    assert page.links == []
    assert report.institution in page.text
    assert text("checks.verdict-good", count=len(report.results)) in page.text
    assert report.devices["router"]["serial"] in page.text
    for one in report.results:
        assert " ".join(one.title.split()) in page.text
        assert " ".join(one.detail.split()) in page.text
    assert text("report.to-do") not in page.text


@pytest.mark.parametrize("name", ["demo-clinic-line-down", "demo-dental-hgw-hung"])
def test_a_bad_site_shows_who_does_what_and_marks_the_place(reported, name):
    report = reported(name)
    page = Page(to_html(report))
    (cause,) = report.diagnosis.causes
    for sentence in (cause.cause, cause.action, *cause.evidence):
        assert " ".join(sentence.split()) in page.text
    marked = [box.title for box in report.drawing.boxes if box.state == "failed"]
    assert marked == [text(f"checks.segment-{cause.segment}")]


def test_what_changed_since_the_accepted_state_is_shown(reported, recorded):
    set_language("en")
    found = traits(*recorded("demo-clinic-good"))
    found["router"]["serial"] = "S5X000009"
    before = Baseline(site="demo-clinic", accepted_at=datetime.now(UTC), traits=found)
    page = Page(to_html(reported("demo-clinic-good", baseline=before)))
    assert "router serial number S5X000009 S5X000001" in page.text


HOSTILE = '<script>alert("1")</script>&amp;</svg>'


def test_what_a_device_says_is_text_and_nothing_else(reported):
    report = replace(reported("demo-clinic-good", {"router/model": HOSTILE}), institution=HOSTILE)
    page = Page(to_html(report))
    assert page.text.count(HOSTILE) >= 3


SITES = ("demo-clinic", "demo-pharmacy", "demo-dental")
BAD = ("demo-clinic-line-down", "demo-dental-hgw-hung", "demo-clinic-good", "demo-pharmacy-good")


@pytest.mark.parametrize("name", BAD)
def test_the_summary_counts_every_check_and_says_who_acts_how_soon(reported, name) -> None:
    report = reported(name)
    page, summary = Page(to_html(report)), report.summary
    assert sum(count for _, count in summary.counts) == len(report.results)
    assert page.text.index(text("report.summary")) < page.text.index(text("report.legend"))
    assert [one.cause for one in report.causes] == [
        next(c for c in report.diagnosis.causes if c.cause == cause) for _, _, cause in summary.acts
    ]
    for party, urgency, cause in summary.acts:
        words = (
            f"{text(f'report.urgency-{urgency}')} {text('report.act', party=party, cause=cause)}"
        )
        assert " ".join(words.split()) in page.text
    assert bool(summary.open_count) is any(
        one.word in ("error", "skipped") for one in report.results
    )


@pytest.mark.parametrize("site", SITES)
def test_the_drawing_names_sockets_addresses_and_the_switch(reported, recorded, site) -> None:
    intent = recorded(f"{site}-good")[1]
    drawing = reported(f"{site}-good").drawing
    labels = " ".join(one.words for one in drawing.labels)
    for lan in (intent.router.terminal, intent.router.clinic):
        ports = "・".join(map(str, lan.ports))
        assert text("report.ports", ports=ports, address=lan.address.ip) in labels
    wan = router_sockets()[intent.router.model.name].wan
    assert any(wan in box.note for box in drawing.boxes)
    titles = [box.title for box in drawing.boxes]
    assert (text("report.switch") in titles) is intent.has_switch


@pytest.mark.parametrize("name", BAD)
def test_the_legend_explains_every_sign_that_is_drawn(reported, name) -> None:
    report = reported(name)
    assert set(report.drawing.signs) == {box.state for box in report.drawing.boxes}


def test_the_readings_are_there_to_unfold_and_are_text(reported) -> None:
    said = {"router": {"model": HOSTILE, "up": True, "log": None}, "pcs": [{"name": "A"}, {}]}
    raw = readings(json.dumps(said))
    assert raw == (("router.model", HOSTILE), ("router.up", "true"), ("pcs[1].name", "A"))
    page = to_html(replace(reported("demo-clinic-good"), raw=raw))
    assert "<details" in page
    assert HOSTILE in Page(page).text
    assert "<details" not in to_html(reported("demo-clinic-good"))


def test_no_letter_of_a_name_ends_the_page_s_head() -> None:
    assert (
        css_string('"; } </style>')
        == '"' + "".join(f"\\{ord(x):06x}" for x in '"; } </style>') + '"'
    )


@pytest.mark.parametrize("site", SITES)
def test_the_drawing_has_every_host_and_nothing_covers_another(reported, site):
    report = reported(f"{site}-good")
    drawing = report.drawing
    titles = [box.title for box in drawing.boxes]
    hosts = [name for name in report.devices if name.startswith(("terminal", "receipt"))]
    assert {devices.shown(name, language()) for name in hosts} <= set(titles)
    for n, one in enumerate(drawing.boxes):
        assert 0 <= one.x <= one.x + one.width <= drawing.width
        assert 0 <= one.y <= one.y + one.height <= drawing.height
        for other in drawing.boxes[n + 1 :]:
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y
    drawn = {text(f"checks.segment-{one}") for one in SEGMENTS}
    assert len(drawn & set(titles)) == 7 - (text("checks.segment-branch") not in titles)


def test_the_command_makes_the_page_of_the_last_verification(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["--lang", "en", "--inventory", str(inventory), "report", "demo-clinic"]
    assert run(base) == errors.EXIT_BAD_INPUT
    assert "Run onshi verify first" in capsys.readouterr().err
    runs = inventory.parent / "runs" / "demo-clinic"
    for when, what in (("20260101T000000Z", "good"), ("20260102T000000Z", "line-down")):
        (runs / f"{when}-verify").mkdir(parents=True)
        store(twin(f"demo-clinic-{what}"), runs / f"{when}-verify" / "evidence.json")
    assert run(base) == errors.EXIT_CHECK_FAILED
    page = runs / "20260102T000000Z-verify" / "report.html"
    assert str(page) in "".join(capsys.readouterr().err.split())
    assert "NTT" in Page(page.read_text(encoding="utf-8")).text
    good = runs / "20260101T000000Z-verify" / "evidence.json"
    out = inventory.parent / "here" / "page.html"
    assert run([*base, "--evidence", str(good), "--out", str(out)]) == errors.EXIT_GOOD
    assert "checks are good" in Page(out.read_text(encoding="utf-8")).text


def test_what_was_said_at_provisioning_stands_in_the_report(reported) -> None:
    said = (
        Word(datetime(2026, 11, 30, 9, tzinfo=UTC), "replacing", "Internet by PPPoE at pp 1"),
        Word(datetime(2026, 11, 30, 10, tzinfo=UTC), "without-guard", "we stand <beside> it"),
    )
    report = replace(reported("demo-clinic-good"), said=said)
    page = Page(to_html(report))
    assert text("report.said") in page.text
    for one in said:
        assert text(f"report.said-{one.event}", text=one.text) in page.text
    assert text("report.said") not in Page(to_html(replace(report, said=()))).text


@pytest.mark.parametrize("site", SITES)
def test_nobody_reads_a_name_that_is_only_typed(reported, site):
    set_language("ja")
    report = reported(f"{site}-good")
    hosts = [name for name in report.devices if name.startswith(("terminal", "receipt"))]
    told = [box.title for box in report.drawing.boxes] + [one.title for one in report.results]
    assert hosts
    assert [words for words in told for name in hosts if name in words] == []
    assert [name for name in hosts if devices.shown(name, "ja") not in " ".join(told)] == []
