"""Drives the core: performs its actions one after the other and hands in how each ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from onshi_net.errors import OnshiError, Unreachable
from onshi_net.provision.core import (
    Action,
    Answer,
    Connect,
    Done,
    End,
    Event,
    Facts,
    Lost,
    Measured,
    Next,
    Refused,
    State,
    Stopped,
    Told,
    step,
)
from onshi_net.provision.reach import Cancelled, now
from onshi_net.transport import SessionLost

Found = Facts | tuple[Answer, ...] | None
"""What an action answers: facts where that was to ask, answers where it was to measure."""


class Driver(Protocol):
    """A device as the core's actions change it."""

    def perform(self, state: State, action: Action) -> Found:
        """Does an action. Raises Cancelled, SessionLost and other errors of ours."""

    def turned(self, state: State) -> None:
        """Is told that the change is given up, and is going to be undone."""


def drive(first: Next, driver: Driver, stop: Callable[[], bool]) -> tuple[State, End]:
    """Performs until the end; `stop` is asked between two actions."""
    state, action = first
    while not isinstance(action, End):
        event = _happened(state, action, driver, stop)
        before, (state, action) = state, step(state, event)
        if state.cause is not None and before.cause is None and not state.released:
            driver.turned(state)
    return state, action


def _happened(state: State, action: Action, driver: Driver, stop: Callable[[], bool]) -> Event:
    try:
        found = driver.perform(state, action)
    except (Cancelled, KeyboardInterrupt):
        return Stopped(now())
    except SessionLost as lost:
        return Lost(now(), cause=lost)
    except Unreachable as error:
        kind = Lost if isinstance(action, Connect) else Refused
        return kind(now(), cause=error)
    except OnshiError as error:
        return Refused(now(), cause=error)
    if isinstance(found, Facts):
        return Told(now(), stop=stop(), facts=found)
    if found is not None:
        return Measured(now(), stop=stop(), answers=found)
    return Done(now(), stop=stop())
