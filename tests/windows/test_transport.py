"""How a PC is reached: URLs, refused settings, envelopes, certificates, shells, causes, cables."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import stat
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Interface, IPv4Network, ip_address
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.errors import HostKeyChanged, HostUnknown, InputError, Unreachable
from onshi_net.i18n import text
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.pcs.powershell import Script
from onshi_net.transport.bond import Bond, By
from onshi_net.transport.windows import (
    Cause,
    Endpoint,
    Leg,
    NotReady,
    ScriptFailed,
    WindowsLost,
    cable_advice,
    diagnosis,
    envelope,
    open_windows,
    pins,
    readiness,
    require_leg,
    shells,
)
from onshi_net.transport.windows.challenge import parse_challenge
from onshi_net.transport.windows.endpoint import Files, refuse_unsafe
from onshi_net.transport.windows.legs import Segment
from onshi_net.transport.windows.nornir import WindowsConnection
from tests.windows.fake_pc import RECEIPT_ACCESS

BOND = Bond("2026-12-01T05:00:00Z", By.YES, "00:1b:21:00:00:01")
LOOPBACK = ip_address("127.0.0.1")
HERE = Script("here", {}, "'あ'")


# Endpoint


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        (Endpoint(ip_address("192.168.1.21")), "http://192.168.1.21:5985/wsman"),
        (Endpoint(ip_address("192.168.1.21"), tls=True), "https://192.168.1.21:5986/wsman"),
        (Endpoint(ip_address("2001:db8::1")), "http://[2001:db8::1]:5985/wsman"),
        (
            Endpoint(ip_address("fe80::1"), scope="eth0", port=80),
            "http://[fe80::1%25eth0]:80/wsman",
        ),
    ],
)
def test_the_full_url_goes_to_the_protocol(endpoint: Endpoint, url: str) -> None:
    from winrm.protocol import Protocol

    assert endpoint.url == url
    assert Protocol(url, username="a", password="b").transport.endpoint == url


@pytest.mark.parametrize(
    "settings",
    [
        {"transport": "basic"},
        {"transport": "plaintext"},
        {"auth": "Basic"},
        {"message_encryption": "never"},
        {"server_cert_validation": "ignore"},
        {"transport": "ssl"},
    ],
)
def test_settings_that_show_the_password_or_trust_anybody_are_refused(
    settings: dict[str, str],
) -> None:
    with pytest.raises(InputError):
        refuse_unsafe(settings)
    refuse_unsafe({"transport": "ntlm", "message_encryption": "always"})


def test_the_connection_plugin_takes_no_password_and_no_unsafe_setting(tmp_path: Path) -> None:
    from onshi_net.errors import DeviceError
    from onshi_net.inventory.secrets import Secrets
    from onshi_net.transport.windows.endpoint import Files

    extras = {"secret": "a", "secrets": Secrets([{"a": "b"}.get]), "files": Files.under(tmp_path)}
    with pytest.raises(DeviceError):
        WindowsConnection().open("127.0.0.1", "u", "in the inventory", 5985, "windows", extras)
    with pytest.raises(InputError):
        WindowsConnection().open(
            "127.0.0.1", "u", None, 5985, "windows", {**extras, "transport": "basic"}
        )


def test_messages_are_sealed_over_http() -> None:
    from onshi_net.transport.windows.wsman import Link

    link = Link(Endpoint(LOOPBACK), RECEIPT_ACCESS, Secret("p"), None)
    transport = link._protocol.transport
    assert (transport.auth_method, transport.message_encryption) == ("ntlm", "always")
    assert transport.server_cert_validation == "validate"


# Envelope


@given(st.lists(st.text(min_size=1, max_size=20), max_size=3), st.text(max_size=50))
def test_script_and_secrets_travel_as_lines_of_ascii(secrets: list[str], words: str) -> None:
    usable = [s for s in secrets if not any(0xD800 <= ord(c) < 0xE000 for c in s)]
    script = Script("x", {}, words.encode("utf-8", "ignore").decode())
    lines = (
        envelope.standard_input(script, [Secret(s) for s in usable]).decode("ascii").split("\r\n")
    )
    assert [base64.b64decode(line).decode() for line in lines[:-1]] == [script.text, *usable]


def marked(answer: bytes) -> bytes:
    return b"noise\r\nonshi-answer " + base64.b64encode(answer) + b"\r\n"


def said(value: object) -> bytes:
    return marked(json.dumps(value, ensure_ascii=False).encode())


def test_the_answer_is_the_marked_line() -> None:
    assert envelope.answer(HERE, (), said({"value": {"a": "あ𠮷"}}), b"", "pc") == {"a": "あ𠮷"}
    assert envelope.answer(HERE, (), said({"value": [1]}), b"", "pc") == {"value": [1]}


@pytest.mark.parametrize(
    "out",
    [b"", b"\xff\xfe", b"onshi-answer {", *map(marked, (b"", b"{", b"[]", b"3", b"\xff"))],
)
def test_what_is_no_answer_is_a_failed_script(out: bytes) -> None:
    with pytest.raises(ScriptFailed):
        envelope.answer(HERE, (), out, b"boom", "pc")


def test_an_error_carries_its_code_and_never_a_secret() -> None:
    error = {
        "error": {"kind": "X,hunter2", "code": -2147023570, "text": "logon failed for hunter2"}
    }
    with pytest.raises(ScriptFailed) as failed:
        envelope.answer(HERE, [Secret("hunter2")], said(error), b"", "pc")
    assert failed.value.code == 0x8007052E
    assert "hunter2" not in f"{failed.value} {failed.value!r} {failed.value.kind}"
    with pytest.raises(ScriptFailed) as silent:
        envelope.answer(HERE, [Secret("hunter2")], b"", b"at line hunter2", "pc")
    assert "hunter2" not in str(silent.value)


# Pinned certificates


def certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(pem + built.public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def tls_server(file: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Serves TLS until the block ends; gives the port and what clients sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            plain.settimeout(5)
            try:
                with context.wrap_socket(plain, server_side=True) as tls:
                    heard.append(tls.recv(4096))
            except OSError:
                continue

    worker = threading.Thread(target=serve, daemon=True)
    worker.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        worker.join(6)


def test_a_certificate_is_held_once_somebody_bound_it(tmp_path: Path) -> None:
    file = tmp_path / "pins"
    with tls_server(certificate(tmp_path, "PC-1")) as (port, heard):
        endpoint = Endpoint(LOOPBACK, tls=True, port=port)
        with pytest.raises(HostUnknown) as unknown:
            pins.trusted(file, endpoint, 5, site="demo", host="terminal-1")
        assert "onshi trust demo terminal-1" in unknown.value.remedy
        assert not file.exists()
        shown = pins.look(endpoint, 5)
        assert pins.record(file, endpoint, shown, BOND)
        assert not pins.record(file, endpoint, shown, BOND)
        assert pins.trusted(file, endpoint, 5) == shown.sha256
        assert b"".join(heard) == b""
    (line,) = [one for one in file.read_text().splitlines() if not one.startswith("#")]
    words = " ".join(BOND.words)
    assert line == f"127.0.0.1:{port} sha256:{shown.sha256} {words} CN=PC-1"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert pins.recorded(file, endpoint) == (pins.Pin(words_of(line), shown.sha256, BOND),)


def words_of(line: str) -> str:
    return line.split(maxsplit=1)[0]


def test_another_certificate_is_refused_until_the_old_one_is_forgotten(tmp_path: Path) -> None:
    file, old = tmp_path / "pins", "ab" * 32
    with tls_server(certificate(tmp_path, "PC-2")) as (port, heard):
        endpoint = Endpoint(LOOPBACK, tls=True, port=port)
        file.write_text(f"127.0.0.1:{port} sha256:{old} CN=PC-1\n10.0.0.1:5986 sha256:{old} CN=x\n")
        with pytest.raises(HostKeyChanged) as changed:
            pins.trusted(file, endpoint, 5, site="demo", host="terminal-1")
        assert "onshi trust demo terminal-1" in changed.value.remedy
        with pytest.raises(HostKeyChanged):
            pins.record(file, endpoint, pins.look(endpoint, 5), BOND)
        assert b"".join(heard) == b""
        assert pins.forget(file, endpoint).keys == (old,)
        assert pins.forget(file, endpoint).keys == ()
        assert "10.0.0.1:5986" in file.read_text()
        pins.record(file, endpoint, pins.look(endpoint, 5), BOND)
        assert pins.trusted(file, endpoint, 5) != old


@given(st.binary(max_size=200))
def test_certificates_are_read_whole_or_refused(raw: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(raw)
        file.flush()
        try:
            pins.recorded(Path(file.name), Endpoint(LOOPBACK, tls=True))
        except InputError as error:
            assert error.faults


@pytest.mark.parametrize(
    "spoilt",
    [
        b"",
        b"127.0.0.1:5986 sha256:ab\n",
        b"127.0.0.1:5986\n",
        b"\xff\xfe1\x00",
        b"x sha256:" + b"a" * 64,
    ],
)
def test_a_spoilt_file_of_certificates_is_refused_before_a_connection(
    tmp_path: Path, spoilt: bytes
) -> None:
    files = Files.under(tmp_path)
    files.pins.write_bytes(spoilt)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        endpoint = Endpoint(LOOPBACK, tls=True, port=port)
        secrets = Secrets([lambda _reference: "canary"])
        with pytest.raises(InputError):
            open_windows(RECEIPT_ACCESS, secrets, files, endpoint=endpoint)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_nothing_is_sent_to_another_certificate(tmp_path: Path) -> None:
    from onshi_net.transport.windows.wsman import Link

    with tls_server(certificate(tmp_path, "PC-1")) as (port, heard):
        endpoint = Endpoint(LOOPBACK, tls=True, port=port)
        link = Link(endpoint, RECEIPT_ACCESS, Secret("canary"), "00" * 32)
        with pytest.raises(Unreachable):
            link.open()
        link.drop()
    assert b"POST" not in b"".join(heard)


def test_a_pc_that_answers_no_tls_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        pins.trusted(tmp_path / "pins", Endpoint(LOOPBACK, tls=True, port=free_port()), 1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# Shells


def test_only_shells_of_dead_processes_are_left_over(tmp_path: Path) -> None:
    import subprocess

    file, url = tmp_path / "shells", "http://pc:5985/wsman"
    shells.opened(file, url, "mine")
    dead = subprocess.Popen(["true"])
    dead.wait()
    known = json.loads(file.read_text())
    known[url]["theirs"] = dead.pid
    file.write_text(json.dumps(known))
    assert shells.left_open(file, url) == ("theirs",)
    shells.abandoned(file, url, "lost")
    assert shells.left_open(file, url) == ("theirs", "lost")
    shells.closed(file, url, "lost")
    shells.closed(file, url, "theirs")
    shells.closed(file, url, "mine")
    assert json.loads(file.read_text()) == {}


def test_a_shell_is_noted_before_its_id_is_known(tmp_path: Path) -> None:
    file, url = tmp_path / "shells", "http://pc:5985/wsman"
    shells.opening(file, url)
    (mark,) = shells.known(file, url)
    assert mark.startswith(shells.UNKNOWN)
    shells.opened(file, url, "mine")
    assert shells.known(file, url) == ("mine",)
    shells.opening(file, url)
    shells.not_opened(file, url)
    assert shells.known(file, url) == ("mine",)


@pytest.mark.parametrize("spoilt", ["", "[]", "{", "null"])
def test_a_spoilt_file_of_shells_is_an_empty_one(tmp_path: Path, spoilt: str) -> None:
    (tmp_path / "shells").write_text(spoilt)
    assert shells.left_open(tmp_path / "shells", "x") == ()


# Causes


@pytest.mark.parametrize(
    ("port", "on_link", "refused", "skew", "causes"),
    [
        ("open", True, False, 0.0, ()),
        ("refused", True, False, None, (Cause.SERVICE_OFF,)),
        ("no-host", True, False, None, (Cause.PC_OFF,)),
        ("silent", True, False, None, (Cause.SERVICE_OFF, Cause.PUBLIC_PROFILE, Cause.PC_OFF)),
        (
            "silent",
            False,
            False,
            None,
            (Cause.NOT_LOCAL, Cause.SERVICE_OFF, Cause.PUBLIC_PROFILE, Cause.PC_OFF),
        ),
        ("open", True, True, 1.0, (Cause.WRONG_PASSWORD, Cause.TOKEN_FILTER, Cause.LOCKED)),
        (
            "open",
            True,
            True,
            -40 * 3600.0,
            (Cause.CLOCK, Cause.WRONG_PASSWORD, Cause.TOKEN_FILTER, Cause.LOCKED),
        ),
        ("open", True, True, 3600.0, (Cause.WRONG_PASSWORD, Cause.TOKEN_FILTER, Cause.LOCKED)),
        ("open", True, False, 40 * 3600.0, ()),
    ],
)
def test_causes_fit_what_can_be_seen(
    port: str, on_link: bool, refused: bool, skew: float | None, causes: tuple[Cause, ...]
) -> None:
    found = diagnosis.causes_of(diagnosis.Port(port), on_link=on_link, refused=refused, skew_s=skew)
    assert found == causes


def test_every_cause_has_a_sentence_and_an_exact_remedy() -> None:
    values = {
        "host": "pc",
        "user": "u",
        "address": "a",
        "port": 1,
        "site": "demo-clinic",
        "seconds": 4,
    }
    for cause in Cause:
        assert text(f"winrm.cause.{cause}", **values)
        assert NotReady([cause.value], **values).remedy
    error = NotReady([cause.value for cause in Cause], **values)
    assert len(str(error).splitlines()) == len(Cause) + 1
    assert error.remedy.count("onshi winrm prepare demo-clinic") == 1


def test_a_closed_port_is_a_service_that_is_off() -> None:
    found = readiness(RECEIPT_ACCESS, Endpoint(LOOPBACK, port=free_port()))
    assert found.causes == (Cause.SERVICE_OFF,)


def challenge(name: str, ticks: int) -> bytes:
    words = name.encode("utf-16-le")
    pairs = (
        struct.pack("<HH", 1, len(words)) + words + struct.pack("<HHQ", 7, 8, ticks) + b"\0\0\0\0"
    )
    head = b"NTLMSSP\0" + struct.pack(
        "<IHHII8s8sHHI", 2, 0, 0, 56, 0, b"c" * 8, b"\0" * 8, len(pairs), len(pairs), 56
    )
    return head + struct.pack("<BBH3sB", 10, 0, 19044, b"\0\0\0", 15) + pairs


def test_a_challenge_tells_name_build_and_clock() -> None:
    moment = datetime(2026, 4, 1, tzinfo=UTC)
    ticks = int((moment - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
    found = parse_challenge(b"wrapped" + challenge("受付PC", ticks))
    assert found is not None
    assert (found.computer_name, found.build, found.time) == ("受付PC", 19044, moment)


@given(st.binary(max_size=120))
def test_no_challenge_makes_the_parser_raise(message: bytes) -> None:
    parse_challenge(message)
    parse_challenge(b"NTLMSSP\0\x02\0\0\0" + message)


# Cables

CLINIC = Segment("clinic", IPv4Network("192.168.1.0/24"), (3, 4))
STANDING = (Leg("terminal0", IPv4Interface("10.51.1.200/24")),)


def test_a_laptop_in_the_terminal_network_is_told_where_to_plug() -> None:
    advice = cable_advice(STANDING, CLINIC)
    assert "3, 4" in advice
    assert "10.51.1.200/24" in advice
    with pytest.raises(Unreachable) as refused:
        require_leg(STANDING, CLINIC, "receipt-1")
    assert refused.value.remedy == advice
    assert "no network of this site" in cable_advice((), CLINIC)


def test_a_laptop_that_stands_right_is_told_nothing() -> None:
    leg = Leg("clinic0", IPv4Interface("192.168.1.200/24"))
    assert cable_advice((*STANDING, leg), CLINIC) == ""
    assert require_leg((*STANDING, leg), CLINIC, "receipt-1") == leg


@pytest.mark.parametrize(("tidy", "gone"), [(False, []), (True, ["theirs"])])
def test_only_who_does_the_rest_ends_what_a_killed_run_began(
    tidy: bool, gone: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[str] = []

    class Told:
        """A link that works and notes which shells it is to close."""

        url, shell = "http://127.0.0.1:5985/wsman", "mine"

        def __init__(self, *_: object, **__: object) -> None: ...

        def open(self) -> None: ...

        def drop(self) -> None: ...

        def remove(self, shell: str) -> None:
            removed.append(shell)

    monkeypatch.setattr("onshi_net.transport.windows.wsman.Link", Told)
    monkeypatch.setattr(
        "onshi_net.transport.windows.session.try_port", lambda _: diagnosis.Port.OPEN
    )
    files = Files.under(tmp_path)
    shells.abandoned(files.shells, Told.url, "theirs")
    given = Secrets([lambda _: "password"])
    open_windows(RECEIPT_ACCESS, given, files, endpoint=Endpoint(LOOPBACK), tidy=tidy)
    assert removed == gone
    assert set(shells.known(files.shells, Told.url)) == {"mine", *({"theirs"} - set(gone))}


@pytest.mark.parametrize(
    "odd", [ElementTree.ParseError("no XML"), StopIteration(), AssertionError(), struct.error("x")]
)
def test_an_answer_that_is_none_loses_the_session_and_nothing_else(
    odd: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What pywinrm and its parsers raise for a stranger's answer on the PC's port."""

    from onshi_net.transport.windows.wsman import Link

    def strange(*_: object, **__: object) -> None:
        raise odd

    link = Link(Endpoint(LOOPBACK), RECEIPT_ACCESS, Secret("x"), None)
    monkeypatch.setattr(link, "_protocol", SimpleNamespace(run_command=strange))
    with pytest.raises(WindowsLost):
        link.execute("powershell", [], [b""], "read", time.monotonic() + 1)


def test_shells_are_known_by_the_owner_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The PC calls a Microsoft account's user otherwise than the login did."""
    from onshi_net.transport.windows import wsman

    monkeypatch.setattr(wsman, "own_address", lambda _endpoint: "192.168.1.200")
    link = wsman.Link(Endpoint(LOOPBACK), RECEIPT_ACCESS, Secret("x"), None)
    rows = (
        ("mine", "PC\\taroy", "192.168.1.200"),
        ("left", "PC\\TAROY", "::ffff:192.168.1.200"),
        ("elsewhere", "PC\\taroy", "192.168.1.9"),
        ("another's", "CLINIC\\taroy", "192.168.1.200"),
    )
    space = wsman.NAMES["rsp"]
    told = "".join(
        f"<Shell xmlns='{space}'><ShellId>{shell}</ShellId><Owner>{owner}</Owner>"
        f"<ClientIP>{address}</ClientIP></Shell>"
        for shell, owner, address in rows
    )
    found = list(ElementTree.fromstring(f"<all>{told}</all>"))
    assert list(link._own(found)) == []
    link.shell = "mine"
    assert list(link._own(found)) == ["mine", "left"]
