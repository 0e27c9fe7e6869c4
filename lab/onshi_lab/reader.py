"""Takes typed values out of YAML mappings and collects what is wrong, with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from unicodedata import category

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_MISSING = object()


def load(path: Path, faults: list[str]) -> object:
    """What a YAML 1.2 file holds; a file that can't be read is a fault, and answers {}."""
    try:
        loaded: object = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return loaded
    except FileNotFoundError:
        faults.append(f"{path.name} is missing")
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{path.name} can't be read: {error}")
    except YAMLError as error:
        faults.append(f"{path.name} is not YAML: {' '.join(str(error).split())}")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        # What the library raises for scalars that are none of their kind.
        faults.append(f"{path.name} is not YAML: {type(error).__name__}: {error}")
    return {}


class Reader:
    """One mapping of a file. `place` is where it stands, such as `world.yaml: line.`."""

    def __init__(self, values: object, place: str, faults: list[str]) -> None:
        """Keep the mapping; what is none is a fault, and is read as an empty one."""
        self._values: dict[str, Any] = {}
        self._place = place
        self.faults = faults
        if isinstance(values, Mapping):
            self._values = {str(key): value for key, value in values.items()}
        else:
            faults.append(f"{place.rstrip('. :')} must be a mapping")

    def take(self, key: str, parse: Callable[[object], T], expected: str, default: T) -> T:
        """The parsed value of a key that must be there; a fault answers `default`."""
        if key not in self._values:
            self.faults.append(f"{self._place}{key} is missing; it must be {expected}")
            return default
        return self.maybe(key, parse, expected, default)

    def maybe(self, key: str, parse: Callable[[object], T], expected: str, default: T) -> T:
        """The parsed value of a key; `default` where it is absent or null, or a fault."""
        value = self._values.pop(key, None)
        if value is None:
            return default
        try:
            return parse(value)
        except (ValueError, TypeError):
            self.faults.append(f"{self._place}{key} is {value!r}; it must be {expected}")
            return default

    def section(self, key: str) -> Reader:
        """A reader of the mapping below a key; an absent or null one is empty."""
        value = self._values.pop(key, None)
        return Reader({} if value is None else value, f"{self._place}{key}.", self.faults)

    def sections(self, key: str) -> tuple[tuple[str, Reader], ...]:
        """Readers of the mappings below a key, by name."""
        inner = self.section(key)
        return tuple((name, inner.section(name)) for name in inner.names())

    def names(self) -> tuple[str, ...]:
        """The keys that nobody took yet."""
        return tuple(self._values)

    def items(self, key: str) -> tuple[Reader, ...]:
        """Readers of the mappings in the list below a key."""
        value = self._values.pop(key, None)
        if value is not None and not isinstance(value, list):
            self.faults.append(f"{self._place}{key} is {value!r}; it must be a list")
            return ()
        return tuple(
            Reader(each, f"{self._place}{key}[{number}].", self.faults)
            for number, each in enumerate(value or ())
        )

    def finish(self, *known: str) -> None:
        """Note every key that nobody took."""
        for key in self._values:
            self.faults.append(f"{self._place}{key} is unknown; known: {', '.join(known)}")


def text(value: object) -> str:
    """One printable line; every kind of blank is one (Japanese names have a full-width one)."""
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    if not all(each.isprintable() or category(each) == "Zs" for each in value):
        raise ValueError(value)
    return value


def lines(value: object) -> str:
    """Text of any number of lines."""
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def flag(value: object) -> bool:
    """A truth value, and nothing that looks like one."""
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def token(pattern: str) -> Callable[[object], str]:
    """A parser of words of that pattern; numbers count as words."""

    def parse(value: object) -> str:
        word = str(value)
        if isinstance(value, bool) or not re.fullmatch(pattern, word):
            raise ValueError(value)
        return word

    return parse


def one_of(*words: str) -> Callable[[object], str]:
    """A parser of one of some words."""

    def parse(value: object) -> str:
        if value not in words:
            raise ValueError(value)
        return str(value)

    return parse


def member(kind: type[E]) -> Callable[[object], E]:
    """A parser of an enumeration's values."""
    return lambda value: kind(str(value))


def mapping(value: object) -> Mapping[str, Any]:
    """A mapping, as it is."""
    if not isinstance(value, Mapping):
        raise ValueError(value)
    return value


def mappings(value: object) -> tuple[Mapping[str, Any], ...]:
    """A list of mappings, as they are."""
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise ValueError(value)
    return tuple(value)


def words_of(value: object) -> tuple[str, ...]:
    """A list of printable lines."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        raise ValueError(value)
    return tuple(text(each) for each in value)
