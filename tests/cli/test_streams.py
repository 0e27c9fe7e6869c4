"""Every command on every kind of terminal: no traceback, no other data, no wrong exit code."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from paramiko import ECDSAKey

from onshi_net import i18n
from onshi_net.cli import asking
from onshi_net.cli.app import build
from onshi_net.cli.run import INTERRUPTED, run
from onshi_net.cli.streams import fit
from onshi_net.transport import hostkeys
from onshi_net.transport.bond import Bond
from tests.budget import RUN
from tests.conftest import EXAMPLES

ENCODINGS = (
    "utf-8", "ascii", "cp932", "shift_jis", "euc_jp", "iso2022_jp", "cp437", "latin-1", "utf-16-le",
)  # fmt: skip
JAPANESE = ("cp932", "shift_jis", "euc_jp", "iso2022_jp")
SITE = "demo-clinic"
COMMANDS: dict[str, list[list[str]]] = {
    "render": [[SITE], [SITE, "--json"], ["no-such-site"]],
    "plan": [[SITE], [SITE, "--json"]],
    "provision": [
        [SITE, "--yes", "--force", "理由"], [SITE, "--yes", "--force", "x", "--json"],
        [SITE, "--force", "x"],
    ],
    "verify": [[SITE], [SITE, "--json"]],
    "trust": [[SITE, "router"], [SITE, "router", "--yes"], [SITE, "router", "--forget"]],
    "report": [[SITE], [SITE, "--backup"]],
    "checks": [["--segment", "line"], ["--json"], ["--segment", "no"]],
    "runs": [[SITE], [SITE, "--json"]],
    "diff": [[SITE], [SITE, "9"]],
    "intake": [["{form}", "--out", "{folder}/new"], ["{form}", "--json"], ["{folder}/no.xlsx"]],
    "assess": [[SITE], [SITE, "--json"]],
    "ready": [[SITE], [SITE, "--json"]],
    "work": [[SITE], [SITE, "--json"]],
    "visit": [[SITE, "--wait", "0"], [SITE, "--after", "端末"]],
    "estimate": [[SITE], [SITE, "--json"]],
    "paper": [[SITE, "prepare", "--out", "{folder}/a.html"], [SITE, "nothing"]],
    "maintenance": [[SITE, "--within", "9999"], ["--all", "--json", "--within", "9999"]],
    "migrate": [[SITE], [SITE, "--yes"], ["--all", "--json"]],
    "secret set": [["demo-clinic/link"], ["a b"]],
    "secret fill": [[SITE], [SITE, "--sheet", "{folder}/sheet.txt"]],
    "secret list": [[], [SITE, "--json"]],
    "secret rotate": [[SITE], [SITE, "--yes"]],
    "secret remove": [["demo-clinic/link"], ["a b", "--yes"]],
    "pack": [[SITE, "--out", "{folder}/日本語.pack"], [SITE, "--until", "端末"]],
    "take-in": [["{form}"], ["{folder}/日本語.pack"], ["{folder}/no.pack"]],
    "init": [["{folder}/日本語"], ["{folder}/日本語"]],
    "site add": [["new-clinic", "--from", "{form}"], [SITE], ["new-clinic"]],
    "site list": [[], ["内科"], ["nothing-like-it"]],
    "winrm prepare": [[SITE]],
    "winrm restore": [[SITE]],
}  # fmt: skip


def commands(found: Any = None, before: str = "") -> Iterator[str]:
    """Names every command that the application has."""
    found = found or typer.main.get_command(build())
    for name, one in found.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, f"{before}{name} ")
        else:
            yield f"{before}{name}"


CASES = [(name, words) for name, some in COMMANDS.items() for words in [["--help"], *some]]


def test_no_command_is_left_out() -> None:
    assert set(commands()) == set(COMMANDS)


def onshi(
    folder: Path, patch: pytest.MonkeyPatch, encoding: str, language: str, words: list[str]
) -> tuple[int, str, str]:
    """Runs a command; answers its code and what it wrote, read in the terminal's encoding."""
    out, err = io.BytesIO(), io.BytesIO()
    with patch.context() as now:
        now.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        streams = [io.TextIOWrapper(one, encoding=encoding, newline="") for one in (out, err)]
        now.setattr(sys, "stdout", streams[0])
        now.setattr(sys, "stderr", streams[1])
        base = ["--lang", language, "--inventory", str(folder / "inventory")]
        code = run([*base, *words])
        for one in streams:
            one.flush()
    faults = "replace" if "--backup" in words else "strict"  # a backup's bytes are what they are
    return code, out.getvalue().decode(encoding, faults), err.getvalue().decode(encoding)


@pytest.mark.parametrize(("name", "words"), CASES, ids=[" ".join([n, *w]) for n, w in CASES])
def test_a_command_says_the_same_on_every_terminal(
    laptop_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: list[str]
) -> None:
    given = [word.format(folder=laptop_folder, form=laptop_folder / "form.xlsx") for word in words]
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    case = CASES.index((name, words))
    steps = (0,) if "--help" in words else (0, 4)
    some = ENCODINGS if RUN.full else [ENCODINGS[(case + step) % len(ENCODINGS)] for step in steps]
    known = laptop_folder / "inventory" / "sites" / SITE / "known_hosts"
    for number, encoding in enumerate(dict.fromkeys(("utf-8", *some))):
        language = "ja" if encoding in (*JAPANESE, "utf-8") else ("en", "ja")[number % 2]
        monkeypatch.setenv("COLUMNS", ("80", "40")[number % 2])
        monkeypatch.setenv("TERM", ("dumb", "xterm")[number % 2])
        known.unlink(missing_ok=True)
        if name != "trust":
            hostkeys.record(known, "10.51.1.1", ECDSAKey.generate(), "modern", Bond())
        for made in ("new", "日本語"):  # in the language of the time
            shutil.rmtree(laptop_folder / made, ignore_errors=True)
        code, out, err = onshi(
            laptop_folder, monkeypatch, encoding, language, [*name.split(), *given]
        )
        if encoding == "utf-8":
            usual = code
        assert code == usual, (encoding, out, err)
        assert "Traceback" not in err
        assert code in {0, 1, 2, 3, 10, 11, INTERRUPTED}
        assert out or err
        if "--json" in words and out:
            json.loads(out)
        assert re.search(r"\\\d{1,3}(,\d{3})+", out + err) is None  # a yen sign that is none


CATALOGUE = [
    entry[language]
    for area in sorted(Path(i18n.__file__).parent.glob("catalogue/*.toml"))
    for entry in i18n.catalogue(area.stem).values()
    for language in i18n.LANGUAGES
]


@pytest.mark.parametrize("encoding", JAPANESE)
def test_a_japanese_terminal_shows_every_sentence(encoding: str) -> None:
    assert len(CATALOGUE) > 2000
    lost = [one for one in CATALOGUE if fit(one, encoding).count("?") > one.count("?")]
    assert lost == []
    assert fit("合計 ¥427,075", encoding) in {"合計 ￥427,075", "合計 ¥427,075"}


@given(st.text(), st.sampled_from(ENCODINGS))
def test_whatever_is_written_is_written(words: str, encoding: str) -> None:
    shown = fit(words, encoding)
    assert shown.encode(encoding).decode(encoding) == shown
    assert fit(shown, encoding) == shown
    kept = [char for char in words if char.isascii() and char.isprintable()]
    rest = iter(shown)
    assert all(char in rest for char in kept)  # in their order
    if encoding.startswith("utf"):
        assert len(shown) == len(words)


# Processes


ESTIMATE = ["estimate", SITE, "--on", "2026-12-01"]


def process(words: list[str], **changes: str) -> subprocess.Popen[bytes]:
    program = "import sys; from onshi_net.cli import main; main()"
    base = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return subprocess.Popen(
        [sys.executable, "-c", program, "--inventory", str(EXAMPLES), *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        env={**base, **changes}, cwd=EXAMPLES.parent,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "encoding", "word"),
    [
        ({"LANG": "C"}, "utf-8", "合計"),
        ({"LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, "ascii", "JPY "),
        ({"LC_ALL": "ja_JP.SJIS", "PYTHONIOENCODING": "shift_jis"}, "shift_jis", "合計"),
        ({"LC_ALL": "ja_JP.SJIS", "PYTHONIOENCODING": "cp932:strict"}, "cp932", "￥"),
        ({"LC_ALL": "ja_JP.UTF-8", "TERM": "dumb", "COLUMNS": "40"}, "utf-8", "¥"),
    ],
)
def test_an_estimate_in_any_locale(variables: dict[str, str], encoding: str, word: str) -> None:
    one = process(ESTIMATE, **variables)
    out, err = one.communicate(timeout=60)
    assert (one.returncode, err) == (0, b"")
    assert word in out.decode(encoding)


def test_a_reader_that_goes_changes_neither_exit_code_nor_says_a_word() -> None:
    one = process([*ESTIMATE, "--json"], LANG="C.UTF-8")
    assert one.stdout is not None
    one.stdout.close()
    assert one.stderr is not None
    assert (one.stderr.read(), one.wait(60)) == (b"", 0)


@pytest.mark.parametrize(
    ("redirection", "code", "words"),
    [
        (">&-", 0, ""),
        ("2>&-", 0, ""),
        ("<&-", 0, ""),
        (">/dev/full", 2, "standard output can't be written: No space left on device"),
        ("2>/dev/full", 0, ""),
    ],
)
def test_a_closed_or_full_stream(redirection: str, code: int, words: str) -> None:
    program = "import sys; from onshi_net.cli import main; main()"
    command = f'exec "$0" -c "{program}" --lang en "$@" {redirection}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, "--inventory", str(EXAMPLES), *ESTIMATE],
        capture_output=True, text=True, check=False, cwd=EXAMPLES.parent,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["trust", SITE, "router"], "--fingerprint SHA256:"),
        (["provision", SITE, "--force", "x"], "--yes"),
    ],
)
@pytest.mark.parametrize("given", [b"", b"maybe\n"])
def test_a_question_that_nobody_can_answer_is_one_sentence_and_changes_nothing(
    laptop_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any,
    words: list[str], remedy: str, given: bytes,
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    known = laptop_folder / "inventory" / "sites" / SITE / "known_hosts"
    if words[0] == "provision":
        hostkeys.record(known, "10.51.1.1", ECDSAKey.generate(), "modern", Bond())
    before = known.read_bytes() if known.exists() else None
    code = run(["--lang", "en", "--inventory", str(laptop_folder / "inventory"), *words])
    told = capsys.readouterr().err
    assert code == INTERRUPTED
    assert "Interrupted" not in told
    assert "there is no terminal to ask at" in told
    assert remedy in told
    assert (known.read_bytes() if known.exists() else None) == before


@pytest.mark.parametrize(
    ("given", "encoding", "answer"),
    [
        ("y\n", "utf-8", True), ("はい\n", "utf-8", True), ("はい\r\n", "cp932", True),
        ("ｙ\n", "cp932", True), ("\n", "utf-8", False), ("いいえ\n", "cp932", False),
        ("what?\nyes\n", "ascii", True), ("\x80\nno\n", "latin-1", False),
    ],
)  # fmt: skip
def test_yes_and_no_are_understood_as_the_terminal_writes_them(
    monkeypatch: pytest.MonkeyPatch, given: str, encoding: str, answer: bool
) -> None:
    raw = io.BytesIO(given.encode(encoding))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw, encoding=encoding))
    if encoding == "cp932":
        monkeypatch.setattr(asking.locale, "getpreferredencoding", lambda _do: "cp932")
    assert asking.ask_yes("?", "remedy") is answer
