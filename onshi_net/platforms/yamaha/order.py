"""`plan_lines`: the commands that make one configuration another, in an order that is always safe.

Pure. No moment may be worse than before or after, and the way in lives, at every line:

1. services that shall be closed are closed; and those that stay, until they are opened (8), where
   they let in others now than they shall;
2. what makes an interface alive and nobody wants goes: peers and tunnels first, then addresses and
   routes. Only then may what restricts such an interface go;
3. ports are mapped and the LAN is divided: no interface that comes into being has an address yet.
   Where the LAN is divided already, or where ports move only with a restart, they change their
   interface once lists stand (5);
4. filters that no list names yet are defined. One that a list names keeps its meaning: what shall
   stand under its number is defined under a free number beside it;
5. lists are applied, in the order of the intent, each changing from the old meaning to the new in
   one line;
6. what else nobody wants goes, lists and other restrictions among it, backwards: what a line builds
   on stands before it in a configuration;
7. the numbers that were in use get their new meaning, the lists their own numbers, and what was
   defined beside them goes;
8. the rest of the intent follows in its order: whom kept services let in, addresses, services.
   Earlier than their lists, a service might let in who came from elsewhere; later than an address,
   it would answer by IPv6 whom its list of IPv4 addresses refuses;
9. old filters go, then what the session may run over, then other people's accounts.

Whether a list that names a missing filter passes or refuses, and whether a filter that is defined
anew counts at once, the reference leaves open; here neither ever happens to a list that is applied.
Each command's undo restores what stood before it, so that undoing passes through the same moments.

What holds only after a restart makes two changes of it (`stages`): all up to that line, saved and
restarted; then the rest. So no address comes up while ports lie where the other lines don't expect
them. Until the second one takes it away, a line tells that the restart may still be due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from onshi_net.intent.types import OtherService
from onshi_net.platforms.change import Command
from onshi_net.platforms.yamaha.config import keyed
from onshi_net.platforms.yamaha.rules import (
    DUE,
    Filter,
    applies_filters,
    closes,
    defined_filter,
    divided_lan,
    divides_lan,
    enables,
    handed_over,
    hides_secret,
    is_kept,
    is_users,
    key_of,
    mapped_ports,
    named_filters,
    needs_restart,
    negation,
    of_division,
    opens,
    renumbered,
)
from onshi_net.platforms.yamaha.services import shutting_lines

BESIDE = 109_000
"""From this number on, filters are defined beside those in use; ours have lower ones."""

Key = tuple[str, str]
"""Section (`pp select 1`, '' outside) and what tells a line apart in it."""


@dataclass(frozen=True, slots=True)
class Way:
    """What the way into the router needs: these addresses of it, and users."""

    addresses: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    """Whose accounts stay; where none is known, everybody's do."""
    services: tuple[OtherService, ...] = ()
    """Services that stay open for others."""


def plan_lines(running: Iterable[str], wanted: Iterable[str], way: Way) -> tuple[Command, ...]:
    """Answers the commands that turn `running` into `wanted`, each with its undo."""
    draft = _Draft(running, wanted, way)
    beside = draft.up_to_the_ports()
    draft.remove_the_rest()
    draft.define_in_place(beside)
    draft.add_the_rest()
    draft.remove_last()
    return tuple(draft.commands)


def stages(running: Iterable[str], wanted: Iterable[str], way: Way) -> tuple[tuple[str, ...], ...]:
    """Answers the configurations that a router passes through, the wanted one last.

    After each but the last it is restarted.
    """
    wanted = tuple(wanted)
    draft = _Draft(running, wanted, way)
    due = [line for line in DUE if line in draft.now.values()]
    if not draft.awaits_restart() and not due:
        return (wanted,)
    draft.up_to_the_ports()
    mark = next(line for line in DUE if line not in due)
    return ((mark, *draft.lines()), wanted)


class _Draft:
    """A plan in the making: what the router has after the commands so far."""

    def __init__(self, running: Iterable[str], wanted: Iterable[str], way: Way) -> None:
        self.now: dict[Key, str] = _by_key(running)
        sendable = ((key, line) for key, line in _by_key(wanted).items() if not hides_secret(line))
        self.wanted: dict[Key, str] = dict(sendable)
        self.named: frozenset[Key] = frozenset(_by_key(wanted))
        self.way = way
        self.divided = divided_lan(self.now.values())
        self.commands: list[Command] = []

    # what a step looks at

    def lacking(self) -> list[tuple[Key, str]]:
        """Answers the wanted lines that the router lacks, in the intent's order."""
        return [(key, line) for key, line in self.wanted.items() if self.now.get(key) != line]

    def unwanted(self) -> list[tuple[Key, str]]:
        """Answers the lines that nobody wants, last first."""
        own = [
            (key, line)
            for key, line in self.now.items()
            if key not in self.named and not is_kept(line, self.way.users, self.way.services)
        ]
        return own[::-1]

    def _carries(self, line: str) -> bool:
        addresses = {word.partition("/")[0] for word in line.split()}
        return " address " in line and bool(self.way.addresses & addresses)

    def _carriers(self) -> frozenset[str]:
        """Answers the interfaces that the session may run over until the end."""
        own = (line for _, line in self.unwanted() if self._carries(line))
        return frozenset(line.split()[1] for line in own)

    def _in_use(self) -> frozenset[Filter]:
        return _named(self.now.values())

    def awaits_restart(self) -> bool:
        """Answers whether a line is lacking that holds only after a restart."""
        return any(needs_restart(line) for _, line in self.lacking())

    def lines(self) -> tuple[str, ...]:
        """Answers what it has now: the intent's lines in the intent's order, then others."""
        now = {key: line for key, line in self.now.items() if line not in DUE}
        keys = [key for key in self.wanted if key in now]
        keys += [key for key in now if key not in self.wanted]
        found = [now[key] for key in keys if not key[0]]
        for section in dict.fromkeys(section for section, _ in keys if section):
            found += [section, *(f" {now[key]}" for key in keys if key[0] == section)]
        return tuple(found)

    # what a step does

    def put(self, key: Key, line: str) -> None:
        """Sends a line, unless the router has it."""
        before = self.now.get(key)
        if before == line:
            return
        back = negation(line) if before is None else before
        self._note(key[0], line, None if before and hides_secret(before) else back)
        self.now[key] = line
        self._hand_over()

    def drop(self, key: Key) -> None:
        """Removes a line."""
        before = self.now.pop(key)
        self._note(key[0], negation(before), None if hides_secret(before) else before)
        self._hand_over()

    def _note(self, section: str, line: str, back: str | None) -> None:
        undo = None if back is None else _within(section, back)
        self.commands.append(Command(_within(section, line), undo))

    def _hand_over(self) -> None:
        lan = divided_lan(self.now.values())
        if lan == self.divided:
            return
        old, new = (lan, "vlan1") if lan else ("vlan1", self.divided)
        self.divided = lan
        moved = ((section, handed_over(line, old, new)) for (section, _), line in self.now.items())
        self.now = {(section, key_of(line)): line for section, line in moved}

    # the steps

    def up_to_the_ports(self) -> Mapping[Filter, str]:
        """Steps 1 to 5, with 3 where it belongs; answers what `define_filters` does."""
        self.close()
        self.take_down()
        if not self.divided and not self.awaits_restart():
            self.divide()
        beside = self.define_filters()
        self.apply_lists(beside)
        self.divide()
        return beside

    def close(self) -> None:
        """Step 1."""
        for key, line in self.lacking():
            if closes(line):
                self.put(key, line)
        for line in shutting_lines(self.now.values(), self.way.services):
            self.put(("", key_of(line)), line)

    def take_down(self) -> None:
        """Step 2; also what interfaces would have at once that the LAN's division makes."""
        for test in (enables, opens):
            for key, line in self.unwanted():
                if test(line) and not self._carries(line):
                    self.drop(key)
        if divided_lan(self.wanted.values()) and not self.divided:
            for key, line in reversed(list(self.now.items())):
                if of_division(line):
                    self.drop(key)

    def divide(self) -> None:
        """Step 3."""
        if self.divided:
            self._move_ports()
        for key, line in self.unwanted():
            if divides_lan(line):
                self.drop(key)
        for key, line in self.lacking():
            if divides_lan(line) or line in DUE:
                self.put(key, line)

    def _move_ports(self) -> None:
        """Moves each port once those have left its new interface that shall not stay there.

        Of ports that wait for one another, one is put into an interface that is empty meanwhile.
        """
        wanted = mapped_ports(self.wanted.values())
        while True:
            now = mapped_ports(self.now.values())
            leaving = [port for port, vlan in now.items() if wanted[port] != vlan]
            if not leaving:
                return
            held = {now[port] for port in leaving}
            port = next((port for port in leaving if wanted[port] not in held), "")
            if port:
                self._map(port, wanted[port])
                continue
            empty = {f"vlan{number}" for number in (1, 2, 3, 4)} - set(now.values())
            target = min(empty - set(wanted.values()), default=wanted[leaving[0]])
            self._map(leaving[0], target)

    def _map(self, port: str, vlan: str) -> None:
        key = ("", f"vlan port mapping {port}")
        line = f"{key[1]} {vlan}"
        if key in self.wanted or vlan != mapped_ports(())[port]:
            self.put(key, line)
        else:
            self.drop(key)

    def define_filters(self) -> Mapping[Filter, str]:
        """Step 4; answers the free numbers of those that had to be defined beside."""
        in_use = self._in_use()
        needed = _named(self.wanted.values())
        beside: dict[Filter, str] = {}
        free = self._free_numbers()
        for key, line in self.lacking():
            found = defined_filter(line)
            if found is not None and found not in in_use:
                self.put(key, line)
            elif found is not None and found in needed:
                beside[found] = next(free)
        for line in self.wanted.values():  # a dynamic filter that names such a one
            found = defined_filter(line)
            if found and found not in beside and named_filters(line) & beside.keys():
                beside[found] = next(free)
        for line in self.wanted.values():
            if defined_filter(line) in beside:
                self._put_plain(renumbered(line, beside))
        return beside

    def _free_numbers(self) -> Iterator[str]:
        taken = {key for _, key in (*self.now, *self.wanted)}
        named = {number for _, _, number in self._in_use()}  # defined or not
        for number in count(BESIDE):
            forms = (f"{family} filter {kind}{number}" for family, kind in _KINDS)
            if str(number) not in named and not taken.intersection(forms):
                yield str(number)

    def _put_plain(self, line: str) -> None:
        self.put(("", key_of(line)), line)

    def apply_lists(self, beside: Mapping[Filter, str]) -> None:
        """Step 5."""
        for key, line in self.wanted.items():
            if applies_filters(line) or (named_filters(line) and not defined_filter(line)):
                self.put(key, renumbered(line, beside))

    def remove_the_rest(self) -> None:
        """Step 6."""
        carriers = self._carriers()
        for key, line in self.unwanted():
            if not (defined_filter(line) or is_users(line) or _interface(line) in carriers):
                self.drop(key)

    def define_in_place(self, beside: Mapping[Filter, str]) -> None:
        """Step 7."""
        if not beside:
            return
        for key, line in self.wanted.items():
            if defined_filter(line) in beside:
                self.put(key, line)
        for key, line in self.wanted.items():
            if named_filters(line) and not defined_filter(line):
                self.put(key, line)
        for (family, kind, _), number in reversed(list(beside.items())):
            self.drop(("", f"{family} filter {kind}{number}"))

    def add_the_rest(self) -> None:
        """Step 8."""
        for key, line in self.lacking():
            self.put(key, line)

    def remove_last(self) -> None:
        """Step 9."""
        in_use = self._in_use()
        for key, line in self.unwanted():
            found = defined_filter(line)
            if found is not None and found not in in_use:
                self.drop(key)
        for test in (self._carries, applies_filters, _is_no_users, is_users):
            for key, line in self.unwanted():
                if test(line):
                    self.drop(key)


_KINDS = (("ip", ""), ("ip", "dynamic "), ("ipv6", ""), ("ipv6", "dynamic "))


def _named(lines: Iterable[str]) -> frozenset[Filter]:
    return frozenset(one for line in lines for one in named_filters(line))


def _interface(line: str) -> str:
    return " ".join(line.split()[1:2])


def _is_no_users(line: str) -> bool:
    return not is_users(line)


def _by_key(lines: Iterable[str]) -> dict[Key, str]:
    return {(section, key_of(line)): line for section, line in keyed(lines)}


def _within(section: str, line: str) -> tuple[str, ...]:
    if not section:
        return (line,)
    return (section, line, f"{section.split(maxsplit=1)[0]} select none")
