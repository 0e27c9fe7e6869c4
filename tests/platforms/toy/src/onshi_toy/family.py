"""`Toy`: the family as onshi_net knows it."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from onshi_net.errors import LoginRefused, OnshiError
from onshi_net.facts.told import Told
from onshi_net.facts.types import Access, Lines, Outcome, RouterState
from onshi_net.i18n import text
from onshi_net.intent import Management, RouterIntent, SiteIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.model import RouterModel
from onshi_net.model.passwords import controls, sizes
from onshi_net.platforms.base import (
    Difference,
    Opener,
    PasswordRules,
    RouterSession,
    initial_refused,
    measuring,
)
from onshi_net.platforms.change import Config
from onshi_toy import blocks
from onshi_toy.device import ToyDevice
from onshi_toy.session import open_console

LONGEST = 64
ASKING_S = 8.0


class Toy:
    """The `Platform` of the toy routers."""

    def render(self, intent: RouterIntent) -> Config:
        """Answers the configuration's rows."""
        environment = Environment(
            loader=PackageLoader("onshi_toy"),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return blocks.rows(environment.get_template("main.j2").render(router=intent))

    def secret_lines(self, intent: RouterIntent) -> Config:
        """Answers none: the passwords' rows stand in the rest, masked."""
        del intent
        return ()

    def difference(self, state: RouterState, intent: RouterIntent) -> Difference:
        """Answers the paths that go and come; a change of this family leaves no mark."""
        running, saved = _found(state.running), _found(state.saved)
        unsaved = blocks.difference(saved, running) if saved else ()
        return Difference(blocks.difference(running, self.render(intent)), unsaved, None)

    def masked(self, said: str) -> str:
        """Masks the passwords."""
        return blocks.masked(said)

    def passwords(self, model: RouterModel) -> PasswordRules:
        """Answers that a password is a row of printable characters."""

        shortest = model.shortest_password

        def typable(value: str) -> tuple[str, ...]:
            return tuple(controls(value))

        def settable(value: str) -> tuple[str, ...]:
            return (*sizes(value, shortest, LONGEST), *typable(value))

        remedy = text("render.bad-password.remedy", shortest=shortest, longest=LONGEST)
        return PasswordRules(settable, typable, remedy)

    def device(self, intent: RouterIntent, secrets: Secrets, session: RouterSession) -> ToyDevice:
        """Answers the router for a change."""
        return ToyDevice(intent, secrets, session)

    def open(
        self, management: Management, secrets: Secrets, known_hosts: Path, *, deadline_s: float
    ) -> RouterSession:
        """Opens the console; the delivery password is tried where the site's is refused."""
        return open_console(management, secrets, known_hosts, deadline_s)

    def ask(
        self, intent: SiteIntent, secrets: Secrets, known_hosts: Path, opener: Opener | None
    ) -> RouterState:
        """Answers who the router is and what it runs; all else of a state it can't tell."""
        management = intent.router.management
        try:
            session = self._open(measuring(management), secrets, known_hosts, opener)
        except OnshiError as error:
            refused = isinstance(error, LoginRefused)
            access = Access.LOGIN_REFUSED if refused else Access.UNREACHABLE
            return RouterState(access=access, reason=Told(said=secrets.masked(str(error))))
        try:
            found = session.identity
            running, saved = session.config(), session.saved_config()
        except OnshiError as error:
            return RouterState(access=Access.ERROR, reason=Told(said=secrets.masked(str(error))))
        finally:
            session.close()
        return RouterState(
            access=Access.OPEN,
            used_initial=session.used_initial,
            initial_refused=initial_refused(management, secrets, session),
            model=found.model,
            firmware=str(found.firmware),
            serial=found.serial,
            running=_read(secrets.masked(running)),
            saved=_read(secrets.masked(saved)),
        )

    def _open(
        self, management: Management, secrets: Secrets, known_hosts: Path, opener: Opener | None
    ) -> RouterSession:
        if opener is not None:
            return opener(management, secrets, known_hosts)
        return self.open(management, secrets, known_hosts, deadline_s=ASKING_S)


def _read(text: str) -> Lines:
    return Lines(outcome=Outcome.OK, duration_s=0.0, found=blocks.rows(blocks.masked(text)))


def _found(lines: Lines | None) -> Config:
    return (lines.found or ()) if lines is not None else ()
