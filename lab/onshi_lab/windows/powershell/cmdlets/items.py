"""Items of providers: the FileSystem, Registry, Environment and Certificate drives.

Source: Microsoft.PowerShell.Management on learn.microsoft.com, about_Providers; default encodings
of 5.1 (Set-Content: the ANSI code page; Out-File: UTF-16LE with a byte order mark).
"""

import re
from datetime import datetime
from typing import Any

from onshi_lab.windows import filesystem
from onshi_lab.windows.clock import JAPAN
from onshi_lab.windows.filesystem import WindowsError
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.cmdlets import certificates, remoting
from onshi_lab.windows.powershell.convert import convert, to_number
from onshi_lab.windows.powershell.dotnet import decode_text, io_error
from onshi_lab.windows.powershell.operators import wildcard
from onshi_lab.windows.powershell.values import NOTHING, PSObject, Value, as_list, text_of
from onshi_lab.windows.registry import PERSISTENT_ROUTES

ENCODINGS = {
    "utf8": ("utf-8", b"\xef\xbb\xbf"),
    "unicode": ("utf-16-le", b"\xff\xfe"),
    "string": ("utf-16-le", b"\xff\xfe"),
    "ascii": ("ascii", b""),
    "bigendianunicode": ("utf-16-be", b"\xfe\xff"),
}
ENCODING_NAMES = (
    "values=Unknown|String|Unicode|Byte|BigEndianUnicode|UTF8|UTF7|UTF32|Ascii|Default|Oem"
)
HIVES = {
    "hklm:": "HKLM",
    "hkcu:": "HKCU",
    "hkey_local_machine": "HKLM",
    "hkey_current_user": "HKCU",
    "hkey_users": "HKU",
}
HIVE_NAMES = {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS"}
LOCATION = (
    "Path string[] pos=0 pipe prop\n"
    "LiteralPath string[] alias=PSPath,LP prop\n"
    "Filter string\n"
    "Include string[]\n"
    "Exclude string[]\n"
    "Force switch\n"
    "Credential object"
)


def paths(call: Call) -> list[str]:
    """The paths that were given, as typed, with provider prefixes taken away."""
    given: Any = call.get("LiteralPath") if call.has("LiteralPath") else call.get("Path")
    return [_typed(v) for v in as_list(given)]


def _typed(value: Value) -> str:
    if isinstance(value, PSObject) and value.has("FullName"):
        return text_of(value.get("FullName"))
    if isinstance(value, PSObject) and value.has("PSPath"):
        return _typed(value.get("PSPath"))
    text = text_of(value)
    return re.sub(r"(?i)^(Microsoft\.PowerShell\.Core\\)?(FileSystem|Registry)::", "", text)


def registry_key(call: Call, path: str) -> str | None:
    """The registry key that a path means, or None for another drive."""
    head, _, rest = path.replace("/", "\\").partition("\\")
    hive = HIVES.get(head.lower())
    if hive is None:
        return None
    if hive == "HKCU":
        hive = f"HKU\\{call.session.process.logon.sid}"
    return f"{hive}\\{rest}".rstrip("\\")


def full_name(key: str) -> str:
    """A registry key as the provider names it, with the hive in full."""
    hive, _, rest = key.partition("\\")
    return f"{HIVE_NAMES[hive]}\\{rest}"


def disk_path(call: Call, path: str) -> str:
    """An absolute path; raises PSError for a drive that isn't there."""
    drive = re.match(r"^([A-Za-z]\w*):", path)
    if drive is not None and drive[1].lower() != "c":
        raise call.failure(
            f"Cannot find drive. A drive with the name '{drive[1]}' does not exist.",
            "DriveNotFound",
            "ObjectNotFound",
            exception="System.Management.Automation.DriveNotFoundException",
            target=drive[1],
        )
    return filesystem.normalize(path, call.session.process.cwd)


def files(call: Call) -> Any:
    """The files that this logon may use."""
    return call.pc.files(call.session.process)


def report(call: Call, error: WindowsError, verb: str) -> None:
    """The non-terminating error of a failed file operation."""
    exception, message, hresult = io_error(error)
    if error.code in (WindowsError.FILE_NOT_FOUND, WindowsError.PATH_NOT_FOUND):
        missing(call, error.path)
        return
    category = "PermissionDenied" if error.code == WindowsError.ACCESS_DENIED else "WriteError"
    call.write_error(
        message.strip(),
        f"{verb}{exception.rpartition('.')[2].removesuffix('Exception')}Error",
        category,
        exception=exception,
        target=error.path,
        details={"HResult": hresult},
    )


def missing(call: Call, path: str) -> None:
    """The error of a path that isn't there."""
    call.write_error(
        f"Cannot find path '{path}' because it does not exist.",
        "PathNotFound",
        "ObjectNotFound",
        exception="System.Management.Automation.ItemNotFoundException",
        target=path,
    )


def file_object(call: Call, path: str) -> PSObject:
    """A FileInfo or DirectoryInfo."""
    access = files(call)
    name = path.rstrip("\\").rpartition("\\")[2]
    directory = access.is_dir(path)
    properties: dict[str, Any] = {
        "Name": name,
        "FullName": path,
        "PSPath": f"Microsoft.PowerShell.Core\\FileSystem::{path}",
        "PSIsContainer": directory,
        "Exists": True,
        "Extension": "" if "." not in name else "." + name.rpartition(".")[2],
        "BaseName": name if directory or "." not in name else name.rpartition(".")[0],
        "Mode": "d-----" if directory else "-a----",
    }
    if not path.startswith("\\\\"):
        written = datetime.fromtimestamp(access.modified(path), JAPAN)
        properties |= {
            "LastWriteTime": written,
            "CreationTime": written,
            "LastWriteTimeUtc": written,
        }
    if not directory:
        properties["Length"] = access.size(path)
    kind = "System.IO.DirectoryInfo" if directory else "System.IO.FileInfo"
    methods = {"Refresh": lambda _a: None, "Delete": lambda _a: access.remove(path)}
    return PSObject(
        properties,
        kind,
        text=name,
        methods=methods,
        default=("Mode", "LastWriteTime", "Length", "Name"),
    )


@cmdlet(
    "Test-Path",
    LOCATION
    + (
        "\n"
        "PathType string values=Any|Container|Leaf alias=Type\n"
        "IsValid switch\n"
        "OlderThan datetime\n"
        "NewerThan datetime"
    ),
)
def test_path(call: Call) -> None:
    """Whether a path is there."""
    for path in paths(call):
        call.emit(_exists(call, path))


def _exists(call: Call, path: str) -> bool:
    key = registry_key(call, path)
    if key is not None:
        return call.pc.registry.exists(key)
    if path.lower().startswith("env:"):
        return call.session.process.getenv(path[4:].lstrip("\\")) is not None
    if path.lower().startswith("variable:"):
        return call.scope.find(path[9:].lstrip("\\").lower()) is not None
    if path.lower().startswith("function:"):
        return call.scope.function(path[9:].lstrip("\\").lower()) is not None
    if path.lower().startswith("cert:"):
        return bool(certificates.find(call, path))
    if re.match(r"^[A-Za-z]\w*:", path) and path[0].lower() != "c":
        return False
    absolute = disk_path(call, path)
    access = files(call)
    if not access.exists(absolute):
        return any(True for _ in _expand(call, absolute)) if "*" in absolute else False
    kind = call.text("PathType", "Any")
    return kind == "Any" or access.is_dir(absolute) == (kind == "Container")


def _expand(call: Call, path: str) -> list[str]:
    """The paths that a wildcard in the last part matches."""
    if call.has("LiteralPath") or not any(c in path for c in "*?["):
        return [path]
    folder, _, pattern = path.rpartition("\\")
    try:
        names = files(call).list(folder if "\\" in folder else folder + "\\")
    except WindowsError:
        return []
    return [f"{folder}\\{name}" for name in names if wildcard(pattern, name)]


@cmdlet("Get-Item", LOCATION, alias="gi")
def get_item(call: Call) -> None:
    """An item of a drive."""
    for path in paths(call):
        key = registry_key(call, path)
        if key is not None:
            _emit_key(call, key, path)
            continue
        if path.lower().startswith("cert:"):
            for item in certificates.find(call, path):
                call.emit(item)
            continue
        if path.lower().startswith("wsman:"):
            _emit_wsman(call, path, children=False)
            continue
        for absolute in _expand(call, disk_path(call, path)):
            if files(call).exists(absolute):
                call.emit(file_object(call, absolute))
            else:
                missing(call, absolute)


def _emit_wsman(call: Call, path: str, *, children: bool) -> None:
    found = remoting.items(call, path, children=children)
    for item in found:
        call.emit(item)
    if not found and not children:
        missing(call, path)


def _emit_key(call: Call, key: str, path: str) -> None:
    if not call.pc.registry.exists(key):
        missing(call, path)
        return
    values = call.pc.registry.values(key)
    properties = {
        "Name": full_name(key),
        "PSPath": f"Microsoft.PowerShell.Core\\Registry::{full_name(key)}",
        "PSChildName": key.rpartition("\\")[2],
        "Property": list(values),
        "ValueCount": len(values),
    }

    def value(arguments: list[Value]) -> Value:
        found = call.pc.registry.get(key, text_of(arguments[0]))
        return found if found is not None or len(arguments) < 2 else arguments[1]

    def flush(_arguments: list[Value]) -> Value:
        call.pc.registry.flush()
        return NOTHING

    call.emit(
        PSObject(
            properties,
            "Microsoft.Win32.RegistryKey",
            text=full_name(key),
            methods={
                "GetValue": value,
                "GetValueNames": lambda _a: list(values),
                "Flush": flush,
            },
        )
    )


@cmdlet(
    "Get-ChildItem",
    LOCATION
    + (
        "\n"
        "Recurse switch alias=s\n"
        "Name switch\n"
        "File switch alias=af\n"
        "Directory switch alias=ad\n"
        "Depth uint32\n"
        "Hidden switch\n"
        "Eku string\n"
        "ExpiringInDays int"
    ),
    alias="dir ls gci",
)
def get_child_item(call: Call) -> None:
    """The items in a container."""
    for path in paths(call) or ["."]:
        key = registry_key(call, path)
        if key is not None:
            for child in call.pc.registry.subkeys(key):
                _emit_key(call, child, child)
        elif path.lower().startswith("cert:"):
            for item in certificates.find(call, path):
                call.emit(item)
        elif path.lower().startswith("wsman:"):
            _emit_wsman(call, path, children=True)
        elif path.lower().rstrip("\\") == "env:":
            for name, value in sorted(call.session.process.environment.items()):
                call.emit(
                    PSObject(
                        {"Name": name, "Value": value, "Key": name},
                        "System.Collections.DictionaryEntry",
                    )
                )
        else:
            _list(call, path)


def _list(call: Call, path: str) -> None:
    drive = call.pc.extras.drives.get(path[:2].upper())
    if drive is not None:
        for name in drive["files"]:
            call.emit(PSObject({"Name": name, "FullName": f"{path[:2]}\\{name}"}))
        return
    access, path = files(call), disk_path(call, path)
    targets = _expand(call, path)
    for target in targets:
        if not access.exists(target):
            missing(call, target)
        elif access.is_dir(target) and target == path:
            _children(call, target)
        else:
            _emit_file(call, target)


def _children(call: Call, folder: str) -> None:
    try:
        names = files(call).list(folder)
    except WindowsError as error:
        report(call, error, "Dir")
        return
    for name in names:
        path = folder.rstrip("\\") + "\\" + name
        if not call.has("Filter") or wildcard(call.text("Filter"), name):
            _emit_file(call, path)
        if call.flag("Recurse") and files(call).is_dir(path):
            _children(call, path)


def _emit_file(call: Call, path: str) -> None:
    item = file_object(call, path)
    directory = item.get("PSIsContainer")
    if (call.flag("File") and directory) or (call.flag("Directory") and not directory):
        return
    call.emit(item.get("Name") if call.flag("Name") else item)


@cmdlet(
    "New-Item",
    (
        "Path string[] pos=0 prop\n"
        "Name string prop\n"
        "ItemType string alias=Type\n"
        "Value object pipe alias=Target\n"
        "Force switch\n"
        "Credential object"
    ),
    should_process=True,
    alias="ni",
)
def new_item(call: Call) -> None:
    """Makes a file, a folder or a registry key."""
    for typed in paths(call) or ["."]:
        path = typed + "\\" + call.text("Name") if call.has("Name") else typed
        key = registry_key(call, path)
        if key is not None:
            _new_key(call, key)
        else:
            _new_file(call, disk_path(call, path))


def _new_key(call: Call, key: str) -> None:
    if call.pc.registry.exists(key) and not call.flag("Force"):
        call.write_error(
            "A key in this path already exists.",
            "System.IO.IOException",
            "ResourceExists",
            exception="System.IO.IOException",
            target=key,
        )
        return
    if not _key_denied(call, key):
        call.pc.registry.create(key)
        _emit_key(call, key, key)


def _key_denied(call: Call, key: str) -> bool:
    """Whether the caller may not write to a registry key; says so."""
    if not key.startswith("HKLM") or call.pc.is_elevated(call.session.process.logon):
        return False
    call.write_error(
        "Requested registry access is not allowed.",
        "System.Security.SecurityException",
        "PermissionDenied",
        exception="System.Security.SecurityException",
        target=key,
    )
    return True


def _new_file(call: Call, path: str) -> None:
    kind = call.text("ItemType", "File").lower()
    access = files(call)
    try:
        if kind in ("directory", "container"):
            if access.is_dir(path) and call.flag("Force"):
                call.emit(file_object(call, path))
                return
            access.make_dir(path)
        elif kind in ("file", "leaf"):
            if access.exists(path) and not call.flag("Force"):
                raise WindowsError(WindowsError.ALREADY_EXISTS, path)
            access.write(path, text_of(call.get("Value")).encode())
        else:
            raise call.failure(
                "The type is not a known type for the file system.",
                "System.ArgumentException",
                exception="System.ArgumentException",
            )
    except WindowsError as error:
        if error.code == WindowsError.ALREADY_EXISTS:
            noun = (
                f"An item with the specified name {path} already exists."
                if kind.startswith("dir")
                else f"The file '{path}' already exists."
            )
            call.write_error(
                noun,
                "DirectoryExist" if kind.startswith("dir") else "NewItemIOError",
                "ResourceExists",
                exception="System.IO.IOException",
                target=path,
            )
        else:
            report(call, error, "NewItem")
        return
    call.emit(file_object(call, path))


@cmdlet(
    "Remove-Item",
    LOCATION + "\nRecurse switch",
    should_process=True,
    alias="del erase rd ri rm rmdir",
)
def remove_item(call: Call) -> None:
    """Deletes items."""
    for path in paths(call):
        key = registry_key(call, path)
        if key is not None:
            _remove_key(call, key, path)
            continue
        if path.lower().startswith("env:"):
            call.session.set_variable("env:" + path[4:].lstrip("\\"), None, call.scope)
            continue
        if path.lower().startswith("wsman:"):
            if not remoting.remove(call, path):
                missing(call, path)
            continue
        for absolute in _expand(call, disk_path(call, path)):
            _remove_file(call, absolute)


def _remove_key(call: Call, key: str, path: str) -> None:
    if not call.pc.registry.exists(key):
        missing(call, path)
    elif call.confirm("Remove Key", key) and not _key_denied(call, key):
        call.pc.registry.delete(key)


def _remove_file(call: Call, path: str) -> None:
    if not call.confirm("Remove File", path):
        return
    try:
        files(call).remove(path, recurse=call.flag("Recurse"))
    except WindowsError as error:
        if error.code == WindowsError.DIR_NOT_EMPTY:
            raise call.failure(
                (
                    "Windows PowerShell is in NonInteractive mode. Read and "
                    "Prompt functionality is not available."
                ),
                "InvalidOperation",
                "InvalidOperation",
            ) from error
        report(call, error, "RemoveFileSystemItem")


def encoding_of(call: Call, default: tuple[str, bytes]) -> tuple[str, bytes]:
    """Codec and byte order mark of -Encoding."""
    name = call.text("Encoding").lower()
    if name == "default":
        return ansi(call)
    if name == "oem":
        return f"cp{call.pc.oem_codepage}", b""
    return ENCODINGS.get(name, default)


def ansi(call: Call) -> tuple[str, bytes]:
    """The ANSI code page of Windows in this language."""
    return ("cp932" if call.pc.config.japanese else "cp1252"), b""


@cmdlet(
    "Get-Content",
    LOCATION
    + (
        f"\n"
        f"Raw switch\n"
        f"Encoding string {ENCODING_NAMES}\n"
        f"TotalCount int64 alias=First,Head\n"
        f"Tail int alias=Last\n"
        f"ReadCount int64\n"
        f"Delimiter string\n"
        f"Wait switch\n"
        f"Stream string"
    ),
    alias="cat gc type",
)
def get_content(call: Call) -> None:
    """The lines, the text or the bytes of files."""
    for path in paths(call):
        absolute = disk_path(call, path)
        try:
            data = files(call).read(absolute)
        except WindowsError as error:
            report(call, error, "GetContentReader")
            continue
        _emit_content(call, data)


def _emit_content(call: Call, data: bytes) -> None:
    if call.text("Encoding") == "Byte":
        for byte in data:
            call.emit(byte)
        return
    text = decode_text(data, encoding_of(call, ansi(call))[0])
    if call.flag("Raw"):
        call.emit(text)
        return
    lines = text.splitlines()
    if call.has("Tail"):
        lines = lines[-call.get("Tail") :]
    for line in lines[: call.get("TotalCount", len(lines))]:
        call.emit(line)


CONTENT = (
    f"Path string[] pos=0 prop\n"
    f"LiteralPath string[]\n"
    f"Encoding string {ENCODING_NAMES}\n"
    f"Force switch\n"
    f"NoNewline switch\n"
    f"PassThru switch\n"
    f"Include string[]\n"
    f"Exclude string[]\n"
    f"Filter string\n"
    f"Stream string\n"
    f"Credential object"
)


def _write(
    call: Call, text_lines: list[Value], default: tuple[str, bytes], *, append: bool
) -> None:
    codec, mark = encoding_of(call, default)
    for path in paths(call):
        absolute = disk_path(call, path)
        access = files(call)
        fresh = not append or not access.exists(absolute)
        end = "" if call.flag("NoNewline") else "\r\n"
        if call.text("Encoding") == "Byte":
            data = bytes(int(v) for v in text_lines)
        else:
            data = (mark if fresh else b"") + "".join(text_of(v) + end for v in text_lines).encode(
                codec, "replace"
            )
        try:
            access.write(absolute, data, append=append)
        except WindowsError as error:
            report(call, error, "GetContentWriter")


def _values(call: Call) -> list[Value]:
    given = call.input if call.has_input else as_list(call.get("Value"))
    return [
        v for item in given for v in (list(item) if isinstance(item, (list, bytes)) else [item])
    ]


@cmdlet(
    "Set-Content", CONTENT + "\nValue object[] pos=1", collect=True, should_process=True, alias="sc"
)
def set_content(call: Call) -> None:
    """Writes files."""
    _write(call, _values(call), ansi(call), append=False)


@cmdlet(
    "Get-ItemProperty",
    (
        "Path string[] pos=0 pipe prop\n"
        "LiteralPath string[] alias=PSPath\n"
        "Name string[] pos=1\n"
        "Filter string\n"
        "Include string[]\n"
        "Exclude string[]"
    ),
    alias="gp",
)
def get_item_property(call: Call) -> None:
    """Values of registry keys."""
    for path in paths(call):
        _emit_values(call, path, call.get("Name"))


def _emit_values(call: Call, path: str, names: list[str] | None) -> None:
    key = registry_key(call, path)
    if key is None:
        call.emit(file_object(call, disk_path(call, path)))
        return
    if not call.pc.registry.exists(key):
        missing(call, path)
        return
    values = call.pc.registry.values(key)
    chosen = {
        k: v for k, v in values.items() if names is None or any(wildcard(n, k) for n in names)
    }
    for name in names or []:
        if "*" not in name and not any(k.lower() == name.lower() for k in values):
            call.write_error(
                f"Property {name} does not exist at path {key}.",
                "System.Management.Automation.PSArgumentException",
                "InvalidArgument",
                exception="System.Management.Automation.PSArgumentException",
                target=name,
            )
            return
    extra = {
        "PSPath": f"Microsoft.PowerShell.Core\\Registry::{full_name(key)}",
        "PSChildName": key.rpartition("\\")[2],
    }
    call.emit(PSObject(chosen | extra))


@cmdlet(
    "Set-ItemProperty",
    (
        "Path string[] pos=0 prop\n"
        "LiteralPath string[] alias=PSPath\n"
        "Name string pos=1\n"
        "Value object pos=2\n"
        "Type string "
        "values=String|ExpandString|Binary|DWord|MultiString|QWord|Unknown\n"
        "Force switch\n"
        "PassThru switch"
    ),
    should_process=True,
    alias="sp",
)
def set_item_property(call: Call) -> None:
    """Writes a registry value."""
    for path in paths(call):
        _set_value(call, path, call.text("Name"), call.get("Value"))


def _set_value(call: Call, path: str, name: str, value: Value) -> None:
    key = registry_key(call, path)
    if key is None or not call.pc.registry.exists(key):
        missing(call, path)
        return
    if _key_denied(call, key):
        return
    kind = call.text("Type") or call.text("PropertyType")
    call.pc.registry.set(key, name, _registry_value(value, kind))


def _registry_value(value: Value, kind: str) -> Value:
    """A value as the registry holds it; raises PSError for no number, or one that doesn't fit."""
    if kind == "DWord":
        number = to_number(value)
        return int(convert(number, "System.Int32" if number < 0 else "System.UInt32"))
    if kind == "QWord":
        return int(convert(value, "System.Int64"))
    return text_of(value) if kind else value


@cmdlet(
    "New-ItemProperty",
    (
        "Path string[] pos=0 prop\n"
        "LiteralPath string[] alias=PSPath\n"
        "Name! string alias=PSProperty\n"
        "Value object\n"
        "PropertyType string alias=Type "
        "values=String|ExpandString|Binary|DWord|MultiString|QWord|Unknown\n"
        "Force switch"
    ),
    should_process=True,
)
def new_item_property(call: Call) -> None:
    """Makes a registry value."""
    for path in paths(call):
        key = registry_key(call, path) or ""
        if call.pc.registry.get(key, call.text("Name")) is not None and not call.flag("Force"):
            call.write_error(
                "The property already exists.",
                "System.IO.IOException",
                "ResourceExists",
                exception="System.IO.IOException",
                target=key,
            )
            continue
        _set_value(call, path, call.text("Name"), call.get("Value"))
        if call.pc.registry.exists(key):
            _emit_values(call, path, [call.text("Name")])


@cmdlet(
    "Remove-ItemProperty",
    (
        "Path string[] pos=0 prop\n"
        "LiteralPath string[] alias=PSPath\n"
        "Name! string[] pos=1\n"
        "Force switch"
    ),
    should_process=True,
    alias="rp",
)
def remove_item_property(call: Call) -> None:
    """Deletes registry values; a route of `route -p` goes from the persistent store with its."""
    for path in paths(call):
        key = registry_key(call, path) or ""
        if _key_denied(call, key):
            continue
        for name in call.get("Name"):
            try:
                call.pc.registry.delete_value(key, name)
                if key.lower() == PERSISTENT_ROUTES.lower():
                    call.pc.route_left_registry(name)
            except KeyError:
                call.write_error(
                    f"Property {name} does not exist at path {key}.",
                    "System.Management.Automation.PSArgumentException",
                    "InvalidArgument",
                    exception="System.Management.Automation.PSArgumentException",
                    target=name,
                )


@cmdlet("Join-Path", "Path! string[] pos=0 pipe\nChildPath! string pos=1\nResolve switch")
def join_path(call: Call) -> None:
    """Joins two parts of a path."""
    for path in call.get("Path"):
        call.emit(path.rstrip("\\") + "\\" + call.text("ChildPath").lstrip("\\"))
