"""Stored evidence of every format, as this version's facts.

A step a format: it takes the plain data of one to the next. What an older format did not hold is
not made up; what only it held is kept under a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onshi_net import formats
from onshi_net.facts.types import Evidence

Data = dict[str, Any]


def evidence_of(data: Mapping[str, Any]) -> Evidence:
    """Answers the evidence that plain data of any format up to ours is. Raises ValueError."""
    plain = dict(data)
    for older in range(plain.get(formats.FIELD, formats.FIRST), formats.EVIDENCE):
        plain = STEPS.get(older, dict)(plain)
    return Evidence.model_validate({**plain, formats.FIELD: formats.EVIDENCE})


def _states(data: Data) -> Data:
    """2 to 3: the router's difference was decided while it was measured, its reasons were told."""
    router = data.get("router")
    if not isinstance(router, dict):
        return data
    router = dict(router)
    judged = {name: router.pop(name, None) for name in ("difference", "unsaved")}
    said = router.pop("reason", "")
    if any(one is not None for one in judged.values()):
        router["judged"] = judged
    if said:
        router["reason"] = {"said": said}
    return {**data, "router": router}


def _pc_states(data: Data) -> Data:
    """3 to 4: a PC's differences were decided while it was measured, its reasons were sentences."""
    windows = data.get("windows")
    if not isinstance(windows, dict):
        return data
    pcs = {
        group: [_pc(one) for one in some] if isinstance(some, list) else some
        for group, some in windows.items()
    }
    return {**data, "windows": pcs}


def _pc(pc: Any) -> Any:
    session = pc.get("session") if isinstance(pc, dict) else None
    if not isinstance(session, dict):
        return pc
    judged = {name: session.get(name, ()) for name in ("differences", "conflicts", "notes")}
    sayings = {name: _said(session.get(name)) for name in ("reason", "remedy")}
    kept = {name: one for name, one in session.items() if name not in judged}
    if any(judged.values()):
        kept["judged"] = judged
    store, reason = pc.get("store"), _said(pc.get("store_reason"))
    state = pc.get("state")
    if isinstance(state, dict) and store is not None:
        state = {**state, "store": store}
    return {**pc, "session": {**kept, **sayings}, "state": state, "store_reason": reason}


def _said(words: Any) -> Any:
    """Answers an older file's sentences, a line each; the model refuses what is no text."""
    if not isinstance(words, str):
        return words if words is not None else ()
    return [{"said": line} for line in words.split("\n") if line]


STEPS: Mapping[int, Callable[[Data], Data]] = {2: _states, 3: _pc_states}
"""By the format that a step takes further; one that changed nothing here has none."""
