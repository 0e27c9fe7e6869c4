r"""What Windows lets an account, a computer, a share and a folder be called. Pure.

Microsoft's rules, and nothing that is narrower than they are:

- *a local user* (USER_INFO_0; New-LocalUser, `-Name`): 20 characters at most, none of
  `" / \ [ ] : ; | = , + * ? < > @`, no control characters, not only periods and blanks, no period
  at the end; nor the computer's own name ("User name cannot be the same as the computer name");
- *an account that is there*: such a name; `COMPUTER\user` or `.\user` of this PC; `DOMAIN\user`
  (User Name Formats, Down-Level Logon Name); `user@domain` (User Principal Name), which is also how
  a Microsoft account is written, or `MicrosoftAccount\user@domain`; 513 characters at most
  (wincred.h, CRED_MAX_USERNAME_LENGTH). Blanks and `'` are as good as letters;
- *a computer* (DnsValidateName, DnsNameHostnameLabel; "Naming conventions in Active Directory for
  computers, domains, sites, and OUs"): letters of any script, digits, `-`, `_`, not only digits.
  What a PC answers for itself is its NetBIOS name, of 15 bytes in its own code page;
- *a share* ([MS-FSCC] 2.1.6; New-SmbShare, `-Name`): 80 characters at most, none of
  `" \ / [ ] : | < > + = ; , * ?`, no control characters, not `pipe` or `mailslot`;
- *a folder* (Naming Files, Paths, and Namespaces): 247 characters at most, a part doesn't end with
  a blank or a period and is no device's name.

Characters that nobody sees are ours to refuse (U+200B, U+FEFF, …): a name that looks like another
one is a mistake in the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from onshi_net.model.names import RESERVED

FAULT = "windows_name"
"""pydantic's type of the error; its context says which rule, below `inventory.windows-name.`."""
MICROSOFT_ACCOUNT = "MicrosoftAccount"
"""The authority of Microsoft accounts, as `whoami` and icacls of a PC with one write it."""
_LOCAL_LENGTH, _SHARE_LENGTH, _FOLDER_LENGTH, _ACCOUNT_LENGTH = 20, 80, 247, 513
_NETBIOS_BYTES = 15
_IN_USER = re.compile(r'["/\\\[\]:;|=,+*?<>@]')
_IN_SHARE = re.compile(r'["\\/\[\]:|<>+=;,*?]')
_IN_FOLDER = re.compile(r'[":/|<>*?]')
_IN_COMPUTER = re.compile(r"[{|}~\[\\\]^':;<=>?&@!\"#$%`()+/,*. ]")
_IN_PRINCIPAL = re.compile(r'["/\\\[\]:;|=,*?<> ]')
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_BLANKS = " \u3000"
"""The only two of all blanks that somebody types; Windows takes the second for a letter."""
_RESERVED_SHARES = frozenset({"pipe", "mailslot", "ipc$", "admin$", "print$"})
_BUILT_IN = frozenset(
    name.lower()
    for name in (
        *("Administrator", "Guest", "DefaultAccount", "WDAGUtilityAccount"),
        *("Administrators", "Users", "Guests", "Backup Operators", "Performance Log Users"),
        *("Performance Monitor Users", "Power Users", "Remote Desktop Users", "Event Log Readers"),
        *("Remote Management Users", "Network Configuration Operators", "Cryptographic Operators"),
        *("Distributed COM Users", "Hyper-V Administrators", "IIS_IUSRS", "Replicator"),
        *("System Managed Accounts Group", "Device Owners", "OpenSSH Users", "SYSTEM", "Everyone"),
        *("LOCAL SERVICE", "NETWORK SERVICE", "NONE"),
    )
)
"""Names of a new Windows' own users and groups, which no new user may have (New-LocalUser)."""


class Form(StrEnum):
    """In which of Windows' forms an account is written."""

    OWN = "own"
    """The PC's own: a bare name or `.\\name`."""
    DOMAIN = "domain"
    """`DOMAIN\\name`, of which the PC may be the domain."""
    PRINCIPAL = "principal"
    """`name@domain`: a user principal name or a Microsoft account."""
    MICROSOFT = "microsoft"
    """`MicrosoftAccount\\name@domain`."""


@dataclass(frozen=True, slots=True)
class Account:
    r"""An account by its parts; `domain` is empty where the name alone is written."""

    form: Form
    domain: str
    name: str

    @property
    def login(self) -> str:
        r"""The form in which NTLM is told of it: an empty domain is the PC's own.

        `.` is a word of programs on the PC ([MS-NLMP] 3.3 knows no such domain).
        """
        return self.name if self.form is Form.OWN else f"{self.domain}\\{self.name}".lstrip("\\")

    @property
    def candidates(self) -> tuple[str, ...]:
        r"""The full names under which a PC looks for it, the likeliest first.

        `.\` stands for the PC's own name there. A bare name would be looked for among the PC's own
        name, its domain and the domain's friends (LookupAccountName, "isolated name").
        """
        whole = f"{self.domain}\\{self.name}"
        match self.form:
            case Form.OWN:
                return (f".\\{self.name}",)
            case Form.PRINCIPAL:
                return (self.name, f"{MICROSOFT_ACCOUNT}\\{self.name}")
            case _:
                return (whole,)


def account(written: str) -> Account:
    """Answers the parts of an account's name."""
    domain, slash, name = written.partition("\\")
    if not slash:
        return Account(Form.PRINCIPAL if "@" in written else Form.OWN, "", written)
    if domain == ".":
        return Account(Form.OWN, domain, name)
    if domain.lower() == MICROSOFT_ACCOUNT.lower():
        return Account(Form.MICROSOFT, MICROSOFT_ACCOUNT, name)
    return Account(Form.DOMAIN, domain, name)


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a name breaks: its id below `inventory.windows-name.`, and what breaks it."""

    rule: str
    value: str = ""


def _unseen(name: str) -> Iterator[Broken]:
    for one in name:
        if unicodedata.category(one) in _UNSEEN and one not in _BLANKS:
            yield Broken("unseen", f"U+{ord(one):04X}")


def _length(name: str, longest: int) -> Iterator[Broken]:
    if not name:
        yield Broken("empty")
    if len(name.encode("utf-16-le", "surrogatepass")) > 2 * longest:
        yield Broken("length", str(longest))


def _characters(name: str, forbidden: re.Pattern[str]) -> Iterator[Broken]:
    strays = dict.fromkeys(forbidden.findall(name))
    if strays:
        yield Broken("characters", " ".join(f'"{one}"' if one == " " else one for one in strays))


def _user(name: str) -> Iterator[Broken]:
    """Finds what is wrong with a name of the account database."""
    yield from _unseen(name)
    yield from _characters(name, _IN_USER)
    yield from _length(name, _LOCAL_LENGTH)
    if name and not name.strip(". "):
        yield Broken("only-dots")
    elif name.endswith("."):
        yield Broken("last-dot")
    elif name != name.strip(" "):
        yield Broken("blanks")


def _local(name: str) -> Iterator[Broken]:
    yield from _user(name)
    if name.lower() in _BUILT_IN:
        yield Broken("built-in", name)


def _principal(name: str) -> Iterator[Broken]:
    before, _, after = name.partition("@")
    yield from _unseen(name)
    yield from _characters(name, _IN_PRINCIPAL)
    labels = after.split(".")
    if not before or not all(labels) or "@" in after:
        yield Broken("principal")


def _account(name: str) -> Iterator[Broken]:
    parts = account(name)
    yield from _length(name, _ACCOUNT_LENGTH)
    if not name:
        return
    if parts.form is Form.DOMAIN and not parts.domain:
        yield Broken("no-domain")
    if parts.form is Form.DOMAIN:
        yield from _unseen(parts.domain)
        yield from _characters(parts.domain, _IN_PRINCIPAL)
    if parts.form in {Form.PRINCIPAL, Form.MICROSOFT} or "@" in parts.name:
        yield from _principal(parts.name)
    else:
        yield from _user(parts.name)


def _computer(name: str) -> Iterator[Broken]:
    yield from _unseen(name)
    yield from _characters(name, _IN_COMPUTER)
    if not name:
        yield Broken("empty")
    if len(name.encode("cp932", "replace")) > _NETBIOS_BYTES:
        yield Broken("netbios", str(_NETBIOS_BYTES))
    if name.isascii() and name.isdigit():
        yield Broken("only-digits")
    if name.startswith("-"):
        yield Broken("first-hyphen")


def _share(name: str) -> Iterator[Broken]:
    yield from _unseen(name)
    yield from _characters(name, _IN_SHARE)
    yield from _length(name, _SHARE_LENGTH)
    if name != name.strip(" "):
        yield Broken("blanks")
    if name.lower() in _RESERVED_SHARES or re.fullmatch(r"[A-Za-z]\$", name):
        yield Broken("reserved", name)


def _folder(path: str) -> Iterator[Broken]:
    if not re.match(r"[A-Za-z]:\\.", path):
        yield Broken("drive")
        return
    yield from _unseen(path)
    yield from _characters(path[3:], _IN_FOLDER)
    yield from _length(path, _FOLDER_LENGTH)
    for part in path[3:].split("\\"):
        if not part or part != part.strip(" ") or part.endswith("."):
            yield Broken("part", part)
        elif part.partition(".")[0].rstrip(" ").lower() in RESERVED:
            yield Broken("reserved", part)


def _checker(kind: str, find: Callable[[str], Iterator[Broken]]) -> Callable[[str], str]:
    def check(value: str) -> str:
        broken = next(find(value), None)
        if broken is None:
            return value
        said = {"kind": kind, "rule": broken.rule, "broken": broken.value}
        raise PydanticCustomError(FAULT, "{kind} {rule} {broken}", said)

    return check


def _name(kind: str, find: Callable[[str], Iterator[Broken]]) -> AfterValidator:
    return AfterValidator(_checker(kind, find))


_BOUND = Field(max_length=1024)
LocalUserName = Annotated[str, _BOUND, _name("local-user", _local)]
"""The name of a local user that the tool makes."""
AccountName = Annotated[str, _BOUND, _name("account", _account)]
"""The name of an account that is there, in any of Windows' forms."""
ComputerName = Annotated[str, _BOUND, _name("computer", _computer)]
"""What a PC calls itself (`%COMPUTERNAME%`)."""
ShareName = Annotated[str, _BOUND, _name("share", _share)]
WindowsPath = Annotated[str, _BOUND, _name("folder", _folder)]
"""An absolute path of a local folder."""


def same_name(one: str, other: str) -> bool:
    """Answers whether Windows takes two names for one: it knows no case."""
    return one.upper() == other.upper()
