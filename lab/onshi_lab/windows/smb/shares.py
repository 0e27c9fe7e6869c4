"""The PC's shares and who may use them: the lesser of share and NTFS rights counts.

Sources: learn.microsoft.com New-SmbShare (default: Everyone Read), Grant-SmbShareAccess,
Revoke-SmbShareAccess, "Share and NTFS permissions". MSFT_SmbShareAccessControlEntry numbers the
rights.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from onshi_lab.windows.accounts import (
    ADMINISTRATORS_SID,
    EVERYONE_SID,
    USERS_SID,
    Account,
    Accounts,
)
from onshi_lab.windows.filesystem import (
    AUTHENTICATED_USERS_SID,
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
    mask: int = 0
    """Of a CUSTOM right."""


@dataclass(frozen=True, slots=True)
class Share:
    """One shared folder."""

    name: str
    path: str
    description: str = ""
    aces: tuple[ShareAce, ...] = ()
    special: bool = False
    temporary: bool = False
    caching: str = "Manual"
    enumeration: str = "Unrestricted"
    encrypted: bool = False
    limit: int = 0


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


MASKS = {FULL: 0x1F01FF, CHANGE: 0x1301BF, READ_ONLY: 0x1200A9}
"""Access masks of the three rights that have a word."""
_ALIASES = {"WD": EVERYONE_SID, "BA": ADMINISTRATORS_SID, "BU": USERS_SID, "SY": "S-1-5-18"}
_ALIASES |= {"AU": AUTHENTICATED_USERS_SID}
_RIGHTS = {"FA": 0x1F01FF, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200A0}
"""Words of SDDL (learn.microsoft.com, "SID strings", "ACE strings")."""
_ACE = re.compile(r"\((A|D);;([A-Z]{2}|0x[0-9a-f]+);;;([A-Z]{2}|S-1-[\d-]+)\)", re.IGNORECASE)


def descriptor_of(share: Share) -> str:
    """The security descriptor of a share, in SDDL."""
    return "O:SYG:SYD:" + "".join(_sddl(ace) for ace in share.aces)


def _sddl(ace: ShareAce) -> str:
    words = {sid: word for word, sid in _ALIASES.items()}
    mask = MASKS.get(ace.right, ace.mask)
    right = "FA" if mask == MASKS[FULL] else f"0x{mask:x}"
    return f"({'D' if ace.kind == DENY else 'A'};;{right};;;{words.get(ace.sid, ace.sid)})"


def aces_of(descriptor: str) -> tuple[ShareAce, ...]:
    """The entries of a security descriptor; ValueError for one that is none."""
    _, found, listed = descriptor.partition("D:")
    if not found or "".join(m.group() for m in _ACE.finditer(listed)) != listed:
        raise ValueError(descriptor)
    return tuple(_ace(*m.groups()) for m in _ACE.finditer(listed))


def _ace(kind: str, right: str, who: str) -> ShareAce:
    mask = _RIGHTS.get(right.upper()) or int(right, 16)
    sid = _ALIASES.get(who.upper(), who)
    known = next((word for word, bits in MASKS.items() if bits == mask), CUSTOM)
    return ShareAce(
        sid, known, DENY if kind.upper() == "D" else ALLOW, mask if known == CUSTOM else 0
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
    return min((_nearest(a) for a in matching), default=None)


def _nearest(ace: ShareAce) -> int:
    """The right with a word that a custom one comes to, for who reads and writes files."""
    if ace.right != CUSTOM:
        return ace.right
    return CHANGE if ace.mask & WRITE_DATA else READ_ONLY
