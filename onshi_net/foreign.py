"""Words that others wrote (a device, a server, a file of somebody's), made fit to be shown.

They may move a cursor, hide or turn round what stands beside them, or fill a screen. Whatever a
person reads passes here: the values of a sentence (`i18n.text`), what goes to the terminal
(`cli.output`), the log, the page, JUnit and JSON.

What is taken away leaves a mark, so that two halves of a secret or of a word never join into one
that a mask or a reader had not seen before.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

MARK = "\ufffd"
"""Stands for what can't be shown (U+FFFD, REPLACEMENT CHARACTER)."""
MORE = "…"
ANSWER = 300
"""Columns of a device's own words in a sentence: four rows of a terminal."""
VALUE = 1000
"""Columns of any other value of a sentence; ours are lists of names, paths and commands."""
SENTENCE = 4000
"""Columns of a line of the log."""
MARKS = 4
"""Combining marks on one letter; Vietnamese and Thai have two, IVS of kanji one more."""
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"
    r"|(?:\x1b[PX\]^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*+(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*+[0-~]"
)
"""Control sequences and strings (ECMA-48, 5.4 and 5.6), escape sequences (ECMA-35, 13.1). The runs
give nothing back, so that a text is read once, whatever it holds."""
_ROWS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_BLANKS = frozenset(" \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
                    "\u200a\u202f\u205f\u3000")  # fmt: skip
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""Letters and marks that take no place or look like a blank (Unicode, Default_Ignorable_Code_Point
beyond the categories that are refused; variation selectors stay: names in kanji need them)."""
_FOREIGN = re.compile(r"[^\n -~]+")
_DOUBTFUL = re.compile(r"[^ -~\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uff01-\uff5e]+")
"""What has to be looked at letter by letter: all but ASCII, kana, kanji and their wide forms."""
_MARKED = re.compile(f"{MARK}{{2,}}")


def line(words: str, columns: int = VALUE) -> str:
    """Answers the words as one line of so many columns at most, fit to be shown."""
    some = words[: 8 * columns]  # a bound on the work; a letter with its marks counts five
    shown = _clean(_ROWS.sub(" ", some), "")
    if len(some) == len(words) and width(shown) <= columns:
        return shown
    return _cut(shown, columns - width(MORE)) + MORE


def block(words: str) -> str:
    """Answers the words with their line ends and tabs, fit to be shown; nothing is cut off."""
    return _clean(words.replace("\r\n", "\n"), "\n\t")


def value(given: Any) -> Any:
    """Answers a value of a sentence: words and names of files as one line, others as they are."""
    if isinstance(given, str | PurePath | BaseException):
        return line(f"{given}")
    return given


def plain(data: Any) -> Any:
    """Answers plain data (as of JSON) with all its words fit to be shown."""
    if isinstance(data, str):
        return block(data)
    if isinstance(data, Mapping):
        return {plain(key): plain(one) for key, one in data.items()}
    if isinstance(data, list | tuple):
        return [plain(one) for one in data]
    return data


def escaped(document: str) -> str:
    """Answers a JSON document that means the same and holds nothing that can't be shown."""
    return _FOREIGN.sub(lambda found: _escaped(found[0]), document)


def _escaped(run: str) -> str:
    return "".join(one if _shows(one) else json.dumps(one)[1:-1] for one in run)


def width(words: str) -> int:
    """Answers how many columns of a Japanese terminal the words take at most."""
    return len(words) if words.isascii() else sum(map(_columns, words))


def _columns(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WFA" else 1


def _cut(words: str, columns: int) -> str:
    taken = 0
    for at, char in enumerate(words):
        taken += _columns(char)
        if taken > columns:
            return words[:at]
    return words


def _clean(words: str, kept: str) -> str:
    if words.isascii() and words.isprintable():
        return words
    plain = _SEQUENCE.sub(MARK, words)
    shown = _DOUBTFUL.sub(lambda found: "".join(_seen(found[0], kept)), plain)
    return _MARKED.sub(MARK, shown)


def _seen(words: str, kept: str) -> Iterator[str]:
    marks = 0
    for char in words:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= MARKS:
            yield char if _shows(char) or char in kept else MARK
        elif marks == MARKS + 1:
            yield MARK


def _shows(char: str) -> bool:
    """Answers whether a character can be seen, or is a blank.

    `str.isprintable` refuses the categories Cc, Cf, Cs, Co, Cn, Zl, Zp and Zs (Python, str).
    """
    return (char.isprintable() or char in _BLANKS) and char not in _UNSEEN
