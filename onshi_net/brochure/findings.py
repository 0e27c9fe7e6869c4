"""Findings and orders: what a rule of the brochure says about one site, citing its clauses."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from onshi_net.brochure.data import Level, Verdict, prices, rules
from onshi_net.i18n import language, text

Supplier = Literal["ntt-west", "carrier"]


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?= [0-9]{2}:[0-9]{2}\Z|\Z)")


def told(value: object) -> str:
    """Answers a value as people write it: a day in Japanese is 2026年12月1日(火)."""
    words = str(value)
    if language() == "ja" and (found := _DAY.match(words)):
        day = datetime.date.fromisoformat(found.group())
        weekday = "月火水木金土日"[day.weekday()]
        return f"{day.year}年{day.month}月{day.day}日({weekday}){words[found.end() :]}"
    return words


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer; `rule` is its id in rules.yaml and in the message catalogue."""

    rule: str
    values: tuple[tuple[str, str], ...] = ()
    row: str = ""
    """Clause of the table's row that was met, where the rule stands for a whole table."""

    @property
    def level(self) -> Level:
        """Answers what it means for the install."""
        return rules()[self.rule].level

    @property
    def clauses(self) -> tuple[str, ...]:
        """Answers the clauses that it enforces (`onshi_net.brochure.data.clauses`)."""
        return (self.row,) if self.row else rules()[self.rule].clauses

    @property
    def stops_all(self) -> bool:
        """Answers whether nothing may be built while it holds."""
        return self.level is Level.BLOCKED and not rules()[self.rule].part

    @property
    def holds_site(self) -> bool:
        """Answers whether nobody can say yet, while it holds, that the site may be built."""
        return rules()[self.rule].holds == "site"

    @property
    def holds_visit(self) -> bool:
        """Answers whether the visit waits while it holds."""
        return rules()[self.rule].holds is not None

    @property
    def text(self) -> str:
        """Gives the sentence in the current language."""
        return text(f"brochure.{self.rule}", **{name: told(said) for name, said in self.values})

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with the sentence."""
        return {
            "rule": self.rule,
            "level": self.level.value,
            "clauses": list(self.clauses),
            "text": self.text,
        }


def finding(rule: str, row: str = "", **values: object) -> Finding:
    """Makes a finding. Raises KeyError for a rule that rules.yaml doesn't know."""
    if rule not in rules():
        raise KeyError(rule)
    return Finding(rule, tuple((name, str(value)) for name, value in values.items()), row)


@dataclass(frozen=True, slots=True)
class Order:
    """Something to order: a price item, how many, from whom."""

    item: str
    quantity: int = 1
    supplier: Supplier = "ntt-west"

    @property
    def yen(self) -> int | None:
        """Answers the price of all of them with tax; None where the brochure names none."""
        price = prices().item(self.item)
        return None if price.unpriced else price.yen * self.quantity

    @property
    def monthly(self) -> bool:
        """Answers whether the price is one a month."""
        return prices().item(self.item).monthly

    @property
    def name(self) -> str:
        """Gives the item's name in the current language."""
        names = prices().item(self.item).name
        return names.ja if language() == "ja" else names.en

    @property
    def clause(self) -> str:
        """Answers the clause that names the item."""
        return prices().item(self.item).clause

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with the name."""
        return {
            "item": self.item,
            "name": self.name,
            "quantity": self.quantity,
            "from": self.supplier,
            "yen": self.yen,
            "monthly": self.monthly,
            "clause": self.clause,
        }


Answer = Finding | Order


def verdict(refusals: Iterable[Finding]) -> Verdict:
    """Answers what findings that stand against a site make: no, not yet, or yes without any."""
    found = tuple(refusals)
    if any(one.stops_all for one in found):
        return Verdict.NO
    return Verdict.NOT_YET if found else Verdict.YES


def findings_of(answers: Iterable[Answer]) -> tuple[Finding, ...]:
    """Keeps the findings, each once, in order."""
    return tuple(dict.fromkeys(one for one in answers if isinstance(one, Finding)))


def orders_of(answers: Iterable[Answer]) -> tuple[Order, ...]:
    """Sums the orders by item and supplier, in the order of their first appearance."""
    sums: dict[tuple[str, Supplier], int] = {}
    for one in answers:
        if isinstance(one, Order):
            key = (one.item, one.supplier)
            sums[key] = sums.get(key, 0) + one.quantity
    return tuple(Order(item, quantity, supplier) for (item, supplier), quantity in sums.items())
