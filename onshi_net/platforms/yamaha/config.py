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


def here_end(line: str) -> str:
    """Answers the word that ends the text which a line begins; '' where it begins none."""
    found = _HERE.search(line)
    return found[1] if found else ""


def is_section(line: str) -> bool:
    """Answers whether a line begins a section, such as `pp select 1`."""
    return _SECTION.fullmatch(line) is not None


def _lines(rows: Iterable[str]) -> Iterator[str]:
    within, end = False, ""
    for row in rows:
        words = " ".join(row.split())
        if end:
            end = "" if words == end else end
            continue
        if not words or words.startswith("#"):
            continue
        end = here_end(words)
        within = row[:1] == " " and within
        yield f" {words}" if within else words
        within = within or is_section(words)


def same_config(first: Iterable[str], second: Iterable[str]) -> bool:
    """Answers whether two configurations say the same.

    The order of `show config` is the router's own.
    """
    return set(keyed(first)) == set(keyed(second))


def sectioned(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Answers each line as it is with the section that it belongs to, '' outside of sections."""
    section = ""
    for line in lines:
        if not line.startswith(" "):
            section = line if is_section(line) else ""
        yield section if line.startswith(" ") else "", line


def keyed(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Answers each line without its blank, with its section; what begins a section is left out."""
    for section, line in sectioned(lines):
        if not is_section(line):
            yield section, line.strip()
