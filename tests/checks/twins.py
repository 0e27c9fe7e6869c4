"""What the lab's recordings would be, had this version measured: evidence of today.

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
from onshi_net.facts.types import Evidence, Lines, Outcome, Reading
from onshi_net.intent import SiteIntent, site_intent
from onshi_net.inventory import load_site
from onshi_net.platforms.base import platform
from tests.checks.added import complete

RECORDED = Path(__file__).with_name("recorded")
EXAMPLES = Path(__file__).parents[2] / "inventory"


def intent_of(site: str) -> SiteIntent:
    """The intent of an example site."""
    return site_intent(load_site(EXAMPLES, site))


def twin(name: str) -> Evidence:
    """The twin of a recording."""
    return evidence_of(plain(name))


def plain(name: str) -> dict[str, Any]:
    """The same, as data of format 3: the router's configurations, and PCs as they were recorded."""
    found: dict[str, Any] = json.loads(_plain(name))
    return found


def _view(laptop: dict[str, Any], state: Any, intent: SiteIntent) -> dict[str, Any]:
    """What a terminal without a fault of its own sees: what the laptop saw, and what is told."""
    told = intent.windows[0].software
    things = [(one.device, one.name.replace("*", ""), one.version or "1.0") for one in told]
    programs = [{"name": name, "version": v} for device, name, v in things if not device]
    readers = [{"name": name, "status": "OK"} for device, name, _ in things if device]
    own = state["addresses"][0] if state else {"interface": 2, "alias": ""}
    adapter = {"interface": own["interface"], "alias": own["alias"], "status": "Up", "ipv6": True}
    ways = {"adapters": [adapter], "ipv6_off": 0, "policies": [], "suffixes": [], "proxies": []}
    return {
        "certificate": True,
        "services": laptop["services"],
        "resolvers": laptop["resolvers"],
        "ways": ways,
        "software": {"programs": programs, "devices": readers, "drives": []},
    }


@cache
def _plain(name: str) -> str:
    data = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    good = (RECORDED / f"{data['site']}-good.json").read_text(encoding="utf-8")
    state = evidence_of(data).router
    for reading in (data["router"]["difference"], data["router"]["unsaved"]):
        assert reading["found"] == [], f"{name}: the router was not as intended"
    router = intent_of(data["site"]).router
    family = platform(router.model.platform)
    found = (*family.secret_lines(router), *family.render(router))
    lines: Lines = Reading(outcome=Outcome.OK, found=found)
    state = state.model_copy(update={"judged": None, "running": lines, "saved": lines})
    whole = {"windows": json.loads(good)["windows"], **data, "format": 3}
    for one in whole["windows"]["terminals"]:
        one["view"] = _view(data["laptop"], one["state"], intent_of(data["site"]))
    whole["router"] = state.model_dump(mode="json")
    complete(whole)
    return json.dumps(whole)
