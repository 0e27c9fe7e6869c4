"""What is to be on a terminal (brochure, table of work 5): programs, card reader, the backup.

Which names and versions, the integrator says; nobody publishes them. Edge is the brochure's own
(提供機器, オンライン資格確認端末).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from onshi_net.model.base import Frozen
from onshi_net.model.text import Text


class Item(StrEnum):
    """One thing of the table."""

    BILLING = "billing"
    """オンライン請求システム."""
    ELIGIBILITY = "eligibility"
    """オンライン資格確認システム."""
    LINK = "link"
    """連携アプリ."""
    DISTRIBUTION = "distribution"
    """配信アプリ."""
    CARD_READER = "card-reader"
    """A device, known by the name that Windows shows."""
    EDGE = "edge"


class Program(Frozen):
    """What an item is called on the PC, and which version it has."""

    name: Text
    """As in the list of installed apps, or of devices; `*` stands for any letters."""
    version: Text | None = None
    """`2.1` takes 2.1 and 2.1.7; None: any."""


EDGE = Program(name="Microsoft Edge")


def item(value: Any) -> Any:
    """Answers the item of a word in a file."""
    return Item(value) if isinstance(value, str) else value
