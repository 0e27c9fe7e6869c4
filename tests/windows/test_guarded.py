"""Peers that want less protection for a password than it needs: none of them gets a credential."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from spnego._ntlm_raw.messages import (
    AvId,
    Challenge,
    FileTime,
    NegotiateFlags,
    TargetInfo,
    Version,
)

from onshi_net.errors import LoginRefused
from onshi_net.inventory.secrets import Secret
from onshi_net.transport.windows import Endpoint
from onshi_net.transport.windows.errors import Downgrade
from onshi_net.transport.windows.guarded import NEEDED, is_v2, missing_flags, offered
from onshi_net.transport.windows.wsman import Link
from tests.windows.fake_pc import RECEIPT_ACCESS

CANARY = "Canary-Password-77"
SPELLINGS = [
    CANARY.encode(),
    base64.b64encode(CANARY.encode())[:-4],
    CANARY.encode("utf-16-le"),
    base64.b64encode(f"{RECEIPT_ACCESS.username}:{CANARY}".encode()),
]
GOOD = NegotiateFlags(0xE28A8235)
"""What a Windows PC answers: Unicode, sealing, signing, NTLM, 128 bits, extended security."""
SHELL = b"<s:Envelope><w:Selector Name='ShellId'>11111111</w:Selector></s:Envelope>"


@dataclass
class Heard:
    """What the peer was told."""

    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def tokens(self) -> list[bytes]:
        some = (one.get("Authorization", "") for one in self.headers)
        return [token for one in some if one for _, token in offered([one])]

    @property
    def proofs(self) -> list[bytes]:
        """The messages that prove a password."""
        return [one for one in self.tokens if one[8:9] == b"\x03"]

    def holds_password(self) -> bool:
        told = b"\n".join([*(repr(one).encode() for one in self.headers), *self.bodies])
        return any(one in told for one in SPELLINGS)


Reply = tuple[int, list[tuple[str, str]], bytes]
Behaviour = Callable[[dict[str, str], bytes], Reply]


@contextmanager
def peer(behave: Behaviour) -> Iterator[tuple[Endpoint, Heard]]:
    """An HTTP server on the loopback that answers as it is told to."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.headers.append(dict(self.headers))
            heard.bodies.append(body)
            status, headers, content = behave(dict(self.headers), body)
            self.send_response(status)
            for name, value in (*headers, ("Content-Length", str(len(content)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - the server's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    worker = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    worker.start()
    try:
        yield Endpoint(ip_address("127.0.0.1"), port=server.server_port), heard
    finally:
        server.shutdown()
        server.server_close()
        worker.join(5)


def challenge(flags: NegotiateFlags) -> str:
    info = TargetInfo()
    info[AvId.nb_computer_name] = "PC"
    info[AvId.timestamp] = FileTime.now()
    message = Challenge(flags, b"\x01" * 8, target_name="PC", target_info=info, version=Version())
    return base64.b64encode(message.pack()).decode()


def ntlm(flags: NegotiateFlags, after: Reply, scheme: str = "Negotiate") -> Behaviour:
    """Asks for NTLM with these flags; answers `after` to whoever proves something."""

    def behave(headers: dict[str, str], _body: bytes) -> Reply:
        given = headers.get("Authorization")
        if given is None and not behave.proved:  # type: ignore[attr-defined]
            return 401, [("WWW-Authenticate", scheme)], b""
        if given is not None and base64.b64decode(given.split()[1])[8] == 1:
            return 401, [("WWW-Authenticate", f"{scheme} {challenge(flags)}")], b""
        behave.proved = True  # type: ignore[attr-defined]
        return after

    behave.proved = False  # type: ignore[attr-defined]
    return behave


def opened(endpoint: Endpoint) -> None:
    link = Link(endpoint, RECEIPT_ACCESS, Secret(CANARY), None)
    try:
        link.open()
    finally:
        link.drop()


def refusal(behave: Behaviour) -> tuple[Downgrade, Heard]:
    with peer(behave) as (endpoint, heard), pytest.raises(Downgrade) as caught:
        opened(endpoint)
    assert caught.value.remedy
    assert not heard.holds_password()
    return caught.value, heard


@pytest.mark.parametrize(
    "offers",
    [
        ['Basic realm="WSMAN"'],
        ['Basic realm="ntlm, negotiate"'],
        ["Digest qop=auth", "Basic"],
        ["Kerberos"],
        [],
    ],
)
def test_a_peer_that_offers_no_ntlm_gets_nothing(offers: list[str]) -> None:
    headers = [("WWW-Authenticate", one) for one in offers]
    error, heard = refusal(lambda *_: (401, headers, b""))
    assert error.message == "winrm.downgrade-basic"
    assert [one for one in heard.headers if "Authorization" in one] == []


@pytest.mark.parametrize("scheme", ["Negotiate", "NTLM"])
@pytest.mark.parametrize("flag", NEEDED)
def test_a_challenge_without_a_needed_flag_is_not_answered(flag: int, scheme: str) -> None:
    error, heard = refusal(ntlm(GOOD & ~NegotiateFlags(flag), (200, [], b""), scheme))
    assert error.values["missing"] == NEEDED[flag]
    assert len(heard.tokens) == 1
    assert heard.proofs == []


@pytest.mark.parametrize("level", ["0", "1", "2"])
def test_ntlm_v1_never_leaves_whatever_the_laptop_is_set_to(
    level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_COMPAT_LEVEL", level)
    error, heard = refusal(ntlm(GOOD, (200, [], b"")))
    assert error.message == "winrm.downgrade-ntlm-v1"
    assert heard.proofs == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_sent_elsewhere(status: int) -> None:
    with peer(lambda *_: (401, [("WWW-Authenticate", "NTLM")], b"")) as (other, elsewhere):
        error, heard = refusal(lambda *_: (status, [("Location", other.url)], b""))
        after, _ = refusal(ntlm(GOOD, (status, [("Location", other.url)], b"")))
    assert error.message == after.message == "winrm.downgrade-redirect"
    assert heard.tokens == []
    assert elsewhere.headers == []


def test_a_proxy_s_demand_is_not_answered() -> None:
    error, heard = refusal(lambda *_: (407, [("Proxy-Authenticate", "NTLM")], b""))
    assert error.message == "winrm.downgrade-redirect"
    assert heard.tokens == []


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = (401, [("WWW-Authenticate", "Negotiate")], b"")
    with peer(lambda *_: refused) as (proxy, through):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.real_port}")
        with peer(ntlm(GOOD, refused)) as (endpoint, heard), pytest.raises(LoginRefused):
            opened(endpoint)
    assert heard.proofs
    assert through.headers == []


def test_the_environment_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """requests can write `no_proxy` into it for a moment, which two threads can't both undo."""
    written, write = [], requests.utils.set_environ

    def watched(name: str, value: str | None) -> object:
        written.append(value)
        return write(name, value)

    monkeypatch.setattr(requests.utils, "set_environ", watched)
    refused: Reply = (401, [("WWW-Authenticate", "Negotiate")], b"")
    with peer(ntlm(GOOD, refused)) as (endpoint, _), pytest.raises(LoginRefused):
        opened(endpoint)
    assert set(written) <= {None}


def test_an_answer_that_is_not_sealed_is_not_believed() -> None:
    error, heard = refusal(lambda *_: (200, [("Content-Type", "application/soap+xml")], SHELL))
    assert error.message == "winrm.downgrade-unsealed"
    assert heard.tokens == []


@pytest.mark.parametrize("status", [200, 500])
def test_whoever_takes_any_password_gets_sealed_words_and_is_not_believed(status: int) -> None:
    """It can't unseal what it got: the key comes from the password, which it does not know."""
    behave = ntlm(GOOD, (200, [], b""))

    def forge(headers: dict[str, str], body: bytes) -> Reply:
        if body:
            return status, [("Content-Type", "application/soap+xml")], SHELL
        return behave(headers, body)

    error, heard = refusal(forge)
    assert error.message == "winrm.downgrade-unsealed"
    (sealed,) = [body for body in heard.bodies if body]
    assert b"HTTP-SPNEGO-session-encrypted" in sealed


def test_a_good_peer_gets_ntlm_v2_and_its_refusal_is_a_refused_login() -> None:
    """The peers do record: what the others did not hear was not said."""
    refused = (401, [("WWW-Authenticate", "Negotiate")], b"")
    with peer(ntlm(GOOD, refused)) as (endpoint, heard), pytest.raises(LoginRefused):
        opened(endpoint)
    assert [is_v2(one) for one in heard.proofs] == [True]
    assert not heard.holds_password()


def test_missing_flags_are_named_and_nonsense_lacks_them_all() -> None:
    assert missing_flags(base64.b64decode(challenge(GOOD))) == ()
    assert missing_flags(b"") == missing_flags(b"NTLMSSP\x00") == tuple(NEEDED.values())


@given(st.binary(max_size=80))
def test_any_token_is_judged(token: bytes) -> None:
    assert set(missing_flags(token)) <= set(NEEDED.values())
    assert not is_v2(token) or b"NTLMSSP\x00\x03" in token


@given(st.lists(st.text(max_size=40), max_size=3))
def test_any_header_is_read(headers: list[str]) -> None:
    assert all(scheme == scheme.lower() for scheme, _ in offered(headers))
