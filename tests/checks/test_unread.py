"""A check stands in `RESTS_ON` with every field of a PC's state whose content decides it."""

from __future__ import annotations

from typing import Any

import pytest

from onshi_net.checks.catalogue import judge
from onshi_net.checks.model import State
from onshi_net.checks.unread import RESTS_ON
from onshi_net.facts.pc import UNREAD_SYSTEM, PolicyValue, ReceiptState, TerminalState
from onshi_net.facts.types import Evidence
from onshi_net.i18n import text
from onshi_net.pcs.preconditions import RECEIPT_POLICIES, TERMINAL_POLICIES
from tests.checks.twins import intent_of, twin

SITE = "demo-clinic"
NEVER_READ_SO = {"store", "unread"}
DENYING = tuple(
    PolicyValue(path=one.path, name=one.name, value=one.denies)
    for one in (*RECEIPT_POLICIES, *TERMINAL_POLICIES)
)
OTHERS: dict[str, tuple[Any, ...]] = {
    "system": (UNREAD_SYSTEM,),
    "leftovers": (("onshi-0123",),),
    "registry_routes": (("10.51.1.0,255.255.255.0,192.168.1.99,1",),),
    "policies": (DENYING,),
    "workstation": (False,),
    "pending": (("x",),),
    "firewalls": (("x",),),
    "user": (None,),
    "serving": (False,),
}
"""What a field may say instead; an empty list is tried of each that is one."""


def told(state: TerminalState | ReceiptState, host: str) -> dict[str, Any]:
    evidence = twin(f"{SITE}-good")
    assert evidence.windows is not None
    changed = evidence.windows.model_copy(
        update={
            group: tuple(
                pc.model_copy(update={"state": state}) if pc.session.host == host else pc
                for pc in getattr(evidence.windows, group)
            )
            for group in ("terminals", "receipts")
        }
    )
    seen: Evidence = evidence.model_copy(update={"windows": changed})
    return {one.id: one for one in judge(seen, intent_of(SITE))}


def states() -> list[tuple[str, TerminalState | ReceiptState]]:
    windows = twin(f"{SITE}-good").windows
    assert windows is not None
    pcs = (*windows.terminals, *windows.receipts)
    return [(one.session.host, one.state) for one in pcs if one.state is not None]


CASES = [
    (host, field)
    for host, state in states()
    for field in type(state).model_fields
    if field not in NEVER_READ_SO
]


@pytest.mark.parametrize(("host", "field"), CASES)
def test_what_decides_a_check_stands_with_it(host: str, field: str) -> None:
    state = dict(states())[host]
    good = told(state, host)
    there = getattr(state, field)
    for value in (*OTHERS.get(field, ()), *([()] if isinstance(there, tuple) else [])):
        found = told(state.model_copy(update={field: value}), host)
        for name, one in found.items():
            check = name.removesuffix(f".{host}").partition(f".{host}@")[0]
            waits = State.SKIPPED in {one.state, good[name].state}
            if one.detail != good[name].detail and not waits:
                assert field in RESTS_ON[check], (name, one.detail)


@pytest.mark.parametrize(("host", "field"), CASES)
def test_nothing_is_judged_by_what_was_not_understood(host: str, field: str) -> None:
    state = dict(states())[host].model_copy(update={"unread": {field: '"?"'}})
    for name, one in told(state, host).items():
        check = name.removesuffix(f".{host}").partition(f".{host}@")[0]
        if host in name and field in RESTS_ON.get(check, ()):
            assert one.state in {State.ERROR, State.SKIPPED}, name
            assert one.state is State.SKIPPED or text(f"checks.unread.{field}") in one.detail
        else:
            assert one.state is not State.FAILED, name
