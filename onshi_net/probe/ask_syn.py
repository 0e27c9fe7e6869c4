"""TCP by raw frames: a laptop with a leg in each segment stands for a terminal or a receipt PC.

The kernel would send a packet between two of its own networks straight to the other leg; a frame
that is addressed to the router's MAC takes the way that a PC's packet takes.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from onshi_net.facts.outcome import Outcome
from onshi_net.probe import ask_lan, frames
from onshi_net.probe.ask_lan import Ask
from onshi_net.probe.clock import Clock
from onshi_net.probe.net import CannotAsk, Leg, Net
from onshi_net.probe.protocol import Answer

RESOLVE_S = 0.9
SEND_AT = (0.0, 0.2, 0.5)
"""Shares of the time for an answer at which the SYN is sent: two may be lost."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    leg: Leg
    macs: tuple[str, str]
    addresses: tuple[str, str]
    ports: tuple[int, int]
    sequence: int

    @property
    def clock(self) -> Clock:
        return self.leg.clock

    def frame(self, flags: int) -> bytes:
        step = 0 if flags == frames.SYN else 1
        return frames.tcp(self.macs, self.addresses, self.ports, self.sequence + step, flags)


async def _attempt(
    net: Net, interface: str, source: str, destination: str, port: int, next_hop: str
) -> _Attempt:
    leg = net.leg(interface)
    mac = next_hop
    if next_hop.count(":") != 5 or len(next_hop) != 17:
        mac = await ask_lan.next_hop(net, leg, next_hop, source, RESOLVE_S)
    ports = (random.randint(32768, 60999), port)  # noqa: S311 a port is no secret
    sequence = random.getrandbits(31)
    return _Attempt(leg, (leg.mac, mac), (source, destination), ports, sequence)


async def _sending(attempt: _Attempt, within_s: float) -> None:
    waited, frame = 0.0, attempt.frame(frames.SYN)
    for moment in (share * within_s for share in SEND_AT):
        await asyncio.sleep(moment - waited)
        waited = moment
        attempt.leg.send(frame)


async def syn(
    net: Net,
    *,
    interface: str,
    source: str,
    destination: str,
    port: int,
    next_hop: str,
    within_s: float,
) -> Answer:
    """Tries a TCP port through `next_hop` (an address on the link, or a MAC).

    Open, refused, no answer.
    """
    attempt = await _attempt(net, interface, source, destination, port, next_hop)

    async def listen(queue: asyncio.Queue[Any]) -> str:
        while True:
            found = frames.tcp_answer(await queue.get(), attempt.addresses, attempt.ports)
            if found is not None:
                return found

    with attempt.leg.hearing() as queue, attempt.leg.owning(source):
        said = await _until(listen(queue), attempt, within_s)
        if said in {"open", None}:  # an answer may still be on its way: none stays half open
            attempt.leg.send(attempt.frame(frames.RST))
    return _answer(said, {"port": port, "next_hop": attempt.macs[1]})


async def _until(listening: Any, attempt: _Attempt, within_s: float) -> str | None:
    sender = asyncio.ensure_future(_sending(attempt, within_s))
    try:
        return str(await attempt.clock.within(listening, within_s))
    except TimeoutError:
        return None
    finally:
        sender.cancel()
        failed = (await asyncio.gather(sender, return_exceptions=True))[0]
        if isinstance(failed, CannotAsk):
            raise failed


def _answer(said: str | None, data: dict[str, Any]) -> Answer:
    if said is None:
        return Answer(Outcome.NO_ANSWER, data=data)
    outcome = Outcome.OK if said in {"open", "arrived"} else Outcome.REFUSED
    return Answer(outcome, said, data)


async def crossing(
    net: Net,
    *,
    interface: str,
    source: str,
    destination: str,
    port: int,
    next_hop: str,
    arrives_on: str,
    within_s: float,
) -> Answer:
    """Sends a SYN on one leg and watches whether it arrives on another.

    `ok` means that it was let through.

    `destination` is an address of the other leg, so that the result depends on nobody else's
    answer.
    """
    attempt = await _attempt(net, interface, source, destination, port, next_hop)
    other = net.leg(arrives_on)

    async def arrival(queue: asyncio.Queue[Any]) -> str:
        while not frames.is_syn(await queue.get(), destination, attempt.ports):
            pass
        return "arrived"

    async def refusal(queue: asyncio.Queue[Any]) -> str:
        while True:
            said = frames.tcp_answer(await queue.get(), attempt.addresses, attempt.ports)
            # A reset may come from this very machine, after the arrival; only a router's word
            # counts here.
            if said is not None and said.startswith("icmp"):
                return said

    async def first(here: asyncio.Queue[Any], there: asyncio.Queue[Any]) -> str:
        tasks = [asyncio.ensure_future(arrival(there)), asyncio.ensure_future(refusal(here))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return next(task.result() for task in tasks if task in done)
        finally:
            for task in tasks:
                task.cancel()

    with attempt.leg.hearing() as here, other.hearing() as there, attempt.leg.owning(source):
        said = await _until(first(here, there), attempt, within_s)
    return _answer(said, {"port": port, "next_hop": attempt.macs[1]})


async def echo_crossing(
    net: Net,
    *,
    interface: str,
    source: str,
    destination: str,
    next_hop: str,
    arrives_on: str,
    within_s: float,
) -> Answer:
    """The same with an ICMPv6 error: the control that packets take this way at all."""
    leg, other = net.leg(interface), net.leg(arrives_on)
    number = random.getrandbits(16)
    frame = frames.echo_error((leg.mac, next_hop), (source, destination), number)

    async def arrival(queue: asyncio.Queue[Any]) -> None:
        while not frames.is_echo_error(await queue.get(), destination, number):
            pass

    with other.hearing() as there, leg.owning(source):
        for _ in SEND_AT:
            leg.send(frame)
            try:
                await leg.clock.within(arrival(there), within_s / len(SEND_AT))
            except TimeoutError:
                continue
            return Answer(Outcome.OK, "arrived")
    return Answer(Outcome.NO_ANSWER)


ASKS: dict[str, Ask] = {"syn": syn, "crossing": crossing, "echo-crossing": echo_crossing}
