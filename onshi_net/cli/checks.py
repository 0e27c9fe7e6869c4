"""`checks`: what is checked of a site, in the order in which traffic meets it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from onshi_net.errors import EXIT_GOOD
from onshi_net.i18n import text

if TYPE_CHECKING:
    from onshi_net.checks.model import Check
    from onshi_net.cli.context import Context


def checks(context: Context, segment: str | None, *, as_json: bool) -> int:
    """Lists the checks, all or of one segment; 0. Raises InputError for an unknown segment."""
    from onshi_net.checks.catalogue import checks as every
    from onshi_net.checks.model import SEGMENTS
    from onshi_net.cli.provision import unknown_word

    if segment is not None and segment not in SEGMENTS:
        raise unknown_word(text("cli.no-such-segment", word=segment), list(SEGMENTS))
    listed = [one for one in every() if segment in {None, one.segment}]
    if as_json:
        context.out.print_json(data={"checks": [to_json(one) for one in listed]})
        return EXIT_GOOD
    for name, some in groupby(listed, key=lambda one: one.segment):
        context.out.print(text(f"checks.segment-{name}"), style="bold", markup=False)
        for one in some:
            context.out.print(f"  {one.id}", markup=False)
            context.out.print(f"    {one.title}", markup=False)
            for line in details(one):
                context.out.print(f"    {line}", markup=False)
    return EXIT_GOOD


def details(one: Check) -> tuple[str, ...]:
    """Answers who acts where it fails, after what it is judged, and what may explain it."""
    weighs = text(f"cli.state-{WORDS[one.severity]}")
    lines = [text("cli.check-party", party=text(f"diagnose.party-{one.party}"), word=weighs)]
    if one.needs:
        lines.append(text("cli.check-needs", needs=", ".join(one.needs)))
    if one.explained_by:
        lines.append(text("cli.check-explained", names=", ".join(explained(one))))
    return tuple(lines)


WORDS = {"problem": "failed", "warning": "warning", "notice": "notice"}
"""How a check's result is called where it does not hold."""


def explained(one: Check) -> list[str]:
    """Answers what may explain its failure; of some only certain ways of failing do (--json)."""
    return [
        text("cli.check-in-part", id=found.check) if found.ways else found.check
        for found in one.explained_by
    ]


def to_json(one: Check) -> dict[str, Any]:
    """Gives plain data; an id with `each` stands for one check a subject, `<id>.<subject>`."""
    return {
        "id": one.id,
        "segment": one.segment,
        "each": one.each is not None,
        "title": one.title,
        "party": one.party.value,
        "severity": one.severity.value,
        "explained_by": [
            {"check": found.check, "ways": list(found.ways)} for found in one.explained_by
        ],
        "needs": list(one.needs),
        "clause": text(f"checks.{one.id}.clause"),
        "remedy": text(
            f"checks.{one.id}.remedy",
            site=text("cli.metavar.SITE"),
            host=text("cli.metavar.HOST"),
        ),
        "cause": text(f"checks.{one.id}.cause"),
    }
