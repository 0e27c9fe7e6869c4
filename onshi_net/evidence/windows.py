"""What the Windows PCs say, as evidence: typed, storable, one session a PC, all PCs at once.

A PC that can't be used is evidence too, with the reason, never an exception. The receipt PC's
store and access proof take a batch logon of its user, so they leave the PC as it was but not
untouched for a moment. Collecting bounds each PC; here nothing but the session's own waits does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from onshi_net.errors import (
    DeviceError,
    HostKeyChanged,
    HostUnknown,
    InputError,
    LoginRefused,
    OnshiError,
    SecretMissing,
    Unreachable,
    WrongDevice,
)
from onshi_net.evidence.views import look_receipt, look_terminal
from onshi_net.facts.pc import PcState, ReceiptState, StoreState, TerminalState
from onshi_net.facts.told import Told
from onshi_net.facts.views import View
from onshi_net.facts.windows import (
    Access,
    PcEvidence,
    ReceiptEvidence,
    Session,
    TerminalEvidence,
    WindowsEvidence,
)
from onshi_net.i18n import is_known
from onshi_net.intent import SiteIntent
from onshi_net.intent.windows import ReceiptIntent, TerminalIntent, WindowsIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.pcs.answers import in_part
from onshi_net.transport.windows import (
    NoLeg,
    NotReady,
    WindowsSession,
    open_pc,
)
from onshi_net.transport.windows.batch import read_store
from onshi_net.transport.windows.reading import check_name, read_receipt, read_terminal

OPEN_S = 8.0
"""Silence of a PC's WinRM after which it counts as lost; its port itself is waited for at most
twice 4 s."""
UNTOUCHED = (None, (Told(message="evidence.touch-nothing"),), "")
"""What is told of a user's store that was not read: reading it takes a task for a moment."""
S = TypeVar("S", bound=PcState)
Opener = Callable[[WindowsIntent], WindowsSession]


_ACCESS: tuple[tuple[type[OnshiError], Access], ...] = (
    (WrongDevice, Access.WRONG_PC),
    (HostKeyChanged, Access.CERTIFICATE_CHANGED),
    (HostUnknown, Access.CERTIFICATE_UNKNOWN),
    (LoginRefused, Access.NOT_READY),
    (NoLeg, Access.NO_LEG),
    (SecretMissing, Access.NO_SECRET),
    (Unreachable, Access.UNREACHABLE),
)


def opener_from_here(site: SiteIntent, secrets: Secrets, folder: Path) -> Opener:
    """Gives the opener of a site's PCs for this laptop as it stands now."""
    from onshi_net.transport.laptop import own_legs

    return partial(open_pc, site, secrets, folder, own_legs(), deadline_s=OPEN_S)


def ask_pc(
    intent: WindowsIntent,
    secrets: Secrets,
    opener: Opener,
    site: SiteIntent | None = None,
    *,
    touch: bool = True,
) -> PcEvidence:
    """Answers one PC's evidence; a PC that can't be used is evidence too.

    `site`: the PC is asked to look, too, for what this site needs; None: only its state is read.
    `touch` False: nothing is made there, not even for a moment, and no account is tried but the one
    that logs in.
    """
    if isinstance(intent, TerminalIntent):
        return ask_terminal(intent, secrets, opener, site, touch=touch)
    return ask_receipt(intent, secrets, opener, looks=site is not None, touch=touch)


def late_pc(intent: WindowsIntent, seconds: float) -> PcEvidence:
    """Answers the evidence of a PC that did not end within `seconds`."""
    host = intent.access.host
    reason = Told(message="evidence.pc-late", values={"host": host, "seconds": round(seconds)})
    return unasked_pc(intent, reason, seconds)


def unasked_pc(intent: WindowsIntent, reason: Told, duration_s: float = 0.0) -> PcEvidence:
    """Answers the evidence of a PC of which nothing is known, for a reason."""
    session = Session(
        host=intent.access.host,
        access=Access.ERROR,
        reason=(reason,),
        duration_s=duration_s,
        asked_at=datetime.now(UTC),
    )
    if isinstance(intent, TerminalIntent):
        return TerminalEvidence(session=session)
    return ReceiptEvidence(session=session)


def gathered(some: Iterable[PcEvidence]) -> WindowsEvidence:
    """Answers all PCs' evidence as one."""
    found = tuple(some)
    return WindowsEvidence(
        terminals=tuple(one for one in found if isinstance(one, TerminalEvidence)),
        receipts=tuple(one for one in found if isinstance(one, ReceiptEvidence)),
    )


class _Story:
    """What is known of a session so far."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.asked_at = datetime.now(UTC)
        self.started = time.monotonic()
        self.error: OnshiError | None = None

    def session(self, secrets: Secrets) -> Session:
        duration = time.monotonic() - self.started
        base = Session(host=self.host, asked_at=self.asked_at, duration_s=duration)
        if self.error is None:
            return base
        causes = self.error.causes if isinstance(self.error, NotReady) else ()
        told = {
            "access": access_of(self.error),
            "reason": _reason(self.error, secrets),
            "remedy": _told(self.error, _known(self.error.remedies), secrets),
            "causes": causes,
            "raw": secrets.masked(_raw_of(self.error)),
        }
        return base.model_copy(update=told)


def _raw_of(error: OnshiError) -> str:
    return error.raw if isinstance(error, DeviceError) else ""


def _masked(state: S, secrets: Secrets) -> S:
    """Answers a state whose words that nobody understood hold no secret of the site."""
    if not state.unread:
        return state
    hidden = {name: secrets.masked(said) for name, said in state.unread.items()}
    return state.model_copy(update={"unread": hidden})


def _reason(error: OnshiError, secrets: Secrets) -> tuple[Told, ...]:
    """Answers an error's sentences for later, whose it is before the first.

    Faults of a file are told as they are.
    """
    if isinstance(error, InputError):
        return tuple(Told(said=line) for line in secrets.masked(str(error)).split("\n"))
    first, *more = _told(error, error.messages, secrets)
    return first.model_copy(update={"host": error.host}), *more


def _told(error: OnshiError, messages: Iterable[str], secrets: Secrets) -> tuple[Told, ...]:
    values = {
        name: one if isinstance(one, int | float) else secrets.masked(str(one))
        for name, one in {"host": error.host, **error.values}.items()
    }
    return tuple(Told(message=one, values=values) for one in messages)


def _known(messages: Iterable[str]) -> list[str]:
    """Answers those that the catalogue has; not every error has a remedy."""
    return [one for one in messages if is_known(one)]


@contextmanager
def _opened(
    story: _Story, intent: WindowsIntent, opener: Opener
) -> Iterator[WindowsSession | None]:
    """Gives the session, or None where it can't be opened; keeps any error in the story."""
    session: WindowsSession | None = None
    try:
        session = opener(intent)
        story.asked_at = datetime.now(UTC)
    except OnshiError as error:
        story.error = error
    try:
        yield session
    except OnshiError as error:
        story.error = error
    finally:
        if session is not None:
            session.close()


def access_of(error: OnshiError) -> Access:
    """Answers the access that an error means."""
    return next((access for kind, access in _ACCESS if isinstance(error, kind)), Access.ERROR)


def ask_terminal(
    intent: TerminalIntent,
    secrets: Secrets,
    opener: Opener,
    site: SiteIntent | None = None,
    *,
    touch: bool = True,
) -> TerminalEvidence:
    """Answers one terminal's evidence; `site` and `touch` as in `ask_pc`."""
    story = _Story(intent.access.host)
    state: TerminalState | None = None
    view: View | None = None
    unseen: tuple[Told, ...] = ()
    with _opened(story, intent, opener) as session:
        if session is not None:
            found = read_terminal(session, intent, secrets, in_part, touch=touch)
            state = _masked(found, secrets)
            check_name(intent.access, state)
            if site is not None:
                view, unseen = _look(partial(look_terminal, session, site, intent), secrets)
    return TerminalEvidence(
        session=story.session(secrets), state=state, view=view, view_reason=unseen
    )


def _look(look: Callable[[], View], secrets: Secrets) -> tuple[View | None, tuple[Told, ...]]:
    """Answers what a PC sees, or why that could not be told; its state stands all the same."""
    try:
        return look(), ()
    except OnshiError as error:
        return None, _reason(error, secrets)


def ask_receipt(
    intent: ReceiptIntent,
    secrets: Secrets,
    opener: Opener,
    *,
    looks: bool = False,
    touch: bool = True,
) -> ReceiptEvidence:
    """Answers one receipt PC's evidence; `looks`: also whether it gets to the terminals."""
    story = _Story(intent.access.host)
    state: ReceiptState | None = None
    reason: tuple[Told, ...] = ()
    view: View | None = None
    unseen: tuple[Told, ...] = ()
    raw = ""
    with _opened(story, intent, opener) as session:
        if session is not None:
            state = _masked(read_receipt(session, in_part), secrets)
            check_name(intent.access, state)
            if looks and intent.proofs:
                view, unseen = _look(partial(look_receipt, session, intent), secrets)
            store, reason, raw = _store(session, intent, secrets) if touch else UNTOUCHED
            state = state.model_copy(update={"store": store})
    return ReceiptEvidence(
        session=story.session(secrets),
        state=state,
        store_reason=reason,
        store_raw=raw,
        view=view,
        view_reason=unseen,
    )


def _store(
    session: WindowsSession, intent: ReceiptIntent, secrets: Secrets
) -> tuple[StoreState | None, tuple[Told, ...], str]:
    if not intent.credentials:
        return None, (), ""
    try:
        return read_store(session, intent, secrets), (), ""
    except OnshiError as error:
        return None, _reason(error, secrets), secrets.masked(_raw_of(error))
