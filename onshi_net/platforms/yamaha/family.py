"""`Yamaha`: the family as the rest knows it. Loads what a question needs when it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net.intent import Management, RouterIntent, SiteIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.model import RouterModel
from onshi_net.platforms.base import Difference, Opener, PasswordRules, RouterSession

if TYPE_CHECKING:
    from onshi_net.facts.types import RouterState
    from onshi_net.platforms.change import Device


class Yamaha:
    """The `Platform` of RTX and NVR routers."""

    def render(self, intent: RouterIntent) -> tuple[str, ...]:
        """Answers the configuration's lines. Raises InputError for a value that can't stand."""
        from onshi_net.platforms.yamaha.render import router_config

        return router_config(intent)

    def secret_lines(self, intent: RouterIntent) -> tuple[str, ...]:
        """Answers the passwords' lines as `show config` has them."""
        return (f"login user {intent.management.username} *", "administrator password *")

    def difference(self, state: RouterState, intent: RouterIntent) -> Difference:
        """Answers the lines that go and come, kept ones left out."""
        from onshi_net.platforms.yamaha.difference import difference

        return difference(state, self.render(intent), intent)

    def masked(self, said: str) -> str:
        """Masks the secrets of others by the vendor's grammar."""
        from onshi_net.platforms.yamaha.masking import masked_line

        return masked_line(said)

    def passwords(self, model: RouterModel) -> PasswordRules:
        """Answers the rules of its login and administrator passwords."""
        from onshi_net.platforms.yamaha.passwords import rules_of

        return rules_of(model.shortest_password)

    def device(self, intent: RouterIntent, secrets: Secrets, session: RouterSession) -> Device:
        """Answers the router for a change of it."""
        from onshi_net.platforms.yamaha.device import YamahaDevice

        return YamahaDevice(intent, secrets, session)

    def open(
        self, management: Management, secrets: Secrets, known_hosts: Path, *, deadline_s: float
    ) -> RouterSession:
        """Opens the console over SSH."""
        from onshi_net.platforms.yamaha.session import open_router

        return open_router(management, secrets, known_hosts, deadline_s=deadline_s)

    def ask(
        self, intent: SiteIntent, secrets: Secrets, known_hosts: Path, opener: Opener | None
    ) -> RouterState:
        """Asks a list of commands over one session."""
        from onshi_net.platforms.yamaha.evidence import ask_router, open_ssh

        return ask_router(intent, secrets, known_hosts, opener or open_ssh)
