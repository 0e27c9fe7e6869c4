"""What the commands leave: for its owner only, and no secret in it, whatever the backend."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onshi_net import errors
from onshi_net.cli import log
from onshi_net.inventory.recipients import new_identity
from tests.cli.bundles import pkcs12
from tests.cli.day import BACKENDS, PASSPHRASE, BackendName, Day
from tests.conftest import EXAMPLES, KEPT
from tests.transport.routers import MockRouter

Make = Callable[..., Day]


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    def make(backend: BackendName) -> Day:
        shutil.copytree(EXAMPLES, tmp_path / "laptop" / "inventory", ignore=KEPT)
        return Day(tmp_path / "laptop", backend, monkeypatch)

    yield make
    log.stop()


@pytest.fixture
def router(tmp_path: Path) -> Iterator[MockRouter]:
    one = MockRouter(tmp_path / "router")
    yield one
    one.stop()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("backend", "mask"), [("environment", 0o022), ("age", 0), ("keyring", 0o077)]
)
def test_a_day_leaves_no_secret_and_nothing_that_others_may_open(
    backend: BackendName, mask: int, day: Make, router: MockRouter, capfdbinary: Any
) -> None:
    one = day(backend)
    given = {path for path in one.folder.rglob("*") if path.name != "secrets.age"}
    one.stand_before(router)
    before = os.umask(mask)
    try:
        go = lambda *words, **more: one.onshi(capfdbinary, *words, **more)  # noqa: E731
        applied = go("provision", "demo-clinic", "--yes", "--force", "test")
        assert applied[0] == errors.EXIT_GOOD, one.said
        assert go("verify", "demo-clinic", "--accept")[0] == errors.EXIT_GOOD, one.said
        assert go("report", "demo-clinic", "--out", str(one.folder / "page.html"))[0] == 0
        code, shown = go("report", "demo-clinic", "--backup")
        kept = one.folder / "kept.txt"
        assert go("report", "demo-clinic", "--backup", "--out", str(kept))[0] == code == 0
    finally:
        os.umask(before)
    assert shown == kept.read_bytes()
    assert b"ip lan1 address" in shown
    assert one.leaks() == []
    left = {path: mode(path) for path in one.folder.rglob("*") if path not in given}
    wrong = {
        str(path): oct(rights)
        for path, rights in left.items()
        if rights != (0o700 if path.is_dir() else 0o600)
    }
    assert wrong == {}
    names = {path.name for path in left}
    assert names >= {
        "baseline.json", "evidence.json", "journal.jsonl", "kept.txt", "known_hosts", "lock",
        "onshi.log", "page.html",
        "recipients.txt", "report.html", "running.txt.age", "saved.txt.age",
    }  # fmt: skip
    assert "running.txt" not in names


@pytest.mark.parametrize("backend", BACKENDS)
def test_secret_set_shows_no_value_whatever_comes_of_it(
    backend: BackendName, day: Make, capfdbinary: Any, tmp_path: Path
) -> None:
    one = day(backend)
    canary = b"Canary-Set-71"
    bundle = tmp_path / "bundle.p12"
    bundle.write_bytes(pkcs12("Canary-P12-72"))
    shutil.rmtree(one.folder / "inventory")  # which would say that no site uses such references
    codes = [
        one.onshi(capfdbinary, "secret", "set", *words, given=given)[0]
        for words, given in [
            (["a/b"], canary),
            (["a/b"], canary + b"\nsecond " + canary + b"\n"),
            (["a/b"], canary + b"\xff"),
            (["a b"], canary),
            (["a/b", "--from", str(tmp_path / "none")], canary),
            (["a/b", "--from", str(bundle)], b""),
        ]
    ]
    assert codes[:5] == [0, 0, 2, 2, 2] if backend != "environment" else codes[2:5] == [2, 2, 2]
    one.patch.setenv("ONSHI_PASSPHRASE", "Canary-P12-72")
    one.onshi(capfdbinary, "secret", "set", "a/c", "--from", str(bundle))
    one.patch.setenv("ONSHI_PASSPHRASE", PASSPHRASE)
    shown = [*one.said, *one.children]
    planted = (canary.decode(), "Canary-P12-72")
    assert [word for word in planted for words in shown if word in words] == []
    assert one.leaks() == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backup_that_does_not_open_shows_no_key(
    backend: BackendName, day: Make, capfdbinary: Any
) -> None:
    one = day(backend)
    identity = new_identity().reveal()
    one.ring.kept["backup/identity"] = identity
    one.patch.setenv(
        "ONSHI_SECRET_BACKUP_IDENTITY", f"{identity}x" if backend == "age" else identity
    )
    file = one.runs / "demo-clinic" / "1" / "running.txt.age"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"age-encryption.org/v1\njunk")
    for words in (["--backup"], ["--backup", str(file)], ["--backup", "nowhere.age"]):
        code, out = one.onshi(capfdbinary, "report", "demo-clinic", *words)
        assert (code, out) == (errors.EXIT_BAD_INPUT, b"")
    assert one.onshi(capfdbinary, "report", "demo-dental", "--backup")[0] == errors.EXIT_BAD_INPUT
    assert "onshi provision" in one.said[-1]
    assert [said for said in one.said if identity in said or "Traceback" in said] == []
    assert one.leaks() == []
