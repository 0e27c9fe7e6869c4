"""The power goes while a script of ours runs: what it put on the PC is found and removed.

The mock's PC stops at a statement, no `finally` runs, and the registry goes back to what was last
written through. Then either way of putting back is taken, and the PC is compared with what it was.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onshi_lab.windows.powershell import interpreter
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.process import ProcessKilled
from onshi_net.pcs import resources
from onshi_net.pcs.powershell import script
from onshi_net.transport.windows.batch import LOGON_TYPE_NOT_GRANTED
from tests.budget import drawn
from tests.lab.windows.conftest import USER, USER_PASSWORD, Machine
from tests.pcs.examples import CONDITIONS, VAULT

GROUP = "Performance Log Users"
KEY = r"HKLM\SOFTWARE\onshi"
ALL = {"S-1-5-18", "S-1-5-32-544"}
MANY = 60
"""Statements of a batch task, at least: a test that saw few would prove little."""
Place = tuple[str, Any, str]
TASK = {
    "accounts": [f".\\{USER}"],
    "name": "onshi-0123456789abcdef",
    "body": script("vault", **{**VAULT, "proofs": []}),
    "secrets": 1,
    "grant": False,
    "wait_s": 20,
    "not_granted": LOGON_TYPE_NOT_GRANTED,
}
BATCH = script("carry_out", user="", changes=[], tasks=[TASK]).text
GIVEN = f"$OnshiSecrets = @('{USER_PASSWORD}', 'Link-Canary-43')\n"


def ours(pc: Machine) -> dict[str, Any]:
    """Everything that a visit puts on a PC for its own use."""
    account = pc.pc.accounts.find(USER)
    assert account is not None
    return {
        "tasks": [task.name for task in pc.pc.tasks.all()],
        "folders": [one for one in pc.pc.disk.list("C:\\ProgramData", ALL) if "onshi" in one],
        "groups": account.groups,
        "note": pc.pc.registry.exists(KEY),
    }


class Power:
    """Watches statements as they begin, and takes the power away before one of them."""

    def __init__(self, pc: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pc, self.patches = pc, monkeypatch
        self.seen: dict[Place, None] = {}

    def run(self, text: str, cut: Place | None = None) -> None:
        """Runs a script until a statement begins that was never begun before, or to its end."""
        real, check, off = interpreter.run_statement, Session.check, threading.Event()

        def statement(env: Any, node: Any, out: Any) -> None:
            place = (env.session.process.image, node.start_point, node.type)
            self.seen.setdefault(place)
            if place == cut and not off.is_set():
                off.set()
                self.pc.pc.registry.lose_power()
            env.session.check()
            real(env, node, out)

        def alive(session: Session) -> None:
            if off.is_set():
                raise ProcessKilled
            check(session)

        with self.patches.context() as patch:
            patch.setattr(interpreter, "run_statement", statement)
            patch.setattr(Session, "check", alive)
            self.pc.ps(whole(text))
            for process in list(self.pc.pc.processes):
                process.done.wait()
        if cut is not None:
            self.pc.pc.reboot()


def whole(text: str) -> str:
    """A script as the product runs it: it stops at the first error."""
    return f"$ErrorActionPreference = 'Stop'\n{GIVEN}& {{\n{text}\n}}"


def by_stick(pc: Machine) -> bool:
    """Puts back at the PC; answers whether there was anything."""
    text = script("restored").text
    done = pc.ps(whole(f"$outcome = 'good'\n{text}\n$outcome"))
    assert done.err == "", done.err
    return done.lines[-1] == "good"


def by_network(pc: Machine) -> bool:
    """Puts back by the PC's own task; answers whether there was anything."""
    body = script("put_back", after_s=0).text
    command = base64.b64encode(body.encode("utf-16-le")).decode()
    text = script("restore", command=command, hours=8).text
    done = pc.ps(whole(f"$found = & {{\n{text}\n}}\n$found['there']"))
    assert done.err == "", done.err
    for process in list(pc.pc.processes):
        process.done.wait()
    return done.lines[-1] == "True"


def by_next_run(pc: Machine) -> bool:
    """Reads and removes as the next provisioning does; answers whether there was anything."""
    text = script("read_receipt", **CONDITIONS).text
    done = pc.ps(whole(f"$state = & {{\n{text}\n}}\n$state['leftovers']"))
    assert done.err == "", done.err
    changes = [
        {"kind": "leftover", "before": resources.Leftover(name), "after": None}
        for name in done.lines
    ]
    done = pc.ps(
        whole("$null = & {\n" + script("carry_out", changes=changes, tasks=[]).text + "\n}")
    )
    assert done.err == "", done.err
    return bool(changes)


WAYS: dict[str, Callable[[Machine], bool]] = {
    "stick": by_stick,
    "network": by_network,
    "next run": by_next_run,
}


def places(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """The statements of a whole batch task, each once, those of the user's own script too."""
    pc = delivered(folder)
    power = Power(pc, monkeypatch)
    power.run(BATCH)
    assert ours(pc) == ours(delivered(folder / "again"))
    return list(power.seen)


def delivered(folder: Path, *groups: str) -> Machine:
    """A receipt PC whose user has no right to log on as a batch job."""
    pc = Machine(folder, "receipt")
    pc.pc.accounts.update(USER, groups=("Users", *groups))
    return pc


def test_a_power_cut_at_any_statement_leaves_nothing_once_it_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = places(tmp_path / "whole", monkeypatch)
    assert len(cuts) > MANY
    seen_by = dict.fromkeys(WAYS, 0)
    for number, cut in drawn("power-cuts", list(enumerate(cuts))):
        way = list(WAYS)[number % len(WAYS)]
        groups = (GROUP,) if number % 2 else ()
        pc = delivered(tmp_path / f"{number}", *groups)
        before = ours(pc)
        Power(pc, monkeypatch).run(BATCH, cut)
        left = ours(pc) != before
        told = WAYS[way](pc)
        assert ours(pc) == before, (way, cut)
        assert told or not left, (way, cut)
        seen_by[way] += left
    assert sum(seen_by.values()), "no cut left anything: the test would prove nothing"


def test_the_machine_is_put_back_when_the_power_goes_while_it_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task that puts back runs again at the next start."""
    cuts = places(tmp_path / "whole", monkeypatch)
    pc = delivered(tmp_path / "pc")
    before = ours(pc)
    Power(pc, monkeypatch).run(BATCH, cuts[-5])
    body = script("put_back", after_s=0).text
    power = Power(pc, monkeypatch)
    power.run(body)
    assert ours(pc) == before
    for number, cut in drawn("power-cuts", list(enumerate(power.seen))):
        pc = delivered(tmp_path / f"back-{number}")
        Power(pc, monkeypatch).run(BATCH, cuts[-5])
        Power(pc, monkeypatch).run(body, cut)
        by_network(pc)
        assert ours(pc) == before, cut
