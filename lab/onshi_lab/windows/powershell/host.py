"""powershell.exe: its command line, where its script comes from, and how its streams leave it.

Source: about_PowerShell_exe (Windows PowerShell 5.1). `-Command -` and `-File -` read standard
input one statement at a time, as if typed: a statement over several lines ends only at an empty
line, and one that isn't ended when the input ends is never run (ConsoleHost's input loop).
"""

import base64
import binascii
import re
from contextlib import ExitStack
from dataclasses import dataclass, field

from onshi_lab.windows import filesystem
from onshi_lab.windows.commandline import split
from onshi_lab.windows.eventlog import POWERSHELL
from onshi_lab.windows.filesystem import WindowsError
from onshi_lab.windows.pc import Pc
from onshi_lab.windows.powershell import clixml, cmdlets, syntax
from onshi_lab.windows.powershell.binder import Word
from onshi_lab.windows.powershell.dotnet import decode_text
from onshi_lab.windows.powershell.errors import ErrorRecord, PSError, Unsupported, as_5_1, fail
from onshi_lab.windows.powershell.expressions import Env
from onshi_lab.windows.powershell.formatting import render
from onshi_lab.windows.powershell.interop import Memory
from onshi_lab.windows.powershell.interpreter import run_script
from onshi_lab.windows.powershell.session import (
    ExitScript,
    Out,
    Session,
    Streams,
    new_scope,
)
from onshi_lab.windows.powershell.values import PSObject, ScriptBlock, Value
from onshi_lab.windows.process import Process

USAGE_ERROR = 0xFFFD0000
"""Exit code for a bad command line (-196608)."""
SWITCHES = ("NoLogo", "NoProfile", "NonInteractive", "NoExit", "Sta", "Mta")
VALUES = (
    "ExecutionPolicy",
    "OutputFormat",
    "InputFormat",
    "WindowStyle",
    "Version",
    "PSConsoleFile",
    "ConfigurationName",
)
POLICIES = (
    "Restricted",
    "AllSigned",
    "RemoteSigned",
    "Unrestricted",
    "Bypass",
    "Undefined",
    "Default",
)


@dataclass(slots=True)
class Options:
    """A parsed command line."""

    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    command: str | None = None
    encoded: bool = False
    file: str | None = None
    arguments: list[str] = field(default_factory=list)
    stdin: bool = False
    prompts: bool = False


class UsageError(Exception):
    """A command line that powershell.exe doesn't take."""


def _option(name: str) -> str:
    """The full name of an option given by a prefix; `ec` and `enc` have their own short forms."""
    wanted = name.lower()
    special = {
        "e": "EncodedCommand",
        "ec": "EncodedCommand",
        "ep": "ExecutionPolicy",
        "ex": "ExecutionPolicy",
        "c": "Command",
        "f": "File",
        "nop": "NoProfile",
        "noni": "NonInteractive",
        "?": "Help",
    }
    if wanted in special:
        return special[wanted]
    for full in ("EncodedCommand", "Command", "File", *SWITCHES, *VALUES):
        if full.lower().startswith(wanted) and len(wanted) >= 2:
            return full
    raise UsageError(f"-{name}")


def parse_options(arguments: str) -> Options:
    """The options of a command line; raises UsageError."""
    options = Options()
    words = split(arguments)
    while words:
        word = words.pop(0)
        if not word.startswith(("-", "/")):
            options.command = _tail(arguments, [word, *words])
            break
        name = _option(word[1:])
        if name in SWITCHES:
            options.flags.add(name)
        elif name in VALUES:
            _put_value(options, name, words)
        elif name == "EncodedCommand":
            options.command, options.encoded = _decode(words.pop(0) if words else ""), True
        else:
            _script_source(options, name, words, arguments)
            break
    options.stdin = options.stdin or (options.command is None and options.file is None)
    return options


def _put_value(options: Options, name: str, words: list[str]) -> None:
    if not words:
        raise UsageError(f"-{name}")
    options.values[name] = words.pop(0)
    if name == "ExecutionPolicy" and options.values[name].lower() not in (
        p.lower() for p in POLICIES
    ):
        raise UsageError(f"ExecutionPolicy {options.values[name]}")
    if name in ("OutputFormat", "InputFormat") and options.values[name].lower() not in (
        "text",
        "xml",
    ):
        raise UsageError(f"{name} {options.values[name]}")


def _script_source(options: Options, name: str, words: list[str], arguments: str) -> None:
    if not words:
        raise UsageError(f"-{name}")
    if words[0] == "-":
        options.stdin = True
        options.prompts = name == "File"
    elif name == "File":
        options.file, options.arguments = words[0], words[1:]
    else:
        options.command = _tail(arguments, words)


def _tail(arguments: str, words: list[str]) -> str:
    """The command made of the remaining words, joined by blanks as powershell.exe joins them."""
    return " ".join(words) if arguments else ""


def _decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UsageError("-EncodedCommand") from error


class Console:
    """The three streams of powershell.exe; errors are CLIXML where the command was encoded."""

    def __init__(self, process: Process, language: str, *, xml: bool) -> None:
        self._process = process
        self._language = language
        self._xml = xml
        self._parts: list[str] = []
        self._pending: list[Value] = []

    def streams(self) -> Streams:
        """The streams for a session."""
        return Streams(
            error=self.error,
            warning=lambda text: self.message("Warning", f"WARNING: {text}"),
            verbose=lambda text: self.message("Verbose", f"VERBOSE: {text}"),
            debug=lambda text: self.message("Debug", f"DEBUG: {text}"),
            host=self._host,
        )

    def _host(self, text: str) -> None:
        self.flush()
        self._process.write(text.replace("\r\n", "\n").replace("\n", "\r\n"))

    def write(self, text: str) -> None:
        """Writes text as it is."""
        self._process.write(text)

    def write_error(self, text: str) -> None:
        """Writes text to standard error as it is."""
        self._process.write_error(text)

    def show_error(self, text: str) -> None:
        """Shows an error that is PowerShell 7's text already, in the form that 5.1 gives it."""
        lines = as_5_1(text.rstrip("\r\n").splitlines(), self._language)
        if self._xml:
            self._parts += [clixml.line("Error", line) for line in lines]
        else:
            self._process.write_error("".join(line + "\r\n" for line in lines))

    def out(self, value: Value) -> None:
        """Takes a value of the outermost pipeline: text at once, objects in groups."""
        if isinstance(value, PSObject) and isinstance(value.native, ErrorRecord):
            self.flush()
            self._host(value.native.render(self._language) + "\n")
        elif isinstance(value, PSObject):
            self._pending.append(value)
        else:
            self.flush()
            self._lines(render([value]))

    def flush(self) -> None:
        """Writes the objects that wait for their table."""
        pending, self._pending = self._pending, []
        if pending:
            self._lines(render(pending))

    def _lines(self, lines: list[str]) -> None:
        self._process.write("".join(line.rstrip("\r") + "\r\n" for line in lines))

    def message(self, stream: str, text: str) -> None:
        """Writes a message of another stream."""
        self.flush()
        if self._xml:
            self._parts.append(clixml.line(stream, text))
        else:
            self._process.write(text + "\r\n")

    def error(self, record: ErrorRecord) -> None:
        """Shows an error."""
        self.flush()
        lines = record.render(self._language).split("\n")
        if self._xml:
            self._parts += [clixml.line("Error", line) for line in lines]
        else:
            self._process.write_error("".join(line + "\r\n" for line in lines))

    def close(self) -> None:
        """Writes what is left."""
        self.flush()
        if self._xml and self._parts:
            self._process.write_error(clixml.document(self._parts))


def powershell(pc: Pc, process: Process, arguments: str) -> int:
    """powershell.exe; answers its exit code."""
    try:
        options = parse_options(arguments)
    except UsageError as error:
        process.write_error(
            f"Cannot process the command line because of the parameter {error}.\r\n"
        )
        return USAGE_ERROR
    xml = options.encoded and options.values.get("OutputFormat", "").lower() != "text"
    console = Console(process, pc.config.language, xml=xml)
    session = Session(pc, process, console.streams(), new_scope())
    session.interactive = "NonInteractive" not in options.flags
    session.memory = Memory()
    session.host_reads_input = not options.stdin
    cmdlets.load()
    with ExitStack() as stack:
        stack.callback(console.close)
        if pc.config.powershell is not None:
            from onshi_lab.windows.hosted.shell import Shell

            session.hosted = Shell.open(pc.engine(), session, console, log_script)
            stack.callback(session.hosted.close)
        return _run(session, console, options)


def _run(session: Session, console: Console, options: Options) -> int:
    try:
        if options.file is not None:
            return _run_file(session, console, options)
        if options.stdin:
            return InputLoop(session, console, prompts=options.prompts).run()
        return execute(session, console, options.command or "")
    except ExitScript as leave:
        return leave.code


def log_script(session: Session, script: str) -> None:
    """Event 4104, as with script block logging on."""
    session.pc.events.write(
        POWERSHELL,
        4104,
        ScriptBlockText=script,
        UserId=session.process.logon.user,
        Path=session.file,
        MessageNumber=1,
        MessageTotal=1,
    )


def execute(session: Session, console: Console, script: str) -> int:
    """Runs a script of -Command; the exit code is 1 if its last statement failed."""
    log_script(session, script)
    if session.hosted is not None:
        code: int = session.hosted.run(script)
        return code
    try:
        run_script(session, script, console.out, session.scope)
    except (PSError, Unsupported) as error:
        session.errors.insert(0, error.record)
        console.error(error.record)
        return 1
    return 0 if session.success else 1


def read_script(session: Session, path: str) -> str:
    """The text of a script file; raises PSError."""
    try:
        data = session.pc.files(session.process).read(path)
    except WindowsError as error:
        raise fail(
            f"The argument '{path}' to the -File parameter does not "
            f"exist. Provide the path to an existing "
            "'.ps1' file as an argument to the -File parameter.",
            "CommandNotFoundException",
            "ObjectNotFound",
            "System.Management.Automation.CommandNotFoundException",
            path,
        ) from error
    return decode_text(data, "cp932" if session.pc.config.japanese else "cp1252")


def run_file_text(session: Session, script: str, path: str, words: list[Word], out: Out) -> None:
    """Runs a script file's text with arguments, in a script scope."""
    from onshi_lab.windows.powershell.commands import _call_block

    previous, session.file = session.file, path
    log_script(session, script)
    try:
        tree, source = syntax.parse(script, path)
        scope = session.child_scope(session.scope)
        scope.script = True
        env = Env(session, scope, source)
        _call_block(env, ScriptBlock(tree.root_node, source, name=path), words, None, out, dot=True)
    finally:
        session.file = previous


def _run_file(session: Session, console: Console, options: Options) -> int:
    policy = options.values.get("ExecutionPolicy", "Restricted").lower()
    path = filesystem.normalize(options.file or "", session.process.cwd)
    try:
        script = read_script(session, path)
        if policy in ("restricted", "default", "undefined", "allsigned"):
            raise fail(
                f"File {path} cannot be loaded because running scripts is "
                f"disabled on this system. For more "
                "information, see about_Execution_Policies at "
                "https:/go.microsoft.com/fwlink/?LinkID=135170.",
                "UnauthorizedAccess",
                "SecurityError",
                "System.Management.Automation.PSSecurityException",
            )
        words = _file_words(options.arguments)
        if session.hosted is not None:
            log_script(session, script)
            code: int = session.hosted.run(script, path, tuple(words))
            return code
        run_file_text(session, script, path, words, console.out)
    except (PSError, Unsupported) as error:
        console.error(error.record)
        return 1
    return 0


def _file_words(arguments: list[str]) -> list[Word]:
    words = []
    for argument in arguments:
        match = re.match(r"^-([A-Za-z]\w*)(?::(.*))?$", argument)
        if match is None:
            words.append(Word(argument))
        elif match[2] is None:
            words.append(Word(parameter=match[1]))
        else:
            words.append(Word(match[2], match[1]))
    return words


class InputLoop:
    """The read-and-run loop over standard input."""

    def __init__(self, session: Session, console: Console, *, prompts: bool) -> None:
        self._session = session
        self._console = console
        self._prompts = prompts

    def run(self) -> int:
        """Runs until the input ends; answers 1 if the last statement failed."""
        block: list[str] | None = None
        while True:
            self._prompt(block is not None)
            data = self._session.process.stdin.read_line()
            if data is None:
                return 0 if self._session.success else 1
            line = self._session.process.decode(data)
            if block is not None and line.strip():
                block.append(line)
                continue
            if block is not None:
                line, complete = "\n".join(block), True
                block = None
            else:
                complete = False
            if not line.strip():
                continue
            if not complete and self._is_incomplete(line):
                block = [line]
                continue
            self._one(line)

    def _is_incomplete(self, line: str) -> bool:
        hosted = self._session.hosted
        return bool(syntax.is_incomplete(line) if hosted is None else hosted.is_incomplete(line))

    def _prompt(self, inside: bool) -> None:
        if self._prompts:
            self._session.process.write(">> " if inside else f"PS {self._session.process.cwd}> ")

    def _one(self, line: str) -> None:
        execute(self._session, self._console, line)
        self._console.flush()
