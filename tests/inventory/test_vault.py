"""The age file: any text in, the same text out, all else as it was, whatever happens midway."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onshi_net import files
from onshi_net.errors import SecretMissing, SecretRefused
from onshi_net.inventory import vault
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.inventory.vault import PassphraseSeal, age_backend, content_of, read, same, store
from tests.inventory.seals import KeySeal

KEPT = Path(__file__).with_name("kept")
ROOT = Path(__file__).parents[2]
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
REFERENCE = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,9}(/[A-Za-z0-9._-]{1,9})?\Z")
FOREIGN = '''# by hand
"x/date" = 2026-11-30 # a comment
number = 1_000.50
list = [1, "two", { three = 3 }]
nothing = nan
"x/raw" = 'C:\\path'
"x/lines" = """
one
two"""
[demo-clinic]
router = "in a table"
inner.dotted = true
[[array]]
a = 1
[[array]]
a = 2
'''


@pytest.fixture
def seal() -> KeySeal:
    return KeySeal()


def held(file: Path, seal: KeySeal) -> dict[str, object]:
    return dict(read(file, seal).values)


def sealed(file: Path, seal: KeySeal, plain: str | bytes) -> Path:
    data = plain if isinstance(plain, bytes) else plain.encode("utf-8")
    file.write_bytes(seal.close(data))
    return file


# any text


@settings(max_examples=100)
@given(st.dictionaries(REFERENCE, TEXT, max_size=5), REFERENCE, TEXT)
def test_any_text_in_is_the_same_text_out_and_all_others_are_unchanged(others, reference, value):
    content = content_of(Path("s"), b"")
    for name, text in others.items():
        content = content_of(Path("s"), content.with_value(name, text).plain)
    after = content_of(Path("s"), content.with_value(reference, value).plain)
    assert after.values == {**others, reference: value}
    assert after.value(reference) == value


TOML = st.recursive(
    TEXT | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100)
@given(st.dictionaries(TEXT, TOML, max_size=4), REFERENCE, TEXT)
def test_whatever_toml_stands_there_is_kept_or_nothing_is_changed(foreign, reference, value):
    import tomlkit

    plain = tomlkit.dumps(foreign)
    before = content_of(Path("s"), plain.encode())
    try:
        after = before.with_value(reference, value)
    except SecretRefused as refused:
        assert isinstance(foreign.get(reference), dict | list), refused.message
        return
    assert same(content_of(Path("s"), after.plain).values, {**before.values, reference: value})


@pytest.mark.parametrize(
    "value", ["😀", "𠮷野家", "\0", "\r", '"""', "\\u0041", "\x7f", "a\n\nb\n"]
)
def test_a_value_goes_through_a_real_file(value, seal, tmp_path):
    file = tmp_path / "s.age"
    store(file, seal, "a/b", Secret(value))
    store(file, seal, "c/d", Secret("other"))
    assert held(file, seal) == {"a/b": value, "c/d": "other"}


def test_half_a_character_is_refused_and_nothing_is_written(seal, tmp_path):
    with pytest.raises(SecretRefused) as caught:
        store(tmp_path / "s.age", seal, "a/b", Secret("x\udc80"))
    assert caught.value.message == "errors.secret-surrogate"
    assert list(tmp_path.iterdir()) == []


def test_foreign_entries_comments_and_tables_stay_line_by_line(seal, tmp_path):
    file = sealed(tmp_path / "s.age", seal, FOREIGN)
    store(file, seal, "a/b", Secret("new"))
    text = seal.open(file.read_bytes()).decode()
    lines = [line for line in text.splitlines() if line and line != '"a/b" = "new"']
    assert lines == FOREIGN.splitlines()
    assert held(file, seal)["a/b"] == "new"


def test_bytes_that_are_no_text_stay_and_are_named_with_their_entry_only(seal, tmp_path):
    plain = b'\xef\xbb\xbf# caf\xe9\n"a/bad" = "caf\xe9"\n"a/good" = "fine"\n'
    file = sealed(tmp_path / "s.age", seal, plain)
    store(file, seal, "a/new", Secret("n"))
    assert b'"a/bad" = "caf\xe9"' in seal.open(file.read_bytes())
    content = read(file, seal)
    assert content.value("a/good") == "fine"
    with pytest.raises(SecretRefused, match="a/bad"):
        content.value("a/bad")
    store(file, seal, "a/bad", Secret("mended"))
    assert read(file, seal).value("a/bad") == "mended"


# faults of a file


@pytest.mark.parametrize("entry", ["2026-11-30", "1", "true", "[1]", "{ x = 1 }", "12:00:00"])
def test_an_entry_that_is_no_text_is_named_and_the_others_are_usable(entry, seal, tmp_path):
    file = sealed(tmp_path / "s.age", seal, f'"a/odd" = {entry}\n"a/good" = "fine"\n')
    secrets = Secrets([read(file, seal).value])
    assert secrets.resolve("a/good").reveal() == "fine"
    with pytest.raises(SecretMissing, match="a/odd"):
        secrets.resolve("a/odd")


@pytest.mark.parametrize("table", ["[demo]\nrouter = 'x'\n", "[[demo]]\nx = 1\n", "demo.x = 1\n"])
def test_a_table_is_not_written_over(table, seal, tmp_path):
    file = sealed(tmp_path / "s.age", seal, table)
    before = file.read_bytes()
    with pytest.raises(SecretRefused) as caught:
        store(file, seal, "demo", Secret("x"))
    assert caught.value.message == "errors.secret-is-table"
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("plain", "line", "reference"),
    [
        ('"a/b" = "x"\n"c/d" = "canary\n', 2, "c/d"),
        ('"a/b" = "x"\na/canary = "y"\n', 2, "a/canary"),
        ('"a/b" = "x"\n"a/b" = "canary"\n', 2, "a/b"),
        ('"a/b" = """\nfirst\nMIIcanary= \\x\n"""\n', 3, "a/b"),
        ('"a/b" = "x"\ncanary canary\n', 2, ""),
        ('"a/b" = ' + "[" * 5000, 1, "a/b"),
        ("\0\0", 1, ""),
    ],
)
def test_what_is_no_toml_is_named_by_line_and_entry_and_quotes_no_value(plain, line, reference):
    with pytest.raises(SecretRefused) as caught:
        content_of(Path("s.age"), plain.encode())
    assert (caught.value.values["line"], caught.value.values["reference"]) == (line, reference)
    told = f"{caught.value} {caught.value.remedy}".replace("a/canary", "")
    assert "canary" not in told


@settings(max_examples=100)
@given(st.binary(max_size=60))
def test_whatever_was_sealed_is_read_or_refused_in_a_sentence(plain):
    try:
        content_of(Path("s"), plain)
    except SecretRefused as refused:
        assert str(refused)


@pytest.mark.parametrize("data", [b"", b"junk", b"age-encryption.org/v1\n", None, "truncated"])
def test_a_damaged_file_is_a_sentence_that_names_the_generation_before(data, seal, tmp_path):
    file = tmp_path / "s.age"
    store(file, seal, "a/b", Secret("1"))
    store(file, seal, "a/b", Secret("2"))
    whole = file.read_bytes()
    damaged = whole[:-9] if data == "truncated" else KeySeal().close(b"") if data is None else data
    file.write_bytes(damaged)
    for act in (lambda: read(file, seal), lambda: store(file, seal, "c", Secret("3"))):
        with pytest.raises(SecretRefused) as caught:
            act()
        assert f"{file}.1" in caught.value.remedy
    assert file.read_bytes() == damaged
    assert read(Path(f"{file}.1"), seal).value("a/b") == "1"


def test_what_stands_in_the_place_of_the_generation_before_is_named(seal, tmp_path):
    file = tmp_path / "secrets.age"
    store(file, seal, "a/b", Secret("one"))
    kept = file.read_bytes()
    (tmp_path / "secrets.age.1").mkdir()
    with pytest.raises(OSError) as caught:
        store(file, seal, "a/b", Secret("two"))
    assert caught.value.filename == str(tmp_path / "secrets.age.1")
    assert file.read_bytes() == kept
    assert {one.name for one in tmp_path.iterdir()} <= {
        "secrets.age", "secrets.age.1", "secrets.age.lock"
    }  # fmt: skip


def test_a_folder_or_nothing_in_the_files_place_is_a_sentence(seal, tmp_path):
    with pytest.raises(SecretRefused):
        read(tmp_path, seal)
    with pytest.raises(SecretMissing) as caught:
        read(tmp_path / "none.age", seal)
    assert caught.value.message == "errors.secret-no-file"


@pytest.mark.parametrize(
    ("first", "second", "are"),
    [
        (1, True, False), (1, 1.0, False), ([1], [1, 2], False), ({"a": [1]}, {"a": [True]}, False),
        (float("nan"), float("nan"), True), ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ],
)  # fmt: skip
def test_values_are_the_same_kind_by_kind(first, second, are):
    assert same(first, second) is are


# writing


def test_what_does_not_read_back_never_takes_the_old_files_place(seal, tmp_path, monkeypatch):
    file = tmp_path / "s.age"
    store(file, seal, "a/b", Secret("old"))
    before = file.read_bytes()
    monkeypatch.setattr("tomlkit.dumps", lambda _document: '"a/b" = "another"\n')
    with pytest.raises(SecretRefused) as caught:
        store(file, seal, "c/d", Secret("new"))
    assert caught.value.message == "errors.secret-not-kept"
    monkeypatch.setattr("tomlkit.dumps", lambda _document: "no toml")
    with pytest.raises(SecretRefused):
        store(file, seal, "c/d", Secret("new"))
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.age", "s.age.lock"]


@pytest.mark.parametrize("call", range(1, 8))
def test_an_interruption_at_every_step_leaves_the_old_file_or_the_new(call, tmp_path, monkeypatch):
    seal, file = KeySeal(), tmp_path / "s.age"
    store(file, seal, "a/b", Secret("old"))
    left = [call]

    def breaking(real):
        def step(*arguments, **named):
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **named)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", breaking(os.fsync))
        patch.setattr(Path, "replace", breaking(Path.replace))
        patch.setattr(vault, "write_new", breaking(files.write_new))
        try:
            store(file, seal, "a/b", Secret("new"))
            ended = "new"
        except OSError:
            ended = "refused"
    assert read(file, seal).value("a/b") == ("new" if ended == "new" or call > 6 else "old")
    store(file, seal, "a/b", Secret("again"))
    assert read(file, seal).value("a/b") == "again"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.age", "s.age.1", "s.age.lock"]


def test_writers_at_once_lose_no_entry(seal, tmp_path):
    file = tmp_path / "s.age"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store(file, seal, f"a/{n}", Secret(f"v{n}")), range(24)))
    assert held(file, seal) == {f"a/{n}": f"v{n}" for n in range(24)}


WRITER = """
import sys
from pathlib import Path
import pyrage
from onshi_net.inventory.secrets import Secret
from onshi_net.inventory.vault import store
identity = pyrage.x25519.Identity.from_str(sys.argv[2])
class Seal:
    def close(self, plain): return pyrage.encrypt(plain, [identity.to_public()])
    def open(self, sealed): return pyrage.decrypt(sealed, [identity])
for n in range(int(sys.argv[4])):
    store(Path(sys.argv[1]), Seal(), f"{sys.argv[3]}/{n}", Secret("x"))
    print(n, flush=True)
"""


def writer(file: Path, identity: object, name: str, times: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(file), str(identity), name, str(times)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("delay_ms", [0, 3])
def test_a_kill_loses_nothing_that_was_stored_and_the_next_writer_goes_on(delay_ms, tmp_path):
    identity, file = pyrage.x25519.Identity.generate(), tmp_path / "s.age"
    process = writer(file, identity, "a", 10_000)
    for _ in range(3):
        process.stdout.readline()
    threading.Event().wait(delay_ms / 1000)
    process.kill()
    told = 3 + len(process.communicate()[0].splitlines())
    assert writer(file, identity, "b", 1).communicate()[0] == "0\n"
    for kept in (file, Path(f"{file}.1")):
        held = tomllib.loads(pyrage.decrypt(kept.read_bytes(), [identity]).decode())
        assert set(held) >= {f"a/{n}" for n in range(told)}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.age", "s.age.1", "s.age.lock"]


def test_processes_at_once_lose_no_entry(tmp_path):
    identity, file = pyrage.x25519.Identity.generate(), tmp_path / "s.age"
    running = [writer(file, identity, name, 5) for name in "abcd"]
    assert [process.communicate()[0].count("\n") for process in running] == [5, 5, 5, 5]
    plain = pyrage.decrypt(file.read_bytes(), [identity]).decode()
    assert set(tomllib.loads(plain)) == {f"{name}/{n}" for name in "abcd" for n in range(5)}


def test_another_writer_that_does_not_end_is_told(seal, tmp_path, monkeypatch):
    monkeypatch.setattr(vault, "LOCK_S", 0.05)
    file = tmp_path / "s.age"
    with vault.locked(file), pytest.raises(SecretRefused) as caught:
        store(file, seal, "a/b", Secret("x"))
    assert caught.value.message == "errors.secret-file-held"


def test_links_are_followed_and_stay(seal, tmp_path):
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "s.age", tmp_path / "s.age"
    middle = tmp_path / "middle"
    middle.symlink_to(target)
    link.symlink_to(middle)
    store(link, seal, "a/b", Secret("1"))
    store(target, seal, "c/d", Secret("2"))
    assert link.is_symlink()
    assert held(link, seal) == {"a/b": "1", "c/d": "2"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["middle", "real", "s.age"]


@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_every_file_is_the_owners_alone_under_every_umask(mask, seal, tmp_path):
    file = tmp_path / "s.age"
    before = os.umask(mask)
    try:
        store(file, seal, "a/b", Secret("1"))
        file.chmod(0o644)
        store(file, seal, "a/b", Secret("2"))
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"s.age": 0o600, "s.age.1": 0o600, "s.age.lock": 0o600}


def test_what_root_writes_for_somebody_stays_theirs(seal, tmp_path, monkeypatch):
    file, given = tmp_path / "s.age", {}
    store(file, seal, "a/b", Secret("1"))
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, user, _group: given.update({path.name: user}))
    store(file, seal, "a/b", Secret("2"))
    theirs = file.stat().st_uid
    assert given == dict.fromkeys(["s.age.lock", ".s.age.new", ".s.age.1.new"], theirs)


def test_what_stands_can_be_kept(seal, tmp_path):
    file = tmp_path / "s.age"
    assert store(file, seal, "a", Secret("1"), replace=False).reveal() == "1"
    assert store(file, seal, "a", Secret("2"), replace=False).reveal() == "1"
    assert held(file, seal) == {"a": "1"}


# the real seal: scrypt's cost is paid here only


def test_a_file_of_the_first_version_stays_readable():
    held = age_backend(KEPT / "secrets-2026-11-30.age", Secret("open sesame"))
    assert held("demo-clinic/router") == 'q"uo\\te'
    assert held("demo-clinic/router-admin") == "日本語のパスワード"
    assert held("demo-clinic/several") == "one\ntwo\n"


def test_a_passphrase_closes_and_opens_a_file(tmp_path):
    file = tmp_path / "s.age"
    store(file, PassphraseSeal(Secret("open 😀")), "new/one", Secret("𠮷"))
    assert age_backend(file, Secret("open 😀"))("new/one") == "𠮷"


def test_another_passphrase_opens_nothing_and_is_not_shown():
    with pytest.raises(SecretRefused) as caught:
        age_backend(KEPT / "secrets-2026-11-30.age", Secret("wrong words"))
    assert "wrong words" not in f"{caught.value} {caught.value.remedy}"


def test_a_passphrase_that_is_no_text_is_a_sentence():
    with pytest.raises(SecretRefused, match="UTF-8"):
        PassphraseSeal(Secret("\udce9"))


def test_the_entry_at_fault_is_named_whatever_stands_in_others() -> None:
    said = '"a/1" = "x\u2028y"\n"a/2" = "p\u2028q"\n"a/3" = "ok"\n"a/4" = broken\n'
    with pytest.raises(SecretRefused) as caught:
        content_of(Path("x"), said.encode())
    assert (caught.value.values["line"], caught.value.values["reference"]) == (4, "a/4")
