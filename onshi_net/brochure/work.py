"""The work on site: terminals, wiring, receipt PCs, power, support (提供条件①)."""

from __future__ import annotations

from collections.abc import Iterator

from onshi_net.brochure.case import Case
from onshi_net.brochure.data import models
from onshi_net.brochure.findings import Answer, Order, finding
from onshi_net.brochure.line import carrier_of
from onshi_net.brochure.systems import fleet
from onshi_net.i18n import text
from onshi_net.model.survey import ReceiptWork

MAX_CABLE_M = 100
"""Router to terminal (clause overview.lan)."""
MAX_WORK_M = 20
"""Length that NTT West lays (clause work.lan)."""
SWITCH_FROM_TERMINALS = 3
"""Terminals from which a switching hub is needed (clause work.switch)."""
ROUTER_PORTS = 2
"""The router's LAN ports 1 and 2, below which the terminals hang (clause work.own-devices)."""


def work_answers(case: Case) -> Iterator[Answer]:
    """Answers for everything that is built on site."""
    yield from _terminals(case)
    yield from _own_devices(case)
    yield from _wiring(case)
    yield from _lan_work(case)
    yield from _nursing(case)
    yield from _receipt(case)
    yield from _power(case)
    yield from _support(case)


def switches_for(terminals: int) -> int:
    """Answers how many switching hubs so many terminals need under the router.

    Each hub has five ports (clause devices.switch), one of which leads to the router or, from the
    third hub on, to another hub, whose port it takes: the router has two ports for them.
    """
    if terminals < SWITCH_FROM_TERMINALS:
        return 0
    ports = next(row.ports for row in models().devices if row.kind == "hub") or 0
    count = 1
    while count * (ports - 1) - max(0, count - ROUTER_PORTS) < terminals:
        count += 1
    return count


def terminals_on_router(case: Case) -> int | None:
    """Answers how many terminals share the router, a nursing station's too; None if unknown."""
    if case.terminal_count is None:
        return None
    return case.terminal_count + int(nursing_share(case) is True)


def _terminals(case: Case) -> Iterator[Answer]:
    count = terminals_on_router(case)
    if count is None:
        yield finding("terminals.open")
    elif switches := switches_for(count):
        yield finding("terminals.switch", count=count, switches=switches)
        yield Order("switch", switches)
        yield Order("switch-work", switches)


def _own_devices(case: Case) -> Iterator[Answer]:
    own = case.survey.access.own_devices
    if own is None:
        yield finding("own-devices.open")
    elif own:
        yield finding("own-devices.not-allowed")


def _wiring(case: Case) -> Iterator[Answer]:
    wiring = case.survey.wiring
    if wiring.cable_m is not None and wiring.cable_m > MAX_CABLE_M:
        yield finding("wiring.too-long", metres=wiring.cable_m, limit=MAX_CABLE_M)
    if wiring.same_building is False:
        yield finding("wiring.other-building")
    if wiring.cable_m is None or wiring.same_building is None:
        yield finding("wiring.open")
    elif wiring.cable_m <= MAX_CABLE_M and wiring.same_building:
        yield finding("wiring.fine", metres=wiring.cable_m)


def customer_lays(case: Case) -> bool:
    """Answers whether the customer has the LAN cables laid: a condition is not kept (work.lan)."""
    wiring = case.survey.wiring
    is_long = wiring.work_m is not None and wiring.work_m > MAX_WORK_M
    others = (wiring.above_2m, wiring.wall_piercing, wiring.conduit)
    return is_long or wiring.exposed is False or any(others)


def _lan_work(case: Case) -> Iterator[Answer]:
    wiring = case.survey.wiring
    conditions = (wiring.work_m, wiring.above_2m, wiring.exposed, wiring.wall_piercing)
    if wiring.work_m != 0 and None in (*conditions, wiring.conduit):
        yield finding("wiring.work-open")
    if wiring.work_m is not None and wiring.work_m > MAX_WORK_M:
        yield finding("wiring.work-long", metres=wiring.work_m, limit=MAX_WORK_M)
    if wiring.above_2m:
        yield finding("wiring.work-high")
    if wiring.exposed is False:
        yield finding("wiring.work-hidden")
    if wiring.wall_piercing:
        yield finding("wiring.work-wall")
    if wiring.conduit:
        yield finding("wiring.work-conduit")


def _is_far(case: Case) -> bool | None:
    nursing = case.survey.visiting_nursing
    if nursing.same_building is False:
        return True
    if nursing.cable_m is not None and nursing.cable_m > MAX_CABLE_M:
        return True
    return None if None in (nursing.same_building, nursing.cable_m) else False


def _is_apart(case: Case) -> bool | None:
    nursing = case.survey.visiting_nursing
    if nursing.receipt_link is False or nursing.same_network:
        return False
    return True if nursing.receipt_link and nursing.same_network is False else None


def nursing_share(case: Case) -> bool | None:
    """Answers whether a nursing station's terminal shares the router: both conditions must hold.

    False: a second set is needed, or no such terminal is wanted; None: nobody knows.
    """
    if not case.survey.visiting_nursing.wanted:
        return case.survey.visiting_nursing.wanted
    found = (_is_far(case), _is_apart(case))
    if True in found:
        return False
    return None if None in found else True


def needs_second_set(case: Case) -> bool:
    """Answers whether a nursing station needs a line and a router of its own."""
    return bool(case.survey.visiting_nursing.wanted) and nursing_share(case) is False


def _nursing(case: Case) -> Iterator[Answer]:
    """Both conditions of clause nursing.wish must hold, else a second set is needed."""
    if case.survey.visiting_nursing.wanted is None:
        yield finding("nursing.wish-open")
    if not case.survey.visiting_nursing.wanted:
        return
    if _is_far(case):
        yield finding("nursing.far", limit=MAX_CABLE_M)
    if _is_apart(case):
        yield finding("nursing.network")
    if needs_second_set(case):
        yield finding("nursing.second-set")
        yield from (Order("line-work"), Order("line-monthly"), Order("set"))
    else:
        yield finding("nursing.fine" if nursing_share(case) else "nursing.open")


def _receipt(case: Case) -> Iterator[Answer]:
    receipt = case.survey.receipt
    if case.receipt_count == 0:
        return
    if case.receipt_count is None:
        yield finding("receipt.count-open")
    if receipt.work_by is None:
        yield finding("receipt.by-open")
    elif receipt.work_by is ReceiptWork.NTT:
        yield from _receipt_work(case)
    else:
        yield finding("receipt.by-others", who=text(f"brochure.who.{receipt.work_by}"))
    yield finding("receipt.vendor", vendor=receipt.vendor or text("brochure.who.unknown"))
    if receipt.vendor_by_ntt is None:
        yield finding("receipt.talk-open")
    elif receipt.vendor_by_ntt and (receipt.vendor is None or receipt.vendor_contact is None):
        yield finding("receipt.contact-open")


def _receipt_work(case: Case) -> Iterator[Answer]:
    """What NTT West sets up: a PC whose system won't do is not set up, and not charged."""
    receipt, count = case.survey.receipt, case.receipt_count
    found = fleet(receipt.os, count or 1)
    if count is not None and count > found.bad_count:
        yield finding("receipt.by-ntt", count=count - found.bad_count)
        yield Order("receipt-work", count - found.bad_count)
    if found.is_open:
        yield finding("receipt.os-open")
    comma = text("brochure.comma")
    if found.bad:
        yield finding("receipt.os-wrong", os=comma.join(found.bad), count=found.bad_count)
    elif not found.is_open:
        yield finding("receipt.os-fine", os=receipt.os)
    if receipt.admin_rights is None:
        yield finding("receipt.admin-open")
    elif not receipt.admin_rights:
        yield finding("receipt.admin")


def _power(case: Case) -> Iterator[Answer]:
    if case.survey.power_taps_short is None:
        yield finding("taps.open")
    elif case.survey.power_taps_short:
        yield finding("taps.customer")


def _support(case: Case) -> Iterator[Answer]:
    if case.contract.support.plan is None:
        yield finding("support.needed")
    if carrier_of(case) is not None:
        yield finding("support.needs-line")
