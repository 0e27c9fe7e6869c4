"""Credential Manager: one store a user, sealed (CredWrite on learn.microsoft.com).

A credential set belongs to a logon session. A network logon has none: every call fails with 1312
(ERROR_NO_SUCH_LOGON_SESSION). CRED_TYPE_DOMAIN_PASSWORD blobs are never handed back to a program
(CREDENTIALW page: "If the Type member is CRED_TYPE_DOMAIN_PASSWORD, ... can only be read by the
authentication packages"). A password reset by somebody else makes the store unreadable (DPAPI).
"""

import base64
import hashlib
import json
import re
import threading
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet

from onshi_lab.windows.accounts import Logon

GENERIC, DOMAIN_PASSWORD, DOMAIN_CERTIFICATE = 1, 2, 3
SESSION, LOCAL_MACHINE, ENTERPRISE = 1, 2, 3
NO_SUCH_LOGON_SESSION = 1312
NOT_FOUND = 1168
INVALID_PARAMETER = 87
INVALID_FLAGS = 1004
BAD_USERNAME = 2202
MAX_BLOB = 5 * 512
"""CRED_MAX_CREDENTIAL_BLOB_SIZE, bytes."""
MAX_TARGET, MAX_DOMAIN_TARGET, MAX_USER = 32767, 337, 513
"""CRED_MAX_GENERIC_TARGET_NAME_LENGTH, CRED_MAX_DOMAIN_TARGET_NAME_LENGTH (wincred.h: 256, 1, 80),
CRED_MAX_USERNAME_LENGTH."""


class CredentialError(Exception):
    """A failed call; `code` is what GetLastError would give."""

    def __init__(self, code: int) -> None:
        super().__init__(f"credential error {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Credential:
    """A CREDENTIALW without its pointers."""

    target: str
    kind: int
    user: str
    blob: bytes = field(repr=False)
    persist: int = LOCAL_MACHINE
    comment: str = ""
    alias: str = ""
    written: str = ""


class Vault:
    """The stores of all users, one sealed file each, and the session-only entries."""

    def __init__(self, folder: Path, key_file: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        if not key_file.exists():
            key_file.touch(mode=0o600)
            key_file.write_bytes(Fernet.generate_key())
        self._master = key_file.read_bytes()
        self._session: dict[int, dict[str, Credential]] = {}
        self._lock = threading.RLock()

    def seal(self, data: bytes, purpose: str) -> bytes:
        """Data that only this PC can open, for one purpose (a SID, an LSA secret)."""
        return self._fernet(purpose).encrypt(data)

    def open(self, data: bytes, purpose: str) -> bytes:
        """What `seal` sealed."""
        return self._fernet(purpose).decrypt(data)

    def _fernet(self, purpose: str) -> Fernet:
        digest = hashlib.sha256(self._master + purpose.encode()).digest()
        return Fernet(base64.urlsafe_b64encode(digest))

    def _file(self, sid: str) -> Path:
        return self._folder / f"{sid}.vault"

    def _load(self, sid: str) -> dict[str, Credential]:
        path = self._file(sid)
        if not path.exists():
            return {}
        items = json.loads(self.open(path.read_bytes(), sid))
        for item in items:
            item["blob"] = base64.b64decode(item["blob"])
        return {_key(c.target, c.kind): c for c in (Credential(**item) for item in items)}

    def _store(self, sid: str, entries: dict[str, Credential]) -> None:
        items = [asdict(c) | {"blob": base64.b64encode(c.blob).decode()} for c in entries.values()]
        path = self._file(sid)
        path.touch(mode=0o600)
        path.write_bytes(self.seal(json.dumps(items).encode(), sid))

    def write(self, logon: Logon, credential: Credential, *, bare: bool = False) -> None:
        """CredWriteW; raises CredentialError.

        `bare`: a user without a domain is taken, as cmdkey's page has it (`/user:mikedan`).
        """
        _demand_session(logon)
        _validate(credential, bare=bare)
        stored = replace(credential, written=datetime.now(UTC).isoformat())
        key = _key(credential.target, credential.kind)
        with self._lock:
            if credential.persist == SESSION:
                self._session.setdefault(logon.luid, {})[key] = stored
                return
            entries = self._load(logon.sid)
            entries[key] = stored
            self._store(logon.sid, entries)

    def _entries(self, logon: Logon) -> dict[str, Credential]:
        return self._load(logon.sid) | self._session.get(logon.luid, {})

    def read(self, logon: Logon, target: str, kind: int) -> Credential:
        """CredReadW: without the blob of a domain password; raises CredentialError."""
        _demand_session(logon)
        with self._lock:
            found = self._entries(logon).get(_key(target, kind))
        if found is None:
            raise CredentialError(NOT_FOUND)
        return _public(found)

    def enumerate(self, logon: Logon, pattern: str | None = None) -> list[Credential]:
        """CredEnumerateW with a `prefix*` filter; raises CredentialError where nothing matches."""
        _demand_session(logon)
        with self._lock:
            found = [_public(c) for c in self._entries(logon).values()]
        if pattern:
            prefix = pattern.removesuffix("*").lower()
            found = [c for c in found if c.target.lower().startswith(prefix)]
        if not found:
            raise CredentialError(NOT_FOUND)
        return found

    def delete(self, logon: Logon, target: str, kind: int) -> None:
        """CredDeleteW; raises CredentialError."""
        _demand_session(logon)
        key = _key(target, kind)
        with self._lock:
            session = self._session.get(logon.luid, {})
            entries = self._load(logon.sid)
            if key not in session and key not in entries:
                raise CredentialError(NOT_FOUND)
            session.pop(key, None)
            if entries.pop(key, None) is not None:
                self._store(logon.sid, entries)

    def for_server(self, logon: Logon, server: str) -> Credential | None:
        """The domain password, with its blob, that authentication to a server would use."""
        if not logon.has_credential_set:
            return None
        with self._lock:
            entries = self._entries(logon)
        return entries.get(_key(server, DOMAIN_PASSWORD))

    def forget_user(self, sid: str) -> None:
        """Loses a user's store, as an administrator's password reset does."""
        with self._lock:
            self._file(sid).unlink(missing_ok=True)

    def forget_sessions(self) -> None:
        """Loses the session-only entries, as a reboot does."""
        with self._lock:
            self._session.clear()


def _key(target: str, kind: int) -> str:
    return f"{kind}:{target.lower()}"


def _public(credential: Credential) -> Credential:
    if credential.kind == GENERIC:
        return credential
    return replace(credential, blob=b"")


def _demand_session(logon: Logon) -> None:
    if not logon.has_credential_set:
        raise CredentialError(NO_SUCH_LOGON_SESSION)


def _validate(credential: Credential, *, bare: bool) -> None:
    kinds = (GENERIC, DOMAIN_PASSWORD, DOMAIN_CERTIFICATE)
    if credential.kind not in kinds or credential.persist not in (
        SESSION,
        LOCAL_MACHINE,
        ENTERPRISE,
    ):
        raise CredentialError(INVALID_PARAMETER)
    if not credential.target or len(credential.blob) > MAX_BLOB:
        raise CredentialError(INVALID_PARAMETER)
    longest = MAX_TARGET if credential.kind == GENERIC else MAX_DOMAIN_TARGET
    if len(credential.target) > longest or len(credential.user) > MAX_USER:
        raise CredentialError(INVALID_PARAMETER)
    whole = bool(credential.user) if bare else re.search(r".[\\@].", credential.user)
    if credential.kind == DOMAIN_PASSWORD and not whole:
        raise CredentialError(BAD_USERNAME)  # DomainName\UserName or a UPN (CREDENTIALW, UserName)
