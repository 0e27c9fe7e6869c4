"""`verify`, JUnit, and the pytest plugin: the same checks, in every way in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from onshi_net import checks
from onshi_net.checks import Party, State, judge, run
from onshi_net.checks.facts import terminal_prefix
from onshi_net.checks.history import registered_prefix, with_history
from onshi_net.checks.junit import write_junit
from onshi_net.checks.offline import stored_evidence
from onshi_net.diagnose import diagnose
from onshi_net.errors import InputError
from onshi_net.evidence import load, store
from onshi_net.i18n import set_language, text
from onshi_net.inventory import Secrets, load_site
from tests.checks.twins import twin

EXAMPLES = Path(__file__).parents[2] / "inventory"


@pytest.fixture
def verified(recorded, monkeypatch, tmp_path):
    """Runs `verify` with recorded evidence in place of a measurement."""

    def go(name, **options):
        evidence, intent = recorded(name)
        monkeypatch.setattr(run, "collect", lambda *_a, **_k: evidence)
        inventory = load_site(EXAMPLES, intent.site)
        known_hosts = tmp_path / "known_hosts"
        return checks.verify(
            inventory,
            intent,
            Secrets([]),
            known_hosts=known_hosts,
            runs=tmp_path / "runs",
            **options,
        )

    return go


def test_a_good_site_passes_and_its_evidence_is_stored(verified):
    result = verified("demo-clinic-good")
    assert result.passed
    assert result.diagnosis.causes == ()
    assert load(result.evidence_file) == twin("demo-clinic-good")


def test_a_changed_prefix_is_known_by_the_last_success(verified, recorded):
    page = "laptop/services/line-auth/page/found/body"
    evidence, intent = recorded("demo-clinic-good", {page: "回線認証に失敗しました。"})
    own = terminal_prefix(evidence, intent)
    other = evidence.model_dump_json().replace("2001:db8:51:100:", "2001:db8:51:900:")
    changed = type(evidence).model_validate_json(other)
    runs = verified("demo-clinic-good").evidence_file.parents[1]
    for hour in (1, 2):
        asked = with_history(changed, runs, intent)
        assert asked.registered_prefix == own
        (cause,) = diagnose(judge(asked, intent)).causes
        assert cause.party is Party.TECHNICIAN
        store(asked, runs / f"99990101T0{hour}0000Z-verify" / "evidence.json")


def test_runs_without_a_success_and_unreadable_ones_know_no_prefix(recorded, tmp_path):
    page = "laptop/services/line-auth/page/found/body"
    evidence, intent = recorded("demo-clinic-good", {page: ""})
    assert with_history(evidence, tmp_path, intent) is evidence
    store(evidence, tmp_path / "20260101T000000Z-verify" / "evidence.json")
    broken = tmp_path / "20260102T000000Z-verify" / "evidence.json"
    broken.parent.mkdir()
    broken.write_text("{")
    assert registered_prefix(tmp_path, intent) is None


FIELDS = {
    *("id", "segment", "state", "severity", "party", "duration_s", "needs", "because"),
    *("message", "values", "title", "detail", "remedy"),
}


def test_json_has_exactly_the_promised_fields(verified):
    data = verified("demo-clinic-line-down").to_json()
    json.dumps(data)
    assert {"site", "passed", "checks", "diagnosis"} <= set(data)
    assert (data["site"], data["passed"]) == ("demo-clinic", False)
    for one in data["checks"]:
        assert set(one) == FIELDS
        assert text(f"checks.{one['message']}", **one["values"]) == one["detail"]
    assert data["diagnosis"]["causes"][0]["party"] == "ntt-line"


def test_checks_come_in_the_order_in_which_traffic_meets_them(verified):
    segments = [one.segment for one in verified("demo-clinic-good").checks]
    assert segments == sorted(segments, key=checks.model.SEGMENTS.index)


def test_an_unmeasured_check_is_not_a_pass(recorded):
    evidence, intent = recorded("demo-clinic-good", {"laptop/policy": None})
    found = {one.id: one.state for one in judge(evidence, intent)}
    assert found["policy.receipt-smb-only"] is State.ERROR
    assert found["clinic-lan.router"] is State.PASSED


def test_an_error_does_not_skip_what_has_evidence_of_its_own(recorded):
    evidence, intent = recorded("demo-clinic-good", {"router/access": "login-refused"})
    found = {one.id: one.state for one in judge(evidence, intent)}
    assert found["router.wan-link"] is State.ERROR
    assert found["router.config"] is State.SKIPPED
    assert found["service.tls.eligibility"] is State.PASSED


def test_only_runs_what_is_asked_for(verified):
    ids = {one.id for one in verified("demo-clinic-good", only="lan.dhcp").checks}
    assert ids == {"lan.dhcp"}


def test_progress_names_the_steps(verified):
    steps = []
    verified("demo-clinic-good", progress=steps.append)
    assert len(steps) == 2
    assert all("demo-clinic" in step for step in steps)


def test_every_sentence_is_there_in_japanese(verified):
    set_language("ja")
    result = verified("demo-clinic-line-down")
    assert any("回線" in line for line in result.diagnosis_lines())
    assert all(one.detail and one.title and one.remedy for one in result.checks)


def test_junit_counts_every_state(verified, tmp_path):
    file = tmp_path / "reports" / "junit.xml"
    result = verified("demo-clinic-line-down")
    write_junit(file, result.site, result.checks)
    root = ElementTree.parse(file).getroot()
    total = sum(int(suite.get("tests")) for suite in root)
    assert total == len(result.checks)
    assert sum(int(suite.get("failures")) for suite in root) == 1
    skipped = sum(int(suite.get("skipped")) for suite in root)
    states = [one.state for one in result.checks]
    assert skipped == states.count(State.SKIPPED) + states.count(State.NOT_APPLICABLE)


def test_junit_bears_control_characters(tmp_path, recorded):
    changes = {"router/running/found": ["\x1b[31m \x00 <&"]}
    results = judge(*recorded("demo-clinic-good", changes))
    write_junit(tmp_path / "junit.xml", "demo", results)
    assert ElementTree.parse(tmp_path / "junit.xml").getroot() is not None


def pytest_run(folder, *arguments):
    command = [sys.executable, "-m", "pytest", "-Werror", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": "/usr/bin:/bin", "ONSHI_LANG": "en"},
    )  # fmt: skip


def site_options(name, folder):
    store(twin(name), folder / "evidence.json")
    return (
        "--onshi-site=demo-clinic",
        f"--onshi-inventory={EXAMPLES}",
        f"--onshi-evidence={folder / 'evidence.json'}",
    )


def test_pytest_runs_the_checks_of_a_site_from_anywhere(tmp_path):
    done = pytest_run(tmp_path, *site_options("demo-clinic-line-down", tmp_path), "-q", "-rs")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed" in done.stdout
    assert "line.advertised: No router advertisement came from the line" in done.stdout
    assert "Look at the ONU" in done.stdout
    assert "error" not in done.stdout.splitlines()[-1]


def test_pytest_passes_a_good_site(tmp_path):
    done = pytest_run(tmp_path, *site_options("demo-clinic-good", tmp_path), "-q")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_users_own_tests_get_the_fixtures(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "def test_own(evidence, intent):\n"
        "    assert evidence.site == intent.site == 'demo-clinic'\n"
        "    assert evidence.router.model == 'RTX830'\n"
    )
    done = pytest_run(tmp_path, *site_options("demo-clinic-good", tmp_path), "-q", "test_mine.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_an_unrelated_run_is_neither_slowed_nor_disturbed(tmp_path):
    (tmp_path / "test_other.py").write_text(
        "import sys\n"
        "import pytest\n"
        "@pytest.fixture\n"
        "def evidence(): return 5\n"
        "@pytest.mark.parametrize('subject', [1])\n"
        "def test_other(evidence, subject):\n"
        "    assert evidence == 5\n"
        "    heavy = {'pydantic', 'nornir', 'scapy', 'netmiko', 'onshi_net.evidence'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    done = pytest_run(tmp_path, "-q", "-p", "no:hypothesispytest")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_an_unknown_site_is_a_usage_error(tmp_path):
    done = pytest_run(tmp_path, "--onshi-site=nowhere", f"--onshi-inventory={EXAMPLES}")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in done.stdout + done.stderr


def test_evidence_of_another_site_is_refused(tmp_path):
    store(twin("demo-clinic-good"), tmp_path / "evidence.json")
    with pytest.raises(InputError):
        stored_evidence(tmp_path / "evidence.json", "demo-dental")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"site": 3}', "\x00"])
def test_what_is_no_evidence_is_refused_with_its_file(tmp_path, content):
    file = tmp_path / "evidence.json"
    file.write_text(content)
    with pytest.raises(InputError, match=r"evidence\.json"):
        stored_evidence(file, "demo-clinic")
    with pytest.raises(InputError):
        stored_evidence(tmp_path / "none.json", "demo-clinic")


def test_a_check_that_breaks_is_no_missing_one(verified, monkeypatch):
    from onshi_net.checks import test_lan

    def broken(*_):
        raise KeyError("lost")

    monkeypatch.setattr(test_lan, "measured", broken)
    found = verified("demo-clinic-good")
    wrong = {one.id: one for one in found.checks if one.state is State.ERROR}
    assert "lan.present.terminal-1" in wrong
    assert "KeyError" in wrong["lan.dhcp"].detail
    assert len(found.checks) == len(verified("demo-clinic-good").checks)
    assert not found.passed


def test_whose_a_mac_was_is_known_from_the_accepted_state_and_from_sessions_of_earlier_runs(
    verified, recorded
):
    first = verified("demo-clinic-good")
    runs = first.evidence_file.parents[1]
    seen = {"ac:44:f2:c8:a1:00": "router", "02:32:b2:83:59:01": "terminal-1"}
    evidence, intent = recorded(
        "demo-clinic-good",
        {
            "router/access": "host-key-changed",
            "laptop/terminal_adverts/found/advertisements/0/mac": "02:00:00:00:00:07",
            "laptop/owners/router/found/macs": ["02:00:00:00:00:07"],
        },
    )
    accepted = {"receipt-1": {"mac": "02:00:00:00:00:08"}, "gone": {"mac": "02:00:00:00:00:09"}}
    for _ in range(2):  # what stands at the address now does not become known by being measured
        known = with_history(evidence, runs, intent, accepted)
        assert seen.items() <= known.known_macs.items()
        assert known.known_macs["02:00:00:00:00:08"] == "receipt-1"
        assert "gone" not in known.known_macs.values()
        (cause,) = diagnose(judge(known, intent)).causes
        assert (cause.cause, "--exchanged router" in cause.action) == (
            "The router was exchanged.",
            True,
        )
        store(known, runs / "99990101T010000Z-verify" / "evidence.json")


def test_a_terminal_as_delivered_is_one_cause(recorded):
    state = "windows/terminals/0/state"
    nothing = {
        f"{state}/user": None,
        **{f"{state}/{one}": [] for one in ("shares", "rules", "routes")},
    }
    silent = {"laptop/policy/smb_to_terminals/terminal-1": {"outcome": "no-answer", "found": None}}
    (cause,) = diagnose(judge(*recorded("demo-clinic-good", {**nothing, **silent}))).causes
    assert cause.checks[0] == "terminal.set-up.terminal-1"
    assert "policy.receipt-to-terminal.terminal-1" in cause.checks
    assert "onshi provision demo-clinic --only terminal-1" in cause.action
