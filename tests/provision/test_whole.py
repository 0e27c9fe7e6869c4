"""A router that takes a change whole: what is said where the laptop comes back, and where not.

The family is that of tests/platforms/toy, its console in memory; time is handed in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from onshi_net.errors import ChangeStuck, ChangeUndone, Unreachable
from onshi_net.model.firmware import Firmware
from onshi_net.platforms.base import Credentials, Identity
from onshi_net.provision import State, apply, apply_router, passwords, plan, reach, shell
from onshi_net.provision.core import Answer, Seen
from onshi_net.transport import SessionLost
from tests.transport.routers import intent_for, new_secrets

OLD = "system {\n    user onshi {\n        password *\n    }\n}\n"
SITE, DELIVERY = "demo-clinic/router", "start-pack/router-initial"
TOY1 = Identity("TOY1", Firmware.parse("1.4"), "S5X000001")


class Killed(BaseException):
    """The run's process is gone: nothing of ours handles it."""


@dataclass
class Router:
    """A toy router, the cable to it, and the clock of whoever changes it."""

    text: str = OLD
    password: str = DELIVERY
    deaf: bool = False
    """It loses the firewall of what it takes."""
    cut: str = ""
    """The command with which the cable is pulled."""
    kill: str = ""
    """The command after which the run is killed, once."""
    seen: Seen = Seen.GOOD
    """What packets show of it."""
    away_s: float = 0.0
    """How long it stays out."""
    back_s: float = 0.0
    """When it is in again."""
    now: float = 0.0
    heard: list[str] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Session:
    """A session on it."""

    router: Router
    credentials: Credentials
    candidate: tuple[str, str] = ("", "")
    host: str = "10.51.1.1"
    used_initial: bool = False
    identity: Identity = TOY1

    def say(self, command: str, given: Iterable[str] = ()) -> str:
        router = self.router
        router.heard.append(command)
        if command == router.cut:
            router.cut, router.back_s = "", router.now + router.away_s
            if command == "commit":
                self._commit()
            raise SessionLost("transport.lost", host=self.host)
        match command.split():
            case ["load"]:
                rows = [row for row in given if row != "."]
                self.candidate = ("".join(f"{row}\n" for row in rows), router.password)
            case ["password", _]:
                value, pair = next(iter(given)), (SITE, DELIVERY)
                named = {new_secrets().resolve(one).reveal(): one for one in pair}
                self.candidate = (self.candidate[0], named[value])
            case ["commit"]:
                self._commit()
            case ["show", "running"] if router.kill != command:
                return router.text
        if command == router.kill:
            router.kill = ""
            raise Killed
        return ""

    def _commit(self) -> None:
        text, self.router.password = self.candidate
        lost = self.router.deaf and "firewall" in text
        self.router.text = text.partition("firewall")[0] if lost else text

    def config(self) -> str:
        return self.say("show running")

    saved_config = config

    def touch(self) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


@pytest.fixture
def router(monkeypatch: pytest.MonkeyPatch) -> Router:
    """A router that everybody finds at the address."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "platforms" / "toy" / "src")
    from onshi_toy.family import Toy

    one = Router()

    class Family(Toy):
        def open(self, *_given: object, **_more: object) -> Session:
            if one.now < one.back_s:
                raise Unreachable("transport.unreachable", host="", port=22, reason="")
            return Session(one, Credentials(one.password, None))

    for module in (passwords, plan, reach):
        monkeypatch.setattr(module, "platform", lambda _name: Family())
    for module in (reach, shell, apply):
        monkeypatch.setattr(module, "now", lambda: one.now)
    monkeypatch.setattr(reach, "Event", lambda: SimpleNamespace(wait=one.wait))
    return one


def applied(tmp_path: Path, router: Router | None = None) -> State:
    intent = intent_for(22)
    model = intent.model.model_copy(
        update={"name": "TOY1", "platform": "toy", "firmware_floor": None}
    )
    secrets, known = new_secrets(), tmp_path / "known"

    def measure(_within_s: float) -> tuple[Answer, ...]:
        return (Answer("policy.inbound", router.seen, said="open"),) if router else ()

    return apply_router(
        replace(intent, model=model),
        secrets,
        known,
        runs=tmp_path,
        site="demo-clinic",
        measure=measure,
    ).state


def events(tmp_path: Path, run: int = 0) -> list[str]:
    journal = sorted(tmp_path.glob("demo-clinic/*/journal.jsonl"))[run]
    rows = journal.read_text(encoding="utf-8").splitlines()
    return [json.loads(row)["event"] for row in rows if row]


def test_the_journal_tells_how_it_is_guarded_before_anything_is_sent(
    router: Router, tmp_path: Path
) -> None:
    assert applied(tmp_path) is State.CHANGED
    told = events(tmp_path)
    assert told.index("start") < told.index("whole") < told.index("line")
    assert router.password == SITE
    assert router.heard.count("commit") == 1


@pytest.mark.parametrize("command", ["load", "commit"])
def test_a_laptop_that_comes_back_finds_what_there_is_and_goes_on(
    router: Router, tmp_path: Path, command: str
) -> None:
    router.cut, router.away_s = command, 60.0
    assert applied(tmp_path) is State.CHANGED
    assert router.heard.count("commit") == 1
    assert events(tmp_path)[-1] == "done"


def test_one_that_does_not_come_back_says_that_the_router_keeps_what_it_has(
    router: Router, tmp_path: Path
) -> None:
    router.cut, router.away_s = "commit", 10_000.0
    with pytest.raises(ChangeStuck, match="after the router had taken it") as stuck:
        applied(tmp_path)
    assert "turning it off changes nothing" in stuck.value.remedy
    assert router.now < 300
    assert events(tmp_path)[-1] == "stuck"
    router.now = router.back_s
    assert applied(tmp_path) is State.UNCHANGED


@pytest.mark.parametrize("cut", ["", "password onshi"])
def test_what_fails_is_undone_by_committing_the_earlier_text_with_the_earlier_password(
    router: Router, tmp_path: Path, cut: str
) -> None:
    router.deaf, router.cut = True, cut
    with pytest.raises(ChangeUndone, match="firewall"):
        applied(tmp_path)
    assert (router.text, router.password) == (OLD, DELIVERY)


@pytest.mark.parametrize("seen", [Seen.GOOD, Seen.UNKNOWN])
def test_what_a_killed_run_committed_is_proved_by_the_next(
    router: Router, tmp_path: Path, seen: Seen
) -> None:
    router.kill = "commit"
    with pytest.raises(Killed):
        applied(tmp_path, router)
    router.seen = seen
    assert applied(tmp_path, router) is State.UNCHANGED
    told = events(tmp_path, 1)
    assert told.index("proved") < told.index("measured") < told.index("done")
    assert events(tmp_path)[-1] == "taken-over"
    assert router.heard.count("commit") == 1
    assert applied(tmp_path, router) is State.UNCHANGED
    assert len(list(tmp_path.glob("demo-clinic/*/journal.jsonl"))) == 2


def test_what_a_killed_run_committed_is_not_called_good_until_it_is_proved(
    router: Router, tmp_path: Path
) -> None:
    router.kill = "commit"
    with pytest.raises(Killed):
        applied(tmp_path, router)
    router.seen = Seen.BAD
    for _ in range(2):
        with pytest.raises(ChangeStuck, match="open"):
            applied(tmp_path, router)
    router.kill = "show running"
    with pytest.raises(Killed):
        applied(tmp_path, router)
    router.seen = Seen.GOOD
    assert applied(tmp_path, router) is State.UNCHANGED
    assert "proved" in events(tmp_path, -1)
    runs = range(len(list(tmp_path.glob("demo-clinic/*/journal.jsonl"))))
    assert all(events(tmp_path, run)[-1] in {"done", "taken-over"} for run in runs)
