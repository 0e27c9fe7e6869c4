"""Reading a PC: its state as it is, typed. Nothing on it is changed.

Reading a receipt PC's credential store takes a batch logon of its user (`batch`): a scheduled task
is made and removed again.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from onshi_net.errors import WrongDevice
from onshi_net.facts.pc import PcState, ReceiptState, TerminalState
from onshi_net.intent.windows import Access, TerminalIntent, WindowsIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.pcs import preconditions
from onshi_net.pcs.answers import understood
from onshi_net.pcs.powershell import script
from onshi_net.pcs.terminal import OPEN_RULES, SMB_RULE, folders_above
from onshi_net.transport.windows import WindowsSession

S = TypeVar("S", bound=PcState)


class Take(Protocol):
    """Answers a PC's state of its answer (`pcs.answers`)."""

    def __call__(self, kind: type[S], answer: Any, host: str) -> S:
        """Raises DeviceError for what can't be understood."""


READ_S = 90.0
"""Seconds that reading a PC may take; PowerShell's network cmdlets are slow on small PCs."""
ERROR_LOGON_TYPE_NOT_GRANTED = 1385
"""Microsoft, System Error Codes (1300-1699); that the password was right then is an inference from
[MS-AUTHSOD]: rights are looked at once the user is authenticated."""
ERROR_ACCOUNT_LOCKED_OUT = 1909
"""Microsoft, System Error Codes (1700-3999)."""
CONDITIONS = {"policies": preconditions.asked(), "pending": list(preconditions.PENDING)}
"""What every reading of a PC asks besides."""


def read(
    session: WindowsSession, intent: WindowsIntent, secrets: Secrets, *, refused: str = ""
) -> PcState:
    """Reads a PC, without any credential store; `refused` as in `read_terminal`.

    Raises the session's errors.
    """
    if isinstance(intent, TerminalIntent):
        return read_terminal(session, intent, secrets, refused=refused)
    return read_receipt(session)


def read_terminal(
    session: WindowsSession,
    intent: TerminalIntent,
    secrets: Secrets,
    take: Take = understood,
    *,
    touch: bool = True,
    refused: str = "",
) -> TerminalState:
    """Reads a terminal; the link user's password is tried once. Raises the session's errors.

    `take` understands the answer: whole, before a change, or `in_part`. `touch` False: the password
    is not tried. `refused`: a password that was set then (`LocalUser.password_set`) was tried and
    is another one.
    """
    reading = script(
        "read_terminal",
        **CONDITIONS,
        user=intent.link_user,
        refused=refused,
        folders=_folders(intent),
        shares=[share.name for share in intent.shares],
        rules=[SMB_RULE, *OPEN_RULES],
        services=list(intent.services),
        try_password=touch,
        not_granted=ERROR_LOGON_TYPE_NOT_GRANTED,
        locked_out=ERROR_ACCOUNT_LOCKED_OUT,
        certificate_store=f"Cert:\\{intent.certificate_store}",
    )
    given = (secrets.resolve(intent.link_secret),) if touch else ()
    answer = session.run(reading, secrets=given, deadline_s=READ_S)
    return take(TerminalState, answer, session.host)


def _folders(intent: TerminalIntent) -> list[str]:
    """Answers the folders that are shared and what they lie in, each once."""
    some = (one for share in intent.shares for one in (*folders_above(share.path), share.path))
    return list({path.lower(): path for path in some}.values())


def read_receipt(session: WindowsSession, take: Take = understood) -> ReceiptState:
    """Reads a receipt PC, without its credential store; `take` as above.

    Raises the session's errors.
    """
    answer = session.run(script("read_receipt", **CONDITIONS), deadline_s=READ_S)
    return take(ReceiptState, answer, session.host)


def check_name(access: Access, state: PcState) -> None:
    """Raises WrongDevice when the PC has another name than the inventory says.

    One that could not be understood is no other name.
    """
    name = access.computer_name
    if name is None or "system" in state.unread:
        return
    if name.upper() != state.system.computer_name.upper():
        raise WrongDevice(
            "windows.wrong-pc", host=access.host, expected=name, found=state.system.computer_name
        )
