"""`visit`: leads through the day at a site, stage by stage; waits for what a person must do.

What is done stands in `onshi_net/visit`; each stage is one of the other commands. Run again, it
goes through the same stages: what is done already is left alone.
"""

from __future__ import annotations

import shlex
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net.checks.after import exchange_of
from onshi_net.cli.keys import enter_pressed
from onshi_net.cli.rights import probe_of
from onshi_net.errors import (
    EXIT_DEVICE,
    EXIT_GOOD,
    EXIT_INTERRUPTED,
    EXIT_OPEN,
    InputError,
    OnshiError,
)
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent, site_intent
from onshi_net.visit import Lack, Stage, What, lacking, look, stages
from onshi_net.visit.scene import standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onshi_net.cli.context import Context

LOOK_EVERY_S = 1.0
ONE_CABLE = "visit.one-cable"
SOFT = frozenset({What.PAPER, What.PACK})
"""Stages whose failure ends no visit: they can be done at the desk."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command's options say."""

    after: str | None = None
    yes: bool = False
    force: str | None = None
    wait_s: float | None = None
    """How long a person is waited for; None: as long as somebody sits there."""


@dataclass(slots=True)
class Done:
    """How one stage went."""

    stage: Stage
    code: int
    seconds: float


def visit(context: Context, site: str, wishes: Wishes) -> int:
    """Leads through the stages; answers the exit code of the one that ended it, or 0.

    Raises InputError where `after` is nothing of the site that can be exchanged.
    """
    inventory = context.site(site)
    intent = site_intent(inventory)
    if wishes.after is not None:
        exchange_of(wishes.after, intent)
    institution = inventory.site.facts.institution.name
    context.out.print(
        text("visit.title", institution=institution, site=site), style="bold", markup=False
    )
    probe_of(context)  # what can't be measured is told before the day begins
    day = _Day(context, intent, wishes)
    try:
        code = day.run()
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    day.tell_end(code)
    return code


@dataclass(slots=True)
class _Day:
    """One visit as it goes on."""

    context: Context
    intent: SiteIntent
    wishes: Wishes
    done: list[Done] = field(default_factory=list)
    left: tuple[Stage, ...] = ()

    def run(self) -> int:
        """Goes through the stages; answers the exit code of the one that ended it, or 0."""
        ports = self._ports()
        if not ports:
            return EXIT_DEVICE
        from onshi_net.travel.packing import opened_here

        travelling = opened_here(self.context.inventory) is not None
        every = stages(self.intent, self.wishes.after, ports=ports, travelling=travelling)
        for number, stage in enumerate(every):
            self.left = every[number:]
            self._head(number + 1, len(every), stage)
            code = self._stage(stage)
            if code != EXIT_GOOD and stage.what not in SOFT:
                return code
        self.left = ()
        return EXIT_GOOD

    def _ports(self) -> int:
        """Answers in how many networks the laptop stands; 0 where nobody put it in any."""
        first = Stage(What.VERIFY, stands=("terminal",))
        if not self._waited(first):
            return 0
        found = len(standing(self.intent, look(self.intent, first).links))
        if found > 1 or not self._somebody:
            return found
        second = Stage(What.VERIFY, stands=("terminal", "clinic"))
        return 2 if self._waited(second, go_on=ONE_CABLE) else 1

    def _head(self, number: int, total: int, stage: Stage) -> None:
        name = _name(stage)
        self.context.out.print(
            text("visit.stage", number=number, total=total, name=name), style="bold", markup=False
        )

    def _stage(self, stage: Stage) -> int:
        """Does a stage until it is good, or nobody wants to try again; answers its exit code."""
        while True:
            if not self._waited(stage, go_on="visit.go-on"):
                self.done.append(Done(stage, EXIT_DEVICE, 0.0))
                return EXIT_DEVICE
            start = time.monotonic()
            code = self._performed(stage)
            if code == EXIT_OPEN and stage.what is What.VERIFY and not stage.accepts:
                code = EXIT_GOOD  # the rest is measured from the other network
            self.done.append(Done(stage, code, time.monotonic() - start))
            if code in {EXIT_GOOD, EXIT_INTERRUPTED} or stage.what in SOFT:
                return code
            if self.wishes.force and stage.what is What.READY:
                return EXIT_GOOD
            if not self._somebody or not self._again():
                return code

    def _again(self) -> bool:
        from onshi_net.cli.asking import ask_yes

        return ask_yes(text("visit.ask-again"), text("visit.nobody-answers"))

    def _performed(self, stage: Stage) -> int:
        from onshi_net.cli.run import said

        try:
            return self._perform(stage)
        except OnshiError as error:
            said(error)
            return error.exit_code

    def _perform(self, stage: Stage) -> int:
        site, context = self.intent.site, self.context
        match stage.what:
            case What.READY:
                from onshi_net.cli.office import ready

                return ready(context, site, None, None, as_json=False)
            case What.SECRETS:
                return self._secrets()
            case What.PROVISION:
                return self._provision(stage)
            case What.VERIFY:
                return self._verify(stage)
            case What.RESTORE:
                from onshi_net.cli.winrm import restore

                return restore(context, site, stage.host, None)
            case What.PAPER:
                from onshi_net.cli.paper import Asked, paper

                return paper(context, site, "completion", None, Asked(None, 1, None, None))
            case What.RENEW:
                return self._renewed()
            case What.PACK:
                return self._packed()

    def _secrets(self) -> int:
        """Looks whether every password is there and fit; asks for those that are missing."""
        from onshi_net.cli.provision import workshop
        from onshi_net.cli.secret_fill import fill

        site, context = self.intent.site, self.context
        file = context.secrets_file
        try:
            if file is not None and not file.exists() and self._somebody:  # it is made by filling
                fill(context, site, None)
            workshop(context, context.site(site)).require_secrets(None)
        except InputError:
            if not self._somebody:
                raise
            if (code := fill(context, site, None)) != EXIT_GOOD:
                return code
            workshop(context, context.site(site)).require_secrets(None)
        context.out.print(text("visit.secrets-good"))
        return EXIT_GOOD

    def _verify(self, stage: Stage) -> int:
        from onshi_net.checks.baseline import load_baseline
        from onshi_net.cli.verify import verify

        site, context = self.intent.site, self.context
        known = load_baseline(context.inventory / "sites" / site, site) is not None
        after = self.wishes.after if known and stage.accepts else None
        return verify(
            context,
            site,
            None,
            None,
            accept=stage.accepts,
            as_json=False,
            after=after,
            partly=not stage.accepts,
        )

    def _provision(self, stage: Stage) -> int:
        from onshi_net.cli.provision import provision

        return provision(
            self.context,
            self.intent.site,
            stage.host,
            yes=self.wishes.yes,
            dry_run=False,
            guard_s=300,
            force=self.wishes.force,
            exchanged=stage.host if "--exchanged" in stage.words else None,
            as_json=False,
        )

    def _renewed(self) -> int:
        """Waits for the person who holds the certificate; it can't be renewed from here."""
        from onshi_net.cli.asking import ask_yes

        done = self.wishes.yes or ask_yes(text("visit.ask-renewed"), text("visit.nobody-answers"))
        return EXIT_GOOD if done else EXIT_OPEN

    def _packed(self) -> int:
        """Seals what the visit learned; each visit's file has a name of its own."""
        from onshi_net.cli.travel import pack

        site, now = self.intent.site, datetime.now(UTC)
        return pack(self.context, site, Path(f"{site}-{now:%Y%m%dT%H%M%SZ}.visit"), None)

    # waiting for a person

    @property
    def _somebody(self) -> bool:
        return sys.stdin.isatty()

    def _waited(self, stage: Stage, go_on: str | None = None) -> bool:
        """Waits until a stage lacks nothing; says what, anew when it changes.

        With `go_on` somebody can press Enter to go on all the same, where the stage may begin so:
        for a network that the laptop is not in it may not. Answers whether it may.
        """
        patience = self.wishes.wait_s
        if patience is None:
            patience = float("inf") if self._somebody else 0.0
        start = time.monotonic()
        told: tuple[Lack, ...] = ()
        with self.context.progress.status("") as status:
            while lacks := lacking(self.intent, stage, look(self.intent, stage)):
                if lacks != told:
                    self._tell(lacks, go_on)
                    told = lacks
                waited = time.monotonic() - start
                if waited >= patience:
                    return _may_begin(lacks)
                status.update(text("visit.waiting", elapsed=elapsed(waited)))
                pressed = enter_pressed(LOOK_EVERY_S)
                if pressed and go_on == ONE_CABLE:
                    return False
                if pressed and go_on is not None and _may_begin(lacks):
                    return True
        if told:
            self.context.out.print(text("visit.seen"), style="green")
        return True

    def _tell(self, lacks: Sequence[Lack], go_on: str | None) -> None:
        for lack in lacks:
            sentence = text(lack.message, **dict(lack.values))
            self.context.out.print(sentence, style="yellow", markup=False)
        if self._somebody and go_on is not None:
            told = go_on if go_on == ONE_CABLE or _may_begin(lacks) else "visit.by-itself"
            self.context.out.print(text(told), markup=False)

    # the end

    def tell_end(self, code: int) -> None:
        """Says what is done, what is open and whose it is, and how to go on."""
        from rich.table import Table

        out = self.context.out
        last = {(one.stage.what, one.stage.host, one.stage.stands): one for one in self.done}
        table = Table(box=None, pad_edge=False, show_header=False)
        for one in last.values():
            name = _name(one.stage)
            good = one.code == EXIT_GOOD
            result = text("visit.result-good" if good else "visit.result-open")
            table.add_row(name, result, elapsed(one.seconds), style="green" if good else "red")
        for stage in self.left[1 if self._tried(self.left[:1]) else 0 :]:
            name = _name(stage)
            table.add_row(name, text("visit.result-not-begun"), "")
        out.print(text("visit.summary"), style="bold")
        out.print(table)
        self._tell_open_work()
        self._tell_loosened()
        if code == EXIT_GOOD:
            out.print(text("visit.end-good"), style="green")
        else:
            out.print(text("visit.end-open", command=self._command()), markup=False)

    def _tried(self, some: Sequence[Stage]) -> bool:
        return any(one.stage == stage for stage in some for one in self.done)

    def _command(self) -> str:
        after = ("--after", self.wishes.after) if self.wishes.after else ()
        return shlex.join(["onshi", "visit", self.intent.site, *after])

    def _tell_loosened(self) -> None:
        """Says how to close the PCs that were opened for the work, where that did not happen."""
        begun = any(one.stage.what is What.PROVISION for one in self.done)
        still = any(stage.what is What.RESTORE for stage in self.left)
        if begun and still:
            command = shlex.join(["onshi", "winrm", "restore", self.intent.site])
            self.context.out.print(text("cli.still-loosened", command=command), markup=False)

    def _tell_open_work(self) -> None:
        """Lists what of the table of work is not done, with who does it."""
        from onshi_net.cli.office import day_of
        from onshi_net.papers import load_dossier
        from onshi_net.papers.work import work_of

        site = self.intent.site
        try:
            dossier = load_dossier(self.context.inventory, site, self.context.runs / site)
        except OnshiError:
            return  # what is wrong with the files was said when the visit began
        rows = [one for one in work_of(dossier, day_of(None)) if not one.result.is_done]
        if rows:
            self.context.out.print(text("visit.open-work"), style="bold")
        for row in rows:
            line = text("visit.open-row", number=row.number, name=row.name, who=row.who)
            self.context.out.print(line, markup=False)


def _name(stage: Stage) -> str:
    """Gives a stage for people, with the device that it is about."""
    name = text(f"visit.{stage.what}")
    return text("visit.of-host", what=name, host=stage.host) if stage.host else name


def _may_begin(lacks: Sequence[Lack]) -> bool:
    """Whether a stage can begin with what it lacks: a silent device, not a missing network."""
    return not any(".cable-" in one.message or ".address-" in one.message for one in lacks)


def elapsed(seconds: float) -> str:
    """Gives a time in minutes and seconds, for people."""
    minutes, rest = divmod(int(seconds), 60)
    return text("visit.minutes", minutes=minutes, seconds=f"{rest:02}")
