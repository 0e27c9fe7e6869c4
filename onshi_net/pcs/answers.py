"""What a PC's script printed, as the fact that it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from onshi_net import foreign
from onshi_net.errors import DeviceError
from onshi_net.facts.pc import UNREAD_SYSTEM, Answered, PcState

T = TypeVar("T", bound=Answered)
S = TypeVar("S", bound=PcState)
RAW = 4000
"""Columns of an answer that can't be understood, as they are kept."""
EMPTY: Mapping[str, Any] = {"system": UNREAD_SYSTEM, "addresses": (), "routes": ()}
"""What stands in a field that every answer has, where it can't be understood."""
NEVER_ANSWERED = frozenset({"store", "unread"})
"""Fields that no reading of a PC fills: the store is read by a task of its own."""


def understood(kind: type[T], answer: Any, host: str) -> T:
    """Answers the typed form of a PC's answer. Raises DeviceError when it has another shape."""
    try:
        return kind.model_validate(answer)
    except (ValueError, TypeError) as error:
        raise bad_answer(kind, error, answer, host) from None


def in_part(kind: type[S], answer: Any, host: str) -> S:
    """Answers the same of a PC's state, for measuring: what can't be understood costs itself only.

    Each such field is named in `unread` with the PC's own words, and so is one that the answer
    leaves out. Raises DeviceError where nothing of the answer can be understood.
    """
    if not isinstance(answer, dict):
        return understood(kind, answer, host)
    asked = kind.model_fields.keys() - NEVER_ANSWERED
    given = {name: one for name, one in answer.items() if name in asked}
    unread = dict.fromkeys(asked - given.keys(), "")
    try:
        kind.model_validate({**_empty(asked - given.keys()), **given})
    except ValidationError as error:
        odd = {str(one["loc"][0]) for one in error.errors(include_url=False) if one["loc"]}
        unread |= {name: raw(given.pop(name)) for name in sorted(odd & given.keys())}
    if not given:
        return understood(kind, answer, host)
    kept = {**_empty(asked - given.keys()), **given, "unread": dict(sorted(unread.items()))}
    return understood(kind, kept, host)


def _empty(names: Iterable[str]) -> dict[str, Any]:
    return {name: EMPTY[name] for name in names if name in EMPTY}


def raw(value: Any) -> str:
    """Answers a value in the device's own words, as JSON."""
    return foreign.line(json.dumps(value, default=repr), RAW)


def bad_answer(kind: type[Answered], error: Exception, answer: Any, host: str) -> DeviceError:
    """Answers the error of an answer that can't be understood, which keeps its words."""
    count = error.error_count() if isinstance(error, ValidationError) else 1
    bad = DeviceError("windows.bad-answer", host=host, kind=kind.__name__, count=count)
    bad.raw = raw(answer)
    return bad
