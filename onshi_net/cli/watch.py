"""`verify --watch`: a line a round, with what turned and the causes that are left."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from onshi_net.i18n import text

if TYPE_CHECKING:
    from onshi_net.checks import VerifyResult
    from onshi_net.checks.watch import Measure
    from onshi_net.cli.context import Context
    from onshi_net.intent import SiteIntent

EVERY_S = 3.0
"""From the beginning of a round to that of the next, where it is over by then."""


def watched(context: Context, intent: SiteIntent, result: VerifyResult, measure: Measure) -> str:
    """Measures until nothing that was bad is bad any more; answers how it ended.

    Ctrl-C goes to whoever called.
    """
    from onshi_net.checks.model import State
    from onshi_net.checks.watch import again, bad

    evidence, checks, end = result.evidence, result.checks, result.ending.value
    if evidence is None or not bad(checks):
        return end
    told = text("cli.watching", count=len(bad(checks)), seconds=round(EVERY_S))
    context.out.print(told, markup=False)
    while bad(checks):
        begun = time.monotonic()
        found = again(evidence, checks, intent, measure)
        evidence, checks, end = found.evidence, found.checks, found.ending
        now = f"{datetime.now().astimezone():%H:%M:%S}"
        line = text("cli.watch-round", time=now, bad=len(found.bad), turned=len(found.turns))
        context.out.print(line, markup=False)
        for turn in found.turns:
            style = "green" if turn.now is State.PASSED else "yellow"
            context.out.print(f"  {turn}", markup=False, style=style)
        for cause in found.diagnosis.lines() if found.turns else ():
            context.out.print(f"  {cause}", markup=False)
        if found.bad:
            time.sleep(max(0.0, EVERY_S - (time.monotonic() - begun)))
    context.out.print(text("cli.watch-good", site=intent.site), style="green", markup=False)
    return end
