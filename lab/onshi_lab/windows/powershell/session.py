"""A running PowerShell: scopes, preferences, streams, functions, and the commands it can find."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from onshi_lab.windows.pc import Pc
from onshi_lab.windows.powershell.errors import (
    ErrorRecord,
    Position,
    PSError,
    ScriptTerminating,
    fail,
)
from onshi_lab.windows.powershell.values import (
    EnumValue,
    Hashtable,
    PSObject,
    ScriptBlock,
    Value,
    text_of,
)
from onshi_lab.windows.process import Process

Out = Callable[[Value], None]


class ExitScript(Exception):
    """The `exit` statement."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class FlowReturn(Exception):
    """The `return` statement."""


class FlowBreak(Exception):
    """The `break` statement."""


class FlowContinue(Exception):
    """The `continue` statement."""


class Scope:
    """Variables and functions of one scope."""

    def __init__(self, parent: "Scope | None" = None, *, script: bool = False) -> None:
        self.parent = parent
        self.script = script or parent is None
        self.variables: dict[str, Value] = {}
        self.types: dict[str, str] = {}
        self.functions: dict[str, ScriptBlock] = {}

    def find(self, name: str) -> "Scope | None":
        """The nearest scope that has the variable."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope
            scope = scope.parent
        return None

    def function(self, name: str) -> ScriptBlock | None:
        """The nearest function of that name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.functions:
                return scope.functions[name]
            scope = scope.parent
        return None

    def root(self) -> "Scope":
        """The global scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def nearest_script(self) -> "Scope":
        """The script scope."""
        scope = self
        while not scope.script and scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(frozen=True, slots=True)
class Streams:
    """Where errors, warnings and the rest go."""

    error: Callable[[ErrorRecord], None]
    warning: Callable[[str], None]
    verbose: Callable[[str], None]
    debug: Callable[[str], None]
    host: Callable[[str], None]


@dataclass(eq=False)
class Session:
    """The state that all code of one powershell.exe shares."""

    pc: Pc
    process: Process
    streams: Streams
    scope: Scope = field(default_factory=lambda: Scope(None, script=True))
    strict: bool = False
    success: bool = True
    last_exit_code: int | None = None
    errors: list[ErrorRecord] = field(default_factory=list)
    try_depth: int = 0
    interactive: bool = True
    file: str = ""
    types: dict[str, Any] = field(default_factory=dict)
    memory: Any = None
    depth: int = 0
    last_win32_error: int = 0
    host_reads_input: bool = False
    hosted: Any = None
    """The real engine's shell that runs the scripts instead, where the PC has one."""
    where: Callable[[], Position] = Position
    """Where the command that runs now stands in the script."""

    @property
    def language(self) -> str:
        """The language of this Windows, `en` or `ja`."""
        return self.pc.config.language

    # -- variables --------------------------------------------------------------------------------

    def get_variable(self, name: str, scope: Scope) -> Value:
        """A variable's value; null (or in strict mode an error) where it isn't set."""
        prefix, _, rest = name.partition(":")
        folded = name.lower()
        if rest:
            return self._qualified(prefix.lower(), rest, scope)
        automatic = AUTOMATIC.get(folded)
        if automatic is not None:
            return automatic(self, scope)
        owner = scope.find(folded)
        if owner is not None:
            return owner.variables[folded]
        if folded == "input" and self.host_reads_input:
            return self._input()
        return self._undefined(name)

    def _input(self) -> Value:
        """The lines of standard input, which the host reads for -Command; each is there once."""
        return self.process.decode(self.process.stdin.read_all()).splitlines()

    def _qualified(self, prefix: str, name: str, scope: Scope) -> Value:
        folded = name.lower()
        if prefix == "env":
            return self.process.getenv(name)
        if prefix == "function":
            return scope.function(folded)
        owner = self._owner(prefix, scope)
        if folded in owner.variables:
            return owner.variables[folded]
        return self._undefined(f"{prefix}:{name}")

    def _owner(self, prefix: str, scope: Scope) -> Scope:
        if prefix == "global":
            return scope.root()
        if prefix == "script":
            return scope.nearest_script()
        if prefix in ("local", "private", "variable"):
            return scope
        raise fail(
            f"Cannot find drive. A drive with the name '{prefix}' does not exist.",
            "DriveNotFound",
            "ObjectNotFound",
        )

    def _undefined(self, name: str) -> Value:
        if self.strict:
            raise fail(
                f"The variable '${name}' cannot be retrieved because it has not been set.",
                "VariableIsUndefined",
                target=name,
            )
        return None

    def set_variable(self, name: str, value: Value, scope: Scope) -> None:
        """Assigns a variable in the scope that its name says, converting to a declared type."""
        prefix, _, rest = name.partition(":")
        folded = (rest or name).lower()
        if rest and prefix.lower() == "env":
            self._set_environment(rest, value)
            return
        if folded in ("true", "false", "null", "?"):
            if folded == "null":
                return
            raise fail(
                f"Cannot overwrite variable {folded} because it is read-only or constant.",
                "VariableNotWritable",
                "WriteError",
                "System.Management.Automation.SessionStateUnauthorizedAccessException",
            )
        owner = self._owner(prefix.lower(), scope) if rest else scope
        if folded in owner.types:
            value = _as_declared(value, owner.types[folded], name)
        owner.variables[folded] = value

    def _set_environment(self, name: str, value: Value) -> None:
        environment = self.process.environment
        known = next((k for k in environment if k.lower() == name.lower()), name)
        if value is None or value == "":
            environment.pop(known, None)
        else:
            environment[known] = text_of(value)

    def preference(self, name: str, scope: Scope) -> str:
        """A preference variable's value, such as Continue, Stop or SilentlyContinue."""
        owner = scope.find(name.lower())
        value = owner.variables[name.lower()] if owner is not None else PREFERENCES[name.lower()]
        return value.name if isinstance(value, EnumValue) else text_of(value)

    # -- errors -----------------------------------------------------------------------------------

    def report(self, record: ErrorRecord, scope: Scope, action: str | None = None) -> None:
        """A non-terminating error: shown, silent or stopping, as the preference says."""
        preference = (action or self.preference("ErrorActionPreference", scope)).lower()
        self.success = False
        if preference == "ignore":
            return
        if not record.position.line:
            record.position = self.where()
        self.errors.insert(0, record)
        if preference == "stop":
            raise ScriptTerminating(record)
        if preference != "silentlycontinue":
            self.streams.error(record)

    @contextmanager
    def redirected(self, **streams: Any) -> Iterator[None]:
        """Sends streams elsewhere for a while."""
        before = self.streams
        self.streams = replace(before, **streams)
        try:
            yield
        finally:
            self.streams = before

    def child_scope(self, scope: Scope) -> Scope:
        """A scope below another."""
        return Scope(scope)

    def check(self) -> None:
        """Ends here if the process was told to."""
        self.process.check()


def _as_declared(value: Value, kind: str, name: str) -> Value:
    """A value as a variable's declared type (ArgumentTypeConverterAttribute)."""
    from onshi_lab.windows.powershell.convert import convert

    try:
        return convert(value, kind)
    except PSError as error:
        raise fail(
            error.record.message,
            "RuntimeException",
            "MetadataError",
            "System.Management.Automation.ArgumentTransformationMetadataException",
            name,
            inner=error.record.inner,
        ) from None


def _version_table(session: Session, scope: Scope) -> Value:  # noqa: ARG001
    from onshi_lab.windows.powershell.convert import version_object

    release = session.pc.config.release
    version = f"5.1.{release.build}.{release.revision}"
    return Hashtable(
        [
            ("PSVersion", version_object(version)),
            ("PSEdition", "Desktop"),
            (
                "PSCompatibleVersions",
                [version_object(v) for v in ("1.0", "2.0", "3.0", "4.0", "5.0", version)],
            ),
            ("BuildVersion", version_object(f"10.0.{release.build}.{release.revision}")),
            ("CLRVersion", version_object("4.0.30319.42000")),
            ("WSManStackVersion", version_object("3.0")),
            ("PSRemotingProtocolVersion", version_object("2.3")),
            ("SerializationVersion", version_object("1.1.0.1")),
        ]
    )


def _host(session: Session, scope: Scope) -> Value:  # noqa: ARG001
    from onshi_lab.windows.powershell.convert import version_object

    release = session.pc.config.release
    return PSObject(
        {
            "Name": "ConsoleHost",
            "Version": version_object(f"5.1.{release.build}.{release.revision}"),
        },
        "System.Management.Automation.Internal.Host.InternalHost",
    )


def _execution_context(session: "Session", _scope: "Scope") -> PSObject:
    """EngineIntrinsics, as far as its language mode."""
    mode = PSObject({"LanguageMode": session.pc.language_mode}, "SessionState")
    return PSObject({"SessionState": mode}, "System.Management.Automation.EngineIntrinsics")


AUTOMATIC: dict[str, Callable[[Session, Scope], Value]] = {
    "true": lambda _session, _scope: True,
    "false": lambda _session, _scope: False,
    "null": lambda _session, _scope: None,
    "?": lambda session, _scope: session.success,
    "lastexitcode": lambda session, _scope: session.last_exit_code,
    "pid": lambda session, _scope: session.process.pid,
    "home": lambda session, _scope: session.process.getenv("USERPROFILE"),
    "pwd": lambda session, _scope: PSObject(
        {"Path": session.process.cwd},
        "System.Management.Automation.PathInfo",
        text=session.process.cwd,
    ),
    "error": lambda session, _scope: [
        record.to_object(session.language) for record in session.errors
    ],
    "psversiontable": _version_table,
    "host": _host,
    "psculture": lambda session, _scope: "ja-JP" if session.pc.config.japanese else "en-US",
    "psuiculture": lambda session, _scope: "ja-JP" if session.pc.config.japanese else "en-US",
    "shellid": lambda _session, _scope: "Microsoft.PowerShell",
    "pshome": lambda _session, _scope: "C:\\Windows\\System32\\WindowsPowerShell\\v1.0",
    "executioncontext": _execution_context,
    "psscriptroot": lambda session, _scope: session.file.rpartition("\\")[0],
    "pscommandpath": lambda session, _scope: session.file,
}
"""Automatic variables (about_Automatic_Variables)."""
PREFERENCES: dict[str, str] = {
    "erroractionpreference": "Continue",
    "warningpreference": "Continue",
    "verbosepreference": "SilentlyContinue",
    "debugpreference": "SilentlyContinue",
    "informationpreference": "SilentlyContinue",
    "progresspreference": "Continue",
    "confirmpreference": "High",
    "whatifpreference": "False",
}
"""Preference variables and their defaults (about_Preference_Variables)."""


def new_scope() -> Scope:
    """The global scope of a fresh session, with preference variables set."""
    scope = Scope(None, script=True)
    for name, value in PREFERENCES.items():
        scope.variables[name] = False if value == "False" else value
    scope.variables["outputencoding"] = "us-ascii"
    scope.variables["nestedpromptlevel"] = 0
    scope.variables["psdefaultparametervalues"] = Hashtable()
    scope.variables["maximumhistorycount"] = 4096
    return scope


__all__ = [
    "ExitScript",
    "FlowBreak",
    "FlowContinue",
    "FlowReturn",
    "Out",
    "PSError",
    "Scope",
    "Session",
    "Streams",
    "new_scope",
]
