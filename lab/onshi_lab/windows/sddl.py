"""Access control lists of files in SDDL (learn.microsoft.com, "Security Descriptor String Format").

Only what lists of files and folders hold: entries that allow and deny, by SID, inherited or not.
"""

import re

from onshi_lab.windows.accounts import ADMINISTRATORS_SID, EVERYONE_SID, USERS_SID
from onshi_lab.windows.filesystem import (
    AUTHENTICATED_USERS_SID,
    CREATOR_OWNER_SID,
    FULL_CONTROL,
    SYSTEM_SID,
    Ace,
    Acl,
)

NAMES = {
    "BA": ADMINISTRATORS_SID,
    "BU": USERS_SID,
    "SY": SYSTEM_SID,
    "WD": EVERYONE_SID,
    "AU": AUTHENTICATED_USERS_SID,
    "CO": CREATOR_OWNER_SID,
}
WORDS = {sid: word for word, sid in NAMES.items()}
ENTRY = re.compile(r"\((A|D);([A-Z]*);(FA|0x[0-9a-fA-F]+);;;([A-Z]{2}|S-1-[\d-]+)\)")
FLAGS = (
    ("CI", "inheritance", 1),
    ("OI", "inheritance", 2),
    ("NP", "propagation", 1),
    ("IO", "propagation", 2),
)


def form(acl: Acl) -> str:
    """The descriptor; the owner's group is the owner."""
    who = WORDS.get(acl.owner, acl.owner)
    head = "P" if acl.protected else ""
    return f"O:{who}G:{who}D:{head}AI" + "".join(map(_entry, acl.aces))


def _entry(ace: Ace) -> str:
    flags = "".join(word for word, name, bit in FLAGS if getattr(ace, name) & bit)
    flags += "ID" if ace.inherited else ""
    rights = "FA" if ace.rights == FULL_CONTROL else f"0x{ace.rights:x}"
    return f"({'A' if ace.allow else 'D'};{flags};{rights};;;{WORDS.get(ace.sid, ace.sid)})"


def parsed(text: str) -> tuple[list[Ace], bool]:
    """The entries of a descriptor, and whether it is protected; ValueError for another text."""
    _, found, listed = text.partition("D:")
    head, _, _ = listed.partition("(")
    if not found or head + "".join(m.group() for m in ENTRY.finditer(listed)) != listed:
        raise ValueError(text)
    return [_ace(*m.groups()) for m in ENTRY.finditer(listed)], "P" in head


def _ace(kind: str, flags: str, rights: str, who: str) -> Ace:
    words = {flags[at : at + 2] for at in range(0, len(flags), 2)}
    mask = FULL_CONTROL if rights == "FA" else int(rights, 16)
    bits = {name: 0 for _, name, _ in FLAGS}
    for word, name, bit in FLAGS:
        bits[name] |= bit if word in words else 0
    return Ace(NAMES.get(who, who), mask, kind == "A", "ID" in words, **bits)
