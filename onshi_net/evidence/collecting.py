"""All evidence at once: router, probe and PCs side by side; storing and loading."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from pydantic import BaseModel

from onshi_net import foreign, formats
from onshi_net.errors import OnshiError, SecretMissing, SecretRefused
from onshi_net.evidence.laptop import measure, not_measured
from onshi_net.evidence.probing import PROBE, probe_process
from onshi_net.evidence.windows import (
    Opener as PcOpener,
)
from onshi_net.evidence.windows import (
    ask_pc,
    gathered,
    late_pc,
    opener_from_here,
    unasked_pc,
)
from onshi_net.facts.stored import evidence_of
from onshi_net.facts.told import Told
from onshi_net.facts.types import Access, Evidence, Laptop, RouterState
from onshi_net.facts.windows import PcEvidence
from onshi_net.files import private_folder, read_regular_text, write_private
from onshi_net.intent import Management, SiteIntent
from onshi_net.intent.windows import ReceiptIntent, WindowsIntent
from onshi_net.inventory import Secrets
from onshi_net.platforms.base import Opener, RouterSession, platform
from onshi_net.transport.refused import Refused
from onshi_net.transport.windows import WindowsSession
from onshi_net.transport.windows.batch import PROOF_S

log = logging.getLogger(__name__)
PROBE_S = 90.0
"""The longest that the laptop's measurements may take together.

Its questions end by themselves after some 8 s; later where this machine was held up: then each of
the three that wait for one another may take `PATIENCE_S` more.
"""
OPEN_S = 8.0
"""Time to open the router's session; a laptop on the right cable needs a fraction of a second."""
ROUTER_S = 30.0
"""The longest that the router's session may take; a command alone may wait longer.

Some 10 s where the line is gone: it then waits for two resolvers, of each for two kinds of answer.
"""
PC_S = 40.0
"""The longest that one PC may take once it answers: PowerShell's network cmdlets are slow on small
PCs (inference). One that is off or silent is given up after some 10 s, see `windows.OPEN_S`."""
STOPPED = "evidence.interrupted"
T = TypeVar("T")


ROUTER, LAPTOP = "router", "laptop"
"""Parts of a measurement, beside each PC by its host's name."""


@dataclass(frozen=True, slots=True)
class Known:
    """An earlier measurement, and the parts of it that are asked anew; by default everything is."""

    before: Evidence | None = None
    anew: frozenset[str] = frozenset()

    async def or_ask(
        self, part: str, of: Callable[[Evidence], T | None], ask: Callable[[], Awaitable[T]]
    ) -> T:
        """Answers what is known of a part; asks where nothing is, or it shall be asked anew."""
        found = of(self.before) if self.before is not None and part not in self.anew else None
        return await ask() if found is None else found


class MeasuringInterrupted(KeyboardInterrupt):
    """Raised where the user ended the measuring; `evidence` holds what had an answer until then."""

    def __init__(self, evidence: Evidence) -> None:
        """Takes what was measured."""
        super().__init__()
        self.evidence = evidence


def _pc_before(intent: WindowsIntent, before: Evidence) -> PcEvidence | None:
    host, windows = intent.access.host, before.windows
    return (windows.terminal(host) or windows.receipt(host)) if windows is not None else None


def is_others(pc: WindowsIntent) -> bool:
    """Whether others set a PC up: nothing is done on it, not even a reading."""
    return isinstance(pc, ReceiptIntent) and pc.by_others


def collect(
    intent: SiteIntent,
    secrets: Secrets,
    known_hosts: Path,
    *,
    opener: Opener | None = None,
    probe: Sequence[str] = PROBE,
    pcs: PcOpener | None = None,
    touch: bool = True,
    refused: Refused | None = None,
    known: Known | None = None,
) -> Evidence:
    """Measures the site; ends within some 13 s, whatever is broken.

    Longer where a PC is slow or this laptop is held up. Raises MeasuringInterrupted at Ctrl-C.

    `pcs` opens a session to a PC; None: from this laptop as it stands. `touch` False: nothing is
    made on a PC, not even a task for a moment. `refused` knows the logins that are not tried again.
    `known`: of what an earlier measurement found, this is asked anew.
    """
    pcs = pcs or opener_from_here(intent, secrets, known_hosts.parent)
    refused = refused or Refused()
    opener, pcs = _sparing_router(intent, opener, refused), _sparing_pcs(pcs, refused)
    bundle(intent, secrets)  # one that can't be used is told before anything is measured
    known = known or Known()
    return asyncio.run(_collect(intent, secrets, known_hosts, opener, probe, pcs, known, touch))


def _sparing_router(intent: SiteIntent, opener: Opener | None, refused: Refused) -> Opener:
    family = platform(intent.router.model.platform)

    def opened(management: Management, secrets: Secrets, known_hosts: Path) -> RouterSession:
        def login() -> RouterSession:
            if opener is not None:
                return opener(management, secrets, known_hosts)
            return family.open(management, secrets, known_hosts, deadline_s=OPEN_S)

        return refused.sparing(intent.router.host, management.username, login)

    return opened


def _sparing_pcs(opener: PcOpener, refused: Refused) -> PcOpener:
    def opened(intent: WindowsIntent) -> WindowsSession:
        access = intent.access
        return refused.sparing(access.host, access.username, lambda: opener(intent))

    return opened


async def _collect(
    intent: SiteIntent,
    secrets: Secrets,
    known_hosts: Path,
    opener: Opener,
    probe: Sequence[str],
    pcs: PcOpener,
    known: Known,
    touch: bool,
) -> Evidence:
    start, taken_at = time.monotonic(), datetime.now(UTC)
    family = platform(intent.router.model.platform)
    ask = partial(family.ask, intent, secrets, known_hosts, opener)
    told = asyncio.ensure_future(
        known.or_ask(
            ROUTER,
            lambda before: before.router,
            lambda: _bounded(_held(ask, _broken_router), _late(), ROUTER_S),
        )
    )
    here = asyncio.ensure_future(
        known.or_ask(
            LAPTOP,
            lambda before: before.laptop,
            lambda: _laptop(intent, secrets, probe, told),
        )
    )
    ours = [one for one in intent.windows if not is_others(one)]
    there = [
        asyncio.ensure_future(
            known.or_ask(
                one.access.host,
                partial(_pc_before, one),
                partial(_pc, one, secrets, pcs, intent, touch=touch),
            )
        )
        for one in ours
    ]
    parts: list[asyncio.Future[Any]] = [told, here, *there]
    interrupted = False
    try:
        await asyncio.gather(*parts)
    except asyncio.CancelledError:
        interrupted = True
        await asyncio.gather(*parts, return_exceptions=True)
    stopped = RouterState(access=Access.ERROR, reason=Told(message=STOPPED))
    found = [
        _so_far(part, unasked_pc(one, Told(message=STOPPED)))
        for part, one in zip(there, ours, strict=True)
    ]
    evidence = Evidence(
        site=intent.site,
        taken_at=taken_at,
        duration_s=round(time.monotonic() - start, 3),
        router=_so_far(told, stopped),
        laptop=_so_far(here, not_measured("interrupted")),
        windows=gathered(found),
    )
    if interrupted:
        raise MeasuringInterrupted(evidence)
    return evidence


def _so_far(part: asyncio.Future[T], otherwise: T) -> T:
    """Answers what a part found; `otherwise` where it was ended before. Raises what it raised."""
    return otherwise if part.cancelled() else part.result()


def _pc(
    intent: WindowsIntent, secrets: Secrets, pcs: PcOpener, site: SiteIntent, *, touch: bool
) -> Awaitable[PcEvidence]:
    late = late_pc(intent, pc_s(intent))

    def broken(error: Exception) -> PcEvidence:
        return unasked_pc(intent, _broken(error))

    return _bounded(
        _held(partial(ask_pc, intent, secrets, pcs, site, touch=touch), broken), late, pc_s(intent)
    )


def pc_s(intent: WindowsIntent) -> float:
    """Answers the seconds a PC may take: a receipt PC more for the proof at each terminal."""
    proofs = len(intent.proofs) if isinstance(intent, ReceiptIntent) else 0
    return PC_S + proofs * PROOF_S


def _held(ask: Callable[[], T], broken: Callable[[Exception], T]) -> Callable[[], T]:
    """Answers a question that costs its own answer only where the code that asks it breaks.

    A family of routers may be somebody else's, and below a PC's session lie libraries that raise
    what they like. Our own errors pass: they are of what was given to us.
    """

    def asked() -> T:
        try:
            return ask()
        except OnshiError:
            raise
        except Exception as error:
            log.exception("a device's answer was not understood")
            return broken(error)

    return asked


def _broken(error: Exception) -> Told:
    return Told(message="evidence.broken", values={"reason": type(error).__name__})


def _broken_router(error: Exception) -> RouterState:
    return RouterState(access=Access.ERROR, reason=_broken(error))


def _late() -> RouterState:
    reason = Told(message="evidence.router-late", values={"seconds": round(ROUTER_S)})
    return RouterState(access=Access.ERROR, reason=reason, duration_s=ROUTER_S)


async def _bounded(ask: Callable[[], T], late: T, within_s: float) -> T:
    """Runs a blocking question in a thread; gives `late` after `within_s`, leaving the thread.

    A daemon thread: asyncio would wait for one of its own pool when the loop ends.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def give(found: T | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(found)  # type: ignore[arg-type]

    def run() -> None:
        found, error = None, None
        try:
            found = ask()
        except BaseException as raised:  # noqa: BLE001 - it belongs to whoever waits
            error = raised
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(give, found, error)

    Thread(target=run, name="onshi-question", daemon=True).start()
    try:
        return await asyncio.wait_for(answer, within_s)
    except TimeoutError:
        return late


async def _laptop(
    intent: SiteIntent, secrets: Secrets, command: Sequence[str], router: Awaitable[RouterState]
) -> Laptop:
    try:
        async with asyncio.timeout(PROBE_S), probe_process(command) as probe:
            return await measure(probe, intent, bundle(intent, secrets), router)
    except TimeoutError:
        return not_measured("overran")
    except OSError:
        return not_measured("probe-not-started")


def bundle(intent: SiteIntent, secrets: Secrets) -> str:
    """Answers the PEM bundle of the TLS checks, '' where the site has none at hand.

    Raises SecretRefused for one that can't be used.
    """
    if intent.client_certificate is None:
        return ""
    try:
        return secrets.resolve(intent.client_certificate).reveal()
    except SecretRefused:
        raise
    except SecretMissing:
        return ""


def store(evidence: BaseModel, file: Path) -> None:
    """Writes evidence, or what is kept of it; a terminal may show the file as it is."""
    write_whole(file, foreign.escaped(evidence.model_dump_json(indent=1)))


def write_whole(file: Path, content: str) -> None:
    """Writes a file, and its folder, so that a crash leaves the old file or the new one."""
    private_folder(file.parent)
    write_private(file, content.encode())


def load(file: Path) -> Evidence:
    """Reads stored evidence. Raises OSError, ValueError for what is none, and NewerFormat."""
    said = read_regular_text(file)
    return evidence_of(formats.check_json(file, said, formats.EVIDENCE))


__all__ = ["Evidence", "MeasuringInterrupted", "collect", "load", "store", "write_whole"]
