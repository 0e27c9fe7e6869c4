"""From a paper's data to its page: one HTML document that needs nothing else.

On a screen it is one column, the rows of tables become cards where the screen is narrow; printed
(and as PDF) it is A4 with page numbers.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from onshi_net import foreign
from onshi_net.i18n import language, text
from onshi_net.papers.layout import Head
from onshi_net.papers.photos import Photo
from onshi_net.papers.words import day, yen
from onshi_net.render.templates import TEMPLATES

DESK_PHONE = "0120-087-033"
"""The brochure's window for customers (line 12)."""


class Paper(Protocol):
    """What every paper has."""

    @property
    def head(self) -> Head:
        """Answers the paper's head."""


def to_html(paper: Paper) -> str:
    """Answers the page in the current language; every value is escaped."""
    page = environment().get_template(f"{paper.head.kind}.html.j2")
    return page.render(
        paper=paper, text=text, language=language(), day=day, yen=yen, phone=DESK_PHONE
    )


def _shown(value: object) -> object:
    """Answers a value of the page fit to be shown; what the template itself made stays."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return foreign.line(value, foreign.SENTENCE)
    return value


def qr(address: str, name: str) -> Markup:
    """Answers an address of the web as the SVG of its QR code, with its name."""
    import segno

    code = segno.make(address, error="m", micro=False)
    made = code.svg_inline(border=4, omitsize=True, svgclass="qr-code", lineclass=None, title=name)
    return Markup(made)  # noqa: S704 - segno's own, which escapes the title


def photo(one: Photo) -> Markup:
    """Answers a photo as the address that holds it itself."""
    return Markup(one.source)  # noqa: S704 - letters of base64


@cache
def environment() -> Environment:
    """Answers how templates of papers are read: all is escaped, nothing may be undefined."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES / "papers"),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["qr"] = qr
    made.globals["photo"] = photo
    return made
