"""What the lab can do to a PC from outside: a Unix socket, one JSON object a line.

`{"do": "..."}` answers `{"ok": true, ...}` or `{"error": "..."}`. Each command is something that
a person or the world could do to the PC: stop a service, move it to a public network, remove the
remote UAC exemption, set the clock wrong, change a password, lock an account.
"""

import base64
import json
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from onshi_lab.windows import extras, registry
from onshi_lab.windows.accounts import LOCKOUT_THRESHOLD, Logon, LogonFailure, LogonType
from onshi_lab.windows.pc import ON, Pc
from onshi_lab.windows.process import Process, codec


def _user(pc: Pc, request: dict[str, Any]) -> str:
    """The key of the account that a request names, in any of Windows' forms."""
    domain, _, name = str(request["user"]).rpartition("\\")
    found = pc.accounts.claimed(domain, name)
    if found is None:
        raise LogonFailure(LogonFailure.NO_SUCH_USER)
    return found.key


Command = Callable[[Pc, dict[str, Any]], dict[str, Any]]
REBOOT_S = CONSOLE_S = 120.0
"""So long a reboot and a script at the console may take, on a machine that is busy."""
PROFILES = {"public": 0, "private": 1, "domain": 2}


def _service(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "service", "name": "WinRM", "running": false}."""
    pc.services.set_running(request["name"], bool(request["running"]))
    return {}


def _profile(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "profile", "category": "public"}."""
    category = PROFILES[request["category"]]
    for interface in pc.network.interfaces():
        if not interface.loopback:
            pc.network.set_category(interface.index, category)
    pc.firewall.apply()
    return {}


def _token_filter(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "token-filter-policy", "value": 0}."""
    pc.registry.set(registry.POLICIES, "LocalAccountTokenFilterPolicy", int(request["value"]))
    return {}


def _clock(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "clock-skew", "seconds": 172800}."""
    pc.clock.set_skew(float(request["seconds"]))
    return {}


def _password(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "password", "user": "onslink", "password": "..."}: an administrator's reset."""
    account = pc.accounts.update(_user(pc, request), password=request["password"])
    pc.vault.forget_user(account.sid)
    return {}


def _age(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "age-password", "user": "onslink", "days": 43}: it was set that long ago."""
    since = pc.clock.now() - float(request["days"]) * 86400
    pc.accounts.update(_user(pc, request), password_set=since, password_never_expires=False)
    return {}


def _enable(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "enable", "user": "onslink", "enabled": false}."""
    pc.accounts.update(_user(pc, request), enabled=bool(request["enabled"]))
    return {}


def _lock(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "lock", "user": "onsadmin", "locked": true}."""
    failures = LOCKOUT_THRESHOLD if request.get("locked", True) else 0
    pc.accounts.update(_user(pc, request), failed_logons=failures)
    return {}


def _right(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "right", "name": "SeBatchLogonRight", "sids": ["S-1-5-32-544"]}: a policy."""
    pc.security.rights[request["name"]] = tuple(request["sids"])
    return {}


def _reboot(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    """{"do": "reboot"}: answers when the PC is up again."""
    pc.request_reboot(User="power button")
    if not pc.up_again.wait(REBOOT_S):
        raise ValueError("it did not come up again")
    return {"booted": pc.booted.isoformat()}


def _power(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "sleep", "link": true}, "wake", "power-off", "power-on": answers when it is done.

    `sleep` is what a click on Shut down does with Fast Startup on; `link` false: the card's link
    goes down with it.
    """
    pc.press(request["do"], bool(request.get("link", True)))
    return {"power": pc.powered, "booted": pc.booted.isoformat()}


def _console(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "console", "user": "reception", "script": "..."}: somebody at the PC runs a script.

    Logged on interactively; an administrator runs it elevated. It is kept in a file and run by
    `powershell.exe -File`, as the technician does; the answer holds exit code and output.
    """
    account = pc.accounts.usable(_user(pc, request))
    logon = Logon(account.name, account.sid, LogonType.INTERACTIVE, elevated=account.is_admin)
    home = pc.profile_directory(logon)
    path = f"{home}\\Desktop\\script.ps1"
    sids = pc.sids(logon)
    if not pc.disk.is_dir(f"{home}\\Desktop"):
        pc.disk.make_dir(f"{home}\\Desktop", sids)
    pc.disk.write(path, request["script"].encode("utf-8-sig"), sids)
    said: list[bytes] = []
    try:
        line = f'powershell.exe -NoProfile -ExecutionPolicy Bypass -File "{path}"'
        process = pc.start_as(logon, line, home, screen=said.append)
        if process is None or not process.done.wait(CONSOLE_S):
            raise ValueError("the script did not end")
    finally:
        pc.disk.remove(path, sids)
    text = b"".join(said).decode(codec(pc.oem_codepage), "replace")
    return {"code": process.exit_code, "output": text}


def _double_click(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "double-click", "user": "onsadmin", "file": "prepare.cmd", "content": BASE64}.

    A file that was taken from a stick, started as Explorer does (`cmd.exe /c ""FILE""`), not
    elevated; the question whether it may run as administrator is answered with yes. The answer
    holds what was shown, and the exit code of what ran last.
    """
    account = pc.accounts.usable(request["user"])
    logon = Logon(account.name, account.sid, LogonType.INTERACTIVE, elevated=False)
    folder = f"{pc.profile_directory(logon)}\\Desktop"
    sids = pc.sids(logon)
    if not pc.disk.is_dir(folder):
        pc.disk.make_dir(folder, sids)
    path = f"{folder}\\{request['file']}"
    pc.disk.write(path, base64.b64decode(request["content"]), sids)
    said: list[bytes] = []
    pc.elevated.clear()
    process = pc.start_as(logon, f'cmd.exe /c ""{path}""', folder, screen=said.append)
    for one in [process, *_elevated_by(process, pc)]:
        if one is None or not one.done.wait(CONSOLE_S):
            raise ValueError("the file did not end")
        process = one
    pc.disk.remove(path, sids)
    text = b"".join(said).decode(codec(pc.oem_codepage), "replace")
    return {"code": process.exit_code if process else None, "output": text}


def _elevated_by(process: Process | None, pc: Pc) -> Iterator[Process]:
    """What was started as administrator until a process ended."""
    if process is not None:
        process.done.wait(CONSOLE_S)
    yield from pc.elevated


def _status(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    """{"do": "status"}."""
    return {
        "name": pc.name,
        "power": pc.powered,
        "booted": pc.booted.isoformat(),
        "rebooting": not pc.up_again.is_set(),
        "shells": len(pc.shells.all()),
        "processes": [p.command_line for p in pc.processes],
        "busy": [p.command_line for p in pc.processes if not p.stdin.is_awaited],
        "tasks": [t.path + t.name for t in pc.tasks.all()],
        "clock_skew": pc.clock.skew,
    }


def _program(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "program", "name": "OQSComApp", "version": "2.1"}: installed; version null: gone."""
    if request.get("version") is None:
        extras.remove(pc.registry, request["name"])
    else:
        extras.install(pc.registry, request["name"], str(request["version"]))
    return {}


def _plug(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "plug", "name": "Caora", "class": "SmartCardReader"}; class null: pulled out."""
    if request.get("class") is None:
        pc.extras.pull_out(request["name"])
    else:
        pc.extras.plug_in(request["name"], request["class"], request.get("status", "OK"))
    return {}


def _usb(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "usb", "drive": "E:", "label": "BACKUP", "files": ["a.p12"]}; files null: out."""
    if request.get("files") is None:
        pc.extras.pull_out(request["drive"])
    else:
        pc.extras.put_in(request["drive"], request.get("label", ""), list(request["files"]))
    return {}


def _proxy(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "proxy", "user": "onsadmin", "server": "192.168.1.9:3128"}; server null: none.

    user "winhttp": that of Windows' services, as `netsh winhttp set proxy` leaves it.
    """
    server, bypass = request.get("server") or "", request.get("bypass") or ""
    if request["user"] == "winhttp":
        flags = 3 if server else 1
        data = struct.pack("<IIII", 0x28, 0, flags, len(server)) + server.encode()
        data += struct.pack("<I", len(bypass)) + bypass.encode()
        pc.registry.create(f"{registry.INTERNET}\\Connections")
        pc.registry.set(f"{registry.INTERNET}\\Connections", "WinHttpSettings", list(data))
        return {}
    account = pc.accounts.usable(_user(pc, request))
    key = registry.INTERNET.replace("HKLM\\SOFTWARE", f"HKU\\{account.sid}\\Software")
    pc.registry.create(key)
    for name, value in (
        ("ProxyEnable", int(bool(server))),
        ("ProxyServer", server),
        ("ProxyOverride", bypass),
    ):
        pc.registry.set(key, name, value)
    return {}


def _ipv6(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "ipv6", "on": false}: the tick in the first adapter's properties."""
    first = next(one for one in pc.network.interfaces() if not one.loopback)
    pc.network.use_ipv6(first.index, bool(request["on"]))
    return {}


def _wifi(pc: Pc, request: dict[str, Any]) -> dict[str, Any]:
    """{"do": "wifi", "on": true}: it joins a network that leads elsewhere, or leaves it."""
    pc.network.join_wireless(on=bool(request["on"]))
    return {}


COMMANDS: dict[str, Command] = {
    "ipv6": _ipv6,
    "plug": _plug,
    "program": _program,
    "proxy": _proxy,
    "usb": _usb,
    "wifi": _wifi,
    "service": _service,
    "profile": _profile,
    "token-filter-policy": _token_filter,
    "clock-skew": _clock,
    "password": _password,
    "age-password": _age,
    "enable": _enable,
    "lock": _lock,
    "reboot": _reboot,
    "right": _right,
    "sleep": _power,
    "wake": _power,
    "power-off": _power,
    "power-on": _power,
    "console": _console,
    "double-click": _double_click,
    "status": _status,
}


WITHOUT_POWER = frozenset({"status", "wake", "power-on"})
"""What can be asked of a PC that is asleep or off."""


def execute(pc: Pc, line: bytes) -> dict[str, Any]:
    """The answer to one request line."""
    try:
        request = json.loads(line)
        if pc.powered != ON and request["do"] not in WITHOUT_POWER:
            raise ValueError(f"the PC is {pc.powered}")
        return {"ok": True, **COMMANDS[request["do"]](pc, request)}
    except (ValueError, KeyError, TypeError, LogonFailure) as error:
        return {"error": f"{type(error).__name__}: {error}"}


class ControlServer(socketserver.ThreadingUnixStreamServer):
    """Serves the socket in a thread of its own."""

    daemon_threads = True

    def __init__(self, path: Path, pc: Pc) -> None:
        path.unlink(missing_ok=True)

        class Handler(socketserver.StreamRequestHandler):
            """One connection."""

            def handle(self) -> None:
                for line in self.rfile:
                    answer = execute(pc, line)
                    self.wfile.write(json.dumps(answer).encode() + b"\n")

        super().__init__(str(path), Handler)
        path.chmod(0o600)
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()
