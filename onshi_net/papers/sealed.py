"""The sheet for a sealed envelope: the passwords that this tool chose for a site's devices.

The one paper with passwords in it. It is made only where a person asks for it by name, is never
one of `onshi paper`, and is for their eyes alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from onshi_net.i18n import language, text
from onshi_net.papers.page import environment
from onshi_net.papers.words import day


def sealed_page(institution: str, rows: Sequence[tuple[str, str, str]], on: datetime.date) -> str:
    """Answers the page: device, user and password a row."""
    template = environment().get_template("sealed.html.j2")
    return template.render(
        institution=institution, rows=rows, on=day(on), text=text, language=language()
    )
