"""Cmdlets: a table of declared parameters and handlers, and what a handler can do.

A declaration is one line a parameter:

    Name[!] type [pos=N] [alias=A,B] [pipe] [prop] [set=X,Y] [values=A|B|C] [rest]

`!` is mandatory, `pipe` takes pipeline objects, `prop` takes their property of that name. The
source of every declaration is the cmdlet's page on learn.microsoft.com, Windows PowerShell 5.1.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from onshi_lab.windows.pc import Pc
from onshi_lab.windows.powershell.errors import ErrorRecord, PSError, fail
from onshi_lab.windows.powershell.session import Out, Scope, Session
from onshi_lab.windows.powershell.values import Value, text_of, truthy


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter."""

    name: str
    type: str = "object"
    mandatory: bool = False
    position: int | None = None
    aliases: tuple[str, ...] = ()
    pipe: bool = False
    prop: bool = False
    sets: frozenset[str] = frozenset()
    values: tuple[str, ...] = ()
    rest: bool = False
    default: Any = None

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value."""
        return self.type.lower() == "switch"


def parse_parameter(line: str) -> Parameter:
    """A parameter from its declaration line."""
    name, kind, *flags = line.split()
    options: dict[str, Any] = {
        "name": name.rstrip("!"),
        "type": kind,
        "mandatory": name.endswith("!"),
    }
    for flag in flags:
        key, _, value = flag.partition("=")
        if key == "pos":
            options["position"] = int(value)
        elif key == "alias":
            options["aliases"] = tuple(value.split(","))
        elif key == "set":
            options["sets"] = frozenset(value.split(","))
        elif key == "values":
            options["values"] = tuple(value.split("|"))
        else:
            options[key] = True
    return Parameter(**options)


COMMON = tuple(
    parse_parameter(line)
    for line in (
        "Verbose switch alias=vb",
        "Debug switch alias=db",
        "ErrorAction string alias=ea values=SilentlyContinue|Stop|Continue|Inquire|Ignore|Suspend",
        (
            "WarningAction string alias=wa "
            "values=SilentlyContinue|Stop|Continue|Inquire|Ignore|Suspend"
        ),
        (
            "InformationAction string alias=infa "
            "values=SilentlyContinue|Stop|Continue|Inquire|Ignore|Suspend"
        ),
        "ErrorVariable string alias=ev",
        "WarningVariable string alias=wv",
        "InformationVariable string alias=iv",
        "OutVariable string alias=ov",
        "OutBuffer int alias=ob",
        "PipelineVariable string alias=pv",
    )
)
"""about_CommonParameters."""
SHOULD_PROCESS = (
    parse_parameter("WhatIf switch alias=wi"),
    parse_parameter("Confirm switch alias=cf"),
)


@dataclass(eq=False)
class Call:
    """One invocation of a cmdlet."""

    session: Session
    scope: Scope
    name: str
    bound: dict[str, Value]
    input: list[Value]
    out: Out
    spec: "Cmdlet | None" = None
    error_action: str | None = None
    has_input: bool = False
    errors: list[ErrorRecord] = field(default_factory=list)

    @property
    def pc(self) -> Pc:
        """The PC."""
        return self.session.pc

    def get(self, name: str, default: Value = None) -> Value:
        """A parameter's value, or a default where it wasn't given."""
        return self.bound.get(name.lower(), default)

    def has(self, name: str) -> bool:
        """Whether the parameter was given."""
        return name.lower() in self.bound

    def flag(self, name: str) -> bool:
        """Whether a switch is on."""
        return truthy(self.bound.get(name.lower(), False))

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text."""
        return text_of(self.bound[name.lower()]) if self.has(name) else default

    @property
    def preferences(self) -> Scope:
        """Whose preference variables it sees: of a module's function (CDXML) the global ones.

        about_Preference_Variables and about_Scopes: a module has its own session state.
        """
        return self.scope.root() if self.spec is not None and self.spec.is_function else self.scope

    def emit(self, value: Value) -> None:
        """Sends an object down the pipeline."""
        self.out(value)

    def write_error(
        self, message: str, error_id: str, category: str = "NotSpecified", **more: Any
    ) -> None:
        """A non-terminating error of this cmdlet."""
        record = ErrorRecord(message, self._id(error_id), category, activity=self.name, **more)
        self.errors.append(record)
        self.session.report(record, self.preferences, self.error_action)

    def _id(self, error_id: str) -> str:
        suffix = self.spec.class_name if self.spec is not None else self.name
        return error_id if "," in error_id else f"{error_id},{suffix}"

    def failure(
        self, message: str, error_id: str, category: str = "InvalidArgument", **more: Any
    ) -> PSError:
        """A terminating error of this cmdlet."""
        return fail(message, self._id(error_id), category, activity=self.name, **more)

    def confirm(self, action: str, target: str) -> bool:
        """ShouldProcess: whether to go on; asks, or fails where nobody can be asked."""
        if self.flag("WhatIf"):
            self.session.streams.host(
                f'What if: Performing the operation "{action}" on target "{target}".\n'
            )
            return False
        wanted = self.bound.get("confirm")
        high = self.spec is not None and self.spec.high_impact
        level = self.session.preference("ConfirmPreference", self.preferences).lower()
        if wanted is None:
            wanted = level == "low" or (high and level in ("high", "medium"))
        return self._ask(action, target) if truthy(wanted) else True

    def _ask(self, action: str, target: str) -> bool:
        session = self.session
        if not session.interactive:
            raise fail(
                (
                    "Windows PowerShell is in NonInteractive mode. Read and "
                    "Prompt functionality is not available."
                ),
                self._id("InvalidOperation"),
                "InvalidOperation",
                "System.Management.Automation.PSInvalidOperationException",
                activity=self.name,
            )
        session.streams.host(
            "\nConfirm\nAre you sure you want to perform this action?\n"
            f'Performing the operation "{action}" on target "{target}".\n'
            "[Y] Yes  [A] Yes to All  [N] No  [L] No to All  [S] Suspend "
            ' [?] Help (default is "Y"): '
        )
        answer = session.process.stdin.read_line()
        text = "y" if answer is None else session.process.decode(answer).strip().lower()
        return text in ("", "y", "a", "yes")


Handler = Callable[[Call], None]


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One cmdlet."""

    name: str
    class_name: str
    parameters: tuple[Parameter, ...]
    handler: Handler
    collect: bool = False
    should_process: bool = False
    high_impact: bool = False
    admin: bool = False
    require: tuple[tuple[str, ...], ...] = ()

    @property
    def is_function(self) -> bool:
        """Whether Windows has it as a function of a CDXML module, whose errors bear its name."""
        return self.class_name == self.name

    def all_parameters(self) -> tuple[Parameter, ...]:
        """Its own and the common parameters."""
        extra = SHOULD_PROCESS if self.should_process else ()
        return (*self.parameters, *COMMON, *extra)


CMDLETS: dict[str, Cmdlet] = {}
ALIASES: dict[str, str] = {}


def cmdlet(
    name: str,
    parameters: str = "",
    *,
    class_name: str = "",
    collect: bool = False,
    should_process: bool = False,
    high_impact: bool = False,
    admin: bool = False,
    alias: str = "",
    require: str = "",
) -> Callable[[Handler], Handler]:
    """Registers a handler under a name.

    `collect`: the handler sees all pipeline input at once. `require`: groups, separated by
    blanks, of which exactly one parameter must be given (`InterfaceIndex|InterfaceAlias`).
    """

    def register(handler: Handler) -> Handler:
        declared = tuple(
            parse_parameter(line) for line in parameters.strip().splitlines() if line.strip()
        )
        verb, _, noun = name.partition("-")
        spec = Cmdlet(
            name=name,
            class_name=class_name or f"Microsoft.PowerShell.Commands.{verb}{noun}Command",
            parameters=declared,
            handler=handler,
            collect=collect,
            should_process=should_process or high_impact,
            high_impact=high_impact,
            admin=admin,
            require=tuple(tuple(group.split("|")) for group in require.split()),
        )
        CMDLETS[name.lower()] = spec
        for short in alias.split():
            ALIASES[short.lower()] = name
        return handler

    return register
