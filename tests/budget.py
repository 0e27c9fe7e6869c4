"""How much of each kind of test `make test` runs, how much `make test-full`, and what it costs.

`KINDS` is the one table: `chosen`, `examples` and tests/conftest.py take the counts from it, and
docs/testing.md shows it. The seconds are those of tests/durations.json, by which the slowest files
are also started first. `python -m tests.budget REPORT.xml…` reads both anew from JUnit reports of
a whole run of `make test` (each report replaces what is known of its files).
"""

from __future__ import annotations

import json
import random
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[1]
DURATIONS = ROOT / "tests" / "durations.json"
PAGE = ROOT / "docs" / "testing.md"
BEGIN, END = "<!-- the table of tests/budget.py -->\n", "<!-- end of the table -->\n"
DEFAULT_SEED = 20261130
UNKNOWN_S = 10.0
"""What a test file is taken to last that was never measured: it starts before the quick ones."""
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Kind:
    """Some of the suite: what it shows and how many of its cases run."""

    name: str
    shows: str
    tests: tuple[str, ...]
    """How the node ids of its tests begin; a test belongs to the first kind that names it."""
    sample: int | None = None
    """Cases in `make test`, drawn with the seed; None for all that there are."""
    full: int | None = None
    """Cases in `make test-full`; None for all that there are."""
    by_node: bool = False
    """Whether each case is a test of pytest's, so that a sample leaves out the others."""


@dataclass(slots=True)
class Run:
    """What this run of pytest was asked for; tests/conftest.py sets it."""

    full: bool = False
    seed: int = DEFAULT_SEED


RUN = Run()
LAB, PROVISION = "tests/lab/", "tests/provision/"
PC_KILLED = f"{LAB}test_windows_killed.py::test_a_pc_is_old_or_new_and_the_next_run_leaves_nothing"
SPOILED = (
    "after_a_restart_of_both_pcs",
    "a_route_that_will_not_outlive_a_restart",
    "a_stale_password_on_the_terminal",
    "a_locked_link_user",
    "https_pins",
    "an_ipv6_route",
    "the_route_may_lie_on_the_clinics_own_device",
    "winrm_is_off_again",
    "an_exchanged_receipt_pc",
    "after_a_repair",
    "an_exchanged_terminal",
    "a_pc_that_can_not_be_reached",
)
"""What happens to a clinic's PCs in tests/lab/test_windows_half.py, each mended afterwards."""
KINDS = (
    Kind(
        "router-drops",
        "the link drops at a packet of the router's change, and is back at once or late",
        (f"{PROVISION}test_dropped.py::test_link_dropped_at_any_packet",),
        sample=3,
    ),
    Kind(
        "router-kills",
        "SIGKILL at a moment of the router's change",
        (f"{PROVISION}test_killed.py",),
        sample=3,
        full=20,
    ),
    Kind(
        "router-befallen",
        "sleep, power cut, set clock, other laptop or lost journal, with and without a kill",
        (f"{PROVISION}test_befallen.py::test_what_befalls",),
        sample=1,
        full=10,
    ),
    Kind(
        "pc-kills",
        "SIGKILL at a moment of each PC's change",
        (f"{PC_KILLED}[killed]",),
        sample=1,
    ),
    Kind(
        "pc-cuts",
        "the PC's cable is out from a packet of its change on",
        (f"{PC_KILLED}[cut]",),
        sample=1,
    ),
    Kind(
        "pc-kills-impatient",
        "the next run begins while the PC still carries out a killed one",
        (f"{PC_KILLED}[killed-and-run-again-at-once]",),
        sample=1,
        full=5,
    ),
    Kind(
        "pc-kills-by-time",
        "SIGKILL at a random time of a receipt PC's change, PCs without a lab",
        ("tests/windows/test_against_lab.py::test_a_kill_at_any_moment",),
        sample=1,
        full=4,
    ),
    Kind(
        "pc-routes",
        "old routes of every shape in a mock PC are replaced, and undone after a failure anywhere",
        ("tests/pcs/test_routes.py::test_old_routes",),
        sample=12,
        full=300,
    ),
    Kind(
        "diagnosis",
        "a fault of the lab on a provisioned site leads to its diagnosis",
        (f"{LAB}test_diagnosis.py::test_a_fault_leads_to_its_diagnosis",),
        sample=6,
        by_node=True,
    ),
    Kind(
        "PCs, later",
        "what happens to a clinic's PCs after install day is told and mended",
        tuple(f"{LAB}test_windows_half.py::test_{one}" for one in SPOILED),
        sample=4,
        by_node=True,
    ),
    Kind(
        "models",
        "a delivered router of each model is provisioned, verified green and then left alone",
        (f"{LAB}test_models.py::test_a_delivered_router",),
        sample=1,
        by_node=True,
    ),
    Kind(
        "exchanges",
        "another router in the old one's place is taken in by one command",
        (f"{LAB}test_exchange.py",),
        sample=1,
        by_node=True,
    ),
    Kind(
        "faults, seen",
        "a fault of the lab is there when it is set, and gone when it is cleared",
        (f"{LAB}engine/test_faults.py::test_it_is_seen",),
        sample=8,
        by_node=True,
    ),
    Kind(
        "ups, killed",
        "an `up` that is killed on its way leaves nothing after `down`",
        (f"{LAB}engine/test_nothing_left.py::test_an_up_killed",),
        sample=4,
        by_node=True,
    ),
    Kind(
        "host, as it was",
        "a lab's day leaves packages, units, sockets, addresses and files of the host alone",
        (f"{LAB}host/test_untouched.py::test_a_lab_leaves",),
        sample=1,
        by_node=True,
    ),
    Kind(
        "power-cuts",
        "the power goes at a statement of a script that puts something on a PC: all is taken back",
        ("tests/windows/test_cut_off.py",),
        sample=4,
    ),
    Kind(
        "pc-undo",
        "a PC as somebody left it: an act of its change fails, and what is told of it is true",
        ("tests/windows/undo/test_undo.py",),
        sample=1,
        full=30,
    ),
    Kind(
        "packet-filters",
        "examples of filters that nftables must take",
        (f"{LAB}yamaha/test_packets.py::test_the_kernel_takes_every_ruleset",),
        sample=30,
        full=300,
    ),
    Kind(
        "kills, without a backup",
        "a run after a killed one ends well, whatever of its backup is left",
        (f"{PROVISION}test_backup.py::test_after_a_kill",),
        sample=1,
        by_node=True,
    ),
    Kind(
        "canaries",
        "every command, on good and bad days, says and leaves no secret of any backend",
        ("tests/cli/test_canaries.py::test_no_command",),
        sample=2,
        by_node=True,
    ),
    Kind(
        "hostile",
        "a hostile value in a field of an inventory file is refused with its place",
        ("tests/inventory/test_hostile.py",),
        sample=6,
    ),
    Kind(
        "conformance",
        "generated scripts that the mock PC and a real PowerShell engine answer alike",
        (f"{LAB}windows/test_conformance.py::test_generated",),
        sample=60,
        full=2000,
    ),
    Kind(
        "starts",
        "a router as somebody left it: its plan is judged at every line, and undone",
        ("tests/platforms/yamaha/test_starts.py::test_any_start",),
        sample=20,
        full=5000,
    ),
    Kind(
        "papers",
        "every paper of a generated site has all that it must and nothing that it must not",
        ("tests/papers/test_generated.py",),
        sample=4,
        full=200,
    ),
    Kind(
        "starts with packets",
        "the mock's kernel is asked with packets after every line of a plan, as the algebra is",
        ("tests/platforms/yamaha/test_starts.py::test_the_mocks_kernel",),
        sample=2,
        full=40,
    ),
    Kind(
        "generated sites",
        "a site that nobody wrote is raised, proven and broken; with a lie, the lie is named",
        (f"{LAB}sites/test_seeds.py",),
        sample=1,
        full=20,
    ),
    Kind(
        "mended sites",
        "the same, of a site at which something was found wrong once",
        (),
        sample=1,
    ),
    Kind(
        "engines, broken",
        "a broken site is measured alike in namespaces and in containers (a good one: always)",
        (f"{LAB}containers/test_agree.py::test_a_broken",),
        sample=1,
        by_node=True,
    ),
    Kind(
        "hostile host",
        "the lab on a host with one of its settings the wrong way round (all at once: always)",
        (f"{LAB}host/test_hostile.py::test_each_alone",),
        sample=0,
        by_node=True,
    ),
    Kind(
        "ordinary user",
        "a site provisioned and verified by somebody who is not root",
        (f"{LAB}host/test_ordinary.py::test_a_site_is_provisioned",),
        sample=1,
        by_node=True,
    ),
    Kind(
        "travel",
        "a visit from a pack, taken in with a conflict, in the lab",
        (f"{LAB}test_travel.py::test_a_site_is_visited",),
        sample=0,
        by_node=True,
    ),
    Kind(
        "demo",
        "make demo leaves the host as it was",
        (f"{LAB}host/test_untouched.py::test_a_demo",),
        sample=0,
        by_node=True,
    ),
    Kind(
        "workbooks",
        "examples of a changed workbook that the intake reads or refuses",
        ("tests/intake/test_mutations.py::test_changed",),
        sample=15,
        full=200,
    ),
    Kind(
        "grids",
        "examples of any grid of cells",
        ("tests/intake/test_mutations.py::test_any_grid",),
        sample=50,
        full=1000,
    ),
    Kind(
        "fault pairs",
        "two faults of different segments at once: both are named, or one masks the other",
        (f"{LAB}faults/test_samples.py::test_of_two_faults",),
        sample=1,
        full=20,
        by_node=True,
    ),
    Kind(
        "unnamed faults",
        "something odd on a random link or device: the right segment is blamed, or none",
        (f"{LAB}faults/test_samples.py::test_an_unnamed_fault_is_placed",),
        sample=1,
        full=20,
        by_node=True,
    ),
    Kind(
        "as measured",
        "a clinic raised from the evidence of a run has the same diagnosis",
        (f"{LAB}test_from_evidence.py::test_a_stored_run",),
        sample=2,
        by_node=True,
    ),
    Kind(
        "odd answers",
        "an answer of the lab's devices with something odd in one place costs one fact",
        ("tests/hostile/test_odd_answers.py",),
        sample=15,
        full=300,
    ),
    Kind(
        "properties",
        "examples of every other property test",
        (),
        sample=50,
        full=1000,
    ),
    Kind("whole labs", "sites raised in namespaces, the command on the laptop", (f"{LAB}test_",)),
    Kind("lab engine", "topology, services, faults, and what a lab leaves", (f"{LAB}engine",)),
    Kind(
        "containers",
        "the lab's nodes as containers, by the engine and by compose",
        (f"{LAB}containers",),
    ),
    Kind(
        "host", "daemons beside the checkout, rooms, a host that stays as it was", (f"{LAB}host",)
    ),
    Kind("mock router", "the lab's Yamaha router, in memory and with packets", (f"{LAB}yamaha",)),
    Kind("mock PC", "the lab's Windows PC, in memory and in namespaces", (f"{LAB}windows",)),
    Kind("router's change", "`apply_router` and its parts over SSH", (PROVISION,)),
    Kind(
        "PCs' change", "scripts, transport and change of the PCs", ("tests/windows/", "tests/pcs/")
    ),
    Kind(
        "transport",
        "console, sessions, deadlines, stopping",
        ("tests/transport/", "tests/platforms/"),
    ),
    Kind("probe", "the packet probes, in namespaces", ("tests/probe/",)),
    Kind("pure", "everything that needs no device and no network", ("tests/",)),
)
"""In the order in which tests/durations.json is shared out among them."""
BY_NAME = {kind.name: kind for kind in KINDS}


def drawn(name: str, items: Sequence[Item], of: str = "") -> list[Item]:
    """Answers the items of a kind that this run takes, in their order.

    One is drawn of each of as many stretches of equal length, so that a sample reaches from the
    first to the last. `of` tells several draws of a kind apart.
    """
    kind = BY_NAME[name]
    count = kind.full if RUN.full else kind.sample
    if count is None or count >= len(items):
        return list(items)
    if count == 0:
        return []
    chance = random.Random(f"{RUN.seed} {name} {of}")
    edges = [round(number * len(items) / count) for number in range(count + 1)]
    return [items[chance.randrange(start, end)] for start, end in pairwise(edges)]


def examples(name: str) -> int:
    """Answers how many examples a property test of a kind tries in this run."""
    kind = BY_NAME[name]
    count = kind.full if RUN.full else kind.sample
    assert count is not None
    return count


def chosen(node_ids: Sequence[str]) -> set[str]:
    """Answers which tests this run takes: of a kind that is sampled by its node ids, some."""
    taken = set(node_ids)
    for kind in KINDS:
        if kind.by_node:
            ids = [one for one in node_ids if one.startswith(kind.tests)]
            taken -= set(ids) - set(drawn(kind.name, ids))
    return taken


def durations() -> dict[str, float]:
    """Answers how many seconds each test lasted when it was last measured; quick ones left out."""
    found: dict[str, float] = json.loads(DURATIONS.read_text(encoding="utf-8"))
    return found


def by_file(measured: Mapping[str, float]) -> dict[str, float]:
    """Answers the seconds of each test file."""
    found: Counter[str] = Counter()
    for test, seconds in measured.items():
        found[test.partition("::")[0]] += seconds  # type: ignore[assignment]
    return dict(found)


def table(measured: Mapping[str, float]) -> str:
    """Answers the table of docs/testing.md."""
    spent = dict.fromkeys(BY_NAME, 0.0)
    for test, seconds in measured.items():
        kind = next(kind for kind in KINDS if kind.tests and test.startswith(kind.tests))
        spent[kind.name] += seconds
    rows = [
        ("kind of test", "what it shows", "`make test`", "seconds", "`make test-full`"),
        ("---", "---", "--:", "--:", "--:"),
        *(
            (one.name, one.shows, _count(one.sample), f"{spent[one.name]:.0f}", _count(one.full))
            for one in KINDS
        ),
        ("all", "", "", f"{sum(spent.values()):.0f}", ""),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _count(count: int | None) -> str:
    return "all" if count is None else str(count)


def page(text: str, measured: Mapping[str, float]) -> str:
    """Answers the text of docs/testing.md with its table as it is now."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{table(measured)}\n{END}{rest.partition(END)[2]}"


def measured_in(report: Path) -> dict[str, float]:
    """Answers the seconds of each test of a JUnit report, parameters added up."""
    found: Counter[str] = Counter()
    for case in ElementTree.parse(report).iter("testcase"):
        file = re.sub(r"\.Test.*", "", case.get("classname", "")).replace(".", "/") + ".py"
        name = case.get("name", "")
        kept = name if name.startswith(BY_CASE) else re.sub(r"\[.*", "", name)
        found[f"{file}::{kept}"] += float(case.get("time", 0))  # type: ignore[assignment]
    return dict(found)


BY_CASE = PC_KILLED.partition("::")[2]
"""A test whose cases belong to different kinds."""


def record(reports: Iterable[Path]) -> None:
    """Keeps what the reports measured, and renews the table of docs/testing.md."""
    known = durations() if DURATIONS.exists() else {}
    for report in reports:
        new = measured_in(report)
        files = set(by_file(new))
        known = {test: took for test, took in known.items() if test.partition("::")[0] not in files}
        known |= new
    kept = {
        test: round(took, 1)
        for test, took in sorted(known.items())
        if took >= 0.1 and ROOT.joinpath(test.partition("::")[0]).is_file()
    }
    DURATIONS.write_text(json.dumps(kept, indent=0) + "\n", encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")


if __name__ == "__main__":
    record(map(Path, sys.argv[1:]))
