"""What packets could not show while a router was changed: asked again in the end, and told."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from onshi_net.i18n import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onshi_net.cli.context import Context
    from onshi_net.provision.packets import Answers, Measure
    from onshi_net.provision.site import HostOutcome


def asked_again(outcomes: Sequence[HostOutcome], measure: Measure) -> Answers:
    """Answers now what was not seen good when the router was changed; nothing for no change."""
    from onshi_net.provision.core import MEASURE_S, Seen

    left = {one.check for outcome in outcomes for one in outcome.after if one.seen is not Seen.GOOD}
    return tuple(one for one in measure(MEASURE_S) if one.check in left) if left else ()


def tell(context: Context, site: str, answers: Answers) -> None:
    """Says what is good by now, what is not, and what still could not be measured."""
    from onshi_net.provision.core import Seen

    by = {seen: [one for one in answers if one.seen is seen] for seen in Seen}
    if by[Seen.GOOD]:
        context.out.print(text("cli.proof-good", count=len(by[Seen.GOOD])), soft_wrap=True)
    for seen, message, style in (
        (Seen.BAD, "cli.proof-bad", "red"),
        (Seen.UNKNOWN, "cli.proof-unknown", "yellow"),
    ):
        for said in dict.fromkeys(one.said for one in by[seen]):
            context.out.print(text(message, said=said), style=style, markup=False, soft_wrap=True)
    if by[Seen.BAD] or by[Seen.UNKNOWN]:
        command = shlex.join(["onshi", "verify", site])
        context.out.print(text("cli.proof-verify", command=command), markup=False, soft_wrap=True)
