""".NET types that scripts may use: static members and constructors; no others are found.

Source: learn.microsoft.com .NET Framework 4.8 API reference, one entry a member, with the
parameters of its overloads.
"""

import base64
import math
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from onshi_lab.windows import filesystem
from onshi_lab.windows.clock import JAPAN
from onshi_lab.windows.filesystem import WindowsError
from onshi_lab.windows.powershell import sockets
from onshi_lab.windows.powershell.convert import (
    CONVERTERS,
    ENUMS,
    RANGES,
    convert,
    define_enum,
    define_flags,
    enum_value,
    full_type_name,
    known_type,
)
from onshi_lab.windows.powershell.errors import (
    HRESULTS,
    PARENTS,
    ErrorRecord,
    PSError,
    exception,
    fail,
    unsupported,
)
from onshi_lab.windows.powershell.interop import (
    Memory,
    Structure,
    StructureValue,
    UserClass,
    marshal,
)
from onshi_lab.windows.powershell.methods import Failed, Method, call, method
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import (
    Hashtable,
    PSList,
    PSObject,
    Reference,
    ScriptBlock,
    Secure,
    TypedArray,
    Value,
    as_list,
    joined,
    object_text,
    text_of,
)
from onshi_lab.windows.process import CODECS, InputPipe

StaticProperty = Callable[[Session], Value]

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
define_enum("System.DateTimeKind", Unspecified=0, Utc=1, Local=2)
define_flags(
    "System.IO.FileAttributes",
    ReadOnly=1,
    Hidden=2,
    System=4,
    Directory=16,
    Archive=32,
    Normal=128,
)
define_enum("System.Security.Principal.WindowsBuiltInRole", Administrator=544, User=545, Guest=546)
define_enum("System.Security.Cryptography.DataProtectionScope", CurrentUser=0, LocalMachine=1)
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

    def get_bytes(_target: PSObject, arguments: list[Value]) -> bytearray:
        text = arguments[0] if isinstance(arguments[0], str) else "".join(arguments[0])
        return bytearray(text.encode(codec, "replace"))

    def get_string(_target: PSObject, arguments: list[Value]) -> str:
        start, length = arguments[1:] or (0, len(arguments[0]))
        return bytes(arguments[0][start : start + length]).decode(codec, "replace")

    properties = {"BodyName": codec, "EncodingName": name, "WebName": codec, "CodePage": codepage}
    methods = {
        "GetBytes": method(get_bytes, "string", "char[]"),
        "GetString": method(get_string, "byte[]", "byte[] int int"),
        "GetPreamble": method(lambda _t, _a: bytearray(bom)),
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
    """Encoding.GetEncoding(int); raises Failed for a code page that the PC lacks."""
    if number == 65001:
        return utf8(bom=True)
    if number not in CODECS:
        why = f"No data is available for encoding {number}."
        raise Failed(why, "System.NotSupportedException")
    name = "DBCSCodePageEncoding" if number == 932 else "SBCSCodePageEncoding"
    return encoding(name, CODECS[number], number)


def unicode() -> PSObject:
    """UnicodeEncoding."""
    return encoding("UnicodeEncoding", "utf-16-le", 1200, bom=b"\xff\xfe")


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


def _file(action: Callable[[Session, list[Value]], Value], *overloads: str) -> Method:
    """A static method whose Windows error becomes the exception of System.IO."""

    def run(session: Session, arguments: list[Value]) -> Value:
        try:
            return action(session, arguments)
        except WindowsError as error:
            kind, why, hresult = io_error(error)
            raise Failed(why, kind, HResult=hresult) from error

    return method(run, *overloads)


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
    data = bom + text_of(arguments[1]).encode(codec, "replace")
    _files(session).write(_path(session, arguments[0]), data)


def _write_lines(session: Session, arguments: list[Value]) -> None:
    codec, bom = _codec_of(arguments, 2)
    content = "".join(one + "\r\n" for one in arguments[1])
    _files(session).write(_path(session, arguments[0]), bom + content.encode(codec, "replace"))


def _delete(session: Session, arguments: list[Value]) -> None:
    path = _path(session, arguments[0])
    try:
        _files(session).remove(path)
    except WindowsError as error:
        if error.code != WindowsError.FILE_NOT_FOUND:  # File.Delete: no error where there is none
            raise


def _list_files(session: Session, arguments: list[Value]) -> TypedArray:
    from onshi_lab.windows.powershell.operators import wildcard

    folder = _path(session, arguments[0])
    pattern = arguments[1] if len(arguments) > 1 else "*"
    files = _files(session)
    names = [n for n in files.list(folder) if wildcard(pattern, n)]
    paths = [folder.rstrip("\\") + "\\" + name for name in names]
    return TypedArray((path for path in paths if not files.is_dir(path)), "System.String")


def _is_file(session: Session, arguments: list[Value]) -> bool:
    path = _path(session, arguments[0])
    files = _files(session)
    return bool(files.exists(path) and not files.is_dir(path))


ENCODING = "System.Text.Encoding"
FILE: dict[str, Method] = {
    "readalltext": _file(_read_text, "string", f"string {ENCODING}"),
    "readallbytes": _file(lambda s, a: bytearray(_files(s).read(_path(s, a[0]))), "string"),
    "readalllines": _file(
        lambda s, a: TypedArray(_read_text(s, a).splitlines(), "System.String"),
        "string",
        f"string {ENCODING}",
    ),
    "writealltext": _file(_write_text, "string string", f"string string {ENCODING}"),
    "writeallbytes": _file(
        lambda s, a: _files(s).write(_path(s, a[0]), bytes(a[1])), "string byte[]"
    ),
    "writealllines": _file(_write_lines, "string string[]", f"string string[] {ENCODING}"),
    "delete": _file(_delete, "string"),
    "exists": method(_is_file, "string"),
}
DIRECTORY: dict[str, Method] = {
    "exists": method(lambda s, a: _files(s).is_dir(_path(s, a[0])), "string"),
    "getfiles": _file(_list_files, "string", "string string"),
}


def _combine(_session: Session, arguments: list[Value]) -> str:
    result = ""
    for part in arguments:
        absolute = part.startswith("\\") or part[1:2] == ":"
        result = part if absolute or not result else result.rstrip("\\") + "\\" + part
    return result


PATH: dict[str, Method] = {
    "combine": method(_combine, "string..."),
    "gettemppath": method(lambda s, _a: (s.process.getenv("TEMP") or "C:\\Windows\\Temp") + "\\"),
    "getfilename": method(lambda _s, a: re.split(r"[\\/:]", a[0])[-1], "string"),
    "getfullpath": method(lambda s, a: _path(s, a[0]), "string"),
}


# -- the rest ----------------------------------------------------------------------------------


def _from_base64(_session: Session, arguments: list[Value]) -> bytearray:
    try:
        clean = re.sub(r"[ \t\r\n]", "", arguments[0])
        return bytearray(base64.b64decode(clean, validate=True))
    except ValueError as error:
        raise Failed(
            "The input is not a valid Base-64 string as it contains a non-base 64 character, more "
            "than two padding characters, or an illegal character among the padding characters.",
            "System.FormatException",
        ) from error


CONVERT: dict[str, Method] = {
    "tobase64string": method(lambda _s, a: base64.b64encode(a[0]).decode(), "byte[]"),
    "frombase64string": method(_from_base64, "string"),
}


def _exit(_session: Session, arguments: list[Value]) -> None:
    from onshi_lab.windows.powershell.session import ExitScript

    raise ExitScript(arguments[0] & 0xFFFFFFFF)


ENVIRONMENT: dict[str, Method] = {
    "getenvironmentvariable": method(lambda s, a: s.process.getenv(a[0]), "string"),
    "setenvironmentvariable": method(
        lambda s, a: s.set_variable(f"env:{a[0]}", a[1], s.scope), "string string"
    ),
    "exit": method(_exit, "int"),
}


def _reader(session: Session) -> PSObject:
    """Console.In; for -Command the host has read the input itself (ReadInputObjects)."""
    pipe = InputPipe(closed=True) if session.host_reads_input else session.process.stdin

    def read_line(_target: Value, _arguments: list[Value]) -> Value:
        line = pipe.read_line()
        return None if line is None else session.process.decode(line)

    methods = {
        "ReadToEnd": method(lambda _t, _a: session.process.decode(pipe.read_all())),
        "ReadLine": method(read_line),
    }
    return PSObject({}, "System.IO.TextReader", methods=methods, text="System.IO.TextReader")


def _writer(session: Session, *, error: bool) -> PSObject:
    write = session.process.write_error if error else session.process.write
    methods = {
        "Write": method(lambda _t, a: write(text_of(a[0])), "any"),
        "WriteLine": method(lambda _t, a: write(joined(a, "") + "\r\n"), "", "any"),
        "Flush": method(lambda _t, _a: None),
    }
    return PSObject(
        {"AutoFlush": True}, "System.IO.TextWriter", methods=methods, text="System.IO.TextWriter"
    )


CONSOLE: dict[str, Method] = {
    "writeline": method(lambda s, a: s.process.write(joined(a, "") + "\r\n"), "", "any"),
    "write": method(lambda s, a: s.process.write(text_of(a[0])), "any"),
}


def _string_format(_session: Session, arguments: list[Value]) -> str:
    from onshi_lab.windows.powershell.formatting import format_string

    try:
        return format_string(arguments[0], arguments[1:])
    except PSError as error:
        why = error.record.message.removeprefix("Error formatting a string: ").rstrip(".") + "."
        raise Failed(why, "System.FormatException") from None


STRING: dict[str, Method] = {
    "isnullorempty": method(lambda _s, a: not a[0], "string"),
    "isnullorwhitespace": method(lambda _s, a: not a[0].strip(), "string"),
    "join": method(lambda _s, a: a[0].join(object_text(v) for v in a[1:]), "string any..."),
    "format": method(_string_format, "string any..."),
    "concat": method(lambda _s, a: "".join(object_text(v) for v in a), "any..."),
}


def _round(_session: Session, arguments: list[Value]) -> float:
    digits = arguments[1] if len(arguments) > 1 else 0
    return float(Decimal(repr(arguments[0])).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN))


def _widest(choose: Callable[..., Any]) -> Callable[[Session, list[Value]], Value]:
    return lambda _session, arguments: choose(arguments)


MATH: dict[str, Method] = {
    "round": method(_round, "double", "double int"),
    "floor": method(lambda _s, a: float(math.floor(a[0])), "double"),
    "ceiling": method(lambda _s, a: float(math.ceil(a[0])), "double"),
    "truncate": method(lambda _s, a: float(math.trunc(a[0])), "double"),
    "abs": method(lambda _s, a: type(a[0])(abs(a[0])), "int", "long", "double"),
    "max": method(_widest(max), "int int", "long long", "double double"),
    "min": method(_widest(min), "int int", "long long", "double double"),
    "pow": method(lambda _s, a: float(a[0] ** a[1]), "double double"),
}


def _identity(session: Session, arguments: list[Value]) -> PSObject:  # noqa: ARG001
    logon = session.process.logon
    name = (
        "NT AUTHORITY\\SYSTEM"
        if logon.sid == filesystem.SYSTEM_SID
        else f"{session.pc.name}\\{logon.user}"
    )
    properties = {
        "Name": name,
        "User": sid_object(session, logon.sid),
        "IsSystem": logon.sid == filesystem.SYSTEM_SID,
        "IsAuthenticated": True,
        "AuthenticationType": "NTLM",
        "Groups": [sid_object(session, s) for s in sorted(session.pc.sids(logon))],
    }
    return PSObject(properties, "System.Security.Principal.WindowsIdentity", text=name)


def sid_object(session: Session, sid: str) -> PSObject:
    """A SecurityIdentifier."""
    from onshi_lab.windows.powershell.cmdlets.acl import translated

    kind = "System.Security.Principal.SecurityIdentifier"
    methods = {
        "Translate": method(lambda _t, a: translated(session, sid, text_of(a[0].name)), "type"),
    }
    return PSObject({"Value": sid, "AccountDomainSid": None}, kind, text=sid, methods=methods)


def _principal(session: Session, arguments: list[Value]) -> PSObject:
    def in_role(_target: Value, values: list[Value]) -> bool:
        admin = "admin" in text_of(values[0]).lower()
        return admin and session.pc.is_elevated(session.process.logon)

    return PSObject(
        {"Identity": arguments[0]},
        "System.Security.Principal.WindowsPrincipal",
        methods={"IsInRole": method(in_role, "any")},
    )


def _pattern(value: Value) -> "re.Pattern[str]":
    from onshi_lab.windows.powershell.operators import compile_regex

    return compile_regex(text_of(value), 0)


def _regex_replace(_session: Session, arguments: list[Value]) -> str:
    from onshi_lab.windows.powershell.operators import replacement

    pattern = _pattern(arguments[1])
    return pattern.sub(replacement(pattern, arguments[2]), arguments[0])


def _escaped(_session: Session, arguments: list[Value]) -> str:
    """Regex.Escape: only what means something in a pattern, and white space."""
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f"}
    return re.sub(
        r"[\\*+?|{\[()^$.# \n\t\r\f]", lambda m: named.get(m[0], "\\" + m[0]), arguments[0]
    )


REGEX: dict[str, Method] = {
    "match": method(lambda _s, a: _match_object(_pattern(a[1]).search(a[0])), "string string"),
    "matches": method(
        lambda _s, a: [_match_object(one) for one in _pattern(a[1]).finditer(a[0])],
        "string string",
    ),
    "ismatch": method(lambda _s, a: _pattern(a[1]).search(a[0]) is not None, "string string"),
    "replace": method(_regex_replace, "string string string"),
    "escape": method(_escaped, "string"),
}


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


def _regex(_session: Session, arguments: list[Value]) -> PSObject:
    """A Regex object: the static methods with the pattern given."""
    pattern = _pattern(arguments[0])
    methods = {
        "Match": method(lambda _t, a: _match_object(pattern.search(a[0])), "string"),
        "IsMatch": method(lambda _t, a: pattern.search(a[0]) is not None, "string"),
    }
    kind = "System.Text.RegularExpressions.Regex"
    return PSObject({}, kind, methods=methods, text=text_of(arguments[0]))


def _script_create(session: Session, arguments: list[Value]) -> ScriptBlock:
    from onshi_lab.windows.powershell import syntax

    try:
        tree, source = syntax.parse(arguments[0])
    except PSError as error:
        kind = "System.Management.Automation.ParseException"
        raise Failed(error.record.message, kind) from None
    session.pc.events.write(
        "Microsoft-Windows-PowerShell/Operational",
        4104,
        ScriptBlockText=arguments[0],
        UserId=session.process.logon.user,
    )
    return ScriptBlock(tree.root_node, source)


def _protect(session: Session, arguments: list[Value]) -> bytearray:
    data, entropy, scope = arguments
    return bytearray(session.pc.vault.seal(bytes(data), _purpose(session, entropy, scope)))


def _unprotect(session: Session, arguments: list[Value]) -> bytearray:
    from cryptography.fernet import InvalidToken

    data, entropy, scope = arguments
    try:
        return bytearray(session.pc.vault.open(bytes(data), _purpose(session, entropy, scope)))
    except InvalidToken as error:
        kind = "System.Security.Cryptography.CryptographicException"
        raise Failed("The data is invalid.\r\n", kind, HResult=-2146893819) from error


def _purpose(session: Session, entropy: Value, scope: Value) -> str:
    """What data is sealed for: this PC, or this user of it (DataProtectionScope)."""
    owner = "machine" if scope.value == 1 else session.process.logon.sid
    return f"dpapi:{owner}:{bytes(entropy or b'').hex()}"


def _parse(kind: str) -> Method:
    """A type's Parse method: what a cast of the string gives."""

    def run(_session: Session, arguments: list[Value]) -> Value:
        try:
            return convert(arguments[0], kind)
        except PSError as error:
            cause = error.record.inner
            inner = cause.get("InnerException") if cause is not None else None
            if inner is None:
                raise
            raise Failed(inner.get("Message"), inner.type_name) from None

    return method(run, "string")


def _try_parse(session: Session, arguments: list[Value]) -> bool:
    if not isinstance(arguments[1], Reference):
        raise unsupported("TryParse without [ref]")
    try:
        arguments[1].set(INT_PARSE.run(session, arguments[:1]))
    except Failed:
        arguments[1].set(0)
        return False
    return True


INT_PARSE = _parse("int")


def _span(unit: str) -> Method:
    return method(lambda _s, a: timedelta(**{unit: a[0]}), "double")


def _sleep(session: Session, arguments: list[Value]) -> None:
    session.process.sleep(arguments[0] / 1000)


def _reverse(_session: Session, arguments: list[Value]) -> None:
    arguments[0].reverse()


SCOPE = "System.Security.Cryptography.DataProtectionScope"
STATICS: dict[str, dict[str, Method]] = {
    "system.convert": CONVERT,
    "system.io.file": FILE,
    "system.io.directory": DIRECTORY,
    "system.io.path": PATH,
    "system.environment": ENVIRONMENT,
    "system.console": CONSOLE,
    "system.string": STRING,
    "system.math": MATH,
    "system.text.encoding": {
        "getencoding": method(lambda _s, a: codepage_encoding(a[0]), "int"),
    },
    "system.guid": {"newguid": method(lambda _s, _a: uuid.uuid4()), "parse": _parse("guid")},
    "system.datetime": {"parse": _parse("datetime")},
    "system.timespan": {
        f"from{unit}": _span(unit)
        for unit in ("milliseconds", "seconds", "minutes", "hours", "days")
    },
    "system.net.ipaddress": {"parse": _parse("ipaddress")},
    "system.net.dns": {
        "gethostname": method(lambda s, _a: s.pc.name),
        **sockets.STATICS["system.net.dns"],
    },
    "system.security.principal.windowsidentity": {"getcurrent": method(_identity)},
    "system.security.cryptography.protecteddata": {
        "protect": method(_protect, f"byte[] byte[] {SCOPE}"),
        "unprotect": method(_unprotect, f"byte[] byte[] {SCOPE}"),
    },
    "system.text.regularexpressions.regex": REGEX,
    "system.management.automation.scriptblock": {"create": method(_script_create, "string")},
    "system.threading.thread": {"sleep": method(_sleep, "int")},
    "system.array": {
        "reverse": method(_reverse, "any"),
        "indexof": method(lambda _s, a: a[0].index(a[1]) if a[1] in a[0] else -1, "array any"),
    },
    "system.runtime.interopservices.marshal": {},
    "system.int32": {"parse": INT_PARSE, "tryparse": method(_try_parse, "string any")},
}
STATICS |= {name: one for name, one in sockets.STATICS.items() if name not in STATICS}


def _constant(value: Value) -> StaticProperty:
    return lambda _session: value


def _culture(name: str) -> PSObject:
    return PSObject({"Name": name}, "System.Globalization.CultureInfo", text=name)


STATIC_PROPERTIES: dict[str, dict[str, StaticProperty]] = {
    "system.text.encoding": {
        "utf8": lambda _s: utf8(bom=True),
        "unicode": lambda _s: unicode(),
        "ascii": lambda _s: encoding("ASCIIEncoding", "ascii", 20127),
        "default": lambda s: codepage_encoding(932 if s.pc.config.japanese else 1252),
    },
    "system.environment": {
        "machinename": lambda s: s.pc.name,
        "username": lambda s: s.process.logon.user,
        "userdomainname": lambda s: s.pc.name,
        "newline": lambda _s: "\r\n",
    },
    "system.console": {
        "in": _reader,
        "out": lambda s: _writer(s, error=False),
        "error": lambda s: _writer(s, error=True),
        "outputencoding": lambda s: codepage_encoding(s.process.codepage),
        "inputencoding": lambda s: codepage_encoding(s.process.codepage),
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
    "system.globalization.cultureinfo": {"invariantculture": lambda _s: _culture("")},
}
for _integer, (_low, _high) in RANGES.items():
    _limits = {
        "minvalue": _constant(convert(_low, _integer)),
        "maxvalue": _constant(convert(_high, _integer)),
    }
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
    if member.lower() in (one.lower() for one in ENUMS.get(folded, ())):
        return enum_value(folded, member)
    found = STATIC_PROPERTIES.get(folded, {}).get(member.lower())
    if found is not None:
        return found(session)
    raise unsupported(f"[{name}]::{member}")


def static_set(session: Session, name: str, member: str, value: Value) -> None:
    """[Type]::Member = value."""
    folded, wanted = _canonical(name), member.lower()
    if folded == "system.console" and wanted in ("outputencoding", "inputencoding"):
        number = value.get("CodePage") if isinstance(value, PSObject) else None
        if number not in CODECS:
            raise fail(
                f'Exception setting "{member}": "The parameter is incorrect."',
                "ExceptionWhenSetting",
            )
        session.process.codepage = number
        return
    raise unsupported(f"setting [{name}]::{member}")


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
        raise unsupported(f"[{name}]::{member}()")
    return call(found, session, member, arguments)


# -- constructors ------------------------------------------------------------------------------


def _exception(kind: str) -> Method:
    """An exception's constructors: a message or, of a Win32Exception, a code."""

    def make(session: Session, arguments: list[Value]) -> PSObject:
        details: dict[str, Any] = {}
        text = arguments[0] if arguments else f"Exception of type '{kind}' was thrown."
        if kind.lower().endswith("win32exception"):
            text, code = _win32(session, arguments)
            details = {"NativeErrorCode": code}
        inner = arguments[1] if len(arguments) > 1 else None
        made = exception(kind, text, inner, **details)
        made.native = ErrorRecord(
            text, text, "OperationStopped", kind, details=details, inner=inner
        )
        return made

    if kind.lower().endswith("win32exception"):
        return method(make, "", "int", "string")
    return method(make, "", "string", "string any")


def _win32(session: Session, arguments: list[Value]) -> tuple[str, int]:
    from onshi_lab.windows.win32 import message_of

    given = arguments[0] if arguments else session.last_win32_error
    if isinstance(given, str):
        return given, session.last_win32_error
    return message_of(given, session.pc.config.language), given


def credential(user: str, password: Secure | None) -> PSObject:
    """A PSCredential."""
    network = PSObject(
        {"UserName": user, "Password": password.text if password else "", "Domain": ""},
        "System.Net.NetworkCredential",
    )
    methods = {"GetNetworkCredential": method(lambda _t, _a: network)}
    name = "System.Management.Automation.PSCredential"
    return PSObject({"UserName": user, "Password": password}, name, methods=methods, text=name)


def _network_credential(_session: Session, arguments: list[Value]) -> PSObject:
    password = arguments[1].text if isinstance(arguments[1], Secure) else arguments[1]
    return PSObject(
        {"UserName": arguments[0], "Password": password, "SecurePassword": Secure(password)},
        "System.Net.NetworkCredential",
    )


def _access_rule(session: Session, arguments: list[Value]) -> PSObject:
    from onshi_lab.windows.powershell.cmdlets.acl import access_rule

    return access_rule(session, arguments)


def _account(session: Session, arguments: list[Value]) -> PSObject:
    from onshi_lab.windows.powershell.cmdlets.acl import nt_account

    return nt_account(session, "\\".join(arguments))


def _new_sid(session: Session, arguments: list[Value]) -> PSObject:
    if not re.fullmatch(r"(?i)S-1-\d+(-\d+)+", arguments[0]):
        raise Failed("Value was invalid.\r\nParameter name: sddlForm")
    return sid_object(session, arguments[0].upper())


def _new_date(_session: Session, arguments: list[Value]) -> datetime:
    parts, kind = arguments[:6], arguments[6].value if len(arguments) > 6 else 0
    try:
        return datetime(*parts, tzinfo={0: None, 1: UTC, 2: JAPAN}[kind])  # type: ignore[misc]
    except ValueError:
        why = "Year, Month, and Day parameters describe an un-representable DateTime."
        raise Failed(why, "System.ArgumentOutOfRangeException") from None


def _builder(_session: Session, arguments: list[Value]) -> PSObject:
    parts = list(arguments)
    holder = PSObject({}, "System.Text.StringBuilder")

    def append(_target: Value, values: list[Value]) -> PSObject:
        parts.append(object_text(values[0]))
        return holder

    def append_line(_target: Value, values: list[Value]) -> PSObject:
        parts.append("".join(values) + "\r\n")
        return holder

    holder.methods = {
        "append": method(append, "any"),
        "appendline": method(append_line, "", "string"),
        "tostring": method(lambda _t, _a: "".join(parts)),
    }
    return holder


def _uri(_session: Session, arguments: list[Value]) -> PSObject:
    from urllib.parse import urlsplit

    found = urlsplit(arguments[0])
    if not found.scheme or not found.hostname:
        why = "Invalid URI: The format of the URI could not be determined."
        raise Failed(why, "System.UriFormatException")
    port = found.port or {"http": 80, "https": 443, "ftp": 21}.get(found.scheme, -1)
    properties = {"Host": found.hostname, "Port": port, "Scheme": found.scheme}
    return PSObject(properties, "System.Uri", text=arguments[0])


def _descriptor(*, directory: bool) -> Method:
    def make(session: Session, _arguments: list[Value]) -> PSObject:
        from onshi_lab.windows.filesystem import Acl
        from onshi_lab.windows.powershell.cmdlets.acl import Security

        return Security(session, Acl(session.process.logon.sid, ()), "", directory=directory).object

    return method(make)


def _list(_session: Session, arguments: list[Value], name: str = "") -> PSList:
    items = PSList(as_list(arguments[0]) if arguments else [])
    items.type_name = name or items.type_name
    return items


INTS = [" ".join(["int"] * count) for count in (3, 6)]
CONSTRUCTORS: dict[str, Method] = {
    "system.text.utf8encoding": method(lambda _s, a: utf8(bom=bool(a and a[0])), "", "bool"),
    "system.text.unicodeencoding": method(lambda _s, _a: unicode()),
    "system.text.asciiencoding": method(lambda _s, _a: encoding("ASCIIEncoding", "ascii", 20127)),
    "system.collections.arraylist": method(_list, "", "array"),
    "system.collections.hashtable": method(lambda _s, _a: Hashtable()),
    "system.collections.specialized.ordereddictionary": method(
        lambda _s, _a: Hashtable(ordered=True)
    ),
    "system.object": method(lambda _s, _a: PSObject({}, "System.Object")),
    "system.management.automation.psobject": method(lambda _s, _a: PSObject()),
    "system.management.automation.pscustomobject": method(lambda _s, _a: PSObject()),
    "system.management.automation.pscredential": method(
        lambda _s, a: credential(a[0], a[1]), "string securestring"
    ),
    "system.net.networkcredential": method(
        _network_credential, "string string", "string securestring"
    ),
    "system.security.securestring": method(lambda _s, _a: Secure("")),
    "system.security.principal.windowsprincipal": method(_principal, "any"),
    "system.security.principal.ntaccount": method(_account, "string", "string string"),
    "system.security.principal.securityidentifier": method(_new_sid, "string"),
    "system.security.accesscontrol.filesystemaccessrule": method(
        _access_rule, "any any any", "any any any any any"
    ),
    "system.security.accesscontrol.directorysecurity": _descriptor(directory=True),
    "system.security.accesscontrol.filesecurity": _descriptor(directory=False),
    "system.byte[]": method(lambda _s, a: bytearray(a[0]), "int"),
    "system.object[]": method(lambda _s, a: [None] * a[0], "int"),
    "system.string[]": method(lambda _s, a: TypedArray([None] * a[0], "System.String"), "int"),
    "system.datetime": method(_new_date, *INTS, f"{INTS[1]} System.DateTimeKind"),
    "system.timespan": method(
        lambda _s, a: timedelta(hours=a[0], minutes=a[1], seconds=a[2]), INTS[0]
    ),
    "system.string": method(
        lambda _s, a: a[0] * a[1] if len(a) > 1 else "".join(a[0]), "char int", "char[]"
    ),
    "system.version": method(
        lambda _s, a: convert(".".join(text_of(v) for v in a), "version"),
        "string",
        *(" ".join(["int"] * count) for count in (2, 3, 4)),
    ),
    "system.guid": method(lambda _s, a: convert(a[0], "guid"), "string"),
    "system.intptr": method(lambda _s, a: a[0], "int", "long"),
    "system.text.stringbuilder": method(_builder, "", "string"),
    "system.uri": method(_uri, "string"),
    "system.text.regularexpressions.regex": method(_regex, "string"),
    **sockets.CONSTRUCTORS,
}
EXCEPTIONS = {
    name.lower(): name
    for name in (*HRESULTS, *PARENTS, "System.Exception", "System.ApplicationException")
}
GENERIC_LIST, GENERIC_DICTIONARY = (
    f"system.collections.generic.{name}[" for name in ("list", "dictionary")
)


def constructible(folded: str) -> bool:
    """Whether objects of a type (lower-case full name) can be made."""
    known = folded in CONSTRUCTORS or folded in EXCEPTIONS
    return known or folded.startswith((GENERIC_LIST, GENERIC_DICTIONARY))


def construct(session: Session, name: str, arguments: list[Value]) -> Value:
    """A new object of a type; raises PSError for a type or arguments that it lacks."""
    user = session.types.get(name.lower())
    if isinstance(user, Structure):
        if session.memory is None:
            session.memory = Memory()
        return StructureValue(user)
    full = full_type_name(name)
    for candidate in (full, "System." + full):
        maker = _maker(candidate.lower())
        if maker is not None:
            return call(maker, session, candidate.rpartition(".")[2], arguments)
        if known_type(candidate) and len(arguments) == 1 and candidate.lower() in CONVERTERS:
            return convert(arguments[0], candidate)
    raise fail(
        f"Cannot find type [{name}]: verify that the assembly containing this type is loaded.",
        "TypeNotFound,Microsoft.PowerShell.Commands.NewObjectCommand",
        "InvalidType",
        "System.Management.Automation.PSArgumentException",
    )


def _maker(folded: str) -> Method | None:
    if folded in EXCEPTIONS:
        return _exception(EXCEPTIONS[folded])
    if folded.startswith(GENERIC_LIST):
        name = "System.Collections.Generic.List"
        return method(lambda s, a: _list(s, a, name), "", "array")
    if folded.startswith(GENERIC_DICTIONARY):
        return method(lambda _s, _a: Hashtable())
    return CONSTRUCTORS.get(folded)


__all__ = ["construct", "constructible", "static_call", "static_get", "static_set"]
