"""Releases of Windows by edition and build, with the last day of their support, as dated data.

Data: `onshi_net/data/windows.yaml`, which names its sources.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator
from ruamel.yaml import YAML

from onshi_net.model.base import Frozen, as_tuple
from onshi_net.model.text import Text, Token


class Release(Frozen):
    """One release of some editions."""

    build: int
    editions: Annotated[tuple[Token, ...], BeforeValidator(as_tuple)]
    """`EditionID`s of the registry."""
    last: datetime.date
    """Last day of Microsoft's support."""
    name: Text
    terminal: bool = False
    """Of the kind that the brochure names for a terminal."""


@cache
def releases() -> Mapping[tuple[str, int], Release]:
    """Answers the known releases by edition, in lower case, and build."""
    text = (files("onshi_net.data") / "windows.yaml").read_text(encoding="utf-8")
    rows = YAML(typ="safe", pure=True).load(text)["releases"]
    known = [Release.model_validate(row) for row in rows]
    return MappingProxyType({(e.lower(), one.build): one for one in known for e in one.editions})


def release_of(edition: str, build: int) -> Release | None:
    """Answers the release of a PC; None: not known."""
    return releases().get((edition.lower(), build))
