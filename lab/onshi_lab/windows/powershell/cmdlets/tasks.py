"""ScheduledTasks cmdlets. Source: the ScheduledTasks module's pages on learn.microsoft.com."""

import re
from dataclasses import asdict
from datetime import datetime, timedelta

from onshi_lab.windows import tasks as scheduler
from onshi_lab.windows.accounts import LogonFailure
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.cmdlets.common import cim_error, matches, not_found
from onshi_lab.windows.powershell.convert import define_enum
from onshi_lab.windows.powershell.values import PSObject, Value, as_list, text_of, timespan_text
from onshi_lab.windows.principals import sid_of
from onshi_lab.windows.tasks import SERVICE_ACCOUNTS, Action, Task, Trigger

_TYPES = "Microsoft.PowerShell.Cmdletization.GeneratedTypes.ScheduledTask."
state_enum = define_enum(_TYPES + "StateEnum", Unknown=0, Disabled=1, Queued=2, Ready=3, Running=4)
logon_enum = define_enum(
    _TYPES + "LogonTypeEnum",
    Password=1,
    S4U=2,
    Interactive=3,
    Group=4,
    ServiceAccount=5,
    InteractiveOrPassword=6,
    **{"None": 0},
)
level_enum = define_enum(_TYPES + "RunLevelEnum", Limited=0, Highest=1)
CLASS = "Microsoft.Management.Infrastructure.CimInstance#Root/Microsoft/Windows/TaskScheduler/"
CIM = "CimSession object\nThrottleLimit int"


@cmdlet(
    "New-ScheduledTaskAction",
    (
        f"Execute! string pos=0\n"
        f"Argument string pos=1\n"
        f"WorkingDirectory string pos=2\n"
        f"Id string\n"
        f"{CIM}"
    ),
    class_name="New-ScheduledTaskAction",
)
def new_action(call: Call) -> None:
    """A program to run."""
    action = Action(call.text("Execute"), call.text("Argument"), call.text("WorkingDirectory"))
    call.emit(action_object(action))


def action_object(action: Action) -> PSObject:
    """A MSFT_TaskExecAction."""
    properties = {
        "Id": None,
        "Execute": action.execute,
        "Arguments": action.arguments or None,
        "WorkingDirectory": action.working_directory or None,
    }
    return PSObject(properties, CLASS + "MSFT_TaskExecAction", native=action)


LOGON_TYPES = "None|Password|S4U|Interactive|Group|ServiceAccount|InteractiveOrPassword"


@cmdlet(
    "New-ScheduledTaskPrincipal",
    (
        f"UserId string pos=0\n"
        f"GroupId string\n"
        f"LogonType string values={LOGON_TYPES}\n"
        f"RunLevel string values=Limited|Highest\n"
        f"ProcessTokenSidType string\n"
        f"RequiredPrivilege string[]\n"
        f"Id string\n"
        f"{CIM}"
    ),
    class_name="New-ScheduledTaskPrincipal",
    require="UserId|GroupId",
)
def new_principal(call: Call) -> None:
    """Who a task runs as."""
    user = call.text("UserId")
    kind = call.text("LogonType") or (
        "ServiceAccount" if user.upper() in SERVICE_ACCOUNTS else "Interactive"
    )
    call.emit(
        principal_object(
            user,
            int(logon_enum(kind).value),
            int(level_enum(call.text("RunLevel", "Limited")).value),
        )
    )


def principal_object(user: str, logon: int, level: int) -> PSObject:
    """A MSFT_TaskPrincipal2."""
    properties = {
        "Id": "Author",
        "UserId": user,
        "LogonType": logon_enum(logon),
        "RunLevel": level_enum(level),
        "GroupId": None,
        "DisplayName": None,
    }
    return PSObject(properties, CLASS + "MSFT_TaskPrincipal2", native=(user, logon, level))


SETTINGS_SWITCHES = (
    "AllowStartIfOnBatteries",
    "DontStopIfGoingOnBatteries",
    "DontStopOnIdleEnd",
    "Disable",
    "DisallowDemandStart",
    "DisallowHardTerminate",
    "DisallowStartOnRemoteAppSession",
    "Hidden",
    "MaintenanceExclusive",
    "RestartOnIdle",
    "RunOnlyIfIdle",
    "RunOnlyIfNetworkAvailable",
    "StartWhenAvailable",
    "WakeToRun",
)


@cmdlet(
    "New-ScheduledTaskSettingsSet",
    "\n".join(f"{n} switch" for n in SETTINGS_SWITCHES)
    + (
        f"\nExecutionTimeLimit timespan\nDeleteExpiredTaskAfter "
        f"timespan\nMultipleInstances string "
        f"values=Parallel|Queue|IgnoreNew\nPriority int\nRestartCount "
        f"int\nRestartInterval timespan\nIdleDuration timespan\n"
        f"IdleWaitTimeout timespan\nCompatibility string "
        f"values=At|V1|Vista|Win7|Win8\nNetworkId string\nNetworkName "
        f"string\nMaintenancePeriod timespan\nMaintenanceDeadline "
        f"timespan\n{CIM}"
    ),
    class_name="New-ScheduledTaskSettingsSet",
)
def new_settings(call: Call) -> None:
    """Settings of a task."""
    properties: dict[str, Value] = {n: call.flag(n) for n in SETTINGS_SWITCHES if n != "Disable"}
    limit = call.get("ExecutionTimeLimit", timedelta(days=3))
    properties |= {
        "Enabled": not call.flag("Disable"),
        "ExecutionTimeLimit": timespan_text(limit),
        "MultipleInstances": call.text("MultipleInstances", "IgnoreNew"),
        "Priority": call.get("Priority", 7),
    }
    call.emit(PSObject(properties, CLASS + "MSFT_TaskSettings3"))


@cmdlet(
    "New-ScheduledTaskTrigger",
    (
        f"Once switch\n"
        f"Daily switch\n"
        f"Weekly switch\n"
        f"AtLogOn switch\n"
        f"AtStartup switch\n"
        f"At datetime\n"
        f"User string\n"
        f"RandomDelay timespan\n"
        f"RepetitionInterval timespan\n"
        f"RepetitionDuration timespan\n"
        f"DaysInterval uint32\n"
        f"DaysOfWeek string[]\n"
        f"WeeksInterval uint32\n"
        f"{CIM}"
    ),
    class_name="New-ScheduledTaskTrigger",
    require="Once|Daily|Weekly|AtLogOn|AtStartup",
)
def new_trigger(call: Call) -> None:
    """When a task starts; daily and weekly ones are stored but never due here."""
    kind = next(k for k in ("Once", "Daily", "Weekly", "AtLogOn", "AtStartup") if call.flag(k))
    if kind in ("Once", "Daily", "Weekly") and not call.has("At"):
        raise call.failure(
            "Cannot process command because of one or more missing mandatory parameters: At.",
            "MissingMandatoryParameter",
            exception="System.Management.Automation.ParameterBindingException",
        )
    at = call.get("At")
    trigger = Trigger(
        {"Once": "once", "AtStartup": "startup", "AtLogOn": "logon"}.get(kind, kind.lower()),
        at.isoformat() if isinstance(at, datetime) else "",
    )
    call.emit(
        PSObject(
            {"Enabled": True, "StartBoundary": trigger.at, "Id": ""},
            CLASS + "MSFT_TaskTrigger",
            native=trigger,
        )
    )


def _user(call: Call, name: str) -> str:
    if name.upper() in SERVICE_ACCOUNTS:
        return "SYSTEM"
    sid = sid_of(call.pc, name)
    account = call.pc.accounts.find_sid(sid) if sid else None
    if account is None:
        raise cim_error(call, 1332, "No mapping between account names and security IDs was done.")
    return account.key


REGISTER = f"""
    TaskName string pos=0
    TaskPath string pos=1
    Action object[] pos=2
    Trigger object[] pos=3
    Settings object pos=4
    Principal object
    User string pos=5
    Password string pos=6
    Description string
    RunLevel string values=Limited|Highest
    Xml string
    InputObject object pipe
    Force switch
    {CIM}
"""


@cmdlet(
    "Register-ScheduledTask", REGISTER, class_name="Register-ScheduledTask", should_process=True
)
def register_scheduled_task(call: Call) -> None:
    """Registers a task; user and password are checked at once."""
    if call.has("Xml"):
        raise call.failure(
            "The lab's PowerShell subset does not have this: Register-ScheduledTask -Xml",
            "MockUnsupported",
            "NotImplemented",
        )
    _from_definition(call)
    name, path = call.text("TaskName"), _path(call)
    if not name or not call.get("Action"):
        raise cim_error(call, 87, "The parameter is incorrect.")
    if any(c in name for c in '\\/:*?"<>|'):
        raise cim_error(
            call, 123, "The filename, directory name, or volume label syntax is incorrect."
        )
    if call.pc.tasks.find(name, path) is not None and not call.flag("Force"):
        raise call.failure(
            "Cannot create a file when that file already exists.",
            f"HRESULT 0x800700b7,{call.name}",
            "ResourceExists",
            exception="Microsoft.Management.Infrastructure.CimException",
        )
    task = _task(call, name, path)
    mine = (
        task.user.lower() == call.session.process.logon.user.lower()
        and task.run_level == scheduler.LIMITED
    )
    if not mine and not call.pc.is_elevated(call.session.process.logon):
        raise call.failure(
            "Access is denied.",
            f"HRESULT 0x80070005,{call.name}",
            "PermissionDenied",
            exception="Microsoft.Management.Infrastructure.CimException",
        )
    _register(call, task)


def _from_definition(call: Call) -> None:
    item = call.get("InputObject")
    if isinstance(item, PSObject) and item.native == "definition":
        for parameter, name in (
            ("action", "Actions"),
            ("trigger", "Triggers"),
            ("principal", "Principal"),
            ("settings", "Settings"),
            ("description", "Description"),
        ):
            if item.get(name):
                call.bound.setdefault(parameter, item.get(name))


def _path(call: Call) -> str:
    text = call.text("TaskPath", "\\")
    return "\\" + text.strip("\\") + "\\" if text.strip("\\") else "\\"


def _task(call: Call, name: str, path: str) -> Task:
    user, logon, level = call.session.process.logon.user, scheduler.INTERACTIVE, scheduler.LIMITED
    principal = call.get("Principal")
    if isinstance(principal, PSObject):
        user, logon, level = principal.native
    if call.has("User"):
        user = call.text("User")
        logon = scheduler.PASSWORD if call.has("Password") else scheduler.INTERACTIVE
    if user.upper() in SERVICE_ACCOUNTS:
        logon = scheduler.SERVICE_ACCOUNT
    if call.has("RunLevel"):
        level = int(level_enum(call.text("RunLevel")).value)
    settings = call.get("Settings")
    return Task(
        name=name,
        path=path,
        actions=tuple(a.native for a in call.get("Action")),
        user=_user(call, user),
        logon_type=logon,
        run_level=level,
        triggers=tuple(t.native for t in call.get("Trigger") or []),
        description=call.text("Description"),
        author=f"{call.pc.name}\\{call.session.process.logon.user}",
        settings=dict(settings.items()) if isinstance(settings, PSObject) else {},
        enabled=settings.get("Enabled") is not False if isinstance(settings, PSObject) else True,
    )


def _register(call: Call, task: Task) -> None:
    password = call.text("Password") if call.has("Password") else None
    try:
        if task.logon_type == scheduler.PASSWORD and password is None:
            raise LogonFailure(LogonFailure.WRONG_PASSWORD)
        stored = call.pc.tasks.register(task, password)
    except LogonFailure as failure:
        message, code = scheduler.REGISTRATION_REFUSALS[failure.status]
        raise call.failure(
            message,
            f"HRESULT 0x{code:08x},{call.name}",
            "NotSpecified",
            exception="Microsoft.Management.Infrastructure.CimException",
            details={"HResult": code - 2**32},
        ) from failure
    call.emit(task_object(call, stored))


def task_object(call: Call, task: Task) -> PSObject:
    """A MSFT_ScheduledTask."""
    return PSObject(
        {
            "TaskName": task.name,
            "TaskPath": task.path,
            "State": state_enum(call.pc.tasks.state(task)),
            "Description": task.description or None,
            "Author": task.author,
            "Actions": [action_object(a) for a in task.actions],
            "Principal": principal_object(task.user, task.logon_type, task.run_level),
            "Triggers": [
                PSObject(asdict(t), CLASS + "MSFT_TaskTrigger", native=t) for t in task.triggers
            ],
            "Settings": PSObject(dict(task.settings), CLASS + "MSFT_TaskSettings3"),
            "URI": task.path + task.name,
        },
        CLASS + "MSFT_ScheduledTask",
        native=task,
        default=("TaskPath", "TaskName", "State"),
        text=f'MSFT_ScheduledTask (TaskName = "{task.name}", TaskPath = "{task.path}")',
    )


SELECT = (
    f"TaskName string[] pos=0 prop\n"
    f"TaskPath string[] pos=1 prop\n"
    f"InputObject ciminstance[] pipe\n"
    f"{CIM}"
)


def _selected(call: Call) -> list[Task]:
    piped = [o.native for o in as_list(call.get("InputObject")) if isinstance(o, PSObject)]
    if piped:
        return [call.pc.tasks.find(t.name, t.path) or t for t in piped]
    conditions = {n: call.get(n) for n in ("TaskName", "TaskPath") if call.has(n)}
    found = [
        t
        for t in call.pc.tasks.all()
        if matches(t.name, conditions.get("TaskName", ["*"]))
        and matches(t.path, conditions.get("TaskPath", ["*"]))
    ]
    if (
        not found
        and conditions
        and not any("*" in text_of(v) for values in conditions.values() for v in values)
    ):
        not_found(call, "MSFT_ScheduledTask", {"TaskName": conditions.get("TaskName", [""])[0]})
    return found


@cmdlet("Get-ScheduledTask", SELECT, class_name="Get-ScheduledTask")
def get_scheduled_task(call: Call) -> None:
    """Registered tasks."""
    for task in _selected(call):
        call.emit(task_object(call, task))


@cmdlet("Get-ScheduledTaskInfo", SELECT, class_name="Get-ScheduledTaskInfo")
def get_scheduled_task_info(call: Call) -> None:
    """Last run and result."""
    for task in _selected(call):
        last = datetime.fromisoformat(task.last_run) if task.last_run else None
        properties = {
            "LastRunTime": last,
            "LastTaskResult": task.last_result,
            "NextRunTime": None,
            "NumberOfMissedRuns": 0,
            "TaskName": task.name,
            "TaskPath": task.path,
        }
        call.emit(PSObject(properties, CLASS + "MSFT_TaskDynamicInfo"))


@cmdlet("Start-ScheduledTask", SELECT, class_name="Start-ScheduledTask")
def start_scheduled_task(call: Call) -> None:
    """Starts tasks."""
    for task in _selected(call):
        if not task.enabled:
            raise call.failure(
                "The task is disabled.",
                f"HRESULT 0x80041326,{call.name}",
                "NotSpecified",
                exception="Microsoft.Management.Infrastructure.CimException",
            )
        call.pc.tasks.start(task)


@cmdlet("Stop-ScheduledTask", SELECT, class_name="Stop-ScheduledTask")
def stop_scheduled_task(call: Call) -> None:
    """Ends what runs of tasks; nothing where none does."""
    for task in _selected(call):
        call.pc.tasks.stop(task)


@cmdlet("Unregister-ScheduledTask", SELECT, class_name="Unregister-ScheduledTask", high_impact=True)
def unregister_scheduled_task(call: Call) -> None:
    """Deletes tasks."""
    for task in _selected(call):
        if call.confirm("Unregister", re.sub(r"^\\", "", task.path) + task.name):
            call.pc.tasks.unregister(task)
