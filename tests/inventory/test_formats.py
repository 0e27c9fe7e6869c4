"""Files carry a format: older ones are read for ever, newer ones refused, `migrate` rewrites.

`kept/format-1` is what the first version wrote: inventory, accepted state, evidence, journals.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from onshi_net import formats
from onshi_net.checks.baseline import Baseline, load_baseline, store_baseline
from onshi_net.checks.history import registered_prefix
from onshi_net.cli.run import run
from onshi_net.errors import InputError, Place
from onshi_net.evidence import load, store
from onshi_net.intent import site_intent
from onshi_net.intent.windows import TerminalIntent
from onshi_net.inventory import change, load_site
from onshi_net.inventory.document import read_document
from onshi_net.inventory.migrate import plan_migration, site_in_newest
from onshi_net.provision.journal import JOURNAL, Journal, new_folder, past_runs, unfinished_runs
from tests.budget import examples
from tests.conftest import EXAMPLES, SITES

FIRST = Path(__file__).parent / "kept" / "format-1"
SITE = "demo-clinic"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The first version's inventory, with its runs beside it."""
    shutil.copytree(FIRST, tmp_path / "kept")
    return tmp_path / "kept" / "inventory"


def onshi(inventory: Path, *words: str) -> int:
    return run(["--lang", "en", "--inventory", str(inventory), *words])


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def sheet(inventory: Path, site: str = SITE) -> Path:
    return inventory / "sites" / site / "site.yaml"


# -- older files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("site", SITES)
def test_the_first_version_s_sites_mean_the_same_before_and_after(first: Path, site: str) -> None:
    assert "format:" not in sheet(first, site).read_text(encoding="utf-8")
    before = site_intent(load_site(first, site))
    assert onshi(first, "migrate", site, "--yes") == 0
    assert site_intent(load_site(first, site)) == before
    today = site_intent(load_site(EXAMPLES, site))
    pcs = [  # nobody was asked for a terminal's software then
        replace(one, software=old.software, certificate_backup=None)
        if isinstance(one, TerminalIntent)
        else one
        for one, old in zip(today.windows, before.windows, strict=True)
    ]
    assert before == replace(today, windows=tuple(pcs))


def test_the_first_version_s_records_are_read(first: Path) -> None:
    runs = first.parent / "runs"
    (evidence,) = runs.glob(f"{SITE}/*-verify/evidence.json")
    assert load(evidence).site == SITE
    accepted = load_baseline(first / "sites" / SITE, SITE)
    assert accepted is not None
    assert accepted.traits["router"]["serial"] == "S5X000001"
    assert len(past_runs(runs, SITE)) == 2
    assert unfinished_runs(runs, SITE) == []
    (killed,) = past_runs(runs, f"{SITE}/receipt-1")
    assert killed.events


def test_the_first_version_s_report_is_made_again(first: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert onshi(first, "report", SITE, "--out", str(page)) in {0, 1}
    assert page.exists()


# -- newer files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ["render", SITE],
        ["verify", SITE],
        ["estimate", SITE],
        ["maintenance", "--all"],
        ["migrate", "--all", "--yes"],
        ["provision", SITE, "--yes"],
    ],
    ids=" ".join,
)
def test_a_site_of_a_newer_format_is_refused_in_one_sentence(
    inventory: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    newer = f"format: {formats.SITE + 1}\nnew: {{fields: [1]}}\n"
    sheet(inventory).write_text(newer, encoding="utf-8")
    hosts = sheet(inventory).with_name("hosts.yaml")
    hosts.write_text("what: {is: not known here}\n", encoding="utf-8")
    before = files(inventory)
    assert onshi(inventory, *command) == 2
    told = capsys.readouterr().err
    assert told.count("the file has format 3; this onshi reads formats up to 2") == 1
    assert "Update onshi" in told
    assert "hosts.yaml" not in told
    assert files(inventory) == before


def test_an_accepted_state_of_a_newer_format_stays(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = inventory / "sites" / SITE / "baseline.json"
    file.write_text(json.dumps({"format": formats.BASELINE + 1, "other": 1}), encoding="utf-8")
    for command in (["verify", SITE, "--accept"], ["migrate", SITE, "--yes"]):
        assert onshi(inventory, *command) == 2
        assert "the file has format 3" in capsys.readouterr().err
    assert json.loads(file.read_text(encoding="utf-8"))["other"] == 1


def test_evidence_of_a_newer_format_is_refused_and_says_nothing_of_the_past(
    first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = (first.parent / "runs").glob(f"{SITE}/*-verify/evidence.json")
    data = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**data, "format": formats.EVIDENCE + 1}), encoding="utf-8")
    assert onshi(first, "report", SITE) == 2
    assert f"the file has format {formats.EVIDENCE + 1}" in capsys.readouterr().err
    intent = site_intent(load_site(first, SITE))
    assert registered_prefix(file.parents[1], intent) is None


def test_a_journal_of_a_newer_format_is_not_guessed_at(tmp_path: Path) -> None:
    folder = tmp_path / SITE / "20270101T000000.000000Z"
    folder.mkdir(parents=True)
    line = {"at": 1, "event": "start", "format": formats.JOURNAL + 1}
    (folder / JOURNAL).write_text(json.dumps(line) + "\n", encoding="utf-8")
    with pytest.raises(formats.NewerFormat, match="the file has format 3"):
        unfinished_runs(tmp_path, SITE)


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "true", "'2'", "null", "[2]"])
def test_what_is_no_format_is_told_with_its_line(inventory: Path, number: str) -> None:
    text = sheet(inventory).read_text(encoding="utf-8")
    sheet(inventory).write_text(text.replace("format: 2", f"format: {number}"), encoding="utf-8")
    with pytest.raises(InputError, match=r"site.yaml:\d+: format: the format of a file is"):
        load_site(inventory, SITE)


@given(st.one_of(st.integers(), st.floats(), st.text(), st.none(), st.booleans()))
def test_any_value_is_a_format_or_refused(value: Any) -> None:
    known = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= formats.SITE
    try:
        assert formats.check(Place(), value, formats.SITE)
        assert known
    except InputError:
        assert not known


# -- what is written now -------------------------------------------------------------------------


def test_what_we_write_carries_its_format(tmp_path: Path) -> None:
    (kept,) = (FIRST / "runs").glob(f"{SITE}/*-verify/evidence.json")
    store(load(kept), tmp_path / "evidence.json")
    accepted = Baseline(site=SITE, accepted_at=datetime.now(UTC), traits={})
    store_baseline(accepted, tmp_path)
    written = {"evidence.json": formats.EVIDENCE, "baseline.json": formats.BASELINE}
    for name, number in written.items():
        data = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        assert data["format"] == number
        assert "version" not in data
    journal = Journal(new_folder(tmp_path, SITE), str)
    journal.write("start", host="router")
    journal.finish("done")
    journal.close()
    ((first_line, last_line),) = [run.events for run in past_runs(tmp_path, SITE)]
    assert (first_line["format"], first_line["host"]) == (2, "router")
    assert "format" not in last_line


def test_the_demo_sites_are_of_the_newest_format() -> None:
    for site in SITES:
        assert read_document(sheet(EXAMPLES, site)).data["format"] == formats.SITE


# -- migrate -------------------------------------------------------------------------------------


def test_migrate_shows_the_difference_and_asks(
    first: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(first)
    monkeypatch.setattr("onshi_net.cli.migrate.ask_yes", lambda *_, **__: False)
    assert onshi(first, "migrate") == 0
    said = capsys.readouterr()
    assert "+format: 2" in said.out
    assert '- "version": 1' in said.out
    assert "Nothing was changed." in said.err
    assert files(first) == before


def test_migrate_adds_the_number_and_touches_nothing_else(first: Path) -> None:
    before = files(first)
    assert onshi(first, "migrate", "--all", "--yes") == 0
    after = files(first)
    for name, old in before.items():
        if name.endswith("site.yaml"):
            assert after[name] == old + b"format: 2\n"
        elif name.endswith("baseline.json"):
            assert json.loads(after[name])["format"] == 2
        else:
            assert after[name] == old
    assert set(after) == set(before)


def test_a_second_migrate_has_nothing_to_do(
    first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert onshi(first, "migrate", "--yes") == 0
    once = files(first)
    capsys.readouterr()
    assert onshi(first, "migrate", "--all") == 0
    assert "newest format already" in capsys.readouterr().err
    assert files(first) == once


def test_a_faulty_site_hides_no_other(first: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet(first, "demo-dental").write_text("a: [\n", encoding="utf-8")
    shutil.copytree(first / "sites" / SITE, first / "sites" / "Bad Name")
    assert onshi(first, "migrate", "--all", "--yes") == 2
    told = capsys.readouterr().err
    assert "demo-dental" in told
    assert "Bad Name" in told
    assert sheet(first).read_text(encoding="utf-8").endswith("format: 2\n")
    assert sheet(first, "demo-dental").read_text(encoding="utf-8") == "a: [\n"


def test_modes_and_links_stay(first: Path, tmp_path: Path) -> None:
    sheet(first).chmod(0o640)
    real = tmp_path / "elsewhere.yaml"
    sheet(first, "demo-dental").rename(real)
    sheet(first, "demo-dental").symlink_to(real)
    assert onshi(first, "migrate", "--yes") == 0
    assert sheet(first).stat().st_mode & 0o777 == 0o640
    assert sheet(first, "demo-dental").is_symlink()
    assert real.read_text(encoding="utf-8").endswith("format: 2\n")


@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_full_disk_leaves_everything_as_it_was(
    first: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(first)
    written: list[Path] = []
    real = change.write_new

    def full(file: Path, data: bytes) -> None:
        if len(written) == at:
            raise OSError(28, os.strerror(28), str(file))
        written.append(file)
        real(file, data)

    monkeypatch.setattr(change, "write_new", full)
    assert onshi(first, "migrate", "--all", "--yes") == 2
    assert files(first) == before


def test_a_file_that_changed_since_it_was_shown_is_left(
    first: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def edit(*_: object, **__: object) -> bool:
        sheet(first).open("a", encoding="utf-8").write("# mine\n")
        return True

    monkeypatch.setattr("onshi_net.cli.migrate.ask_yes", edit)
    assert onshi(first, "migrate") == 2
    assert "changed after its difference was shown" in capsys.readouterr().err
    assert sheet(first).read_text(encoding="utf-8").endswith("# mine\n")
    assert "format:" not in sheet(first, "demo-dental").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a: 1\n", "a: 1\nformat: 2\n"),
        ("# über\n\n# mine\na: 1 # x\n# y\n", "# über\n\n# mine\na: 1 # x\n# y\nformat: 2\n"),
        ("a: 1\r\nb: 2\r\n", "a: 1\r\nb: 2\r\nformat: 2\r\n"),
        ("\ufeffa: 1\n", "\ufeffa: 1\nformat: 2\n"),
        ("---\na: 1\n", "---\na: 1\nformat: 2\n"),
        ("a: 1\n...\n", "format: 2\na: 1\n...\n"),
        ("a: |\n  x", "format: 2\na: |\n  x"),
        ("a: |+\n  x\n\n", "a: |+\n  x\n\nformat: 2\n"),
        ("  a: 1\n  b: 2\n", "  a: 1\n  b: 2\n  format: 2\n"),
        ("{a: 1, b: [2]}\n", "{format: 2, a: 1, b: [2]}\n"),
        ("a: 1", "a: 1\nformat: 2\n"),
        ("a: 1\nformat: 1 # one\nb: 2\n", "a: 1\nformat: 2 # one\nb: 2\n"),
        ('"format": 1\na: 1\n', '"format": 2\na: 1\n'),
        ("format: 2\na: 1\n", "format: 2\na: 1\n"),
    ],
)
def test_the_number_goes_where_it_moves_no_other_field(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "site.yaml"
    file.write_bytes(old.encode())
    assert site_in_newest(read_document(file)) == new


leaves = st.one_of(st.booleans(), st.integers(-9, 9), st.text("ab#:{} '\"日本\n", max_size=6))
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc 名", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def dumped(data: Any, flow: bool | None) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = flow
    stream = StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()


def reads(written: str) -> bool:
    """Whether the library reads what it wrote: `{a: :a}` it doesn't."""
    try:
        YAML(typ="safe", pure=True).load(written)
    except YAMLError:
        return False
    return True


@given(
    st.dictionaries(st.text("abc 名", min_size=1, max_size=4), trees, min_size=1, max_size=4),
    st.sampled_from([False, None, True]),
    st.sampled_from(["", "# a\n\n", "---\n"]),
    st.booleans(),
)
@settings(max_examples=examples("properties"))
def test_whatever_the_layout_nothing_but_the_number_changes(
    tmp_path_factory: pytest.TempPathFactory, data: Any, flow: bool | None, head: str, crlf: bool
) -> None:
    assume(reads(dumped(data, flow)))
    file = tmp_path_factory.getbasetemp() / "layout.yaml"
    file.write_bytes((head + dumped(data, flow)).replace("\n", "\r\n" if crlf else "\n").encode())
    document = read_document(file)
    try:
        new = site_in_newest(document)
    except InputError:
        return
    file.write_bytes(new.encode())
    assert read_document(file).data == {**document.data, "format": 2}


def test_half_a_character_in_a_baseline_hides_no_other_site(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "sites" / name).mkdir(parents=True)
        (tmp_path / "sites" / name / "site.yaml").write_text("region: west\n")
    (tmp_path / "sites" / "a" / "baseline.json").write_text('{"site": "\\ud800"}')
    found = plan_migration(tmp_path, ["a", "b"])
    assert len(found.changes) == len(found.faults) == 1
