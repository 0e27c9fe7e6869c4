"""Task Scheduler: registered tasks, the logons they run under, their history.

Sources: learn.microsoft.com Register-ScheduledTask, New-ScheduledTaskPrincipal, "Security
contexts for tasks" (Password = batch logon; S4U = batch logon without network or encrypted-file
access; Interactive = only while the user is logged on), MSFT_ScheduledTask; event ids of the
operational log.
"""

import base64
import json
import threading
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_lab.windows.accounts import Logon, LogonFailure, LogonType
from onshi_lab.windows.commandline import quote
from onshi_lab.windows.eventlog import SECURITY, TASKS
from onshi_lab.windows.filesystem import SYSTEM_SID
from onshi_lab.windows.process import Process

if TYPE_CHECKING:
    from onshi_lab.windows.pc import Pc

NO_LOGON, PASSWORD, S4U, INTERACTIVE, GROUP, SERVICE_ACCOUNT = range(6)
"""LogonType of MSFT_TaskPrincipal."""
LIMITED, HIGHEST = 0, 1
UNKNOWN, DISABLED, QUEUED, READY, RUNNING = range(5)
"""State of MSFT_ScheduledTask."""
NOT_RUN = 0x41303
STILL_RUNNING = 0x41301
TERMINATED = 0x41306
WIN32_HRESULT = 0x80070000
FILE_NOT_FOUND = 0x80070002
REFUSED = 0x800710E0
REGISTRATION_REFUSALS = {
    LogonFailure.WRONG_PASSWORD: (
        "The user name or password is incorrect.",
        0x8007052E,
    ),
    LogonFailure.NO_SUCH_USER: (
        "No mapping between account names and security IDs was done.",
        0x80070534,
    ),
    LogonFailure.LOCKED: (
        "The referenced account is currently locked out and may not be logged on to.",
        0x80070775,
    ),
    LogonFailure.DISABLED: (
        "This user can't sign in because this account is currently disabled.",
        0x80070533,
    ),
    LogonFailure.BLANK_PASSWORD: (
        "Account restrictions are preventing this user from signing in.",
        0x8007052F,
    ),
    LogonFailure.EXPIRED: (
        "The user's password must be changed before signing in.",
        0x80070532,
    ),
}
"""What registering with a user and password answers: text and HRESULT of the logon's error."""
SERVICE_ACCOUNTS = {"SYSTEM", "NT AUTHORITY\\SYSTEM", "S-1-5-18", "LOCALSYSTEM"}


@dataclass(frozen=True, slots=True)
class Action:
    """A program to run."""

    execute: str
    arguments: str = ""
    working_directory: str = ""

    @property
    def command_line(self) -> str:
        """The command line that the task starts."""
        return f"{quote(self.execute)} {self.arguments}".strip()


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a task starts: `once` at a time, `startup`, or `logon`."""

    kind: str
    at: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Task:
    """A registered task. `sealed` is the stored password, unreadable outside this PC."""

    name: str
    path: str
    actions: tuple[Action, ...]
    user: str
    logon_type: int = INTERACTIVE
    run_level: int = LIMITED
    triggers: tuple[Trigger, ...] = ()
    description: str = ""
    author: str = ""
    enabled: bool = True
    settings: dict[str, object] = field(default_factory=dict)
    sealed: str = field(default="", repr=False)
    last_run: str = ""
    last_result: int = NOT_RUN

    @property
    def key(self) -> str:
        """What makes the task unique."""
        return (self.path + self.name).lower()


class TaskScheduler:
    """The tasks of the PC."""

    def __init__(self, pc: "Pc", path: Path) -> None:
        self._pc = pc
        self._path = path
        self._lock = threading.RLock()
        self._tasks: dict[str, Task] = {}
        self._live: dict[str, Process] = {}
        self._timers: list[threading.Timer] = []
        if path.exists():
            for item in json.loads(path.read_text(encoding="utf-8")):
                item["actions"] = tuple(Action(**a) for a in item["actions"])
                item["triggers"] = tuple(Trigger(**t) for t in item["triggers"])
                task = Task(**item)
                self._tasks[task.key] = task

    def _save(self) -> None:
        self._path.touch(mode=0o600)
        content = [asdict(task) for task in self._tasks.values()]
        self._path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    def all(self) -> list[Task]:
        """Every task, by path and name."""
        with self._lock:
            return sorted(self._tasks.values(), key=lambda t: t.key)

    def find(self, name: str, path: str = "\\") -> Task | None:
        """One task."""
        with self._lock:
            return self._tasks.get((path + name).lower())

    def state(self, task: Task) -> int:
        """DISABLED, READY or RUNNING."""
        with self._lock:
            if task.key in self._live:
                return RUNNING
        return READY if task.enabled else DISABLED

    def register(self, task: Task, password: str | None) -> Task:
        """Adds or replaces a task; raises LogonFailure where user and password don't match."""
        if task.logon_type == PASSWORD:
            account = self._pc.accounts.check(task.user, password or "")
            if account.blank_password:
                raise LogonFailure(LogonFailure.BLANK_PASSWORD)
            sealed = self._pc.vault.seal((password or "").encode(), f"task:{task.key}")
            task = replace(task, sealed=base64.b64encode(sealed).decode())
        with self._lock:
            event = 140 if task.key in self._tasks else 106
            self._tasks[task.key] = task
            self._save()
        self._pc.events.write(TASKS, event, TaskName=task.path + task.name, UserName=task.user)
        self._audit(4698, task)
        self._arm(task)
        return task

    def _audit(self, event: int, task: Task) -> None:
        content = [asdict(action) for action in task.actions]
        name = task.path + task.name
        self._pc.events.write(SECURITY, event, TaskName=name, TaskContent=content)

    def unregister(self, task: Task) -> None:
        """Deletes a task; a running instance runs on."""
        with self._lock:
            self._tasks.pop(task.key, None)
            self._save()
        self._pc.events.write(TASKS, 141, TaskName=task.path + task.name)
        self._audit(4699, task)

    def _update(self, key: str, **fields: object) -> Task:
        with self._lock:
            task = replace(self._tasks[key], **fields)  # type: ignore[arg-type]
            self._tasks[key] = task
            self._save()
            return task

    def start(self, task: Task) -> None:
        """Starts a task now, under its principal's logon; failures show as its last result.

        One that runs is not started again (MultipleInstances IgnoreNew, the default; event 322).
        """
        if self.state(task) == RUNNING:
            self._pc.events.write(TASKS, 322, TaskName=task.path + task.name)
            return
        now = self._pc.clock.local().isoformat()
        name = task.path + task.name
        try:
            logon = self._logon(task)
        except LogonFailure as failure:
            code = WIN32_HRESULT | failure.win32
            self._pc.events.write(TASKS, 104, TaskName=name, ResultCode=code)
            self._finish(task.key, now, code)
            return
        if logon is None:
            self._pc.events.write(TASKS, 101, TaskName=name, ResultCode=REFUSED)
            self._finish(task.key, now, REFUSED)
            return
        self._pc.events.write(TASKS, 100, TaskName=name, UserContext=logon.user)
        self._run(task, logon, now)

    def _finish(self, key: str, when: str, result: int) -> None:
        with self._lock:
            if key in self._tasks:
                self._update(key, last_run=when, last_result=result)

    def _logon(self, task: Task) -> Logon | None:
        if task.logon_type == SERVICE_ACCOUNT:
            return Logon("SYSTEM", SYSTEM_SID, LogonType.SERVICE, elevated=True)
        elevated = task.run_level == HIGHEST
        if task.logon_type == PASSWORD:
            sealed = base64.b64decode(task.sealed)
            password = self._pc.vault.open(sealed, f"task:{task.key}").decode()
            logon = self._pc.security.logon(task.user, password, LogonType.BATCH)
        elif task.logon_type == S4U:
            account = self._pc.accounts.usable(task.user)
            logon = Logon(account.name, account.sid, LogonType.NETWORK, elevated=False)
        else:
            return None  # interactive, and nobody is logged on at a mock PC
        account = self._pc.accounts.usable(task.user)
        return replace(logon, elevated=elevated and account.is_admin)

    def _run(self, task: Task, logon: Logon, now: str) -> None:
        name = task.path + task.name
        action = task.actions[0]
        cwd = action.working_directory or "C:\\Windows\\system32"
        self._finish(task.key, now, STILL_RUNNING)
        process = self._pc.start_as(logon, action.command_line, cwd)
        if process is None:
            self._pc.events.write(TASKS, 203, TaskName=name, ResultCode=FILE_NOT_FOUND)
            self._finish(task.key, now, FILE_NOT_FOUND)
            return
        with self._lock:
            self._live[task.key] = process
        self._pc.events.write(TASKS, 200, TaskName=name, ActionName=action.execute)
        threading.Thread(target=self._watch, args=(task, process, now), daemon=True).start()

    def _watch(self, task: Task, process: Process, started: str) -> None:
        process.done.wait()
        with self._lock:
            if self._live.get(task.key) is process:
                del self._live[task.key]
        code = process.exit_code or 0
        name = task.path + task.name
        self._pc.events.write(TASKS, 201, TaskName=name, ActionName=process.image, ResultCode=code)
        self._pc.events.write(TASKS, 102, TaskName=name)
        self._finish(task.key, started, code & 0xFFFFFFFF)

    def stop(self, task: Task) -> None:
        """Ends the running instance of a task."""
        with self._lock:
            process = self._live.get(task.key)
        if process is not None:
            process.kill()
            process.done.wait(10)
            self._finish(task.key, task.last_run, TERMINATED)

    def _arm(self, task: Task) -> None:
        for trigger in task.triggers:
            if trigger.kind == "once" and trigger.at and trigger.enabled:
                due = datetime.fromisoformat(trigger.at).timestamp() - self._pc.clock.now()
                if due > 0:
                    self._after(due, task)
                elif task.settings.get("StartWhenAvailable") and _missed(task, trigger):
                    self._after(0, task)

    def _after(self, seconds: float, task: Task) -> None:
        timer = threading.Timer(seconds, self._due, (task,))
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def _due(self, task: Task) -> None:
        current = self.find(task.name, task.path)
        if current is not None and current.enabled:
            self.start(current)

    def boot(self) -> None:
        """Forgets timers of the last run, sets them anew, and starts what is due at start-up."""
        self.stop_timers()
        for task in self.all():
            if task.last_result == STILL_RUNNING:
                self._finish(task.key, task.last_run, TERMINATED)
            self._arm(task)
            if task.enabled and any(t.kind == "startup" for t in task.triggers):
                self.start(task)

    def resume(self) -> None:
        """Sets the timers anew after a sleep; what was missed runs only with StartWhenAvailable.

        Source: learn.microsoft.com, TaskSettings.StartWhenAvailable.
        """
        self.stop_timers()
        for task in self.all():
            self._arm(task)

    def stop_timers(self) -> None:
        """Cancels every timer."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


def _missed(task: Task, trigger: Trigger) -> bool:
    """Whether a task has not run since it was due."""
    if not task.last_run:
        return True
    last, due = datetime.fromisoformat(task.last_run), datetime.fromisoformat(trigger.at)
    return last.timestamp() < due.timestamp()
