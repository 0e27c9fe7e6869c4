"""What a PC's script printed, as the fact that it is."""

from __future__ import annotations

from typing import Any, TypeVar

from onshi_net.errors import DeviceError
from onshi_net.facts.pc import Answered

T = TypeVar("T", bound=Answered)


def understood(kind: type[T], answer: Any, host: str) -> T:
    """Answers the typed form of a PC's answer. Raises DeviceError when it has another shape."""
    try:
        return kind.model_validate(answer)
    except ValueError as error:
        count = getattr(error, "error_count", lambda: 1)()
        raise DeviceError(
            "windows.bad-answer", host=host, kind=kind.__name__, count=count
        ) from None
