"""The path from ONU to router: the pattern ◎, △ or ×, and the devices on it (提供条件②, tables)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Model, Pattern, models
from onshi_net.brochure.findings import Answer, Order, finding
from onshi_net.brochure.line import match_product, new_line
from onshi_net.brochure.pattern import pattern_row
from onshi_net.model.survey import Found, LineUse, Owner

BRANCHES = (Found.HUB, Found.HGW, Found.OGW)


def model_row(model: str) -> Model | None:
    """Answers the brochure's row of an existing device, whatever the spelling.

    None for one it doesn't name.
    """
    key = re.sub(r"[\s_]|<|>", "", unicodedata.normalize("NFKC", model)).upper()
    return next((row for row in models().devices if row.takes(key)), None)


def access_answers(case: Case) -> Iterator[Answer]:
    """Answers for the path: the pattern's reason, what to order, what the devices mean."""
    if case.line_use is LineUse.NEW:
        yield finding("pattern.new-line")
        return
    yield from (finding("pattern.disagree", fact=name) for name in case.disagreements)
    if case.found is None:
        yield finding("pattern.open")
        return
    row = pattern_row(case.found, bool(case.business_phone))
    yield finding(row.rule, device=case.branch_model or case.found.value)
    if row.pattern is Pattern.REFUSED:
        yield from new_line()
        yield finding("pattern.move-others")
    elif row.pattern is Pattern.TOLERATED:
        yield finding("pattern.dedicate")
        yield from _free_port(case)
    yield from _devices(case)


def _free_port(case: Case) -> Iterator[Answer]:
    if case.survey.access.free_port is None:
        yield finding("port.open")
    elif not case.survey.access.free_port:
        yield finding("port.hub")
        yield Order("switch")
        yield Order("switch-work")


def _devices(case: Case) -> Iterator[Answer]:
    if case.onu_model is not None:
        yield from _device(case, case.onu_model, ("onu",))
    if case.found not in BRANCHES:
        return
    if case.branch_model is not None:
        yield from _device(case, case.branch_model, (case.found.value,))
    elif case.found is not Found.HUB:
        yield finding("device.model-open", device=case.found.value.upper())


def _device(case: Case, model: str, kinds: tuple[str, ...]) -> Iterator[Answer]:
    row = model_row(model)
    if row is None:
        # Hubs come from many makers (clause devices.switch): any will do.
        if kinds != ("hub",):
            yield finding("device.not-listed", model=model)
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
