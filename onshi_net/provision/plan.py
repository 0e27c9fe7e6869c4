"""`plan_router`: what must be sent so that a router becomes what the intent says.

What is sent in which order is decided by the router's family.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from onshi_net.i18n import text
from onshi_net.intent import RouterIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.platforms.base import Identity, RouterSession, platform
from onshi_net.platforms.change import Command, Config, Device, Mark, Password, PasswordStep, Step
from onshi_net.provision.passwords import require_router
from onshi_net.provision.preflight import check_device

OPEN_S = 30.0
"""Seconds that opening a session may take."""

Render = Callable[[RouterIntent], Config]


def shown(steps: Iterable[Step]) -> tuple[str, ...]:
    """Answers steps as a person reads them, without the secrets of anybody."""
    return tuple(line for step in steps for line in _shown(step))


def _shown(step: Step) -> tuple[str, ...]:
    if isinstance(step, Password):
        return (text(f"provision.set-{step.which}-password"),)
    return step.shown


@dataclass(frozen=True, slots=True)
class RouterPlan:
    """What would be sent to a router, in order."""

    host: str
    identity: Identity
    todo: tuple[Step, ...] = field(repr=False)
    """For sending; `steps` and `diff` are for people."""
    unsaved: bool
    """The running configuration differs from the saved one."""
    diff: tuple[str, ...]
    """`+ line` and `- line`, as a person reads it: without the secrets of anybody."""
    whole: bool = False
    """The router takes it as a whole, and has no undo of its own."""
    losses: tuple[str, ...] = ()
    """What somebody uses the router for that would be gone, in people's words."""
    stages: tuple[Config, ...] = field(default=(), repr=False)
    """The configurations that it passes through, the wanted one last; a restart between two."""
    mark: Mark | None = None
    """A run's guard; as long as that is not over, what the router runs is not final."""

    @property
    def is_empty(self) -> bool:
        """Whether the router already is what the intent says, saved, and no run's mark is on it."""
        return not (self.todo or self.unsaved or self.mark)

    @property
    def commands(self) -> tuple[Command, ...]:
        """Lists the commands."""
        return tuple(step for step in self.todo if isinstance(step, Command))

    @property
    def passwords(self) -> tuple[PasswordStep, ...]:
        """Lists the passwords that become the site's."""
        return tuple(step.which for step in self.todo if isinstance(step, Password))

    @property
    def lines(self) -> tuple[str, ...]:
        """Lists the configuration lines in the order of sending; they may hold secrets."""
        return tuple(line for command in self.commands for line in command.lines)

    @property
    def steps(self) -> tuple[str, ...]:
        """Lists lines and password steps as a person reads them, without the secrets of anybody."""
        return shown(self.todo)

    @property
    def notes(self) -> tuple[str, ...]:
        """Lists what whoever lets it be done should know of how it is guarded, and by whom."""
        whole = (text("provision.whole-note"),) if self.whole and self.todo else ()
        restart = (text("provision.restarts-between"),) if self.restarts else ()
        return (*whole, *restart, *_marked(self.mark))

    @property
    def restarts(self) -> bool:
        """Whether the router is restarted in the middle."""
        return len(self.stages) > 1


def _marked(mark: Mark | None) -> tuple[str, ...]:
    if mark is None:
        return ()
    whose = {"who": mark.who, "run": mark.run}
    if mark.over:
        return (text("provision.mark-left-note", **whose),)
    if mark.left_s is None:
        return (text("provision.guarded-untold-note", **whose),)
    return (text("provision.guarded-note", **whose, seconds=round(mark.left_s)),)


def plan_router(
    intent: RouterIntent, secrets: Secrets, known_hosts: Path, *, render: Render | None = None
) -> RouterPlan:
    """Reads the router and answers what must change.

    `render` None: the family's. Raises InputError for its secrets, the errors of `Platform.open`,
    and WrongDevice.
    """
    require_router(intent, secrets)
    family = platform(intent.model.platform)
    session = family.open(intent.management, secrets, known_hosts, deadline_s=OPEN_S)
    try:
        check_device(intent, session.identity)
        wanted = (render or family.render)(intent)
        return plan_session(session, intent, secrets, wanted)
    finally:
        session.close()


def plan_session(
    session: RouterSession, intent: RouterIntent, secrets: Secrets, wanted: Iterable[str]
) -> RouterPlan:
    """Answers what must change on an open session's router."""
    device = platform(intent.model.platform).device(intent, secrets, session)
    return plan_device(device, intent.host, tuple(wanted))


def plan_device(device: Device, host: str, wanted: Config) -> RouterPlan:
    """Answers what must change on a router."""
    seen = device.read(kept=True)
    todo = device.plan(seen.running, wanted)
    return RouterPlan(
        host=host,
        identity=device.session.identity,
        todo=todo,
        unsaved=not seen.is_saved,
        diff=device.differs(seen.running, wanted),
        whole=device.whole,
        losses=device.uses(seen.running) if todo else (),
        stages=device.stages(seen.running, wanted),
        mark=seen.mark,
    )
