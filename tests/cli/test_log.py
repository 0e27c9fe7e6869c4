"""The log of a run: masked, private, made at its first line, ended with the run."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.cli import log
from onshi_net.cli.run import run
from onshi_net.inventory import Secrets

CANARY = "canary-9-password"


@pytest.fixture
def secrets() -> Secrets:
    made = Secrets([lambda _reference: CANARY])
    made.resolve("a/b")
    return made


def test_what_libraries_log_is_masked_tracebacks_included(tmp_path: Path, secrets: Secrets) -> None:
    file = tmp_path / "runs" / "onshi.log"
    log.start(file, "debug", secrets.masked)
    try:
        logging.getLogger("library").debug("sent: %r", CANARY.encode())
        try:
            raise ValueError(CANARY)
        except ValueError:
            logging.getLogger("library").exception("failed")
    finally:
        log.stop()
    text = file.read_text(encoding="utf-8")
    assert CANARY not in text
    assert "sent: b'*'" in text
    assert "ValueError: *" in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_goes_over_a_routers_wire_is_not_written(tmp_path: Path, secrets: Secrets) -> None:
    """It holds the secrets of others, in pieces that no mask knows."""
    file = tmp_path / "onshi.log"
    log.start(file, "debug", secrets.masked)
    for piece in ("pp auth myname isp is", "ppass1"):
        logging.getLogger("netmiko").debug("read_channel: %s", piece)
    logging.getLogger("netmiko").info("connected")
    log.stop()
    text = file.read_text(encoding="utf-8")
    assert "connected" in text
    assert "ppass1" not in text


def test_a_quiet_run_leaves_no_file_and_what_is_below_the_level_is_not_written(
    tmp_path: Path, secrets: Secrets
) -> None:
    file = tmp_path / "onshi.log"
    log.start(file, "warning", secrets.masked)
    logging.getLogger("library").info("nothing of interest")
    assert not file.exists()
    logging.getLogger("library").warning("this")
    log.stop()
    assert "WARNING library this" in file.read_text(encoding="utf-8")


def test_nothing_is_logged_after_the_run(tmp_path: Path, secrets: Secrets) -> None:
    before = list(logging.getLogger().handlers)
    log.start(tmp_path / "one.log", "debug", secrets.masked)
    log.start(tmp_path / "two.log", "debug", secrets.masked)
    log.stop()
    assert logging.getLogger().handlers == before


def test_an_unknown_level_is_a_usage_error_that_names_the_levels(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--inventory", str(inventory), "--log-level", "loud", "render", "demo-clinic"]
    assert run(arguments) == errors.EXIT_BAD_INPUT
    assert "debug, info, warning, error" in capsys.readouterr().err.replace("\n", " ")


def test_a_log_that_can_not_be_opened_hides_no_error(
    inventory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONSHI_SECRET_DEMO_CLINIC_ROUTER", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    runs = inventory.parent / "runs"
    runs.touch()
    code = run(["--lang", "en", "--inventory", str(inventory), "plan", "demo-clinic"])
    told = capsys.readouterr().err
    assert code == errors.EXIT_BAD_INPUT
    error, log_line = told.index("demo-clinic/router"), told.index("The log")
    assert error < log_line
    assert str(runs / "demo-clinic" / "onshi.log") in told
    assert "Traceback" not in told


def test_a_full_disk_is_said_once_and_the_lines_are_dropped(
    tmp_path: Path, secrets: Secrets, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "onshi.log"
    file.symlink_to("/dev/full")  # full(4): writing fails with ENOSPC
    log.start(file, "warning", secrets.masked)
    logging.getLogger("library").warning("this")
    logging.getLogger("library").warning("that")
    log.stop()
    told = capsys.readouterr().err
    assert told.count("No space left on device") == 1
    assert told.count("\n") == 1
