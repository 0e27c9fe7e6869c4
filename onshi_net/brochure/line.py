"""Whether a line can carry オンライン資格確認, and what must be ordered for it (提供条件②)."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Pattern, Product, areas, products
from onshi_net.brochure.findings import Answer, Order, finding
from onshi_net.brochure.pattern import pattern_of
from onshi_net.model.survey import LineUse

_FILLERS = re.compile(r"[\s・･·/()（）、,.\-]|フレッツ|光")


@dataclass(frozen=True, slots=True)
class Match:
    """What a product's name means.

    The product, whether every word was understood, whether a carrier's.
    """

    product: Product | None
    exact: bool
    collaboration: bool


def _folded(name: str) -> str:
    """Folds width, case, blanks and the spellings of 隼 (the brochure prints 準)."""
    table = products()
    folded = _FILLERS.sub("", unicodedata.normalize("NFKC", name).casefold())
    for word in table.dropped_words:
        folded = folded.replace(word, "")
    for spelling in table.hayabusa_spellings:
        folded = folded.replace(spelling, "隼")
    return re.sub("隼+", "隼", folded)


def match_product(name: str) -> Match:
    """Answers which product of 提供条件② a name means.

    Spelling variants and office types included.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", name).casefold())
    carrier = any(word in plain for word in products().collaboration_words)
    folded = _folded(name)
    best: Product | None = None
    for product in products().products:
        if all(word in folded for word in product.words) and len(product.words) > len(
            best.words if best else ()
        ):
            best = product
    rest = folded
    for word in best.words if best else ():
        rest = rest.replace(word, "", 1)
    return Match(best, best is not None and not rest, carrier)


def needs_v6(case: Case, product: Product | None) -> bool | None:
    """Answers whether the v6 option must be ordered; None where nobody knows.

    隼 and クロス, and any line ordered from 2021-05-17 on, have it (clauses lines.v6,
    lines.v6-included).
    """
    if (
        case.line_use is LineUse.NEW
        or case.v6_option
        or (product is not None and product.v6_included)
    ):
        return False
    if case.ordered_on is not None and case.ordered_on >= products().v6_included_from:
        return False
    return None if case.v6_option is None or product is None else True


def _v6(case: Case, match: Match, carrier: bool) -> Iterator[Answer]:
    if case.v6_option:
        yield finding("line.v6-contracted")
        return
    if carrier:
        yield finding("line.v6-ask-carrier")
        return
    needed = needs_v6(case, match.product)
    if needed is None:
        yield finding("line.v6-open")
    elif needed:
        yield finding("line.v6-order")
        yield Order("v6-option")
    else:
        yield finding("line.v6-included")


def new_line() -> Iterator[Answer]:
    """Answers what a new line of its own takes."""
    yield finding("line.new-instead")
    yield Order("line-work")
    yield Order("line-monthly")


def _product(case: Case, name: str, match: Match, on: datetime.date) -> Iterator[Answer]:
    product = match.product
    if product is None or (product.ended_on is not None and on > product.ended_on):
        if product is None:
            yield finding("line.not-listed", product=name)
        else:
            yield finding("line.light-ended", product=product.name, day=product.ended_on)
        # A refused path orders its new line already (onshi_net.brochure.access).
        if pattern_of(case) is not Pattern.REFUSED:
            yield from new_line()
    elif product.ended_on is not None:
        yield finding("line.light-ends", product=product.name, day=product.ended_on)
    elif not match.exact or product.id == "next":
        yield finding("line.type-open", product=name)
    else:
        yield finding("line.usable", product.clause, product=product.name)


def line_answers(case: Case, on: datetime.date) -> Iterator[Answer]:
    """Answers for the line on the day `on`: usable or not, the v6 option, a new line."""
    if case.line_use is LineUse.NEW:
        yield finding("line.new")
        yield Order("line-work")
        yield Order("line-monthly")
        return
    if case.product is None:
        yield finding("line.open")
        return
    match = match_product(case.product)
    carrier = match.collaboration or case.survey.line.carrier is not None
    if carrier:
        yield finding("line.collaboration", carrier=case.survey.line.carrier or case.product)
    if match.product is not None or not carrier:
        yield from _product(case, case.product, match, on)
    if match.product is not None or carrier:
        yield from _v6(case, match, carrier)


def is_carriers(case: Case) -> bool:
    """Answers whether the line is a collaboration carrier's."""
    named = case.product is not None and match_product(case.product).collaboration
    return named or case.survey.line.carrier is not None


def area_answers(case: Case) -> Iterator[Answer]:
    """Says so where the institution lies outside NTT West's area (prefecture of its code)."""
    if case.code is not None and case.code[:2].isdigit() and int(case.code[:2]) not in areas().west:
        yield finding("area.east", prefecture=case.code[:2])
