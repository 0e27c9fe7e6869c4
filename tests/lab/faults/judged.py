"""What one verification says of faults that are set: right, masked, silent or wrong."""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from onshi_lab.faults import CATALOGUE, Fault
from onshi_lab.site import Site
from tests.lab.clinic import Clinic

INSTALL_DAY = (("trust", "router", "--yes"), ("provision", "--yes"))


@dataclass(frozen=True)
class Said:
    """What `verify --json` said: its causes, and what it could not tell."""

    exit_code: int
    causes: tuple[dict[str, Any], ...]
    undetermined: tuple[str, ...]
    checks: dict[str, str]
    evidence_file: str = ""

    @property
    def blamed(self) -> frozenset[tuple[str, str]]:
        """Segment and party of each cause."""
        return frozenset((one["segment"], one["party"]) for one in self.causes)

    @property
    def failed(self) -> set[str]:
        return {name for name, state in self.checks.items() if state == "failed"}


def verified(clinic: Clinic, *options: str) -> Said:
    done = clinic.onshi("verify", "--json", *options)
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout)
    diagnosis = answer["diagnosis"]
    return Said(
        done.returncode,
        tuple(diagnosis["causes"]),
        tuple(diagnosis["undetermined"]),
        {one["id"]: one["state"] for one in answer["checks"]},
        answer["evidence_file"] or "",
    )


def installed(clinic: Clinic) -> None:
    """The site's install day."""
    for command in INSTALL_DAY:
        done = clinic.onshi(*command)
        assert done.returncode == 0, done.stdout + done.stderr


def of_one(fault: Fault, said: Said) -> str:
    """What was made of one fault: right, silent, or wrong."""
    if said.blamed == {(fault.segment, fault.party)}:
        return "right"
    if not said.causes:
        return "silent"
    return "also" if (fault.segment, fault.party) in said.blamed else "wrong"


def of_pair(faults: Iterable[Fault], said: Said) -> str:
    """What was made of a pair: both named, the masking one named, or wrong.

    A cause that is neither's is wrong; one that is not named must be what can't be told, or wait
    for the one that is.
    """
    wanted = {(one.segment, one.party) for one in faults}
    if said.blamed - wanted:
        return "wrong"
    if said.blamed == wanted:
        return "both"
    if not said.blamed:
        return "silent"
    waits = any(state in {"skipped", "error"} for state in said.checks.values())
    return "masked" if waits or said.undetermined else "one"


def apply_at(site: Site, named: Collection[str] = ()) -> list[Fault]:
    """The faults that a site can have, of those that are named."""
    return [one for one in CATALOGUE if one.applies(site) and (not named or one.name in named)]


def pairs_at(site: Site) -> list[tuple[Fault, Fault]]:
    """Every pair of faults of different segments that the site can have."""
    some = apply_at(site)
    return [(a, b) for a, b in combinations(some, 2) if a.segment is not b.segment]


def drawn_pairs(site: Site, seed: int, count: int) -> list[tuple[Fault, Fault]]:
    """So many of them, drawn by the seed."""
    some = pairs_at(site)
    return random.Random(f"{seed} {site.name}").sample(some, min(count, len(some)))
