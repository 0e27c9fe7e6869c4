"""`winrm prepare` and `restore`: letting the laptop into the PCs for the work, and out again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from onshi_net.cli.provision import require_host, workshop
from onshi_net.errors import EXIT_GOOD, OnshiError
from onshi_net.i18n import text

if TYPE_CHECKING:
    from onshi_net.cli.context import Context


def prepare(context: Context, site: str) -> int:
    """Prints the script that somebody runs at each PC, as administrator."""
    from onshi_net.provision.windows.prepare import prepare_script
    from onshi_net.transport.laptop import own_legs

    segments = context.site(site).site.facts.segments
    networks = (segments.terminal.ipv4, segments.clinic.ipv4)
    legs = (leg.address.ip for leg in own_legs())
    sys.stdout.write(prepare_script([ip for ip in legs if any(ip in one for one in networks)]))
    return EXIT_GOOD


def restore(context: Context, site: str, only: str | None) -> int:
    """Puts back on every PC what the prepare script loosened; answers the worst exit code.

    Raises InputError when `only` names no PC of the site.
    """
    from onshi_net.provision.devicelock import changing, names_of_pc
    from onshi_net.provision.windows.prepare import restore as put_back
    from onshi_net.transport.windows import Endpoint

    inventory = context.site(site)
    pcs = (*inventory.terminals, *inventory.receipt_pcs)
    require_host(inventory, pcs, only, "cli.not-a-pc")
    shop = workshop(context, inventory)
    code = EXIT_GOOD
    for name, intent in shop.windows.items():
        if only not in (None, name):
            continue
        try:
            with changing(name, site, context.runs, names_of_pc(intent)):
                session = shop.connect(intent)
                try:
                    was = put_back(session, Endpoint.of(intent.access), name)
                finally:
                    session.close()
        except OnshiError as error:
            context.progress.print(str(error), style="red", markup=False)
            if error.remedy:
                context.progress.print(f"  {error.remedy}", markup=False)
            code = max(code, error.exit_code)
            continue
        context.out.print(text("cli.put-back" if was else "cli.nothing-loosened", host=name))
    return code
