"""The WS-Management operations of the shell resource, over parsed requests.

Source: [MS-WSMV] 3.1.4 (Create, Command, Receive, Send, Signal, Delete, Get, Enumerate on
http://schemas.microsoft.com/wbem/wsman/1/windows/shell) and DSP0226 (Identify, Enumerate/Pull).
"""

import base64
import binascii
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from onshi_lab.windows.accounts import Logon
from onshi_lab.windows.process import CODECS, InputPipe, Process, Sink
from onshi_lab.windows.wsman import soap
from onshi_lab.windows.wsman.shells import (
    IDLE_TIMEOUT,
    MAX_IDLE_TIMEOUT,
    MAX_PROCESSES_PER_SHELL,
    Command,
    Output,
    Shell,
    ShellTable,
    new_id,
)
from onshi_lab.windows.wsman.soap import NS, Request, SoapFault, tag

TRANSFER = NS["x"]
ENUMERATION = NS["n"]
SHELL = NS["rsp"]
SIGNALS = {
    f"{SHELL}/signal/terminate",
    f"{SHELL}/signal/ctrl_c",
    f"{SHELL}/signal/ctrl_break",
}
MAX_CHUNK = 96 * 1024
"""Bytes of output in one ReceiveResponse, so that it fits the clients' usual 150 kB envelopes."""
PIPE_CLOSING = 0x800700E8


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, and from where."""

    logon: Logon
    address: str


@dataclass(frozen=True, slots=True)
class Launch:
    """A command that a shell asks the PC to run."""

    command_line: str
    skip_cmd: bool
    shell: Shell
    stdin: InputPipe
    stdout: Sink
    stderr: Sink
    on_exit: Callable[[], None]


class Host(Protocol):
    """What the service needs of the PC."""

    @property
    def name(self) -> str:
        """The computer name."""

    @property
    def version(self) -> str:
        """The Windows version, as 10.0.19044."""

    @property
    def oem_codepage(self) -> int:
        """The console code page of a new shell that asks for none."""

    def profile_directory(self, logon: Logon) -> str:
        """The user's home directory."""

    def launch(self, launch: Launch) -> Process:
        """Starts a command."""


Handler = Callable[[Request, Caller], bytes]


class Service:
    """Answers requests of authenticated callers."""

    def __init__(self, host: Host, shells: ShellTable) -> None:
        self._host = host
        self.shells = shells
        self._contexts: dict[str, list[Shell]] = {}
        self._handlers: dict[str, Handler] = {
            f"{TRANSFER}/Create": self._create,
            f"{TRANSFER}/Delete": self._delete,
            f"{TRANSFER}/Get": self._get,
            f"{ENUMERATION}/Enumerate": self._enumerate,
            f"{ENUMERATION}/Pull": self._pull,
            f"{SHELL}/Command": self._command,
            f"{SHELL}/Receive": self._receive,
            f"{SHELL}/Send": self._send,
            f"{SHELL}/Signal": self._signal,
        }

    def handle(self, data: bytes, caller: Caller) -> tuple[int, bytes]:
        """The HTTP status and envelope that answer an envelope."""
        relates_to = ""
        try:
            request = soap.parse(data)
            relates_to = request.message_id
            return 200, self._dispatch(request, caller)
        except SoapFault as error:
            return 500, soap.fault(error, relates_to, self._host.name)

    def _dispatch(self, request: Request, caller: Caller) -> bytes:
        if request.action == soap.IDENTIFY_ACTION:
            return soap.identify_response(self._host.version)
        handler = self._handlers.get(request.action)
        if handler is None:
            raise soap.invalid_action(request.action)
        if not request.resource_uri.startswith(soap.SHELL_URI):
            raise soap.unknown_resource(request.resource_uri)
        if not request.message_id:
            raise soap.invalid_body("wsa:MessageID")
        if not caller.logon.elevated:
            raise soap.access_denied()
        return handler(request, caller)

    def _create(self, request: Request, caller: Caller) -> bytes:
        if request.resource_uri != soap.CMD_SHELL_URI:
            raise soap.unknown_resource(request.resource_uri)
        body = request.body
        if body is None or body.tag != tag("rsp", "Shell"):
            raise soap.invalid_body("rsp:Shell")
        shell = self._new_shell(request, body, caller)
        self.shells.add(shell)
        created = ET.Element(tag("x", "ResourceCreated"))
        ET.SubElement(created, tag("a", "Address")).text = request.to
        parameters = ET.SubElement(created, tag("a", "ReferenceParameters"))
        ET.SubElement(parameters, tag("w", "ResourceURI")).text = soap.CMD_SHELL_URI
        selectors = ET.SubElement(parameters, tag("w", "SelectorSet"))
        ET.SubElement(selectors, tag("w", "Selector"), {"Name": "ShellId"}).text = shell.id
        return soap.response(request, f"{TRANSFER}/CreateResponse", created, _describe(shell))

    def _new_shell(self, request: Request, body: ET.Element, caller: Caller) -> Shell:
        requested = body.get("ShellId", "")
        environment = {
            e.get("Name", ""): e.text or ""
            for e in body.iterfind("rsp:Environment/rsp:Variable", NS)
        }
        idle = body.findtext("rsp:IdleTimeOut", "", NS)
        cwd = body.findtext("rsp:WorkingDirectory", "", NS)
        return Shell(
            id=_shell_id(requested) if requested else new_id(),
            owner=caller.logon,
            owner_name=f"{self._host.name}\\{caller.logon.user}",
            client_ip=caller.address,
            codepage=self._codepage(request.option("WINRS_CODEPAGE")),
            working_directory=cwd or self._host.profile_directory(caller.logon),
            environment=environment,
            idle_timeout=_idle_timeout(idle) if idle else IDLE_TIMEOUT,
            no_profile=request.flag("WINRS_NOPROFILE"),
            name=body.findtext("rsp:Name", "", NS),
            input_streams=body.findtext("rsp:InputStreams", "stdin", NS),
            output_streams=body.findtext("rsp:OutputStreams", "stdout stderr", NS),
        )

    def _codepage(self, text: str) -> int:
        if not text:
            return self._host.oem_codepage
        if not text.isdigit() or int(text) not in CODECS:
            raise SoapFault("w:InvalidOptions", 87, "The parameter is incorrect. ")
        return int(text)

    def _shell(self, request: Request, caller: Caller) -> Shell:
        return self.shells.get(request.selectors.get("ShellId", ""), caller.logon)

    def _delete(self, request: Request, caller: Caller) -> bytes:
        self.shells.remove(self._shell(request, caller))
        return soap.response(request, f"{TRANSFER}/DeleteResponse")

    def _get(self, request: Request, caller: Caller) -> bytes:
        shell = self._shell(request, caller)
        return soap.response(request, f"{TRANSFER}/GetResponse", _describe(shell))

    def _enumerate(self, request: Request, caller: Caller) -> bytes:
        context = f"uuid:{new_id()}"
        mine = [s for s in self.shells.all() if s.owner.sid == caller.logon.sid]
        self._contexts[context] = mine
        answer = ET.Element(tag("n", "EnumerateResponse"))
        ET.SubElement(answer, tag("n", "EnumerationContext")).text = context
        return soap.response(request, f"{ENUMERATION}/EnumerateResponse", answer)

    def _pull(self, request: Request, caller: Caller) -> bytes:
        body = request.body
        context = body.findtext("n:EnumerationContext", "", NS) if body is not None else ""
        shells = self._contexts.pop(context, None)
        if shells is None:
            raise soap.invalid_body("EnumerationContext")
        answer = ET.Element(tag("n", "PullResponse"))
        items = ET.SubElement(answer, tag("n", "Items"))
        items.extend(_describe(s) for s in shells if s.owner.sid == caller.logon.sid)
        ET.SubElement(answer, tag("n", "EndOfSequence"))
        return soap.response(request, f"{ENUMERATION}/PullResponse", answer)

    def _command(self, request: Request, caller: Caller) -> bytes:
        shell = self._shell(request, caller)
        body = request.body
        if body is None or body.tag != tag("rsp", "CommandLine"):
            raise soap.invalid_body("rsp:CommandLine")
        if len(shell.commands) >= MAX_PROCESSES_PER_SHELL:
            raise SoapFault(
                "w:QuotaLimit",
                0x803381E9,
                "The WS-Management service cannot process the request. The maximum number of "
                f"concurrent commands per shell ({MAX_PROCESSES_PER_SHELL}) has been exceeded. ",
            )
        command = self._start(shell, request, body)
        answer = ET.Element(tag("rsp", "CommandResponse"))
        ET.SubElement(answer, tag("rsp", "CommandId")).text = command.id
        return soap.response(request, f"{SHELL}/CommandResponse", answer)

    def _start(self, shell: Shell, request: Request, body: ET.Element) -> Command:
        words = [body.findtext("rsp:Command", "", NS)]
        words += [e.text or "" for e in body.iterfind("rsp:Arguments", NS)]
        output, stdin = Output(), InputPipe()
        process = self._host.launch(
            Launch(
                command_line=" ".join(words),
                skip_cmd=request.flag("WINRS_SKIP_CMD_SHELL"),
                shell=shell,
                stdin=stdin,
                stdout=lambda data: output.sink("stdout", data),
                stderr=lambda data: output.sink("stderr", data),
                on_exit=output.finish,
            )
        )
        command = Command((body.get("CommandId") or new_id()).upper(), process, stdin, output)
        shell.commands[command.id] = command
        return command

    def _receive(self, request: Request, caller: Caller) -> bytes:
        shell = self._shell(request, caller)
        stream = request.body.find("rsp:DesiredStream", NS) if request.body is not None else None
        if stream is None:
            raise soap.invalid_body("rsp:DesiredStream")
        command = shell.command(stream.get("CommandId", ""))
        limit = min(MAX_CHUNK, max(1024, (request.max_envelope - 4096) * 3 // 4))
        taken = command.output.take(limit, request.operation_timeout)
        shell.touch()
        if taken is None:
            raise soap.timed_out()
        return soap.response(request, f"{SHELL}/ReceiveResponse", _received(command, *taken))

    def _send(self, request: Request, caller: Caller) -> bytes:
        shell = self._shell(request, caller)
        streams = request.body.findall("rsp:Stream", NS) if request.body is not None else []
        if not streams:
            raise soap.invalid_body("rsp:Stream")
        for stream in streams:
            _feed(shell.command(stream.get("CommandId", "")), stream)
        return soap.response(
            request, f"{SHELL}/SendResponse", ET.Element(tag("rsp", "SendResponse"))
        )

    def _signal(self, request: Request, caller: Caller) -> bytes:
        shell = self._shell(request, caller)
        body = request.body
        if body is None or body.tag != tag("rsp", "Signal"):
            raise soap.invalid_body("rsp:Signal")
        code = body.findtext("rsp:Code", "", NS)
        if code.lower() not in SIGNALS:
            raise SoapFault("w:InvalidParameter", 87, f"The parameter is incorrect. {code}")
        command = shell.commands.get(body.get("CommandId", "").upper())
        if command is not None:
            command.process.kill()
            command.output.finish()
            if code.lower().endswith("/terminate"):
                del shell.commands[command.id]
        answer = ET.Element(tag("rsp", "SignalResponse"))
        return soap.response(request, f"{SHELL}/SignalResponse", answer)


def _shell_id(text: str) -> str:
    try:
        return str(uuid.UUID(text)).upper()
    except ValueError as error:
        raise soap.invalid_body("ShellId") from error


def _idle_timeout(text: str) -> float:
    seconds = float(text) if text.isdigit() else soap.duration(text)
    if not 60 <= seconds <= MAX_IDLE_TIMEOUT and not text.isdigit():
        raise SoapFault(
            "w:InvalidParameter",
            0x803381A0,
            "The WS-Management service cannot process the request. The IdleTimeout is out of "
            f"range (60 to {MAX_IDLE_TIMEOUT:.0f} seconds). ",
        )
    return seconds


def _feed(command: Command, stream: ET.Element) -> None:
    if command.process.done.is_set():
        raise SoapFault("w:InternalError", PIPE_CLOSING, "The pipe is being closed. ", sender=False)
    try:
        data = base64.b64decode(stream.text or "", validate=True)
        command.stdin.write(data)
    except binascii.Error as error:
        raise soap.invalid_body("rsp:Stream") from error
    except ValueError as error:
        text = "The pipe is being closed. "
        raise SoapFault("w:InternalError", PIPE_CLOSING, text, sender=False) from error
    if stream.get("End", "").lower() in ("true", "1"):
        command.stdin.close()


def _received(command: Command, chunks: list[tuple[str, bytes]], done: bool) -> ET.Element:
    answer = ET.Element(tag("rsp", "ReceiveResponse"))
    for name, data in chunks:
        attributes = {"Name": name, "CommandId": command.id}
        stream = ET.SubElement(answer, tag("rsp", "Stream"), attributes)
        stream.text = base64.b64encode(data).decode("ascii")
    if done:
        for name in ("stdout", "stderr"):
            attributes = {"Name": name, "CommandId": command.id, "End": "true"}
            ET.SubElement(answer, tag("rsp", "Stream"), attributes)
    state = f"{SHELL}/CommandState/" + ("Done" if done else "Running")
    attributes = {"CommandId": command.id, "State": state}
    node = ET.SubElement(answer, tag("rsp", "CommandState"), attributes)
    if done:
        command.process.done.wait()
        ET.SubElement(node, tag("rsp", "ExitCode")).text = str(command.process.exit_code)
    return answer


def _describe(shell: Shell) -> ET.Element:
    fields = {
        "ShellId": shell.id,
        "Name": shell.name,
        "ResourceUri": soap.CMD_SHELL_URI,
        "Owner": shell.owner_name,
        "ClientIP": shell.client_ip,
        "IdleTimeOut": f"PT{shell.idle_timeout:.3f}S",
        "InputStreams": shell.input_streams,
        "OutputStreams": shell.output_streams,
        "ShellRunTime": f"P0DT0H0M{int(shell.idle())}S",
        "ShellInactivity": f"P0DT0H0M{int(shell.idle())}S",
    }
    node = ET.Element(tag("rsp", "Shell"))
    for name, text in fields.items():
        if text:
            ET.SubElement(node, tag("rsp", name)).text = text
    return node
