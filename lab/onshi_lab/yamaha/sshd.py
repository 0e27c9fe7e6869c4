"""The SSH server: who may connect, the password check, and a console for each session.

RTX reference 2.2 (no empty passwords, no forwarding, only password and public key), 4.65 to 4.74.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncssh

from .console import Console
from .hosts import host_allowed
from .router import Router, Session
from .terminal import CR, CTRL_C, LF, HungUp

FULL, DRAINED = 65_536, 8_192
"""Octets typed ahead at which reading stops, and at which it goes on."""

MODERN_KEX = (
    "curve25519-sha256",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group14-sha1",
)
RSA_ALGORITHMS = (b"rsa-sha2-512", b"rsa-sha2-256", b"ssh-rsa")
"""Signatures of an RSA host key, as OpenSSH 7.7 offers them."""

LEGACY_KEX = ("diffie-hellman-group14-sha1",)
DEFAULT_CIPHERS = ("aes128-ctr", "aes192-ctr", "aes256-ctr")


class SshWire(asyncssh.SSHServerSession[bytes]):
    """The octets of one SSH session; stops reading when too much is typed ahead."""

    def __init__(self, server: RouterServer) -> None:
        self.server = server
        self.typed = bytearray()
        self.said = bytearray()
        self.news = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self.gone = False
        self.channel: asyncssh.SSHServerChannel[bytes] | None = None
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """A channel was opened."""
        self.channel = chan

    def pty_requested(self, _term_type: str, _term_size: object, _term_modes: object) -> bool:
        """A terminal is granted; its size doesn't matter (`console columns` does)."""
        return True

    def shell_requested(self) -> bool:
        """A shell is the console."""
        return True

    def session_started(self) -> None:
        """Start the console."""
        self.task = asyncio.ensure_future(self.server.serve(self))

    def data_received(self, data: bytes, _datatype: object) -> None:
        """Keep what was typed; hold the client when there is too much."""
        self.typed += data
        self.news.set()
        if len(self.typed) > FULL and self.channel is not None:
            self.channel.pause_reading()

    def eof_received(self) -> bool:
        """No more will be typed: the session ends as if the line were lost."""
        self.hang_up()
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        """The channel or the connection is gone."""
        self.hang_up()

    def hang_up(self) -> None:
        """Wake whoever waits, with the news that the line is gone."""
        self.gone = True
        self.news.set()
        self.writable.set()

    def pause_writing(self) -> None:
        """The client doesn't read: wait before the next key."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """The client reads again."""
        self.writable.set()

    def write(self, data: bytes) -> None:
        """Send octets, unless the line is gone.

        What is written in one turn, such as the echo of a line that came in one packet, is sent in
        one packet.
        """
        if not self.said:
            asyncio.get_running_loop().call_soon(self._flush)
        self.said += data

    def _flush(self) -> None:
        said, self.said = bytes(self.said), bytearray()
        if said and not self.gone and self.channel is not None:
            self.channel.write(said)

    async def read(self) -> int:
        """The next octet typed; raises HungUp when the line is gone."""
        await self.writable.wait()
        while not self.typed:
            if self.gone:
                raise HungUp
            self.news.clear()
            await self.news.wait()
        octet = self.typed.pop(0)
        if octet in (CR, LF):
            # Whoever types lines ahead must not keep the others waiting.
            await asyncio.sleep(0)
        if len(self.typed) == DRAINED and self.channel is not None:
            self.channel.resume_reading()
        return octet

    async def interrupted(self) -> None:
        """Wait for a Ctrl-C, and drop it with all that was typed before it.

        HungUp when the line is gone.
        """
        while CTRL_C not in self.typed:
            if self.gone:
                raise HungUp
            self.news.clear()
            await self.news.wait()
        del self.typed[: self.typed.index(CTRL_C) + 1]

    def close(self) -> None:
        """End the session from the router's side."""
        self._flush()
        self.hang_up()
        if self.channel is not None:
            self.channel.exit(0)
        if self.server.connection is not None:
            self.server.connection.close()


class RouterServer(asyncssh.SSHServer):
    """One SSH connection."""

    def __init__(self, services: SshService) -> None:
        self.services = services
        self.router = services.router
        self.connection: asyncssh.SSHServerConnection | None = None
        self.user = ""
        self.peer = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """A client connected: refused at once when `sshd host` or `sshd session` says so."""
        self.connection = conn
        self.peer = str(conn.get_extra_info("peername")[0])
        if not self.services.admits(self.peer):
            conn.abort()

    def begin_auth(self, username: str) -> bool:
        """Everybody has to authenticate."""
        self.user = username
        return True

    def password_auth_supported(self) -> bool:
        """Passwords, unless `sshd auth method` leaves them out (4.74)."""
        default = "publickey" if self.router.device.model.name == "RTX840" else "all"
        methods = self.router.running.get("sshd", "auth", "method") or (default,)
        return "all" in methods or "password" in methods

    def validate_password(self, username: str, password: str) -> bool:
        """Whether the user may come in."""
        good = self.router.login_accepted(username, password)
        if not good:
            self.router.note(f"Login failed for SSH: {self.peer} {username}")
        return good and self.router.free_number() is not None

    def session_requested(self) -> SshWire:
        """A session is a console."""
        return SshWire(self)

    async def serve(self, wire: SshWire) -> None:
        """Run a console on a session until either side ends it."""
        number = self.router.free_number()
        if number is None:
            wire.close()
            return
        session = Session(number, self.user, self.peer, self.router.now(), wire.close)
        session.last_key = asyncio.get_running_loop().time()
        self.router.enter(session)
        guard = asyncio.ensure_future(self._watch(session))
        logout = False
        try:
            await Console(self.router, session, wire).run()
            logout = True
        except HungUp:
            pass
        finally:
            guard.cancel()
            if self.router.sessions.get(number) is session:
                self.router.leave(session, logout=logout)
            wire.close()

    async def _watch(self, session: Session) -> None:
        """Log the session out when no key was pressed for the login timer's time."""
        loop = asyncio.get_running_loop()
        while True:
            left = session.last_key + self.router.login_timer(session.user) - loop.time()
            if left <= 0:
                await self.router.idle_out(session)
                return
            await asyncio.sleep(left)


@dataclass(frozen=True, slots=True)
class Listening:
    """What the listener depends on; a change of any makes a new one."""

    host: str
    port: int
    pem: str
    ciphers: tuple[str, ...]
    legacy: bool


class SshService:
    """The listening socket, as the running configuration wants it."""

    def __init__(self, router: Router, listen: tuple[str, int] | None, *, legacy: bool) -> None:
        self.router = router
        self.fixed = listen
        self.legacy = legacy
        self.current: Listening | None = None
        self.listener: asyncssh.SSHAcceptor | None = None

    def wanted(self) -> Listening | None:
        """What to listen with, None when the service is off, has no key, or the router boots."""
        config = self.router.running
        pem = config.secret("sshd", "host", "key", "generate")
        if self.router.booting or config.word("off", "sshd", "service") != "on" or not pem:
            return None
        host, port = self.fixed or ("", int(config.word("22", "sshd", "listen")))
        ciphers = config.get("sshd", "encrypt", "algorithm") or DEFAULT_CIPHERS
        return Listening(host, port, pem, ciphers, self.legacy)

    async def sync(self) -> None:
        """Start, move or stop listening; those who are connected stay connected."""
        wanted = self.wanted()
        if wanted == self.current:
            return
        await self.stop()
        if wanted is not None:
            self.listener = await self._listen(wanted)
        self.current = wanted

    async def stop(self) -> None:
        """Stop listening."""
        if self.listener is not None:
            self.listener.close()
            await self.listener.wait_closed()
        self.listener = None
        self.current = None

    async def _listen(self, wanted: Listening) -> asyncssh.SSHAcceptor:
        (pair,) = asyncssh.load_keypairs([asyncssh.import_private_key(wanted.pem)])
        if pair.get_algorithm() == "ssh-rsa":
            offered = (b"ssh-rsa",) if wanted.legacy else RSA_ALGORITHMS
            pair.host_key_algorithms = offered
            pair.sig_algorithms = offered
        return await asyncssh.listen(
            wanted.host,
            wanted.port,
            server_factory=lambda: RouterServer(self),
            server_host_keys=[pair],
            kex_algs=LEGACY_KEX if wanted.legacy else MODERN_KEX,
            encryption_algs=wanted.ciphers,
            mac_algs=("hmac-sha2-256", "hmac-sha2-512", "hmac-sha1"),
            compression_algs=None,
            server_version="OpenSSH_7.7",
            encoding=None,
            line_editor=False,
            reuse_address=True,
            gss_host=None,
            allow_scp=False,
            agent_forwarding=False,
            x11_forwarding=False,
        )

    def admits(self, peer: str) -> bool:
        """Whether `sshd host` lets this address in, and a session is free (4.67, 4.68)."""
        config = self.router.running
        rules = config.get("sshd", "host") or ("any",)
        allowed = any(host_allowed(rule, peer, config) for rule in rules)
        return allowed and self.router.free_number() is not None
