"""docs/checks.md, made from the catalogue: `python -m tests.checks.page` writes it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from onshi_net.checks.catalogue import checks
from onshi_net.cli.checks import explained
from onshi_net.i18n import set_language, text

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"
HEAD = """# The checks

Made by `python -m tests.checks.page` with each release; `onshi checks` lists those that are younger
too. An id with `.*`
stands for one check a subject (a host, a service). "After" names what is judged first: where that
failed, the check is not judged. "Explained by" names the checks that,
where they failed too, are the cause.
"""


def page() -> str:
    """Answers the page, in English."""
    set_language("en")
    rows = [HEAD]
    for segment, some in groupby(checks(), key=lambda one: one.segment):
        rows += [f"\n## {text(f'checks.segment-{segment}')}\n"]
        rows += [
            "| id | what it holds | rests on | after | explained by | weighs | who acts |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        for one in some:
            name = f"{one.id}.*" if one.each else one.id
            after = ", ".join(need.replace("{", "‹").replace("}", "›") for need in one.needs)
            why = ", ".join(explained(one)).replace("{", "‹").replace("}", "›")
            clause, party = text(f"checks.{one.id}.clause"), text(f"diagnose.party-{one.party}")
            cells = (f"`{name}`", one.title, clause, after, why, one.severity, party)
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
