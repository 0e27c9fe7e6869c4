"""A whole site in one run: router, terminals and receipt PCs side by side, each all or nothing.

Nornir runs the hosts with our runner: a deadline a host, results as they come, SIGINT and SIGTERM
end the run between two steps. What waits for what stands in `waits`; a PC whose reading a router's
links may have cut is read once more when those stand.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from nornir.core import Nornir
from nornir.core.inventory import Inventory
from nornir.core.task import MultiResult, Result, Task
from nornir.plugins.inventory import SimpleInventory

from onshi_net.errors import (
    EXIT_GOOD,
    ChangeStuck,
    DeviceError,
    InputError,
    OnshiError,
    Unreachable,
    refusal,
)
from onshi_net.intent import RouterIntent, SiteIntent
from onshi_net.intent.windows import ReceiptIntent, TerminalIntent, WindowsIntent
from onshi_net.inventory import Secrets, SiteInventory
from onshi_net.inventory.recipients import Recipients
from onshi_net.provision.apply import NOBODY, apply_router
from onshi_net.provision.bind import Bindable, bindables
from onshi_net.provision.outcome import Progress
from onshi_net.provision.packets import Answers, Measure, unmeasured
from onshi_net.provision.passwords import router_faults, windows_faults
from onshi_net.provision.plan import RouterPlan, plan_router
from onshi_net.provision.said import NOTHING, Said
from onshi_net.provision.waits import Before, Gates, Mark, Part
from onshi_net.provision.windows import (
    WindowsOutcome,
    WindowsPlan,
    apply_windows,
    plan_windows,
)
from onshi_net.transport.bounds import READING_S
from onshi_net.transport.runner import DeadlineRunner
from onshi_net.transport.windows import Leg, NoLeg, NotReady, WindowsSession, open_pc
from onshi_net.transport.windows.batch import PROOF_S
from onshi_net.transport.windows.legs import require_leg, segment_of, stands_in

# Nornir logs a traceback for each host that fails; what a host raised is told by our own error.
logging.getLogger("nornir").addHandler(logging.NullHandler())

LOGGER = logging.getLogger("onshi")
HOST_DEADLINE_S = 900.0
"""A host that takes longer than this is given up; a router then undoes by its own guard."""
Plan = RouterPlan | WindowsPlan
State = Literal["changed", "unchanged", "planned", "failed"]


@dataclass(frozen=True, slots=True)
class HostOutcome:
    """How one host ended: its state, how many steps were taken, seconds with its waits."""

    host: str
    state: State
    steps: int = 0
    duration_s: float = 0.0
    folder: Path | None = None
    """Journal and backups of the run; None where nothing was to do."""
    error: OnshiError | None = None
    after: Answers = ()
    """Of a router that was changed: what packets showed then."""

    @property
    def exit_code(self) -> int:
        """Answers the exit code of this host alone."""
        return self.error.exit_code if self.error is not None else EXIT_GOOD

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with the error's sentence."""
        return {
            "host": self.host,
            "state": self.state,
            "steps": self.steps,
            "duration_s": round(self.duration_s, 3),
            "folder": str(self.folder) if self.folder else None,
            "error": str(self.error) if self.error else None,
            "remedy": self.error.remedy if self.error else None,
        }


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every host of a run shares."""

    inventory: SiteInventory
    intent: SiteIntent
    secrets: Secrets
    known_hosts: Path
    runs: Path
    legs: tuple[Leg, ...]
    """The laptop's own addresses, for a diagnosis that names the cable to move."""
    recipients: Recipients = NOBODY
    """Who can open the backups of a router's configuration."""
    unbound: Mapping[str, OnshiError] = field(default_factory=dict)
    """Why a device that was never met could not be bound, by name; nothing is said to it."""

    @property
    def bindables(self) -> Mapping[str, Bindable]:
        """Answers the devices that show a key before any login, by name."""
        return bindables(self.intent.router, self.windows, self.known_hosts)

    def leg_towards(self, address: str) -> Leg | None:
        """Answers the laptop's leg in the network of an address."""
        return stands_in(self.legs, ip_address(address))

    def require_bound(self, host: str) -> None:
        """Raises what kept a device from being bound."""
        if host in self.unbound:
            raise self.unbound[host]

    def require_leg(self, host: str) -> None:
        """Raises Unreachable, saying which cable to move, where the laptop can't reach the host."""
        require_leg(self.legs, segment_of(self.intent, host), host)

    @property
    def windows(self) -> Mapping[str, WindowsIntent]:
        """Answers the Windows intents by host name."""
        return {one.access.host: one for one in self.intent.windows}

    @property
    def others(self) -> Mapping[str, ReceiptIntent]:
        """Answers the receipt PCs that others set up, by name: nothing is changed on them."""
        return {one.access.host: one for one in self.intent.receipts if one.by_others}

    def connect(self, intent: WindowsIntent, *, tidy: bool = False) -> WindowsSession:
        """Opens a session to a PC. Raises the errors of `open_pc`."""
        folder = self.known_hosts.parent
        return open_pc(self.intent, self.secrets, folder, self.legs, intent, tidy=tidy)

    def require_secrets(self, only: str | None) -> None:
        """Raises InputError naming every secret that is missing or that its device can't take.

        Before anything is touched.
        """
        names, router = set(self.names(only)), self.intent.router
        faults = list(router_faults(router, self.secrets)) if router.host in names else []
        faults += windows_faults(self._references(names), self.secrets)
        if faults:
            raise InputError(faults)

    def _references(self, names: set[str]) -> Iterator[str]:
        for name, intent in self.windows.items():
            if name not in names:
                continue
            yield intent.access.secret
            if isinstance(intent, TerminalIntent):
                yield intent.link_secret
            else:
                yield intent.user_secret
                yield from (entry.secret for entry in intent.credentials)

    def names(self, only: str | None) -> list[str]:
        """Lists the hosts of a run in the order in which traffic meets them.

        Without those that others set up.
        """
        every = [self.intent.router.host, *self.windows]
        every = [name for name in every if name not in self.others]
        return every if only is None else [name for name in every if name == only]


def plan_site(shop: Workshop, only: str | None = None) -> tuple[Plan | HostOutcome, ...]:
    """Answers the plan of every host; a host that can't be read gives a failed outcome instead."""
    shop.require_secrets(only)
    if not shop.names(only):
        return ()

    def one(name: str) -> Plan:
        router = shop.intent.router
        shop.require_leg(name)
        shop.require_bound(name)
        if name == router.host:
            return plan_router(router, shop.secrets, shop.known_hosts)
        intent = shop.windows[name]
        session = shop.connect(intent)
        try:
            return plan_windows(intent, shop.secrets, session)
        finally:
            session.close()

    found = _run(shop, shop.names(only), one)
    return tuple(_value(name, found[name], DeviceError) for name in shop.names(only))


def _value(name: str, result: MultiResult, unforeseen: type[OnshiError]) -> Any:
    error = _error(name, result, unforeseen)
    return HostOutcome(name, "failed", error=error) if error is not None else result[0].result


def apply_site(
    shop: Workshop,
    *,
    guard_s: int,
    progress: Progress,
    only: str | None = None,
    said: Said = NOTHING,
    measure: Measure = unmeasured,
    on_outcome: Callable[[HostOutcome], None] = lambda _outcome: None,
) -> tuple[HostOutcome, ...]:
    """Makes every host what the intent says; answers how each ended, in the order of the traffic.

    Raises InputError when a secret has no value; whatever a host raises is in its outcome.
    `said` is what the user said in so many words; the journals keep it. `measure` asks with packets
    what a change of the router does.
    """
    shop.require_secrets(only)
    names = shop.names(only)
    if not names:
        return ()
    windows = shop.windows
    receipts = {host.name for host in shop.inventory.receipt_pcs}
    router = shop.intent.router
    parts = {name: Part.RECEIPT if name in receipts else Part.TERMINAL for name in names}
    parts |= {router.host: Part.ROUTER} if router.host in names else {}
    gates = Gates(parts, HOST_DEADLINE_S)
    # As many at once as there are: one that waits for another must not hold its place.
    runner = DeadlineRunner(num_workers=len(names), host_deadline_s=HOST_DEADLINE_S)

    def one(name: str) -> HostOutcome:
        good, changed, started = False, False, time.monotonic()
        try:
            shop.require_leg(name)
            shop.require_bound(name)
            if name == router.host:
                outcome = _router(shop, router, gates, guard_s, progress, said, runner, measure)
            else:
                outcome = _windows(shop, windows[name], gates, progress, runner)
            good, changed = True, outcome.state == "changed"
        finally:
            gates.close(name, good=good, changed=changed)
        return replace(outcome, duration_s=time.monotonic() - started)

    def finished(name: str, result: MultiResult) -> None:
        gates.close(name, good=not result.failed)
        on_outcome(_value(name, result, ChangeStuck))

    runner.on_result = finished
    found = _run(shop, names, one, runner)
    return tuple(_value(name, found[name], ChangeStuck) for name in names)


def _router(
    shop: Workshop,
    intent: RouterIntent,
    gates: Gates,
    guard_s: int,
    progress: Progress,
    said: Said,
    runner: DeadlineRunner,
    measure: Measure,
) -> HostOutcome:
    done = apply_router(
        intent,
        shop.secrets,
        shop.known_hosts,
        runs=shop.runs,
        site=shop.intent.site,
        guard_s=guard_s,
        progress=progress,
        cancelled=runner.cancelled,
        reading=lambda: runner.reading(intent.host),
        said=said,
        links_stand=lambda stand: gates.reached(
            intent.host, Mark.BEGUN, *([Mark.LINKS] if stand else [])
        ),
        recipients=shop.recipients,
        measure=measure,
    )
    return HostOutcome(
        intent.host, done.state.value, done.lines_sent, folder=done.folder, after=done.after
    )


def _windows(
    shop: Workshop,
    intent: WindowsIntent,
    gates: Gates,
    progress: Progress,
    runner: DeadlineRunner,
) -> HostOutcome:
    host = intent.access.host

    def wait_for(event: threading.Event | None) -> None:
        if event is None or event.is_set():
            return
        progress(host, "windows.waiting-for-router")
        event.wait(HOST_DEADLINE_S)
        if runner.cancelled():
            raise DeviceError("windows.cancelled", host=host)

    def apply() -> WindowsOutcome:
        return apply_windows(
            intent,
            shop.secrets,
            lambda: shop.connect(intent, tidy=True),
            runs=shop.runs,
            site=shop.intent.site,
            progress=progress,
            cancelled=runner.cancelled,
            reading=lambda: runner.reading(host),
            before_change=lambda: gates.wait(host, Before.CHANGING),
        )

    for event in gates.awaited(host, Before.CONNECTING):
        wait_for(event)
    links = gates.stand(Mark.LINKS)
    stood = links is None or links.is_set()
    try:
        done = apply()
    except (Unreachable, NotReady) as error:
        if stood or not _cable_may_be_why(error):
            raise
        wait_for(links)
        done = apply()
    return HostOutcome(host, done.state.value, done.steps, folder=done.folder)


def _cable_may_be_why(error: OnshiError) -> bool:
    """Answers whether a PC that wasn't changed may only have been cut off.

    A refused password is never tried again: that could lock the account.
    """
    if isinstance(error, NotReady):
        return not error.tried_a_password
    return not isinstance(error, NoLeg)


def _stock(inventory: SiteInventory) -> Inventory:
    """Loads the site's own Nornir inventory, as any Nornir program would."""
    root = inventory.folder.parent.parent
    return SimpleInventory(
        host_file=str(inventory.folder / "hosts.yaml"),
        group_file=str(root / "groups.yaml"),
        defaults_file=str(root / "defaults.yaml"),
    ).load()


def _run(
    shop: Workshop,
    names: list[str],
    work: Callable[[str], Any],
    runner: DeadlineRunner | None = None,
) -> Mapping[str, MultiResult]:
    """Runs `work` on the named hosts side by side."""

    def task(task: Task) -> Result:
        return Result(task.host, result=work(task.host.name))

    reading = DeadlineRunner(num_workers=len(names) or 1, host_deadline_s=_reading_s(shop, names))
    nornir = Nornir(inventory=_stock(shop.inventory), runner=runner or reading)
    chosen = nornir.filter(filter_func=lambda host: host.name in names)
    found: Mapping[str, MultiResult] = chosen.run(task=task, name="onshi")
    return found


def _reading_s(shop: Workshop, names: list[str]) -> float:
    """Answers the seconds that a host may take to be read: a receipt PC tries each terminal."""
    receipts = (one for one in shop.intent.windows if isinstance(one, ReceiptIntent))
    proofs = (len(one.proofs) for one in receipts if one.access.host in names)
    return READING_S + max(proofs, default=0) * PROOF_S


def _error(name: str, result: MultiResult, unforeseen: type[OnshiError]) -> OnshiError | None:
    """Answers what a host raised; the other hosts' outcomes are told all the same.

    An error of ours that nobody foresaw becomes one of the kind `unforeseen`.
    """
    if not result.failed:
        return None
    raised = result[0].exception
    error = _told(raised, unforeseen)
    error.host = error.host or name
    return error


def _told(raised: BaseException | None, unforeseen: type[OnshiError]) -> OnshiError:
    if isinstance(raised, OnshiError):
        return raised
    LOGGER.debug("", exc_info=raised)
    if isinstance(raised, OSError):
        return refusal(raised)
    return unforeseen("provision.unforeseen", kind=type(raised).__name__)
