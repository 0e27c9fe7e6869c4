"""The path from ONU to router: the pattern ◎, △ or ×, and the devices on it (提供条件②, tables)."""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Model, Pattern, PatternRow, models
from onshi_net.brochure.findings import Answer, Order, finding
from onshi_net.brochure.line import match_product, needs_v6, new_line, takes_new_line
from onshi_net.brochure.pattern import pattern_row
from onshi_net.i18n import text
from onshi_net.model.survey import Found, LineUse, Owner

BRANCHES = (Found.HUB, Found.HGW, Found.OGW)


def model_row(model: str) -> Model | None:
    """Answers the brochure's row of an existing device, whatever the spelling.

    None for one it doesn't name.
    """
    key = unicodedata.normalize("NFKC", model).upper()
    return next((row for row in models().devices if row.takes(key)), None)


def access_answers(case: Case, on: datetime.date) -> Iterator[Answer]:
    """Answers for the path on the day `on`: the pattern's reason, orders, what the devices mean."""
    if case.line_use is LineUse.NEW:
        yield finding("pattern.new-line")
        return
    for name in case.disagreements:
        if not _is_same(case, name):
            yield finding("pattern.disagree", fact=name, name=text(f"brochure.fact.{name}"))
    if case.found is None:
        yield finding("pattern.open")
        return
    row = pattern_row(case.found, case.business_phone)
    # On a path that a new line replaces nothing is bought any more.
    is_replaced = takes_new_line(case, on)
    yield from _pattern(case, case.found, row, is_replaced=is_replaced)
    devices = _devices(case, on)
    yield from (one for one in devices if not (is_replaced and isinstance(one, Order)))


def _is_same(case: Case, name: str) -> bool:
    """Whether two spellings mean one product, or two answers one included v6 option."""
    site, survey = case.line, case.survey.line
    if site is None or survey.product is None:
        return False
    product = match_product(site.product).product
    if name == "product":
        return product is not None and product == match_product(survey.product).product
    return (
        name == "v6_option"
        and site.v6_option
        and needs_v6(replace(case, line=None), product) is False
    )


def _pattern(
    case: Case, found: Found, row: PatternRow | None, *, is_replaced: bool
) -> Iterator[Answer]:
    if row is None:
        yield finding("pattern.phone-open")
        return
    yield finding(row.rule, device=case.branch_model or found.value)
    if row.pattern is Pattern.REFUSED:
        yield finding("line.new-instead")
        yield from new_line()
        yield finding("pattern.move-others")
    elif row.pattern is Pattern.TOLERATED and not is_replaced:
        yield finding("pattern.dedicate")
        yield from _free_port(case)


def _free_port(case: Case) -> Iterator[Answer]:
    if case.survey.access.free_port is None:
        yield finding("port.open")
    elif not case.survey.access.free_port:
        yield finding("port.hub")
        yield Order("switch")
        yield Order("switch-work")


def _devices(case: Case, on: datetime.date) -> Iterator[Answer]:
    if case.onu_model is not None:
        yield from _device(case, case.onu_model, ("onu",))
    if case.found not in BRANCHES:
        return
    if case.branch_model is not None:
        yield from _device(case, case.branch_model, (case.found.value,))
    elif case.found is not Found.HUB:
        # After the survey a device that nobody identified is no longer a question of time.
        rule = "device.model-missing" if case.is_surveyed(on) else "device.model-open"
        yield finding(rule, device=case.found.value.upper())


def _device(case: Case, model: str, kinds: tuple[str, ...]) -> Iterator[Answer]:
    row = model_row(model)
    if row is None:
        # Hubs come from many makers (clause devices.switch): any will do.
        if kinds != ("hub",):
            rule = "device.onu-not-listed" if kinds == ("onu",) else "device.not-listed"
            yield finding(rule, model=model, kind=kinds[0].upper())
        return
    if row.kind not in kinds:
        yield finding(
            "device.wrong-kind", model=model, kind=row.kind.upper(), said=kinds[0].upper()
        )
    if not row.usable:
        yield from _exchange(case, model)
        return
    product = match_product(case.product).product if case.product is not None else None
    if row.line is not None and product is not None and (row.line == "cross") != product.is_cross:
        yield finding("device.wrong-line", model=model, product=product.name)
    else:
        yield finding("device.fine", row.clause, model=model)


def _exchange(case: Case, model: str) -> Iterator[Answer]:
    yield finding("ogw.exchange", model=model)
    replacements = ", ".join(models().ogw_replacements)
    owner = case.survey.access.branch_owner
    if owner is Owner.RENTAL:
        yield finding("ogw.exchange-rental", model=model, replacements=replacements)
        yield Order("ogw-exchange-rental")
    elif owner is Owner.PURCHASED:
        yield finding("ogw.exchange-purchase", model=model, replacements=replacements)
        yield Order("ogw-exchange-purchase")
    else:
        yield finding("ogw.owner-open", model=model, replacements=replacements)
