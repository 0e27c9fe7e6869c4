"""`winrm prepare` and `restore`: letting the laptop into the PCs for the work, and out again."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net.cli.provision import require_host, workshop
from onshi_net.errors import EXIT_GOOD, Fault, InputError, OnshiError, Place
from onshi_net.files import open_private
from onshi_net.i18n import text
from onshi_net.i18n.system import reason as system_reason

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.provision.windows.prepare import PutBack


def prepare(context: Context, site: str, out: Path | None) -> int:
    """Gives the file that is double-clicked at each PC, which then lets the laptop in."""
    from onshi_net.provision.windows.prepare import prepare_stick
    from onshi_net.transport.laptop import own_legs

    segments = context.site(site).site.facts.segments
    networks = (segments.terminal.ipv4, segments.clinic.ipv4)
    legs = (leg.address.ip for leg in own_legs())
    content = prepare_stick([ip for ip in legs if any(ip in one for one in networks)])
    _give(context, content, out)
    return EXIT_GOOD


def _give(context: Context, content: bytes, out: Path | None) -> None:
    """Writes a file for a stick, or prints it as it must lie there: line ends and all.

    Raises InputError when the file can't be written.
    """
    if out is None:
        sys.stdout.write(content.decode("ascii"))
        return
    try:
        with os.fdopen(open_private(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(content)
    except OSError as error:
        problem = text("cli.file-refused", file=out, reason=system_reason(error))
        raise InputError([Fault(Place(item="--out"), problem)]) from None
    context.progress.print(text("cli.stick-written", file=out), markup=False, soft_wrap=True)


def restore(context: Context, site: str, only: str | None, out: Path | None) -> int:
    """Puts back on every PC what was opened for the work; answers the worst exit code.

    With `out` no PC is asked: the file that does it at the PC is written. Raises InputError when
    `only` names no PC of the site.
    """
    from onshi_net.provision.devicelock import changing, names_of_pc
    from onshi_net.provision.windows import prepare as work
    from onshi_net.transport.windows import Endpoint

    inventory = context.site(site)
    pcs = (*inventory.terminals, *inventory.receipt_pcs)
    require_host(inventory, pcs, only, "cli.not-a-pc")
    if out is not None:
        _give(context, work.restore_stick(), out)
        return EXIT_GOOD
    shop = workshop(context, inventory)
    code = EXIT_GOOD
    for name, intent in shop.windows.items():
        if only not in (None, name) or (only is None and name in shop.others):
            continue
        try:
            with (
                changing(name, site, context.runs, names_of_pc(intent)),
                context.steps() as tell,
            ):
                tell(name, "windows.connecting")
                session = shop.connect(intent)
                try:
                    tell(name, "windows.restoring", seconds=round(work.DONE_WITHIN_S))
                    was = work.restore(session, Endpoint.of(intent.access), name)
                finally:
                    session.close()
        except OnshiError as error:
            context.progress.print(str(error), style="red", markup=False)
            if error.remedy:
                context.progress.print(f"  {error.remedy}", markup=False)
            code = max(code, error.exit_code)
            continue
        context.out.print(text(_sentence(was), host=name, count=was.left))
    return code


def _sentence(was: PutBack) -> str:
    """Answers the id of what is said of a PC that is done."""
    if was.opened:
        return "cli.put-back-and-removed" if was.left else "cli.put-back"
    return "cli.removed" if was.left else "cli.nothing-opened"
