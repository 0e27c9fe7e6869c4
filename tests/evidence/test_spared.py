"""A refused login is tried once; a person who verifies the site alone may try again."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onshi_net.errors import LoginRefused, Unreachable
from onshi_net.evidence import collect
from onshi_net.evidence.windows import ask_pc
from onshi_net.facts.types import Access
from onshi_net.facts.windows import Access as PcAccess
from onshi_net.inventory import Secrets
from onshi_net.transport.refused import FILE, LoginSpared, Refused
from onshi_net.transport.windows import NotReady
from tests.checks.twins import intent_of
from tests.windows.fake_pc import intents, receipt, secrets, terminal

INTENT = intent_of("demo-clinic")


class Door:
    """Refuses every login, and counts them."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def router(self, *_: object) -> None:
        self.tried.append("router")
        raise LoginRefused("transport.login-refused", host="router", user="onshi")

    def pc(self, intent: object) -> None:
        host = intent.access.host  # type: ignore[attr-defined]
        self.tried.append(host)
        causes = ["wrong-password"] if host.startswith("terminal") else ["service-off"]
        raise NotReady(causes, host=host, user="x", site="x")


def measured(door: Door, refused: Refused):
    return collect(
        INTENT, Secrets([lambda name: name]), Path("k"), opener=door.router, pcs=door.pc,
        probe=(sys.executable, "-c", ""), refused=refused,
    )  # fmt: skip


def test_one_run_tries_a_refused_login_once_and_says_so() -> None:
    door, refused = Door(), Refused()
    first, second = measured(door, refused), measured(door, refused)
    assert sorted(door.tried) == ["receipt-1", "receipt-1", "router", "terminal-1"]
    assert first.router.access is Access.LOGIN_REFUSED
    assert second.router.access is Access.ERROR
    assert second.router.reason is not None
    assert second.router.reason.message == "transport.spared"
    assert second.windows is not None
    pc = second.windows.terminal("terminal-1")
    assert pc is not None
    assert pc.session.access is PcAccess.ERROR


def test_the_days_other_runs_heed_it_and_a_person_alone_does_not(tmp_path: Path) -> None:
    file = tmp_path / "site" / FILE
    door = Door()
    measured(door, Refused(file))
    measured(door, Refused(file, heed=True))
    assert sorted(door.tried) == ["receipt-1", "receipt-1", "router", "terminal-1"]
    measured(door, Refused(file))
    assert door.tried.count("router") == 2
    assert "canary" not in file.read_text()


def test_yesterdays_refusals_and_spoiled_lines_hold_nobody_up(tmp_path: Path) -> None:
    file = tmp_path / FILE
    before = (datetime.now(UTC) - timedelta(days=1, hours=1)).isoformat()
    file.write_text(
        f'{{"host": "a", "user": "b", "at": "{before}"}}\n[1\n{{"host": 1}}\n"x"\n\x00\n'
    )
    assert Refused(file, heed=True).sparing("a", "b", lambda: 7) == 7


def test_a_door_that_does_not_answer_is_tried_again() -> None:
    refused, tried = Refused(), []

    def silent() -> None:
        tried.append(1)
        raise Unreachable("transport.unreachable", host="x", port=22, reason="-")

    for _ in range(2):
        with pytest.raises(Unreachable):
            refused.sparing("x", "u", silent)
    assert tried == [1, 1]
    assert not issubclass(LoginSpared, LoginRefused)


@pytest.mark.parametrize("touch", [True, False])
def test_nothing_is_made_on_a_pc_that_is_not_to_be_touched(touch: bool) -> None:
    pcs = {"terminal-1": terminal(utc=datetime.now(UTC)), "receipt-1": receipt()}
    sessions = {}

    def opener(intent):
        sessions[intent.access.host] = pcs[intent.access.host].session()
        return sessions[intent.access.host]

    given = secrets()
    found = [ask_pc(intent, given, opener, touch=touch) for intent in intents()]
    assert sessions["terminal-1"].ran == ["read_terminal"]
    assert sessions["receipt-1"].ran == ["read_receipt", *(["carry_out"] if touch else [])]
    (_, receipt_pc) = found
    told = [one.message for one in receipt_pc.store_reason]
    assert told == ([] if touch else ["evidence.touch-nothing"])
    assert (receipt_pc.store is None) is not touch
