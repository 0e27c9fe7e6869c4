"""A paper's page as PDF: A4, tagged for screen readers (PDF/UA-1, ISO 14289-1), by WeasyPrint.

WeasyPrint and the libraries that it loads (Pango) are wanted by nothing else, so they are imported
here alone, and the HTML page is there without them.
"""

from __future__ import annotations

import logging
import subprocess

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text

FONT = "Noto Sans CJK JP"
"""Named so, Chinese shapes don't slip in; Debian's package is fonts-noto-cjk."""
VARIANT = "pdf/ua-1"


def to_pdf(page: str) -> bytes:
    """Answers the PDF of a page. Raises InputError where Pango or the font is not there.

    The same page gives the same bytes.
    """
    try:
        import weasyprint
    except OSError as error:  # cffi finds no libpango, libgobject, …
        raise _missing("no-pango", f"{error}".splitlines()[0]) from None
    if not _has_font():
        raise _missing("no-font", FONT)
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    # A page holds all that it needs, its photos too (data:); nothing is fetched.
    nothing = weasyprint.URLFetcher(allowed_protocols=("data",))
    made: bytes = weasyprint.HTML(string=page, url_fetcher=nothing).write_pdf(
        pdf_variant=VARIANT, pdf_tags=True, full_fonts=False, custom_metadata=False
    )
    return made


def _has_font() -> bool:
    """Answers whether fontconfig knows the font; where there is no fc-match nobody can tell."""
    try:
        done = subprocess.run(
            ("fc-match", "--format=%{family}", FONT), capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return True
    return FONT in done.stdout


def _missing(name: str, what: str) -> InputError:
    problem = text(f"papers.{name}", what=what)
    return InputError([Fault(Place(item="PDF"), problem, text(f"papers.{name}.remedy"))])
