"""Questions to a path: which size, with which loss and delay, over which hops it carries."""

from __future__ import annotations

import asyncio
import statistics
from typing import Any

from onshi_net.facts.outcome import Outcome
from onshi_net.probe.ask_lan import Ask
from onshi_net.probe.net import Net, Pinger, Pong
from onshi_net.probe.protocol import Answer

SMALL = 100
FULL = 1500
LEAST = 1280
"""Every IPv6 link carries so many bytes (RFC 8200, 5)."""
HOPS = 64
TRIED_AGAIN = 8
"""So often 1500 bytes are sent again before they count as swallowed: of a path that loses a third,
all of them and the two before are lost once in 60,000 times."""


async def echo(
    net: Net,
    *,
    target: str,
    interface: str = "",
    count: int = 3,
    interval_s: float = 0.02,
    size: int = SMALL,
    within_s: float,
) -> Answer:
    """Sends `count` echo requests; answers how many came back, after how many milliseconds."""
    pinger = net.pinger(target, interface)
    each = max(0.2, within_s - count * interval_s)

    async def one(position: int) -> Pong | None:
        await asyncio.sleep(position * interval_s)
        return await pinger.ping(target, size, HOPS, each)

    pongs = await asyncio.gather(*(one(position) for position in range(count)))
    heard = [pong for pong in pongs if pong is not None]
    times = [pong.took_s * 1000 for pong in heard if pong.kind == "reply"]
    data: dict[str, Any] = {"sent": count, "received": len(times)}
    if times:
        data |= {"median_ms": round(statistics.median(times), 3), "worst_ms": round(max(times), 3)}
        return Answer(Outcome.OK, data=data)
    if heard:
        return Answer(Outcome.REFUSED, heard[0].kind, {**data, "told_by": heard[0].source})
    return Answer(Outcome.NO_ANSWER, data=data)


async def path_mtu(net: Net, *, target: str, interface: str = "", within_s: float) -> Answer:
    """Finds the largest packet that passes there and back, up to 1500 bytes.

    `ok`: 1500 pass. `refused`, `too-big`: a router says that less passes (`told_by`, `mtu`).
    `no-answer`, `black-hole`: larger packets vanish without a word (`mtu` passes). `no-answer`,
    `silent`: not even small ones are answered.
    """
    pinger = net.pinger(target, interface)
    each = within_s / 4
    small = await _either(pinger, target, SMALL, each)
    if small is None or small.kind != "reply":
        return Answer(Outcome.NO_ANSWER, "silent")
    full = await _either(pinger, target, FULL, each)
    if full is not None and full.kind == "reply":
        return Answer(Outcome.OK, data={"mtu": FULL})
    if full is not None and full.kind == "too-big":
        told = {"mtu": full.mtu, "told_by": full.source}
        return Answer(Outcome.REFUSED, "too-big", told)
    largest = await _largest(pinger, target, each)
    if largest == FULL:
        return Answer(Outcome.OK, data={"mtu": FULL})
    return Answer(Outcome.NO_ANSWER, "black-hole", {"mtu": largest})


async def _either(pinger: Pinger, target: str, size: int, within_s: float) -> Pong | None:
    """Sends up to two echo requests, the second when the first stays unanswered."""
    return await pinger.ping(target, size, HOPS, within_s / 2) or await pinger.ping(
        target, size, HOPS, within_s / 2
    )


async def _largest(pinger: Pinger, target: str, within_s: float) -> int | None:
    """Answers the largest size that is answered, in two rounds of sizes sent side by side.

    The full size is tried again with the first: what a lossy path lost twice is no black hole.
    """
    best: int | None = None
    for sizes in ((*range(LEAST, FULL, 20), *[FULL] * TRIED_AGAIN), None):
        chosen = sizes if sizes is not None else range((best or LEAST) + 1, (best or LEAST) + 20)
        pongs = await asyncio.gather(
            *(pinger.ping(target, size, HOPS, within_s) for size in chosen)
        )
        passed = [s for s, p in zip(chosen, pongs, strict=True) if p and p.kind == "reply"]
        best = max(passed, default=best)
        if best is None or best == FULL:
            return best
    return best


async def trace(
    net: Net, *, target: str, interface: str = "", hops: int = 12, within_s: float
) -> Answer:
    """Lists who answers at each hop limit (None: nobody), up to the target."""
    pinger = net.pinger(target, interface)
    pongs = await asyncio.gather(
        *(pinger.ping(target, SMALL, limit, within_s) for limit in range(1, hops + 1))
    )
    path: list[str | None] = []
    for pong in pongs:
        path.append(pong.source if pong is not None else None)
        if pong is not None and pong.kind != "exceeded":
            reached = pong.kind == "reply"
            outcome = Outcome.OK if reached else Outcome.REFUSED
            return Answer(outcome, "" if reached else pong.kind, {"hops": path})
    while path and path[-1] is None:
        path.pop()
    return Answer(Outcome.NO_ANSWER, data={"hops": path})


ASKS: dict[str, Ask] = {"echo": echo, "path-mtu": path_mtu, "trace": trace}
