"""`render`: the router's configuration on paper."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from onshi_net.errors import EXIT_GOOD, Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intent import RouterIntent, site_intent

if TYPE_CHECKING:
    from onshi_net.cli.context import Context


def _router(context: Context, site: str, host: str) -> RouterIntent:
    """Answers the intent of the site's router. Raises InputError when `host` is another one."""
    inventory = context.site(site)
    names = [one.name for one in inventory.hosts]
    if host != inventory.router.name:
        message = "cli.not-rendered" if host in names else "cli.no-such-host"
        hint = text("inventory.one-of", words=inventory.router.name)
        raise InputError([Fault(Place(item="--host"), text(message, host=host), hint)])
    return site_intent(inventory).router


def render(context: Context, site: str, host: str, *, as_json: bool) -> int:
    """Prints the intended configuration; needs no device and no secret."""
    intent = _router(context, site, host)
    from onshi_net.platforms import platform

    family = platform(intent.model.platform)
    lines = (*family.render(intent), *family.secret_lines(intent))
    if as_json:
        context.out.print_json(data={"site": site, "host": host, "lines": list(lines)})
    else:
        sys.stdout.write("\n".join(lines) + "\n")
    return EXIT_GOOD
