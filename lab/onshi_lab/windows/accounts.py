"""Local accounts and logon sessions: who may log on how, and what a session can do.

Sources: learn.microsoft.com "Account lockout threshold", "Maximum password age", "User Account
Control and remote restrictions" (LocalAccountTokenFilterPolicy), "Win32_LogonSession" (logon
types), [MS-NLMP] 3.1.1.1 (MaxLifetime: a response older than 36 hours is refused).
"""

import enum
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from spnego._ntlm_raw.crypto import ntowfv1

ADMINISTRATORS = "Administrators"
USERS = "Users"
ADMINISTRATORS_SID = "S-1-5-32-544"
USERS_SID = "S-1-5-32-545"
EVERYONE_SID = "S-1-1-0"
BACKUP_OPERATORS = "Backup Operators"
PERFORMANCE_LOG_USERS = "Performance Log Users"
GROUPS = {
    ADMINISTRATORS: ADMINISTRATORS_SID,
    USERS: USERS_SID,
    "Guests": "S-1-5-32-546",
    BACKUP_OPERATORS: "S-1-5-32-551",
    PERFORMANCE_LOG_USERS: "S-1-5-32-559",
    "Remote Management Users": "S-1-5-32-580",
}
BATCH, DENY_BATCH = "SeBatchLogonRight", "SeDenyBatchLogonRight"
NETWORK, DENY_NETWORK = "SeNetworkLogonRight", "SeDenyNetworkLogonRight"
LOCAL_ACCOUNT_SID = "S-1-5-113"
"""What every local account's logon has (Microsoft, well-known SIDs), for policies to deny."""
RIGHTS: dict[str, tuple[str, ...]] = {
    BATCH: (ADMINISTRATORS_SID, GROUPS[BACKUP_OPERATORS], GROUPS[PERFORMANCE_LOG_USERS]),
    DENY_BATCH: (),
    NETWORK: (EVERYONE_SID, ADMINISTRATORS_SID, USERS_SID, GROUPS[BACKUP_OPERATORS]),
    DENY_NETWORK: (),
}
"""Who has which right by default (learn.microsoft.com, "Log on as a batch job", "Deny log on as a
batch job", "Access this computer from the network", "Deny access to this computer from the
network"; Guest, whom the last one names, can't log on here anyway)."""
BUILTIN_ADMINISTRATOR_RID = 500
LOCKOUT_THRESHOLD = 10
"""Failed logons until an account is locked: the Windows 11 22H2 / October 2022 default."""


MICROSOFT_ACCOUNT = "MicrosoftAccount"
DOMAIN_SID = "S-1-5-21-1000-2000-3000"
"""The domain that a PC may be a member of; there is one in the lab."""
MAX_PASSWORD_AGE = 42 * 86400.0
"""Seconds that a password lasts, unless it never expires: the default of 42 days."""


class LogonType(enum.IntEnum):
    """Logon types as Win32_LogonSession numbers them."""

    INTERACTIVE = 2
    NETWORK = 3
    BATCH = 4
    SERVICE = 5


@dataclass(frozen=True, slots=True)
class Account:
    """One local user. `nt_hash` is the only form in which a password is kept."""

    name: str
    sid: str
    nt_hash: str = field(repr=False)
    groups: tuple[str, ...] = (USERS,)
    full_name: str = ""
    description: str = ""
    enabled: bool = True
    blank_password: bool = False
    password_never_expires: bool = False
    password_set: float = 0.0
    """When the password was set, by the PC's clock, in seconds since the epoch."""
    failed_logons: int = 0
    may_change_password: bool = True
    expires: float | None = None
    """When the account ends, in seconds since the epoch."""
    domain: str = ""
    """The domain whose account it is; '' for the PC's own."""
    principal: str = ""
    """`user@domain`: a domain account's user principal name, or the Microsoft account with which
    one of the PC's own is signed in."""

    @property
    def key(self) -> str:
        """What it is found by: its name, with its domain where it is not the PC's own."""
        return f"{self.domain}\\{self.name}" if self.domain else self.name

    @property
    def is_admin(self) -> bool:
        """Whether the account is in the Administrators group."""
        return ADMINISTRATORS in self.groups

    @property
    def is_builtin_administrator(self) -> bool:
        """Whether this is RID 500, to which remote UAC does not apply."""
        return self.sid.endswith(f"-{BUILTIN_ADMINISTRATOR_RID}")

    @property
    def password_until(self) -> float | None:
        """When the password expires, in seconds since the epoch; None for never."""
        return None if self.password_never_expires else self.password_set + MAX_PASSWORD_AGE

    @property
    def locked(self) -> bool:
        """Whether too many wrong passwords were given."""
        return self.failed_logons >= LOCKOUT_THRESHOLD


@dataclass(frozen=True, slots=True)
class Logon:
    """A logon session: the token's identity and what its kind of logon allows."""

    user: str
    sid: str
    kind: LogonType
    elevated: bool
    luid: int = field(default_factory=lambda: secrets.randbelow(1 << 31))
    password: str | None = field(default=None, repr=False)

    @property
    def has_credential_set(self) -> bool:
        """Whether CredWrite works; a network logon has none (ERROR_NO_SUCH_LOGON_SESSION)."""
        return self.kind is not LogonType.NETWORK


class LogonFailure(Exception):
    """A refused logon; `status` is the NTSTATUS that event 4625 carries."""

    WRONG_PASSWORD = 0xC000006A
    NO_SUCH_USER = 0xC0000064
    DISABLED = 0xC0000072
    EXPIRED = 0xC0000071
    LOCKED = 0xC0000234
    BLANK_PASSWORD = 0xC000006E
    TIME_SKEW = 0xC0000133
    TYPE_NOT_GRANTED = 0xC000015B

    WIN32: ClassVar[dict[int, int]] = {
        WRONG_PASSWORD: 1326,
        NO_SUCH_USER: 1326,
        DISABLED: 1331,
        EXPIRED: 1330,
        LOCKED: 1909,
        BLANK_PASSWORD: 1327,
        TYPE_NOT_GRANTED: 1385,
    }
    """NTSTATUS -> Win32 error ([MS-ERREF] 2.3.1); LogonUser says 1326 for an unknown user too."""

    def __init__(self, status: int) -> None:
        super().__init__(f"logon failure 0x{status:08X}")
        self.status = status

    @property
    def win32(self) -> int:
        """The Win32 error of the refusal."""
        return self.WIN32[self.status]


def nt_hash(password: str) -> str:
    """The NT hash of a password, in hexadecimal ([MS-NLMP] 3.3.1 NTOWFv1)."""
    return bytes(ntowfv1(password)).hex().upper()


class Accounts:
    """The PC's user database, kept in one file of the state directory."""

    def __init__(self, path: Path | None, machine_sid: str | None = None) -> None:
        self._path = path
        self.lock = threading.RLock()
        """Of everything whose changes reach Samba: accounts, shares, file system, Samba itself."""
        self._accounts: dict[str, Account] = {}
        self._next_rid = 1001
        self.changed: Callable[[], None] = lambda: None
        self.now: Callable[[], float] = time.time
        """The PC's own time, in seconds since the epoch."""
        self.machine_sid = machine_sid or "S-1-5-21-{}-{}-{}".format(
            *(secrets.randbelow(1 << 32) for _ in range(3))
        )
        self._load()

    def _load(self) -> None:
        if self._path is None or not self._path.exists():
            return
        stored = json.loads(self._path.read_text(encoding="utf-8"))
        self.machine_sid = stored["machine_sid"]
        self._next_rid = stored["next_rid"]
        for item in stored["accounts"]:
            item["groups"] = tuple(item["groups"])
            account = Account(**item)
            self._accounts[account.key.lower()] = account

    def _save(self) -> None:
        if self._path is None:
            return
        content = {
            "machine_sid": self.machine_sid,
            "next_rid": self._next_rid,
            "accounts": [asdict(account) for account in self._accounts.values()],
        }
        temporary = self._path.with_suffix(".new")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(self._path)
        self.changed()

    def create(self, name: str, password: str, *, admin: bool = False, **fields: Any) -> Account:
        """Adds a user and answers it."""
        with self.lock:
            rid = BUILTIN_ADMINISTRATOR_RID if name.lower() == "administrator" else self._next_rid
            self._next_rid += rid >= self._next_rid
            groups = (ADMINISTRATORS,) if admin else (USERS,)
            account = Account(
                name=name,
                sid=f"{DOMAIN_SID if fields.get('domain') else self.machine_sid}-{rid}",
                nt_hash=nt_hash(password),
                groups=fields.pop("groups", groups),
                blank_password=not password,
                password_set=self.now(),
                **fields,
            )
            self._put(account)
            return account

    def _put(self, account: Account) -> None:
        self._accounts[account.key.lower()] = account
        self._save()

    def update(self, name: str, **fields: Any) -> Account:
        """Changes fields of a user; `password` is hashed first."""
        with self.lock:
            password = fields.pop("password", None)
            if password is not None:
                fields |= {
                    "nt_hash": nt_hash(password),
                    "blank_password": not password,
                    "password_set": self.now(),
                }
            account = replace(self._accounts[name.lower()], **fields)
            self._put(account)
            return account

    def remove(self, name: str) -> None:
        """Deletes a user."""
        with self.lock:
            del self._accounts[name.lower()]
            self._save()

    def find(self, name: str) -> Account | None:
        """The user of that key, in any case, or None."""
        with self.lock:
            return self._accounts.get(name.lower())

    def named(self, name: str, computer: str) -> Account | None:
        r"""The user of a name in one of Windows' forms, as LookupAccountName finds it, or None.

        An isolated name is the PC's own user's before a domain's; with a domain it is nobody
        else's. `user@domain` is a user principal name; a Microsoft account is found under the
        authority MicrosoftAccount (that LookupAccountName also takes its bare address is not
        documented, so it does not).
        """
        domain, _, short = name.rpartition("\\")
        if domain.lower() == MICROSOFT_ACCOUNT.lower():
            return self._of_principal(short, own=True)
        if domain:
            return self.find(short if domain.lower() == computer.lower() else name)
        if "@" in name:
            return self._of_principal(name, own=False)
        others = (one for one in self.all() if one.domain and one.name.lower() == name.lower())
        return self.find(name) or next(others, None)

    def _of_principal(self, name: str, *, own: bool) -> Account | None:
        like = (one for one in self.all() if one.principal.lower() == name.lower())
        return next((one for one in like if own is not bool(one.domain)), None)

    def claimed(self, domain: str, user: str) -> Account | None:
        """The user whom an NTLM message names, or None.

        A PC looks for a domain that it does not know among its own users ([MS-APDS] 3.1.5).
        """
        if "@" in user:
            return next((a for a in self.all() if a.principal.lower() == user.lower()), None)
        return self.find(f"{domain}\\{user}") or self.find(user)

    def find_sid(self, sid: str) -> Account | None:
        """The user of that SID, or None."""
        with self.lock:
            return next((a for a in self._accounts.values() if a.sid == sid), None)

    def all(self) -> list[Account]:
        """Every user, in order of creation."""
        with self.lock:
            return list(self._accounts.values())

    def failed(self, name: str) -> None:
        """Counts a wrong password."""
        with self.lock:
            account = self._accounts.get(name.lower())
            if account is not None:
                self._put(replace(account, failed_logons=account.failed_logons + 1))

    def succeeded(self, name: str) -> Account:
        """Forgets earlier wrong passwords; raises LogonFailure where the right one has expired."""
        with self.lock:
            account = self._accounts[name.lower()]
            if account.failed_logons:
                self._put(replace(account, failed_logons=0))
            if self.has_expired(account):
                raise LogonFailure(LogonFailure.EXPIRED)
            return account

    def has_expired(self, account: Account) -> bool:
        """Whether the account's password is too old."""
        until = account.password_until
        return until is not None and self.now() > until

    def check(self, name: str, password: str) -> Account:
        """The account that this password opens; raises LogonFailure, and counts failures."""
        account = self.usable(name)
        if account.nt_hash != nt_hash(password):
            self.failed(name)
            raise LogonFailure(LogonFailure.WRONG_PASSWORD)
        return self.succeeded(name)

    def usable(self, name: str) -> Account:
        """The account, if it exists, is enabled and not locked; raises LogonFailure."""
        account = self.find(name)
        if account is None:
            raise LogonFailure(LogonFailure.NO_SUCH_USER)
        if not account.enabled:
            raise LogonFailure(LogonFailure.DISABLED)
        if account.locked:
            raise LogonFailure(LogonFailure.LOCKED)
        return account
