"""What holds of every generated site, without a lab: valid, possible, the same everywhere."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from pathlib import Path

import pytest
import yaml

from onshi_lab.yamaha.delivered import with_typed
from onshi_lab.yamaha.models import MODELS, make_device
from onshi_lab.yamaha.store import EMPTY
from onshi_net.brochure import refusals
from onshi_net.brochure.data import areas
from onshi_net.checks.catalogue import cases
from onshi_net.checks.model import SEGMENTS
from onshi_net.intake import load_case
from onshi_net.intake.medical_code import expected_check_digit
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.model import router_model
from onshi_net.platforms.yamaha.render import router_config
from tests.lab.sites.compose import FIRMWARE, generate, put_in
from tests.lab.sites.dimensions import ON, Dimension
from tests.lab.sites.draws import DRAWERS, draw
from tests.lab.sites.existing import TYPED, Typed
from tests.lab.sites.lies import LIES
from tests.lab.sites.site import Belief, Command, overlay
from tests.lab.sites.write import write

ALL = frozenset(Dimension)
"""With the names that the inventory refuses today there is no valid site yet."""
INSTALL_DAY = datetime.date(2026, 11, 30)
SEEDS = range(40)


@pytest.mark.parametrize("on", [ON, ALL, frozenset()], ids=["on", "all", "plain"])
def test_every_site_is_accepted_rendered_and_ready_for_the_work(
    on: frozenset[Dimension], tmp_path: Path
) -> None:
    for seed in SEEDS if on else range(3):
        site = generate(seed, on)
        inventory = write(site, tmp_path / str(seed))
        intent = site_intent(load_site(inventory, site.belief.name))
        assert router_config(intent.router), site.line
        case = load_case(inventory, site.belief.name)
        assert refusals(case, on=INSTALL_DAY) == (), site.line
        assert (intent.router.wan.mode.value == "pd") == site.belief.delegated_to_router, site.line


def test_a_seed_gives_the_same_site_again_and_on_every_machine() -> None:
    for seed in SEEDS:
        assert generate(seed, ALL) == generate(seed, ALL)
    # Pinned: another interpreter, or a change of the generator, shows here and nowhere else.
    assert generate(7).line == PINNED


PINNED = (
    "seed 7: RTX1300 23.00.05, フレッツ光ネクスト マンション・スーパーハイスピードタイプ隼 (RA),"
    " none, 3+2 switch, 10.127.208.0/20 192.168.119.0/24, west, typed nightly closed-services, true"
)


@pytest.mark.parametrize("dimension", Dimension)
def test_a_dimension_that_is_off_changes_no_other_draw(dimension: Dimension) -> None:
    field = dimension.value.replace("-", "_")
    for seed in range(20):
        on, off = draw(seed, frozenset(Dimension)), draw(seed, frozenset(Dimension) - {dimension})
        same = [one.name for one in dataclasses.fields(on) if one.name != field]
        assert all(getattr(on, name) == getattr(off, name) for name in same)


def test_every_dimension_is_drawn_and_shows_in_some_site() -> None:
    assert set(DRAWERS) == set(Dimension)
    for dimension in Dimension:
        with_it, without = frozenset(Dimension), frozenset(Dimension) - {dimension}
        if dimension is Dimension.ACCOUNTS:
            with_it, without = ALL, ALL - {dimension}
        assert any(generate(seed, with_it) != generate(seed, without) for seed in range(40))


def _lans(belief: Belief):
    return belief.terminal, belief.clinic


def test_every_address_of_a_network_is_inside_and_has_one_owner() -> None:
    for seed in range(300):
        belief = generate(seed, ALL).belief
        for lan, pcs in ((belief.terminal, belief.terminals), (belief.clinic, belief.receipts)):
            fixed = [one for one in (lan.router, lan.gateway) if one is not None]
            owned = [*fixed, *(pc.address for pc in pcs), *lan.free]
            assert len(set(owned)) == len(owned)
            hosts = range(int(lan.network[1]), int(lan.network[-1]))
            assert all(int(one) in hosts for one in owned)
        assert not belief.terminal.network.overlaps(belief.clinic.network)


def test_labs_stay_small_but_every_count_comes() -> None:
    counts = [(len(b.terminals), len(b.receipts)) for b in _beliefs(600)]
    assert {one for one, _ in counts} == set(range(1, 10))
    assert {other for _, other in counts} == set(range(10))
    assert sum(map(sum, counts)) / len(counts) < 4.5


def _beliefs(count: int) -> list[Belief]:
    return [generate(seed).belief for seed in range(count)]


def test_what_is_on_varies_over_all_its_values() -> None:
    beliefs = _beliefs(600)
    lengths = {lan.network.prefixlen for one in beliefs for lan in _lans(one)}
    assert lengths == set(range(16, 30))
    assert {one.router.model for one in beliefs} == set(FIRMWARE)
    assert {one.branch.kind for one in beliefs} == {"none", "hub", "hgw", "ogw"}
    assert {one.region for one in beliefs} == {"east", "west"}
    assert {one.delegated_to_router for one in beliefs} == {True, False}
    assert {one.clinic.gateway is None for one in beliefs} == {True, False}


def test_what_belongs_together_comes_together() -> None:
    for belief in _beliefs(400):
        assert belief.line.delegates or not belief.branch.is_gateway
        assert (belief.branch.model == "XG-100NE") == (
            belief.line.cross and belief.branch.kind == "hgw"
        )
        assert belief.switch is not None or len(belief.terminals) <= 2
        assert belief.line.v6_option != (belief.line.v6_ordered is not None)
        assert expected_check_digit(belief.code) == belief.code[-1]
        assert is_west(belief.code) == (belief.region == "west")


def is_west(code: str) -> bool:
    return int(code[:2]) in areas().west


def test_every_firmware_but_a_lies_serves() -> None:
    for model, revisions in FIRMWARE.items():
        floor = router_model(model).firmware_floor
        assert floor is None or str(floor) <= min(revisions)
        for revision in revisions:
            if model in MODELS:
                assert make_device(model, revision, "S5X000001").revision_text == revision


def _told(on: frozenset[Dimension]) -> Counter[str]:
    sites = (generate(seed, on) for seed in range(900))
    return Counter(site.lie.name if site.lie else "" for site in sites)


def test_a_third_of_the_sites_carry_one_lie_and_every_lie_comes() -> None:
    told = _told(ON)
    assert 560 < told[""] < 640
    assert set(told) - {""} == {lie.name for lie in LIES if not lie.later}
    assert set(_told(ALL)) - {""} == {lie.name for lie in LIES}


def test_without_lies_the_truth_is_the_sheets() -> None:
    for seed in range(300):
        site = generate(seed, ON - {Dimension.LIES})
        assert site.lie is None
        assert set(site.world) == {"line", "router"}
        assert "model" not in site.world["router"]
        assert not {"mode", "registered"} & set(site.world["line"])


def test_a_lie_changes_the_truth_and_nothing_else() -> None:
    for seed in range(300):
        site, honest = generate(seed), generate(seed, ON - {Dimension.LIES})
        assert site.belief == honest.belief
        assert (site.world != honest.world) == (site.lie is not None)
        if site.lie is not None:
            assert site.world == overlay(honest.world, site.lie.world)


def test_what_a_lie_must_lead_to_can_be_said_of_its_site(tmp_path: Path) -> None:
    """Checks that are named exist at that site, segments are segments."""
    for seed in range(120):
        site = generate(seed)
        if site.lie is None or site.lie.named.command is not Command.VERIFY:
            continue
        named = site.lie.named
        loaded = load_site(write(site, tmp_path / str(seed)), site.belief.name)
        known = {case.id for case in cases(site_intent(loaded))}
        assert set(named.checks) <= known, site.line
        assert named.segments
        assert named.segments <= set(SEGMENTS)


KEYS = {
    "line": {"mode", "prefix", "changed_prefix", "registered"},
    "router": {
        "model",
        "firmware",
        "serial",
        "language",
        "drop_is_logout",
        "address",
        "config",
    },
    "networks": {"terminal", "clinic"},
    "branch": None,
    "switch": None,
    "hosts": None,
    "devices": None,
}
HOST_KEYS = {"address", "dhcp", "absent", "windows", "language", "computer_name", "state"}


def test_the_world_keeps_to_its_form(tmp_path: Path) -> None:
    for seed in range(60):
        site = generate(seed, ALL)
        folder = write(site, tmp_path / str(seed)) / "sites" / site.belief.name
        world = yaml.safe_load((folder / "world.yaml").read_text(encoding="utf-8"))
        assert world == site.world
        for key, value in world.items():
            assert KEYS[key] is None or set(value) <= KEYS[key]
        names = {pc.name for pc in (*site.belief.terminals, *site.belief.receipts)}
        assert set(world.get("hosts", {})) <= names
        assert all(set(one) <= HOST_KEYS for one in world.get("hosts", {}).values())


@pytest.mark.parametrize("typed", TYPED, ids=lambda typed: typed.name)
def test_the_labs_console_takes_what_was_typed(typed: Typed) -> None:
    belief = generate(0, frozenset()).belief
    text = "\n".join(put_in(line, belief) for line in typed.lines)
    for model in typed.models or tuple(MODELS):
        for firmware in FIRMWARE[model]:
            device = make_device(model, firmware, "S5X000001")
            assert with_typed(EMPTY, text, device, typed.name).lines()
