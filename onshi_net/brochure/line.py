"""Whether a line can carry オンライン資格確認, and what must be ordered for it (提供条件②)."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Pattern, Product, areas, products
from onshi_net.brochure.findings import Answer, Finding, Order, finding
from onshi_net.brochure.pattern import pattern_of
from onshi_net.model.survey import LineUse
from onshi_net.model.text import says_unknown

_FILLERS = re.compile(r"[\s・･·/()（）、,.\-]|フレッツ|光")


@dataclass(frozen=True, slots=True)
class Match:
    """What a product's name means.

    The product, whether every word was understood, whether a carrier's.
    """

    product: Product | None
    exact: bool
    collaboration: bool
    vague: bool = False
    """It names no product, nor anything else: フレッツ光, 光回線."""


def _folded(name: str) -> str:
    """Folds width, case, blanks and the spellings of 隼 (the brochure prints 準)."""
    table = products()
    folded = _FILLERS.sub("", unicodedata.normalize("NFKC", name).casefold())
    for word in table.dropped_words:
        folded = folded.replace(word, "")
    for spelling in table.hayabusa_spellings:
        folded = folded.replace(spelling, "隼")
    folded = re.sub("隼+", "隼", folded)
    for word, other in table.implied_words.items():
        if word in folded and other not in folded:
            folded = other + folded
    return folded


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
    for word in products().collaboration_words:
        rest = rest.replace(_FILLERS.sub("", word), "")
    vague = best is None and not carrier and _is_vague(folded)
    return Match(best, best is not None and not rest, carrier, vague)


def _is_vague(folded: str) -> bool:
    for word in products().vague_words:
        folded = folded.replace(word, "")
    return not folded


def carrier_of(case: Case) -> str | None:
    """Answers the collaboration carrier as it is written down; None for a line of NTT's own."""
    named = case.survey.line.carrier
    if named is not None and _names_carrier(named):
        return named
    if case.product is not None and match_product(case.product).collaboration:
        return case.product
    return None


def _names_carrier(answer: str) -> bool:
    """Whether an answer names somebody else than NTT West: not なし, -, 直接契約 or 不明."""
    folded = unicodedata.normalize("NFKC", answer).casefold().strip()
    if says_unknown(answer) or not re.search(r"[^\W_ー]", folded):
        return False
    if any(word in folded for word in products().own_anywhere):
        return False
    return not folded.startswith(products().own_words)


def takes_new_line(case: Case, on: datetime.date) -> bool:
    """Answers whether a new line is ordered: it is wished, or what is there can't be used."""
    is_new = case.line_use is LineUse.NEW
    return is_new or pattern_of(case) is Pattern.REFUSED or _is_unusable(case, on)


def _is_unusable(case: Case, on: datetime.date) -> bool:
    if case.product is None:
        return False
    match = match_product(case.product)
    if match.product is None:
        return carrier_of(case) is None and not match.vague
    return match.product.has_ended(on)


def needs_v6(case: Case, product: Product | None) -> bool | None:
    """Answers whether the v6 option must be ordered; None where nobody knows.

    隼 and クロス, and ネクスト or クロス ordered from 2021-05-17 on, have it (clauses lines.v6,
    lines.v6-included). On a carrier's line it is the carrier's matter, whenever that was ordered
    (lines.collaboration). ネクスト without its type may be 隼.
    """
    if case.v6_option:
        return False
    if carrier_of(case) is not None:
        return None
    if says_unknown(case.survey.line.carrier or "") and case.line_use is not LineUse.NEW:
        return None
    if case.line_use is LineUse.NEW:
        return product is not None and not product.v6_with_order
    if product is None:
        return None
    if product.v6_included or (product.v6_with_order and _is_recent(case)):
        return False
    return None if case.v6_option is None or product.id == "next" else True


def _is_recent(case: Case) -> bool:
    return case.ordered_on is not None and case.ordered_on >= products().v6_included_from


def _v6(case: Case, match: Match) -> Iterator[Answer]:
    if case.v6_option:
        yield finding("line.v6-contracted")
        return
    if carrier_of(case) is not None:
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


def new_line(product: Product | None = None) -> Iterator[Order]:
    """Answers what a new line of NTT West's takes; without a product the one that is offered."""
    yield Order("line-work")
    yield Order(monthly_item(product))


def monthly_item(product: Product | None) -> str:
    """Answers the price item of a new line's month; the brochure prices the family types alone."""
    is_priced = product is None or (product.id.startswith("next") and not product.is_other_type)
    return "line-monthly" if is_priced else "line-monthly-open"


def _product(case: Case, name: str, match: Match, on: datetime.date) -> Iterator[Answer]:
    """What is said of a line that is there; one that can't be used is replaced by a new one."""
    product = match.product
    if match.vague:
        yield finding("line.product-open", product=name)
    elif product is None or product.has_ended(on):
        yield _unusable(name, product)
        # A refused path orders its new line already (onshi_net.brochure.access).
        if pattern_of(case) is not Pattern.REFUSED:
            yield finding("line.new-instead")
            yield from new_line()
    else:
        yield _usable(name, match, product)


def _unusable(name: str, product: Product | None) -> Finding:
    if product is None:
        return finding("line.not-listed", product=name)
    return finding("line.light-ended", product=product.name, day=product.ended_on)


def _usable(name: str, match: Match, product: Product) -> Finding:
    if product.ended_on is not None:
        return finding("line.light-ends", product=product.name, day=product.ended_on)
    if not match.exact:
        return finding("line.type-open", product=name)
    return finding("line.usable", product.clause, product=product.name)


def _new(case: Case, on: datetime.date) -> Iterator[Answer]:
    """What is said of a line that will be ordered: its product keeps the same conditions."""
    match = match_product(case.product) if case.product is not None else None
    carrier = carrier_of(case)
    if carrier is not None:
        yield finding("line.collaboration", carrier=carrier)
        yield finding("line.new-carrier", carrier=carrier)
        yield Order("carrier-line", supplier="carrier")
    product = match.product if match is not None else None
    if case.product is None or match is None or match.vague:
        yield finding("line.new-open")
    elif product is not None and not product.has_ended(on):
        yield _usable(case.product, match, product)
    elif product is not None or carrier is None:
        yield _unusable(case.product, product)
        yield finding("line.new-other")
        product = None
    if carrier is not None:
        yield from _v6(case, Match(product, exact=True, collaboration=True))
        return
    yield finding("line.new")
    yield from new_line(product)
    if product is not None and not product.v6_with_order:
        yield from _v6(case, Match(product, exact=True, collaboration=False))


def line_answers(case: Case, on: datetime.date) -> Iterator[Answer]:
    """Answers for the line on the day `on`: usable or not, the v6 option, a new line."""
    if case.line_use is LineUse.NEW:
        yield from _new(case, on)
        return
    if case.product is None:
        yield finding("line.open")
        return
    match = match_product(case.product)
    carrier = carrier_of(case)
    if carrier is not None:
        yield finding("line.collaboration", carrier=carrier)
    if match.product is not None or carrier is None:
        yield from _product(case, case.product, match, on)
    # A line that is replaced needs no option: the new one has it.
    asks_v6 = match.product is not None or match.vague or carrier is not None
    if asks_v6 and not takes_new_line(case, on):
        yield from _v6(case, match)


def area_answers(case: Case) -> Iterator[Answer]:
    """Says so where the institution lies outside NTT West's area (prefecture of its code)."""
    if case.code is not None and case.code[:2].isdigit() and int(case.code[:2]) not in areas().west:
        yield finding("area.east", prefecture=case.code[:2])
