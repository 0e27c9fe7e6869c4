"""The sockets of the routers as printed on their cases (data/papers/sockets.yaml)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from ruamel.yaml import YAML

from onshi_net.model.base import as_tuple

Names = Annotated[tuple[str, ...], BeforeValidator(as_tuple)]


class Sockets(BaseModel):
    """A router's sockets: its LAN ports by number, the line side's name, and others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lan: Names
    wan: str
    other: Names = ()


@cache
def router_sockets() -> dict[str, Sockets]:
    """Answers the sockets of each router model."""
    source = files("onshi_net.data").joinpath("papers", "sockets.yaml")
    rows = YAML(typ="safe", pure=True).load(source.read_text(encoding="utf-8"))["routers"]
    return {name: Sockets.model_validate(row) for name, row in rows.items()}
