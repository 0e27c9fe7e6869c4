"""What the lab's recordings would be, had this version measured: evidence of the newest format.

`recorded/<site>-<what>.json` are measurements of the lab's sites, whole (`good`) or with one fault
set. They were taken in format 1, which says only that the router's configuration was the intended
one, and they stay as they are: files of that format are read for ever (tests/facts). Their twins
run and keep the configuration that is intended today. A recording without PCs gets what they said
in the good one.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from onshi_net.facts.stored import evidence_of
from onshi_net.facts.types import Evidence, Judged, Lines, Outcome, Reading
from onshi_net.intent import SiteIntent, site_intent
from onshi_net.inventory import load_site
from onshi_net.platforms.base import platform

RECORDED = Path(__file__).with_name("recorded")
EXAMPLES = Path(__file__).parents[2] / "inventory"


def intent_of(site: str) -> SiteIntent:
    """The intent of an example site."""
    return site_intent(load_site(EXAMPLES, site))


def twin(name: str) -> Evidence:
    """The twin of a recording."""
    return Evidence.model_validate_json(_twin(name))


def plain(name: str) -> dict[str, Any]:
    """The same, as the data that is stored."""
    found: dict[str, Any] = json.loads(_twin(name))
    return found


@cache
def _twin(name: str) -> str:
    data = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    good = (RECORDED / f"{data['site']}-good.json").read_text(encoding="utf-8")
    evidence = evidence_of({"windows": json.loads(good)["windows"], **data})
    judged = evidence.router.judged or Judged()
    for reading in (judged.difference, judged.unsaved):
        assert reading is not None
        assert reading.found == (), f"{name}: the router was not as intended"
    router = intent_of(evidence.site).router
    family = platform(router.model.platform)
    lines: Lines = Reading(
        outcome=Outcome.OK, found=(*family.secret_lines(router), *family.render(router))
    )
    state = evidence.router.model_copy(update={"judged": None, "running": lines, "saved": lines})
    return evidence.model_copy(update={"router": state}).model_dump_json()
