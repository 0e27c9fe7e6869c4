"""Microsoft.PowerShell.LocalAccounts cmdlets. Source: the module's pages on learn.microsoft.com."""

from datetime import datetime
from typing import Any

from onshi_lab.windows.accounts import GROUPS, Account
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.convert import local
from onshi_lab.windows.powershell.dotnet import sid_object
from onshi_lab.windows.powershell.errors import PSError
from onshi_lab.windows.powershell.operators import wildcard
from onshi_lab.windows.powershell.values import PSObject, text_of
from onshi_lab.windows.principals import account_name, sid_of

MODULE = "Microsoft.PowerShell.Commands."
MAX_PASSWORD = 127


def _local(call: Call, seconds: float | None) -> datetime | None:
    """A time of the account database as a DateTime of the PC."""
    zone = call.pc.clock.local().tzinfo
    return None if seconds is None else datetime.fromtimestamp(seconds, zone)


def user_object(call: Call, account: Account) -> PSObject:
    """A LocalUser."""
    return PSObject(
        {
            "Name": account.name,
            "Enabled": account.enabled,
            "FullName": account.full_name,
            "Description": account.description,
            "SID": sid_object(call.session, account.sid),
            "PasswordRequired": True,
            "PasswordExpires": _local(call, account.password_until),
            "PasswordLastSet": _local(call, account.password_set),
            "UserMayChangePassword": account.may_change_password,
            "AccountExpires": _local(call, account.expires),
            "LastLogon": None,
            "PrincipalSource": "Local",
            "ObjectClass": "User",
        },
        MODULE + "LocalUser",
        native=account,
        default=("Name", "Enabled", "Description"),
        text=account.name,
    )


def _denied(call: Call) -> None:
    if not call.pc.is_elevated(call.session.process.logon):
        raise call.failure(
            "Access denied.",
            "AccessDenied",
            "PermissionDenied",
            exception="Microsoft.PowerShell.Commands.AccessDeniedException",
        )


def _missing(call: Call, name: str, kind: str = "User") -> PSError:
    return call.failure(
        f"{kind} {name} was not found.",
        f"{kind}NotFound",
        "ObjectNotFound",
        exception=f"Microsoft.PowerShell.Commands.{kind}NotFoundException",
        target=name,
    )


@cmdlet("Get-LocalUser", "Name string[] pos=0 pipe prop\nSID object[]")
def get_local_user(call: Call) -> None:
    """Local users."""
    accounts = [one for one in call.pc.accounts.all() if not one.domain]
    if call.has("SID"):
        wanted = [text_of(s) for s in call.get("SID")]
        accounts = [a for a in accounts if a.sid in wanted]
    for name in call.get("Name") or ["*"]:
        found = [a for a in accounts if wildcard(name, a.name)]
        if not found and "*" not in name:
            error = _missing(call, name).record
            call.write_error(
                error.message,
                error.error_id,
                error.category,
                exception=error.exception,
                target=name,
            )
        for account in found:
            call.emit(user_object(call, account))


USER_FIELDS = """
    Description string
    FullName string
    AccountExpires datetime
    Password securestring
"""


@cmdlet(
    "New-LocalUser",
    (
        "Name! string pos=0 pipe prop\n"
        "NoPassword switch\n"
        "Disabled switch\n"
        "AccountNeverExpires switch\n"
        "PasswordNeverExpires switch\n"
        "UserMayNotChangePassword switch"
    )
    + USER_FIELDS,
    should_process=True,
)
def new_local_user(call: Call) -> None:
    """Makes a user; it is in no group.

    Its name is like no user's, no group's ("can't be identical to any other user name or group
    name") and not the PC's own (that this counts as an existing user is an inference).
    """
    _denied(call)
    name = call.text("Name")
    taken = {group.lower() for group in GROUPS} | {call.pc.name.lower()}
    if call.pc.accounts.find(name) is not None or name.lower() in taken:
        raise call.failure(
            f"User {name} already exists.",
            "UserExists",
            "ResourceExists",
            exception="Microsoft.PowerShell.Commands.UserExistsException",
            target=name,
        )
    if not call.has("Password") and not call.flag("NoPassword"):
        raise call.failure(
            "Cannot process command because of one or more missing mandatory parameters: Password.",
            "MissingMandatoryParameter",
            exception="System.Management.Automation.ParameterBindingException",
        )
    if not _is_name(name):
        raise call.failure(
            "The specified name is invalid.",
            "InvalidName",
            exception="Microsoft.PowerShell.Commands.InvalidNameException",
        )
    secure = call.get("Password")
    _check_password(call)
    account = call.pc.accounts.create(
        name,
        secure.text if secure else "",
        groups=(),
        full_name=call.text("FullName"),
        description=call.text("Description"),
        enabled=not call.flag("Disabled"),
        password_never_expires=call.flag("PasswordNeverExpires"),
        may_change_password=not call.flag("UserMayNotChangePassword"),
        expires=_expiry(call),
    )
    call.emit(user_object(call, account))


def _is_name(name: str) -> bool:
    """Whether a user may be called so (New-LocalUser, `-Name`; USER_INFO_0, Remarks)."""
    forbidden = any(c in '"/\\[]:;|=,+*?<>@' or c < " " for c in name)
    length = len(name.encode("utf-16-le")) // 2
    return bool(name.strip(". ")) and not name.endswith(".") and not forbidden and length <= 20


def _expiry(call: Call) -> float | None:
    """When the account is to end, in seconds since the epoch."""
    return local(call.get("AccountExpires")).timestamp() if call.has("AccountExpires") else None


def _check_password(call: Call) -> None:
    """A password over 127 characters is refused (LM20 interface, NERR_PasswordTooShort 2245)."""
    if call.has("Password") and len(call.get("Password").text) > MAX_PASSWORD:
        raise call.failure(
            "Unable to update the password. The value provided for the new password does not meet "
            "the length, complexity, or history requirements of the domain.",
            "InvalidPassword",
            exception="Microsoft.PowerShell.Commands.InvalidPasswordException",
        )


def _account(call: Call) -> Account:
    item = call.get("InputObject")
    name = text_of(item if item is not None else call.get("Name"))
    found = call.pc.accounts.find(name)
    if found is None:
        raise _missing(call, name)
    return found


@cmdlet(
    "Set-LocalUser",
    (
        "Name string pos=0 pipe prop\n"
        "InputObject object\n"
        "AccountNeverExpires switch\n"
        "PasswordNeverExpires bool\n"
        "UserMayChangePassword bool"
    )
    + USER_FIELDS,
    should_process=True,
)
def set_local_user(call: Call) -> None:
    """Changes a user; a password set by another loses that user's stored credentials."""
    _denied(call)
    account = _account(call)
    fields: dict[str, Any] = {}
    for parameter, field in (
        ("Description", "description"),
        ("FullName", "full_name"),
        ("PasswordNeverExpires", "password_never_expires"),
        ("UserMayChangePassword", "may_change_password"),
    ):
        if call.has(parameter):
            fields[field] = call.get(parameter)
    if call.has("AccountExpires") or call.flag("AccountNeverExpires"):
        fields["expires"] = _expiry(call)
    _check_password(call)
    if call.has("Password"):
        fields["password"] = call.get("Password").text
        if account.sid != call.session.process.logon.sid:
            call.pc.vault.forget_user(account.sid)
    call.pc.accounts.update(account.name, **fields)


@cmdlet("Remove-LocalUser", "Name string pos=0 pipe prop\nInputObject object", should_process=True)
def remove_local_user(call: Call) -> None:
    """Deletes a user."""
    _denied(call)
    account = _account(call)
    if call.confirm("Remove local user", account.name):
        call.pc.accounts.remove(account.name)
        call.pc.vault.forget_user(account.sid)


@cmdlet("Disable-LocalUser", "Name string pos=0 pipe prop\nInputObject object", should_process=True)
def disable_local_user(call: Call) -> None:
    """Lets a user log on no more."""
    _denied(call)
    call.pc.accounts.update(_account(call).name, enabled=False)


@cmdlet("Enable-LocalUser", "Name string pos=0 pipe prop\nInputObject object", should_process=True)
def enable_local_user(call: Call) -> None:
    """Lets a user log on again."""
    _denied(call)
    call.pc.accounts.update(_account(call).name, enabled=True)


def _group(call: Call) -> str:
    wanted = call.text("Group") or call.text("Name")
    if call.has("SID"):
        sid = text_of(call.get("SID"))
        wanted = next((n for n, s in GROUPS.items() if s == sid), sid)
    found = next((n for n in GROUPS if n.lower() == wanted.lower()), None)
    if found is None:
        raise _missing(call, wanted, "Group")
    return found


@cmdlet("Get-LocalGroupMember", "Group string pos=0 alias=Name\nMember string pos=1\nSID object")
def get_local_group_member(call: Call) -> None:
    """Members of a group."""
    group = _group(call)
    for account in call.pc.accounts.all():
        name = account_name(call.pc, account.sid)
        wanted = sid_of(call.pc, call.text("Member"))
        if group in account.groups and (not call.has("Member") or wanted == account.sid):
            call.emit(
                PSObject(
                    {
                        "Name": name,
                        "SID": sid_object(call.session, account.sid),
                        "PrincipalSource": "ActiveDirectory" if account.domain else "Local",
                        "ObjectClass": "User",
                    },
                    MODULE + "LocalPrincipal",
                    text=name,
                )
            )


def _members(call: Call) -> list[Account]:
    found = []
    for item in call.get("Member"):
        sid = sid_of(call.pc, text_of(item))
        account = call.pc.accounts.find_sid(sid) if sid else None
        if account is None:
            raise call.failure(
                f"Principal {text_of(item)} was not found.",
                "PrincipalNotFound",
                "ObjectNotFound",
                exception="Microsoft.PowerShell.Commands.PrincipalNotFoundException",
            )
        found.append(account)
    return found


@cmdlet(
    "Add-LocalGroupMember",
    "Group string pos=0 alias=Name\nMember! object[] pos=1 pipe\nSID object",
    should_process=True,
)
def add_local_group_member(call: Call) -> None:
    """Adds users to a group."""
    _denied(call)
    group = _group(call)
    for account in _members(call):
        if group in account.groups:
            call.write_error(
                f"{account_name(call.pc, account.sid)} is already a member of group {group}.",
                "MemberExists",
                "ResourceExists",
                exception="Microsoft.PowerShell.Commands.MemberExistsException",
            )
        else:
            call.pc.accounts.update(account.key, groups=(*account.groups, group))


@cmdlet(
    "Remove-LocalGroupMember",
    "Group string pos=0 alias=Name\nMember! object[] pos=1 pipe\nSID object",
    should_process=True,
)
def remove_local_group_member(call: Call) -> None:
    """Removes users from a group."""
    _denied(call)
    group = _group(call)
    for account in _members(call):
        if group not in account.groups:
            call.write_error(
                f"Member {account.name} was not found in group {group}.",
                "MemberNotFound",
                "ObjectNotFound",
                exception="Microsoft.PowerShell.Commands.MemberNotFoundException",
            )
        else:
            call.pc.accounts.update(
                account.key, groups=tuple(g for g in account.groups if g != group)
            )
