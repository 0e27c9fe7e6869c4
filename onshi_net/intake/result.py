"""What an intake found: the sites with their facts.

And everything that was said about the workbook.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from onshi_net.i18n import text

Facts = dict[str, Any]
"""Nested plain data in the shape of site.yaml."""
CODE = "institution.code"


def merged(base: Facts, more: Facts) -> Facts:
    """Answers the facts of both; what `more` says counts."""
    found = dict(base)
    for key, value in more.items():
        inner = found.get(key)
        if isinstance(value, dict) and isinstance(inner, dict):
            found[key] = merged(inner, value)
        else:
            found[key] = value
    return found


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about a place in the workbook.

    A change, a warning or a notice (`intake.<message>`).
    """

    sheet: str
    cell: str
    message: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Gives the sentence in the current language."""
        return text(f"intake.{self.message}", **dict(self.values))

    @property
    def place(self) -> str:
        """Gives `Sheet!C8`."""
        return f"{self.sheet}!{self.cell}" if self.cell else self.sheet

    def to_json(self) -> dict[str, str]:
        """Gives plain data with the sentence."""
        return {"place": self.place, "message": self.message, "text": self.text}


def note(sheet: str, cell: str, message: str, **values: object) -> Note:
    """Makes a note."""
    return Note(sheet, cell, message, tuple((name, str(value)) for name, value in values.items()))


@dataclass(frozen=True, slots=True)
class SiteAnswers:
    """One site: its code, the sheets it comes from, its facts in the shape of site.yaml."""

    code: str
    sheet: str
    survey_sheet: str | None = None
    facts: Facts = field(default_factory=dict)
    folder: str = ""
    cells: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Sheet and cell of each answer, by its field."""

    @property
    def has_form(self) -> bool:
        """Answers whether a 申込シート is there; a survey may come alone, for a known site."""
        return self.sheet != self.survey_sheet

    @property
    def name(self) -> str:
        """Answers the site's folder name: the one it was given, else its institution code."""
        return self.folder or self.code

    def to_json(self) -> dict[str, Any]:
        """Gives plain data."""
        return {
            "site": self.name,
            "code": self.code,
            "sheet": self.sheet,
            "survey_sheet": self.survey_sheet,
            "facts": _plain(self.facts),
        }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | bool | int | float) or value is None else str(value)


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """The sites of a workbook, and its changes (normalizations), warnings and notices."""

    file: Path
    sites: tuple[SiteAnswers, ...]
    changes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    notices: tuple[Note, ...] = ()

    def named(self, names: Mapping[str, str]) -> IntakeResult:
        """Answers the same with folder names for some sites, by institution code."""
        sites = (replace(site, folder=names.get(site.code, site.folder)) for site in self.sites)
        return replace(self, sites=tuple(sites))

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with all sentences."""
        return {
            "file": str(self.file),
            "sites": [site.to_json() for site in self.sites],
            "changes": [one.to_json() for one in self.changes],
            "warnings": [one.to_json() for one in self.warnings],
            "notices": [one.to_json() for one in self.notices],
        }
