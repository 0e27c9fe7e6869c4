"""A session on a Yamaha router over SSH, and how one is opened.

Everything above works on the `Console` protocol; `MemorySession` (`memory`) is its twin
without a network.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net.errors import (
    HostKeyChanged,
    HostUnknown,
    LoginRefused,
    SecretRefused,
    Unreachable,
    WrongDevice,
)
from onshi_net.i18n import text
from onshi_net.intent import Management
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.platforms.base import Credentials, Identity
from onshi_net.platforms.yamaha import console
from onshi_net.platforms.yamaha.console import error_of
from onshi_net.platforms.yamaha.header import identity_of
from onshi_net.platforms.yamaha.masking import masked_line
from onshi_net.platforms.yamaha.passwords import reasons_at_prompt
from onshi_net.platforms.yamaha.talk import Console
from onshi_net.transport.errors import CommandRejected, SessionLost, UnnamedUnknown

if TYPE_CHECKING:
    from onshi_net.platforms.yamaha.link import OnshiYamaha

_CONSOLE_SETTING = re.compile(r"^console (character|columns) (\S+)$", re.MULTILINE)
_PASSWORD_ERROR = re.compile(r"パスワードが間違っています|Incorrect password", re.IGNORECASE)
_CONFIG_FILE = re.compile(r"config(\d(?:\.\d+)?)")


class SshRouterSession:
    """The `Console` over SSH."""

    def __init__(
        self, link: OnshiYamaha, management: Management, secrets: Secrets, credentials: Credentials
    ) -> None:
        """Takes a connection at administrator level and the secrets that opened it."""
        self._link = link
        self._management = management
        self._secrets = secrets
        self.credentials = credentials
        self._identity: Identity | None = None

    @property
    def host(self) -> str:
        """The router's address, for messages."""
        return str(self._management.address)

    @property
    def used_initial(self) -> bool:
        """Whether one of the delivery passwords was needed to get in."""
        first, used = self._management, self.credentials
        by_login = first.initial_secret is not None and used.login == first.initial_secret
        return by_login or (first.first_admin is not None and used.admin == first.first_admin)

    @property
    def identity(self) -> Identity:
        """Who the router is; reads the configuration's header when nobody has yet."""
        if self._identity is None:
            self.config()
        return self._identity or Identity()

    def config(self) -> str:
        """Answers `show config`: header and lines, unwrapped."""
        said = self.show("show config")
        settings = dict(_CONSOLE_SETTING.findall(said))
        self._link.character = settings.get("character")
        columns = console.columns_of(settings.get("columns", ""), self._link.columns)
        if columns != self._link.columns:
            self._link.columns = columns
            said = self.show("show config")
        self._identity = identity_of(said)
        return said

    def saved_config(self) -> str:
        """Answers the saved configuration that a restart would load.

        The router asks for the passwords that stand in that file (57.2), which may still be the
        initial ones.
        """
        command = f"show config {self.config_file()}"
        answer, refused = "", set[Secret]()
        for login, admin in self._password_pairs():
            if login in refused:
                continue
            answer, asked = self._asked(command, {"login": login, "admin": admin})
            if error_of(answer) is None:
                return answer
            if not _PASSWORD_ERROR.search(answer):
                break
            if asked == ["login"]:
                refused.add(login)
        if refused.issuperset(login for login, _ in self._password_pairs()):
            raise self._unnamed_unknown(command)
        raise self._rejected(command, answer)

    def _unnamed_unknown(self, command: str) -> UnnamedUnknown:
        management = self._management
        return UnnamedUnknown(
            command,
            host=self.host,
            name=management.host or self.host,
            reference=management.unnamed_secret or f"{management.secret}-unnamed",
        )

    def config_file(self) -> str:
        """Answers the number of the configuration file that the router starts with.

        Raises WrongDevice when it was started with another one: a restart would not undo a change.
        """
        numbers = _CONFIG_FILE.findall(self.show("show environment")) or ["0"]
        if len(set(numbers)) > 1:
            raise WrongDevice(
                "transport.other-config-file", host=self.host, files=", ".join(numbers)
            )
        return str(numbers[0])

    def _password_pairs(self) -> Iterator[tuple[Secret, Secret]]:
        """Gives the login passwords to try, each with the administrator's: the likeliest first."""
        site, used = self._management, self.credentials
        logins = (site.unnamed_secret, used.login, site.secret, site.initial_secret)
        admins = (used.admin, site.admin_secret, site.first_admin)
        for login, admin in product(*map(_given, (logins, admins))):
            yield self._secrets.resolve(login), self._secrets.resolve(admin)

    def _asked(self, command: str, passwords: dict[str, Secret]) -> tuple[str, list[str]]:
        """Runs a command that may ask for the login and then the administrator password.

        Answers what it said, and what it asked for.
        """
        asked: list[str] = []

        def answer(question: str) -> str:
            named = "admin" if "dmin" in question else "login" if "ogin" in question else ""
            asked.append(named or ("admin" if asked else "login"))
            return passwords[asked[-1]].reveal()

        return self._link.converse(command, answer).text, asked

    def show(self, command: str) -> str:
        """Answers a command's text. Raises CommandRejected or SessionLost."""
        reply = self._link.converse(command)
        if error_of(reply.text) is not None or reply.asked:
            raise self._rejected(command, reply.text)
        return reply.text

    def configure(self, line: str) -> None:
        """Sends a configuration line. Raises CommandRejected or SessionLost."""
        self.show(line)

    def set_login_password(self, user: str, new: Secret) -> None:
        """Sets a login user's password in the dialogue.

        On a line of its own it would stand in the command log (4.5).
        """
        self._set_password(f"login user {user}", new, None)

    def set_admin_password(self, new: Secret, *, old: Secret | None = None) -> None:
        """Sets the administrator password in the dialogue (4.3)."""
        management = self._management
        used = self.credentials.admin or management.first_admin or management.admin_secret
        before = self._secrets.resolve(used) if old is None else old
        self._set_password("administrator password", new, before)

    def _set_password(self, command: str, new: Secret, old: Secret | None) -> None:
        asked: list[str] = []

        def answer(question: str) -> str:
            asked.append(question)
            wants_old = "old" in question.lower() and old is not None
            return old.reveal() if wants_old and old is not None else new.reveal()

        reply = self._link.converse(command, answer)
        if error_of(reply.text) is not None or not asked:
            raise self._rejected(command, reply.text)

    def restart(self) -> None:
        """Restarts the router into its saved configuration; the session is lost by it (56.7.3)."""
        with suppress(SessionLost):
            self._link.converse("restart")

    def touch(self) -> None:
        """Presses a key, so that the login timer starts again. Raises SessionLost."""
        self._link.find_prompt()

    def close(self) -> None:
        """Closes the connection without logging out."""
        self._link.disconnect()

    def _rejected(self, line: str, answer: str) -> CommandRejected:
        def masked(said: str) -> str:
            return masked_line(self._secrets.masked(said))

        return CommandRejected(masked(line), masked(error_of(answer) or answer), host=self.host)


def _given(references: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(one for one in dict.fromkeys(references) if one is not None)


def open_router(
    management: Management, secrets: Secrets, known_hosts: Path, *, deadline_s: float
) -> Console:
    """Opens a session at administrator level within `deadline_s` seconds.

    The site's secret is tried first; the delivery secret only when the router refuses that, and
    only once. Raises SecretMissing and SecretRefused before it connects, Unreachable, LoginRefused
    and, before any password is sent, HostUnknown, HostKeyChanged, or InputError for a known_hosts
    file that can't be read whole.
    """
    until = time.monotonic() + deadline_s
    site = management.secret
    require_typable(management, secrets)
    try:
        return _opened(management, secrets, known_hosts, site, until)
    except LoginRefused as refused:
        initial = management.initial_secret
        if initial is None or refused.message != "transport.login-refused":
            raise
        if secrets.resolve(initial) == secrets.resolve(site):
            raise
        _typable(initial, secrets)
        return _opened(management, secrets, known_hosts, initial, until)


def require_typable(management: Management, secrets: Secrets) -> None:
    """Raises SecretMissing or SecretRefused for a password that can't be typed at the router."""
    for reference in (management.secret, management.admin_secret, management.unnamed_secret):
        if reference is not None:
            _typable(reference, secrets)


def _typable(reference: str, secrets: Secrets) -> None:
    reasons = reasons_at_prompt(secrets.resolve(reference).reveal())
    if reasons:
        said = text("render.and").join(reasons)
        raise SecretRefused("transport.not-typable-secret", reference=reference, reasons=said)


def _opened(
    management: Management, secrets: Secrets, known_hosts: Path, login: str, until: float
) -> SshRouterSession:
    from onshi_net.platforms.yamaha.link import OnshiYamaha

    left = max(1.0, until - time.monotonic())
    try:
        link = OnshiYamaha(
            device_type="onshi_yamaha",
            host=str(management.address),
            port=management.port,
            username=management.username,
            password=secrets.resolve(login).reveal(),
            known_hosts=known_hosts,
            deadline_s=left,
        )
    except (HostUnknown, HostKeyChanged, Unreachable) as error:
        if management.site:
            error.values.update(site=shlex.quote(management.site), device=management.host)
        raise
    with contextlib.ExitStack() as undo:
        undo.callback(link.disconnect)
        admin = _administrator(link, management, secrets)
        undo.pop_all()
    return SshRouterSession(link, management, secrets, Credentials(login, admin))


def _administrator(link: OnshiYamaha, management: Management, secrets: Secrets) -> str | None:
    """Enters administrator level.

    Answers the reference that opened it, None where no password was asked.
    """
    candidates = [management.admin_secret]
    if management.first_admin is not None:
        candidates.append(management.first_admin)
    for reference in dict.fromkeys(candidates):
        asked: list[str] = []
        password = secrets.resolve(reference).reveal()

        def answer(question: str, asked: list[str] = asked, password: str = password) -> str:
            asked.append(question)
            return password

        if link.converse("administrator", answer).level == "#":
            return reference if asked else None
    raise LoginRefused(
        "transport.administrator-refused", host=str(management.address), user=management.username
    )
