"""A rotation killed at every step: the device has the old or the new, the store the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, product

import pytest

from onshi_net.intent import site_intent
from onshi_net.intent.secrets import NEXT
from onshi_net.inventory import Secret, load_site
from onshi_net.provision.rotate import FORMER, Rotation, proved, rotating, rotation_of
from tests.conftest import EXAMPLES, SITES

LOGIN, ADMIN, LINK = "s/router", "s/router-admin", "s/link"
REFERENCES = (LOGIN, ADMIN, LINK)
DEVICES = {LOGIN: "router", ADMIN: "router", LINK: "terminal"}


class Killed(Exception):
    """The laptop is gone."""


@dataclass
class World:
    """A store and two devices. The router's change is undone by its guard unless it was kept."""

    store: dict[str, str] = field(default_factory=lambda: {one: f"old {one}" for one in REFERENCES})
    running: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    """What the router has after its guard ran out."""
    link: str = f"old {LINK}"
    kill_at: int = -1
    steps: Iterator[int] = field(default_factory=count)
    made: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.running = {one: f"old {one}" for one in (LOGIN, ADMIN)}
        self.kept = dict(self.running)

    def step(self) -> None:
        if next(self.steps) == self.kill_at:
            raise Killed

    def held(self, reference: str) -> Secret | None:
        value = self.store.get(reference)
        return Secret(value) if value is not None else None

    def change(self, values: dict[str, Secret | None]) -> None:
        """One change of the store: the old file or the new one."""
        self.step()
        for name, value in values.items():
            if value is None:
                self.store.pop(name, None)
            else:
                self.store[name] = value.reveal()
        self.step()

    def works(self, reference: str) -> str:
        return self.link if reference == LINK else self.running[reference]

    def router(self, values: dict[str, Secret], *, fails: bool) -> bool:
        """The change core in small: opens by the next or the former, sets, proves, keeps."""
        for name in (LOGIN, ADMIN):
            known = {values[one].reveal() for one in (name, f"{name}{FORMER}") if one in values}
            assert self.running[name] in known, "no password of the store opens the router"
        for name in (LOGIN, ADMIN):
            self.step()
            self.running[name] = values.get(name, values.get(f"{name}{FORMER}")).reveal()
        self.step()
        if fails:
            self.running = dict(self.kept)
            return False
        self.kept = dict(self.running)
        self.step()
        return True

    def terminal(self, values: dict[str, Secret], *, fails: bool) -> bool:
        """Its own administrator sets the link user's password: none before it is needed."""
        self.step()
        if not fails:
            self.link = values.get(LINK, values.get(f"{LINK}{FORMER}")).reveal()
        self.step()
        return not fails


def rotate(world: World, fails: frozenset[str] = frozenset()) -> None:
    """The order of the command."""
    rotation = Rotation(REFERENCES)
    made: Callable[[], Secret] = lambda: Secret(f"new {next(world.made)}")  # noqa: E731
    if candidates := rotation.candidates(world.held, made):
        world.change(dict(candidates))
    values = rotation.tried(world.held)
    good = {"router": world.router(values, fails="router" in fails)}
    good["terminal"] = world.terminal(values, fails="terminal" in fails)
    done = [name for name in REFERENCES if good[DEVICES[name]]]
    if settled := rotation.settled(world.held, done):
        world.change(settled)


def require_right(world: World) -> None:
    """The store holds what works, under the reference or as the next one; never a third."""
    for name in REFERENCES:
        known = (world.store.get(name), world.store.get(f"{name}{NEXT}"))
        assert world.works(name) in known, (name, world.works(name), world.store)


STEPS = 12
FAILS = [frozenset(some) for some in ((), ("router",), ("terminal",), ("router", "terminal"))]


@pytest.mark.parametrize("fails", FAILS, ids=lambda one: " ".join(sorted(one)) or "none")
@pytest.mark.parametrize("guard", [False, True], ids=["guard runs out", "change stands"])
def test_killed_at_every_step_twice_the_store_has_what_works(
    guard: bool, fails: frozenset[str]
) -> None:
    """Two kills in a row at any two steps, then a run to its end."""
    ends = set()
    for first, second in product(range(-1, STEPS), repeat=2):
        world = World()
        for kill_at in (first, second):
            world.kill_at, world.steps = kill_at, count()
            try:
                rotate(world, fails)
            except Killed:
                if not guard:
                    world.running = dict(world.kept)
            require_right(world)
        world.kill_at = -1
        rotate(world)
        require_right(world)
        for name in REFERENCES:
            assert world.store[name] == world.works(name) != f"old {name}"
            assert f"{name}{NEXT}" not in world.store
        ends.add((first, second))
    assert len(ends) == (STEPS + 1) ** 2


def test_a_rotation_makes_each_password_anew() -> None:
    world = World()
    seen = set()
    for _ in range(3):
        rotate(world)
        seen |= {world.store[name] for name in REFERENCES}
    assert len(seen) == 3 * len(REFERENCES)


@pytest.mark.parametrize("site", SITES)
def test_only_what_this_tool_sets_is_rotated(site: str) -> None:
    intent = site_intent(load_site(EXAMPLES, site))
    own = intent.router.management
    assert {own.secret, own.admin_secret} <= set(rotation_of(intent).references)
    assert not [one for one in rotation_of(intent).references if one.endswith(("-admin-user",))]
    there = rotating(intent).router.management
    assert (there.initial_secret, there.first_admin) == (
        f"{own.secret}{FORMER}",
        f"{own.admin_secret}{FORMER}",
    )
    assert replace(there, initial_secret=own.initial_secret, initial_admin=own.initial_admin) == own


def test_a_password_of_several_devices_counts_when_all_have_it() -> None:
    intent = site_intent(load_site(EXAMPLES, "demo-clinic"))
    hosts = [intent.router.host, *(one.access.host for one in intent.windows)]
    every = dict.fromkeys(hosts, True)
    assert set(proved(intent, every)) == set(rotation_of(intent).references)
    for host in hosts:
        found = set(proved(intent, {**every, host: False}))
        assert found
        assert found != set(rotation_of(intent).references)
    assert proved(intent, {}) == ()
