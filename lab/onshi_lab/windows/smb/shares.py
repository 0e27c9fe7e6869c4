"""The PC's shares and who may use them: the lesser of share and NTFS rights counts.

Sources: learn.microsoft.com New-SmbShare (default: Everyone Read), Grant-SmbShareAccess,
Revoke-SmbShareAccess, "Share and NTFS permissions". MSFT_SmbShareAccessControlEntry numbers the
rights.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from onshi_lab.windows.accounts import ADMINISTRATORS_SID, USERS_SID, Account, Accounts
from onshi_lab.windows.filesystem import (
    AUTHENTICATED_USERS_SID,
    EVERYONE_SID,
    READ,
    WRITE_DATA,
    FileSystem,
)

FULL, CHANGE, READ_ONLY, CUSTOM = 0, 1, 2, 3
"""AccessRight of MSFT_SmbShareAccessControlEntry."""
ALLOW, DENY = 0, 1


@dataclass(frozen=True, slots=True)
class ShareAce:
    """One entry of a share's ACL."""

    sid: str
    right: int
    kind: int = ALLOW


@dataclass(frozen=True, slots=True)
class Share:
    """One shared folder."""

    name: str
    path: str
    description: str = ""
    aces: tuple[ShareAce, ...] = ()
    special: bool = False
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do in a share over the network."""

    user: str
    write: bool


DEFAULT_ACE = ShareAce(EVERYONE_SID, READ_ONLY)
ADMIN_ACES = (ShareAce(ADMINISTRATORS_SID, FULL),)
SPECIAL = (
    Share("ADMIN$", "C:\\Windows", "Remote Admin", ADMIN_ACES, special=True),
    Share("C$", "C:\\", "Default share", ADMIN_ACES, special=True),
    Share("IPC$", "", "Remote IPC", (DEFAULT_ACE,), special=True),
)


class Shares:
    """The share table; `changed` is called after every change."""

    def __init__(self, path: Path | None, disk: FileSystem, accounts: Accounts) -> None:
        self._path = path
        self._disk = disk
        self._accounts = accounts
        self._lock = accounts.lock
        self._shares = {s.name.lower(): s for s in SPECIAL}
        self.changed: Callable[[], None] = lambda: None
        if path is not None and path.exists():
            for item in json.loads(path.read_text(encoding="utf-8")):
                aces = tuple(ShareAce(**ace) for ace in item.pop("aces"))
                share = Share(aces=aces, **item)
                self._shares[share.name.lower()] = share

    def _save(self) -> None:
        if self._path is not None:
            kept = [asdict(s) for s in self._shares.values() if not s.temporary]
            self._path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        self.changed()

    def all(self) -> list[Share]:
        """Every share, by name."""
        with self._lock:
            return sorted(self._shares.values(), key=lambda s: s.name.lower())

    def find(self, name: str) -> Share | None:
        """The share of that name."""
        with self._lock:
            return self._shares.get(name.lower())

    def put(self, share: Share) -> None:
        """Adds or replaces a share."""
        with self._lock:
            self._shares[share.name.lower()] = share
            self._save()

    def remove(self, name: str) -> None:
        """Stops sharing a folder."""
        with self._lock:
            del self._shares[name.lower()]
            self._save()

    def grant(self, name: str, sid: str, right: int, kind: int = ALLOW) -> Share:
        """Gives an account a right (or denies it), replacing its entry of the same kind."""
        with self._lock:
            share = self._shares[name.lower()]
            others = tuple(a for a in share.aces if (a.sid, a.kind) != (sid, kind))
            share = replace(share, aces=(*others, ShareAce(sid, right, kind)))
            self.put(share)
            return share

    def revoke(self, name: str, sid: str, kind: int = ALLOW) -> Share:
        """Removes every entry of one kind of an account."""
        with self._lock:
            share = self._shares[name.lower()]
            kept = tuple(a for a in share.aces if (a.sid, a.kind) != (sid, kind))
            share = replace(share, aces=kept)
            self.put(share)
            return share

    def access(self, share: Share) -> list[Access]:
        """The users that get in, by share ACL and NTFS ACL of the folder."""
        found = []
        for account in self._accounts.all():
            sids = _network_sids(account)
            if not account.enabled or account.blank_password or account.locked:
                continue
            right = _share_right(share, sids)
            if right is None or not self._disk.allows(share.path, sids, READ):
                continue
            write = right in (FULL, CHANGE) and self._disk.allows(share.path, sids, WRITE_DATA)
            found.append(Access(account.name, write))
        return found


def _network_sids(account: Account) -> set[str]:
    sids = {account.sid, EVERYONE_SID, AUTHENTICATED_USERS_SID, USERS_SID}
    return sids | ({ADMINISTRATORS_SID} if account.is_admin else set())


def _share_right(share: Share, sids: set[str]) -> int | None:
    matching = [a for a in share.aces if a.sid in sids]
    if any(a.kind == DENY for a in matching):
        return None
    return min((a.right for a in matching), default=None)
