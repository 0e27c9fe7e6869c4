"""Lets one act that changes something on a mock PC fail, the number of which is given.

An act is a cmdlet, a program, a method of .NET or a function of a DLL that changes something,
whatever script of ours it stands in. They are counted as they begin.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import pytest

from onshi_lab.windows.pc import Pc
from onshi_lab.windows.powershell import dotnet, expressions, members
from onshi_lab.windows.powershell.cmdlet import CMDLETS, Call, Cmdlet
from onshi_lab.windows.powershell.errors import fail
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.process import ProcessKilled
from onshi_lab.windows.vault import CredentialError, Vault

VERBS = (
    *("Add", "Block", "Disable", "Enable", "Grant", "New", "Register", "Remove", "Restart"),
    *("Revoke", "Set", "Start", "Stop", "Unblock", "Unregister"),
)
HARMLESS = frozenset(
    {
        *("Add-Type", "New-Object", "Start-Sleep", "New-ScheduledTaskAction"),
        *("New-ScheduledTaskTrigger", "New-ScheduledTaskPrincipal"),
        "New-ScheduledTaskSettingsSet",
    }
)
METHODS = frozenset(
    {
        *("writealltext", "writealllines", "delete", "registertaskdefinition", "run"),
        *("deletetask", "stop", "flush"),
    }
)
PROGRAMS = frozenset({"sc", "net", "netsh", "route"})
ACCESS_DENIED = 5


class How(StrEnum):
    """How an act fails."""

    REFUSED = "refused"
    """An error, and nothing was done."""
    LATE = "late"
    """An error, and it was done all the same."""
    SILENT = "silent"
    """Nothing was done, and nothing said."""
    LOST = "lost"
    """It is done, but the laptop hears no more of this script, which the PC runs to its end."""
    KILLED = "killed"
    """The script's process ends there, without any `finally`, and the laptop hears no more."""


@dataclass
class Injector:
    """Counts acts while it is on, and fails the one of a number."""

    number: int | None = None
    how: How = How.REFUSED
    second: int | None = None
    """Which act after the first failure fails too; it is refused."""
    seen: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    counts: bool = False
    lost: bool = False
    """The laptop hears no more of the script that runs."""
    killed: threading.Event = field(default_factory=threading.Event)

    def act(self, name: str, do: Callable[[], Any], refuse: Callable[[], Any]) -> Any:
        """Does an act, or lets it fail."""
        if not self.counts:
            return do()
        self.seen.append(name)
        at = len(self.seen) - 1
        again = self.second is not None and self.number is not None
        if again and at == self.number + 1 + self.second:  # type: ignore[operator]
            self.failed.append(name)
            return refuse()
        if at != self.number:
            return do()
        self.failed.append(name)
        return self._fail(do, refuse)

    def _fail(self, do: Callable[[], Any], refuse: Callable[[], Any]) -> Any:
        if self.how is How.REFUSED:
            return refuse()
        if self.how is How.SILENT:
            return 0
        if self.how is How.KILLED:
            self.lost = True
            self.killed.set()
            raise ProcessKilled
        found = do()
        if self.how is How.LOST:
            self.lost = True
            return found
        return refuse()

    @contextmanager
    def on(self, patches: pytest.MonkeyPatch) -> Iterator[None]:
        """Watches every PC of this process."""
        with patches.context() as patch:
            self._watch_cmdlets(patch)
            self._watch_methods(patch)
            self._watch_programs(patch)
            self._watch_store(patch)
            yield

    def _watch_cmdlets(self, patch: pytest.MonkeyPatch) -> None:
        for key, spec in list(CMDLETS.items()):
            if spec.name.partition("-")[0] in VERBS and spec.name not in HARMLESS:
                patch.setitem(CMDLETS, key, replace(spec, handler=self._watched(spec)))
        check = Session.check

        def alive(session: Session) -> None:
            if self.killed.is_set():
                raise ProcessKilled
            check(session)

        patch.setattr(Session, "check", alive)

    def _watched(self, spec: Cmdlet) -> Callable[[Call], None]:
        def handler(call: Call) -> None:
            def refuse() -> None:
                raise call.failure("injected", "Injected")

            self.act(spec.name, lambda: spec.handler(call), refuse)

        return handler

    def _watch_methods(self, patch: pytest.MonkeyPatch) -> None:
        def refuse() -> None:
            raise fail("injected", "Injected")

        static, method = dotnet.static_call, members.call_method

        def watched(real: Callable[..., Any]) -> Callable[..., Any]:
            def called(session: Session, target: Any, member: str, given: Any) -> Any:
                if member.lower() not in METHODS:
                    return real(session, target, member, given)
                return self.act(f".{member}", lambda: real(session, target, member, given), refuse)

            return called

        for where, name, real in (
            (dotnet, "static_call", static),
            (expressions, "static_call", static),
            (members, "call_method", method),
            (expressions, "call_method", method),
        ):
            patch.setattr(where, name, watched(real))

    def _watch_programs(self, patch: pytest.MonkeyPatch) -> None:
        real = Pc.run_child

        def run(pc: Pc, parent: Any, program: str, line: str) -> int:
            if program not in PROGRAMS:
                return real(pc, parent, program, line)
            done = self.act(program, lambda: real(pc, parent, program, line), lambda: ACCESS_DENIED)
            return int(done)

        patch.setattr(Pc, "run_child", run)

    def _watch_store(self, patch: pytest.MonkeyPatch) -> None:
        def refuse() -> None:
            raise CredentialError(ACCESS_DENIED)

        for name in ("write", "delete"):
            real = getattr(Vault, name)

            def called(*given: Any, real: Any = real, name: str = name, **more: Any) -> Any:
                return self.act(f"Cred{name}", lambda: real(*given, **more), refuse)

            patch.setattr(Vault, name, called)
