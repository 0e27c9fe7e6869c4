"""The scripts that look, in the mock PC's PowerShell and over real sockets."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from onshi_lab import pki
from onshi_lab.windows import control
from onshi_lab.windows.certificate import install_authority, install_client
from onshi_net.facts.views import Software, Ways
from onshi_net.pcs.powershell import script
from onshi_net.pcs.proxies import winhttp
from tests.lab.windows import engine
from tests.lab.windows.conftest import ADMIN, Machine

REQUEST = base64.b64encode(b"GET / HTTP/1.0\r\n\r\n").decode()
REPLY = b"HTTP/1.0 200 OK\r\n\r\nhello"


@pytest.fixture
def pc(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "state", "terminal")


@contextmanager
def server(context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[int]:
    """Answers one request on a port of this machine, over TLS where there is a context."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:

        def serve() -> None:
            opened, _ = listening.accept()
            try:
                spoken = context.wrap_socket(opened, server_side=True) if context else opened
                spoken.recv(1024)
                spoken.sendall(REPLY)
                spoken.close()
            except OSError:
                opened.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


def question(kind: str, name: str, port: int, **more: Any) -> dict[str, Any]:
    whole = {"id": kind, "tls": False, "send": REQUEST, "name_ms": 3000, "step_ms": 3000}
    return {**whole, "name": name, "kind": kind, "port": port, **more}


def text(name: str, *questions: dict[str, Any]) -> str:
    values: dict[str, Any] = {"questions": list(questions), "limit": 8192}
    if name == "look_terminal":
        store = "Cert:\\LocalMachine\\My"
        values |= {"certificate_store": store, "issuer": "", "devices": ["Caora"]}
    body = script(name, **values).text
    return (
        "$ErrorActionPreference = 'Stop'\n$state = & {\n" + body + "\n}\n"
        "ConvertTo-Json -Compress -Depth 8 -InputObject $state"
    )


def look(pc: Machine, *questions: dict[str, Any], name: str = "look_terminal") -> Any:
    """What a script prints."""
    said = pc.ps(text(name, *questions))
    assert said.err == ""
    return json.loads(said.out)


def answer(pc: Machine, asked: dict[str, Any]) -> Any:
    return look(pc, asked)["answers"][0]


def test_a_page_comes_whole(pc: Machine) -> None:
    with server() as port:
        found = answer(pc, question("page", "127.0.0.1", port))
    assert (found["ended"], found["source"]) == ("ok", "127.0.0.1")
    assert base64.b64decode(found["answer"]) == REPLY
    assert set(found["took"]) == {"name", "connect", "write", "read"}


def test_a_closed_port_a_name_that_is_none_and_silence_are_told_apart(pc: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        closed = busy.getsockname()[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as quiet:
        quiet.bind(("127.0.0.1", 0))
        silent = quiet.getsockname()[1]
        ends = look(
            pc,
            question("port", "127.0.0.1", closed),
            question("name", "nobody.invalid", 0),
            question("datagram", "127.0.0.1", silent, step_ms=1500),
        )["answers"]
        assert quiet.recv(100) == quiet.recv(100), "a datagram that may be lost is sent again"
    told = [(one["ended"], (one["error"] or {}).get("socket")) for one in ends]
    assert told == [("failed", "ConnectionRefused"), ("failed", "HostNotFound"), ("silent", None)]


@pytest.mark.parametrize(("trusted", "shown"), [(True, True), (False, True), (True, False)])
def test_tls_holds_to_the_pcs_own_authorities_and_shows_its_certificate(
    pc: Machine, tmp_path: Path, trusted: bool, shown: bool
) -> None:
    servers, clients = pki.authority("servers"), pki.authority("clients")
    own = pki.issue(servers, "localhost", pki.ExtendedKeyUsageOID.SERVER_AUTH, pki.SERVER_VALID)
    mine = pki.issue(clients, "me", pki.ExtendedKeyUsageOID.CLIENT_AUTH, pki.CLIENT_VALID)
    files = {
        "server": own.certificate_pem + own.key_pem,
        "clients": clients.certificate_pem,
        "me": mine.certificate_pem + mine.key_pem,
        "servers": servers.certificate_pem,
    }
    for name, pem in files.items():
        (tmp_path / name).write_text(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server")
    context.load_verify_locations(tmp_path / "clients")
    context.verify_mode = ssl.CERT_REQUIRED
    state = pc.pc.config.state
    install_client(state, tmp_path / "me" if shown else None)
    install_authority(state, tmp_path / "servers" if trusted else None)
    with server(context, "::1") as port:
        found = answer(pc, question("page", "localhost", port, tls=True))
    assert (found["ended"] == "ok") is (trusted and shown)
    if not trusted:
        assert found["error"]["kind"] == "AuthenticationException"


def test_proxies_programs_devices_and_drives_are_read(pc: Machine) -> None:
    for request in (
        {"do": "proxy", "user": ADMIN, "server": "192.0.2.9:3128", "bypass": "<local>"},
        {"do": "proxy", "user": "winhttp", "server": "192.0.2.8:8080"},
        {"do": "program", "name": "OQSComApp", "version": "1.5.2"},
        {"do": "plug", "name": "Caora 認証", "class": "Image"},
        {"do": "plug", "name": "Reader", "class": "SmartCardReader"},
        {"do": "plug", "name": "Mouse", "class": "Mouse"},
        {"do": "usb", "drive": "E:", "label": "BACKUP", "files": ["a.P12", "b.txt"]},
        {"do": "ipv6", "on": False},
    ):
        assert control.execute(pc.pc, json.dumps(request).encode()) == {"ok": True}
    found = look(pc)
    ways, software = Ways.model_validate(found["ways"]), Software.model_validate(found["software"])
    assert winhttp(found["ways"]["winhttp"]) == ("192.0.2.8:8080", "")
    assert [(one.enabled, one.server) for one in ways.proxies or ()] == [(True, "192.0.2.9:3128")]
    assert [one.ipv6 for one in ways.adapters or ()] == [False]
    names = {one.name: one.version for one in software.programs or ()}
    assert names["OQSComApp"] == "1.5.2"
    assert "Microsoft Edge" in names
    assert {one.name for one in software.devices or ()} == {"Caora 認証", "Reader"}
    assert [(one.drive, one.certificates) for one in software.drives or ()] == [("E:", 1)]


def test_the_real_engine_asks_the_same(pc: Machine) -> None:
    """The questions' loop is Microsoft's own language over Microsoft's own sockets."""
    if reason := engine.missing():
        pytest.skip(reason)
    ends = []
    for run in (engine_says, lambda body: json.loads(pc.ps(body).out)):
        with server() as port, socket.create_server(("127.0.0.1", 0)) as busy:
            closed = busy.getsockname()[1]
            busy.close()
            said = run(
                text(
                    "look_receipt",
                    question("page", "127.0.0.1", port),
                    question("port", "127.0.0.1", closed),
                )
            )
        ends.append([(one["step"], one["ended"], one["answer"]) for one in said["answers"]])
    assert ends[0] == ends[1]


def engine_says(body: str) -> Any:
    asked = json.dumps({"id": "look", "script": body})
    return json.loads(json.loads(engine.ask_engine("ask", text=asked).stdout)["stdout"])
