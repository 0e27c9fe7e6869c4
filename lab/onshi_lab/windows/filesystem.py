"""The C: drive: a directory of the host with Windows' case-blind names and access control lists.

An object without an ACL of its own inherits its folder's (learn.microsoft.com, "Access Control
Lists").
"""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from onshi_lab.windows.accounts import (
    ADMINISTRATORS_SID,
    EVERYONE_SID,
    USERS_SID,
    Logon,
    LogonType,
)

SYSTEM_SID = "S-1-5-18"
AUTHENTICATED_USERS_SID = "S-1-5-11"
CREATOR_OWNER_SID = "S-1-3-0"

READ = 0x120089
WRITE = 0x116
READ_AND_EXECUTE = 0x1200A9
MODIFY = 0x1301BF
FULL_CONTROL = 0x1F01FF
DELETE = 0x10000
WRITE_DATA = 0x2
"""Bits of System.Security.AccessControl.FileSystemRights."""


@dataclass(frozen=True, slots=True)
class Ace:
    """One access control entry of a file or folder."""

    sid: str
    rights: int
    allow: bool = True
    inherited: bool = False
    inheritance: int = 3
    """InheritanceFlags: 1 ContainerInherit, 2 ObjectInherit."""
    propagation: int = 0


@dataclass(frozen=True, slots=True)
class Acl:
    """A discretionary ACL with its owner."""

    owner: str
    aces: tuple[Ace, ...]
    protected: bool = False


class WindowsError(OSError):
    """A failed file operation, with the Win32 error code."""

    FILE_NOT_FOUND = 2
    PATH_NOT_FOUND = 3
    ACCESS_DENIED = 5
    SHARING_VIOLATION = 32
    BAD_NETPATH = 53
    BAD_NET_NAME = 67
    ALREADY_EXISTS = 183
    DIRECTORY = 267
    LOGON_FAILURE = 1326
    DIR_NOT_EMPTY = 145

    def __init__(self, code: int, path: str) -> None:
        super().__init__(code, path)
        self.code = code
        self.path = path


FULL_SYSTEM = (Ace(SYSTEM_SID, FULL_CONTROL), Ace(ADMINISTRATORS_SID, FULL_CONTROL))
ROOT_ACL = Acl(
    ADMINISTRATORS_SID,
    (*FULL_SYSTEM, Ace(USERS_SID, READ_AND_EXECUTE), Ace(AUTHENTICATED_USERS_SID, MODIFY)),
    protected=True,
)
SYSTEM_ACL = Acl(SYSTEM_SID, (*FULL_SYSTEM, Ace(USERS_SID, READ_AND_EXECUTE)), protected=True)
PROGRAM_DATA_ACL = Acl(
    SYSTEM_SID, (*FULL_SYSTEM, Ace(USERS_SID, READ_AND_EXECUTE | WRITE)), protected=True
)
FOLDERS = (
    "Program Files",
    "ProgramData",
    "Users/Public/Documents",
    "Windows/System32/drivers/etc",
    "Windows/System32/WindowsPowerShell/v1.0",
    "Windows/Temp",
)


def token_sids(logon: Logon, groups: tuple[str, ...]) -> set[str]:
    """The SIDs in a token; a filtered token has Administrators for deny only."""
    sids = {logon.sid, EVERYONE_SID, AUTHENTICATED_USERS_SID, USERS_SID}
    if logon.elevated or ("Administrators" in groups and logon.kind is LogonType.BATCH):
        sids.add(ADMINISTRATORS_SID)
    return sids


def _creator(sids: set[str]) -> str:
    """Who owns what a token makes: Administrators under an administrator's elevated logon.

    Source: Microsoft, "System objects: Default owner for objects created by members of the
    Administrators group" (the group, since Windows Vista with UAC).
    """
    users = sorted(sid for sid in sids if sid.startswith("S-1-5-21-"))
    return ADMINISTRATORS_SID if ADMINISTRATORS_SID in sids or not users else users[0]


class FileSystem:
    r"""The drive. Paths are absolute, like `C:\OQS\Req`."""

    def __init__(
        self, root: Path, acl_file: Path | None, lock: "threading.RLock | None" = None
    ) -> None:
        self.root = root
        self._acl_file = acl_file
        self._lock = lock or threading.RLock()
        self.changed: Callable[[], None] = lambda: None
        self._acls: dict[str, Acl] = {
            "c:": ROOT_ACL,
            "c:\\windows": SYSTEM_ACL,
            "c:\\program files": SYSTEM_ACL,
            "c:\\programdata": PROGRAM_DATA_ACL,
            "c:\\users": SYSTEM_ACL,
        }
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True, exist_ok=True)
        if acl_file is not None and acl_file.exists():
            for key, item in json.loads(acl_file.read_text()).items():
                aces = tuple(Ace(**ace) for ace in item.pop("aces"))
                self._acls[key] = Acl(aces=aces, **item)

    def _save(self) -> None:
        if self._acl_file is not None:
            self._acl_file.write_text(json.dumps({k: asdict(v) for k, v in self._acls.items()}))
        self.changed()

    def make_profile(self, user: str, sid: str) -> str:
        """Makes a user's home directory; answers its path."""
        path = f"C:\\Users\\{user}"
        for folder in ("AppData/Local/Temp", "AppData/Roaming", "Documents", "Desktop"):
            self.host_path(path).joinpath(folder).mkdir(parents=True, exist_ok=True)
        acl = Acl(sid, (*FULL_SYSTEM, Ace(sid, FULL_CONTROL)), protected=True)
        with self._lock:
            self._acls.setdefault(path.lower(), acl)
        return path

    def host_path(self, path: str) -> Path:
        """Where a path lies on the host; names that exist match in any case."""
        drive, _, rest = path.partition("\\")
        if drive.lower() != "c:":
            raise WindowsError(WindowsError.PATH_NOT_FOUND, path)
        current = self.root
        for name in [n for n in rest.split("\\") if n and n != "."]:
            if name == "..":
                current = current if current == self.root else current.parent
                continue
            current = _child(current, name)
        return current

    # -- access -----------------------------------------------------------------------------

    def acl(self, path: str) -> Acl:
        """The effective ACL: the object's own entries and those of its nearest folders."""
        key = path.rstrip("\\").lower()
        with self._lock:
            own = self._acls.get(key)
            if own is not None and (own.protected or "\\" not in key):
                return own
            inherited = self.acl(key.rpartition("\\")[0]) if "\\" in key else ROOT_ACL
        aces = tuple(
            Ace(a.sid, a.rights, a.allow, True, a.inheritance)
            for a in inherited.aces
            if a.inheritance
        )
        if own is None:
            return Acl(inherited.owner, aces)
        explicit = tuple(a for a in own.aces if not a.inherited)
        return Acl(own.owner, explicit + aces)

    def set_acl(self, path: str, acl: Acl) -> None:
        """Replaces the object's own entries."""
        with self._lock:
            kept = tuple(a for a in acl.aces if not a.inherited)
            self._acls[path.rstrip("\\").lower()] = Acl(acl.owner, kept, acl.protected)
            self._save()

    def allows(self, path: str, sids: set[str], rights: int) -> bool:
        """Whether a token with these SIDs has all these rights."""
        granted = 0
        for ace in self.acl(path).aces:
            if ace.sid not in sids:
                continue
            if not ace.allow and ace.rights & rights & ~granted:
                return False
            if ace.allow:
                granted |= ace.rights
        return granted & rights == rights

    def _demand(self, path: str, sids: set[str], rights: int) -> None:
        if not self.allows(path, sids, rights):
            raise WindowsError(WindowsError.ACCESS_DENIED, path)

    # -- operations ---------------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return self.host_path(path).exists()

    def is_dir(self, path: str) -> bool:
        """Whether there is a folder."""
        return self.host_path(path).is_dir()

    def read(self, path: str, sids: set[str]) -> bytes:
        """The bytes of a file; raises WindowsError."""
        host = self.host_path(path)
        if host.is_dir():
            raise WindowsError(WindowsError.ACCESS_DENIED, path)
        if not host.exists():
            raise WindowsError(self._missing(host), path)
        self._demand(path, sids, READ)
        return host.read_bytes()

    def _missing(self, host: Path) -> int:
        there = host.parent.exists()
        return WindowsError.FILE_NOT_FOUND if there else WindowsError.PATH_NOT_FOUND

    def write(self, path: str, data: bytes, sids: set[str], *, append: bool = False) -> None:
        """Writes a file; raises WindowsError."""
        host = self.host_path(path)
        if host.is_dir():
            raise WindowsError(WindowsError.ACCESS_DENIED, path)
        if not host.parent.is_dir():
            raise WindowsError(WindowsError.PATH_NOT_FOUND, path)
        self._demand(path if host.exists() else parent_of(path), sids, WRITE_DATA)
        with host.open("ab" if append else "wb") as stream:
            stream.write(data)

    def make_dir(self, path: str, sids: set[str]) -> None:
        """Makes a folder and those above it; raises WindowsError."""
        host = self.host_path(path)
        if host.exists():
            raise WindowsError(WindowsError.ALREADY_EXISTS, path)
        self._demand(self._existing_parent(path), sids, WRITE_DATA)
        host.mkdir(parents=True)
        with self._lock:
            self._acls[path.rstrip("\\").lower()] = Acl(_creator(sids), ())
            self._save()

    def _existing_parent(self, path: str) -> str:
        parent = parent_of(path)
        while not self.exists(parent):
            parent = parent_of(parent)
        return parent

    def remove(self, path: str, sids: set[str], *, recurse: bool = False) -> None:
        """Deletes a file or folder; raises WindowsError."""
        host = self.host_path(path)
        if not host.exists():
            raise WindowsError(WindowsError.FILE_NOT_FOUND, path)
        self._demand(path, sids, DELETE)
        if not host.is_dir():
            host.unlink()
        elif recurse:
            for child in host.iterdir():
                self.remove(f"{path}\\{child.name}", sids, recurse=True)
            host.rmdir()
        elif any(host.iterdir()):
            raise WindowsError(WindowsError.DIR_NOT_EMPTY, path)
        else:
            host.rmdir()
        with self._lock:
            if self._acls.pop(path.rstrip("\\").lower(), None) is not None:
                self._save()

    def move(self, source: str, target: str, sids: set[str]) -> None:
        """Renames a file or folder in one step; raises WindowsError."""
        host = self.host_path(source)
        if not host.exists():
            raise WindowsError(WindowsError.FILE_NOT_FOUND, source)
        self._demand(source, sids, DELETE)
        self._demand(parent_of(target), sids, WRITE_DATA)
        host.rename(self.host_path(target))

    def list(self, path: str, sids: set[str]) -> list[str]:
        """The names in a folder, sorted; raises WindowsError."""
        host = self.host_path(path)
        if not host.is_dir():
            raise WindowsError(WindowsError.PATH_NOT_FOUND, path)
        self._demand(path, sids, READ)
        return sorted((child.name for child in host.iterdir()), key=str.lower)


def parent_of(path: str) -> str:
    """The folder of a path; a drive's root is its own."""
    head = path.rstrip("\\").rpartition("\\")[0]
    return head if "\\" in head else (head or path) + "\\"


def _child(folder: Path, name: str) -> Path:
    exact = folder / name
    if exact.exists() or not folder.is_dir():
        return exact
    wanted = name.lower()
    return next((c for c in folder.iterdir() if c.name.lower() == wanted), exact)


def normalize(path: str, cwd: str = "C:\\") -> str:
    r"""A path made absolute: UNC as it is, `\x` on C:, relative below the current directory."""
    text = path.replace("/", "\\")
    if text.startswith("\\\\"):
        return text.rstrip("\\")
    if len(text) >= 2 and text[1] == ":":
        return text if len(text) > 2 else text + "\\"
    if text.startswith("\\"):
        return "C:" + text
    parts = cwd.rstrip("\\").split("\\")
    for name in text.split("\\"):
        if name == "..":
            parts = parts[:-1] or parts
        elif name not in ("", "."):
            parts.append(name)
    joined = "\\".join(parts)
    return joined if "\\" in joined else joined + "\\"
