"""Names and SIDs of users and groups, in Windows' spelling.

Source: learn.microsoft.com "Security identifiers" (well-known SIDs). The names of built-in groups
are the same in English and Japanese Windows.
"""

import re

from onshi_lab.windows.pc import Pc

WELL_KNOWN = {
    "S-1-1-0": ("", "Everyone"),
    "S-1-3-0": ("", "CREATOR OWNER"),
    "S-1-5-4": ("NT AUTHORITY", "INTERACTIVE"),
    "S-1-5-2": ("NT AUTHORITY", "NETWORK"),
    "S-1-5-11": ("NT AUTHORITY", "Authenticated Users"),
    "S-1-5-18": ("NT AUTHORITY", "SYSTEM"),
    "S-1-5-19": ("NT AUTHORITY", "LOCAL SERVICE"),
    "S-1-5-20": ("NT AUTHORITY", "NETWORK SERVICE"),
    "S-1-5-32-544": ("BUILTIN", "Administrators"),
    "S-1-5-32-545": ("BUILTIN", "Users"),
    "S-1-5-32-546": ("BUILTIN", "Guests"),
    "S-1-5-32-551": ("BUILTIN", "Backup Operators"),
    "S-1-5-32-559": ("BUILTIN", "Performance Log Users"),
    "S-1-5-32-580": ("BUILTIN", "Remote Management Users"),
}


def parts_of(written: str, computer: str) -> tuple[str, str, str]:
    r"""Name, domain ('' for the PC's own) and principal name of an account as it is written.

    The user of a Microsoft account is called by the first five letters of its address (Microsoft
    support, "Change your Windows account name"; an inference from what a new PC does); an address
    below `.example` is a domain's here.
    """
    domain, _, name = written.rpartition("\\")
    if "@" in name:
        before, _, after = name.partition("@")
        if after.endswith(".example"):
            return before, after.partition(".")[0].upper(), name
        return before[:5], "", name
    own = domain.lower() in ("", ".", computer.lower())
    return name, "" if own else domain, ""


def account_name(pc: Pc, sid: str) -> str | None:
    r"""`DOMAIN\name` of a SID, or None where nobody has it."""
    known = WELL_KNOWN.get(sid)
    if known is not None:
        return f"{known[0]}\\{known[1]}" if known[0] else known[1]
    if sid == pc.accounts.machine_sid:
        return pc.name
    account = pc.accounts.find_sid(sid)
    return f"{account.domain or pc.name}\\{account.name}" if account is not None else None


def sid_of(pc: Pc, name: str) -> str | None:
    r"""The SID of a name, with or without a domain, or of a SID text; None where there is none.

    An isolated name is the PC's own before it is a user's: `PC` is the account domain, and only
    `PC\PC` the user ([MS-LSAT] 3.1.4.5). `.` is no domain here.
    """
    if re.fullmatch(r"\*?S-1-[\d-]+", name):
        return name.lstrip("*")
    domain, _, short = name.rpartition("\\")
    for sid, (authority, known) in WELL_KNOWN.items():
        if short.lower() == known.lower() and domain.lower() in ("", authority.lower()):
            return sid
    if name.lower() == pc.name.lower():
        return pc.accounts.machine_sid
    account = pc.accounts.named(name, pc.name)
    return account.sid if account is not None else None
