"""The work on site: terminals, wiring, receipt PCs, power, support (提供条件①)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from onshi_net.brochure.case import Case
from onshi_net.brochure.findings import Answer, Order, finding
from onshi_net.brochure.line import is_carriers
from onshi_net.model.survey import ReceiptWork

MAX_CABLE_M = 100
"""Router to terminal (clause overview.lan)."""
MAX_WORK_M = 20
"""Length that NTT West lays (clause work.lan)."""
SWITCH_FROM_TERMINALS = 3
"""Terminals from which a switching hub is needed (clause work.switch)."""
_GOOD_OS = re.compile(r"windows\s*(10|11)\b|\bwin\s*(10|11)\b")


def work_answers(case: Case) -> Iterator[Answer]:
    """Answers for everything that is built on site."""
    yield from _terminals(case)
    yield from _wiring(case)
    yield from _lan_work(case)
    yield from _nursing(case)
    yield from _receipt(case)
    yield from _power(case)
    yield from _support(case)


def needs_switch(case: Case) -> bool:
    """Answers whether the terminals need a switching hub under the router."""
    return (case.terminal_count or 0) >= SWITCH_FROM_TERMINALS


def _terminals(case: Case) -> Iterator[Answer]:
    if case.terminal_count is None:
        yield finding("terminals.open")
    elif needs_switch(case):
        yield finding("terminals.switch", count=case.terminal_count)
        yield Order("switch")
        yield Order("switch-work")


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


def _lan_work(case: Case) -> Iterator[Answer]:
    wiring = case.survey.wiring
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


def _nursing(case: Case) -> Iterator[Answer]:
    """Both conditions of clause nursing.wish must hold, else a second set is needed."""
    nursing = case.survey.visiting_nursing
    if not nursing.wanted:
        return
    far = nursing.same_building is False or (
        nursing.cable_m is not None and nursing.cable_m > MAX_CABLE_M
    )
    apart = bool(nursing.receipt_link) and nursing.same_network is False
    if far:
        yield finding("nursing.far", limit=MAX_CABLE_M)
    if apart:
        yield finding("nursing.network")
    if far or apart:
        yield finding("nursing.second-set")
        yield from (Order("line-work"), Order("line-monthly"), Order("set"))
        return
    near = nursing.same_building and nursing.cable_m is not None
    together = nursing.receipt_link is False or nursing.same_network
    yield finding("nursing.fine" if near and together else "nursing.open")


def _receipt(case: Case) -> Iterator[Answer]:
    receipt = case.survey.receipt
    if case.receipt_count == 0:
        return
    if receipt.work_by is None:
        yield finding("receipt.by-open")
    elif receipt.work_by is ReceiptWork.NTT:
        yield finding("receipt.by-ntt", count=case.receipt_count or 1)
        yield Order("receipt-work", case.receipt_count or 1)
        yield from _receipt_conditions(case)
    else:
        yield finding("receipt.by-others", who=receipt.work_by.value)
    yield finding("receipt.vendor", vendor=receipt.vendor or "-")


def is_good_os(name: str) -> bool:
    """Answers whether a system is Windows 10 or 11 (clause receipt.conditions)."""
    return _GOOD_OS.search(unicodedata.normalize("NFKC", name).casefold()) is not None


def _receipt_conditions(case: Case) -> Iterator[Answer]:
    receipt = case.survey.receipt
    if receipt.os is None:
        yield finding("receipt.os-open")
    else:
        yield finding(
            "receipt.os-fine" if is_good_os(receipt.os) else "receipt.os-wrong", os=receipt.os
        )
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
    if is_carriers(case):
        yield finding("support.needs-line")
