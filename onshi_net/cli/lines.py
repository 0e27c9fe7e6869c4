"""Where a Japanese line is broken: between phrases, as a reader expects, never in front of a mark.

rich knows words between spaces alone: a Japanese sentence, which has none, goes to a line of its
own and is cut where the terminal ends. The phrases are BudouX's.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

if TYPE_CHECKING:
    from budoux import Parser

_JAPANESE = re.compile("[\u3041-\u30ff\u3400-\u9fff\uff01-\uff60]")
_PIECES = re.compile(r"\s*\S+")
NEVER_FIRST = frozenset("、。，．・：；？！）］｝」』】〉》ー々っゃゅょッャュョ゛゜…‥,.:;?!)]}%")
"""What begins no line (JIS X 4051, line-start prohibition rules)."""


NEVER_LAST = frozenset("（［｛「『【〈《([{")
"""What ends no line (JIS X 4051, line-end prohibition rules)."""
WORD = frozenset("-./:@_\\" + string.ascii_letters + string.digits)
"""What a number, a name, an address and a path are made of."""


def broken(line: Text, width: int) -> Text:
    """Answers a text whose Japanese lines are broken so that each fits into `width` cells.

    What goes on below begins where its line began. Other lines stay as they are.
    """
    if width < 1 or not _JAPANESE.search(line.plain):
        return line
    lines = [part for one in line.split("\n", allow_blank=True) for part in _parts(one, width)]
    return Text("\n", end=line.end, no_wrap=line.no_wrap, overflow=line.overflow).join(lines)


def _parts(line: Text, width: int) -> Iterator[Text]:
    plain = line.plain
    if cell_len(plain) <= width or not _JAPANESE.search(plain):
        yield line
        return
    indent = len(plain) - len(plain.lstrip(" "))
    if 2 * indent > width:
        indent = 0
    first, *rest = line.divide(list(offsets(plain, width, indent)))
    first.rstrip()
    yield first
    for part in rest:
        part.rstrip()
        yield Text(" " * indent) + part[len(part.plain) - len(part.plain.lstrip()) :]


def offsets(plain: str, width: int, indent: int = 0) -> Iterator[int]:
    """Answers where the lines after the first begin; each of those has `indent` cells less.

    Blanks at a line's end, and in front of a later line, are not counted.
    """
    begin = end = 0

    def is_full(until: int) -> bool:
        if begin == 0:
            return cell_len(plain[:until].rstrip()) > width
        return cell_len(plain[begin:until].strip()) > max(width - indent, 2)

    for piece in _pieces(plain):
        start, end = end, end + len(piece)
        if is_full(end) and plain[begin:start].strip():
            begin = start
            yield begin
        while is_full(end):  # a phrase that is longer than a line
            begin = _fold(plain, begin, next(at for at in range(begin + 1, end + 1) if is_full(at)))
            yield begin


def _fold(plain: str, begin: int, over: int) -> int:
    """Answers where a phrase is cut whose letter before `over` is one too many: before no mark."""
    for at in range(over - 1, begin + 1, -1):
        if plain[at] not in NEVER_FIRST and not plain[at].isspace():
            return at
    return max(over - 1, begin + 1)


def _pieces(plain: str) -> Iterator[str]:
    """Answers what stays together: phrases, cut at spaces, each with the marks behind it."""
    held = ""
    for phrase in _parser().parse(plain):
        for piece in _cut(phrase):
            if held and not _stays(held, piece):
                yield held
                held = ""
            held += piece
    if held:
        yield held


def _stays(held: str, piece: str) -> bool:
    """Answers whether a piece stays with what stands before it.

    A mark does, what a bracket opens, and the rest of a number, a name or an address.
    """
    last, first = held[-1:], piece[:1]
    if first.isspace():
        return False
    return first in NEVER_FIRST or last in NEVER_LAST or (last in WORD and first in WORD)


def _cut(phrase: str) -> Iterator[str]:
    """Answers a phrase's words; blanks stand in front of a word, or alone at the end."""
    end = 0
    for found in _PIECES.finditer(phrase):
        yield found.group()
        end = found.end()
    if phrase[end:]:
        yield phrase[end:]


@cache
def _parser() -> Parser:
    from budoux import load_default_japanese_parser

    return load_default_japanese_parser()
