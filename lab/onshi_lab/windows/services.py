"""Windows services: their state and start type, and what starts or stops with them."""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

RUNNING, STOPPED = "Running", "Stopped"
AUTOMATIC, MANUAL, DISABLED = "Automatic", "Manual", "Disabled"


@dataclass(frozen=True, slots=True)
class WindowsService:
    """One service."""

    name: str
    display_name: str
    status: str
    start_type: str


DEFAULTS = (
    WindowsService("WinRM", "Windows Remote Management (WS-Management)", RUNNING, AUTOMATIC),
    WindowsService("LanmanServer", "Server", RUNNING, AUTOMATIC),
    WindowsService("LanmanWorkstation", "Workstation", RUNNING, AUTOMATIC),
    WindowsService("Dnscache", "DNS Client", RUNNING, AUTOMATIC),
    WindowsService("W32Time", "Windows Time", STOPPED, MANUAL),
    WindowsService("Schedule", "Task Scheduler", RUNNING, AUTOMATIC),
    WindowsService("VaultSvc", "Credential Manager", STOPPED, MANUAL),
    WindowsService("mpssvc", "Windows Defender Firewall", RUNNING, AUTOMATIC),
    WindowsService("Dhcp", "DHCP Client", RUNNING, AUTOMATIC),
    WindowsService("nsi", "Network Store Interface Service", RUNNING, AUTOMATIC),
    WindowsService("NlaSvc", "Network Location Awareness", RUNNING, AUTOMATIC),
    WindowsService("EventLog", "Windows Event Log", RUNNING, AUTOMATIC),
    WindowsService("FDResPub", "Function Discovery Resource Publication", STOPPED, MANUAL),
)
"""Services of a default client installation that this work touches, and their start types."""

Hook = Callable[[bool], None]


class ServiceManager:
    """The services of the PC; `hooks` make a change of state real."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._services = {s.name.lower(): s for s in DEFAULTS}
        self.hooks: dict[str, Hook] = {}
        if path is not None and path.exists():
            stored = [WindowsService(**item) for item in json.loads(path.read_text())]
            self._services |= {s.name.lower(): s for s in stored}

    def all(self) -> list[WindowsService]:
        """Every service, by name."""
        with self._lock:
            return sorted(self._services.values(), key=lambda s: s.name.lower())

    def find(self, name: str) -> WindowsService | None:
        """The service of that name or display name."""
        wanted = name.lower()
        matches = (s for s in self.all() if wanted in (s.name.lower(), s.display_name.lower()))
        return next(matches, None)

    def running(self, name: str) -> bool:
        """Whether a service runs."""
        service = self.find(name)
        return service is not None and service.status == RUNNING

    def _put(self, service: WindowsService) -> None:
        self._services[service.name.lower()] = service
        if self._path is not None:
            self._path.write_text(json.dumps([asdict(s) for s in self._services.values()]))

    def set_start_type(self, name: str, start_type: str) -> None:
        """Changes how a service starts."""
        with self._lock:
            self._put(replace(self._services[name.lower()], start_type=start_type))

    def set_running(self, name: str, running: bool) -> None:
        """Starts or stops a service, for real where there is a hook."""
        with self._lock:
            service = self._services[name.lower()]
            if (service.status == RUNNING) == running:
                return
            self._put(replace(service, status=RUNNING if running else STOPPED))
        hook = self.hooks.get(name.lower())
        if hook is not None:
            hook(running)

    def boot(self) -> None:
        """Brings every service to the state that its start type gives at start-up."""
        for service in self.all():
            self.set_running(service.name, service.start_type == AUTOMATIC)
