"""A disk that takes nothing more, under whatever is written: one sentence with the real place."""

from __future__ import annotations

import errno
import io
import os
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paramiko import ECDSAKey

from onshi_net import errors
from onshi_net.cli import asking
from onshi_net.cli.run import run
from onshi_net.files import written_for
from onshi_net.inventory import vault
from onshi_net.provision.journal import Journal, JournalLost
from onshi_net.transport import hostkeys
from onshi_net.transport.bond import Bond
from tests.intake.conftest import GOOD, Book, fill
from tests.inventory.seals import by_passphrase

SITE = "demo-clinic"


@contextmanager
def nothing_fits() -> Iterator[None]:
    """The system takes no byte into any file, and says so as a full disk does (setrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


WRITERS: dict[str, tuple[list[str], str]] = {
    "secrets": (
        ["--secrets", "{folder}/vault/s.age", "secret", "set", "demo-clinic/link"],
        "vault/s.age",
    ),
    "known_hosts": (["trust", SITE, "router", "--yes"], f"inventory/sites/{SITE}/known_hosts"),
    "evidence": (["verify", SITE], f"runs/{SITE}"),
    "junit": (["verify", SITE, "--only", "line", "--junit", "{folder}/j.xml"], f"runs/{SITE}"),
    "page": (["report", SITE, "--out", "{folder}/page.html"], "page.html"),
    "backup": (["report", SITE, "--backup", "--out", "{folder}/b.txt"], "b.txt"),
    "intake": (["intake", "{folder}/book.xlsx", "--out", "{folder}/new"], "new"),
    "template": (["intake", "--template", "{folder}/fresh.xlsx"], "fresh.xlsx"),
    "forgotten": (["trust", SITE, "router", "--forget"], f"inventory/sites/{SITE}/known_hosts"),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_file_that_takes_nothing_is_named_and_stays_as_it_was(
    laptop_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, name: str, language: str
) -> None:
    words, place = WRITERS[name]
    monkeypatch.setenv(asking.PASSPHRASE, "word")
    monkeypatch.setattr(vault, "PassphraseSeal", by_passphrase())
    (laptop_folder / "vault").mkdir()
    filled(laptop_folder)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"value")))
    known = laptop_folder / "inventory" / "sites" / SITE / "known_hosts"
    if name == "forgotten":
        hostkeys.record(known, "10.51.1.1", ECDSAKey.generate(), "modern", Bond())
    base = ["--lang", language, "--inventory", str(laptop_folder / "inventory")]
    before = whole(laptop_folder)
    with nothing_fits():
        code = run([*base, *(word.format(folder=laptop_folder) for word in words)])
    told = capsys.readouterr().err
    assert code == errors.EXIT_BAD_INPUT, told
    assert str(laptop_folder / place) in told
    assert ("would be larger" if language == "en" else "大きさ") in told
    assert "Traceback" not in told
    assert "(runs)" not in told
    after = whole(laptop_folder)
    assert {path: after.get(path) for path in before} == before


def test_a_measured_site_is_shown_though_nothing_can_be_kept(
    laptop_folder: Path, capsys: Any
) -> None:
    base = ["--lang", "en", "--inventory", str(laptop_folder / "inventory")]
    with nothing_fits():
        code = run([*base, "verify", SITE, "--accept"])
    told = capsys.readouterr()
    assert code == errors.EXIT_BAD_INPUT
    assert re.search(r"All \d+ checks are good", told.out)
    assert "would be larger" in told.err
    assert not (laptop_folder / "inventory" / "sites" / SITE / "baseline.json").exists()


def filled(folder: Path) -> None:
    made = Book(folder)
    fill(made.form, GOOD)
    made.save()


def whole(folder: Path) -> dict[Path, bytes]:
    """What stands in files that matter: not in logs, locks and reports of this run."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".log", ".lock"}
    }


@pytest.mark.parametrize(
    ("number", "english", "japanese"),
    [
        (errno.ENOSPC, "No space left on device", "空きがありません"),
        (errno.EDQUOT, "quota", "割り当てられた容量"),
        (errno.EROFS, "read-only", "読み取り専用"),
        (errno.EFBIG, "larger", "大きさ"),
    ],
)
def test_each_kind_of_refusal_has_its_sentence_with_the_place(
    number: int, english: str, japanese: str, tmp_path: Path
) -> None:
    from onshi_net.i18n import set_language

    target = tmp_path / "deep" / "file"
    for language, word in (("en", english), ("ja", japanese)):
        set_language(language)  # type: ignore[arg-type]
        with pytest.raises(OSError) as caught, written_for(target):
            raise OSError(number, os.strerror(number))
        told = errors.refusal(caught.value)
        assert word in str(told)
        assert str(target) in str(told)
        assert str(target.parent) in told.remedy


def test_a_journal_that_takes_nothing_is_named(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "runs" / SITE / "1", str)
    try:
        with nothing_fits(), pytest.raises(JournalLost) as caught:
            journal.write("start")
    finally:
        journal.close()
    assert str(tmp_path / "runs" / SITE / "1" / "journal.jsonl") in str(caught.value)
    assert str(tmp_path / "runs" / SITE / "1") in caught.value.remedy


def test_a_folder_that_was_taken_away_is_named_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unnamed = OSError(errno.ENOENT, "No such file or directory")
    assert "taken away" not in str(errors.refusal(unnamed))
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "taken away" in str(errors.refusal(unnamed))
    assert "`cd`" in errors.refusal(unnamed).remedy
