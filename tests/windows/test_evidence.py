"""What the PCs say becomes evidence that can be stored; a PC that says nothing is evidence too."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from onshi_net.checks.pcs import sentences
from onshi_net.errors import (
    HostKeyChanged,
    HostUnknown,
    OnshiError,
    SecretMissing,
    Unreachable,
    WrongDevice,
)
from onshi_net.evidence.windows import Opener, ask_pc, gathered
from onshi_net.facts.windows import Access, WindowsEvidence
from onshi_net.intent.windows import WindowsIntent
from onshi_net.pcs.decision import Decision
from onshi_net.pcs.differ import differ
from onshi_net.pcs.proof import cause_of
from onshi_net.provision.windows import apply_windows
from onshi_net.transport.windows import NoLeg, NotReady, ScriptTimeout, WindowsSession
from onshi_net.transport.windows.errors import Downgrade
from tests.windows.fake_pc import (
    VALUES,
    FakeReceipt,
    FakeTerminal,
    intents,
    receipt,
    secrets,
    terminal,
)

INTENTS = intents()
Pcs = dict[str, FakeReceipt | FakeTerminal]


def pcs(**values: Any) -> Pcs:
    now = datetime.now(UTC)
    return {"terminal-1": terminal(utc=now), "receipt-1": receipt(utc=now, **values)}


def collected(some: Pcs) -> WindowsEvidence:
    return asked(lambda intent: some[intent.access.host].session())


def asked(opener: Opener) -> WindowsEvidence:
    return gathered(ask_pc(intent, secrets(), opener) for intent in INTENTS)


def decision(found: WindowsEvidence, intent: WindowsIntent) -> Decision:
    """What the checks say of a PC, by what was stored of it."""
    host = intent.access.host
    pc = found.terminal(host) or found.receipt(host)
    assert pc is not None
    assert pc.state is not None
    return differ(pc.state, intent, pc.session.asked_at)


def provision(some: Pcs, runs: Path) -> None:
    for intent in INTENTS:
        apply_windows(intent, secrets(), some[intent.access.host].session, runs=runs, site="s")


def test_a_site_as_it_should_be_has_no_differences_and_survives_storing(tmp_path: Path) -> None:
    some = pcs()
    provision(some, tmp_path)
    found = collected(some)
    again = WindowsEvidence.model_validate_json(found.model_dump_json())
    assert again == found
    for one in (found.terminal("terminal-1"), found.receipt("receipt-1")):
        assert one is not None
        assert one.session.access is Access.OK
        assert one.session.judged is None
    for intent in INTENTS:
        assert decision(found, intent).differences == ()
    assert [value for value in VALUES.values() if value in found.model_dump_json()] == []


def test_a_route_that_the_next_reboot_loses_is_seen(tmp_path: Path) -> None:
    some = pcs()
    provision(some, tmp_path)
    pc = some["receipt-1"]
    pc.routes = [
        type(pc.routes[0])(
            *[getattr(pc.routes[0], f) for f in ("destination", "next_hop", "interface", "metric")],
            ("ActiveStore",),
        )
    ]
    (wrong,) = decision(collected(some), INTENTS[1]).differences
    assert [line[:8] for line in str(wrong).splitlines()] == ["- route:", "+ route:"]
    assert "[active]" in str(wrong)


def test_a_stale_password_on_the_terminal_has_its_cause(tmp_path: Path) -> None:
    some = pcs()
    provision(some, tmp_path)
    some["receipt-1"].terminal_password = "another"  # type: ignore[union-attr]
    found = collected(some).receipt("receipt-1")
    assert found is not None
    assert found.store is not None
    assert [cause_of(one) for one in found.store.proofs if not one.good] == ["password"]


def test_a_store_that_can_not_be_read_is_told_and_the_rest_is_there() -> None:
    found = collected(pcs(user_password="other")).receipt("receipt-1")
    assert found is not None
    assert found.state is not None
    assert found.store is None
    assert "reception" in sentences(found.store_reason)


@pytest.mark.parametrize(
    ("error", "access", "causes"),
    [
        (Unreachable("winrm.lost", host="x"), Access.UNREACHABLE, ()),
        (ScriptTimeout("winrm.script-timeout", host="x", script="y"), Access.UNREACHABLE, ()),
        (WrongDevice("windows.wrong-pc", host="x", expected="a", found="b"), Access.WRONG_PC, ()),
        (
            HostKeyChanged(
                "winrm.certificate-changed",
                host="x",
                recorded="a",
                shown="b",
                file="f",
                site="s",
                device="x",
            ),
            Access.CERTIFICATE_CHANGED,
            (),
        ),
        (
            HostUnknown("winrm.certificate-unknown", host="x", shown="b", site="s", device="x"),
            Access.CERTIFICATE_UNKNOWN,
            (),
        ),
        (
            Downgrade("winrm.downgrade-basic", host="x", schemes="basic"),
            Access.ERROR,
            (),
        ),
        (NoLeg("winrm.no-leg", host="x", network="n", advice="a"), Access.NO_LEG, ()),
        (
            SecretMissing("errors.secret-missing", reference="a/b", variable="V"),
            Access.NO_SECRET,
            (),
        ),
        (
            NotReady(["token-filter"], host="x", user="u", site="s"),
            Access.NOT_READY,
            ("token-filter",),
        ),
        (OnshiError("windows.stopped"), Access.ERROR, ()),
    ],
)
def test_a_pc_that_can_not_be_used_is_evidence(
    error: OnshiError, access: Access, causes: tuple[str, ...]
) -> None:
    def refuse(_intent: object) -> WindowsSession:
        raise error

    found = asked(refuse)
    for one in (*found.terminals, *found.receipts):
        assert one.session.access is access
        assert one.session.causes == causes
        assert sentences(one.session.reason) == str(error).replace("\n", " ")
        assert sentences(one.session.remedy) == error.remedy.replace("\n", " ")
        assert one.state is None
