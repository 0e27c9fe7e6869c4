"""Services, processes, restarts, the clock and WinRM itself.

Source: Microsoft.PowerShell.Management and Microsoft.WSMan.Management on learn.microsoft.com, 5.1.
"""

from dataclasses import replace

from onshi_lab.windows.commandline import quote
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.convert import define_enum
from onshi_lab.windows.powershell.operators import wildcard
from onshi_lab.windows.powershell.values import PSObject, as_list, text_of
from onshi_lab.windows.services import DISABLED, RUNNING, WindowsService

SYSTEM32 = "C:\\Windows\\system32"
status_enum = define_enum(
    "System.ServiceProcess.ServiceControllerStatus",
    Stopped=1,
    StartPending=2,
    StopPending=3,
    Running=4,
    Paused=7,
)
start_enum = define_enum(
    "System.ServiceProcess.ServiceStartMode", Boot=0, System=1, Automatic=2, Manual=3, Disabled=4
)


def service_object(service: WindowsService) -> PSObject:
    """A ServiceController."""
    return PSObject(
        {
            "Name": service.name,
            "ServiceName": service.name,
            "DisplayName": service.display_name,
            "Status": status_enum(service.status),
            "StartType": start_enum(service.start_type),
            "CanStop": service.status == RUNNING,
            "MachineName": ".",
        },
        "System.ServiceProcess.ServiceController",
        native=service,
        default=("Status", "Name", "DisplayName"),
        text=service.name,
        methods={"WaitForStatus": lambda _a: None, "Refresh": lambda _a: None},
    )


SELECT = (
    "Name string[] pos=0 alias=ServiceName pipe prop\n"
    "DisplayName string[]\n"
    "Include string[]\n"
    "Exclude string[]"
)


def _services(call: Call) -> list[WindowsService]:
    found: list[WindowsService] = []
    given = [
        v.native.name
        if isinstance(v, PSObject) and isinstance(v.native, WindowsService)
        else text_of(v)
        for v in as_list(call.get("InputObject"))
    ]
    names = given or as_list(call.get("Name") or call.get("DisplayName")) or ["*"]
    for name in names:
        matched = [
            s
            for s in call.pc.services.all()
            if wildcard(name, s.name) or wildcard(name, s.display_name)
        ]
        if not matched and "*" not in name:
            call.write_error(
                f"Cannot find any service with service name '{name}'.",
                "NoServiceFoundForGivenName",
                "ObjectNotFound",
                exception="Microsoft.PowerShell.Commands.ServiceCommandException",
                target=name,
            )
        found += matched
    return found


@cmdlet(
    "Get-Service",
    SELECT + "\nRequiredServices switch\nDependentServices switch\nInputObject object[]",
    alias="gsv",
)
def get_service(call: Call) -> None:
    """Services."""
    for service in _services(call):
        call.emit(service_object(service))


def _denied(call: Call, service: WindowsService, verb: str) -> bool:
    if call.pc.is_elevated(call.session.process.logon):
        return False
    call.write_error(
        (
            f"Service '{service.display_name} ({service.name})' cannot be "
            f"{verb} due to the following error: Access is denied"
        ),
        "CouldNotSetService",
        "PermissionDenied",
        exception="Microsoft.PowerShell.Commands.ServiceCommandException",
        target=service.name,
    )
    return True


def _switch(call: Call, running: bool) -> None:
    for service in _services(call):
        if _denied(call, service, "started" if running else "stopped"):
            continue
        if running and service.start_type == DISABLED:
            call.write_error(
                (
                    f"Service '{service.display_name} ({service.name})' cannot be "
                    f"started due to the following error: Cannot start service "
                    f"{service.name} on computer '.'."
                ),
                "CouldNotStartService",
                "OpenError",
                exception="Microsoft.PowerShell.Commands.ServiceCommandException",
                target=service.name,
            )
            continue
        call.pc.services.set_running(service.name, running)
        if call.flag("PassThru"):
            call.emit(service_object(call.pc.services.find(service.name) or service))


CHANGE = SELECT + "\nInputObject object[]\nPassThru switch"


@cmdlet("Start-Service", CHANGE, should_process=True, alias="sasv")
def start_service(call: Call) -> None:
    """Starts services."""
    _switch(call, True)


@cmdlet("Stop-Service", CHANGE + "\nForce switch\nNoWait switch", should_process=True, alias="spsv")
def stop_service(call: Call) -> None:
    """Stops services."""
    _switch(call, False)


@cmdlet("Restart-Service", CHANGE + "\nForce switch", should_process=True)
def restart_service(call: Call) -> None:
    """Stops and starts services."""
    _switch(call, False)
    _switch(call, True)


@cmdlet(
    "Set-Service",
    (
        "Name string pos=0 alias=ServiceName pipe prop\n"
        "DisplayName string\n"
        "Description string\n"
        "StartupType string alias=StartMode,StartType "
        "values=Boot|System|Automatic|Manual|Disabled\n"
        "Status string values=Running|Stopped|Paused\n"
        "InputObject object\n"
        "PassThru switch"
    ),
    should_process=True,
)
def set_service(call: Call) -> None:
    """Changes start type and state."""
    for service in _services(call):
        if _denied(call, service, "configured"):
            continue
        if call.has("StartupType"):
            call.pc.services.set_start_type(service.name, call.text("StartupType"))
        if call.has("Status"):
            call.pc.services.set_running(service.name, call.text("Status") == RUNNING)


@cmdlet(
    "Start-Process",
    "FilePath! string pos=0 alias=PSPath\nArgumentList string[] pos=1 alias=Args\nVerb string",
)
def start_process(call: Call) -> None:
    """Asks whether a program may run as administrator, and starts it where one says yes.

    Other verbs are not modelled. Source: Start-Process; a standard user would be asked for an
    administrator's name and password, which nobody types at this PC.
    """
    if call.text("Verb").lower() != "runas":
        raise call.failure(
            "The lab's PowerShell subset does not have this: Start-Process without -Verb RunAs",
            "MockUnsupported",
            "NotImplemented",
        )
    process, pc = call.session.process, call.pc
    account = pc.accounts.find(process.logon.user)
    words = " ".join(text_of(one) for one in as_list(call.get("ArgumentList")))
    started = None
    if account is not None and account.is_admin:
        line = f"{quote(call.text('FilePath'))} {words}"
        started = pc.start_as(
            replace(process.logon, elevated=True), line, SYSTEM32, screen=process.stdout
        )
        pc.elevated += [started] if started is not None else []
    if started is None:
        raise call.failure(
            "This command cannot be run due to the error: The operation was canceled by the user.",
            "InvalidOperationException",
            "InvalidOperation",
            exception="System.InvalidOperationException",
        )
