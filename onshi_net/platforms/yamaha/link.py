"""`OnshiYamaha`: our Yamaha driver on netmiko, device type `onshi_yamaha`.

What differs from netmiko's own (`netmiko/yamaha/yamaha.py`), and why (docs/sources.md, netmiko):
- prompts are matched as the whole last row, with or without a `console prompt` prefix; the factory
  prompts `> ` and `# ` end a read no earlier than they should;
- nothing is set on the device: the stock driver sends `console lines infinity`, which shows in
  `show config` at once. The pager is answered and removed, rows are joined at the width, text is
  decoded by its bytes or by `console character`;
- no fixed sleeps: every wait is for bytes, under a deadline, and inside the table of `bounds`;
- the host key must be the recorded one before the password is sent (`hostkeys`); none is learned;
- lines end with CR alone, since CR LF gives a second prompt;
- what is written never passes netmiko's logging or session log, so no password can.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Any

import paramiko
from netmiko.base_connection import BaseConnection

from onshi_net.errors import LoginRefused, SecretRefused, Unreachable
from onshi_net.i18n import text
from onshi_net.platforms.yamaha import console
from onshi_net.platforms.yamaha.masking import masked_line
from onshi_net.platforms.yamaha.passwords import reasons_at_prompt
from onshi_net.transport import bounds, handshake, hostkeys
from onshi_net.transport.errors import NotTypable, SessionLost
from onshi_net.transport.hostkeys import Recorded
from onshi_net.transport.metered import Meter

DEVICE_TYPE = "onshi_yamaha"
TERMINAL = (4095, 1000)
"""Columns and rows asked for; whether a router heeds them is not documented, so nothing relies on
it.
"""
COMMAND_TIMEOUT_S = 45.0
"""Longest silence within one command. A link reset by `lan type` takes seconds; `save` writes flash
memory.
"""
QUIET_S = 0.3
"""How long a lone `# ` row may still grow into a comment."""
NO_ECHO_S = 1.0
"""After this silence at a prompt, a command whose echo was not seen counts as answered."""

logging.getLogger("paramiko").addHandler(logging.NullHandler())

Answerer = Callable[[str], str | None]
"""Answers a device's password question, or None for an empty line."""


def _at_prompt(password: str) -> bytes:
    """Answers a password as it is typed. Raises SecretRefused for one that can't be."""
    reasons = reasons_at_prompt(password)
    if reasons:
        raise SecretRefused("render.bad-password", reasons=text("render.and").join(reasons))
    return password.encode("ascii")


def _no_answer(_question: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the device said to one command.

    The text, the level afterwards, and whether it asked Y/N (N was sent).
    """

    text: str
    level: str
    asked: bool


class OnshiYamaha(BaseConnection):
    """A console session on a Yamaha router over SSH."""

    def __init__(
        self,
        *args: Any,
        known_hosts: str | Path = "known_hosts",
        deadline_s: float = 30.0,
        **kwargs: Any,
    ) -> None:
        """Takes netmiko's arguments and ours.

        Ours are the known_hosts file and the seconds that connecting may take.
        """
        self._known_hosts = Path(known_hosts)
        self._deadline_s = deadline_s
        self._lock = RLock()
        self._prefix = b""
        self._level = ">"
        self._channel: paramiko.Channel | None = None
        self._transport: paramiko.Transport | None = None
        self._meter = Meter("", SessionLost)
        self.character: str | None = None
        """The device's `console character`, once known; until then text is decoded by its bytes."""
        self.columns = console.DEFAULT_COLUMNS
        kwargs.setdefault("default_enter", "\r")
        super().__init__(*args, **kwargs)

    # Connecting

    def _open(self) -> None:
        self.establish_connection()
        with contextlib.ExitStack() as undo:
            undo.callback(self._close)
            self.session_preparation()
            undo.pop_all()

    def establish_connection(self, width: int = TERMINAL[0], height: int = TERMINAL[1]) -> None:
        """Connects, checks the host key, logs in and opens a console.

        Raises Unreachable, HostUnknown, HostKeyChanged or LoginRefused, and InputError, before
        anything is opened, for a known_hosts file that can't be read whole; nothing is left open.
        """
        until = time.monotonic() + self._deadline_s
        name = hostkeys.host_name(self.host, self.port)
        known = hostkeys.recorded(self._known_hosts, name)
        with contextlib.ExitStack() as undo:
            undo.callback(self._close)
            try:
                with handshake.foreign_errors():
                    self._connect(known, until, width, height)
            except (paramiko.SSHException, EOFError, OSError) as error:
                raise self._meter.exceeded or handshake.unreachable(
                    self.host, self.port, error, until
                ) from None
            undo.pop_all()

    def _connect(self, known: Recorded, until: float, width: int, height: int) -> None:
        self._meter = meter = Meter(self.host, SessionLost)
        self._transport, shown = handshake.begin(self.host, self.port, known, until, meter)
        # In this very key exchange: nothing can come between the look and the password.
        hostkeys.check(self.host, known, shown.key.asbytes())
        self._authenticate(self._transport, until)
        channel = self._transport.open_session(timeout=handshake.left(until))
        channel.get_pty("vt100", width, height)
        channel.invoke_shell()
        self._channel = channel
        self.remote_conn = channel

    def _authenticate(self, transport: paramiko.Transport, until: float) -> None:
        # The meter ends first: paramiko would tell a refused login.
        transport.auth_timeout = handshake.left(until) + 1
        try:
            transport.auth_password(self.username, self.password or "")
        except paramiko.AuthenticationException:
            if self._meter.exceeded is not None:
                raise self._meter.exceeded from None
            raise LoginRefused(
                "transport.login-refused", host=self.host, user=self.username
            ) from None

    def session_preparation(self) -> None:
        """Reads up to the first prompt and learns its prefix; changes nothing on the device."""
        raw = bytearray()
        self._meter.ask(bounds.CONSOLE, self._deadline_s)
        while (found := console.first_prompt(console.ending(raw))) is None:
            raw += self._receive(self._deadline_s)
        self._meter.rest()
        self._prefix, self._level = found
        self.base_prompt = self._prefix.decode("ascii", errors="replace")

    def disconnect(self) -> None:
        """Closes the connection without `exit`: a logout would stop a rollback timer (56.7.31)."""
        self._close()
        logging.getLogger("netmiko").removeFilter(self._secrets_filter)

    def _close(self) -> None:
        transport, self._transport, self._channel = self._transport, None, None
        self.remote_conn = None
        if transport is not None:
            transport.close()

    # Conversing

    def converse(
        self, line: str, answer: Answerer = _no_answer, *, timeout_s: float = COMMAND_TIMEOUT_S
    ) -> Reply:
        """Sends one line and answers all that the device says until its prompt.

        Pages are turned, password questions put to `answer`, Y/N questions answered N. Raises
        SessionLost; NotTypable or SecretRefused for what can't be typed as it is: it isn't sent.
        """
        with self._lock, contextlib.ExitStack() as after:
            self._meter.ask(bounds.CONSOLE)
            after.callback(self._meter.rest)
            self._drain()
            command = console.typed(line, self.character)
            if command is None:
                raise NotTypable(masked_line(line), host=self.host)
            self._send(command + b"\r")
            return self._read_reply(command, answer, timeout_s)

    def _read_reply(self, command: bytes, answer: Answerer, timeout_s: float) -> Reply:
        commented = command.startswith((b"show config", b"less config"))
        columns = self.columns if commented or command == b"show environment" else None
        raw, start, asked = bytearray(), -1, False
        echo = console.Echo(command)
        while True:
            start = self._grow(raw, start, timeout_s)
            if start < 0:
                start = echo.end(raw)
                if start < 0:
                    continue
            last = console.ending(raw, start)
            if b"console prompt" in command:
                self._learn_prompt(last)
            if console.is_pager(last):
                self._send(b" ")
            elif (asked_for := console.password_question(last)) is not None:
                self._send(_at_prompt(answer(asked_for) or "") + b"\r")
                start = len(raw)
            elif console.question(last):
                asked = True
                self._send(b"N")
                start = len(raw)
            elif self._at_prompt(raw, last, commented):
                return self._reply(bytes(raw[start:]), asked, columns)

    def _grow(self, raw: bytearray, start: int, timeout_s: float) -> int:
        """Waits for more bytes.

        Answers where the answer starts, 0 when the device shows no echo.
        """
        last = console.ending(raw)
        no_echo = start < 0 and console.prompt_level(last, self._prefix) is not None
        data = self._receive(NO_ECHO_S if no_echo else timeout_s, optional=no_echo)
        raw += data
        return 0 if no_echo and not data else start

    def _learn_prompt(self, last: bytes) -> None:
        found = console.first_prompt(last)
        if found is not None and b"\n" in last:
            self._prefix = found[0]

    def _at_prompt(self, raw: bytearray, last: bytes, commented: bool) -> bool:
        level = console.prompt_level(last, self._prefix)
        if level is None:
            return False
        if commented and console.may_be_header(last, self._prefix):
            more = self._receive(QUIET_S, optional=True)
            raw += more
            if more and console.prompt_level(console.ending(raw), self._prefix) is None:
                return False
        self._level = level
        return True

    def _reply(self, body: bytes, asked: bool, columns: int | None) -> Reply:
        cut = max(body.rfind(b"\n"), body.rfind(b"\r")) + 1
        said = console.answer_text(body[:cut], character=self.character, columns=columns)
        return Reply(said, self._level, asked)

    def _send(self, data: bytes) -> None:
        channel = self._channel
        if channel is None:
            raise SessionLost("transport.lost", host=self.host)
        channel.settimeout(min(COMMAND_TIMEOUT_S, self._meter.left()))
        try:
            channel.sendall(data)
        except (OSError, EOFError, paramiko.SSHException):
            raise self._lost() from None

    def _lost(self) -> Unreachable:
        return self._meter.exceeded or SessionLost("transport.lost", host=self.host)

    def _receive(self, timeout_s: float, *, optional: bool = False) -> bytes:
        channel = self._channel
        if channel is None:
            raise SessionLost("transport.lost", host=self.host)
        channel.settimeout(min(timeout_s, self._meter.left()))
        try:
            data = channel.recv(65536)
        except TimeoutError:
            self._meter.left()
            if optional:
                return b""
            raise SessionLost(
                "transport.silent", host=self.host, seconds=round(timeout_s)
            ) from None
        except (OSError, EOFError, paramiko.SSHException):
            raise self._lost() from None
        if not data:
            raise self._lost()
        self._meter.said(data)
        return data

    def _drain(self) -> None:
        while self._channel is not None and self._channel.recv_ready():
            self._receive(0.1)

    # netmiko's names, so that the driver also serves `netmiko.ConnectHandler`

    def find_prompt(self, *_args: Any, **_kwargs: Any) -> str:
        """Answers the prompt as it stands, asking the device with an empty line."""
        return self.base_prompt + self.converse("").level

    def check_enable_mode(self, check_string: str = "#") -> bool:
        """Answers whether the session is at administrator level."""
        return self._level == check_string

    def enable(self, cmd: str = "administrator", *_args: Any, **_kwargs: Any) -> str:
        """Enters administrator level with `secret`, where the device asks for it.

        Raises LoginRefused.
        """
        if self._level == "#":
            return ""
        reply = self.converse(cmd, lambda _question: self.secret)
        if reply.level != "#":
            raise LoginRefused(
                "transport.administrator-refused", host=self.host, user=self.username
            )
        return reply.text

    def exit_enable_mode(self, exit_command: str = "exit") -> str:
        """Leaves administrator level; unsaved changes stay unsaved.

        It stops a rollback timer (56.7.31).
        """
        return self.converse(exit_command).text if self._level == "#" else ""

    def check_config_mode(self, check_string: str = "#", *_args: Any, **_kwargs: Any) -> bool:
        """Answers the same as `check_enable_mode`: there is no separate configuration mode."""
        return self.check_enable_mode(check_string)

    def config_mode(
        self, config_command: str = "administrator", *_args: Any, **_kwargs: Any
    ) -> str:
        """Enters administrator level."""
        return self.enable(config_command)

    def exit_config_mode(self, *_args: Any, **_kwargs: Any) -> str:
        """Does nothing: leaving would be leaving administrator level."""
        return ""

    def send_command(self, command_string: str, *_args: Any, **_kwargs: Any) -> str:
        """Answers the device's text to a command."""
        return self.converse(command_string).text

    def save_config(self, cmd: str = "save", *_args: Any, **_kwargs: Any) -> str:
        """Saves the running configuration."""
        return self.converse(cmd).text

    def is_alive(self) -> bool:
        """Answers whether the SSH connection stands."""
        return self._transport is not None and self._transport.is_active()

    def cleanup(self, command: str = "") -> None:
        """Does nothing: `disconnect` must not log out."""


def register() -> None:
    """Makes netmiko know the driver as `onshi_yamaha`; safe to call again."""
    dispatcher = import_module("netmiko.ssh_dispatcher")  # the package hides it behind a function
    dispatcher.CLASS_MAPPER[DEVICE_TYPE] = OnshiYamaha
    if DEVICE_TYPE not in dispatcher.platforms:
        dispatcher.platforms.append(DEVICE_TYPE)


register()
