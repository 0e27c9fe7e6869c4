"""Renders the router's configuration from its intent."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from onshi_net.intent import RouterIntent
from onshi_net.platforms.yamaha.model import family_of
from onshi_net.platforms.yamaha.quoting import check_line, router_word
from onshi_net.platforms.yamaha.services import closing_lines, offering_lines
from onshi_net.render.templates import TEMPLATES


@cache
def _environment() -> Environment:
    """Gives the environment whose every `{{ value }}` passes `router_word`."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES / "router"),
        undefined=StrictUndefined,
        finalize=router_word,
        autoescape=False,  # noqa: S701 - not HTML; `finalize` refuses every metacharacter
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def router_config(intent: RouterIntent) -> tuple[str, ...]:
    """Answers the router's configuration lines, in the order in which they may be sent.

    Raises InputError when a value may not stand in a router line.
    """
    template = _environment().get_template(f"{intent.model.platform}/main.j2")
    others = intent.other_services
    services = {"closed": closing_lines(intent.model, others), "offered": offering_lines(others)}
    family = family_of(intent.model)
    lines = template.render(router=intent, family=family, **services).splitlines()
    return tuple(check_line(line) for line in lines if line and not line.startswith("#"))
