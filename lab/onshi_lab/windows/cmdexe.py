"""cmd.exe: the part of its language that remote commands use.

Sources: learn.microsoft.com "cmd", "Redirecting", "Command-line string limitation" (8191
characters). An unknown command fails with cmd's own message and exit code 1; syntax that this
subset lacks fails too.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from onshi_lab.windows import filesystem
from onshi_lab.windows.commandline import first_token
from onshi_lab.windows.filesystem import WindowsError
from onshi_lab.windows.pc import Pc
from onshi_lab.windows.process import CODECS, InputPipe, Process

MAX_LINE = 8191
TOO_LONG = {"en": "The command line is too long.\r\n", "ja": "コマンド ラインが長すぎます。\r\n"}
UNKNOWN = {
    "en": "'{0}' is not recognized as an internal or external command,\r\n"
    "operable program or batch file.\r\n",
    "ja": "'{0}' は、内部コマンドまたは外部コマンド、\r\n"
    "操作可能なプログラムまたはバッチ ファイルとして認識されていません。\r\n",
}
SYNTAX = {
    "en": "The syntax of the command is incorrect.\r\n",
    "ja": "コマンドの構文が誤っています。\r\n",
}
NOT_FOUND = {
    "en": "The system cannot find the file specified.\r\n",
    "ja": "指定されたファイルが見つかりません。\r\n",
}
NO_PATH = {
    "en": "The system cannot find the path specified.\r\n",
    "ja": "指定されたパスが見つかりません。\r\n",
}
DENIED = {"en": "Access is denied.\r\n", "ja": "アクセスが拒否されました。\r\n"}


class CmdError(Exception):
    """A message for standard error and exit code 1."""

    def __init__(self, messages: dict[str, str]) -> None:
        super().__init__(messages["en"])
        self.messages = messages


@dataclass(frozen=True, slots=True)
class Redirect:
    """One redirection: handle, mode (`>`, `>>`, `<`, `>&`) and target."""

    handle: int
    mode: str
    target: str


@dataclass(frozen=True, slots=True)
class Simple:
    """A command with its redirections; `joint` says how it follows the one before."""

    text: str
    redirects: tuple[Redirect, ...]
    joint: str


_TOKEN = re.compile(r'"[^"]*"?|\^.|&&|\|\||[&|()]|\d?>>|\d?>&\d|\d?>|<|[^"^&|<>()]')


@lru_cache(maxsize=64)
def parse(line: str) -> tuple[Simple, ...]:
    """The commands of a line; raises CmdError for parentheses, which this subset lacks."""
    commands: list[Simple] = []
    text, joint = "", ""
    redirects: list[Redirect] = []
    pieces = _TOKEN.findall(line)
    position = 0
    while position < len(pieces):
        piece = pieces[position]
        position += 1
        if piece in ("&", "&&", "|", "||"):
            commands.append(_finish(text, redirects, joint))
            text, redirects, joint = "", [], piece
        elif re.fullmatch(r"\d?>&\d", piece):
            redirects.append(Redirect(int(piece[0]) if piece[0] != ">" else 1, ">&", piece[-1]))
        elif re.fullmatch(r"\d?>>?|<", piece):
            target, position = _word(pieces, position)
            handle = int(piece[0]) if piece[0].isdigit() else int(piece != "<")
            redirects.append(Redirect(handle, piece.lstrip("0123456789"), target))
        elif piece in ("(", ")") and not text.strip():
            raise CmdError(SYNTAX)
        else:
            text += piece[1:] if piece.startswith("^") else piece
    commands.append(_finish(text, redirects, joint))
    return tuple(commands)


def _finish(text: str, redirects: list[Redirect], joint: str) -> Simple:
    if not text.strip():
        raise CmdError(SYNTAX)
    return Simple(text.strip(), tuple(redirects), joint)


def _word(tokens: list[str], position: int) -> tuple[str, int]:
    while position < len(tokens) and tokens[position] == " ":
        position += 1
    word = ""
    while position < len(tokens) and tokens[position] not in (" ", "&", "&&", "|", "||", "<"):
        word += tokens[position].strip('"')
        position += 1
    if not word:
        raise CmdError(SYNTAX)
    return word, position


def expand(line: str, process: Process) -> str:
    """Replaces %NAME% by the variable, and leaves unknown ones as `cmd /c` does."""

    def value(match: re.Match[str]) -> str:
        special = {"cd": process.cwd, "errorlevel": "0"}
        known = process.getenv(match[1]) or special.get(match[1].lower())
        return match[0] if known is None else known

    return re.sub(r"%([^%\s]+)%", value, line)


class Cmd:
    """One cmd.exe /c."""

    def __init__(self, pc: Pc, process: Process) -> None:
        self._pc = pc
        self._process = process
        self._builtins: dict[str, Callable[[Process, str], int]] = {
            "echo": _echo,
            "cd": self._cd,
            "chdir": self._cd,
            "chcp": self._chcp,
            "set": self._set,
            "ver": self._ver,
            "type": self._type,
            "del": self._del,
            "erase": self._del,
            "md": self._md,
            "mkdir": self._md,
            "rd": self._rd,
            "rmdir": self._rd,
            "exit": self._exit,
            "rem": lambda _process, _rest: 0,
            "dir": self._dir,
        }
        self._exiting: int | None = None

    def run(self, line: str) -> int:
        """Runs a line and answers the exit code of its last command."""
        if len(line) > MAX_LINE:
            return self._fail(CmdError(TOO_LONG))
        return self.run_expanded(expand(line, self._process))

    def run_expanded(self, line: str) -> int:
        """Runs a line whose variables are replaced."""
        try:
            return self._sequence(parse(line))
        except CmdError as error:
            return self._fail(error)

    def _fail(self, error: CmdError) -> int:
        self._process.write_error(error.messages[self._pc.config.language])
        return 1

    def _sequence(self, commands: Sequence[Simple]) -> int:
        code = 0
        for number, command in enumerate(commands):
            if command.joint == "|":
                continue
            if (command.joint == "&&" and code) or (command.joint == "||" and not code):
                continue
            code = self._pipeline([command, *_pipe_of(commands, number)])
            if self._exiting is not None:
                return self._exiting
        return code

    def _pipeline(self, commands: Sequence[Simple]) -> int:
        data: bytes | None = None
        code = 0
        for number, command in enumerate(commands):
            collected: list[bytes] = []
            last = number == len(commands) - 1
            sink = self._process.stdout if last else collected.append
            code = self._simple(command, data, sink)
            data = b"".join(collected)
        return code

    def _simple(self, command: Simple, data: bytes | None, sink: Callable[[bytes], None]) -> int:
        child = Process(
            pid=self._process.pid,
            parent_pid=self._process.parent_pid,
            image="cmd.exe",
            command_line=command.text,
            logon=self._process.logon,
            codepage=self._process.codepage,
            environment=self._process.environment,
            cwd=self._process.cwd,
            stdin=self._process.stdin if data is None else InputPipe(data, closed=True),
            stdout=sink,
            stderr=self._process.stderr,
            kill_requested=self._process.kill_requested,
        )
        files = self._redirect(child, command.redirects)
        try:
            return self._execute(child, command.text)
        except CmdError as error:
            child.write_error(error.messages[self._pc.config.language])
            return 1
        finally:
            self._process.cwd, self._process.codepage = child.cwd, child.codepage
            self._save(files)

    def _redirect(
        self, child: Process, redirects: tuple[Redirect, ...]
    ) -> list[tuple[str, bool, list[bytes]]]:
        files = []
        for item in redirects:
            if item.mode == ">&":
                if item.handle == 2:
                    child.stderr = child.stdout
                else:
                    child.stdout = child.stderr
            elif item.mode == "<":
                child.stdin = InputPipe(self._read(item.target), closed=True)
            else:
                content: list[bytes] = []
                if item.target.lower() != "nul":
                    files.append((item.target, item.mode == ">>", content))
                if item.handle == 2:
                    child.stderr = content.append
                else:
                    child.stdout = content.append
        return files

    def _save(self, files: list[tuple[str, bool, list[bytes]]]) -> None:
        for target, append, content in files:
            path = filesystem.normalize(target, self._process.cwd)
            try:
                self._pc.files(self._process).write(path, b"".join(content), append=append)
            except WindowsError as error:
                raise CmdError(_message(error)) from error

    def _read(self, target: str) -> bytes:
        path = filesystem.normalize(target, self._process.cwd)
        try:
            return self._pc.files(self._process).read(path)
        except WindowsError as error:
            raise CmdError(_message(error)) from error

    def _execute(self, child: Process, text: str) -> int:
        name, rest = first_token(text)
        match = re.match(r"(?i)(echo)[.(:]", text)
        if match is not None:
            name, rest = "echo", text[5:]
        builtin = self._builtins.get(name.lower())
        if builtin is not None:
            return builtin(child, rest)
        program = self._pc.find_program(name)
        if program is None:
            from onshi_lab.windows import batchfile

            path = batchfile.path_of(self._pc, child, name)
            if path is not None:
                return batchfile.Batch(self._pc, child, path).run_file()
            messages = {k: v.format(name) for k, v in UNKNOWN.items()}
            raise CmdError(messages)
        return self._pc.run_child(child, program, text)

    def _cd(self, process: Process, rest: str) -> int:
        target = rest.removeprefix("/d ").removeprefix("/D ").strip().strip('"')
        if not target:
            process.write(process.cwd + "\r\n")
            return 0
        path = filesystem.normalize(target, process.cwd)
        if not self._pc.files(process).is_dir(path):
            raise CmdError(NO_PATH)
        process.cwd = path
        return 0

    def _chcp(self, process: Process, rest: str) -> int:
        text = {"en": "Active code page: {}\r\n", "ja": "現在のコード ページ: {}\r\n"}
        if rest.strip():
            if not rest.strip().isdigit() or int(rest) not in CODECS:
                raise CmdError({"en": "Invalid code page\r\n", "ja": "無効なコード ページ\r\n"})
            process.codepage = int(rest)
        process.write(text[self._pc.config.language].format(process.codepage))
        return 0

    def _set(self, process: Process, rest: str) -> int:
        name, found, value = rest.strip('"').partition("=")
        if found:
            process.environment[name] = value
            return 0
        for key, text in sorted(process.environment.items()):
            if key.lower().startswith(name.lower()):
                process.write(f"{key}={text}\r\n")
        return 0

    def _ver(self, process: Process, rest: str) -> int:
        release = self._pc.config.release
        process.write(f"\r\nMicrosoft Windows [Version {release.version}.{release.revision}]\r\n")
        return int(bool(rest))

    def _type(self, process: Process, rest: str) -> int:
        process.stdout(self._read(rest.strip().strip('"')))
        return 0

    def _del(self, process: Process, rest: str) -> int:
        names = [w.strip('"') for w in re.findall(r'"[^"]*"|\S+', rest) if not w.startswith("/")]
        for name in names:
            path = filesystem.normalize(name, process.cwd)
            try:
                self._pc.files(process).remove(path)
            except WindowsError as error:
                raise CmdError(_message(error)) from error
        return 0

    def _md(self, process: Process, rest: str) -> int:
        path = filesystem.normalize(rest.strip().strip('"'), process.cwd)
        try:
            self._pc.files(process).make_dir(path)
        except WindowsError as error:
            raise CmdError(_message(error)) from error
        return 0

    def _rd(self, process: Process, rest: str) -> int:
        words = re.findall(r'"[^"]*"|\S+', rest)
        recurse = "/s" in (w.lower() for w in words)
        for word in (w for w in words if not w.startswith("/")):
            path = filesystem.normalize(word.strip('"'), process.cwd)
            try:
                self._pc.files(process).remove(path, recurse=recurse)
            except WindowsError as error:
                raise CmdError(_message(error)) from error
        return 0

    def _dir(self, process: Process, rest: str) -> int:
        words = re.findall(r'"[^"]*"|\S+', rest)
        if "/b" not in (w.lower() for w in words):
            raise CmdError(SYNTAX)  # only the bare format is modelled
        target = next((w for w in words if not w.startswith("/")), ".").strip('"')
        try:
            names = self._pc.files(process).list(filesystem.normalize(target, process.cwd))
        except WindowsError as error:
            raise CmdError(_message(error)) from error
        process.write("".join(f"{name}\r\n" for name in names))
        return 0

    def _exit(self, process: Process, rest: str) -> int:  # noqa: ARG002
        words = rest.replace("/b", "").replace("/B", "").split()
        self._exiting = int(words[0]) if words and words[0].lstrip("-").isdigit() else 0
        return self._exiting


def _echo(process: Process, rest: str) -> int:
    process.write((rest or "ECHO is on.") + "\r\n")
    return 0


def _pipe_of(commands: Sequence[Simple], number: int) -> Sequence[Simple]:
    following = []
    for command in commands[number + 1 :]:
        if command.joint != "|":
            break
        following.append(command)
    return following


def _message(error: WindowsError) -> dict[str, str]:
    if error.code == WindowsError.ACCESS_DENIED:
        return DENIED
    return NOT_FOUND if error.code == WindowsError.FILE_NOT_FOUND else NO_PATH


def run(pc: Pc, process: Process, line: str) -> int:
    """Runs `cmd.exe /c LINE` in a process."""
    return Cmd(pc, process).run(line)


def strip_quotes(line: str, *, always: bool, is_program: Callable[[str], bool]) -> str:
    """The command after /c ("cmd /?"): the first and the last quote go.

    They stay without /S where there are exactly two, blanks and no special characters between them,
    and what they hold is the name of an executable file.
    """
    text = line.strip()
    if not text.startswith('"') or '"' not in text[1:]:
        return text
    end = text.rindex('"')
    inner = text[1:end]
    kept = text.count('"') == 2 and " " in inner and not re.search(r"[&<>()@^|]", inner)
    if kept and not always and is_program(inner):
        return text
    return inner + text[end + 1 :]
