"""The stock Nornir files (`groups.yaml`, `defaults.yaml`, a site's `hosts.yaml`), checked whole.

What passes here, stock Nornir loads, and what a host inherits is what Nornir says it does
(`nornir.core.inventory.Host`, `extended_groups`, `extended_data`): a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.inventory.document import Document, Path_, fault_of, read_document, shown
from onshi_net.inventory.faults import nearest
from onshi_net.inventory.plain import readable_secrets

GROUPS, DEFAULTS = "groups.yaml", "defaults.yaml"
CONNECTION = ("hostname", "port", "username", "platform")
"""What a host inherits one by one, beside its data."""
_DEFAULTS_KEYS = frozenset({*CONNECTION, "data", "connection_options"})
_ELEMENT_KEYS = _DEFAULTS_KEYS | {"groups"}
_OPTION_KEYS = frozenset({*CONNECTION, "extras"})
MAX_WAYS = 100
"""Ways from a group up to its last parents; Nornir walks each of them, one inside the other."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The inventory's own files, checked: what every site of it inherits from."""

    groups: Document
    defaults: Document

    @property
    def names(self) -> list[str]:
        """Lists the groups."""
        return list(self.groups.data)


def read_shared(inventory: Path) -> Shared:
    """Reads `groups.yaml` and `defaults.yaml`, which may be missing, as stock Nornir lets it be.

    Raises InputError with every fault of both.
    """
    faults: list[Fault] = []
    groups = _read(inventory / GROUPS, faults)
    there = (inventory / DEFAULTS).exists() or (inventory / DEFAULTS).is_symlink()
    empty = Document(inventory / DEFAULTS, {})
    defaults = _read(inventory / DEFAULTS, faults) if there else empty
    if groups is not None:
        faults.extend(_groups_faults(groups))
    if defaults is not None:
        faults.extend(_element_faults(defaults, (), defaults.data, _DEFAULTS_KEYS))
    if faults or groups is None or defaults is None:
        raise InputError(faults)
    return Shared(groups, defaults)


def _read(file: Path, faults: list[Fault]) -> Document | None:
    try:
        return read_document(file, may_be_empty=True)
    except InputError as error:
        faults.extend(error.faults)
        return None


def host_faults(document: Document, name: str, groups: Sequence[str] | None) -> Iterator[Fault]:
    """Finds what would make Nornir's own loader fail for a host, or let a password in.

    `groups` are the known ones; None where they can't be read, which is told elsewhere.
    """
    host = document.data[name]
    yield from _element_faults(document, (name,), host, _ELEMENT_KEYS)
    if groups is not None:
        yield from _unknown_groups(document, name, _names_in(host), groups)


# -- one element ---------------------------------------------------------------------------------


def _element_faults(
    document: Document, path: Path_, element: Any, keys: frozenset[str]
) -> Iterator[Fault]:
    """Finds the faults of a host, a group or the defaults."""
    if not isinstance(element, dict):
        yield fault_of(document.place(*path), "not-mapping")
        return
    yield from _key_faults(document, path, element, keys)
    yield from _connection_faults(document, path, element)
    if "groups" in keys and not _is_names(element.get("groups") or []):
        yield fault_of(document.place(*path, "groups"), "not-list")
    if not isinstance(element.get("data"), dict | None):
        yield fault_of(document.place(*path, "data"), "not-mapping")
    yield from _secret_faults(document, (*path, "data"), element.get("data"), references=True)
    options = element.get("connection_options", {})
    yield from _options_faults(document, (*path, "connection_options"), options)


def _key_faults(
    document: Document, path: Path_, element: dict[str, Any], keys: frozenset[str]
) -> Iterator[Fault]:
    for key, value in element.items():
        place = document.place(*path, key)
        if key == "password":
            yield fault_of(place, "password-in-inventory")
        elif key not in keys:
            found = list(readable_secrets({key: value}, references=False))
            if found:
                yield from (
                    fault_of(document.place(*path, *one), "password-in-inventory") for one in found
                )
                continue
            yield Fault(
                place, text("inventory.unknown-field", field=shown(key)), nearest(key, keys)
            )


def _connection_faults(document: Document, path: Path_, element: dict[str, Any]) -> Iterator[Fault]:
    for key in CONNECTION:
        value = element.get(key)
        place = document.place(*path, key)
        if value is None:
            continue
        if key == "port":
            if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
                yield fault_of(place, "not-port", value=shown(value))
        elif not isinstance(value, str):
            yield fault_of(place, "not-text", value=shown(value))
        else:
            yield from _secret_faults(document, (*path, key), value, references=False)


def _options_faults(document: Document, path: Path_, options: Any) -> Iterator[Fault]:
    if not isinstance(options, dict):
        yield fault_of(document.place(*path), "not-mapping")
        return
    for name, option in options.items():
        if not isinstance(option, dict):
            yield fault_of(document.place(*path, name), "not-mapping")
            continue
        yield from _key_faults(document, (*path, name), option, _OPTION_KEYS)
        yield from _connection_faults(document, (*path, name), option)
        extras = option.get("extras")
        if not isinstance(extras, dict | None):
            yield fault_of(document.place(*path, name, "extras"), "not-mapping")
        yield from _secret_faults(document, (*path, name, "extras"), extras, references=False)


def _secret_faults(
    document: Document, path: Path_, value: Any, *, references: bool
) -> Iterator[Fault]:
    for below in readable_secrets(value, references=references):
        yield fault_of(document.place(*path, *below), "password-in-inventory")


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _names_in(element: Any) -> list[str]:
    """Answers an element's groups, none where they are no list of names."""
    asked = element.get("groups") if isinstance(element, dict) else None
    return list(asked) if isinstance(asked, list) and _is_names(asked) else []


# -- groups of groups ----------------------------------------------------------------------------


def _groups_faults(document: Document) -> Iterator[Fault]:
    for name, group in document.data.items():
        yield from _element_faults(document, (name,), group, _ELEMENT_KEYS)
        yield from _unknown_groups(document, name, _names_in(group), list(document.data))
    yield from _lineage_faults(document)


def _unknown_groups(
    document: Document, name: str, asked: Sequence[str], known: Sequence[str]
) -> Iterator[Fault]:
    for index, group in enumerate(asked):
        if group not in known:
            problem = text("inventory.no-such-group", group=shown(group))
            yield Fault(document.place(name, "groups", index), problem, nearest(group, known))


@dataclass(slots=True)
class _Walk:
    """What a walk over the groups found: ways up from each, and the parent that closes a circle."""

    parents: Mapping[str, Sequence[str]]
    ways: dict[str, int] = field(default_factory=dict)
    circles: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def from_group(self, start: str) -> None:
        """Walks up from a group without recursion; what was walked before is known."""
        trail: dict[str, Iterator[str]] = {start: iter(self.parents[start])}
        while trail:
            name = next(reversed(trail))
            parent = next(trail[name], None)
            if parent is None:
                del trail[name]
                ways = 1 + sum(self.ways.get(one, 0) for one in self.parents[name])
                self.ways[name] = min(ways, MAX_WAYS + 1)
            elif parent in trail:
                names = list(trail)
                self.circles[name] = (*names[names.index(parent) :], parent)
            elif parent not in self.ways:
                trail[parent] = iter(self.parents[parent])


def _lineage_faults(document: Document) -> Iterator[Fault]:
    """Finds groups that are their own parents, and nets of groups that nobody can follow."""
    known = document.data
    walk = _Walk({name: [g for g in _names_in(known[name]) if g in known] for name in known})
    for name in known:
        if name not in walk.ways:
            walk.from_group(name)
    for name, circle in walk.circles.items():
        place = document.place(name, "groups")
        yield fault_of(place, "group-circle", circle=" -> ".join(map(shown, circle[:10])))
    for name, ways in walk.ways.items():
        if ways > MAX_WAYS:
            yield fault_of(document.place(name, "groups"), "group-net", limit=MAX_WAYS)
            return


# -- what a host inherits ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inherited:
    """A host as Nornir sees it: its groups, nearest first, and its fields with their places."""

    groups: tuple[str, ...]
    connection: dict[str, Any]
    data: dict[str, Any]
    places: dict[str, tuple[Document, Path_]]
    """Where each field of `connection` and `data` is written down."""


def lineage(asked: Sequence[str], shared: Shared) -> tuple[str, ...]:
    """Answers the groups of a host and theirs, each once, in Nornir's order."""
    found: dict[str, None] = {}
    for name in asked:
        found.setdefault(name)
        for parent in lineage(_names_in(shared.groups.data[name]), shared):
            found.setdefault(parent)
    return tuple(found)


def inherited(document: Document, name: str, shared: Shared) -> Inherited:
    """Answers what a checked host is with all that its groups and the defaults say."""
    groups = lineage(_names_in(document.data[name]), shared)
    levels: list[tuple[Document, Path_, dict[str, Any]]] = [
        (document, (name,), document.data[name]),
        *((shared.groups, (group,), shared.groups.data[group]) for group in groups),
        (shared.defaults, (), shared.defaults.data),
    ]
    connection: dict[str, Any] = {}
    data: dict[str, Any] = {}
    places: dict[str, tuple[Document, Path_]] = {}
    for source, path, element in levels:
        for key in CONNECTION:
            if element.get(key) is not None and key not in connection:
                connection[key] = element[key]
                places[key] = (source, (*path, key))
        for key, value in (element.get("data") or {}).items():
            if key not in data:
                data[key] = value
                places.setdefault(key, (source, (*path, "data", key)))
    return Inherited(groups, connection, data, places)


def place_in(found: Inherited, document: Document, name: str, path: Path_) -> Place:
    """Answers where a field of a host's model is written down, or the host where it is missing."""
    known = found.places.get(str(path[0])) if path else None
    if known is None or path[0] == "name":
        own = () if not path or path[0] == "name" else path
        at = own if not own or own[0] in CONNECTION else ("data", *own)
        return document.place(name, *at)
    source, at = known
    return source.place(*at, *path[1:])
