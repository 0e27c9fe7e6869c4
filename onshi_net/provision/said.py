"""What the user said in so many words, without which a change is refused; journals keep it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """The words of one run."""

    reason: str | None = None
    """Why a site that isn't ready is provisioned all the same."""
    replace_config: bool = False
    """That the router may lose what somebody uses it for."""
    without_guard: str | None = None
    """Why a router that can't undo a change by itself is changed all the same."""


NOTHING = Said()
