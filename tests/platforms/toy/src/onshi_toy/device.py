"""A toy router while it is changed: everything at once, by one commit."""

from __future__ import annotations

from typing import cast

from onshi_net.errors import DeviceError
from onshi_net.intent import RouterIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.platforms.base import RouterSession
from onshi_net.platforms.change import Command, Config, Guard, Note, Seen, Step
from onshi_toy import blocks
from onshi_toy.session import ToySession


class ToyDevice:
    """The `Device` of the toy routers.

    Its one step is the whole configuration with the site's password; undoing it commits the
    earlier one with the earlier password.
    """

    whole = True
    boot_s = 30.0

    def __init__(self, intent: RouterIntent, secrets: Secrets, session: RouterSession) -> None:
        """Takes an open session."""
        self.intent = intent
        self.secrets = secrets
        self.take(session)
        self.first_login = self.login

    def take(self, session: RouterSession) -> None:
        """Goes on over another session; what opened it is the router's password."""
        self.session = cast("ToySession", session)
        self.login = session.credentials.login

    def require_alone(self) -> None:
        """Raises DeviceError where somebody else has a candidate."""
        for row in self.session.say("show candidates").splitlines():
            user, where = row.split()
            raise DeviceError(
                "provision.somebody-else", host=self.intent.host, user=user, where=where
            )

    def read(self, *, kept: bool) -> Seen:
        """Reads what runs, which is what is kept."""
        text = self.session.config()
        running = blocks.rows(text)
        return Seen(
            text=text,
            running=running,
            saved=running if kept else None,
            is_saved=kept,
            mark=None,
            has_first_passwords=self._value(self.login) == self._value(self.first_login),
        )

    def _value(self, reference: str) -> str:
        return self.secrets.resolve(reference).reveal()

    def same(self, first: Config, second: Config) -> bool:
        """Compares the paths."""
        return blocks.same(first, second)

    def differs(self, running: Config, wanted: Config) -> tuple[str, ...]:
        """Answers the paths that go and come, the password among them."""
        user = self.intent.management.username
        is_old = self._value(self.login) != self._value(self.intent.management.secret)
        password = (f"+ system user {user} password {blocks.MASK}",) if is_old else ()
        return (*blocks.difference(running, wanted), *password)

    def uses(self, running: Config) -> tuple[str, ...]:
        """Answers nothing: a toy is used for nothing else."""
        del running
        return ()

    def stages(self, running: Config, wanted: Config) -> tuple[Config, ...]:
        """Answers one: nothing waits for a restart."""
        del running
        return (wanted,)

    def plan(self, running: Config, wanted: Config) -> tuple[Step, ...]:
        """Answers one step or none."""
        shown = self.differs(running, wanted)
        return (Command(wanted, running, shown),) if shown else ()

    def send(self, step: Step) -> None:
        """Commits the new configuration."""
        if isinstance(step, Command):
            self._commit(step.lines, self.intent.management.secret)

    def undo(self, step: Step) -> None:
        """Commits the earlier configuration."""
        if isinstance(step, Command):
            self._commit(step.undo or (), self.first_login)

    def _commit(self, config: Config, login: str) -> None:
        self.session.say("load", (*config, "."))
        if self._value(login) != self._value(self.login):
            user = self.intent.management.username
            self.session.say(f"password {user}", (self._value(login),))
        self.session.say("commit")
        self.login = login

    def choose_guard(self, seconds: int, running: Config, wanted: Config, note: Note) -> Guard:
        """Is never asked for."""
        raise NotImplementedError

    def arm(self, run: str) -> None:
        """Is never asked for."""
        raise NotImplementedError

    def disarm(self) -> None:
        """Has nothing to take away."""

    def keep(self) -> None:
        """Has nothing to do: a commit keeps."""
