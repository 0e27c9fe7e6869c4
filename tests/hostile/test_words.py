"""Words of others, wherever they are read: nothing that steers, hides, turns round or floods."""

from __future__ import annotations

import io
import json
import logging
import re
import time
import unicodedata
import xml.etree.ElementTree as Xml
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from onshi_net import foreign
from onshi_net.checks.baseline import Change, Comparison
from onshi_net.checks.junit import write_junit
from onshi_net.checks.model import CheckResult, Party, State
from onshi_net.cli import asking, log
from onshi_net.cli.output import CleanConsole
from onshi_net.cli.run import said as tell_error
from onshi_net.errors import DeviceError, Fault, InputError, NotBound, Place
from onshi_net.evidence import load
from onshi_net.i18n import text
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.papers.report import Report, report_of, to_html
from onshi_net.transport.errors import CommandRejected
from onshi_net.transport.windows.errors import ScriptFailed
from onshi_net.transport.windows.pins import Certificate
from tests.conftest import EXAMPLES

from .certificates import certificate

GOOD = EXAMPLES.parent / "tests" / "checks" / "recorded" / "demo-clinic-good.json"

ANY = st.text(st.characters())
"""Every code point of Unicode, surrogates and unassigned ones too."""
STEERING = st.sampled_from(
    [
        *("\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\", "\x1bPq#0;2\x1b\\", "\x1b[31m"),
        *("\x9b2J", "\x9d0;t\x9c", "\x90q\x9c", "\x1b_apc\x1b\\", "\x1bc", "\x1b(0", "\x1b[?1049h"),
        *("\x1b]52;c;aGk=\x07", "\r", "\n", "\b\b\b", "\x7f", "\x85", "\u2028", "\u2029"),
        *("\u202e", "\u2066", "\u2069", "\u200f", "\u200b", "\u2060", "\ufeff", "\u00ad", "\u3164"),
        *("\ud800", "\udfff", "\ufffe", "\U0010ffff", "\U000e0041", "\u0300" * 40, "\u0489" * 9),
        *("\x0e", "\x00", "\u061c", "\u180e", "\ufff9", "\ue000", "パソコン", "ok"),
    ]
)
HOSTILE = st.lists(st.one_of(STEERING, ANY), max_size=6).map("".join)
REFUSED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
JAPANESE = st.text(
    st.sampled_from("漢字かなカナー、。「」・0123ABCabc -_/:.()％ｱｲｳ髙﨑𠮷😀é한"), max_size=80
)


def faults(shown: str, *, kept: str = "") -> list[str]:
    """Answers what in a text a terminal or a reader would stumble over."""
    wrong = [f"U+{ord(c):04X}" for c in shown
             if c not in kept and unicodedata.category(c) in REFUSED]  # fmt: skip
    wrong += [f"U+{ord(c):04X}" for c in shown if c in "\u3164\u115f\u1160\uffa0\u034f"]
    run = 0
    for char in shown:
        run = run + 1 if unicodedata.category(char)[0] == "M" else 0
        wrong += ["marks"] if run > foreign.MARKS else []
    shown.encode("utf-8")
    return wrong


@given(HOSTILE, st.integers(10, 200))
def test_any_words_become_one_line_that_can_be_shown(words: str, columns: int) -> None:
    shown = foreign.line(words, columns)
    assert faults(shown) == []
    assert foreign.width(shown) <= columns
    assert cell_len(shown) <= columns
    assert foreign.line(shown, columns) == shown


@given(HOSTILE)
def test_any_words_become_a_text_that_can_be_shown(words: str) -> None:
    shown = foreign.block(words)
    assert faults(shown, kept="\n\t") == []
    assert foreign.block(shown) == shown


@given(st.one_of(JAPANESE, st.text(st.characters(min_codepoint=32, max_codepoint=126))))
def test_what_people_write_stays_as_it_is(words: str) -> None:
    assert foreign.line(words) == words
    assert foreign.block(words) == words


@given(st.text("ab", min_size=1, max_size=6), HOSTILE, st.text("ab", min_size=1, max_size=6))
def test_what_is_taken_away_leaves_a_mark_so_that_no_halves_join(
    left: str, between: str, right: str
) -> None:
    """A secret that a control character divides must not come together behind the mask."""
    shown = foreign.line(left + between + right)
    if between and "a" not in between and "b" not in between:
        assert left + right not in shown.replace(left, "", 1) or between.isalnum()
        assert len(shown) > len(left + right)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\ufffdred\ufffd"),
        ("a\x1b]0;title\x07b", "a\ufffdb"),
        ("a\x9d0;title\x9cb", "a\ufffdb"),
        ("a\x1bPq;never ended", "a\ufffdq;never ended"),
        ("one\r\ntwo\u2028three", "one two three"),
        ("exe.\u202egpj", "exe.\ufffdgpj"),
        ("e" + "\u0301" * 50 + "x", "e" + "\u0301" * 4 + "\ufffdx"),
        ("葛\U000e0100飾", "葛\U000e0100飾"),
    ],
)
def test_examples(words: str, shown: str) -> None:
    assert foreign.line(words) == shown


@pytest.mark.parametrize(
    "piece", ["\x1b[", "\x1bP", "\x90", "\x1b]0;", "\x9d\x1b", "\u0301", "\x1b[31", "x", "\ufffd"]
)
def test_what_comes_by_the_megabyte_is_cleaned_in_a_moment(piece: str) -> None:
    """Each letter once: with a pattern that looks back and forth it would take minutes."""
    words = piece * ((1 << 18) // len(piece))
    begun = time.thread_time()
    assert len(foreign.block(words)) <= len(words)
    assert foreign.width(foreign.line(words * 4)) <= foreign.VALUE
    assert time.thread_time() - begun < 5


def _terminal(words: str) -> str:
    stream = io.StringIO()
    console = CleanConsole(file=stream, force_terminal=True, width=100, color_system=None)
    from rich.table import Table

    console.print(words, markup=False)
    table = Table(words.replace("[", "("), box=None)
    table.add_row(words.replace("[", "("))
    console.print(table)
    return stream.getvalue()


def _json(words: str) -> str:
    stream = io.StringIO()
    console = CleanConsole(file=stream, width=100)
    console.print_json(data={words: [words, {"x": (words, 1, None)}]})
    document = stream.getvalue()
    told = json.dumps(json.loads(document), ensure_ascii=False)
    return document + re.sub(r"\\[nt]", "", told)


def _log(words: str, folder: Path) -> str:
    file = folder / "onshi.log"
    file.unlink(missing_ok=True)
    log.start(file, "debug", lambda line: line)
    try:
        log.step(words)
        try:
            raise ValueError(words)
        except ValueError:
            logging.getLogger("paramiko").exception("%s", words)
    finally:
        log.stop()
    written = file.read_text(encoding="utf-8")
    records = [line for line in written.split("\n") if line and not line.startswith("  ")]
    assert len(records) == 2
    return written


def _junit(words: str, folder: Path) -> str:
    file = folder / "junit.xml"
    some = [_result(words, state) for state in (State.FAILED, State.ERROR, State.SKIPPED)]
    write_junit(file, words, some)
    root = Xml.parse(file).getroot()
    return "".join(
        "".join([*one.attrib.values(), one.text or ""]).replace("\n", "") for one in root.iter()
    )


def _result(words: str, state: State) -> CheckResult:
    return CheckResult(
        id="router.x", segment="router", title=words, state=state, detail=words, remedy=words,
        duration_s=0.1, needs=(), clause=words, party=Party.TECHNICIAN,
    )  # fmt: skip


@example("=cmd|' /C calc'!A0")
@given(HOSTILE)
def test_the_terminal_shows_no_words_that_steer_it(words: str) -> None:
    assert faults(_terminal(words), kept="\n\t") == []


@given(HOSTILE)
def test_json_for_people_holds_no_words_that_steer(words: str) -> None:
    assert faults(_json(words), kept="\n\t") == []


@given(words=HOSTILE)
def test_the_log_keeps_one_record_a_record(
    words: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert faults(_log(words, tmp_path_factory.getbasetemp()), kept="\n\t") == []


@given(words=HOSTILE)
def test_junit_is_xml_whatever_is_said(
    words: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert faults(_junit(words, tmp_path_factory.getbasetemp()), kept="\n\t") == []


@cache
def _drawn() -> Report:
    intent = site_intent(load_site(EXAMPLES, "demo-clinic"))
    return report_of(intent, load(GOOD).taken_at, [], {}, None)


@given(HOSTILE)
def test_the_page_holds_no_words_that_steer_nor_tags(words: str) -> None:
    drawn = _drawn()
    change = Change("pc", "windows", f"<b>{words}</b>", words)
    results = (_result(words, State.FAILED), _result(words, State.PASSED))
    beside = Comparison(drawn.taken_at, (change,), 0, ((words, "mac"),))
    told = {"institution": words, "results": results, "devices": {words: {}}}
    page = to_html(replace(drawn, comparison=beside, **told))
    assert faults(page, kept="\n\t") == []
    assert "<b>" not in page


@given(HOSTILE)
def test_every_error_says_a_device_s_words_fit_to_be_shown(words: str) -> None:
    errors = [
        ScriptFailed("read", host="pc", kind=words, answer=words, code=5),
        CommandRejected("ip route", words, host="router"),
        DeviceError("transport.unreachable", host="router", port=22, reason=words),
        DeviceError("transport.unreachable", host="router", port=22, reason=OSError(words)),
        DeviceError(
            "provision.unforeseen", host="x", kind=Path("/", words.replace("\0", "") or "x")
        ),
    ]
    for error in errors:
        for shown in (str(error), error.remedy):
            assert faults(shown) == []
            assert foreign.width(shown) < 1500


@given(HOSTILE)
def test_what_is_said_at_the_end_of_a_command_is_fit_to_be_shown(words: str) -> None:
    faulty = InputError([Fault(Place(Path("x") / (words or "y")), words, words)])
    reasons = [("provision.bind.other-fingerprint", {"shown": words, "given": words})]
    nobody = NotBound("provision.unforeseen", host=words, kind=words, reasons=reasons)
    for error in (faulty, nobody):
        said: list[str] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("typer.echo", lambda line, **_: said.append(line))  # noqa: B023
            tell_error(error)
        assert said
        assert faults("".join(said), kept="\n\t") == []


@given(HOSTILE)
def test_a_prompt_is_fit_to_be_shown(words: str) -> None:
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", stream)
        asking._say(words)
    assert faults(stream.getvalue(), kept="\n\t") == []


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40))
def test_a_certificate_s_names_are_fit_to_be_shown(name: str) -> None:
    shown = Certificate(certificate(name)).subject
    assert faults(shown) == []
    assert foreign.width(shown) <= foreign.ANSWER


def test_a_certificate_s_serial_number_is_nothing_to_warn_of(
    recwarn: pytest.WarningsRecorder,
) -> None:
    """None of RFC 5280's is 0 or less. It stands behind the version, an INTEGER of one byte."""
    der, version = certificate("peer"), b"\xa0\x03\x02\x01\x02"
    for serial in (b"\x00", b"\xff"):
        odd = der.replace(version + b"\x02\x01\x01", version + b"\x02\x01" + serial, 1)
        assert odd != der
        assert Certificate(odd).subject == "O=peer"
    assert [str(one.message) for one in recwarn] == []


@given(HOSTILE)
def test_a_stored_document_means_the_same_and_can_be_shown(words: str) -> None:
    document = json.dumps({"x": words}, ensure_ascii=False, indent=1)
    safe = foreign.escaped(document)
    assert json.loads(safe) == {"x": words}
    assert [c for c in safe if unicodedata.category(c) in REFUSED - {"Cc"}] == []
    assert set(re.findall(r"[\x00-\x1f\x7f-\x9f]", safe)) <= {"\n"}


def test_a_sentence_keeps_what_is_ours(tmp_path: Path) -> None:
    told = text("transport.deadline", seconds=5)
    assert told == "not finished after 5 seconds"
    assert str(tmp_path) in text("cli.file-refused", file=tmp_path, reason="x")
