"""A sentence in the evidence, told in the reader's language."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Told(BaseModel):
    """A sentence for whoever reads it, in whose language it is told then."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    message: Annotated[str, Field(pattern=r"^(?:[a-z-]+\.[a-z0-9.-]+)?$")] = ""
    """Its id in the catalogue; '': the words are those of `said`."""
    host: str = ""
    """Whom it is about, '' for nobody."""
    values: dict[str, int | float | str] = {}
    said: str = ""
    """Words in the language of whoever measured."""
