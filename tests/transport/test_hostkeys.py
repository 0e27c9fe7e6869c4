"""known_hosts: OpenSSH's format, read whole or refused; written under a lock, for its owner."""

from __future__ import annotations

import base64
import os
import re
import stat
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paramiko.hostkeys import HostKeyEntry

from onshi_net.errors import DeviceError, HostKeyChanged, HostUnknown, InputError
from onshi_net.transport import hostkeys, trustfile
from onshi_net.transport.bond import Bond, By
from onshi_net.transport.hostkeys import parse
from onshi_net.transport.trustfile import Unread

from .hostile_files import (
    COMMENTS,
    NAME,
    content,
    foreign_lines,
    hashed,
    line,
    spoiled_files,
    whole_files,
)
from .strangers import KEYS, OTHER_KEYS

KEY, OTHER = KEYS["ecdsa"], OTHER_KEYS["ecdsa"]
BOND = Bond("2026-12-01T05:00:00Z", By.PERSON, "00:a0:de:01:02:03", "S5X000001")


WORDS = st.text("@!|*,=+/ aA1\u3042\x85\u2028", max_size=12)


def file_of(raw: bytes) -> Path:
    """A file in a folder that the test run clears away."""
    descriptor, name = tempfile.mkstemp(dir=FOLDER.name)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
    return Path(name)


FOLDER = tempfile.TemporaryDirectory(prefix="known-hosts-")


def refused(file: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        hostkeys.recorded(file, NAME)
    return caught.value


# Reading


@given(whole_files())
def test_the_host_is_found_however_it_is_named(lines: list[str]) -> None:
    known = hostkeys.recorded(file_of(content(lines)), NAME)
    assert KEY.asbytes() in {entry.key for entry in known.entries}
    assert hostkeys.recorded(file_of(content(lines)), "198.51.100.1").entries == ()


@given(spoiled_files())
def test_what_is_spoiled_is_refused_with_place_and_remedy(raw: bytes) -> None:
    error = refused(file_of(raw))
    assert all("--forget" in fault.remedy or fault.remedy for fault in error.faults)
    assert all(fault.place.line or len(error.faults) == 1 for fault in error.faults)


@given(whole_files(), st.data())
def test_a_file_that_was_cut_is_refused_or_cut_between_two_lines(lines: list[str], data) -> None:
    whole = content(lines)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    if cut and cut.endswith(b"\n"):
        hostkeys.recorded(file_of(cut), NAME)
    else:
        refused(file_of(cut))


@given(st.binary(max_size=400))
def test_any_bytes_are_read_whole_or_refused(raw: bytes) -> None:
    file = file_of(raw)
    try:
        lines = trustfile.read(file, hostkeys.parse)
    except InputError as error:
        assert error.faults
        return
    assert len(lines) == raw.count(b"\n")


@given(WORDS, WORDS, WORDS)
def test_any_words_are_an_entry_or_a_fault(names: str, kind: str, key: str) -> None:
    try:
        entry = hostkeys.parse(f"{names} {kind} {key}")
    except trustfile.Unread:
        return
    assert entry.key


@given(st.text("ab*?.", max_size=12), st.text("ab.", max_size=12))
def test_patterns_are_openssh_s(pattern: str, name: str) -> None:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    expected = re.fullmatch("".join(parts), name) is not None
    entry = hostkeys.Entry("", (pattern,), "ssh-rsa", b"")
    assert entry.is_of(name) is expected


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    entry = hostkeys.Entry("", ("*a" * 400 + "b",), "ssh-rsa", b"")
    assert not entry.is_of("a" * 400)


def test_a_negated_pattern_takes_the_host_out() -> None:
    file = file_of(content([line(KEY, f"*,!{NAME}")]))
    assert hostkeys.recorded(file, NAME).entries == ()
    assert hostkeys.recorded(file, "192.0.2.1").entries


def word(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


SK = "sk-ssh-ed25519@openssh.com"
"""A type that paramiko has no class for."""
SK_KEY = word(SK.encode()) + word(b"k" * 32) + word(b"ssh:")


def test_a_type_that_paramiko_has_no_class_for_is_a_recorded_key_all_the_same() -> None:
    text = f"{NAME} {SK} {base64.b64encode(SK_KEY).decode()}\n"
    known = hostkeys.recorded(file_of(text.encode()), NAME)
    with pytest.raises(HostKeyChanged):
        hostkeys.check("router", known, KEY.asbytes())


@pytest.mark.parametrize(
    ("kind", "key"),
    [(SK, SK_KEY), *((one.get_name(), one.asbytes()) for one in KEYS.values())],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_no_part_of_a_key_is_a_key(kind: str, key: bytes) -> None:
    assert hostkeys.parse(f"{NAME} {kind} {base64.b64encode(key).decode()}").key == key
    # Between two strings a key of an unknown type may end: only its own class could tell.
    ends = {len(SK_KEY), len(SK_KEY) - len(word(b"ssh:"))} if kind == SK else {len(key)}
    for size in set(range(len(key))) - ends:
        with pytest.raises(trustfile.Unread):
            hostkeys.parse(f"{NAME} {kind} {base64.b64encode(key[:size]).decode()}")


def test_the_era_is_old_only_where_every_line_says_so() -> None:
    old, new = (line(KEY, comment=f"onshi:{era}") for era in ("legacy", "modern"))
    assert hostkeys.recorded(file_of(content([old])), NAME).era == "legacy"
    assert hostkeys.recorded(file_of(content([old, new])), NAME).era == "modern"
    assert hostkeys.recorded(file_of(content([line(KEY)])), NAME).era == "modern"


@pytest.mark.parametrize("what", ["folder", "dangling", "fifo", "link to a folder", "empty"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, what: str) -> None:
    file = tmp_path / "known_hosts"
    make = {
        "folder": file.mkdir,
        "dangling": lambda: file.symlink_to(tmp_path / "gone" / "there"),
        "fifo": lambda: os.mkfifo(file),
        "link to a folder": lambda: file.symlink_to(tmp_path),
        "empty": file.touch,
    }
    make[what]()
    error = refused(file)
    assert "--forget" in error.faults[0].remedy
    found = hostkeys.forget(file, NAME)
    assert found.aside is not None
    assert os.path.lexists(found.aside)
    assert hostkeys.recorded(file, NAME).entries == ()
    assert not (tmp_path / "gone").exists()


def test_no_file_is_nobody_known(tmp_path: Path) -> None:
    assert hostkeys.recorded(tmp_path / "none", NAME).entries == ()


# Judging


def test_a_host_without_a_key_is_unknown_and_one_with_another_has_changed() -> None:
    nobody = hostkeys.Recorded(Path("known_hosts"), NAME)
    with pytest.raises(HostUnknown) as unknown:
        hostkeys.check("router", nobody, KEY.asbytes())
    assert "onshi trust" in unknown.value.remedy
    known = hostkeys.recorded(file_of(content([line(OTHER)])), NAME)
    with pytest.raises(HostKeyChanged) as changed:
        hostkeys.check("router", known, KEY.asbytes())
    assert str(changed.value).count("SHA256:") == 2
    assert "onshi trust" in changed.value.remedy


def test_a_revoked_key_is_refused_even_where_it_is_recorded_too() -> None:
    lines = [line(KEY), line(KEY, "somebody.example", marker="@revoked")]
    known = hostkeys.recorded(file_of(content(lines)), NAME)
    with pytest.raises(HostKeyChanged) as caught:
        hostkeys.check("router", known, KEY.asbytes())
    assert caught.value.message == "transport.host-key-revoked"
    with pytest.raises(HostKeyChanged):
        hostkeys.record(file_of(content(lines[1:])), NAME, KEY, "modern", BOND)


def test_several_algorithms_of_one_host_are_all_good() -> None:
    rsa = KEYS["rsa"]
    known = hostkeys.recorded(file_of(content([line(KEY), line(rsa)])), NAME)
    assert known.key_types == {"ecdsa-sha2-nistp256", "ssh-rsa"}
    for key in (KEY, rsa):
        hostkeys.check("router", known, key.asbytes())


# Writing


@given(st.lists(foreign_lines(), max_size=4), COMMENTS)
def test_recording_and_forgetting_leave_every_other_line_as_it_was(
    lines: list[str], comment: str
) -> None:
    lines = [*lines, line(OTHER, "192.0.2.50", comment=comment)]
    file = file_of(content(lines))
    assert hostkeys.record(file, NAME, KEY, "legacy", BOND)
    known = hostkeys.recorded(file, NAME)
    assert [entry.key for entry in known.entries] == [KEY.asbytes()]
    assert (known.era, known.entries[0].bond) == ("legacy", BOND)
    text = file.read_text(encoding="utf-8")
    assert "".join(f"{one}\n" for one in lines) in text
    assert HostKeyEntry.from_line(text.splitlines()[-1]).key == KEY
    found = hostkeys.forget(file, NAME)
    assert found == hostkeys.Forgotten((hostkeys.fingerprint(KEY.asbytes()),))
    after = file.read_text(encoding="utf-8").splitlines()
    assert [one for one in after if not one.startswith("# onshi:")] == [
        one for one in lines if not one.startswith("# onshi:")
    ]


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (NAME, None),
        (hashed(NAME), None),
        (f"192.0.2.7,{NAME}", "192.0.2.7"),
        ("[127.0.0.1]:*", f"[127.0.0.1]:*,!{NAME}"),
        (f"[127.0.0.1]:*,{NAME}", f"[127.0.0.1]:*,!{NAME}"),
    ],
    ids=["plain", "hashed", "among others", "of a pattern", "of a pattern and plain"],
)
def test_forgetting_takes_one_host_out_of_a_line(names: str, left: str | None) -> None:
    file = file_of(content([line(KEY, names, comment="kept note")]))
    assert hostkeys.forget(file, NAME).keys
    lines = [one for one in file.read_text().splitlines() if not one.startswith("#")]
    assert lines == ([] if left is None else [line(KEY, left, comment="kept note")])
    assert hostkeys.recorded(file, NAME).entries == ()


def test_forgetting_in_a_damaged_file_keeps_it_aside_and_its_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    other, revoked = line(OTHER, "192.0.2.9"), line(OTHER, "192.0.2.10", marker="@revoked")
    raw = content([other, revoked, line(KEY), "damaged line"])
    file.write_bytes(raw)
    found = hostkeys.forget(file, NAME)
    assert found.aside is not None
    assert found.aside.read_bytes() == raw
    assert [one for one in file.read_text().splitlines() if one[0] != "#"] == [other, revoked]


def test_another_key_is_recorded_only_instead(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    assert hostkeys.record(file, NAME, OTHER, "modern", BOND)
    before = file.read_bytes()
    with pytest.raises(HostKeyChanged):
        hostkeys.record(file, NAME, KEY, "modern", BOND)
    assert file.read_bytes() == before
    assert hostkeys.record(file, NAME, KEY, "modern", BOND, instead=True)
    assert [one.key for one in hostkeys.recorded(file, NAME).entries] == [KEY.asbytes()]


def test_a_damaged_file_is_never_written_to(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_bytes(b"damaged")
    with pytest.raises(InputError):
        hostkeys.record(file, NAME, KEY, "modern", BOND)
    assert file.read_bytes() == b"damaged"


def test_the_file_is_its_owner_s_alone_and_a_link_is_followed(tmp_path: Path) -> None:
    there, link = tmp_path / "shared" / "keys", tmp_path / "known_hosts"
    there.parent.mkdir()
    there.write_bytes(content(["# begun by hand"]))
    there.chmod(0o644)
    link.symlink_to(there)
    hostkeys.record(link, NAME, KEY, "modern", BOND)
    assert link.is_symlink()
    assert NAME in there.read_text()
    left = [file for file in tmp_path.rglob("*") if file.is_file() and not file.is_symlink()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in left} == {0o600}
    assert not [file for file in left if file.name.endswith(".new")]


def test_lines_of_a_serial_are_found_under_other_addresses() -> None:
    bound = line(OTHER, "10.0.0.1", comment=" ".join(BOND.words))
    known = hostkeys.recorded(file_of(content([bound])), NAME)
    assert [one.key for one in known.of_serial("S5X000001")] == [OTHER.asbytes()]
    assert known.of_serial("S5X000002") == known.of_serial("") == ()


def test_first_contacts_at_once_record_once(tmp_path: Path) -> None:
    file, begun = tmp_path / "known_hosts", threading.Barrier(8)
    new: list[bool] = []

    def meet() -> None:
        begun.wait()
        new.append(hostkeys.record(file, NAME, KEY, "modern", BOND))

    threads = [threading.Thread(target=meet) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(new) == [False] * 7 + [True]
    assert file.read_text().count(NAME) == 1


MEET = """
import sys, paramiko
from pathlib import Path
from onshi_net.transport import hostkeys
from onshi_net.transport.bond import Bond
key = paramiko.ECDSAKey.from_private_key_file(sys.argv[2])
for n in range(20):
    hostkeys.record(Path(sys.argv[1]), f"192.0.2.{n}", key, "modern", Bond())
    hostkeys.record(Path(sys.argv[1]), f"198.51.100.{sys.argv[3]}{n}", key, "modern", Bond())
"""


def test_two_processes_lose_no_line_of_each_other(tmp_path: Path) -> None:
    file, pem = tmp_path / "known_hosts", tmp_path / "key"
    KEY.write_private_key_file(str(pem))
    command = [sys.executable, "-c", MEET, str(file), str(pem)]
    some = [subprocess.Popen([*command, str(number)]) for number in (1, 2)]
    assert [one.wait(60) for one in some] == [0, 0]
    lines = [one for one in file.read_text().splitlines() if not one.startswith("#")]
    assert len(lines) == 60


def test_a_lock_that_is_held_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "known_hosts"
    monkeypatch.setattr(trustfile, "LOCK_S", 0.05)
    with trustfile.locked(file), pytest.raises(DeviceError) as caught:
        hostkeys.record(file, NAME, KEY, "modern", BOND)
    assert caught.value.remedy
    assert hostkeys.record(file, NAME, KEY, "modern", BOND)


def test_a_negative_modulus_is_no_key() -> None:
    wire = b"".join(struct.pack(">I", len(one)) + one for one in (b"ssh-rsa", b"\1\0\1", b"\x9d"))
    with pytest.raises(Unread):
        parse("10.51.1.1 ssh-rsa " + base64.b64encode(wire).decode())
