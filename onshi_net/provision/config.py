"""A router's configuration as lines.

Header and comments stripped, sections kept by their indentation. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_SECTION = re.compile(r"(?:pp|tunnel) select (?!none\b)\S+")
"""Commands whose following lines `show config` indents (RTX command reference 56.1, 56.2)."""
_HERE = re.compile(r" <<(\w+)$")
"""Commands with a text of several lines, up to a line with that word (4.92, 4.93); the text is left
out.
"""


def config_lines(text: str) -> tuple[str, ...]:
    """Answers the configuration lines of `show config`, without comments.

    Blanks are single; a section's lines have one in front.
    """
    return tuple(_lines(text.splitlines()))


def is_section(line: str) -> bool:
    """Answers whether a line begins a section, such as `pp select 1`."""
    return _SECTION.fullmatch(line) is not None


def _lines(rows: Iterable[str]) -> Iterator[str]:
    within, here_end = False, ""
    for row in rows:
        words = " ".join(row.split())
        if here_end:
            here_end = "" if words == here_end else here_end
            continue
        if not words or words.startswith("#"):
            continue
        here = _HERE.search(words)
        here_end = here[1] if here else ""
        within = row[:1] == " " and within
        yield f" {words}" if within else words
        within = within or is_section(words)


def same_config(first: Iterable[str], second: Iterable[str]) -> bool:
    """Answers whether two configurations say the same.

    The order of `show config` is the router's own.
    """
    return set(keyed(first)) == set(keyed(second))


def keyed(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Answers each line with the section that it belongs to, '' outside of sections."""
    section = ""
    for line in lines:
        if line.startswith(" "):
            yield section, line.strip()
        else:
            section = line if is_section(line) else ""
            if not section:
                yield "", line
