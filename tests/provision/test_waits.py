"""Who waits for whom in a run: the table, and what a device hears of those that it waits for."""

from __future__ import annotations

import threading

import pytest

from onshi_net.errors import DeviceError
from onshi_net.provision.waits import WAITS, Before, Gates, Mark, Part

SITE = {"router": Part.ROUTER, "terminal-1": Part.TERMINAL, "receipt-1": Part.RECEIPT}


def gates(within_s: float = 0.0, **parts: Part) -> Gates:
    return Gates(parts or SITE, within_s)


def test_nobody_waits_for_who_waits_for_him():
    def needs(part: Part) -> set[Part]:
        direct = {one.part for one in WAITS[part]}
        return direct.union(*map(needs, direct))

    assert set(WAITS) == set(Part)
    assert all(part not in needs(part) for part in Part)


def test_a_terminal_begins_when_the_routers_links_stand():
    one = gates()
    (event,) = one.awaited("terminal-1", Before.CONNECTING)
    one.reached("router", Mark.BEGUN)
    assert not event.is_set()
    one.reached("router", Mark.LINKS)
    assert event.is_set()


def test_a_receipt_pc_is_read_once_the_router_began_and_changed_once_all_are_through():
    one = gates()
    (event,) = one.awaited("receipt-1", Before.CONNECTING)
    one.reached("router", Mark.BEGUN)
    assert event.is_set()
    one.close("router", good=True, changed=True)
    with pytest.raises(DeviceError, match="terminal-1"):
        one.wait("receipt-1", Before.CHANGING)
    one.close("terminal-1", good=True)
    assert one.wait("receipt-1", Before.CHANGING)


@pytest.mark.parametrize("changed", [[], ["router"], ["terminal-1"]])
def test_whether_a_proof_is_new_is_whether_one_of_them_was_changed(changed: list[str]):
    one = gates()
    for host in ("router", "terminal-1"):
        one.close(host, good=True, changed=host in changed)
    one.close("receipt-1", good=True, changed=True)
    assert one.wait("receipt-1", Before.CHANGING) is bool(changed)


def test_one_that_failed_is_named_to_who_needs_it_and_to_nobody_else():
    one = gates()
    one.close("router", good=False)
    one.close("terminal-1", good=True)
    with pytest.raises(DeviceError, match="router"):
        one.wait("receipt-1", Before.CHANGING)
    assert not one.wait("terminal-1", Before.CHANGING)
    assert all(event.is_set() for event in one.awaited("terminal-1", Before.CONNECTING))


def test_who_is_not_in_the_run_is_in_nobodys_way():
    alone = gates(**{"receipt-1": Part.RECEIPT})
    assert alone.awaited("receipt-1", Before.CONNECTING) == []
    assert not alone.wait("receipt-1", Before.CHANGING)
    assert alone.stand(Mark.LINKS) is None


def test_the_wait_ends_with_the_event():
    one = gates(60.0)
    one.close("terminal-1", good=True)
    heard: list[bool] = []
    waiting = threading.Thread(target=lambda: heard.append(one.wait("receipt-1", Before.CHANGING)))
    waiting.start()
    one.close("router", good=True, changed=True)
    waiting.join(30)
    assert heard == [True]
