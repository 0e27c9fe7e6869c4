"""The rule for a site's name, and the ASCII word that stands for one where nothing else may.

A name is a folder (of the inventory and of `runs/`, also on Windows), a word of a command line, the
first part of secret references and of their environment variables, and a word of a router's line.
So it is one label of a DNS name (RFC 1123, 2.1) in lower case, with Japanese letters beside the
ASCII ones: 1 to 63 of a-z, 0-9, hiragana, katakana, kanji (々, 〆, 〇, ー, ・ included), and `-`
between them. Each name has one spelling only (Unicode NFKC, case folded), so that two folders can't
differ by what nobody sees or by what a file system or a variable's name makes equal. Letters of
other scripts are left out: some look like ASCII ones.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_LENGTH = 63
MAX_BYTES = 200
"""In UTF-8; a file's name may have 255 bytes, and some are made of a site's name and more."""
JAPANESE = (
    "\u3005-\u3007\u3041-\u3096\u309d\u309e\u30a1-\u30fe\u3400-\u4dbf\u4e00-\u9fff"
    "\ufa0e\ufa0f\ufa11\ufa13\ufa14\ufa1f\ufa21\ufa23\ufa24\ufa27-\ufa29\U00020000-\U000323af"
)
"""Letters for a character class. U+FA0E and those after it are unified ideographs (﨑), whatever
their block's name says."""
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
"""Names of devices on Windows (Microsoft, Naming Files, Paths, and Namespaces)."""
ENCODED = "xn--"
"""How a DNS label of other letters begins (RFC 5890, 2.3.1); `label` makes such."""
_LETTER = re.compile(rf"[a-z0-9{JAPANESE}]")
_STRAY = re.compile(rf"[^a-z0-9{JAPANESE}-]")
_WORDS = re.compile(r"[\s_.,+&()\[\]/\\-]+")


def spelt(name: str) -> str:
    """Answers a name as it is looked for: a terminal may compose its letters another way (NFD)."""
    return unicodedata.normalize("NFC", name)


def folded(name: str) -> str:
    """Answers the one spelling of a name (NFKC of the case-folded text, until that is stable)."""
    for _ in range(3):
        name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return name


def broken_by(name: str) -> tuple[str, str]:
    """Answers the catalogue id below `inventory.site-name.` of what breaks the rule, and its value.

    Both are '' for a name that keeps it.
    """
    if not name:
        return "empty", ""
    alike = folded(name)
    fault = _fault_of(alike)
    if fault != ("", "") or alike == name:
        return fault
    return ("composed" if spelt(name) == alike else "spelling"), alike


def _fault_of(name: str) -> tuple[str, str]:
    """Answers what `broken_by` does, for a name in its one spelling."""
    strays = dict.fromkeys(_STRAY.findall(name))
    if strays:
        return "characters", " ".join(map(_shown, list(strays)[:5]))
    if name.startswith("-") or name.endswith("-"):
        return "hyphen", ""
    if name.startswith(ENCODED):
        return "encoded", ENCODED
    if name in RESERVED:
        return "reserved", name
    if len(name) > MAX_LENGTH or len(name.encode()) > MAX_BYTES:
        return "length", str(MAX_LENGTH)
    return "", ""


def is_site_name(name: str) -> bool:
    """Answers whether a name keeps the rule."""
    return broken_by(name) == ("", "")


def _shown(character: str) -> str:
    """Answers a character as it can be told from others: what shows nothing by its number."""
    if character == " " or (
        character.isprintable() and unicodedata.category(character)[0] not in "MZ"
    ):
        return f'"{character}"'
    return f"U+{ord(character):04X}"


def suggestion(name: str) -> str:
    """Answers a name like the given one that keeps the rule, '' where none suggests itself."""
    words = _WORDS.sub("-", folded(name).replace("‐", "-")).strip("-")
    like = _STRAY.sub("", words).strip("-")[:MAX_LENGTH].strip("-")
    return like if is_site_name(like) else ""


def checked_site_name(name: str) -> str:
    """Answers the name. Raises ValueError naming what breaks the rule."""
    kind, value = broken_by(name)
    if kind:
        raise ValueError(f"no name of a site ({kind} {value})".replace(" )", ")"))
    return name


def label(name: str) -> str:
    """Answers the ASCII word for a name: itself, else its letters in Punycode (RFC 3492, RFC 5890).

    63 characters at most; one that would be longer ends with a hash of the name.
    """
    if name.isascii():
        return name
    word = f"{ENCODED}{name.encode('punycode').decode('ascii')}"
    if len(word) <= MAX_LENGTH:
        return word
    return f"{word[:50].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
