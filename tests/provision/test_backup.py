"""Backups: exact bytes, closed to the inventory's recipients, needed by nothing but people."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from onshi_net.inventory.recipients import Recipients, new_identity, opened, recipients_of
from onshi_net.platforms.yamaha.session import SshRouterSession
from onshi_net.provision import State, apply_router, plan_router
from onshi_net.provision.journal import Journal, close_readable, past_runs
from tests.transport.routers import (
    CANARIES,
    MockRouter,
    intent_for,
    loopback_config,
    new_secrets,
)

ROOT = Path(__file__).parents[2]
Start = Callable[..., MockRouter]


def applied(router: MockRouter, folder: Path, recipients: Recipients, said: list[str], **words):
    return apply_router(
        intent_for(router.port),
        new_secrets(**words),
        folder / "known",
        runs=folder / "runs",
        site="demo-clinic",
        guard_s=60,
        progress=lambda _host, message_id, **_values: said.append(message_id),
        render=loopback_config,
        recipients=recipients,
    )


def test_a_backup_is_exact_and_only_the_identity_opens_it(
    router: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shown: list[str] = []
    for name in ("config", "saved_config"):
        real = getattr(SshRouterSession, name)
        monkeypatch.setattr(
            SshRouterSession, name, lambda self, real=real: shown.append(real(self)) or shown[-1]
        )
    identity = new_identity()
    # A password that is a word of the configuration must not take that word out of it.
    words = {"demo-clinic/router": "lan1"}
    outcome = applied(router(), tmp_path, recipients_of(identity), [], **words)
    assert outcome.folder is not None
    running, saved = (
        opened(outcome.folder / f"{name}.txt.age", identity).decode()
        for name in ("running", "saved")
    )
    assert {running, saved} <= set(shown)
    assert "lan1" in running
    with pytest.raises(pyrage.DecryptError):
        sealed = (outcome.folder / "running.txt.age").read_bytes()
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])
    names = sorted(file.name for file in outcome.folder.iterdir())
    assert names == ["journal.jsonl", "running.txt.age", "saved.txt.age"]
    left = b"".join(file.read_bytes() for file in tmp_path.rglob("runs/**/*") if file.is_file())
    assert [one for one in CANARIES if one.encode() in left] == []
    assert b"lan1" in left  # nor out of the journal


def test_without_a_recipient_nothing_is_written_down_and_that_is_told(
    router: Start, tmp_path: Path
):
    said: list[str] = []
    outcome = applied(router(), tmp_path, Recipients(), said)
    assert outcome.state is State.CHANGED
    assert outcome.folder is not None
    assert [file.name for file in outcome.folder.iterdir()] == ["journal.jsonl"]
    assert "provision.backup-not-kept" in said
    assert '"backup-not-kept"' in (outcome.folder / "journal.jsonl").read_text(encoding="utf-8")


DRIVER = """
import sys
from pathlib import Path
from onshi_net.inventory.recipients import Recipients
from onshi_net.provision import apply_router
from tests.transport.routers import intent_for, loopback_config, new_secrets
folder = Path(sys.argv[2])
apply_router(
    intent_for(int(sys.argv[1])), new_secrets(), folder / "known", runs=folder / "runs",
    site="demo-clinic", guard_s=6, render=loopback_config, recipients=Recipients((sys.argv[3],)),
    progress=lambda _host, message_id, **_values: print(message_id, flush=True),
)
"""


def killed_midway(port: int, folder: Path, recipient: str) -> None:
    """Kills a run at its tenth message after the guard was armed, among the lines."""
    command = [sys.executable, "-c", DRIVER, str(port), str(folder), recipient]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while process.stdout.readline().strip() != "provision.arming":
        assert process.poll() is None
    for _ in range(10):
        process.stdout.readline()
    process.kill()
    process.communicate()


def is_new(port: int, folder: Path) -> bool:
    intent, secrets = intent_for(port), new_secrets()
    return plan_router(intent, secrets, folder / "known", render=loopback_config).is_empty


@pytest.mark.parametrize("files", ["kept", "lost"])
def test_after_a_kill_the_next_run_ends_well_without_identity_or_backup(
    tmp_path: Path, files: str, monkeypatch: pytest.MonkeyPatch
):
    # The router's clock goes by itself here.
    monkeypatch.setattr("onshi_net.provision.reach.Event", threading.Event)
    one = MockRouter(tmp_path)
    try:
        killed_midway(one.port, tmp_path, recipients_of(new_identity()).keys[0])
        for file in tmp_path.rglob("*.age"):
            assert b"ip lan1" not in file.read_bytes()
            if files == "lost":
                file.unlink()
        said: list[str] = []
        applied(one, tmp_path, Recipients(), said)
        assert "provision.unfinished" in said
        assert is_new(one.port, tmp_path)
    finally:
        one.stop()


def test_a_run_of_the_first_version_is_read_and_its_backups_are_closed(tmp_path: Path):
    folder, identity = tmp_path / "s" / "20261101T000000.000000Z", new_identity()
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_text('{"at": 1, "event": "armed", "until": 2}\n')
    for name in ("running.txt", "saved.txt"):
        (folder / name).write_text("# head\nip lan1 address 1.2.3.4/24\n", encoding="utf-8")
    assert [run.finished for run in past_runs(tmp_path, "s")] == [False]
    close_readable(tmp_path, "s", Recipients())
    assert (folder / "running.txt").exists()
    close_readable(tmp_path, "s", recipients_of(identity))
    names = sorted(file.name for file in folder.iterdir())
    assert names == ["journal.jsonl", "running.txt.age", "saved.txt.age"]
    assert opened(folder / "running.txt.age", identity).startswith(b"# head\n")


def test_old_folders_that_others_may_open_are_closed(tmp_path: Path):
    site = tmp_path / "runs" / "s"
    site.mkdir(parents=True)
    site.chmod(0o755)
    Journal(site / "1", str).close()
    assert stat.S_IMODE(site.stat().st_mode) == 0o700


@pytest.mark.parametrize("said", [
    "[" * 100_000, json.dumps({"event": "x", "until": None}), json.dumps({"event": ["done"]}),
])  # fmt: skip
def test_a_damaged_journal_is_read(tmp_path: Path, said: str) -> None:
    folder = tmp_path / "s" / "1"
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_text(said + "\n")
    (run,) = past_runs(tmp_path, "s")
    assert not run.finished
