"""The core with a model of device, guard and cable: every order of two fates, to the end."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest

from onshi_net.provision import core
from tests.provision.test_core import WORLDS
from tests.provision.world import (
    NEW,
    OLD,
    OTHER,
    Kind,
    World,
    arrived,
    begun,
    fates,
    perform,
    reachable,
    untrue,
)

FATES = 2
EXPLORED = [name for name in WORLDS if name != "packets fail as they did before"]
"""Without the one whose ways are those of `schedule`."""


class Node(NamedTuple):
    """A moment of a run: what is about to be done, and how many fates may still befall it."""

    world: World
    state: core.State
    action: core.Action
    left: int


def after(node: Node) -> list[tuple[World, Node | None, int]]:
    """Answers each world that may follow, the run's next moment there (None if it is dead), and
    the fates left.
    """
    world, state, action, left = node
    many = [(perform(world, state, action), left)]
    if left:
        ways = fates(world, state, action)
        many += [(perform(world, state, action, *way), left - 1) for way in ways]
    return [
        (then, None if event is None else Node(then, *core.step(state, event), fewer), fewer)
        for (then, event), fewer in many
    ]


def check(world: World, end: core.End | None) -> None:
    """Holds what must be true where a run has ended, or is dead."""
    assert not world.leaked, world
    if end is not None:
        assert not untrue(world, end), (end, world)
    if world.kind is not Kind.TIMER:
        assert world.settled.running.steps in {OLD, NEW, OTHER}, (end, world)


def later_runs(world: World, left: int) -> list[Node]:
    """Answers how the next run may begin: at once, late, with its journal and without."""
    moments = (world, world.at(world.now + 1000))
    starts = (reachable(one) for one in moments)
    return [Node(one, *arrived(one, ours), left) for one in starts for ours in (True, False)]


@pytest.mark.parametrize("name", EXPLORED)
def test_no_order_of_fates_ends_untrue_or_between(name: str) -> None:
    start = WORLDS[name]
    todo = [Node(start, *begun(start), FATES)]
    seen: set[Node] = set(todo)
    moves, endings = 0, Counter[str]()
    while todo:
        node = todo.pop()
        if isinstance(node.action, core.End):
            arrival = not node.state.run
            # An arrival that was kept from looking says so, and nothing of the device.
            unseen = arrival and node.action.how is core.Ending.UNTOUCHED
            check(node.world, None if unseen else node.action)
            endings[node.action.how.name] += 1
            following = [] if arrival else later_runs(node.world, node.left)
        else:
            following = []
            for world, then, left in after(node):
                moves += 1
                if then is not None:
                    following.append(then)
                elif node.state.run:
                    check(world, None)
                    endings["killed"] += 1
                    following += later_runs(world, left)
        for one in following:
            known = len(seen)
            seen.add(one)
            if len(seen) > known:
                todo.append(one)
    print(f"\n{name}: {len(seen)} states, {moves} moves, {dict(endings)}")
    assert {"UNDONE" if start.is_worse else "CHANGED", "killed"} <= set(endings)
