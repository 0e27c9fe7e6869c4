""".NET types that scripts may use: static members and constructors; no others are found.

Source: learn.microsoft.com .NET Framework 4.8 API reference, one entry a member.
"""

import base64
import math
import os
import re
import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from onshi_lab.windows import filesystem
from onshi_lab.windows.filesystem import WindowsError
from onshi_lab.windows.powershell.convert import (
    CONVERTERS,
    ENUMS,
    RANGES,
    convert,
    define_enum,
    enum_value,
    full_type_name,
    ip_object,
    known_type,
    to_number,
)
from onshi_lab.windows.powershell.errors import BASES, ErrorRecord, PSError, fail
from onshi_lab.windows.powershell.interop import (
    Memory,
    Structure,
    StructureValue,
    UserClass,
    marshal,
)
from onshi_lab.windows.powershell.members import invocation_error
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import (
    Char,
    Hashtable,
    PSList,
    PSObject,
    ScriptBlock,
    Secure,
    Value,
    as_list,
    text_of,
    type_name,
)
from onshi_lab.windows.process import CODECS, InputPipe

Static = Callable[[Session, list[Value]], Value]
StaticProperty = Callable[[Session], Value]

define_enum("System.StringSplitOptions", RemoveEmptyEntries=1, **{"None": 0})
define_enum(
    "System.StringComparison",
    CurrentCulture=0,
    CurrentCultureIgnoreCase=1,
    InvariantCulture=2,
    InvariantCultureIgnoreCase=3,
    Ordinal=4,
    OrdinalIgnoreCase=5,
)
define_enum(
    "System.DayOfWeek", Sunday=0, Monday=1, Tuesday=2, Wednesday=3, Thursday=4, Friday=5, Saturday=6
)
define_enum(
    "System.Text.RegularExpressions.RegexOptions",
    IgnoreCase=1,
    Multiline=2,
    Singleline=16,
    **{"None": 0},
)
define_enum(
    "System.IO.FileMode", CreateNew=1, Create=2, Open=3, OpenOrCreate=4, Truncate=5, Append=6
)
define_enum("System.IO.FileAccess", Read=1, Write=2, ReadWrite=3)
define_enum("System.IO.FileShare", Read=1, Write=2, ReadWrite=3, Delete=4, **{"None": 0})
define_enum("System.Security.Principal.WindowsBuiltInRole", Administrator=544, User=545, Guest=546)
define_enum("System.Security.Cryptography.DataProtectionScope", CurrentUser=0, LocalMachine=1)
define_enum("System.EnvironmentVariableTarget", Process=0, User=1, Machine=2)
define_enum(
    "System.Management.Automation.ActionPreference",
    SilentlyContinue=0,
    Stop=1,
    Continue=2,
    Inquire=3,
    Ignore=4,
    Suspend=5,
)


# -- encodings ---------------------------------------------------------------------------------


def encoding(name: str, codec: str, codepage: int, *, bom: bytes = b"") -> PSObject:
    """A System.Text.Encoding."""

    def get_bytes(arguments: list[Value]) -> bytes:
        return text_of(
            "".join(arguments[0]) if isinstance(arguments[0], list) else arguments[0]
        ).encode(codec, "replace")

    def get_string(arguments: list[Value]) -> str:
        data = bytes(arguments[0])
        if len(arguments) == 3:
            start, length = int(arguments[1]), int(arguments[2])
            data = data[start : start + length]
        return data.decode(codec, "replace")

    properties = {"BodyName": codec, "EncodingName": name, "WebName": codec, "CodePage": codepage}
    methods = {
        "GetBytes": get_bytes,
        "GetString": get_string,
        "GetChars": lambda a: [Char(c) for c in get_string(a)],
        "GetByteCount": lambda a: len(get_bytes(a)),
        "GetPreamble": lambda _a: bom,
    }
    return PSObject(
        properties,
        f"System.Text.{name}",
        methods=methods,
        native=(codec, bom),
        text=f"System.Text.{name}",
    )


def utf8(*, bom: bool) -> PSObject:
    """UTF8Encoding with or without a byte order mark."""
    return encoding("UTF8Encoding", "utf-8", 65001, bom=b"\xef\xbb\xbf" if bom else b"")


def codepage_encoding(number: int) -> PSObject:
    """Encoding.GetEncoding(int); raises PSError for a code page that the PC lacks."""
    if number == 65001:
        return utf8(bom=True)
    if number not in CODECS:
        raise invocation_error(
            "GetEncoding",
            1,
            f"No data is available for encoding {number}.",
            "System.NotSupportedException",
        )
    return encoding(
        "DBCSCodePageEncoding" if number == 932 else "SBCSCodePageEncoding", CODECS[number], number
    )


ENCODING_NAMES = {"utf-8": 65001, "shift_jis": 932, "utf-16": 1200, "us-ascii": 20127}


def _get_encoding(session: Session, arguments: list[Value]) -> Value:  # noqa: ARG001
    wanted = arguments[0]
    if isinstance(wanted, str) and not wanted.isdigit():
        if wanted.lower() == "us-ascii":
            return encoding("ASCIIEncoding", "ascii", 20127)
        wanted = ENCODING_NAMES.get(wanted.lower(), 0)
    return codepage_encoding(int(to_number(wanted)))


# -- files -------------------------------------------------------------------------------------

IO_ERRORS = {
    WindowsError.FILE_NOT_FOUND: ("System.IO.FileNotFoundException", "Could not find file '{0}'."),
    WindowsError.PATH_NOT_FOUND: (
        "System.IO.DirectoryNotFoundException",
        "Could not find a part of the path '{0}'.",
    ),
    WindowsError.ACCESS_DENIED: (
        "System.UnauthorizedAccessException",
        "Access to the path '{0}' is denied.",
    ),
    WindowsError.BAD_NETPATH: ("System.IO.IOException", "The network path was not found.\r\n"),
    WindowsError.BAD_NET_NAME: ("System.IO.IOException", "The network name cannot be found.\r\n"),
    WindowsError.LOGON_FAILURE: (
        "System.IO.IOException",
        "The user name or password is incorrect.\r\n",
    ),
    WindowsError.SHARING_VIOLATION: (
        "System.IO.IOException",
        "The process cannot access the file '{0}' because it is being used by another process.",
    ),
    WindowsError.DIR_NOT_EMPTY: ("System.IO.IOException", "The directory is not empty.\r\n"),
    WindowsError.ALREADY_EXISTS: (
        "System.IO.IOException",
        "Cannot create '{0}' because a file or directory with the same name already exists.",
    ),
}


def io_error(error: WindowsError) -> tuple[str, str, int]:
    """Exception type, message and HResult of a failed file operation."""
    exception, message = IO_ERRORS.get(
        error.code,
        ("System.IO.IOException", "A device attached to the system is not functioning.\r\n"),
    )
    return exception, message.format(error.path), (0x80070000 | error.code) - 2**32


def _path(session: Session, value: Value) -> str:
    return filesystem.normalize(text_of(value), session.process.cwd)


def _codec_of(arguments: list[Value], index: int) -> tuple[str, bytes]:
    if len(arguments) > index:
        found: tuple[str, bytes] = arguments[index].native
        return found
    return "utf-8", b""


def _file(action: Callable[[Session, list[Value]], Value], name: str) -> Static:
    def run(session: Session, arguments: list[Value]) -> Value:
        try:
            return action(session, arguments)
        except WindowsError as error:
            exception, message, hresult = io_error(error)
            raise invocation_error(
                name, len(arguments), message, exception, HResult=hresult
            ) from error

    return run


def _files(session: Session) -> Any:
    return session.pc.files(session.process)


def decode_text(data: bytes, codec: str = "utf-8") -> str:
    """Text of a file, by its byte order mark or a codec."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le")):
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    return data.decode(codec, "replace")


def _read_text(session: Session, arguments: list[Value]) -> str:
    return decode_text(
        _files(session).read(_path(session, arguments[0])), _codec_of(arguments, 1)[0]
    )


def _write_text(session: Session, arguments: list[Value]) -> None:
    codec, bom = _codec_of(arguments, 2)
    _files(session).write(
        _path(session, arguments[0]), bom + text_of(arguments[1]).encode(codec, "replace")
    )


def _write_lines(session: Session, arguments: list[Value]) -> None:
    codec, bom = _codec_of(arguments, 2)
    content = "".join(text_of(v) + "\r\n" for v in as_list(arguments[1]))
    _files(session).write(_path(session, arguments[0]), bom + content.encode(codec, "replace"))


def _append_text(session: Session, arguments: list[Value]) -> None:
    codec, _ = _codec_of(arguments, 2)
    _files(session).write(
        _path(session, arguments[0]), text_of(arguments[1]).encode(codec, "replace"), append=True
    )


def _delete(session: Session, arguments: list[Value]) -> None:
    path = _path(session, arguments[0])
    try:
        _files(session).remove(path)
    except WindowsError as error:
        if error.code != WindowsError.FILE_NOT_FOUND:  # File.Delete: no error where there is none
            raise


def _move(session: Session, arguments: list[Value]) -> None:
    source, target = (_path(session, a) for a in arguments)
    _files(session).move(source, target)


def _copy(session: Session, arguments: list[Value]) -> None:
    source, target = (_path(session, a) for a in arguments[:2])
    if _files(session).exists(target) and not (len(arguments) > 2 and arguments[2]):
        raise WindowsError(WindowsError.ALREADY_EXISTS, target)
    _files(session).write(target, _files(session).read(source))


def _list_files(session: Session, arguments: list[Value]) -> list[Value]:
    from onshi_lab.windows.powershell.operators import wildcard

    folder = _path(session, arguments[0])
    pattern = text_of(arguments[1]) if len(arguments) > 1 else "*"
    files = _files(session)
    names = [n for n in files.list(folder) if wildcard(pattern, n)]
    return [path for n in names if not files.is_dir(path := folder.rstrip("\\") + "\\" + n)]


def _is_file(session: Session, arguments: list[Value]) -> bool:
    path = _path(session, arguments[0])
    files = _files(session)
    return bool(files.exists(path) and not files.is_dir(path))


FILE: dict[str, Static] = {
    "readalltext": _file(_read_text, "ReadAllText"),
    "readallbytes": _file(lambda s, a: _files(s).read(_path(s, a[0])), "ReadAllBytes"),
    "readalllines": _file(lambda s, a: _read_text(s, a).splitlines(), "ReadAllLines"),
    "writealltext": _file(_write_text, "WriteAllText"),
    "writeallbytes": _file(
        lambda s, a: _files(s).write(_path(s, a[0]), bytes(a[1])), "WriteAllBytes"
    ),
    "writealllines": _file(_write_lines, "WriteAllLines"),
    "appendalltext": _file(_append_text, "AppendAllText"),
    "delete": _file(_delete, "Delete"),
    "exists": _is_file,
    "move": _file(_move, "Move"),
    "copy": _file(_copy, "Copy"),
}
DIRECTORY: dict[str, Static] = {
    "exists": lambda s, a: _files(s).is_dir(_path(s, a[0])),
    "createdirectory": _file(
        lambda s, a: (
            None if _files(s).is_dir(_path(s, a[0])) else _files(s).make_dir(_path(s, a[0]))
        ),
        "CreateDirectory",
    ),
    "getfiles": _file(_list_files, "GetFiles"),
    "delete": _file(lambda s, a: _files(s).remove(_path(s, a[0]), recurse=len(a) > 1), "Delete"),
}


def _combine(_session: Session, arguments: list[Value]) -> str:
    result = ""
    for part in (text_of(a) for a in arguments):
        absolute = part.startswith("\\") or part[1:2] == ":"
        result = part if absolute or not result else result.rstrip("\\") + "\\" + part
    return result


PATH: dict[str, Static] = {
    "combine": _combine,
    "gettemppath": lambda s, _a: (s.process.getenv("TEMP") or "C:\\Windows\\Temp") + "\\",
    "getfilename": lambda _s, a: text_of(a[0]).rpartition("\\")[2],
    "getdirectoryname": lambda _s, a: text_of(a[0]).rpartition("\\")[0],
    "getfullpath": lambda s, a: _path(s, a[0]),
    "getrandomfilename": lambda _s, _a: f"{secrets.token_hex(4)}.{secrets.token_hex(2)[:3]}",
    "getextension": lambda _s, a: "." + text_of(a[0]).rpartition(".")[2],
    "getfilenamewithoutextension": lambda _s, a: (
        text_of(a[0]).rpartition("\\")[2].rpartition(".")[0]
    ),
}


# -- the rest ----------------------------------------------------------------------------------


def _to_base64(_session: Session, arguments: list[Value]) -> str:
    return base64.b64encode(bytes(arguments[0])).decode()


def _from_base64(_session: Session, arguments: list[Value]) -> bytes:
    try:
        return base64.b64decode(text_of(arguments[0]), validate=True)
    except ValueError as error:
        raise invocation_error(
            "FromBase64String",
            1,
            (
                "The input is not a valid Base-64 string as it contains a "
                "non-base 64 character, more than two padding characters, or "
                "an illegal character among the padding characters."
            ),
            "System.FormatException",
        ) from error


def _converter(target: str) -> Static:
    def run(_session: Session, arguments: list[Value]) -> Value:
        if len(arguments) > 1 and isinstance(arguments[0], str):
            return int(arguments[0], int(arguments[1]))
        return convert(arguments[0], target)

    return run


def _convert_to_string(_session: Session, arguments: list[Value]) -> str:
    if len(arguments) > 1 and isinstance(arguments[0], int):
        number, base = arguments[0], int(arguments[1])
        return {2: f"{number:b}", 8: f"{number:o}", 16: f"{number:x}"}.get(base, str(number))
    return text_of(arguments[0])


CONVERT: dict[str, Static] = {
    "tobase64string": _to_base64,
    "frombase64string": _from_base64,
    "tostring": _convert_to_string,
    "toint32": _converter("System.Int32"),
    "toint64": _converter("System.Int64"),
    "touint32": _converter("System.UInt32"),
    "tobyte": _converter("System.Byte"),
    "toboolean": _converter("System.Boolean"),
    "tochar": _converter("System.Char"),
}


def _special_folder(session: Session, arguments: list[Value]) -> str:
    names = {
        "system": "C:\\Windows\\system32",
        "windows": "C:\\Windows",
        "commonapplicationdata": "C:\\ProgramData",
        "programfiles": "C:\\Program Files",
    }
    wanted = text_of(arguments[0]).lower()
    home = session.process.getenv("USERPROFILE") or ""
    names |= {
        "userprofile": home,
        "applicationdata": home + "\\AppData\\Roaming",
        "localapplicationdata": home + "\\AppData\\Local",
    }
    return names[wanted]


def _exit(_session: Session, arguments: list[Value]) -> None:
    from onshi_lab.windows.powershell.session import ExitScript

    raise ExitScript(int(to_number(arguments[0])) & 0xFFFFFFFF)


ENVIRONMENT: dict[str, Static] = {
    "getenvironmentvariable": lambda s, a: s.process.getenv(text_of(a[0])),
    "setenvironmentvariable": lambda s, a: s.set_variable(f"env:{text_of(a[0])}", a[1], s.scope),
    "getfolderpath": _special_folder,
    "exit": _exit,
    "expandenvironmentvariables": lambda s, a: re.sub(
        r"%(\w+)%", lambda m: s.process.getenv(m[1]) or m[0], text_of(a[0])
    ),
}


def _reader(session: Session) -> PSObject:
    """Console.In; for -Command the host has read the input itself (ReadInputObjects)."""
    pipe = InputPipe(closed=True) if session.host_reads_input else session.process.stdin

    def read_line(_arguments: list[Value]) -> Value:
        line = pipe.read_line()
        return None if line is None else session.process.decode(line)

    methods = {
        "ReadToEnd": lambda _a: session.process.decode(pipe.read_all()),
        "ReadLine": read_line,
    }
    return PSObject({}, "System.IO.TextReader", methods=methods, text="System.IO.TextReader")


def _input_stream(session: Session, arguments: list[Value]) -> PSObject:  # noqa: ARG001
    return PSObject(
        {"CanRead": True}, "System.IO.Stream", native=session.process.stdin, text="System.IO.Stream"
    )


def _writer(session: Session, *, error: bool) -> PSObject:
    write = session.process.write_error if error else session.process.write
    methods = {
        "Write": lambda a: write(text_of(a[0])),
        "WriteLine": lambda a: write((text_of(a[0]) if a else "") + "\r\n"),
        "Flush": lambda _a: None,
    }
    return PSObject(
        {"AutoFlush": True}, "System.IO.TextWriter", methods=methods, text="System.IO.TextWriter"
    )


def _output_stream(session: Session, arguments: list[Value]) -> PSObject:  # noqa: ARG001
    def write(arguments: list[Value]) -> None:
        data = bytes(arguments[0])
        start = int(arguments[1]) if len(arguments) > 1 else 0
        count = int(arguments[2]) if len(arguments) > 2 else len(data)
        session.process.stdout(data[start : start + count])

    return PSObject(
        {},
        "System.IO.Stream",
        methods={"Write": write, "Flush": lambda _a: None},
        text="System.IO.Stream",
    )


CONSOLE: dict[str, Static] = {
    "writeline": lambda s, a: s.process.write((text_of(a[0]) if a else "") + "\r\n"),
    "write": lambda s, a: s.process.write(text_of(a[0])),
    "readline": lambda s, a: _reader(s).methods["readline"](a),
    "openstandardinput": _input_stream,
    "openstandardoutput": _output_stream,
}


def _is_blank(_session: Session, arguments: list[Value]) -> bool:
    return not text_of(arguments[0]).strip()


def _join(_session: Session, arguments: list[Value]) -> str:
    items = (
        arguments[1] if len(arguments) == 2 and isinstance(arguments[1], list) else arguments[1:]
    )
    return text_of(arguments[0]).join(text_of(v) for v in items)


def _string_format(_session: Session, arguments: list[Value]) -> str:
    from onshi_lab.windows.powershell.formatting import format_string

    values = (
        arguments[1] if len(arguments) == 2 and isinstance(arguments[1], list) else arguments[1:]
    )
    return format_string(text_of(arguments[0]), values)


STRING: dict[str, Static] = {
    "isnullorempty": lambda _s, a: not text_of(a[0]),
    "isnullorwhitespace": _is_blank,
    "join": _join,
    "format": _string_format,
    "concat": lambda _s, a: "".join(text_of(v) for v in a),
    "equals": lambda _s, a: (
        text_of(a[0]).lower() == text_of(a[1]).lower() if len(a) > 2 else a[0] == a[1]
    ),
    "compare": lambda _s, a: (text_of(a[0]) > text_of(a[1])) - (text_of(a[0]) < text_of(a[1])),
}
MATH: dict[str, Static] = {
    "round": lambda _s, a: round(to_number(a[0]), int(a[1]) if len(a) > 1 else 0),
    "floor": lambda _s, a: float(math.floor(to_number(a[0]))),
    "ceiling": lambda _s, a: float(math.ceil(to_number(a[0]))),
    "abs": lambda _s, a: abs(to_number(a[0])),
    "max": lambda _s, a: max(to_number(a[0]), to_number(a[1])),
    "min": lambda _s, a: min(to_number(a[0]), to_number(a[1])),
    "pow": lambda _s, a: float(to_number(a[0]) ** to_number(a[1])),
    "truncate": lambda _s, a: float(int(to_number(a[0]))),
}


def _identity(session: Session, arguments: list[Value]) -> PSObject:  # noqa: ARG001
    logon = session.process.logon
    name = (
        "NT AUTHORITY\\SYSTEM"
        if logon.sid == filesystem.SYSTEM_SID
        else f"{session.pc.name}\\{logon.user}"
    )
    sid = sid_object(session, logon.sid)
    groups = [sid_object(session, s) for s in sorted(session.pc.sids(logon))]
    properties = {
        "Name": name,
        "User": sid,
        "IsSystem": logon.sid == filesystem.SYSTEM_SID,
        "IsAuthenticated": True,
        "AuthenticationType": "NTLM",
        "Groups": groups,
    }
    return PSObject(
        properties,
        "System.Security.Principal.WindowsIdentity",
        text=name,
        methods={"Dispose": lambda _a: None},
    )


def sid_object(session: Session, sid: str) -> PSObject:
    """A SecurityIdentifier."""
    from onshi_lab.windows.principals import account_name

    def translate(arguments: list[Value]) -> Value:
        if not text_of(arguments[0]).endswith("NTAccount"):
            return sid_object(session, sid)
        name = account_name(session.pc, sid)
        if name is None:
            raise invocation_error(
                "Translate",
                1,
                "Some or all identity references could not be translated.",
                "System.Security.Principal.IdentityNotMappedException",
            )
        return PSObject({"Value": name}, "System.Security.Principal.NTAccount", text=name)

    return PSObject(
        {"Value": sid, "AccountDomainSid": None},
        "System.Security.Principal.SecurityIdentifier",
        text=sid,
        methods={"Translate": translate},
    )


def _principal(session: Session, arguments: list[Value]) -> PSObject:
    def in_role(values: list[Value]) -> bool:
        wanted = text_of(values[0]).lower()
        return "admin" in wanted and session.pc.is_elevated(session.process.logon)

    return PSObject(
        {"Identity": arguments[0]},
        "System.Security.Principal.WindowsPrincipal",
        methods={"IsInRole": in_role},
    )


def _resolve_host(session: Session, arguments: list[Value]) -> list[Value]:
    from onshi_lab.windows.native.resolver import addresses_of

    found = addresses_of(session.pc, text_of(arguments[0]))
    if not found:
        raise invocation_error(
            "GetHostAddresses", 1, "No such host is known", "System.Net.Sockets.SocketException"
        )
    return [ip_object(a) for a in found]


def _regex(name: str) -> Static:
    def run(_session: Session, arguments: list[Value]) -> Value:
        from onshi_lab.windows.powershell.operators import dotnet_regex

        subject, pattern = text_of(arguments[0]), dotnet_regex(text_of(arguments[1]))
        if name == "ismatch":
            return re.search(pattern, subject) is not None
        if name == "replace":
            return re.sub(
                pattern, text_of(arguments[2]).replace("\\", "\\\\").replace("$", "\\"), subject
            )
        if name == "split":
            return re.split(pattern, subject)
        return _match_object(re.search(pattern, subject))

    return run


def _match_object(found: "re.Match[str] | None") -> PSObject:
    groups = [
        PSObject(
            {"Value": g or "", "Success": g is not None},
            "System.Text.RegularExpressions.Group",
            text=g or "",
        )
        for g in ((found[0], *found.groups()) if found else ())
    ]
    value = found[0] if found else ""
    return PSObject(
        {
            "Success": found is not None,
            "Value": value,
            "Groups": groups,
            "Index": found.start() if found else 0,
        },
        "System.Text.RegularExpressions.Match",
        text=value,
    )


def _script_create(_session: Session, arguments: list[Value]) -> ScriptBlock:
    from onshi_lab.windows.powershell import syntax

    tree, source = syntax.parse(text_of(arguments[0]))
    block = ScriptBlock(tree.root_node, source)
    _session.pc.events.write(
        "Microsoft-Windows-PowerShell/Operational",
        4104,
        ScriptBlockText=text_of(arguments[0]),
        UserId=_session.process.logon.user,
    )
    return block


def _sha(name: str) -> Static:
    def create(_session: Session, _arguments: list[Value]) -> PSObject:
        import hashlib

        methods = {
            "ComputeHash": lambda a: hashlib.new(name, bytes(a[0])).digest(),
            "Dispose": lambda _a: None,
        }
        return PSObject({}, f"System.Security.Cryptography.{name.upper()}", methods=methods)

    return create


def _parse_ip(_session: Session, arguments: list[Value]) -> Value:
    return convert(text_of(arguments[0]), "ipaddress")


def _protect(session: Session, arguments: list[Value]) -> bytes:
    data, entropy, scope = arguments
    return session.pc.vault.seal(bytes(data), _purpose(session, entropy, scope))


def _unprotect(session: Session, arguments: list[Value]) -> bytes:
    from cryptography.fernet import InvalidToken

    data, entropy, scope = arguments
    try:
        return session.pc.vault.open(bytes(data), _purpose(session, entropy, scope))
    except InvalidToken as error:
        raise invocation_error(
            "Unprotect",
            3,
            "The data is invalid.\r\n",
            "System.Security.Cryptography.CryptographicException",
            HResult=-2146893819,
        ) from error


def _purpose(session: Session, entropy: Value, scope: Value) -> str:
    """What data is sealed for: this PC, or this user of it (DataProtectionScope)."""
    kind = convert(scope, "System.Security.Cryptography.DataProtectionScope")
    owner = "machine" if kind.value == 1 else session.process.logon.sid
    return f"dpapi:{owner}:{bytes(entropy or b'').hex()}"


def _random(arguments: list[Value]) -> Value:
    data = arguments[0]
    if isinstance(data, list):
        data[:] = list(os.urandom(len(data)))
    return None


def _fill_random(_session: Session, _arguments: list[Value]) -> PSObject:
    return PSObject(
        {},
        "System.Security.Cryptography.RandomNumberGenerator",
        methods={"GetBytes": _random, "Dispose": lambda _a: None},
    )


def _bit_text(_session: Session, arguments: list[Value]) -> str:
    return "-".join(f"{b:02X}" for b in bytes(arguments[0]))


def _constant(value: Value) -> StaticProperty:
    return lambda _session: value


STATICS: dict[str, dict[str, Static]] = {
    "system.convert": CONVERT,
    "system.io.file": FILE,
    "system.io.directory": DIRECTORY,
    "system.io.path": PATH,
    "system.environment": ENVIRONMENT,
    "system.console": CONSOLE,
    "system.string": STRING,
    "system.math": MATH,
    "system.text.encoding": {"getencoding": _get_encoding},
    "system.guid": {
        "newguid": lambda _s, _a: uuid.uuid4(),
        "parse": lambda _s, a: convert(a[0], "guid"),
    },
    "system.datetime": {
        "parse": lambda _s, a: convert(a[0], "datetime"),
        "fromfiletime": lambda _s, a: datetime.fromtimestamp(
            int(a[0]) / 10_000_000 - 11644473600, UTC
        ).astimezone(),
        "fromfiletimeutc": lambda _s, a: datetime.fromtimestamp(
            int(a[0]) / 10_000_000 - 11644473600, UTC
        ),
    },
    "system.timespan": {
        "fromseconds": lambda _s, a: timedelta(seconds=float(to_number(a[0]))),
        "fromminutes": lambda _s, a: timedelta(minutes=float(to_number(a[0]))),
        "fromhours": lambda _s, a: timedelta(hours=float(to_number(a[0]))),
        "fromdays": lambda _s, a: timedelta(days=float(to_number(a[0]))),
    },
    "system.net.ipaddress": {"parse": _parse_ip},
    "system.net.dns": {"gethostaddresses": _resolve_host, "gethostname": lambda s, _a: s.pc.name},
    "system.security.principal.windowsidentity": {"getcurrent": _identity},
    "system.security.cryptography.protecteddata": {"protect": _protect, "unprotect": _unprotect},
    "system.security.cryptography.sha256": {"create": _sha("sha256")},
    "system.security.cryptography.randomnumbergenerator": {"create": _fill_random},
    "system.bitconverter": {"tostring": _bit_text},
    "system.text.regularexpressions.regex": {
        n: _regex(n) for n in ("match", "ismatch", "replace", "split")
    }
    | {"escape": lambda _s, a: re.escape(text_of(a[0]))},
    "system.management.automation.scriptblock": {"create": _script_create},
    "system.enum": {"getnames": lambda _s, a: list(ENUMS[text_of(a[0]).lower()])},
    "system.gc": {"collect": lambda _s, _a: None},
    "system.threading.thread": {
        "sleep": lambda s, a: s.process.sleep(float(to_number(a[0])) / 1000)
    },
    "system.array": {
        "reverse": lambda _s, a: a[0].reverse(),
        "indexof": lambda _s, a: a[0].index(a[1]) if a[1] in a[0] else -1,
        "clear": lambda _s, a: a[0].__setitem__(
            slice(int(a[1]), int(a[1]) + int(a[2])), [0] * int(a[2])
        ),
    },
    "system.char": {
        "isdigit": lambda _s, a: text_of(a[0]).isdigit(),
        "isletter": lambda _s, a: text_of(a[0]).isalpha(),
    },
    "system.intptr": {"add": lambda _s, a: int(a[0]) + int(a[1])},
    "system.runtime.interopservices.marshal": {},
    "system.management.automation.language.parser": {},
    "system.net.servicepointmanager": {},
    "system.int32": {"parse": lambda _s, a: convert(a[0], "int")},
}
STATIC_PROPERTIES: dict[str, dict[str, StaticProperty]] = {
    "system.text.encoding": {
        "utf8": lambda _s: utf8(bom=True),
        "unicode": lambda _s: encoding("UnicodeEncoding", "utf-16-le", 1200, bom=b"\xff\xfe"),
        "ascii": lambda _s: encoding("ASCIIEncoding", "ascii", 20127),
        "default": lambda s: codepage_encoding(932 if s.pc.config.japanese else 1252),
    },
    "system.environment": {
        "machinename": lambda s: s.pc.name,
        "username": lambda s: s.process.logon.user,
        "userdomainname": lambda s: s.pc.name,
        "newline": lambda _s: "\r\n",
        "currentdirectory": lambda s: s.process.cwd,
        "is64bitprocess": lambda _s: True,
        "is64bitoperatingsystem": lambda _s: True,
        "userinteractive": lambda _s: False,
        "tickcount": lambda s: int((s.pc.clock.local() - s.pc.booted).total_seconds() * 1000),
        "osversion": lambda s: PSObject(
            {
                "Version": convert(f"{s.pc.config.release.version}.0", "version"),
                "Platform": "Win32NT",
            },
            "System.OperatingSystem",
            text=f"Microsoft Windows NT {s.pc.config.release.version}.0",
        ),
    },
    "system.console": {
        "in": _reader,
        "out": lambda s: _writer(s, error=False),
        "error": lambda s: _writer(s, error=True),
        "outputencoding": lambda s: codepage_encoding(s.process.codepage),
        "inputencoding": lambda s: codepage_encoding(s.process.codepage),
        "isinputredirected": lambda _s: True,
        "isoutputredirected": lambda _s: True,
    },
    "system.string": {"empty": lambda _s: ""},
    "system.datetime": {
        "now": lambda s: s.pc.clock.local(),
        "utcnow": lambda s: s.pc.clock.local().astimezone(UTC),
        "today": lambda s: s.pc.clock.local().replace(hour=0, minute=0, second=0, microsecond=0),
    },
    "system.timespan": {"zero": lambda _s: timedelta(0)},
    "system.guid": {"empty": lambda _s: uuid.UUID(int=0)},
    "system.intptr": {"zero": lambda _s: 0, "size": lambda _s: 8},
    "system.dbnull": {"value": lambda _s: None},
    "system.net.ipaddress": {
        "any": lambda _s: ip_object("0.0.0.0"),
        "ipv6any": lambda _s: ip_object("::"),
        "loopback": lambda _s: ip_object("127.0.0.1"),
    },
    "system.io.path": {"directoryseparatorchar": lambda _s: Char("\\")},
    "system.math": {"pi": lambda _s: math.pi},
}
for _integer, (_low, _high) in RANGES.items():
    _limits = {"minvalue": _constant(_low), "maxvalue": _constant(_high)}
    STATIC_PROPERTIES.setdefault(_integer, {}).update(_limits)
STATICS |= {name: STATICS.get(name, {}) for name in STATIC_PROPERTIES}


def _canonical(name: str) -> str:
    full = full_type_name(name).lower()
    for candidate in (full, "system." + full):
        if candidate in STATICS or candidate in ENUMS:
            return candidate
    return full


def static_get(session: Session, name: str, member: str) -> Value:
    """[Type]::Member."""
    folded = _canonical(name)
    if folded in ENUMS:
        try:
            return enum_value(folded, member)
        except ValueError:
            pass
    found = STATIC_PROPERTIES.get(folded, {}).get(member.lower())
    if found is not None:
        return found(session)
    if session.strict:
        raise fail(
            (
                f"The property '{member}' cannot be found on this object. "
                f"Verify that the property exists."
            ),
            "PropertyNotFoundStrict",
        )
    return None


def static_set(session: Session, name: str, member: str, value: Value) -> None:
    """[Type]::Member = value."""
    folded, wanted = _canonical(name), member.lower()
    if folded == "system.console" and wanted in ("outputencoding", "inputencoding"):
        number = value.get("CodePage")
        if number not in CODECS:
            raise fail(
                f'Exception setting "{member}": "The parameter is incorrect."',
                "ExceptionWhenSetting",
            )
        session.process.codepage = number
        return
    if folded == "system.net.servicepointmanager":
        return
    if folded == "system.environment" and wanted == "currentdirectory":
        session.process.cwd = text_of(value)
        return
    raise fail(
        (
            f"The property '{member}' cannot be found on this object. "
            f"Verify that the property exists and can be set."
        ),
        "PropertyNotFound",
    )


def static_call(session: Session, name: str, member: str, arguments: list[Value]) -> Value:
    """[Type]::Member(arguments)."""
    user = session.types.get(name.lower())
    if isinstance(user, UserClass):
        return user.static(session, member, arguments)
    folded = _canonical(name)
    if folded == "system.runtime.interopservices.marshal":
        if session.memory is None:
            session.memory = Memory()
        return marshal(session, member, arguments)
    found = STATICS.get(folded, {}).get(member.lower())
    if found is None:
        raise fail(
            (
                f"Method invocation failed because [{full_type_name(name)}] "
                f"does not contain a method named '{member}'."
            ),
            "MethodNotFound",
            target=member,
        )
    try:
        return found(session, arguments)
    except (IndexError, TypeError, KeyError) as error:
        raise fail(
            f'Cannot find an overload for "{member}" and the argument count: "{len(arguments)}".',
            "MethodCountCouldNotFindBest",
            "NotSpecified",
            "System.Management.Automation.MethodException",
        ) from error


# -- constructors ------------------------------------------------------------------------------


def _exception(name: str) -> Callable[[Session, list[Value]], Value]:
    def make(_session: Session, arguments: list[Value]) -> Value:
        details: dict[str, Any] = {}
        if name.lower().endswith("win32exception"):
            from onshi_lab.windows.win32 import message_of

            code = (
                int(to_number(arguments[0]))
                if arguments and not isinstance(arguments[0], str)
                else _session.last_win32_error
            )
            text = (
                text_of(arguments[0])
                if arguments and isinstance(arguments[0], str)
                else message_of(code, _session.pc.config.language)
            )
            details = {"NativeErrorCode": code, "HResult": -2147467259}
        else:
            text = text_of(arguments[0]) if arguments else f"Exception of type '{name}' was thrown."
        record = ErrorRecord(text, text, "OperationStopped", name, details=details)
        from onshi_lab.windows.powershell.errors import exception_object

        return exception_object(record)

    return make


def _byte_array(_session: Session, arguments: list[Value]) -> Value:
    size = arguments[0]
    return (
        [0] * int(to_number(size))
        if not isinstance(size, list)
        else [int(to_number(v)) for v in size]
    )


def _stream_reader(_session: Session, arguments: list[Value]) -> PSObject:
    codec = (
        arguments[1].native[0]
        if len(arguments) > 1 and isinstance(arguments[1], PSObject)
        else "utf-8"
    )
    pipe = arguments[0].native

    def read_line(_arguments: list[Value]) -> Value:
        line = pipe.read_line()
        return None if line is None else decode_text(line, codec)

    methods = {
        "ReadToEnd": lambda _a: decode_text(pipe.read_all(), codec),
        "ReadLine": read_line,
        "Dispose": lambda _a: None,
        "Close": lambda _a: None,
    }
    return PSObject({}, "System.IO.StreamReader", methods=methods)


def credential(user: str, password: Secure | None) -> PSObject:
    """A PSCredential."""
    network = PSObject(
        {"UserName": user, "Password": password.text if password else "", "Domain": ""},
        "System.Net.NetworkCredential",
    )
    methods = {"GetNetworkCredential": lambda _a: network}
    name = "System.Management.Automation.PSCredential"
    return PSObject({"UserName": user, "Password": password}, name, methods=methods, text=name)


def _network_credential(_session: Session, arguments: list[Value]) -> PSObject:
    password = arguments[1].text if isinstance(arguments[1], Secure) else text_of(arguments[1])
    return PSObject(
        {
            "UserName": text_of(arguments[0]),
            "Password": password,
            "SecurePassword": Secure(password),
        },
        "System.Net.NetworkCredential",
    )


def _secure(_session: Session, _arguments: list[Value]) -> Secure:
    return Secure("")


def _typed_list(_session: Session, arguments: list[Value]) -> PSList:
    items = (
        PSList(as_list(arguments[0])) if arguments and isinstance(arguments[0], list) else PSList()
    )
    items.type_name = "System.Collections.Generic.List"
    return items


def _access_rule(_session: Session, arguments: list[Value]) -> PSObject:
    from onshi_lab.windows.powershell.cmdlets.acl import access_rule

    return access_rule(_session, arguments)


def _descriptor(session: Session, *, directory: bool) -> PSObject:
    from onshi_lab.windows.filesystem import Acl
    from onshi_lab.windows.powershell.cmdlets.acl import Security

    return Security(session, Acl(session.process.logon.sid, ()), "", directory=directory).object


def _bare(name: str) -> Callable[[Session, list[Value]], Value]:
    def make(session: Session, arguments: list[Value]) -> Value:
        if name == "ntaccount":
            from onshi_lab.windows.powershell.cmdlets.acl import nt_account

            return nt_account(session, "\\".join(text_of(a) for a in arguments))
        return sid_object(session, text_of(arguments[0]))

    return make


def _new_date(session: Session, arguments: list[Value]) -> datetime:
    names = ("year", "month", "day", "hour", "minute", "second")
    parts = {n: int(to_number(v)) for n, v in zip(names, arguments, strict=False)}
    midnight = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}
    return session.pc.clock.local().replace(**(midnight | parts))  # type: ignore[arg-type]


CONSTRUCTORS: dict[str, Callable[[Session, list[Value]], Value]] = {
    "system.text.utf8encoding": lambda _s, a: utf8(bom=bool(a and a[0])),
    "system.text.unicodeencoding": lambda _s, _a: encoding(
        "UnicodeEncoding", "utf-16-le", 1200, bom=b"\xff\xfe"
    ),
    "system.text.asciiencoding": lambda _s, _a: encoding("ASCIIEncoding", "ascii", 20127),
    "system.io.streamreader": _stream_reader,
    "system.collections.arraylist": lambda _s, a: (
        PSList(as_list(a[0])) if a and isinstance(a[0], list) else PSList()
    ),
    "system.collections.hashtable": lambda _s, _a: Hashtable(),
    "system.collections.specialized.ordereddictionary": lambda _s, _a: Hashtable(ordered=True),
    "system.object": lambda _s, _a: PSObject({}, "System.Object"),
    "system.management.automation.psobject": lambda _s, _a: PSObject(),
    "system.management.automation.pscustomobject": lambda _s, _a: PSObject(),
    "system.management.automation.pscredential": lambda _s, a: credential(text_of(a[0]), a[1]),
    "system.net.networkcredential": _network_credential,
    "system.security.securestring": _secure,
    "system.security.principal.windowsprincipal": _principal,
    "system.security.principal.ntaccount": _bare("ntaccount"),
    "system.security.principal.securityidentifier": _bare("sid"),
    "system.security.accesscontrol.filesystemaccessrule": _access_rule,
    "system.security.accesscontrol.directorysecurity": lambda s, _a: _descriptor(s, directory=True),
    "system.security.accesscontrol.filesecurity": lambda s, _a: _descriptor(s, directory=False),
    "system.byte[]": _byte_array,
    "system.object[]": lambda _s, a: [None] * int(to_number(a[0])),
    "system.string[]": lambda _s, a: [""] * int(to_number(a[0])),
    "system.datetime": _new_date,
    "system.timespan": lambda _s, a: timedelta(
        hours=int(a[0]), minutes=int(a[1]), seconds=int(a[2])
    ),
    "system.string": lambda _s, a: (
        text_of(a[0]) * int(a[1]) if len(a) > 1 else "".join(text_of(v) for v in as_list(a[0]))
    ),
    "system.version": lambda _s, a: convert(".".join(text_of(v) for v in a), "version"),
    "system.guid": lambda _s, a: convert(a[0], "guid"),
    "system.intptr": lambda _s, a: int(to_number(a[0])),
    "system.text.stringbuilder": lambda _s, a: _builder(a),
    "system.random": lambda _s, _a: PSObject(
        {},
        "System.Random",
        methods={"Next": lambda a: secrets.randbelow(int(a[-1]) if a else 2**31)},
    ),
    "system.diagnostics.stopwatch": lambda _s, _a: PSObject({}, "System.Diagnostics.Stopwatch"),
}
EXCEPTIONS = {
    "system.exception",
    "system.argumentexception",
    "system.invalidoperationexception",
    "system.io.ioexception",
    "system.componentmodel.win32exception",
    "system.timeoutexception",
    "system.unauthorizedaccessexception",
    "system.applicationexception",
    "system.notsupportedexception",
    "system.formatexception",
    "system.argumentnullexception",
    "system.io.filenotfoundexception",
    "system.management.automation.runtimeexception",
    *(name.lower() for name in BASES),
}


def _builder(arguments: list[Value]) -> PSObject:
    parts = [text_of(arguments[0])] if arguments else []
    holder = PSObject({}, "System.Text.StringBuilder")

    def append(values: list[Value]) -> PSObject:
        parts.append(text_of(values[0]))
        return holder

    def append_line(values: list[Value]) -> PSObject:
        parts.append((text_of(values[0]) if values else "") + "\r\n")
        return holder

    holder.methods = {
        "append": append,
        "appendline": append_line,
        "tostring": lambda _a: "".join(parts),
    }
    return holder


def constructible(folded: str) -> bool:
    """Whether objects of a type (lower-case full name) can be made."""
    return (
        folded in CONSTRUCTORS
        or folded in EXCEPTIONS
        or folded.startswith(
            ("system.collections.generic.list[", "system.collections.generic.dictionary[")
        )
    )


def construct(session: Session, name: str, arguments: list[Value]) -> Value:
    """A new object of a type; raises PSError for a type or arguments that it lacks."""
    user = session.types.get(name.lower())
    if isinstance(user, Structure):
        if session.memory is None:
            session.memory = Memory()
        return StructureValue(user)
    full = full_type_name(name)
    for candidate in (full, "System." + full):
        folded = candidate.lower()
        if folded in EXCEPTIONS:
            return _exception(candidate)(session, arguments)
        if folded.startswith("system.collections.generic.list["):
            return _typed_list(session, arguments)
        if folded.startswith("system.collections.generic.dictionary["):
            return Hashtable()
        if folded in CONSTRUCTORS:
            return _construct(CONSTRUCTORS[folded], candidate, session, arguments)
        if known_type(candidate) and len(arguments) == 1 and folded in CONVERTERS:
            return convert(arguments[0], candidate)
    raise fail(
        f"Cannot find type [{name}]: verify that the assembly containing this type is loaded.",
        "TypeNotFound,Microsoft.PowerShell.Commands.NewObjectCommand",
        "InvalidType",
        "System.Management.Automation.PSArgumentException",
    )


def _construct(
    maker: Callable[[Session, list[Value]], Value],
    name: str,
    session: Session,
    arguments: list[Value],
) -> Value:
    try:
        return maker(session, arguments)
    except (IndexError, TypeError, AttributeError) as error:
        raise fail(
            (
                f'Cannot find an overload for "{name.rpartition(".")[2]}" and '
                f'the argument count: "{len(arguments)}".'
            ),
            "ConstructorInvokedThrowException",
            "InvalidOperation",
        ) from error


__all__ = [
    "PSError",
    "construct",
    "constructible",
    "static_call",
    "static_get",
    "static_set",
    "type_name",
]
