"""SmbShare cmdlets. Source: the SmbShare module's pages on learn.microsoft.com."""

from dataclasses import replace

from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.cmdlets.common import cim_error, matches, not_found
from onshi_lab.windows.powershell.convert import define_enum
from onshi_lab.windows.powershell.values import PSObject, as_list
from onshi_lab.windows.principals import account_name, sid_of
from onshi_lab.windows.smb import shares as smb
from onshi_lab.windows.smb.shares import Share, ShareAce

_TYPES = "Microsoft.PowerShell.Cmdletization.GeneratedTypes."
right_enum = define_enum(_TYPES + "SmbShareAccess.AccessRight", Full=0, Change=1, Read=2, Custom=3)
kind_enum = define_enum(_TYPES + "SmbShareAccess.AccessControlType", Allow=0, Deny=1)
PERMANENT = ("IPC$", "ADMIN$")
MAX_NAME = 80
FORBIDDEN = frozenset('"\\/[]:|<>+=;,*?')
"""[MS-FSCC] 2.1.6."""
RESERVED = ("pipe", "mailslot")
"""New-SmbShare, `-Name`."""
BUILD_24H2 = 26100
"""Microsoft, "Windows 11 release information"."""
CLASS = "Microsoft.Management.Infrastructure.CimInstance#ROOT/Microsoft/Windows/SMB/"
CIM = "CimSession object\nThrottleLimit int\nSmbInstance string"


def share_object(share: Share) -> PSObject:
    """A MSFT_SmbShare."""
    return PSObject(
        {
            "Name": share.name,
            "ScopeName": "*",
            "Path": share.path,
            "Description": share.description,
            "Special": share.special,
            "Temporary": share.temporary,
            "FolderEnumerationMode": share.enumeration,
            "CachingMode": share.caching,
            "EncryptData": share.encrypted,
            "ConcurrentUserLimit": share.limit,
            "ShareState": "Online",
            "ShareType": "FileSystemDirectory" if share.path else "InterprocessCommunication",
            "CurrentUsers": 0,
            "SecurityDescriptor": smb.descriptor_of(share),
        },
        CLASS + "MSFT_SmbShare",
        native=share,
        default=("Name", "ScopeName", "Path", "Description"),
        text=f'MSFT_SmbShare (Name = "{share.name}", ScopeName = "*")',
    )


def ace_object(call: Call, share: Share, ace: ShareAce) -> PSObject:
    """A MSFT_SmbShareAccessControlEntry."""
    return PSObject(
        {
            "Name": share.name,
            "ScopeName": "*",
            "AccountName": account_name(call.pc, ace.sid) or ace.sid,
            "AccessControlType": kind_enum(ace.kind),
            "AccessRight": right_enum(ace.right),
        },
        CLASS + "MSFT_SmbShareAccessControlEntry",
        native=(share, ace),
        text="MSFT_SmbShareAccessControlEntry",
    )


def _demand_server(call: Call) -> None:
    """Only a running Server service knows shares (NERR_ServerNotStarted of NetShareEnum).

    That Get-SmbShare passes it on is an inference.
    """
    if not call.pc.services.running("LanmanServer"):
        raise cim_error(call, 2114, "The Server service is not started.")


def _selected(call: Call) -> list[Share]:
    _demand_server(call)
    piped = [o.native for o in as_list(call.get("InputObject")) if isinstance(o, PSObject)]
    if piped:
        return piped
    wanted = call.get("Name")
    found = [s for s in call.pc.shares.all() if wanted is None or matches(s.name, wanted)]
    for name in wanted or []:
        if "*" not in name and call.pc.shares.find(name) is None:
            not_found(call, "MSFT_SMBShare", {"Name": name})
    return found


SELECT = f"Name string[] pos=0 prop\nScopeName string[]\nInputObject ciminstance[] pipe\n{CIM}"


@cmdlet(
    "Get-SmbShare",
    f"Name string[] pos=0\nScopeName string[]\nSpecial bool\nIncludeHidden switch\n{CIM}",
    class_name="Get-SmbShare",
)
def get_smb_share(call: Call) -> None:
    """Shared folders."""
    for share in _selected(call):
        if not call.has("Special") or share.special == call.get("Special"):
            call.emit(share_object(share))


def _sid(call: Call, name: str) -> str:
    sid = sid_of(call.pc, name)
    if sid is None:
        raise cim_error(call, 1332, "No mapping between account names and security IDs was done.")
    return sid


@cmdlet(
    "New-SmbShare",
    f"""
    Name! string pos=0
    Path! string pos=1
    Description string
    FullAccess string[]
    ChangeAccess string[]
    ReadAccess string[]
    NoAccess string[]
    Temporary switch
    ContinuouslyAvailable bool
    EncryptData bool
    CachingMode string values=None|Manual|Documents|Programs|BranchCache|Unknown
    FolderEnumerationMode string values=AccessBased|Unrestricted
    ConcurrentUserLimit uint32
    CATimeout uint32
    ScopeName string
    {CIM}
    """,
    class_name="New-SmbShare",
    should_process=True,
    admin=True,
)
def new_smb_share(call: Call) -> None:
    """Shares a folder; Everyone gets Read where no access is given.

    Before Windows 11 24H2 this turns on the rules of File and Printer Sharing for the profile in
    use (Microsoft, "SMB firewall rule changes").
    """
    name, path = call.text("Name"), call.text("Path").rstrip("\\")
    _demand_server(call)
    if len(name) > MAX_NAME or name.lower() in RESERVED or FORBIDDEN & {*name}:
        raise cim_error(call, 123, "The filename, directory name, or volume label syntax is wrong.")
    if call.pc.shares.find(name) is not None:
        raise cim_error(call, 2118, "The name has already been shared.")
    if not call.pc.files(call.session.process).is_dir(path):
        raise cim_error(call, 3, "The system cannot find the path specified.")
    aces = [
        ShareAce(_sid(call, user), right, kind)
        for parameter, right, kind in (
            ("FullAccess", smb.FULL, smb.ALLOW),
            ("ChangeAccess", smb.CHANGE, smb.ALLOW),
            ("ReadAccess", smb.READ_ONLY, smb.ALLOW),
            ("NoAccess", smb.FULL, smb.DENY),
        )
        for user in call.get(parameter) or []
    ]
    share = Share(
        name,
        path,
        call.text("Description"),
        tuple(aces) or (smb.DEFAULT_ACE,),
        temporary=call.flag("Temporary"),
        caching=call.text("CachingMode") or "Manual",
        enumeration=call.text("FolderEnumerationMode") or "Unrestricted",
        encrypted=bool(call.get("EncryptData")),
        limit=int(call.get("ConcurrentUserLimit") or 0),
    )
    call.pc.shares.put(share)
    if call.pc.config.release.build < BUILD_24H2:
        call.pc.firewall.open_sharing()
    call.emit(share_object(share))


@cmdlet(
    "Remove-SmbShare",
    SELECT + "\nForce switch\nPassThru switch",
    class_name="Remove-SmbShare",
    high_impact=True,
    admin=True,
)
def remove_smb_share(call: Call) -> None:
    """Stops sharing."""
    for share in _selected(call):
        if share.name.upper() in PERMANENT:
            raise cim_error(call, 50, "The request is not supported.")
        if call.flag("Force") or call.confirm("Performing operation 'Remove-Share'", share.name):
            call.pc.shares.remove(share.name)


@cmdlet(
    "Set-SmbShare",
    SELECT + "\nDescription string\nSecurityDescriptor string\nForce switch\nPassThru switch",
    class_name="Set-SmbShare",
    high_impact=True,
    admin=True,
)
def set_smb_share(call: Call) -> None:
    """Changes a share; a security descriptor replaces the whole list."""
    for share in _selected(call):
        changed = share
        if call.has("SecurityDescriptor"):
            try:
                aces = smb.aces_of(call.text("SecurityDescriptor"))
            except ValueError as error:
                raise cim_error(call, 87, "The parameter is incorrect.") from error
            changed = replace(changed, aces=aces)
        if call.has("Description"):
            changed = replace(changed, description=call.text("Description"))
        if call.flag("Force") or call.confirm("Performing operation 'Modify'", share.name):
            call.pc.shares.put(changed)


@cmdlet("Get-SmbShareAccess", SELECT, class_name="Get-SmbShareAccess", admin=True)
def get_smb_share_access(call: Call) -> None:
    """The entries of a share's ACL."""
    for share in _selected(call):
        for ace in share.aces:
            call.emit(ace_object(call, share, ace))


ACCESS = SELECT + "\nAccountName string[]\nForce switch"


def _emit_access(call: Call, share: Share) -> None:
    for ace in share.aces:
        call.emit(ace_object(call, share, ace))


@cmdlet(
    "Grant-SmbShareAccess",
    ACCESS + "\nAccessRight string values=Full|Change|Read",
    class_name="Grant-SmbShareAccess",
    high_impact=True,
    admin=True,
)
def grant_smb_share_access(call: Call) -> None:
    """Adds an allow entry."""
    if not call.has("AccountName") or not call.has("AccessRight"):
        raise cim_error(call, 87, "The parameter is incorrect.")
    right = int(right_enum(call.text("AccessRight")).value)
    for share in _selected(call):
        current = share
        for user in call.get("AccountName"):
            if call.flag("Force") or call.confirm("Performing operation 'Modify'", share.name):
                current = call.pc.shares.grant(share.name, _sid(call, user), right)
        _emit_access(call, current)


def _remove_entries(call: Call, kind: int) -> None:
    for share in _selected(call):
        current = share
        for user in call.get("AccountName") or []:
            if call.flag("Force") or call.confirm("Performing operation 'Modify'", share.name):
                current = call.pc.shares.revoke(share.name, _sid(call, user), kind)
        _emit_access(call, current)


@cmdlet(
    "Revoke-SmbShareAccess",
    ACCESS,
    class_name="Revoke-SmbShareAccess",
    high_impact=True,
    admin=True,
)
def revoke_smb_share_access(call: Call) -> None:
    """Removes the allow entries of an account."""
    _remove_entries(call, smb.ALLOW)


@cmdlet(
    "Unblock-SmbShareAccess",
    ACCESS,
    class_name="Unblock-SmbShareAccess",
    high_impact=True,
    admin=True,
)
def unblock_smb_share_access(call: Call) -> None:
    """Removes the deny entries of an account."""
    _remove_entries(call, smb.DENY)


@cmdlet(
    "Block-SmbShareAccess", ACCESS, class_name="Block-SmbShareAccess", high_impact=True, admin=True
)
def block_smb_share_access(call: Call) -> None:
    """Adds a deny entry."""
    for share in _selected(call):
        current = share
        for user in call.get("AccountName") or []:
            if call.flag("Force") or call.confirm("Performing operation 'Modify'", share.name):
                current = call.pc.shares.grant(share.name, _sid(call, user), smb.FULL, smb.DENY)
        _emit_access(call, current)
