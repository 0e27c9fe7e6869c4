"""Where the templates lie."""

from __future__ import annotations

from pathlib import Path

_BESIDE = Path(__file__).parent.parent / "templates"
TEMPLATES = _BESIDE if _BESIDE.is_dir() else Path(__file__).parents[2] / "templates"
"""The templates of the installed package, or those of the checkout."""
