"""Operating systems of the receipt PCs as people write them, one PC or several in one answer.

Only Windows 10 and 11 are set up (連携作業のご案内, 提供条件).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from onshi_net.brochure.data import SystemSupport, systems_support

GOOD = frozenset({"10", "11", "10.0"})
_VERSION = r"(?:xp|vista|nt|me|rt|20[0-9]{2}|[0-9]{1,2}(?:\.[0-9])?)(?![0-9])"
_EDITION = r"(?:\s*(?:professional|pro|home|enterprise|education|iot|ltsc|64\s*bit|プロ|ホーム))*"
_WINDOWS = re.compile(
    r"(?:windows|(?<![a-z])win|ウィンドウズ|ウインドウズ|(?<![a-z])w(?=1[01](?![0-9])))[\s._-]*"
    rf"(?P<server>server|サーバー?)?\s*(?P<version>{_VERSION})?(?P<edition>{_EDITION})",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"mac\s*os(?:\s*x)?|macintosh|(?<![a-z])(?:mac|os\s*x|linux|ubuntu|debian|centos|red\s*hat|unix"
    r"|chrome\s*os|chromebook|android|ios|ipados|ipad|ms-?dos|server\s*20[0-9]{2})(?![a-z])"
    r"|マック(?:os)?|マッキントッシュ|リナックス|アンドロイド|アイパッド",
    re.IGNORECASE,
)
_MORE = re.compile(
    rf"(?:\s*\(?[0-9]+\s*台\)?)?(?P<apart>\s*(?:[/、,・&+]|と|または|もしくは|or)\s*)"
    rf"(?P<version>{_VERSION})(?!\s*台|h[12]){_EDITION}",
    re.IGNORECASE,
)
_BARE = re.compile(rf"(?P<version>{_VERSION}){_EDITION}", re.IGNORECASE)
_COUNT = re.compile(r"([0-9]+)\s*台|[xX×]\s*(?!(?:86|64|32)(?![0-9]))([0-9]+)")
"""x64 and x86 are processors."""
_UNSURE = re.compile(
    r"以外|未満|以前|より前|不明|未確認|未定|要確認|確認(?:中|予定|待ち|します|が必要)|[分判]から|わから"
    r"|おそらく|恐らく|多分|たぶん|思[いうわ]|らしい|かも|はず|では?な[いく]|じゃない|でない|予定|検討|[?]"
)
"""What makes an answer no answer: a guess, a negation, a plan."""
_OR_LATER = re.compile(r"\s*(?:以上|以降)")


@dataclass(frozen=True, slots=True)
class System:
    """One system of an answer: how many PCs run it (None: not said), and whether it will do."""

    name: str
    count: int | None
    good: bool | None
    """None: its version isn't known."""
    said: str
    """What the answer says of it, width and case folded: release and edition stand there."""


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    name: str
    good: bool | None


def systems(written: str) -> tuple[System, ...]:
    """Answers the systems that an answer names, in its order; none where it names none.

    `written` is the answer to "レセコンのOS": `Windows11Pro`, `ウィンドウズ10`, `Win10 / Win7`,
    `Windows 10 2台、Windows 7 1台`.
    """
    text = unicodedata.normalize("NFKC", written).strip()
    found = sorted(_found(text), key=lambda one: one.start)
    counts = _counts(text, found)
    ends = [*(one.start for one in found[1:]), len(text)][: len(found)]
    unsure = _UNSURE.search(text) is not None
    return tuple(
        System(one.name, count, None if unsure else one.good, text[one.start : end].casefold())
        for one, count, end in zip(found, counts, ends, strict=True)
    )


def _found(text: str) -> Iterator[_Found]:
    if bare := _BARE.fullmatch(text):
        yield _Found(0, len(text), f"Windows{_shown(bare['version'])}", bare["version"] in GOOD)
        return
    taken: list[range] = []
    for match in _WINDOWS.finditer(text):
        version, end = match["version"], match.end()
        name = "Windows" + (" Server" if match["server"] else "") + _shown(version)
        edition = match["edition"].strip()
        name += f" {edition}" if edition and not version else ""
        later = _OR_LATER.match(text, end) is not None
        yield _Found(match.start(), end, name, _good(version, later, server=bool(match["server"])))
        while version and (more := _MORE.match(text, end)):
            end = more.end()
            good = _good(more["version"], _OR_LATER.match(text, end) is not None, server=False)
            yield _Found(more.start("apart"), end, f"Windows{_shown(more['version'])}", good)
        taken.append(range(match.start(), end))
    for match in _OTHER.finditer(text):
        if not any(match.start() in one for one in taken):
            yield _Found(match.start(), match.end(), match.group(), good=False)


def _shown(version: str | None) -> str:
    return f" {version.upper()}" if version else ""


def _good(version: str | None, later: bool, *, server: bool) -> bool | None:
    if server:
        return False
    if version is None:
        return None
    return True if version in GOOD else None if later else False


def _counts(text: str, found: list[_Found]) -> list[int | None]:
    """How many PCs each system runs on: the number behind it, or before it as at the first one."""
    ends = [0, *(one.end for one in found)]
    starts = [*(one.start for one in found), len(text)]
    gaps = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    before = bool(gaps) and _COUNT.search(gaps[0]) is not None
    numbers = [_COUNT.search(gap) for gap in (gaps[:-1] if before else gaps[1:])]
    return [None if one is None else int(one[1] or one[2]) for one in numbers]


def support_of(system: System) -> SystemSupport | None:
    """Answers a system's row of ends of support; None where its release isn't written or known.

    An edition that isn't written counts as Home or Pro, whose support ends first.
    """
    version = re.search(_VERSION, system.name.casefold())
    for row in systems_support().systems:
        named = version is not None and version.group() == row.version
        if named and row.release in system.said and all(one in system.said for one in row.words):
            return row
    return None


@dataclass(frozen=True, slots=True)
class Fleet:
    """What the receipt PCs run: those that can't be set up, and whether something is open."""

    good: tuple[str, ...]
    bad: tuple[str, ...]
    bad_count: int
    is_open: bool


def fleet(written: str | None, count: int) -> Fleet:
    """Answers for `count` receipt PCs what the answer about their system means.

    One system without a number is that of all. Where the numbers don't add up and not all are
    alike, which PC runs what stays open.
    """
    found = systems(written or "")
    good = tuple(one.name for one in found if one.good)
    bad = tuple(one.name for one in found if one.good is False)
    if not bad or len(bad) == len(found):
        return Fleet(
            good, bad, count if bad else 0, len(good) + len(bad) == 0 or None in _of(found)
        )
    numbers = [1 if one.count is None else one.count for one in found]
    bad_count = sum(n for n, one in zip(numbers, found, strict=True) if one.good is False)
    is_open = sum(numbers) != count or None in _of(found)
    return Fleet(good, bad, min(bad_count, count), is_open)


def _of(found: tuple[System, ...]) -> list[bool | None]:
    return [one.good for one in found]
