"""What differs between the models of the family, and nobody else needs to know."""

from __future__ import annotations

from functools import cache
from typing import Literal

from onshi_net.model.base import Frozen
from onshi_net.model.catalogue import Revision, RouterModel


class YamahaModel(Frozen):
    """The `family` of a model's data."""

    division: Literal["port-based", "flexible-port"]
    """How its LAN is divided (RTX command reference 4.50; 53.1)."""
    rollback_timer_since: Revision | None
    """First revision with `rollback timer`; None: not documented for this model."""
    schedule_delay_since: Revision | None
    """First revision with `schedule at N +S`; None: not documented for this model."""
    ssh_methods: Literal["all", "publickey"] | None = "all"
    """How SSH lets in where no `sshd auth method` stands (4.74); None: not known to have that
    command."""


@cache
def family_of(model: RouterModel) -> YamahaModel:
    """Reads what the family knows of a model. Raises ValidationError for data of another family."""
    return YamahaModel.model_validate(dict(model.family))
