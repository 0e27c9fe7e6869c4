"""`docs/brochure.md`: the brochure clause by clause, with what keeps each.

`python -m onshi_net.brochure.book [--write FILE] [--against BROCHURE.txt]` prints or writes it, and
holds the clauses' line numbers and quotes against the brochure's own text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from onshi_net.brochure.data import (
    Clause,
    Kept,
    clauses,
    models,
    patterns,
    prices,
    products,
    read_table,
    rules,
)

TABLES = (
    "areas",
    "application",
    "devices",
    "patterns",
    "prerequisites",
    "prices",
    "products",
    "schedule",
    "survey-form",
    "warranties",
)
KEPT = {
    Kept.RULE: "a rule",
    Kept.DATA: "a table",
    Kept.FORM: "the forms (onshi_net.intake)",
    Kept.BUILD: "provisioning and checks",
    Kept.INFO: "nothing to decide",
}
HEAD = """# The brochure, line by line

Made by `python -m onshi_net.brochure.book --write docs/brochure.md` from
`onshi_net/data/brochure/`; a test keeps it current. *Lines* are those of the brochure's text
(審査24-S170), *words* a few of its own words, to find the place. *Kept by* names the findings
(`rules.yaml`), the rows of the tables, or the part of the tool that keeps the clause.
"""


def citations() -> dict[str, list[str]]:
    """Answers, for each clause, the rules and the rows of tables that cite it."""
    found: dict[str, list[str]] = {clause.id: [] for clause in clauses()}
    for name, rule in rules().items():
        for clause in rule.clauses:
            found[clause].append(f"`{name}`")
    for table in TABLES:
        for name, clause in _rows(read_table(table), ""):
            mark = f"{table}.yaml: {name}" if name else f"{table}.yaml"
            if mark not in found[clause]:
                found[clause].append(mark)
    return found


def _rows(node: Any, name: str) -> Iterator[tuple[str, str]]:
    """Walks a table: every `clause` with the name of the row that it stands in."""
    if isinstance(node, list):
        for one in node:
            yield from _rows(one, name)
    elif isinstance(node, dict):
        own = next(
            (str(node[key]) for key in ("id", "label", "found", "kind") if key in node), name
        )
        if "clause" in node:
            yield own, node["clause"]
        for key, value in node.items():
            yield from _rows(value, own if "clause" in node else str(key))


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(_cell(str(cell)) for cell in row)} |"
    yield ""


def _clause_row(clause: Clause, cited: list[str]) -> tuple[object, ...]:
    first, last = clause.lines
    lines = str(first) if first == last else f"{first}-{last}"
    return (
        lines,
        clause.quote,
        f"{clause.says} (`{clause.id}`)",
        ", ".join(cited) or KEPT[clause.kept],
    )


def _products() -> Iterator[str]:
    rows = (
        (
            product.name,
            f"until {product.ended_on}" if product.ended_on else "yes",
            "included" if product.v6_included else "order, unless ordered from 2021-05-17",
            product.clause,
        )
        for product in products().products
    )
    return _table(("Line", "Usable", "v6 option", "Clause"), rows)


def _models() -> Iterator[str]:
    rows = (
        (row.kind.upper(), ", ".join(row.names), "yes" if row.usable else "exchange", row.clause)
        for row in models().devices
    )
    return _table(("Kind", "Models", "Usable", "Clause"), rows)


def _patterns() -> Iterator[str]:
    phones = {None: "any", True: "yes", False: "no"}
    rows = (
        (row.found.value, phones[row.business_phone], row.pattern.sign, f"`{row.rule}`")
        for row in patterns().patterns
    )
    return _table(("Under the ONU", "Business phone on the ONU", "Pattern", "Rule"), rows)


def _prices() -> Iterator[str]:
    rows = (
        (
            item.name.ja,
            item.group,
            "not named" if item.unpriced else f"{item.yen:,}{' a month' if item.monthly else ''}",
            "reference" if item.reference else "",
            item.clause,
        )
        for item in prices().items
    )
    return _table(("Item", "Group", "Yen with tax", "", "Clause"), rows)


def book() -> str:
    """Answers the whole document."""
    cited = citations()
    lines = [HEAD, "## Clauses", ""]
    rows = (_clause_row(clause, cited[clause.id]) for clause in clauses())
    lines += _table(("Lines", "Words", "Says", "Kept by"), rows)
    for title, table in (
        ("Access lines", _products()),
        ("Existing devices", _models()),
        ("Patterns", _patterns()),
        ("Prices", _prices()),
    ):
        lines += [f"## {title}", "", *table]
    return "\n".join(lines).rstrip() + "\n"


def differences(brochure: str) -> list[str]:
    """Answers where clauses and the brochure's text disagree.

    A quote not found, a line left out.
    """
    lines = brochure.split("\n")
    found: list[str] = []
    next_line = 1
    for clause in clauses():
        first, last = clause.lines
        if first != next_line:
            found.append(f"{clause.id}: begins at {first}, not {next_line}")
        if clause.quote not in "\n".join(lines[first - 1 : last]):
            found.append(f"{clause.id}: {clause.quote!r} is not in lines {first}-{last}")
        next_line = last + 1
    if any(line.strip() for line in lines[next_line - 1 :]):
        found.append(f"lines from {next_line} on belong to no clause")
    return found


def main(arguments: list[str]) -> int:
    """Prints or writes the document; answers 1 where the brochure's text disagrees."""
    options = dict(zip(arguments[::2], arguments[1::2], strict=False))
    if "--write" in options:
        Path(options["--write"]).write_text(book(), encoding="utf-8")
    elif not arguments:
        sys.stdout.write(book())
    bad = []
    if "--against" in options:
        bad = differences(Path(options["--against"]).read_text(encoding="utf-8"))
        sys.stderr.write("".join(f"{line}\n" for line in bad))
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
