"""What a Yamaha console's bytes mean: prompt, pager, echo, wrapped lines, errors. Pure functions.

Sources: RTX command reference 2.4 (pager), 4.20-4.24 (`console …`), 56.1 (prompt of a selected
peer); docs/sources.md (captures: pager text glued into lines, echo and configuration wrapped at the
width, both spellings of the error colon).
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator

from onshi_net.platforms.yamaha.words import FIRST_WORDS

DEFAULT_COLUMNS = 80
"""Width of a console that nobody set (RTX command reference 4.22)."""

_COLUMNS = re.compile(r"[1-9]\d{1,2}", re.ASCII)
_WIDTHS = range(80, 201)
"""Widths that a console can be set to (RTX command reference 4.22)."""


def columns_of(word: str, otherwise: int) -> int:
    """Answers the width of `console columns`; `otherwise` for a word that sets none."""
    found = int(word) if _COLUMNS.fullmatch(word) else 0
    return found if found in _WIDTHS else otherwise


CODECS = {
    "en.ascii": "ascii",
    "ascii": "ascii",
    "ja.sjis": "cp932",
    "sjis": "cp932",
    "ja.euc": "euc_jp",
    "euc": "euc_jp",
    "ja.utf8": "utf-8",
}
"""`console character` to Python codec (RTX command reference 4.21)."""

_PAGER_WORDS = ("つづく", "続く", "more")
"""`つづく` is documented (2.4); the English word is not, `more` is an inference."""
_PAGER_CODED = b"|".join(
    re.escape(word.encode(codec)) for word in _PAGER_WORDS for codec in ("utf-8", "cp932", "euc_jp")
)
_PAGER_BYTES = re.compile(rb"--- ?(?:" + _PAGER_CODED + rb") ?--- *\Z")
_PAGER_TEXT = re.compile(rf"--- ?(?:{'|'.join(_PAGER_WORDS)}) ?--- *")
_ESCAPE = (
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()*+][0-9A-Za-z]|[=>78cDEHMNOZ])"
)
_ESCAPE_TEXT = re.compile(_ESCAPE)
_ESCAPE_BYTES = re.compile(_ESCAPE.encode("ascii"))
_BREAK = re.compile(rb"\r|\n|\x1b\[[0-?]*[ -/]*[@-~]")
_BEGUN = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*)?\Z")
_LONGEST_BREAK = 64
_ANY_PROMPT = re.compile(rb"([\x20-\xff]{0,64}?)(?:(?:pp|tunnel)[0-9A-Za-z_-]+)?([>#]) ")
_QUESTION = re.compile(rb"\(Y/N\)[ :?]*\Z", re.IGNORECASE)
_PASSWORD = re.compile(rb".*password[^:]*:\Z", re.IGNORECASE | re.DOTALL)
_ERROR = re.compile(r"^\s*(?:Error|エラー)\s*[:：]\s*(.*)$")
_ENDING = 4096
"""Bytes at the end of what came in that are looked at for a prompt or a question: more than any of
them has (RTX command reference 4.23: a prompt of 64 letters), with escape sequences."""
_SELECTED = rb"(?:(?:pp|tunnel)[0-9A-Za-z_-]+)?"


def guess_codec(raw: bytes) -> str:
    """Answers the codec that `raw` is written in.

    Text in EUC read as Shift_JIS turns into half-width katakana, so the reading with the fewest of
    them wins.
    """
    if raw.isascii():
        return "ascii"
    best, fewest = "cp932", len(raw) + 1
    for codec in ("utf-8", "cp932", "euc_jp"):
        try:
            counted = Counter(raw.decode(codec))
        except UnicodeDecodeError:
            continue
        strange = sum(count for c, count in counted.items() if _is_strange(c))
        if strange < fewest:
            best, fewest = codec, strange
    return best


def _is_strange(char: str) -> bool:
    if char in "\r\n\t\b\x1b":
        return False
    return "\uff61" <= char <= "\uff9f" or unicodedata.category(char) in {"Co", "Cc"}


def decode(raw: bytes, character: str | None = None) -> str:
    """Answers the text of `raw`.

    By the device's `console character` where known, else by its bytes.
    """
    codec = CODECS.get(character or "", "")
    if not codec or codec == "ascii":
        codec = guess_codec(raw)
    return raw.decode(codec, errors="replace")


def ending(raw: bytearray, start: int = 0) -> bytes:
    """Answers the end of what came in since `start`: all that a prompt or a question needs.

    So that what is done at each piece does not grow with what came before.
    """
    return bytes(raw[max(start, len(raw) - _ENDING) :])


def tail(raw: bytes) -> bytes:
    """Answers the last, unfinished row of `raw` without escape sequences."""
    cut = max(raw.rfind(b"\n"), raw.rfind(b"\r")) + 1
    return _ESCAPE_BYTES.sub(b"", raw[cut:])


def first_prompt(raw: bytes) -> tuple[bytes, str] | None:
    """Answers the prompt's prefix and its level (`>` or `#`) when the last row is a prompt.

    Answers None otherwise.
    """
    found = _ANY_PROMPT.fullmatch(tail(raw))
    return (found[1], found[2].decode("ascii")) if found else None


def prompt_level(raw: bytes, prefix: bytes) -> str | None:
    """Answers the level (`>` or `#`) when the last row is the prompt with that prefix.

    Answers None otherwise; a prompt is a whole row.
    """
    found = re.fullmatch(re.escape(prefix) + _SELECTED + rb"([>#]) ", tail(raw))
    return found[1].decode("ascii") if found else None


def may_be_header(raw: bytes, prefix: bytes) -> bool:
    """Answers whether a last row `# ` may be the start of a comment and not the prompt.

    A configuration begins with comment rows, and the factory prompt is a comment's first two
    characters. The row before tells them apart: a comment or nothing comes only before a comment.
    """
    if prefix:
        return False
    rows = [row.strip() for row in raw.replace(b"\r", b"\n").split(b"\n")[:-1]]
    last = next((row for row in reversed(rows) if row), b"")
    return not last or last.startswith(b"#")


def is_pager(raw: bytes) -> bool:
    """Answers whether the device waits for a key to show the next page."""
    return _PAGER_BYTES.search(raw[-64:]) is not None


def question(raw: bytes) -> bool:
    """Answers whether the device waits for `Y` or `N`."""
    return _QUESTION.search(raw[-64:]) is not None


def password_question(raw: bytes) -> str | None:
    """Answers the text of a password question that the device waits at, else None."""
    row = tail(raw[-_ENDING:]).removesuffix(b" ")
    if not _PASSWORD.match(row):
        return None
    return row.decode("ascii", errors="replace").strip()


def echo_end(raw: bytes, command: bytes) -> int:
    """Answers where the echo of `command` ends, wherever the device broke it; -1: it isn't there.

    The breaks are taken out and the place counted back: a pattern with a break between any two
    letters takes longer to compile than the device to answer.
    """
    return Echo(command).end(raw)


class Echo:
    """Looks for a command's echo in what comes in, each byte once."""

    def __init__(self, command: bytes) -> None:
        """Takes the command as it was sent."""
        self._command = command
        self._kept = bytearray()
        self._places = array("L")
        self._read = 0

    def end(self, raw: bytes | bytearray) -> int:
        """Answers where the echo ends, -1 where it isn't there yet; `raw` has grown since."""
        if not self._command:
            return 0
        begin = max(0, len(self._kept) - len(self._command))
        for found in _BREAK.finditer(raw, self._read):
            self._keep(raw, found.start())
            self._read = found.end()
        # A sequence that is not whole yet may turn out to be a break.
        begun = _BEGUN.search(raw, max(self._read, len(raw) - _LONGEST_BREAK))
        self._keep(raw, begun.start() if begun else len(raw))
        at = self._kept.find(self._command, begin)
        return self._places[at + len(self._command) - 1] + 1 if at >= 0 else -1

    def _keep(self, raw: bytes | bytearray, until: int) -> None:
        self._kept += raw[self._read : until]
        self._places.extend(range(self._read, until))
        self._read = until


def rows(text: str) -> list[str]:
    """Answers the rows as a person would see them.

    No escape sequences, no pager, carriage returns done.
    """
    return [_row(row) for row in _ESCAPE_TEXT.sub("", text).split("\n")]


def _row(row: str) -> str:
    row = row.rstrip("\r")
    if "\b" in row:
        row = _backspaced(row)
    return _PAGER_TEXT.sub("", row.rpartition("\r")[2])


def _backspaced(row: str) -> str:
    """Plays backspaces as a terminal does: they move left, and what follows overwrites."""
    cells: list[str] = []
    at = 0
    for char in row:
        if char == "\b":
            at = max(0, at - 1)
        else:
            for cell in (char, "") if _width(char) == 2 else (char,):
                cells[at : at + 1] = [cell]
                at += 1
    return "".join(cells).rstrip() if _PAGER_TEXT.search(row.replace("\b", "")) else "".join(cells)


def _width(char: str) -> int:
    if char.isascii():
        return 1
    return 2 if unicodedata.east_asian_width(char) in "WFA" else 1


def width(text: str) -> int:
    """Answers how many columns `text` takes on a Japanese console."""
    return len(text) if text.isascii() else sum(map(_width, text))


def unwrap(wrapped: Iterable[str], columns: int = DEFAULT_COLUMNS) -> list[str]:
    """Answers the logical lines of rows that the device broke at its console's width.

    A router breaks a row one column before the width (published captures: 79 of 80 columns); a full
    width is understood as well. A full row goes on in the next one; so does a row one short of it
    when the next begins with a double-width character, which did not fit. A full row is taken as
    complete when the next one begins with the first word of a command and nothing hangs over, since
    a line can fill the width exactly. Rows wider than `columns` show that the device does not break
    rows there, and then nothing is joined.
    """
    given = list(wrapped)
    widest = max(map(width, given), default=0)
    if widest > columns:
        return [row.rstrip() for row in given]
    return list(_joined(given, columns if widest == columns else columns - 1))


def _joined(given: list[str], full: int) -> Iterator[str]:
    parts: list[str] = []
    for row in given:
        if parts and not _goes_on(parts[-1], row, full):
            yield "".join(parts).rstrip()
            parts = []
        parts.append(row)
    if parts:
        yield "".join(parts).rstrip()


def _goes_on(row: str, following: str, full: int) -> bool:
    taken = width(row)
    if taken == full - 1:
        return bool(following) and width(following[0]) == 2
    if taken != full or not following:
        return False
    return row.endswith(" ") or not _begins_command(following)


def _begins_command(row: str) -> bool:
    word = row.strip().partition(" ")[0]
    return word.startswith("#") or word in FIRST_WORDS


def answer_text(raw: bytes, *, character: str | None = None, columns: int | None = None) -> str:
    """Answers what the device said between echo and prompt; with `columns`, lines are joined.

    Only a configuration is made of lines that are broken at the width; a table's full rows are
    rows.
    """
    seen = rows(decode(raw, character))
    lines = [row.rstrip() for row in seen] if columns is None else unwrap(seen, columns)
    return "\n".join(lines).strip("\n")


_QUOTED = re.compile(r"""\\.|"[^"]*"|'[^']*'""")


def typed(line: str, character: str | None = None) -> bytes | None:
    """Answers a line as it is typed; None for one that the console would not take as it is.

    A control character ends or edits it, `?` outside quotes asks for help (RTX command reference
    1.5), and a letter that the console's character code lacks can't be typed.
    """
    if any(one < " " or one == "\x7f" for one in line) or "?" in _QUOTED.sub("", line):
        return None
    try:
        return line.encode(CODECS.get(character or "", "ascii"))
    except UnicodeEncodeError:
        return None


def error_of(answer: str) -> str | None:
    """Answers the error text of an answer in either language, or None where it holds no error."""
    found = (_ERROR.match(line) for line in answer.splitlines())
    return next((match[1].strip() for match in found if match), None)
