"""`plan_router`: what must be sent so that a router becomes what the intent says.

The decision (`plan_lines`) is pure. The order keeps the management session alive:
1. filters that shall no longer be applied are taken off their interfaces;
2. lines that nobody wants any more go, except those that carry the session or the port layout;
3. lines of the intent follow in the intent's order, which is the order of safe sending;
4. old filter definitions go when nothing names them any more;
5. old lines that carried the session or the port layout go last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from onshi_net.i18n import text
from onshi_net.intent import RouterIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.provision.config import config_lines, is_section, keyed, same_config
from onshi_net.provision.preflight import check_device
from onshi_net.provision.rules import (
    after_division,
    applies_filters,
    defines_filter,
    divides_lan,
    hides_secret,
    is_kept,
    key_of,
    negation,
)
from onshi_net.render import router_config
from onshi_net.transport import Identity, RouterSession, open_router

OPEN_S = 30.0
"""Seconds that opening a session may take."""

AFTER = 2
"""Removals from this rank on follow the new lines."""

Render = Callable[[RouterIntent], tuple[str, ...]]


class PasswordStep(StrEnum):
    """A password that must become the site's."""

    LOGIN = "login"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Command:
    """Lines that are sent together, and the lines that undo them.

    `undo` is None where they can't be undone.
    """

    lines: tuple[str, ...]
    undo: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class RouterPlan:
    """What would be sent to a router, in order; no passwords in it."""

    host: str
    identity: Identity
    commands: tuple[Command, ...]
    passwords: tuple[PasswordStep, ...]
    unsaved: bool
    """The running configuration differs from the saved one."""
    diff: tuple[str, ...]
    """`+ line` and `- line`, as a person reads it."""

    @property
    def is_empty(self) -> bool:
        """Whether the router already is what the intent says, and saved."""
        return not (self.commands or self.passwords or self.unsaved)

    @property
    def lines(self) -> tuple[str, ...]:
        """Lists the configuration lines in the order of sending."""
        return tuple(line for command in self.commands for line in command.lines)

    @property
    def steps(self) -> tuple[str, ...]:
        """Lists lines and password steps as a person reads them, passwords without values."""
        return (*self.lines, *(text(f"provision.set-{step}-password") for step in self.passwords))


def plan_router(
    intent: RouterIntent, secrets: Secrets, known_hosts: Path, *, render: Render = router_config
) -> RouterPlan:
    """Reads the router and answers what must change.

    Raises the errors of `open_router`, and WrongDevice.
    """
    session = open_router(intent.management, secrets, known_hosts, deadline_s=OPEN_S)
    try:
        check_device(intent, session.identity)
        return plan_session(session, intent, secrets, render(intent))
    finally:
        session.close()


def plan_session(
    session: RouterSession, intent: RouterIntent, secrets: Secrets, wanted: Iterable[str]
) -> RouterPlan:
    """Answers what must change on an open session's router."""
    running = config_lines(session.config())
    saved = config_lines(session.saved_config())
    commands = plan_lines(running, tuple(wanted), carriers(intent))
    return RouterPlan(
        host=intent.host,
        identity=session.identity,
        commands=commands,
        passwords=password_steps(session, intent, secrets),
        unsaved=not same_config(running, saved),
        diff=human_diff(running, tuple(wanted)),
    )


def password_steps(
    session: RouterSession, intent: RouterIntent, secrets: Secrets
) -> tuple[PasswordStep, ...]:
    """Answers which passwords are not the site's yet: those that only the delivery secret opened.

    A router that asks for no administrator password tells nothing of it; it is set together with
    the login's.
    """
    management, used = intent.management, session.credentials
    steps = []
    login_is_old = secrets.resolve(used.login) != secrets.resolve(management.secret)
    if login_is_old:
        steps.append(PasswordStep.LOGIN)
    if used.admin is None:
        admin_is_old = login_is_old
    else:
        admin_is_old = secrets.resolve(used.admin) != secrets.resolve(management.admin_secret)
    if admin_is_old:
        steps.append(PasswordStep.ADMIN)
    return tuple(steps)


def carriers(intent: RouterIntent) -> frozenset[str]:
    """Answers the router's addresses that a session may run over."""
    return frozenset({str(intent.management.address), str(intent.terminal.address.ip)})


def human_diff(running: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Answers what goes (`- `) and comes (`+ `), removed lines first."""
    before, after = set(keyed(running)), set(keyed(wanted))
    goes = [
        f"- {_shown(pair)}" for pair in keyed(running) if pair not in after and not is_kept(pair[1])
    ]
    comes = [f"+ {_shown(pair)}" for pair in keyed(wanted) if pair not in before]
    return (*goes, *comes)


def _shown(pair: tuple[str, str]) -> str:
    section, line = pair
    return f"{section}: {line}" if section else line


def plan_lines(
    running: tuple[str, ...], wanted: tuple[str, ...], carrying: frozenset[str]
) -> tuple[Command, ...]:
    """Answers the commands that turn `running` into `wanted`, each with its undo. Pure.

    `carrying` are the router's addresses that the session may run over.
    """
    unmoved = set(keyed(running))
    running = after_division(running, wanted)
    old = {(section, key_of(line)): line for section, line in keyed(running) if not is_kept(line)}
    removed: list[tuple[int, int, Command]] = []
    added: list[tuple[int, Command]] = []
    place = {pair: index for index, pair in enumerate(keyed(wanted))}
    for section, line in _remediation(running, wanted):
        if line.startswith("no "):
            before = old[section, line.removeprefix("no ")]
            moved = (section, before) not in unmoved
            rank = AFTER if moved else _removal_rank(before, carrying)
            removed.append((rank, -len(removed), _removal(section, line, before)))
        else:
            added.append((place[section, line], _addition(section, line, old)))
    removed.sort(key=lambda entry: entry[:2])
    first = [command for rank, _, command in removed if rank < AFTER]
    last = [command for rank, _, command in removed if rank >= AFTER]
    return (*first, *(command for _, command in sorted(added, key=lambda a: a[0])), *last)


def _removal_rank(line: str, carrying: frozenset[str]) -> int:
    """Answers when a line is removed: the numbers of the order above, less one."""
    if applies_filters(line):
        return 0
    addresses = {word.partition("/")[0] for word in line.split()} if " address " in line else set()
    if divides_lan(line) or carrying & addresses:
        return AFTER + 1
    return AFTER if defines_filter(line) else 1


def _within(section: str, *lines: str) -> tuple[str, ...]:
    if not section:
        return lines
    return (section, *lines, f"{section.split(maxsplit=1)[0]} select none")


def _removal(section: str, line: str, before: str) -> Command:
    undo = None if hides_secret(before) else _within(section, before)
    return Command(_within(section, line), undo)


def _addition(section: str, line: str, old: dict[tuple[str, str], str]) -> Command:
    before = old.get((section, key_of(line)))
    if before is None:
        return Command(_within(section, line), _within(section, negation(line)))
    return Command(
        _within(section, line), None if hides_secret(before) else _within(section, before)
    )


def _remediation(running: tuple[str, ...], wanted: tuple[str, ...]) -> list[tuple[str, str]]:
    """Asks hier-config for the difference: (section, line) pairs, removals as `no …`."""
    from hier_config import get_hconfig

    from onshi_net.provision.driver import YamahaDriver

    ours = tuple(line for line in running if not is_kept(line))
    target = [*wanted, *(line for line in ours if is_section(line) and line not in wanted)]
    driver = YamahaDriver()
    delta = get_hconfig(driver, "\n".join(ours)).config_to_get_to(
        get_hconfig(driver, "\n".join(target))
    )
    pairs = []
    for child in delta.children:
        if is_section(child.text):
            pairs += [(child.text, inner.text) for inner in child.children]
        else:
            pairs.append(("", child.text))
    return pairs
