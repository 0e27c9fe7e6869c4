"""`verify --accept` keeps a good site's state, and later runs say what changed since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.checks import run as checks_run
from onshi_net.cli.run import run
from onshi_net.evidence import Evidence, MeasuringInterrupted
from onshi_net.evidence.laptop import not_measured
from onshi_net.facts.types import Access, RouterState
from tests.checks.twins import twin

Onshi = Callable[..., tuple[int, str]]


@pytest.fixture
def onshi(
    inventory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Onshi:
    """Verifies demo-clinic as if it showed this evidence; the exit code and all that is said."""

    def verify(evidence: Evidence, *options: str) -> tuple[int, str]:
        monkeypatch.setattr(checks_run, "collect", lambda *_a, **_k: evidence)
        code = run(
            ["--lang", "en", "--inventory", str(inventory), "verify", "demo-clinic", *options]
        )
        streams = capsys.readouterr()
        return code, " ".join((streams.out + streams.err).split())

    return verify


def evidence(what: str, **router: str) -> Evidence:
    found = twin(f"demo-clinic-{what}")
    return found.model_copy(update={"router": found.router.model_copy(update=router)})


def test_a_good_state_is_kept_and_a_new_firmware_told_until_it_is_accepted(
    onshi: Onshi,
) -> None:
    assert "accepted" not in onshi(evidence("good"))[1]
    assert "Accepted" in onshi(evidence("good"), "--accept")[1]
    assert "The same devices" in onshi(evidence("good"))[1]
    other = evidence("good", firmware="15.02.35")
    told = "router: firmware: 15.02.31 -> 15.02.35"
    assert told in onshi(other)[1]
    assert told in onshi(other, "--accept")[1]
    assert told not in onshi(other)[1]


def test_what_was_not_measured_is_never_said_to_be_as_accepted(onshi: Onshi) -> None:
    """Both cables out, as seen: every device was said to be the accepted one."""
    onshi(evidence("good"), "--accept")
    blind = twin("demo-clinic-good").model_copy(
        update={
            "taken_at": evidence("good").taken_at + timedelta(hours=3),
            "router": RouterState(access=Access.UNREACHABLE),
            "laptop": not_measured("overran"),
            "windows": None,
        }
    )
    said = onshi(blind)[1]
    assert "whether anything changed is not known" in said
    assert "not measured this time" in said
    assert "router (model, serial number" in said
    assert "The same devices" not in said


def test_a_site_that_is_not_good_is_not_accepted(onshi: Onshi, inventory: Path) -> None:
    onshi(evidence("good"), "--accept")
    file = inventory / "sites" / "demo-clinic" / "baseline.json"
    kept = file.read_bytes()
    code, said = onshi(evidence("line-down"), "--accept")
    assert code == errors.EXIT_CHECK_FAILED
    assert "Not accepted" in said
    assert file.read_bytes() == kept


def test_the_report_of_a_whole_site_lies_beside_its_evidence(onshi: Onshi, inventory: Path) -> None:
    runs = inventory.parent / "runs" / "demo-clinic"
    onshi(evidence("good"), "--only", "router")
    assert list(runs.glob("*-verify/report.html")) == []
    said = onshi(evidence("line-down"), "--json")[1]
    (page,) = runs.glob("*-verify/report.html")
    assert str(page) in said


def test_an_interrupted_verification_shows_what_was_measured_and_keeps_nothing(
    inventory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = evidence("good").model_copy(update={"laptop": not_measured("interrupted")})

    def stopped(*_: object, **__: object) -> Evidence:
        raise MeasuringInterrupted(found)

    monkeypatch.setattr(checks_run, "collect", stopped)
    monkeypatch.chdir(inventory)
    words = ["verify", "demo-clinic", "--accept"]
    code = run(["--lang", "en", "--inventory", str(inventory), *words])
    streams = capsys.readouterr()
    assert code == errors.EXIT_INTERRUPTED
    assert "you interrupted the measuring" in " ".join(streams.out.split())
    assert "nothing of it is kept" in " ".join(streams.err.split())
    assert not list(inventory.rglob("evidence.json"))
    assert not list(inventory.rglob("baseline.json"))


def site_file(inventory: Path) -> Path:
    return inventory / "sites/demo-clinic/site.yaml"


def test_install_day_writes_what_the_devices_say_and_nothing_else(
    onshi: Onshi, inventory: Path
) -> None:
    file = site_file(inventory)
    text = file.read_text(encoding="utf-8").replace(
        ", serial: S5X000001, delivered_on: 2026-11-10", ""
    )
    file.write_text(text, encoding="utf-8")
    told = onshi(evidence("good"), "--accept")[1]
    now = file.read_text(encoding="utf-8")
    entry = next(line for line in now.splitlines() if "name: router," in line)
    assert "serial: S5X000001" in entry
    assert "delivered_on: 20" in entry
    assert entry.strip() in told
    assert set(text.splitlines()) - set(now.splitlines()) <= {
        line for line in text.splitlines() if "- {name:" in line
    }
    onshi(evidence("good"), "--accept")
    assert file.read_text(encoding="utf-8") == now, "a second time changes nothing"


def test_a_later_acceptance_dates_nothing_but_what_was_exchanged(
    onshi: Onshi, inventory: Path
) -> None:
    onshi(evidence("good"), "--accept")
    file = site_file(inventory)
    text = file.read_text(encoding="utf-8").replace("serial: S5X000001", "serial: S5X000000")
    text = text.replace("{name: display-1, kind: display, delivered_on: 2026-11-10}",
                        "{name: display-1, kind: display}")  # fmt: skip
    file.write_text(text, encoding="utf-8")
    onshi(evidence("good"), "--accept")
    lines = file.read_text(encoding="utf-8").splitlines()
    router = next(line for line in lines if "name: router," in line)
    assert "serial: S5X000001" in router
    assert "delivered_on: 2026-11-10" not in router
    assert "maker_until: 2031-11-09" in router, "covered as long as the one before"
    assert "    - {name: display-1, kind: display}" in lines


def test_a_site_file_that_takes_nothing_in_is_told_and_nothing_is_accepted(
    onshi: Onshi, inventory: Path
) -> None:
    file = site_file(inventory)
    head, _, _ = file.read_text(encoding="utf-8").partition("  devices:\n")
    file.write_text(head + "  devices: []\nformat: 2\n", encoding="utf-8")
    code, told = onshi(evidence("good"), "--accept")
    assert code == errors.EXIT_BAD_INPUT
    assert "site.yaml" in told
    assert not file.with_name("baseline.json").exists()
