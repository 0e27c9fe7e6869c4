"""What a PC was before a change, and what brings it back there. Pure.

Everything that was read is compared, not only what was planned. What the PC could not tell then
(its shares, while the Server service did not run) is learned before it is touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from onshi_net.facts.pc import PcState, TerminalState
from onshi_net.pcs.decision import Found
from onshi_net.pcs.resources import (
    Difference,
    ServiceState,
    Share,
    StoredCredential,
    Thing,
    for_good,
    undoing,
)
from onshi_net.pcs.rest import rest_changed
from onshi_net.provision.windows.plan import Decided


@dataclass(frozen=True, slots=True)
class Earlier:
    """A PC before the change, and what was sent to it since."""

    state: PcState
    found: Found
    sent: tuple[Difference, ...] = ()

    def learned(self, now: Decided) -> Earlier:
        """Answers the same with shares that nobody could be asked for, where they are told now."""
        told = _tells_shares(self.state) or not _tells_shares(now.state)
        if told or any(one.kind == Share.kind for one in self.sent):
            return self
        shares = {k: one for k, one in now.decision.found.items() if isinstance(one, Share)}
        return replace(self, found=shares | self.found)

    def after(self, sent: tuple[Difference, ...]) -> Earlier:
        """Answers the same with what is being sent."""
        return replace(self, sent=(*self.sent, *sent))

    def back(self, now: Decided) -> tuple[Difference, ...]:
        """Answers what is missing to the PC as it was."""
        return undoing(visible(now.decision.found), self.sent, self._known(now))

    def stays(self, now: Decided) -> tuple[str, ...]:
        """Answers the kinds of what is another than it was, and can't be put back or is not ours.

        Of a PC that misses nothing else.
        """
        lost = {one.kind for one in for_good(visible(now.decision.found), self._known(now))}
        return tuple(dict.fromkeys((*sorted(lost), *rest_changed(self.state, now.state))))

    def _known(self, now: Decided) -> Found:
        """Answers what was there, of what the PC can tell now."""
        found = visible(self.found)
        if _tells_shares(now.state):
            return found
        return {key: one for key, one in found.items() if not isinstance(one, Share)}


def _tells_shares(state: PcState) -> bool:
    return not isinstance(state, TerminalState) or state.serving is not False


def visible(found: Found) -> Found:
    """Answers the things that reading alone shows: not the credential store's."""
    return {key: one for key, one in found.items() if not isinstance(one, StoredCredential)}


def in_order(
    back: tuple[Difference, ...],
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """Answers what is put back first, and the services: without the Server service no share can."""
    first = tuple(one for one in back if one.kind != ServiceState.kind)
    return first, tuple(one for one in back if one.kind == ServiceState.kind)


def shown(things: tuple[Difference, ...] | tuple[Thing, ...], count: int = 3) -> str:
    """Answers the first of them on one line."""
    return "; ".join(str(one).replace("\n", ", ") for one in things[:count])
