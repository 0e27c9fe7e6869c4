"""The mock router over a real SSH connection, without a kernel."""

from __future__ import annotations

import signal
import socket

import paramiko
import pytest
from bench import PASSWORD, Plain, Screen, connect, eventually


def host_key(plain: Plain) -> bytes:
    client = plain.client()
    transport = client.get_transport()
    assert transport is not None
    key = transport.get_remote_server_key()
    client.close()
    return key.asbytes()


def test_shift_jis_on_the_wire(plain: Plain) -> None:
    """Source: RTX reference 4.21 (ja.sjis unless set)."""
    plain.boot()
    screen = plain.screen()
    screen.channel.sendall(b"foo\r")
    data = b""
    while not data.endswith(b"> "):
        data += screen.channel.recv(4096)
    assert data == b"foo\r\n" + "エラー: コマンド名を確認してください".encode("cp932") + b"\r\n> "


def test_wrong_passwords_unknown_users_and_empty_passwords_are_refused(plain: Plain) -> None:
    """Source: RTX reference 2.2.1."""
    plain.boot()
    for user, password in (("onshi", "wrong"), ("admin", PASSWORD), ("onshi", "")):
        with pytest.raises(paramiko.AuthenticationException):
            connect("127.0.0.1", plain.port, password, user)
    plain.client().close()


def test_the_host_key_stays_over_restart_cold_start_and_another_process(plain: Plain) -> None:
    router = plain.boot()
    key = host_key(plain)
    router.signal(signal.SIGUSR1)
    router.wait_ready()
    assert host_key(plain) == key
    assert router.stop() == 0
    plain.boot()
    assert host_key(plain) == key


@pytest.mark.parametrize(
    ("kind", "algorithms"),
    [
        ("rsa", {"ssh-rsa", "rsa-sha2-256", "rsa-sha2-512"}),
        ("rsa-sha1", {"ssh-rsa"}),
        ("ed25519", {"ssh-ed25519"}),
    ],
)
def test_host_key_algorithms_offered(plain: Plain, kind: str, algorithms: set[str]) -> None:
    plain.boot("--host-key-type", kind)
    offered = server_offer(plain.port)
    assert set(offered["host key"]) == algorithms
    if kind == "rsa-sha1":
        assert {name for name in offered["kex"] if "diffie" in name} == {
            "diffie-hellman-group14-sha1"
        }
        assert not [name for name in offered["kex"] if name.startswith(("curve", "ecdh", "mlkem"))]


def server_offer(port: int) -> dict[str, list[str]]:
    """The name lists of the server's KEXINIT."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        file = sock.makefile("rb")
        assert file.readline().startswith(b"SSH-2.0-OpenSSH_7.7")
        sock.sendall(b"SSH-2.0-test\r\n")
        length = int.from_bytes(file.read(4), "big")
        body = file.read(length)[1 + 1 + 16 :]
    names = []
    for _ in range(2):
        size = int.from_bytes(body[:4], "big")
        names.append(body[4 : 4 + size].decode().split(","))
        body = body[4 + size :]
    return {"kex": names[0], "host key": names[1]}


def test_legacy_login_works(plain: Plain) -> None:
    plain.boot("--host-key-type", "rsa-sha1")
    screen = plain.screen().administrator()
    assert "RTX830" in screen.run("show environment")


def test_saved_configurations_survive_another_process(plain: Plain) -> None:
    router = plain.boot()
    screen = plain.screen().administrator()
    screen.run("login user onshi Other-login.9")
    screen.run("ip routing off")
    screen.run("save")
    router.stop()
    plain.boot()
    with pytest.raises(paramiko.AuthenticationException):
        plain.client()
    screen = Screen(plain.client("Other-login.9")).administrator()
    assert "ip routing off" in screen.run("show config")


def test_a_flood_and_a_client_that_never_reads_dont_hang_the_router(plain: Plain) -> None:
    plain.boot()
    flood = plain.screen().administrator()
    flood.channel.settimeout(0.5)
    try:
        for _ in range(200):
            flood.channel.sendall(b"show config\r" * 100)
    except TimeoutError:
        pass
    other = plain.screen().administrator()
    assert "RTX830" in other.run("show environment")
    flood.close()
    assert eventually(
        lambda: (
            "ssh2" in other.run("show status user") and "ssh1" not in other.run("show status user")
        )
    )


def test_clients_that_vanish_free_their_sessions(plain: Plain) -> None:
    """Source: RTX reference 4.68: 8 sessions."""
    plain.boot()
    for _ in range(3):
        clients = [plain.screen() for _ in range(8)]
        for one in clients:
            transport = one.client.get_transport()
            assert transport is not None
            transport.sock.close()
        assert eventually(lambda: _one_session(plain))


def _one_session(plain: Plain) -> bool:
    try:
        screen = plain.screen()
    except (paramiko.SSHException, EOFError, OSError):
        return False
    alone = "ssh1" in screen.run("show status user", "> ")
    screen.close()
    return alone


def test_a_ninth_session_is_refused(plain: Plain) -> None:
    plain.boot()
    screens = [plain.screen() for _ in range(8)]
    with pytest.raises((paramiko.SSHException, EOFError, OSError)):
        plain.screen()
    screens[0].type("exit\r")
    assert eventually(lambda: _can_enter(plain))


def _can_enter(plain: Plain) -> bool:
    try:
        plain.screen().close()
    except (paramiko.SSHException, EOFError, OSError):
        return False
    return True


def test_half_open_connections_dont_hang_the_router(plain: Plain) -> None:
    plain.boot()
    silent = [socket.create_connection(("127.0.0.1", plain.port)) for _ in range(20)]
    client = plain.client()
    client.get_transport().open_session()
    assert "RTX830" in plain.screen().administrator().run("show environment")
    for one in silent:
        one.close()


def test_exec_and_forwarding_are_refused(plain: Plain) -> None:
    """Source: RTX reference 2.2.1."""
    plain.boot()
    client = plain.client()
    with pytest.raises(paramiko.SSHException):
        client.exec_command("show config")
    with pytest.raises(paramiko.SSHException):
        client.get_transport().open_channel("direct-tcpip", ("127.0.0.1", 80), ("127.0.0.1", 1))


def test_nothing_secret_on_disk_is_open_or_in_plain_text(plain: Plain) -> None:
    router = plain.boot()
    for path in router.state.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path
            assert PASSWORD.encode() not in path.read_bytes(), path


def test_closing_ssh_by_configuration(plain: Plain) -> None:
    plain.boot()
    screen = plain.screen().administrator()
    screen.run("sshd service off")
    with pytest.raises((OSError, paramiko.SSHException)):
        plain.client()
    assert screen.run("sshd service on") == ""
    plain.client().close()
    assert screen.run("no sshd host key generate") == ""
    assert "エラー" in screen.run("sshd service on")


def test_the_public_key_and_its_fingerprint(plain: Plain) -> None:
    """Source: RTX reference 57.12, 4.70."""
    plain.boot()
    screen = plain.screen().administrator()
    screen.run("console columns 4096")
    assert screen.run("show sshd public key").startswith("ssh-rsa AAAA")
    words = screen.run("show sshd public key fingerprint").split()
    assert words[:2] == ["ssh-rsa", "2048"]
    assert words[2].count(":") == 15
    assert "SHA256:" in screen.run("show sshd host key fingerprint")


def test_a_new_host_key_is_asked_for_first(plain: Plain) -> None:
    """Source: RTX reference 4.69."""
    plain.boot()
    key = host_key(plain)
    screen = plain.screen().administrator()
    screen.type("sshd host key generate bit=2048\r")
    screen.read("(Y/N)")
    screen.type("y")
    screen.read("# ", 30)
    assert host_key(plain) != key
