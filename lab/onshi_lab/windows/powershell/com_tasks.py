"""The COM object Schedule.Service: Task Scheduler 2.0's scripting objects.

Source: learn.microsoft.com "Task Scheduler Scripting Objects" (TaskService, TaskFolder,
TaskDefinition, RegisteredTask), TASK_CREATION (2 create, 4 update, 6 both), TASK_LOGON_TYPE,
TASK_STATE. A method or property that an object lacks fails.
"""

import re
from datetime import datetime
from typing import Any

from onshi_lab.windows import tasks as scheduler
from onshi_lab.windows.accounts import LogonFailure
from onshi_lab.windows.powershell.convert import to_number
from onshi_lab.windows.powershell.errors import PSError, fail
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import Method, PSObject, Value, text_of, truthy
from onshi_lab.windows.principals import sid_of
from onshi_lab.windows.tasks import SERVICE_ACCOUNTS, Action, Task, Trigger

CREATE, UPDATE = 2, 4
ACTION_EXEC = 0
COM_OBJECT = "System.__ComObject"
TRIGGER_TEXTS = ("StartBoundary", "EndBoundary", "Id", "ExecutionTimeLimit", "Delay", "UserId")
INFORMATION = ("Description", "Author", "Date", "URI", "Source", "Documentation", "Version")
TRIGGER_TIME, TRIGGER_BOOT, TRIGGER_LOGON = 1, 8, 9
SETTINGS: dict[str, Value] = {
    "AllowDemandStart": True,
    "StopIfGoingOnBatteries": True,
    "DisallowStartIfOnBatteries": True,
    "AllowHardTerminate": True,
    "StartWhenAvailable": False,
    "RunOnlyIfNetworkAvailable": False,
    "ExecutionTimeLimit": "PT72H",
    "Enabled": True,
    "DeleteExpiredTaskAfter": "",
    "Priority": 7,
    "Hidden": False,
    "RunOnlyIfIdle": False,
    "WakeToRun": False,
    "MultipleInstances": 2,
    "RestartInterval": "",
    "RestartCount": 0,
    "Compatibility": 2,
}
"""TaskSettings and their defaults."""
DURATION = re.compile(r"(P(?!$)(\d+Y)?(\d+M)?(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+S)?)?)?")
"""A duration of XML Schema, or none (TaskSettings.ExecutionTimeLimit)."""


def com_error(method: str, count: int, message: str, code: int) -> PSError:
    """A failed COM call."""
    error = fail(
        f'Exception calling "{method}" with "{count}" argument(s): "{message}"',
        "ComMethodTargetInvocation",
        "NotSpecified",
        "System.Management.Automation.MethodInvocationException",
    )
    inner = PSObject(
        {
            "Message": message,
            "HResult": code - 2**32,
            "ErrorCode": code - 2**32,
            "InnerException": None,
        },
        "System.Runtime.InteropServices.COMException",
        text=message,
    )
    error.record.details = {"InnerException": inner, "HResult": -2146233087}
    return error


class Service:
    """ITaskService."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connected = False
        methods: dict[str, Method] = {
            "Connect": self._connect,
            "GetFolder": self._folder,
            "NewTask": self._new_task,
        }
        properties = {"Connected": False, "TargetServer": session.pc.name}
        self.object = PSObject(properties, COM_OBJECT, methods=methods, text=COM_OBJECT)

    def _connect(self, arguments: list[Value]) -> None:
        if len(arguments) > 4 or any(text_of(a) for a in arguments):
            raise com_error(
                "Connect", len(arguments), "The network path was not found.", 0x80070035
            )
        self._connected = True
        self.object.set("Connected", True)

    def _demand(self, method: str, count: int) -> None:
        if not self._connected:
            raise com_error(
                method,
                count,
                "The object is not connected. (Exception from HRESULT: 0x800710DD)",
                0x800710DD,
            )

    def _folder(self, arguments: list[Value]) -> PSObject:
        self._demand("GetFolder", len(arguments))
        path = "\\" + text_of(arguments[0]).strip("\\")
        known = {task.path.rstrip("\\").lower() for task in self._session.pc.tasks.all()}
        if path != "\\" and not any(one.startswith(path.lower()) for one in known):
            message = "The system cannot find the file specified. (0x80070002)"
            raise com_error("GetFolder", 1, message, 0x80070002)
        return Folder(self._session, path).object

    def _new_task(self, arguments: list[Value]) -> PSObject:
        self._demand("NewTask", len(arguments))
        if int(to_number(arguments[0])) != 0:
            raise com_error(
                "NewTask", 1, "Value does not fall within the expected range.", 0x80070057
            )
        return definition()


def _out_of_range(method: str) -> PSError:
    return com_error(method, 1, "Value does not fall within the expected range.", 0x80070057)


def _collection(items: list[PSObject], create: Method) -> PSObject:
    methods: dict[str, Method] = {
        "Create": create,
        "Clear": lambda _a: items.clear(),
        "Item": lambda a: items[int(a[0]) - 1],
    }
    return PSObject({"Count": 0}, COM_OBJECT, methods=methods, native=items)


def _actions() -> PSObject:
    """IActionCollection."""
    items: list[PSObject] = []

    def create(arguments: list[Value]) -> PSObject:
        if int(to_number(arguments[0])) != ACTION_EXEC:
            raise _out_of_range("Create")
        fields = {"Path": "", "Arguments": "", "WorkingDirectory": "", "Id": "", "Type": 0}
        items.append(PSObject(fields, COM_OBJECT))
        return items[-1]

    return _collection(items, create)


def _triggers() -> PSObject:
    """ITriggerCollection."""
    items: list[PSObject] = []

    def create(arguments: list[Value]) -> PSObject:
        kind = int(to_number(arguments[0]))
        if kind not in (TRIGGER_TIME, TRIGGER_BOOT, TRIGGER_LOGON):
            raise _out_of_range("Create")
        texts = dict.fromkeys(TRIGGER_TEXTS, "")
        items.append(PSObject({**texts, "Enabled": True, "Type": kind}, COM_OBJECT))
        return items[-1]

    return _collection(items, create)


def definition() -> PSObject:
    """ITaskDefinition."""
    principal = {"UserId": "", "LogonType": 0, "RunLevel": 0, "GroupId": "", "Id": ""}
    properties = {
        "Actions": _actions(),
        "Triggers": _triggers(),
        "Settings": PSObject(dict(SETTINGS), COM_OBJECT),
        "Principal": PSObject({**principal, "DisplayName": ""}, COM_OBJECT),
        "RegistrationInfo": PSObject(dict.fromkeys(INFORMATION, ""), COM_OBJECT),
        "Data": "",
    }
    return PSObject(properties, COM_OBJECT, native="ITaskDefinition")


def _trigger(item: PSObject) -> Trigger:
    kinds = {TRIGGER_TIME: "once", TRIGGER_BOOT: "startup", TRIGGER_LOGON: "logon"}
    at = text_of(item.get("StartBoundary"))
    return Trigger(kinds[int(item.get("Type"))], at, truthy(item.get("Enabled")))


class Folder:
    """ITaskFolder."""

    def __init__(self, session: Session, path: str) -> None:
        self._session = session
        clean = "\\" + path.strip("\\")
        self._prefix = clean if clean == "\\" else clean + "\\"
        methods: dict[str, Method] = {
            "RegisterTaskDefinition": self._register,
            "GetTask": self._get,
            "GetTasks": self._all,
            "DeleteTask": self._delete,
        }
        self.object = PSObject(
            {"Name": path.strip("\\") or "\\", "Path": clean}, COM_OBJECT, methods=methods
        )

    def _task(self, method: str, count: int, name: str) -> Task:
        found = self._session.pc.tasks.find(name.strip("\\"), self._prefix)
        if found is None:
            raise com_error(
                method,
                count,
                "The system cannot find the file specified. (Exception from HRESULT: 0x80070002)",
                0x80070002,
            )
        return found

    def _get(self, arguments: list[Value]) -> PSObject:
        return registered(self._session, self._task("GetTask", 1, text_of(arguments[0])))

    def _all(self, arguments: list[Value]) -> list[Value]:  # noqa: ARG002
        return [
            registered(self._session, t)
            for t in self._session.pc.tasks.all()
            if t.path == self._prefix
        ]

    def _delete(self, arguments: list[Value]) -> None:
        self._session.pc.tasks.unregister(self._task("DeleteTask", 2, text_of(arguments[0])))

    def _register(self, arguments: list[Value]) -> PSObject:
        name, item, flags, user, password, logon = [*arguments, None][:6]
        count = len(arguments)
        if (
            not isinstance(item, PSObject)
            or item.native != "ITaskDefinition"
            or count not in (6, 7)
        ):
            raise com_error(
                "RegisterTaskDefinition",
                count,
                "Value does not fall within the expected range.",
                0x80070057,
            )
        exists = self._session.pc.tasks.find(text_of(name), self._prefix) is not None
        mode = int(to_number(flags))
        if exists and not mode & UPDATE:
            raise com_error(
                "RegisterTaskDefinition",
                count,
                (
                    "Cannot create a file when that file already exists. "
                    "(Exception from HRESULT: 0x800700B7)"
                ),
                0x800700B7,
            )
        task = self._build(text_of(name), item, text_of(user), int(to_number(logon)), count)
        self._demand_right(task, count)
        try:
            stored = self._session.pc.tasks.register(
                task, None if password is None else text_of(password)
            )
        except LogonFailure as failure:
            message, code = scheduler.REGISTRATION_REFUSALS[failure.status]
            raise com_error("RegisterTaskDefinition", count, message, code) from failure
        return registered(self._session, stored)

    def _demand_right(self, task: Task, count: int) -> None:
        logon = self._session.process.logon
        own = task.user.lower() == logon.user.lower() and task.run_level == scheduler.LIMITED
        if not own and not self._session.pc.is_elevated(logon):
            raise com_error(
                "RegisterTaskDefinition",
                count,
                "Access is denied. (Exception from HRESULT: 0x80070005 (E_ACCESSDENIED))",
                0x80070005,
            )

    def _build(self, name: str, item: PSObject, user: str, logon: int, count: int) -> Task:
        actions = [
            Action(
                text_of(a.get("Path")),
                text_of(a.get("Arguments")),
                text_of(a.get("WorkingDirectory")),
            )
            for a in item.get("Actions").native
        ]
        if not actions or any(not a.execute for a in actions):
            raise com_error(
                "RegisterTaskDefinition",
                count,
                "The task XML is missing a required element or attribute. (0x80041319)",
                0x80041319,
            )
        principal = item.get("Principal")
        wanted = user or text_of(principal.get("UserId")) or self._session.process.logon.user
        name_of = self._user(wanted, count)
        kind = logon or int(to_number(principal.get("LogonType"))) or scheduler.INTERACTIVE
        if name_of == "SYSTEM":
            kind = scheduler.SERVICE_ACCOUNT
        settings = dict(item.get("Settings").items())
        if not DURATION.fullmatch(text_of(settings["ExecutionTimeLimit"])):
            raise com_error(
                "RegisterTaskDefinition",
                count,
                "The task XML contains a value which is incorrectly formatted or out of range. "
                "(ExecutionTimeLimit)",
                0x80041318,
            )
        return Task(
            name=name,
            path=self._prefix,
            actions=tuple(actions),
            user=name_of,
            logon_type=kind,
            run_level=int(to_number(principal.get("RunLevel"))),
            triggers=tuple(_trigger(t) for t in item.get("Triggers").native),
            description=text_of(item.get("RegistrationInfo").get("Description")),
            author=f"{self._session.pc.name}\\{self._session.process.logon.user}",
            settings=settings,
            enabled=truthy(settings["Enabled"]),
        )

    def _user(self, name: str, count: int) -> str:
        if name.upper() in SERVICE_ACCOUNTS:
            return "SYSTEM"
        sid = sid_of(self._session.pc, name)
        account = self._session.pc.accounts.find_sid(sid) if sid else None
        if account is None:
            message, code = scheduler.REGISTRATION_REFUSALS[LogonFailure.NO_SUCH_USER]
            raise com_error("RegisterTaskDefinition", count, message, code)
        return account.key


class Registered(PSObject):
    """IRegisteredTask: state and last result are read anew at each access."""

    def __init__(self, session: Session, task: Task) -> None:
        methods: dict[str, Method] = {
            "Run": self._run,
            "Stop": self._stop,
            "GetInstances": lambda _a: [],
        }
        super().__init__(
            {"Name": task.name, "Path": task.path + task.name},
            COM_OBJECT,
            methods=methods,
        )
        self._session = session
        self._task = task

    def _current(self) -> Task:
        return self._session.pc.tasks.find(self._task.name, self._task.path) or self._task

    def _live(self, name: str) -> Value:
        task = self._current()
        values: dict[str, Any] = {
            "state": self._session.pc.tasks.state(task),
            "lasttaskresult": task.last_result
            if task.last_result < 2**31
            else task.last_result - 2**32,
            "lastruntime": datetime.fromisoformat(task.last_run) if task.last_run else None,
            "enabled": task.enabled,
            "numberofmissedruns": 0,
            "nextruntime": None,
        }
        return values.get(name)

    def has(self, name: str) -> bool:
        """Whether there is such a property."""
        live = (
            "state",
            "lasttaskresult",
            "lastruntime",
            "enabled",
            "numberofmissedruns",
            "nextruntime",
        )
        return name.lower() in live or super().has(name)

    def get(self, name: str) -> Value:
        """A property's value now."""
        return self._live(name.lower()) if not super().has(name) else super().get(name)

    def _run(self, arguments: list[Value]) -> Value:
        task = self._current()
        if not task.enabled:
            raise com_error("Run", len(arguments), "The task is disabled. (0x80041326)", 0x80041326)
        self._session.pc.tasks.start(task)
        return PSObject({"State": scheduler.RUNNING, "Name": task.name}, COM_OBJECT)

    def _stop(self, arguments: list[Value]) -> None:  # noqa: ARG002
        self._session.pc.tasks.stop(self._current())


def registered(session: Session, task: Task) -> PSObject:
    """IRegisteredTask of a task."""
    return Registered(session, task)
