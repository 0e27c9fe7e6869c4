"""`apply_router`: makes a router what the intent says, under its own undo, or leaves it as it was.

What is decided stands in `core`, how it is done in `router`, what is said to the router in the room
of its family (`platforms`); here is what comes before and after a change:
- the device is held by all that it is known by (`devicelock`): nobody else changes it meanwhile;
- preflight: the right device, nobody else at work, the site eligible;
- what an earlier run left on it is settled, or its guard respected; what a router took whole is
  proved where that run was killed before it had;
- the change itself, journalled before each action;
- how it ended, as an outcome or an error.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from onshi_net.errors import ChangeStuck, ChangeUndone, DeviceError, Interrupted
from onshi_net.i18n import text
from onshi_net.intent import RouterIntent
from onshi_net.inventory.recipients import Recipients
from onshi_net.inventory.secrets import Secrets
from onshi_net.platforms.base import RouterSession
from onshi_net.platforms.change import Config
from onshi_net.provision import core
from onshi_net.provision.devicelock import changing, names_of_router, serial
from onshi_net.provision.journal import (
    Journal,
    PastRun,
    close_readable,
    new_folder,
    site_lock,
    unfinished_runs,
)
from onshi_net.provision.outcome import Outcome, Progress, State, silent
from onshi_net.provision.packets import Measure, Packets, unmeasured
from onshi_net.provision.passwords import require_router
from onshi_net.provision.plan import Render, RouterPlan, plan_session
from onshi_net.provision.preflight import check_device
from onshi_net.provision.reach import Cancelled, Reach, now
from onshi_net.provision.router import RouterArrival, RouterChange
from onshi_net.provision.said import NOTHING, Said
from onshi_net.provision.shell import drive
from onshi_net.provision.watch import Watch, watching
from onshi_net.transport import hostkeys
from onshi_net.transport.ownlink import watched

NOBODY = Recipients()


def apply_router(
    intent: RouterIntent,
    secrets: Secrets,
    known_hosts: Path,
    *,
    runs: Path,
    site: str,
    guard_s: int = 300,
    measure: Measure = unmeasured,
    progress: Progress = silent,
    dry_run: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
    reading: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
    eligible: Callable[[], None] = lambda: None,
    said: Said = NOTHING,
    render: Render | None = None,
    links_stand: Callable[[bool], None] = lambda _stand: None,
    recipients: Recipients = NOBODY,
) -> Outcome:
    """Makes the router what the intent says and answers how that ended.

    `measure` asks with packets what the change owns, before and after it; `eligible` raises when
    the site may not be changed; `cancelled` is asked between steps; `reading` stands around what
    only reads and may be left at any moment; `said` is what the user said in so many words, which
    goes into the journal; `links_stand` is told, before lines are sent, whether the links of the
    router's ports stay up from now on; `render` None: the family's; backups are closed to
    `recipients`, and not written down without any.

    Raises InputError for a secret that can't be used, the errors of `Platform.open`, WrongDevice,
    DeviceError (nothing was changed; also for a router that no guard can undo, or that somebody
    uses for something else, where `said` says nothing of it), ChangeUndone (the router has its old
    configuration again), ChangeStuck (somebody must look) or, of a change that the user stopped,
    Interrupted. Where the router is restarted in the middle, the two that tell of an undone change
    say so: what was there before the restart stays.
    """
    own = watched(intent.management.address)
    reach = Reach(intent, secrets, known_hosts, progress, own)
    packets = Packets(measure)
    require_router(intent, secrets)
    wanted = (render or reach.family.render)(intent)
    eligible()
    names = names_of_router(intent, known_hosts)
    with changing(intent.host, site, runs, names) as device, site_lock(runs, site, intent.host):
        close_readable(runs, site, recipients)
        progress(intent.host, "provision.connecting")
        if not dry_run:
            packets.begin()  # they need no session, and take as long as to open and read one
        with contextlib.ExitStack() as undo:
            with reading():
                session = reach.open()
                undo.callback(session.close)
                check_device(intent, session.identity)
                device.also(serial(session.identity.serial))
                reach.family.device(intent, secrets, session).require_alone()
            undo.pop_all()
        unfinished = [] if dry_run else unfinished_runs(runs, site)
        if not dry_run:
            found, session = (
                session,
                _settled(reach, runs / site, wanted, session, cancelled, unfinished),
            )
            if session is not found:  # it was restarted, and is another than was asked
                packets.begin()
        with contextlib.ExitStack() as undo:
            undo.callback(session.close)
            with reading():
                plan = plan_session(session, intent, secrets, wanted)
            undo.pop_all()
        unproved = _unproved(plan, unfinished)
        if dry_run or (plan.is_empty and not unproved):
            session.close()
            state = State.UNCHANGED if plan.is_empty else State.PLANNED
            return Outcome(intent.host, state, plan, 0, None)
        if plan.losses and not said.replace_config:
            session.close()
            raise _in_use(intent, plan)
        masked = reach.family.masked

        def make(stage: Config, session: RouterSession) -> Outcome:
            with contextlib.ExitStack() as undo:
                undo.callback(session.close)
                todo = plan_session(session, intent, secrets, stage) if plan.restarts else plan
                journal = Journal(new_folder(runs, site), lambda told: masked(secrets.masked(told)))
                _tell_bond(journal, intent, known_hosts)
                _tell_said(journal, said, plan)
                undo.pop_all()
            change = RouterChange(
                reach,
                stage,
                session,
                todo,
                journal,
                packets=packets,
                cancelled=cancelled,
                links_stand=links_stand,
                recipients=recipients,
                proves=bool(unproved),
            )
            return _made(change, guard_s, said)

        done = _in_stages(make, plan, session, reach, packets)
        for run in unproved:
            run.take_over()
        return replace(done, state=State.UNCHANGED) if unproved else done


def _in_stages(
    make: Callable[[Config, RouterSession], Outcome],
    plan: RouterPlan,
    session: RouterSession,
    reach: Reach,
    packets: Packets,
) -> Outcome:
    """Makes one change after the other, each proven and measured; the router restarts in between.

    Raises as `make`; what ended a later change is told with what stays of those before it.
    """
    done = [make(plan.stages[0], session)]
    host = reach.intent.host
    try:
        for stage in plan.stages[1:]:
            session = reach.open()
            packets.begin()  # since the restart it is another than was asked
            done.append(make(stage, session))
    except (ChangeUndone, DeviceError) as error:
        raise ChangeUndone("provision.ports-stay", host=host, cause=error) from error
    except Interrupted as error:
        raise Interrupted("provision.interrupted-ports-stay", host=host, cause=error) from error
    return replace(done[-1], plan=plan, lines_sent=sum(one.lines_sent for one in done))


def _made(change: RouterChange, guard_s: int, said: Said) -> Outcome:
    """Runs a change under a watch and closes what it holds. Raises the errors of `_change`."""
    reach = change.reach
    watch = Watch(change.host, reach.progress, reach.own, change.left_s, change.takes_links_down)
    try:
        with watching(watch, now):
            after = _change(change, guard_s, said)
    finally:
        change.close()
        change.journal.close()
    folder = change.journal.folder
    return Outcome(change.host, State.CHANGED, change.plan, change.lines_sent, folder, after)


def _settled(
    reach: Reach,
    folder: Path,
    wanted: Config,
    session: RouterSession,
    cancelled: Callable[[], bool],
    unfinished: Sequence[PastRun],
) -> RouterSession:
    """Settles what earlier runs left on the router, and answers a session to it.

    Raises DeviceError where another computer's run guards it.
    """
    host = reach.intent.host
    if unfinished:
        reach.progress(host, "provision.unfinished", folder=unfinished[-1].folder)
    driver = RouterArrival(reach, wanted, session, cancelled)
    ours = frozenset(run.folder.name for run in unfinished)
    with contextlib.ExitStack() as undo:
        undo.callback(driver.close)
        _, end = drive(core.arriving(ours, driver.device.boot_s, now()), driver, cancelled)
        if end.how is not core.Ending.CLEAR:
            raise _left_behind(host, end, folder)
        undo.pop_all()
    return driver.session


def _unproved(plan: RouterPlan, unfinished: Sequence[PastRun]) -> Sequence[PastRun]:
    """Answers the runs whose change stands and may be unproved; takes the others over.

    Only what a router takes whole can stand: any other would have its guard's mark, or be old.
    """
    if plan.whole and plan.is_empty:
        return unfinished
    for run in unfinished:
        run.take_over()
    return ()


def _in_use(intent: RouterIntent, plan: RouterPlan) -> DeviceError:
    where = {"host": intent.host, "device": intent.host, "site": shlex.quote(intent.site)}
    losses = text("provision.loss-and").join(plan.losses)
    return DeviceError("provision.in-use", **where, losses=losses)


def _left_behind(host: str, end: core.End, folder: Path) -> BaseException:
    if end.mark is not None:
        left = end.mark.left_s
        message = "provision.guarded" if left is not None else "provision.guarded-untold"
        seconds = None if left is None else round(left)
        return DeviceError(message, host=host, who=end.mark.who, run=end.mark.run, seconds=seconds)
    if end.how is core.Ending.STUCK:
        gone = DeviceError("provision.guard-gone", host=host)
        return ChangeStuck("provision.stuck", host=host, cause=str(gone), folder=folder)
    if isinstance(end.cause, BaseException):
        return end.cause
    return Cancelled("provision.cancelled", host=host)


def _change(change: RouterChange, guard_s: int, said: Said) -> tuple[core.Answer, ...]:
    """Runs the change to its end and answers what packets showed last.

    Raises what tells any other end than the good one.
    """
    journal, plan = change.journal, change.plan
    journal.write("start", host=change.host, steps=plan.steps)
    try:
        guard = change.prepare(guard_s, said)
    except DeviceError:
        journal.finish("undone")  # nothing was sent
        raise
    first = core.begin(
        journal.folder.name,
        guard,
        plan.todo,
        save_first=plan.unsaved,
        boot_s=change.device.boot_s,
        now=now(),
        proves=change.proves,
    )
    last, end = drive(first, change, change.cancelled)
    match end.how:
        case core.Ending.CHANGED:
            journal.finish("done")
            change.tell("done")
            return last.after
        case core.Ending.UNTOUCHED:
            journal.finish("undone")
            if end.cause is core.Why.CANCELLED:
                raise Cancelled("provision.cancelled", host=change.host)
            raise change.error(end.cause)
        case core.Ending.UNDONE:
            journal.finish("undone")
            if end.cause is core.Why.CANCELLED:
                raise Interrupted("provision.interrupted-undone", host=change.host)
            raise ChangeUndone("provision.undone", host=change.host, cause=change.told(end.cause))
        case _:
            cause = change.told(end.cause)
            journal.finish("stuck", cause=cause)
            _raise_undoes_itself(change.host, last, end)
            message = "provision.stuck-whole" if plan.whole else "provision.stuck"
            raise ChangeStuck(message, host=change.host, cause=cause, folder=journal.folder)


def _raise_undoes_itself(host: str, last: core.State, end: core.End) -> None:
    """Raises Interrupted for a change that the user left to its guard, which is seen to the end.

    A guard that a lost session may have ended, or that may have been taken away, is not that.
    """
    left = last.over - now()
    stands = last.guard is not None and last.guard.survives_loss and not last.released
    if end.cause is core.Why.CANCELLED and stands and left > 0:
        at = datetime.now().astimezone() + timedelta(seconds=left)
        message = "provision.interrupted-undoes-itself"
        raise Interrupted(message, host=host, seconds=round(left + 0.5), at=f"{at:%H:%M}")


def _tell_said(journal: Journal, said: Said, plan: RouterPlan) -> None:
    """Keeps what the user said in so many words, and of what."""
    if said.reason is not None:
        journal.write("reason", text=said.reason)
    if plan.losses:
        journal.write("replacing", losses=plan.losses)


def _tell_bond(journal: Journal, intent: RouterIntent, known_hosts: Path) -> None:
    """Keeps which key the run trusts, and who bound it by what; a later run compares it."""
    management = intent.management
    name = hostkeys.host_name(str(management.address), management.port)
    for entry in hostkeys.recorded(known_hosts, name).entries[:1]:
        fingerprint = hostkeys.fingerprint(entry.key)
        journal.write("bound", host=intent.host, fingerprint=fingerprint, **entry.bond.told())
