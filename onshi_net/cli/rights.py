"""Says before measuring that raw packets can't be sent from here, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from onshi_net.errors import OnshiError
from onshi_net.i18n import text

if TYPE_CHECKING:
    from onshi_net.cli.context import Context


class NoRights(OnshiError):
    """Raised before anything is measured; the remedy names the commands that give the right."""

    @property
    def remedy(self) -> str:
        """Gives the commands, each on a line of its own, and the way without."""
        from onshi_net.probe.rights import commands

        lines = (text("rights.give"), *(f"  {one}" for one in commands()), text("rights.without"))
        return "\n  ".join(lines)


def probe_of(context: Context) -> Sequence[str]:
    """Answers the command of the probe. Raises NoRights, unless this run does without."""
    from onshi_net.evidence.probing import PROBE
    from onshi_net.probe.protocol import WITHOUT_RAW
    from onshi_net.probe.rights import may_send

    if context.without_raw:
        return (*PROBE, WITHOUT_RAW)
    if not may_send():
        raise NoRights("rights.missing")
    return PROBE


def probe_for_change(context: Context) -> Sequence[str]:
    """Answers the command of the probe; says where it will prove nothing."""
    from onshi_net.evidence.probing import PROBE

    try:
        return probe_of(context)
    except NoRights:
        context.progress.print(text("rights.no-proof"), style="yellow", markup=False)
        return PROBE
