"""Scripts as the receipt computer's user: the credential store and the proof by access.

A network logon has no credential store (CredWrite gives 1312), and a store belongs to one user.
So a scheduled task with that user's password runs the script; each run is a new logon. The task,
its folder and everything in it are gone when the script ends; what a kill leaves is named
`onshi-…` and is removed by the next run.
"""

from __future__ import annotations

import json
import secrets as randomness
from collections.abc import Sequence

from onshi_net.errors import DeviceError, LoginRefused, OnshiError
from onshi_net.intent.windows import CredentialIntent, ReceiptIntent
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.provision.windows.state import StoreState, understood
from onshi_net.render.powershell import Script, script
from onshi_net.transport.windows import ScriptFailed, WindowsSession

WAIT_S = 90
LOGON_TYPE_NOT_GRANTED = 0x80070569
"""The user lacks "Log on as a batch job" (ERROR_LOGON_TYPE_NOT_GRANTED, 1385)."""
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


def read_store(session: WindowsSession, intent: ReceiptIntent, secrets: Secrets) -> StoreState:
    """Answers what stands in the user's store and whether it opens the shares.

    Raises the errors of `as_user`.
    """
    return as_user(session, intent, secrets)


def write_store(
    session: WindowsSession,
    intent: ReceiptIntent,
    secrets: Secrets,
    entries: Sequence[CredentialIntent],
) -> StoreState:
    """Writes entries and answers what the same logon sees; `read_store` then proves them."""
    return as_user(session, intent, secrets, write=entries)


def remove_from_store(
    session: WindowsSession, intent: ReceiptIntent, secrets: Secrets, targets: Sequence[str]
) -> StoreState:
    """Removes entries; a target without one is no error."""
    return as_user(session, intent, secrets, remove=targets)


def as_user(
    session: WindowsSession,
    intent: ReceiptIntent,
    secrets: Secrets,
    *,
    write: Sequence[CredentialIntent] = (),
    remove: Sequence[str] = (),
) -> StoreState:
    """Runs the store's script as the receipt computer's user.

    A user without the right to log on as a batch job gets it through a group membership for the
    time of the task. Raises LoginRefused when that user can't log on, and DeviceError when the
    task or the store fails.
    """
    nonce = randomness.token_hex(8)
    body = script(
        "vault",
        write=[{"target": one.target, "user": one.user} for one in write],
        remove=list(remove),
        targets=[one.target for one in intent.credentials],
        proofs=[] if write else [{"share": p.unc, "target": str(p.address)} for p in intent.proofs],
        no_entry=NO_ENTRY,
        file=f"onshi-proof-{nonce}.txt",
    )
    given = [secrets.resolve(intent.user_secret), *(secrets.resolve(one.secret) for one in write)]
    answer = _run(session, intent, body, given, f"onshi-{nonce}")
    store = understood(StoreState, answer, session.host)
    if store.error is not None:
        code = store.error.code & 0xFFFFFFFF
        raise DeviceError(
            "windows.store-failed", host=session.host, user=intent.user, code=f"0x{code:X}",
            kind=store.error.kind,
        )  # fmt: skip
    return store


def _run(
    session: WindowsSession, intent: ReceiptIntent, body: Script, given: Sequence[Secret], name: str
) -> object:
    batch = script(
        "batch",
        user=intent.user,
        name=name,
        body=body,
        wait_s=WAIT_S,
        not_granted=LOGON_TYPE_NOT_GRANTED,
    )
    try:
        result = session.run(batch, secrets=given, deadline_s=WAIT_S + 30)
    except ScriptFailed as failed:
        raise _refusal(failed, intent, session.host) from None
    if "answer" in result:
        return json.loads(str(result["answer"]))
    code = int(result.get("code") or 0) & 0xFFFFFFFF
    if code == LOGON_TYPE_NOT_GRANTED:
        raise DeviceError("windows.no-batch-right", host=session.host, user=intent.user)
    silent = ScriptFailed("batch", host=session.host, kind="NoAnswer", code=code)
    raise _refusal(silent, intent, session.host)


def _refusal(failed: ScriptFailed, intent: ReceiptIntent, host: str) -> OnshiError:
    if "IdentityNotMapped" in failed.kind:
        return DeviceError("windows.no-such-user", host=host, user=intent.user)
    name = REFUSALS.get(failed.code)
    if name is None:
        return failed
    return LoginRefused(f"windows.{name}", host=host, user=intent.user)
