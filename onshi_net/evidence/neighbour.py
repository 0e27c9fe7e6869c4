"""Who answers for one address of a network that the laptop stands in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from onshi_net.evidence.probing import PROBE, probe_process
from onshi_net.facts.types import Outcome, Owners, Reading

WITHIN_S = 1.5
"""Time for every owner to answer: ARP is answered at once, twice asked here."""
STARTS_S = 20.0
"""The longest that the probe's process may take, which imports much."""


def owners_of(interface: str, address: str, *, probe: Sequence[str] = PROBE) -> Reading[Owners]:
    """Answers the MACs that claim an address; outcome `error` where it can't be asked from here."""
    try:
        return asyncio.run(_asked(interface, address, probe))
    except TimeoutError:
        return Reading(outcome=Outcome.ERROR, detail="overran")
    except OSError:
        return Reading(outcome=Outcome.ERROR, detail="probe-not-started")


async def _asked(interface: str, address: str, command: Sequence[str]) -> Reading[Owners]:
    async with asyncio.timeout(STARTS_S), probe_process(command) as probe:
        return await probe.ask(Owners, "owners", WITHIN_S, interface=interface, address=address)
