"""The message catalogue: every text that a technician reads, in Japanese and English.

Texts live in `catalogue/<area>.toml`, one table an id, each with `en` and `ja`:

    [no-change]
    en = "{host}: nothing to change"
    ja = "{host}: 変更はありません"

and are asked for as `text("plan.no-change", host="router")`. Placeholders are `str.format` fields;
both languages use the same ones (a test holds that). Ids may contain dots (`[host-key.remedy]`,
written `["host-key.remedy"]`). An unknown id is a programming error and raises `KeyError`.

A value may be a sentence of its own: in front of a mark that ends or encloses it, it loses its full
stop. Days and moments are said in the language (`moments`), in local time.
"""

from __future__ import annotations

import os
import string
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal, get_args

from onshi_net import foreign
from onshi_net.i18n import devices, moments

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

ENCLOSING = frozenset("。、)」】")
"""Marks in front of which a sentence has no full stop of its own."""

_current: list[Language] = []


def language_of_locale(environment: dict[str, str] | None = None) -> Language:
    """Answers the language of the environment: ONSHI_LANG, then the POSIX locale, then `ja`.

    The POSIX locale variables count in the order LC_ALL, LC_MESSAGES, LANG (POSIX.1-2017, 8.2); `C`
    and `POSIX` say nothing about a language.
    """
    env = os.environ if environment is None else environment
    for name in ("ONSHI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = env.get(name, "")
        for language in LANGUAGES:
            if value == language or value.startswith(
                (f"{language}_", f"{language}.", f"{language}-")
            ):
                return language
        if value and value.split(".")[0] not in {"C", "POSIX"}:
            return "en"
    return "ja"


def set_language(language: Language) -> None:
    """Makes `language` the one that `text` answers in, for this process."""
    _current[:] = [language]


def language() -> Language:
    """Answers the language of this process."""
    if not _current:
        set_language(language_of_locale())
    return _current[0]


@cache
def catalogue(area: str) -> dict[str, dict[Language, str]]:
    """Reads one area's messages:

    id -> language -> text. Raises FileNotFoundError for no such area. Others may `add` theirs.
    """
    source = files(__package__).joinpath("catalogue", f"{area}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def add(area: str, messages: Mapping[str, dict[Language, str]]) -> None:
    """Takes messages of another distribution into an area; none that is there already."""
    known = catalogue(area)
    known.update({name: entry for name, entry in messages.items() if name not in known})


def is_known(message: str) -> bool:
    """Answers whether the catalogue has `area.id`."""
    area, _, name = message.partition(".")
    return name in catalogue(area)


def text(message: str, /, *, default: str | None = None, **values: Any) -> str:
    """Answers the text of `area.id` in the current language with its placeholders filled.

    Values may be what a device said: each stands there as one line, bounded and fit to be shown.
    Raises KeyError for an unknown id, unless `default` is given.
    """
    area, _, name = message.partition(".")
    entry = catalogue(area).get(name)
    if entry is None:
        if default is not None:
            return default
        raise KeyError(message)
    shown = {name: _value(given) for name, given in values.items()}
    template = entry[language()]
    if language() == "ja":
        if isinstance(shown.get("host"), str):
            template = _named(template, devices.shown(shown["host"], "ja"))
        for name in _enclosed(template) & shown.keys():
            if isinstance(shown[name], str):
                shown[name] = shown[name].removesuffix("。")
    return template.format_map(shown)


def joined(some: Iterable[str], between: str = "; ") -> str:
    """Answers several sentences as one text: Japanese ones end in a full stop of their own."""
    if language() == "en":
        return between.join(some)
    return "".join(one if one.endswith(("。", ":")) else f"{one}。" for one in some if one).strip()


@lru_cache(maxsize=4096)
def _named(template: str, name: str) -> str:
    """Answers a sentence with the device's name for people where it isn't part of a command."""
    plain = name.replace("{", "{{").replace("}", "}}")
    first, *parts = template.split("{host}")
    done = first
    for part in parts:
        done += ("{host}" if devices.is_typed(done) else plain) + part
    return done


def _value(given: Any) -> Any:
    if isinstance(given, datetime):
        return moments.moment(given, language())
    if isinstance(given, date):
        return moments.day(given, language())
    return foreign.value(given)


@cache
def _enclosed(template: str) -> frozenset[str]:
    """Answers the placeholders behind which a mark stands that takes no full stop before it."""
    parts = list(string.Formatter().parse(template))
    following = [*(literal for literal, *_ in parts[1:]), ""]
    return frozenset(
        name
        for (_, name, *_), literal in zip(parts, following, strict=True)
        if name and literal[:1] and literal[0] in ENCLOSING
    )
