"""One generated site in a lab of its own: raised, planned, provisioned, proven, broken, taken down.

Every step is a command that people give; the verdict of a step is what it must have said. The
first step that is not as it must be ends the exercise: what comes after would only follow from it.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.lab.clinic import Clinic
from tests.lab.sites.compose import generate
from tests.lab.sites.dimensions import ON, Dimension, stream
from tests.lab.sites.site import Command, Generated, Named
from tests.lab.sites.write import write

GOOD, CHECK_FAILED, DEVICE, UNDONE, HAS_CHANGES = 0, 1, 3, 4, 10
TOLERATED = frozenset({GOOD, CHECK_FAILED, DEVICE, UNDONE, HAS_CHANGES})
"""What a command may end with at a site with a lie that it need not name: no bad input, nothing
that is stuck, no crash."""
BAD = frozenset({"failed", "error"})
COMMAND_S = 300
"""So long a command may take on a busy machine."""
SHOWN = 600
"""So many characters of what a command said are kept, from the end."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: '' as verdict is good, else what is wrong."""

    name: str
    seconds: float
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a seed."""

    site: Generated
    steps: tuple[Step, ...]

    @property
    def failure(self) -> Step | None:
        """The step that was not as it must be; None where all were."""
        return next((step for step in self.steps if step.verdict), None)

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return sum(step.seconds for step in self.steps)

    @property
    def line(self) -> str:
        """The outcome in one line, for a log."""
        times = " ".join(f"{step.name} {step.seconds:.1f}" for step in self.steps)
        failure = self.failure
        said = f"FAILED at {failure.name}: {failure.verdict}" if failure else "good"
        return f"{self.site.line}: {said} ({self.seconds:.0f} s: {times})"


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str = ""

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.out}\n{self.err}"

    @property
    def shown(self) -> str:
        """What of it tells most: a verification's bad checks, else the end of the text."""
        checks = self.json.get("checks")
        if checks is None:
            return self.text.strip()[-SHOWN:]
        bad = [f"{one['id']} {one['state']}" for one in checks if one["state"] in BAD]
        return ", ".join(bad) or "every check is green"

    @property
    def json(self) -> dict[str, Any]:
        """The answer to `--json`; empty where there is none."""
        with suppress(ValueError):
            found = json.loads(self.out)
            return found if isinstance(found, dict) else {}
        return {}


def unlike(said: Said, wanted: frozenset[int]) -> str:
    """What is wrong with an ending; '' for nothing."""
    if "Traceback (most recent call last)" in said.text:
        return f"a traceback: {said.text[-SHOWN:]}"
    if said.code not in wanted:
        wish = " or ".join(str(one) for one in sorted(wanted))
        return f"exit code {said.code}, not {wish}: {said.shown}"
    return ""


def _unwrapped(text: str) -> str:
    """A text without blanks: where a line ends is the screen's matter."""
    return "".join(text.split())


def unnamed(said: Said, named: Named) -> str:
    """What a command left out of what it must say about a lie; '' for nothing."""
    bad = {one for one in TOLERATED if one not in {GOOD, HAS_CHANGES}}
    wrong = unlike(said, frozenset(bad if named.exit_code is None else {named.exit_code}))
    text = _unwrapped(said.text)
    missing = [word for word in named.words if _unwrapped(word) not in text]
    if not wrong and missing:
        wrong = f"does not say {', '.join(missing)}: {said.shown}"
    return wrong or (_undiagnosed(said.json, named) if named.segments else "")


def _undiagnosed(answer: dict[str, Any], named: Named) -> str:
    causes = answer.get("diagnosis", {}).get("causes", [])
    blamed = {one["segment"] for one in causes}
    acting = {one["party"] for one in causes if one["segment"] in named.segments}
    failed = {one["id"] for one in answer.get("checks", []) if one["state"] == "failed"}
    if not blamed & named.segments:
        return f"blames {_list(blamed)}, not {_list(named.segments)}: {_list(failed)}"
    if named.party and named.party not in acting:
        return f"leaves it to {_list(acting)}, not to {named.party}: {_list(failed)}"
    if named.checks and not failed & set(named.checks):
        return f"failed: {_list(failed)}; none of {_list(named.checks)}"
    return ""


def _list(some: Any) -> str:
    return ", ".join(sorted(some)) or "nothing"


def changed(said: Said) -> str:
    """What a second provisioning changed; '' for nothing."""
    hosts = said.json.get("hosts", [])
    touched = [f"{one['host']} {one['state']}" for one in hosts if one["state"] != "unchanged"]
    if touched:
        return f"changed again: {', '.join(touched)}"
    return unlike(said, frozenset({GOOD})) or ("" if hosts else "it names no host")


UNTOLD = "terminal.software.unknown"
"""No generated site says what is installed on its terminals: that stays unknown."""


def not_green(said: Said) -> str:
    """What a verification that must be green complains of; '' for nothing."""
    checks = said.json.get("checks", [])
    if any(one["state"] in BAD and one.get("message") != UNTOLD for one in checks):
        return f"not green: {said.shown}"
    return unlike(said, frozenset({GOOD})) or ("" if checks else "it measured nothing")


def misdiagnosed(said: Said, fault: dict[str, Any]) -> str:
    """How the diagnosis of a fault differs from the one that it must lead to; '' for not at all."""
    wanted = [(fault["segment"], fault["party"])]
    causes = said.json.get("diagnosis", {}).get("causes", [])
    blamed = [(one["segment"], one["party"]) for one in causes]
    if blamed != wanted:
        return f"fault {fault['name']}: blames {blamed}, not {wanted}: {said.shown}"
    return unlike(said, frozenset({CHECK_FAILED}))


class Exercise:
    """One site's steps, timed."""

    def __init__(self, site: Generated, folder: Path) -> None:
        self.site = site
        lab = f"s{site.seed}_{uuid.uuid4().hex[:4]}"
        self.clinic = Clinic(lab, site.belief.name, write(site, folder))
        self.steps: list[Step] = []
        self.losses: list[str] = []

    def run(self) -> Outcome:
        """Takes all steps; the lab is down afterwards, whatever happened."""
        try:
            for name, act in self._plan():
                begin = time.monotonic()
                verdict = self._verdict(act)
                self.steps.append(Step(name, time.monotonic() - begin, verdict))
                if verdict:
                    break
        finally:
            self._down()
        return Outcome(self.site, tuple(self.steps))

    def _plan(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield "up", self._up
        yield from self._with_lie() if self.site.lie else self._without()

    @property
    def _meet(self) -> tuple[str, ...]:
        """First contact, which `plan` never makes."""
        return "trust", self.site.belief.router.name, "--yes"

    def _without(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield "trust", lambda: unlike(self._onshi(*self._meet), frozenset({GOOD}))
        yield "plan", self._planned
        if self.losses:
            yield "refused", self._refused
        yield "provision", lambda: unlike(self._onshi(*self._provision), frozenset({GOOD}))
        yield "verify", lambda: not_green(self._onshi("verify", "--json"))
        yield "plan-again", lambda: unlike(self._onshi("plan"), frozenset({GOOD}))
        yield "provision-again", lambda: changed(self._onshi("provision", "--yes", "--json"))
        yield "fault", self._fault

    @property
    def _provision(self) -> tuple[str, ...]:
        """With the word that a router needs on which somebody's office works."""
        typed = "config" in self.site.world.get("router", {})
        word = ("--replace-config", self.site.belief.router.name) if typed else ()
        return "provision", "--yes", *word

    def _planned(self) -> str:
        said = self._onshi("plan", "--json")
        hosts = said.json.get("hosts", ())
        self.losses = [loss for host in hosts for loss in host.get("losses", ())]
        return unlike(said, frozenset({HAS_CHANGES}))

    def _refused(self) -> str:
        """A working office is not replaced without that word, and what would be lost is said."""
        said = self._onshi("provision", "--yes", "--only", self.site.belief.router.name)
        named = Named(Command.PROVISION, exit_code=DEVICE, words=tuple(self.losses))
        return unnamed(said, named)

    def _with_lie(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """The commands up to the one that must name the lie."""
        assert self.site.lie is not None
        named = self.site.lie.named
        words = {
            Command.PLAN: ("plan",),
            Command.PROVISION: self._provision,
            Command.VERIFY: ("verify", "--json"),
        }
        yield "trust", partial(self._beside_lie, self._meet, None)
        for command, arguments in words.items():
            told = command is named.command
            yield command.value, partial(self._beside_lie, arguments, named if told else None)
            if told:
                return

    def _beside_lie(self, arguments: tuple[str, ...], named: Named | None) -> str:
        said = self._onshi(*arguments)
        return unlike(said, TOLERATED) if named is None else unnamed(said, named)

    def _verdict(self, act: Callable[[], str]) -> str:
        try:
            return act()
        except subprocess.CalledProcessError as error:
            return f"{' '.join(error.cmd[3:6])}: {(error.stderr or '').strip()[-SHOWN:]}"
        except subprocess.TimeoutExpired as error:
            return f"still running after {error.timeout} s"
        except (OSError, ValueError, KeyError) as error:
            return f"an answer that nobody expects: {error!r}"

    def _up(self) -> str:
        self.clinic.lab("up", "--inventory", str(self.clinic.inventory), "--site", self.clinic.site)
        return ""

    def _down(self) -> None:
        begin = time.monotonic()
        verdict = self._verdict(lambda: self.clinic.lab("down")[:0])
        self.steps.append(Step("down", time.monotonic() - begin, verdict))

    def _onshi(self, *arguments: str) -> Said:
        done = self.clinic.onshi(*arguments, timeout=COMMAND_S)
        return Said(done.returncode, done.stdout, done.stderr)

    def _judged(self, fault: dict[str, Any]) -> bool:
        """Whether the contract lets the tool look for a fault: not into PCs that others set up."""
        by_others = self.site.belief.work.receipt_by in {"vendor", "customer"}
        return not (by_others and fault["segment"] == "receipt-pc")

    def _fault(self) -> str:
        """One fault that applies here, set and diagnosed."""
        listed = json.loads(self.clinic.lab("fault", "list", "--json"))
        possible = sorted(
            (one for one in listed if one["applies"] and self._judged(one)),
            key=lambda one: str(one["name"]),
        )
        fault = stream(self.site.seed, "fault").choice(possible)
        self.clinic.lab("fault", "set", fault["name"])
        return misdiagnosed(self._onshi("verify", "--json"), fault)


def exercise(seed: int, on: frozenset[Dimension] = ON) -> Outcome:
    """What comes of a seed's site in a lab."""
    with tempfile.TemporaryDirectory(prefix=f"onshi-site-{seed}-") as folder:
        return Exercise(generate(seed, on), Path(folder)).run()
