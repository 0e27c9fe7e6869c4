"""The PC: its parts, how programs start in it, and how it reboots."""

import ipaddress
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from onshi_lab.windows import triggers
from onshi_lab.windows.accounts import ADMINISTRATORS, Accounts, Logon
from onshi_lab.windows.clock import Clock
from onshi_lab.windows.config import PcConfig
from onshi_lab.windows.eventlog import SECURITY, SYSTEM, EventLog
from onshi_lab.windows.extras import Extras
from onshi_lab.windows.files import Files
from onshi_lab.windows.filesystem import SYSTEM_SID, FileSystem, token_sids
from onshi_lab.windows.firewall import Firewall
from onshi_lab.windows.machine_registry import initial_registry
from onshi_lab.windows.network.adapters import Dhcp
from onshi_lab.windows.network.backend import Backend, KernelBackend, MemoryBackend
from onshi_lab.windows.network.model import IPV4, Route
from onshi_lab.windows.network.stack import PERSISTENT, NetworkStack
from onshi_lab.windows.process import InputPipe, Process, ProcessTable, Sink, discard
from onshi_lab.windows.registry import PERSISTENT_ROUTES, Registry
from onshi_lab.windows.security import Security
from onshi_lab.windows.services import ServiceManager
from onshi_lab.windows.smb.client import RemoteFiles
from onshi_lab.windows.smb.shares import Shares
from onshi_lab.windows.tasks import TaskScheduler
from onshi_lab.windows.vault import Vault
from onshi_lab.windows.wsman.service import Launch, Service
from onshi_lab.windows.wsman.shells import ShellTable

if TYPE_CHECKING:
    from onshi_lab.windows.hosted.server import Server

POWERSHELL_HOME = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\"
ON, ASLEEP, OFF = "on", "asleep", "off"
NativeProgram = Callable[["Pc", Process, str], int]
"""A program: the PC, its process, and its command line without the program's own name."""


class Pc:
    """One Windows PC."""

    def __init__(self, config: PcConfig) -> None:
        state = config.state
        state.mkdir(parents=True, exist_ok=True)
        self.config = config
        self.events = EventLog(state / "events.jsonl")
        self.clock = Clock(state / "clock.txt")
        self.accounts = Accounts(state / "accounts.json")
        self.accounts.now = self.clock.now
        self.registry = Registry(state / "registry.json", initial_registry(config))
        self.extras = Extras(state / "extras.json")
        self.services = ServiceManager(state / "services.json")
        self.disk = FileSystem(state / "c", state / "acl.json", self.accounts.lock)
        self.vault = Vault(state / "vault", state / "machine.key")
        self.network = NetworkStack(self._backend(), state / "network.json")
        self.dhcp = Dhcp(self.network, state, self.network_changed)
        self.firewall = Firewall(self.network, state / "firewall.json", kernel=config.kernel)
        self.shares = Shares(state / "shares.json", self.disk, self.accounts)
        self.processes = ProcessTable()
        self.shells = ShellTable()
        self.wsman = Service(self, self.shells)
        self.tasks = TaskScheduler(self, state / "tasks.json")
        self.security = Security(
            config.name, self.accounts, self.events, self.registry, self.clock, state / "ntlm-users"
        )
        self.programs: dict[str, NativeProgram] = {}
        self._engine: Server | None = None
        self._engine_lock = threading.Lock()
        self.rebooting = threading.Event()
        self.up_again = threading.Event()
        """Cleared when a restart is asked for; set when its services are there again."""
        self.listeners_changed: Callable[[], None] = lambda: None
        self.reboot_hooks: list[Callable[[], None]] = []
        self.booted: datetime = self.clock.local()
        self.route_stores_coupled = True
        """Whether the persistent store and PersistentRoutes lose a route of `route -p` together, as
        field notes say; Microsoft documents neither."""
        self.powered = ON
        self.language_mode = "FullLanguage"
        """What a policy leaves of PowerShell; the mock only tells it and restricts nothing."""
        self.other_firewalls: list[str] = []
        """Firewalls of other makers, by the name that the Security Center shows."""
        self.elevated: list[Process] = []
        """What somebody at the PC let run as administrator."""
        self.press: Callable[[str, bool], None] = lambda _command, _link: None
        """Its power button: see `power`."""

    def _backend(self) -> Backend:
        japanese = self.config.japanese
        if not self.config.kernel:
            return MemoryBackend(japanese)
        return KernelBackend(japanese, self.config.interface)

    # -- what the WS-Management service asks ----------------------------------------------------

    @property
    def name(self) -> str:
        """The computer name."""
        return self.config.name

    @property
    def version(self) -> str:
        """The Windows version."""
        return self.config.release.version

    @property
    def oem_codepage(self) -> int:
        """The console code page."""
        return self.config.oem_codepage

    def profile_directory(self, logon: Logon) -> str:
        """The user's home directory, made at first use."""
        return self.disk.make_profile(logon.user, logon.sid)

    def launch(self, launch: Launch) -> Process:
        """Starts a remote shell's command, through cmd.exe unless it asks not to."""
        environment = self.environment(launch.shell.owner)
        for name, value in launch.shell.environment.items():
            _put_variable(environment, name, value)
        line = launch.command_line
        process = Process(
            pid=self.processes.new_pid(),
            parent_pid=0,
            image="cmd.exe",
            command_line=line
            if launch.skip_cmd
            else f'"C:\\Windows\\system32\\cmd.exe" /C "{line}"',
            logon=launch.shell.owner,
            codepage=launch.shell.codepage,
            environment=environment,
            cwd=launch.shell.working_directory,
            stdin=launch.stdin,
            stdout=launch.stdout,
            stderr=launch.stderr,
        )
        self.log_process(process)

        def program(running: Process) -> int:
            try:
                return self.programs["cmd"](self, running, f'/s /c "{line}"')
            finally:
                launch.on_exit()

        return self.processes.start(process, program)

    # -- programs -------------------------------------------------------------------------------

    def environment(self, logon: Logon) -> dict[str, str]:
        """The environment block of a new logon."""
        home = self.profile_directory(logon)
        return {
            "ALLUSERSPROFILE": "C:\\ProgramData",
            "APPDATA": f"{home}\\AppData\\Roaming",
            "COMPUTERNAME": self.name,
            "ComSpec": "C:\\Windows\\system32\\cmd.exe",
            "LOCALAPPDATA": f"{home}\\AppData\\Local",
            "NUMBER_OF_PROCESSORS": "4",
            "OS": "Windows_NT",
            "Path": "C:\\Windows\\system32;C:\\Windows;" + POWERSHELL_HOME,
            "PATHEXT": ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC",
            "PROCESSOR_ARCHITECTURE": "AMD64",
            "ProgramData": "C:\\ProgramData",
            "ProgramFiles": "C:\\Program Files",
            "PUBLIC": "C:\\Users\\Public",
            "SystemDrive": "C:",
            "SystemRoot": "C:\\Windows",
            "TEMP": f"{home}\\AppData\\Local\\Temp",
            "TMP": f"{home}\\AppData\\Local\\Temp",
            "USERDOMAIN": self.name,
            "USERNAME": logon.user,
            "USERPROFILE": home,
            "windir": "C:\\Windows",
        }

    def engine(self) -> "Server":
        """The real engine that runs its scripts, started at its first use."""
        from onshi_lab.windows.hosted.server import Server

        with self._engine_lock:
            if self._engine is None:
                if self.config.powershell is None:
                    raise ValueError("this PC has no real engine")
                log, release = self.config.state / "powershell.log", self.config.release
                version = f"5.1.{release.build}.{release.revision}"
                self._engine = Server(self.config.powershell, list(self.programs), version, log)
            return self._engine

    def share_engine(self, engine: "Server") -> None:
        """Has it use an engine that runs already; somebody else stops that."""
        self._engine = engine

    def stop_engine(self) -> None:
        """Ends the engine, if one runs."""
        with self._engine_lock:
            if self._engine is not None:
                self._engine.stop()
            self._engine = None

    def find_program(self, name: str) -> str | None:
        """The registered name of a program on the path, or None."""
        base = name.replace("/", "\\").lower().rpartition("\\")[2]
        base = base.removesuffix(".exe").removesuffix(".com")
        return base if base in self.programs else None

    def log_process(self, process: Process) -> None:
        """Event 4688 with the command line, as with the audit policy for it on."""
        self.events.write(
            SECURITY,
            4688,
            SubjectUserName=process.logon.user,
            NewProcessId=process.pid,
            NewProcessName=process.image,
            CommandLine=process.command_line,
            CreatorProcessId=process.parent_pid,
        )

    def run_child(self, parent: Process, program: str, command_line: str) -> int:
        """Runs a program as a child of a process, with the parent's console, and waits for it."""
        child = Process(
            pid=self.processes.new_pid(),
            parent_pid=parent.pid,
            image=f"{program}.exe",
            command_line=command_line,
            logon=parent.logon,
            codepage=parent.codepage,
            environment=dict(parent.environment),
            cwd=parent.cwd,
            stdin=parent.stdin,
            stdout=parent.stdout,
            stderr=parent.stderr,
            kill_requested=parent.kill_requested,
        )
        self.log_process(child)
        code = self.processes.run(child, lambda process: self._call(program, process))
        parent.codepage = child.codepage
        parent.check()
        return code

    def _call(self, program: str, process: Process) -> int:
        from onshi_lab.windows.commandline import first_token

        return self.programs[program](self, process, first_token(process.command_line)[1])

    def start_as(
        self, logon: Logon, command_line: str, cwd: str, *, screen: Sink = discard
    ) -> Process | None:
        """Starts a program for another logon; None where there is none.

        `screen` sees what it writes.
        """
        from onshi_lab.windows.commandline import first_token

        program = self.find_program(first_token(command_line)[0])
        if program is None:
            return None
        process = Process(
            pid=self.processes.new_pid(),
            parent_pid=0,
            image=f"{program}.exe",
            command_line=command_line,
            logon=logon,
            codepage=self.oem_codepage,
            environment=self.environment(logon),
            cwd=cwd,
            stdin=InputPipe(closed=True),
            stdout=screen,
            stderr=screen,
        )
        self.log_process(process)
        return self.processes.start(process, lambda running: self._call(program, running))

    # -- access -----------------------------------------------------------------------------------

    def sids(self, logon: Logon) -> set[str]:
        """The SIDs in a logon's token."""
        account = self.accounts.find_sid(logon.sid)
        return token_sids(logon, account.groups if account else ())

    def is_elevated(self, logon: Logon) -> bool:
        """Whether the token may administer the PC: an elevated administrator's, or SYSTEM's."""
        if logon.sid == SYSTEM_SID:
            return True
        account = self.accounts.find_sid(logon.sid)
        return logon.elevated and account is not None and ADMINISTRATORS in account.groups

    def files(self, process: Process) -> Files:
        """Files of this PC and of others, as a process may use them."""
        logon, network = process.logon, self.config.kernel
        remote = RemoteFiles(logon, self.vault, network, process.connections)
        return Files(self.disk, self.sids(logon), remote)

    # -- routes of route.exe -p -------------------------------------------------------------------

    def registry_routes(self) -> list[Route]:
        """The routes under PersistentRoutes, on the interface that their next hop is on now.

        Each value's name is `destination,mask,gateway,metric` (learn.microsoft.com, route_ws2008).
        """
        found = []
        for name in self.registry.values(PERSISTENT_ROUTES):
            parts = name.split(",")
            try:
                network = ipaddress.ip_network(f"{parts[0]}/{parts[1]}")
                index = self.network.towards(parts[2])
                found.append(Route(str(network), parts[2], index, int(parts[3])))
            except (ValueError, IndexError, LookupError):
                continue  # Windows ignores what it can't use
        return found

    def forget_registry_route(self, route: Route) -> None:
        """Removes a route from PersistentRoutes, as `route delete` does."""
        network = ipaddress.ip_network(route.prefix)
        prefix = f"{network.network_address},{network.netmask},{route.next_hop},"
        for name in list(self.registry.values(PERSISTENT_ROUTES)):
            if name.startswith(prefix):
                self.registry.delete_value(PERSISTENT_ROUTES, name)

    def route_left_store(self, route: Route) -> None:
        """Follows a removal from the persistent store."""
        if self.route_stores_coupled and route.family == IPV4:
            self.forget_registry_route(route)

    def route_left_registry(self, name: str) -> None:
        """Follows the removal of a value of PersistentRoutes."""
        if not self.route_stores_coupled:
            return
        destination, mask, hop, *_ = [*name.split(","), "", ""]
        for route in [r for r in self.network.stored.routes if r.family == IPV4]:
            network = ipaddress.ip_network(route.prefix)
            parts = (str(network.network_address), str(network.netmask), route.next_hop)
            if parts == (destination, mask, hop):
                self.network.remove_route(route, store=PERSISTENT)

    def _add_registry_routes(self) -> None:
        active = {r.key for r in self.network.routes()}
        for route in self.registry_routes():
            if route.key not in active:
                self.network.add_route(route, persistent=False)

    def network_changed(self) -> None:
        """Follows an address that came or went: registry routes, the firewall's LocalSubnet."""
        self._add_registry_routes()
        self.firewall.apply()

    # -- power ------------------------------------------------------------------------------------

    def request_reboot(self, **data: Any) -> None:
        """Starts a restart that the main loop carries out; event 1074."""
        self.events.write(SYSTEM, 1074, **data)
        self.up_again.clear()
        self.rebooting.set()

    def reboot(self) -> None:
        """Restarts: processes and shells end, volatile state is lost, services come up."""
        self.log_off()
        self.come_up()
        self.rebooting.clear()

    def log_off(self) -> None:
        """Ends everybody's processes, shells and logon sessions, timers, and the DHCP client."""
        for hook in self.reboot_hooks:
            hook()
        self.tasks.stop_timers()
        self.shells.end_all()
        for process in self.processes.kill_all():
            process.done.wait(10)
        self.vault.forget_sessions()
        self.dhcp.stop()

    def come_up(self) -> None:
        """Starts from what is stored."""
        self.network.reboot()
        self.dhcp.start()
        self._add_registry_routes()
        self.firewall.apply()
        self.services.boot()
        triggers.fire_at_boot(self.registry, self.services)
        self.booted = self.clock.local()
        self.powered = ON
        self.tasks.boot()
        self.events.write(SYSTEM, 12, version=self.version)


def _put_variable(environment: dict[str, str], name: str, value: str) -> None:
    known = next((k for k in environment if k.lower() == name.lower()), name)
    environment[known] = value
