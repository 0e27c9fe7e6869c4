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


STEPS: Mapping[int, Callable[[Data], Data]] = {2: _states}
"""By the format that a step takes further; one that changed nothing here has none."""
