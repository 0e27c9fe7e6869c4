"""Get-Acl and Set-Acl for files and folders.

Source: Microsoft.PowerShell.Security on learn.microsoft.com;
System.Security.AccessControl.FileSystemSecurity (SetAccessRuleProtection, AddAccessRule,
RemoveAccessRuleAll, SetOwner …).
"""

from dataclasses import replace
from typing import Any

from onshi_lab.windows import filesystem, sddl
from onshi_lab.windows.filesystem import Ace, Acl, WindowsError
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.convert import convert, define_enum, define_flags
from onshi_lab.windows.powershell.dotnet import io_error, sid_object
from onshi_lab.windows.powershell.errors import unsupported
from onshi_lab.windows.powershell.methods import Failed, method
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import PSObject, Value, as_list, text_of
from onshi_lab.windows.principals import account_name, sid_of

_NS = "System.Security.AccessControl."
rights_enum = define_flags(
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
inheritance_enum = define_flags(
    _NS + "InheritanceFlags", ContainerInherit=1, ObjectInherit=2, **{"None": 0}
)
propagation_enum = define_flags(
    _NS + "PropagationFlags", NoPropagateInherit=1, InheritOnly=2, **{"None": 0}
)
SYNCHRONIZE = 0x100000
RULE = _NS + "FileSystemAccessRule"


def _identity_sid(session: Session, value: Value) -> str:
    """The SID that an identity stands for; raises Failed where nobody has the name."""
    if isinstance(value, PSObject) and value.type_name.endswith("SecurityIdentifier"):
        return text_of(value)
    sid = sid_of(session.pc, text_of(value))
    if sid is None:
        raise _not_mapped()
    return sid


def _not_mapped() -> Failed:
    return Failed(
        "Some or all identity references could not be translated.",
        "System.Security.Principal.IdentityNotMappedException",
    )


def translated(session: Session, sid: str, kind: str) -> PSObject:
    """SecurityIdentifier.Translate: the account of a SID; raises Failed where it has none."""
    from onshi_lab.windows.powershell.dotnet import sid_object

    if not kind.endswith("NTAccount"):
        return sid_object(session, sid)
    name = account_name(session.pc, sid)
    if name is None:
        raise _not_mapped()
    return nt_account(session, name)


def nt_account(session: Session, name: str) -> PSObject:
    """A NTAccount."""
    translate = method(lambda _t, _a: sid_object(session, _identity_sid(session, name)), "type")
    return PSObject(
        {"Value": name},
        "System.Security.Principal.NTAccount",
        text=name,
        methods={"Translate": translate},
    )


def _rule(identity: PSObject, ace: Ace) -> PSObject:
    """A FileSystemAccessRule; its ACE has no SID before a descriptor takes it up."""
    return PSObject(
        {
            "FileSystemRights": rights_enum(ace.rights),
            "AccessControlType": kind_enum(0 if ace.allow else 1),
            "IdentityReference": identity,
            "IsInherited": ace.inherited,
            "InheritanceFlags": inheritance_enum(ace.inheritance),
            "PropagationFlags": propagation_enum(ace.propagation),
        },
        RULE,
        native=ace,
    )


def rule_object(session: Session, ace: Ace) -> PSObject:
    """The rule that stands for an entry of a list, its account as a name where it has one."""
    name = account_name(session.pc, ace.sid)
    return _rule(nt_account(session, name) if name else sid_object(session, ace.sid), ace)


def access_rule(session: Session, arguments: list[Value]) -> PSObject:
    """New FileSystemAccessRule(identity, rights[, inheritance, propagation], type).

    Synchronize is added to what is allowed, and taken from what is denied but full control
    (FileSystemAccessRule.AccessMaskFromRights).
    """
    identity, rights, *flags, kind = arguments
    if not (isinstance(identity, PSObject) and "Security.Principal" in identity.type_name):
        identity = nt_account(session, text_of(identity))
    mask = convert(rights, _NS + "FileSystemRights").value
    allow = convert(kind, _NS + "AccessControlType").value == 0
    if allow:
        mask |= SYNCHRONIZE
    elif mask != rights_enum("FullControl").value:
        mask &= ~SYNCHRONIZE
    inheritance = convert(flags[0] if flags else 0, _NS + "InheritanceFlags").value
    propagation = convert(flags[1] if flags else 0, _NS + "PropagationFlags").value
    return _rule(identity, Ace("", mask, allow, False, inheritance, propagation))


def _alike(one: Ace, other: Ace) -> bool:
    """Whether two entries differ in their rights only."""
    return replace(one, rights=0) == replace(other, rights=0)


class Security:
    """The state behind a security descriptor object."""

    def __init__(self, session: Session, acl: Acl, path: str, *, directory: bool) -> None:
        self._session = session
        self.aces = list(acl.aces)
        self.owner = acl.owner
        self.protected = acl.protected
        self.path = path
        methods = {
            "SetAccessRuleProtection": method(self._protect, "bool bool"),
            "AddAccessRule": method(self._add, RULE),
            "RemoveAccessRule": method(self._remove, RULE),
            "RemoveAccessRuleAll": method(self._remove_all, RULE),
            "GetAccessRules": method(self._rules, "bool bool type"),
            "SetSecurityDescriptorSddlForm": method(self._set_form, "string", "string any"),
        }
        kind = "DirectorySecurity" if directory else "FileSecurity"
        self.object = PSObject(
            {}, _NS + kind, native=self, methods=methods, default=("Path", "Owner", "Access")
        )
        self._refresh()

    def _refresh(self) -> None:
        name = account_name(self._session.pc, self.owner) or self.owner
        self.object.set("Path", f"Microsoft.PowerShell.Core\\FileSystem::{self.path}")
        self.object.set("Owner", name)
        self.object.set("Access", [rule_object(self._session, a) for a in self.aces])
        self.object.set("AreAccessRulesProtected", self.protected)
        self.object.set("Sddl", sddl.form(self.acl()))

    def _set_form(self, _target: Value, arguments: list[Value]) -> None:
        """SetSecurityDescriptorSddlForm; of the sections, Access alone is modelled."""
        if len(arguments) != 2 or text_of(arguments[1]).lower() != "access":
            raise unsupported("SetSecurityDescriptorSddlForm without the section Access")
        try:
            self.aces, self.protected = sddl.parsed(text_of(arguments[0]))
        except ValueError as error:
            raise Failed(
                "The SDDL string contains an invalid sid or a sid that cannot be translated.",
                "System.ArgumentException",
            ) from error
        self._refresh()

    def _rules(self, _target: Value, arguments: list[Value]) -> list[PSObject]:
        """CommonObjectSecurity.GetAccessRules: explicit and inherited ones, accounts as asked."""
        own, inherited, kind = arguments
        wanted = [one for one in self.aces if (inherited if one.inherited else own)]
        if str(kind.name).endswith("NTAccount"):
            return [rule_object(self._session, one) for one in wanted]
        from onshi_lab.windows.powershell.dotnet import sid_object

        return [_rule(sid_object(self._session, one.sid), one) for one in wanted]

    def _protect(self, _target: Value, arguments: list[Value]) -> None:
        self.protected, keep = arguments
        if self.protected and keep:
            self.aces = [replace(ace, inherited=False) for ace in self.aces]
        elif self.protected:
            self.aces = [ace for ace in self.aces if not ace.inherited]
        self._refresh()

    def _ace(self, rule: PSObject) -> Ace:
        """A rule's entry, with the SID of its account."""
        made: Ace = rule.native
        return replace(made, sid=_identity_sid(self._session, rule.get("IdentityReference")))

    def _add(self, _target: Value, arguments: list[Value]) -> None:
        """Adds the rights to the entry that is alike, or a new entry (CommonAcl.AddAce)."""
        ace = self._ace(arguments[0])
        like = next((one for one in self.aces if _alike(one, ace)), None)
        if like is None:
            self.aces.insert(0, ace)
        else:
            self.aces[self.aces.index(like)] = replace(like, rights=like.rights | ace.rights)
        self._refresh()

    def _remove(self, _target: Value, arguments: list[Value]) -> bool:
        r"""RemoveAccessRule: an entry that is the rule goes, another loses the rule's rights.

        Whether it *is* the rule is asked of the account as it is written: NTAccount('x') isn't
        NTAccount('PC\x'). Without that, Synchronize stays (FileSystemSecurity.RemoveAccessRule).
        """
        rule = arguments[0]
        ace = self._ace(rule)
        if not any(self._is(one, rule) for one in self.aces):
            ace = replace(ace, rights=ace.rights & ~SYNCHRONIZE)
        for one in [a for a in self.aces if not a.inherited]:
            if (one.sid, one.allow) == (ace.sid, ace.allow):
                self._lessen(one, ace)
        self._refresh()
        return True

    def _is(self, one: Ace, rule: PSObject) -> bool:
        identity = rule.get("IdentityReference")
        named = identity.type_name.endswith("NTAccount")
        account = account_name(self._session.pc, one.sid) if named else one.sid
        same = (account or one.sid).lower() == text_of(identity).lower()
        return same and (one.rights, one.allow) == (rule.native.rights, rule.native.allow)

    def _lessen(self, one: Ace, ace: Ace) -> None:
        if not _alike(one, ace):
            raise unsupported("RemoveAccessRule of an entry that is inherited otherwise")
        left = one.rights & ~ace.rights
        place = self.aces.index(one)
        self.aces[place : place + 1] = [replace(one, rights=left)] if left else []

    def _remove_all(self, _target: Value, arguments: list[Value]) -> None:
        ace = self._ace(arguments[0])
        self.aces = [
            a for a in self.aces if a.inherited or (a.sid, a.allow) != (ace.sid, ace.allow)
        ]
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
