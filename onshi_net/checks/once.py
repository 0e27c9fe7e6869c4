"""What several checks of one judgement ask is computed once for all of them.

Outside a judgement nothing is kept. Pure functions only: the same question has the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

T = TypeVar("T")
_KEPT: ContextVar[dict[tuple[str, ...], tuple[Any, Any]] | None] = ContextVar("kept", default=None)


@contextmanager
def judging() -> Iterator[None]:
    """Keeps answers until the block is left: all are about the same evidence and intent."""
    token = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(token)


def once(key: tuple[str, ...], ask: Callable[[], T]) -> T:
    """Answers what `ask` does, or raises what it raised; it is called once a judgement."""
    kept = _KEPT.get()
    if kept is None:
        return ask()
    if key not in kept:
        try:
            kept[key] = ask(), None
        except Exception as broken:  # noqa: BLE001 it is raised below, to each who asks
            kept[key] = None, broken
    answer, refusal = kept[key]
    if refusal is not None:
        raise refusal
    return cast("T", answer)
