"""Get-Acl and Set-Acl for files and folders.

Source: Microsoft.PowerShell.Security on learn.microsoft.com;
System.Security.AccessControl.FileSystemSecurity (SetAccessRuleProtection, AddAccessRule,
RemoveAccessRuleAll, SetOwner …).
"""

from typing import Any

from onshi_lab.windows import filesystem
from onshi_lab.windows.filesystem import Ace, Acl, WindowsError
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.convert import convert, define_enum
from onshi_lab.windows.powershell.dotnet import io_error, sid_object
from onshi_lab.windows.powershell.errors import fail
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import PSObject, Value, as_list, text_of, truthy
from onshi_lab.windows.principals import account_name, sid_of

_NS = "System.Security.AccessControl."
rights_enum = define_enum(
    _NS + "FileSystemRights",
    FullControl=0x1F01FF,
    Modify=0x301BF,
    ReadAndExecute=0x200A9,
    Read=0x20089,
    Write=0x116,
    Synchronize=0x100000,
    Delete=0x10000,
    ListDirectory=1,
    ReadData=1,
    WriteData=2,
    CreateFiles=2,
    AppendData=4,
    CreateDirectories=4,
    ExecuteFile=0x20,
    Traverse=0x20,
    DeleteSubdirectoriesAndFiles=0x40,
    ChangePermissions=0x40000,
    TakeOwnership=0x80000,
    ReadAttributes=0x80,
    WriteAttributes=0x100,
    ReadPermissions=0x20000,
    ReadExtendedAttributes=8,
    WriteExtendedAttributes=16,
)
kind_enum = define_enum(_NS + "AccessControlType", Allow=0, Deny=1)
inheritance_enum = define_enum(
    _NS + "InheritanceFlags", ContainerInherit=1, ObjectInherit=2, **{"None": 0}
)
propagation_enum = define_enum(
    _NS + "PropagationFlags", NoPropagateInherit=1, InheritOnly=2, **{"None": 0}
)
SYNCHRONIZE = 0x100000
NAMED = (
    (0x1F01FF, "FullControl"),
    (0x1301BF, "Modify, Synchronize"),
    (0x1200A9, "ReadAndExecute, Synchronize"),
    (0x120089, "Read, Synchronize"),
    (0x100116, "Write, Synchronize"),
)


def _identity_sid(session: Session, value: Value) -> str:
    if isinstance(value, PSObject) and value.type_name.endswith("SecurityIdentifier"):
        return text_of(value)
    sid = sid_of(session.pc, text_of(value))
    if sid is None:
        raise fail(
            (
                'Exception calling "AddAccessRule" with "1" argument(s): '
                '"Some or all identity references could not be translated."'
            ),
            "IdentityNotMappedException",
            "NotSpecified",
            "System.Security.Principal.IdentityNotMappedException",
        )
    return sid


def nt_account(session: Session, name: str) -> PSObject:
    """A NTAccount."""

    def translate(_arguments: list[Value]) -> Value:
        return sid_object(session, _identity_sid(session, name))

    return PSObject(
        {"Value": name},
        "System.Security.Principal.NTAccount",
        text=name,
        methods={"Translate": translate},
    )


def rule_object(session: Session, ace: Ace) -> PSObject:
    """A FileSystemAccessRule."""
    name = account_name(session.pc, ace.sid)
    identity = nt_account(session, name) if name else sid_object(session, ace.sid)
    text = next((n for v, n in NAMED if v == ace.rights), None)
    rights = rights_enum(ace.rights)
    if text is not None:
        rights = type(rights)(rights.type_name, text, ace.rights)
    return PSObject(
        {
            "FileSystemRights": rights,
            "AccessControlType": kind_enum(0 if ace.allow else 1),
            "IdentityReference": identity,
            "IsInherited": ace.inherited,
            "InheritanceFlags": convert(ace.inheritance, _NS + "InheritanceFlags")
            if ace.inheritance != 3
            else inheritance_enum("ContainerInherit, ObjectInherit"),
            "PropagationFlags": propagation_enum(ace.propagation),
        },
        _NS + "FileSystemAccessRule",
        native=ace,
    )


def access_rule(session: Session, arguments: list[Value]) -> PSObject:
    """New FileSystemAccessRule(identity, rights[, inheritance, propagation], type)."""
    if len(arguments) not in (3, 5):
        raise IndexError("FileSystemAccessRule")
    rights = int(convert(arguments[1], _NS + "FileSystemRights").value) | SYNCHRONIZE
    inheritance = (
        int(convert(arguments[2], _NS + "InheritanceFlags").value) if len(arguments) == 5 else 0
    )
    propagation = (
        int(convert(arguments[3], _NS + "PropagationFlags").value) if len(arguments) == 5 else 0
    )
    allow = convert(arguments[-1], _NS + "AccessControlType").value == 0
    ace = Ace(_identity_sid(session, arguments[0]), rights, allow, False, inheritance, propagation)
    return rule_object(session, ace)


class Security:
    """The state behind a security descriptor object."""

    def __init__(self, session: Session, acl: Acl, path: str, *, directory: bool) -> None:
        self._session = session
        self.aces = list(acl.aces)
        self.owner = acl.owner
        self.protected = acl.protected
        self.path = path
        methods = {
            "SetAccessRuleProtection": self._protect,
            "AddAccessRule": self._add,
            "SetAccessRule": self._set,
            "ResetAccessRule": self._reset,
            "RemoveAccessRule": self._remove,
            "RemoveAccessRuleSpecific": self._remove,
            "RemoveAccessRuleAll": self._remove_all,
            "PurgeAccessRules": self._purge,
            "SetOwner": self._set_owner,
            "GetAccessRules": lambda _a: self._property("Access"),
            "GetOwner": lambda _a: self._property("Owner"),
        }
        kind = "DirectorySecurity" if directory else "FileSecurity"
        self.object = PSObject(
            {}, _NS + kind, native=self, methods=methods, default=("Path", "Owner", "Access")
        )
        self._refresh()

    def _property(self, name: str) -> Value:
        return self.object.get(name)

    def _refresh(self) -> None:
        name = account_name(self._session.pc, self.owner) or self.owner
        self.object.set("Path", f"Microsoft.PowerShell.Core\\FileSystem::{self.path}")
        self.object.set("Owner", name)
        self.object.set("Access", [rule_object(self._session, a) for a in self.aces])
        self.object.set("AreAccessRulesProtected", self.protected)

    def _protect(self, arguments: list[Value]) -> None:
        self.protected = truthy(arguments[0])
        if self.protected and truthy(arguments[1]):
            self.aces = [
                Ace(a.sid, a.rights, a.allow, False, a.inheritance, a.propagation)
                for a in self.aces
            ]
        elif self.protected:
            self.aces = [a for a in self.aces if not a.inherited]
        self._refresh()

    def _ace(self, arguments: list[Value]) -> Ace:
        found: Ace = arguments[0].native
        return found

    def _add(self, arguments: list[Value]) -> None:
        ace = self._ace(arguments)
        if ace not in self.aces:
            self.aces.insert(0, ace)
        self._refresh()

    def _set(self, arguments: list[Value]) -> None:
        ace = self._ace(arguments)
        self.aces = [
            a for a in self.aces if a.inherited or (a.sid, a.allow) != (ace.sid, ace.allow)
        ]
        self._add(arguments)

    def _reset(self, arguments: list[Value]) -> None:
        ace = self._ace(arguments)
        self.aces = [a for a in self.aces if a.inherited or a.sid != ace.sid]
        self._add(arguments)

    def _remove(self, arguments: list[Value]) -> bool:
        ace = self._ace(arguments)
        kept = [
            a
            for a in self.aces
            if a.inherited or (a.sid, a.allow, a.rights) != (ace.sid, ace.allow, ace.rights)
        ]
        found = len(kept) != len(self.aces)
        self.aces = kept
        self._refresh()
        return found

    def _remove_all(self, arguments: list[Value]) -> None:
        ace = self._ace(arguments)
        self.aces = [
            a for a in self.aces if a.inherited or (a.sid, a.allow) != (ace.sid, ace.allow)
        ]
        self._refresh()

    def _purge(self, arguments: list[Value]) -> None:
        sid = _identity_sid(self._session, arguments[0])
        self.aces = [a for a in self.aces if a.inherited or a.sid != sid]
        self._refresh()

    def _set_owner(self, arguments: list[Value]) -> None:
        self.owner = _identity_sid(self._session, arguments[0])
        self._refresh()

    def acl(self) -> Acl:
        """The ACL to store."""
        return Acl(self.owner, tuple(self.aces), self.protected)


def _paths(call: Call) -> list[str]:
    values: Any = call.get("LiteralPath") if call.has("LiteralPath") else call.get("Path")
    return [
        filesystem.normalize(text_of(v).rpartition("::")[2], call.session.process.cwd)
        for v in as_list(values)
    ]


@cmdlet("Get-Acl", "Path string[] pos=0 pipe prop\nLiteralPath string[]\nAudit switch")
def get_acl(call: Call) -> None:
    """The security descriptor of files and folders."""
    for path in _paths(call) or [call.session.process.cwd]:
        if not call.pc.disk.exists(path):
            raise call.failure(
                f"Cannot find path '{path}' because it does not exist.",
                "GetAcl_PathNotFound_Exception",
                "ObjectNotFound",
                exception="System.Management.Automation.ItemNotFoundException",
                target=path,
            )
        call.emit(
            Security(
                call.session, call.pc.disk.acl(path), path, directory=call.pc.disk.is_dir(path)
            ).object
        )


@cmdlet(
    "Set-Acl",
    (
        "Path string[] pos=0 prop\n"
        "AclObject! object pos=1 pipe\n"
        "LiteralPath string[]\n"
        "Passthru switch\n"
        "ClearCentralAccessPolicy switch"
    ),
    should_process=True,
)
def set_acl(call: Call) -> None:
    """Stores a changed security descriptor."""
    descriptor = call.get("AclObject")
    if not isinstance(getattr(descriptor, "native", None), Security):
        raise call.failure("AclObject", "SetAcl_AclObject")
    for path in _paths(call):
        disk = call.pc.disk
        try:
            if not disk.exists(path):
                raise WindowsError(WindowsError.FILE_NOT_FOUND, path)
            if not disk.allows(path, call.pc.sids(call.session.process.logon), 0x40000):
                raise WindowsError(WindowsError.ACCESS_DENIED, path)
        except WindowsError as error:
            exception, message, _ = io_error(error)
            raise call.failure(
                message, exception, "PermissionDenied", exception=exception, target=path
            ) from error
        disk.set_acl(path, descriptor.native.acl())


__all__ = ["Acl", "nt_account"]
