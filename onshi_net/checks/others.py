"""Checks of other distributions: modules that they name in the entry point group `GROUP`.

Such a module declares its checks as ours do. Their sentences stand in `checks.toml` of its package,
in the form of our own catalogue: for each check its title (`[<id>]`), `.clause`, `.remedy`,
`.cause`, and a sentence a verdict, each in both languages.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from onshi_net.checks.catalogue import declared, forget
from onshi_net.checks.model import Check
from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import LANGUAGES, add, catalogue, text

GROUP = "onshi_net.checks"
WORDS = "checks.toml"
PARTS = ("", ".clause", ".remedy", ".cause")
"""What a check is told by besides its verdicts."""


def load() -> tuple[ModuleType, ...]:
    """Declares the checks of all installed distributions; answers their modules.

    Raises InputError, for all distributions at once, where one can't be used; then none of that
    one's checks is declared.
    """
    modules, faults = _loaded()
    if faults:
        raise InputError(list(faults))
    return modules


@cache
def _loaded() -> tuple[tuple[ModuleType, ...], tuple[Fault, ...]]:
    faults: list[Fault] = []
    modules: list[ModuleType] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        before = declared()
        try:
            module = entry.load()
            told = _words(module)
            mine = {name: one for name, one in declared().items() if name not in before}
            wrong = list(_wrong(mine, told))
        except Exception as error:  # noqa: BLE001 - foreign code
            wrong = [text("checks.others.broken", reason=f"{type(error).__name__}: {error}")]
        if wrong:
            forget(declared().keys() - before.keys())
            remedy = text("checks.others.remedy", name=_distribution(entry))
            place = Place(item=f"{GROUP}: {entry.name} = {entry.value}")
            faults += [Fault(place, one, remedy) for one in wrong]
            continue
        add("checks", told)
        modules.append(module)
    return tuple(modules), tuple(faults)


def module_files() -> tuple[Path, ...]:
    """Answers the files of other distributions' checks, for pytest."""
    return tuple(Path(one.__file__) for one in load() if one.__file__)


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.value


def _words(module: ModuleType) -> dict[str, Any]:
    package = module.__spec__.parent if module.__spec__ is not None else None
    return tomllib.loads(files(package or module).joinpath(WORDS).read_text(encoding="utf-8"))


def _wrong(mine: Mapping[str, Check], told: Mapping[str, Any]) -> Iterator[str]:
    """Says what of a module's checks can't be used."""
    if not mine:
        yield text("checks.others.none")
    yield from _wrong_words(mine, told)
    yield from _wrong_needs(mine)


def _wrong_words(mine: Mapping[str, Check], told: Mapping[str, Any]) -> Iterator[str]:
    for name in told:
        if name in catalogue("checks") or ".".join(name.split(".")[:2]) not in mine:
            yield text("checks.others.not-its-own", name=name)
    for name in (f"{one}{part}" for one in mine for part in PARTS):
        if name not in told:
            yield text("checks.others.no-words", name=name, file=WORDS)
    for name, entry in told.items():
        if not _is_whole(entry):
            yield text("checks.others.languages", name=name)


def _wrong_needs(mine: Mapping[str, Check]) -> Iterator[str]:
    known = declared()
    for one in mine.values():
        for other in (*one.needs, *(found.check for found in one.explained_by)):
            if ".".join(other.split(".")[:2]) not in known:
                yield text("checks.others.no-need", name=one.id, need=other)
    graph = {one: {".".join(n.split(".")[:2]) for n in made.needs} for one, made in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield text("checks.others.circle", names=", ".join(error.args[1]))


def _is_whole(entry: Any) -> bool:
    """Answers whether a sentence is there in each language, with the same values."""
    if not isinstance(entry, dict) or not all(isinstance(entry.get(o), str) for o in LANGUAGES):
        return False
    fields = [{field for _, field, _, _ in string.Formatter().parse(entry[o])} for o in LANGUAGES]
    return all(one - {None} == fields[0] - {None} for one in fields)
