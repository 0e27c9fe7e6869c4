"""Scripts as the receipt computer's user: the credential store and the proof by access.

A network logon has no credential store (CredWrite gives 1312), and a store belongs to one user.
So a scheduled task with that user's password runs the script; each run is a new logon. The task,
its folder and everything in it are gone when the script ends; what a kill leaves is named
`onshi-…` and is removed by the next run.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from onshi_net.errors import DeviceError, LoginRefused, OnshiError
from onshi_net.facts.pc import Answered, Listed, StoreState
from onshi_net.intent.windows import CredentialIntent, ReceiptIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.model.accounts import account
from onshi_net.pcs.answers import bad_answer, understood
from onshi_net.pcs.powershell import script
from onshi_net.pcs.resources import Difference
from onshi_net.transport.windows import ScriptFailed, WindowsSession

CHANGE_S = 180.0
WAIT_S = 65
"""Seconds for one task on the PC, without its proofs."""
PROOF_S = 25
"""Seconds for one proof: Windows gives a silent terminal about 21 (inference: three SYNs)."""
MARGIN_S = 30
LOGON_TYPE_NOT_GRANTED = 0x80070569
"""The user lacks "Log on as a batch job" (ERROR_LOGON_TYPE_NOT_GRANTED, 1385)."""
RIGHTS_SECTION = "[Privilege Rights]"
BATCH_RIGHT = "SeBatchLogonRight"
PERFORMANCE_LOG_USERS = "S-1-5-32-559"
"""The group through which a user gets the right for the time of a task: it has it by default
(Microsoft, "Log on as a batch job"), but not where a policy names Administrators only."""
ERROR_NOT_FOUND = 1168
NO_ENTRY = 0x80070490
"""HRESULT of ERROR_NOT_FOUND (1168): without an entry the share isn't tried, which would take
long where no path leads."""
REFUSALS = {
    0x8007052E: "user-password",
    0x80070775: "user-locked",
    0x80070533: "user-disabled",
    0x8007052F: "user-blank-password",
    0x80070532: "user-expired",
    0x80070773: "user-expired",
}
"""HRESULTs of logon errors 1326, 1909, 1331, 1327, 1330 and 1907 (Microsoft, System Error
Codes)."""


@dataclass(frozen=True, slots=True)
class StoreTask:
    """What one batch logon does: it writes, removes, and always reads.

    A logon that writes proves nothing; the proof belongs to a new one.
    """

    write: tuple[CredentialIntent, ...] = ()
    remove: tuple[str, ...] = ()


READ = StoreTask()


class TaskEnd(Answered):
    """How a task ended on the PC."""

    answer: str | None = None
    """The JSON that the task's script wrote; None: it wrote none, `code` says why."""
    code: int = 0
    granted: bool = False
    asked: str = ""
    rights: str = ""
    """What `secedit /export` wrote, where the user may not log on as a batch job."""


class Answers(Answered):
    """What `carry_out` answers: an end a task."""

    answers: Annotated[tuple[TaskEnd, ...], Listed]


def read_store(session: WindowsSession, intent: ReceiptIntent, secrets: Secrets) -> StoreState:
    """Answers what stands in the user's store and whether it opens the shares.

    Raises the errors of `carry_out`.
    """
    return carry_out(session, intent, secrets, (), (READ,))[-1]


def carry_out(
    session: WindowsSession,
    intent: ReceiptIntent,
    secrets: Secrets,
    changes: Sequence[Difference],
    tasks: Sequence[StoreTask],
    *,
    grant: bool = False,
) -> tuple[StoreState, ...]:
    """Carries out differences and then tasks in one script; answers what each task found.

    The PC runs the script to its end, whatever becomes of the laptop. A user without the right to
    log on as a batch job gets it through a group membership for the time of a task; `grant` says
    that this is known, which spares a refused logon. Raises LoginRefused when that user can't log
    on, and DeviceError when a task or the store fails.
    """
    given = [secrets.resolve(one.secret) for task in tasks for one in task.write]
    whole = script(
        "carry_out",
        changes=plain(changes),
        user="",
        tasks=[{**_values(intent, task), "grant": grant} for task in tasks],
    )
    try:
        answer = session.run(
            whole,
            secrets=[secrets.resolve(intent.user_secret), *given],
            deadline_s=CHANGE_S + len(tasks) * (_wait_s(intent) + MARGIN_S),
        )
    except ScriptFailed as failed:
        raise _refusal(failed, intent, session.host) from None
    ends = understood(Answers, answer, session.host)
    if len(ends.answers) != len(tasks):
        raise bad_answer(Answers, ValueError("another number of answers"), answer, session.host)
    return tuple(_store(session.host, intent, one) for one in ends.answers)


def plain(changes: Iterable[Difference]) -> list[dict[str, Any]]:
    """Answers differences as values of the script `carry_out`."""
    return [{"kind": one.kind, "before": one.before, "after": one.after} for one in changes]


def _values(intent: ReceiptIntent, task: StoreTask) -> dict[str, Any]:
    nonce = randomness.token_hex(8)
    file = f"onshi-proof-{intent.access.host}"
    proofs = [{"share": one.unc, "target": str(one.address)} for one in intent.proofs]
    body = script(
        "vault",
        write=[{"target": one.target, "user": one.user} for one in task.write],
        remove=list(task.remove),
        targets=[one.target for one in intent.credentials],
        proofs=[] if task.write or task.remove else proofs,
        no_entry=NO_ENTRY,
        not_found=ERROR_NOT_FOUND,
        file=f"{file}.{nonce}.txt",
        left=f"{file}.*",
    )
    return {
        "accounts": account(intent.user).candidates,
        "name": f"onshi-{nonce}",
        "body": body,
        "secrets": len(task.write),
        "wait_s": _wait_s(intent),
        "not_granted": LOGON_TYPE_NOT_GRANTED,
    }


def _wait_s(intent: ReceiptIntent) -> int:
    return WAIT_S + len(intent.proofs) * PROOF_S


def _store(host: str, intent: ReceiptIntent, result: TaskEnd) -> StoreState:
    if result.answer is None:
        code = result.code & 0xFFFFFFFF
        if code == LOGON_TYPE_NOT_GRANTED:
            raise _denied(intent, host, result)
        silent = ScriptFailed("vault", host=host, kind="NoAnswer", code=code)
        raise _refusal(silent, intent, host)
    try:
        store = StoreState.model_validate_json(result.answer)
    except ValueError as error:
        raise bad_answer(StoreState, error, result.answer, host) from None
    store = store.model_copy(update={"granted": result.granted, "asked": result.asked})
    if store.error is not None:
        code = store.error.code & 0xFFFFFFFF
        raise DeviceError(
            "windows.store-failed", host=host, user=intent.user, code=f"0x{code:X}",
            kind=store.error.kind,
        )  # fmt: skip
    return store


def _denied(intent: ReceiptIntent, host: str, result: TaskEnd) -> DeviceError:
    """Answers the error of a user whom a policy keeps from logging on as a batch job."""
    exported = result.rights
    reached = {result.asked, PERFORMANCE_LOG_USERS}
    listed = rights_in(exported).get(BATCH_RIGHT, frozenset())
    lacks = RIGHTS_SECTION in exported and not reached & listed
    name = "no-batch-right-listed" if lacks else "no-batch-right"
    return DeviceError(f"windows.{name}", host=host, user=intent.user)


def rights_in(exported: str) -> dict[str, frozenset[str]]:
    """Answers who has which user right, of what `secedit /export` writes; a SID begins with `*`."""
    pairs = (line.partition("=") for line in exported.splitlines() if line.startswith("Se"))
    return {
        name.strip(): frozenset(word.strip().removeprefix("*") for word in words.split(","))
        for name, _, words in pairs
    }


def _refusal(failed: ScriptFailed, intent: ReceiptIntent, host: str) -> OnshiError:
    if "IdentityNotMapped" in failed.kind:
        return DeviceError("windows.no-such-user", host=host, user=intent.user)
    name = REFUSALS.get(failed.code)
    if name is None:
        return failed
    return LoginRefused(f"windows.{name}", host=host, user=intent.user)
