"""Strangers at a router's address get no user name and no password, whatever the file says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings

from onshi_net.errors import (
    DeviceError,
    HostKeyChanged,
    HostUnknown,
    InputError,
    LoginRefused,
    Unreachable,
)
from onshi_net.platforms.yamaha.session import open_router
from onshi_net.transport import hostkeys
from onshi_net.transport.bond import Bond
from onshi_net.transport.handshake import look

from .hostile_files import LINE_FAULTS, content, hashed, line, spoiled_files
from .routers import CANARY_INITIAL, CANARY_LOGIN, management, new_secrets
from .strangers import KEYS, OTHER_KEYS, Heard, served, stranger
from .test_hostkeys import file_of

KEY, OTHER = KEYS["ecdsa"], OTHER_KEYS["ecdsa"]


def met(port: int, known: Path) -> None:
    session = open_router(management(port), new_secrets(), known, deadline_s=10)
    session.close()


def name(port: int) -> str:
    return hostkeys.host_name("127.0.0.1", port)


@pytest.mark.parametrize("lets_in", [False, True])
def test_a_router_that_was_never_met_gets_nothing_and_is_not_learned(
    tmp_path: Path, lets_in: bool
) -> None:
    known = tmp_path / "known"
    with stranger(KEY, lets_in=lets_in) as (port, heard), pytest.raises(HostUnknown) as caught:
        met(port, known)
    assert (heard.connections, heard.tried) == (1, [])
    assert hostkeys.fingerprint(KEY.asbytes()) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("named", [str, hashed])
@pytest.mark.parametrize("shown", [(OTHER,), (OTHER_KEYS["rsa"],), (KEYS["rsa"], OTHER)])
def test_another_key_gets_nothing_also_of_another_type(named, shown, tmp_path: Path) -> None:
    known = tmp_path / "known"
    with stranger(*shown) as (port, heard):
        known.write_bytes(content([line(KEY, named(name(port)))]))
        before = known.read_bytes()
        with pytest.raises(HostKeyChanged):
            met(port, known)
    assert heard.tried == []
    assert known.read_bytes() == before


def test_a_revoked_key_gets_nothing(tmp_path: Path) -> None:
    known = tmp_path / "known"
    with stranger(KEY) as (port, heard):
        known.write_bytes(content([line(KEY, name(port)), line(KEY, "*", marker="@revoked")]))
        with pytest.raises(HostKeyChanged):
            met(port, known)
    assert heard.tried == []


@pytest.mark.parametrize("shown", [(KEY,), (OTHER_KEYS["rsa"], KEY)])
def test_the_bound_key_gets_the_password_and_a_refusal_changes_nothing(
    shown, tmp_path: Path
) -> None:
    """The servers do record: what the others did not hear was not said."""
    known = tmp_path / "known"
    with stranger(*shown) as (port, heard):
        known.write_bytes(content([line(KEY, name(port))]))
        with pytest.raises(LoginRefused):
            met(port, known)
    assert heard.tried == [("password", CANARY_LOGIN), ("password", CANARY_INITIAL)]


@pytest.fixture(scope="module")
def silent():
    heard = Heard()
    with served(lambda link: link.close(), heard) as port:
        yield port, heard


@given(spoiled_files())
@settings(max_examples=60)
def test_a_file_that_is_not_whole_is_refused_before_a_connection(silent, raw: bytes) -> None:
    port, heard = silent
    with pytest.raises(InputError):
        met(port, file_of(raw))
    assert heard.connections == 0


@pytest.mark.parametrize("kind", LINE_FAULTS)
def test_a_damaged_line_is_told_with_its_number(silent, kind: str) -> None:
    port, heard = silent
    file = file_of(content(["# first", LINE_FAULTS[kind](line(KEY, name(port)))]))
    with pytest.raises(InputError) as caught:
        met(port, file)
    (fault,) = caught.value.faults
    assert (fault.place.file, fault.place.line) == (file, 2)
    assert "onshi trust" in fault.remedy
    assert heard.connections == 0


@pytest.mark.parametrize("what", ["folder", "dangling"])
def test_a_folder_or_a_dangling_link_is_refused_before_a_connection(
    silent, tmp_path: Path, what: str
) -> None:
    port, heard = silent
    known = tmp_path / "known"
    known.mkdir() if what == "folder" else known.symlink_to(tmp_path / "gone")
    with pytest.raises(InputError):
        met(port, known)
    assert heard.connections == 0


def test_the_look_says_nothing_and_the_session_is_held_to_it(tmp_path: Path) -> None:
    """Between the look and the login somebody takes the router's place."""
    known = tmp_path / "known"
    with stranger(KEY, lets_in=True) as (port, heard):
        shown = look("127.0.0.1", port, hostkeys.recorded(known, name(port)), 10)
        assert shown.fingerprint == hostkeys.fingerprint(KEY.asbytes())
        assert heard.tried == []
    with stranger(OTHER, lets_in=True) as (second, also):
        hostkeys.record(known, name(second), shown.key, shown.era, Bond())
        with pytest.raises(HostKeyChanged):
            met(second, known)
    assert (heard.tried, also.tried) == ([], [])


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-1.5-old\r\n", b"SSH-2.0-x\r\n" + b"\x00" * 64],
)
def test_what_speaks_no_ssh_is_unreachable_in_time(said: bytes) -> None:
    def talk(link) -> None:
        link.sendall(said)
        link.close()

    started = time.monotonic()
    with served(talk, Heard()) as port, pytest.raises((Unreachable, DeviceError)):
        look("127.0.0.1", port, hostkeys.Recorded(Path("none"), name(port)), 3)
    assert time.monotonic() - started < 8
