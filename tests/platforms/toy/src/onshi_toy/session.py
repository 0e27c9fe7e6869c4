"""The toy router's console over SSH: a command is a row, its answer rows up to `ok` or `error`.

show version      MODEL VERSION SERIAL MAC, in one row
show running      the configuration that runs, which a restart would bring too
show candidates   who has loaded a candidate and not committed it: USER ADDRESS a row
load              reads rows up to one with a full stop: the candidate, checked whole
password USER     reads one row, the password; for the candidate
commit            makes the candidate what runs and is kept, in one step
rollback          forgets the candidate, as the end of the session does
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import paramiko

from onshi_net.errors import LoginRefused, SecretMissing
from onshi_net.intent import Management
from onshi_net.inventory.secrets import Secrets
from onshi_net.model.firmware import Firmware
from onshi_net.platforms.base import Credentials, Identity
from onshi_net.transport import CommandRejected, SessionLost, bounds, handshake, hostkeys
from onshi_net.transport.metered import Meter

ANSWER_S = 30.0


class ToySession:
    """The `RouterSession` of a toy router; `say` is its family's alone."""

    def __init__(
        self, management: Management, link: paramiko.Channel, meter: Meter, login: str
    ) -> None:
        """Takes an open channel and the reference that opened it."""
        self.host = str(management.address)
        self.credentials = Credentials(login, None)
        self.used_initial = login == management.initial_secret
        self._link = link
        self._meter = meter
        link.settimeout(ANSWER_S)
        self._rows = link.makefile("rb")

    def say(self, command: str, given: Iterable[str] = ()) -> str:
        """Answers what the router says. Raises CommandRejected and SessionLost."""
        self._meter.ask(bounds.CONSOLE)
        said: list[str] = []
        try:
            self._link.sendall("".join(f"{row}\n" for row in (command, *given)).encode())
            for data in self._rows:
                row = data.decode("utf-8", "surrogateescape")
                word, _, why = row.rstrip("\n").partition(" ")
                if word in {"ok", "error"}:
                    break
                said.append(row)
            else:
                raise SessionLost("transport.lost", host=self.host)
        except OSError:
            raise self._meter.exceeded or SessionLost("transport.lost", host=self.host) from None
        finally:
            self._meter.rest()
        if word == "error":
            raise CommandRejected(command, why, host=self.host)
        return "".join(said)

    @cached_property
    def identity(self) -> Identity:
        """Who the router is."""
        said = self.say("show version").strip()
        model, version, serial, mac = said.split()
        return Identity(model, Firmware.parse(version), serial, (mac,), said)

    def config(self) -> str:
        """Answers what runs."""
        return self.say("show running")

    def saved_config(self) -> str:
        """Answers what runs: it is what is kept."""
        return self.config()

    def restart(self) -> None:
        """Is never asked for: a restart brings what runs."""
        raise NotImplementedError

    def touch(self) -> None:
        """Says something."""
        self.say("show version")

    def close(self) -> None:
        """Closes the connection."""
        self._link.get_transport().close()


def open_console(
    management: Management, secrets: Secrets, known_hosts: Path, deadline_s: float
) -> ToySession:
    """Opens the console, with the site's password, else with that of the delivery."""
    until = time.monotonic() + deadline_s
    try:
        return _opened(management, secrets, known_hosts, until)
    except LoginRefused:
        if management.initial_secret is None:
            raise
        first = replace(management, secret=management.initial_secret)
        try:
            secrets.resolve(first.secret)
        except SecretMissing:
            pass
        else:
            return _opened(first, secrets, known_hosts, until)
        raise


def _opened(
    management: Management, secrets: Secrets, known_hosts: Path, until: float
) -> ToySession:
    host, port, user = str(management.address), management.port, management.username
    password = secrets.resolve(management.secret).reveal()
    meter = Meter(host, SessionLost)
    known = hostkeys.recorded(known_hosts, hostkeys.host_name(host, port))
    try:
        transport, shown = handshake.begin(host, port, known, until, meter)
        try:
            # In this very key exchange, before the password.
            hostkeys.check(host, known, shown.key.asbytes())
            transport.auth_timeout = handshake.left(until)
            transport.auth_password(user, password)
            channel = transport.open_session(timeout=handshake.left(until))
            channel.invoke_shell()
        except BaseException:
            transport.close()
            raise
    except paramiko.AuthenticationException:
        raise LoginRefused("transport.login-refused", host=host, user=user) from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise meter.exceeded or handshake.unreachable(host, port, error) from None
    return ToySession(management, channel, meter, management.secret)
