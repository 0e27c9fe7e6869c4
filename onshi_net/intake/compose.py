"""A site's answers as site.yaml and hosts.yaml: only what is known; the rest is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from onshi_net.brochure.case import Case
from onshi_net.brochure.data import areas
from onshi_net.brochure.line import match_product, needs_v6
from onshi_net.brochure.work import switches_for
from onshi_net.intake.result import SiteAnswers
from onshi_net.model.survey import Survey

ROUTER_USER = "onshi"
"""Login user of the router: a convention of this tool and of the delivered default config."""
INITIAL_SECRET = "start-pack/router-initial"  # noqa: S105  the name of a secret, not the secret
TERMINAL_USER = "onsadmin"
RECEIPT_USER = "clinicadmin"
SWITCH = {"model": "ApresiaLightGC105-SS", "ports": 5}
"""The start pack's hub (clause devices.switch)."""
BRANCHES = ("none", "hub", "hgw", "ogw")

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Composed:
    """The contents of both files (`hosts` is None while they can't be written) and what is open."""

    site: Data
    hosts: Data | None
    open: tuple[str, ...] = field(default_factory=tuple)
    """Ids of `intake.open.<id>`."""


def _without_none(data: Data) -> Data:
    return {key: value for key, value in data.items() if value is not None}


def _line(survey: Survey) -> Data | None:
    """Answers the line, None unless product, v6 option and ひかり電話 are all known.

    They decide the config.
    """
    line = survey.line
    if line.product is None or line.hikari_denwa is None:
        return None
    v6 = line.v6_option
    needed = needs_v6(Case("", survey=survey), match_product(line.product).product)
    if needed is False:
        v6 = True
    if v6 is None:
        return None
    return _without_none(
        {
            "product": line.product,
            "ordered_on": line.ordered_on,
            "v6_option": v6,
            "hikari_denwa": line.hikari_denwa,
        }
    )


def _access(survey: Survey) -> Data | None:
    """Answers the access path; None for what is not known or what the brochure refuses."""
    access = survey.access
    if survey.line.use == "new":
        return _without_none({"onu_model": access.onu_model, "branch": {"kind": "none"}})
    if access.branch is None or access.branch.value not in BRANCHES:
        return None
    branch = _without_none({"kind": access.branch.value, "model": access.branch_model})
    data = {
        "onu_model": access.onu_model,
        "branch": branch,
        "business_phone": access.business_phone,
    }
    return _without_none(data)


def _segments(survey: Survey) -> Data | None:
    net = survey.network
    if None in (net.terminal_network, net.terminal_router, net.clinic_network, net.clinic_router):
        return None
    clinic = {
        "ipv4": net.clinic_network,
        "router": net.clinic_router,
        "gateway": net.clinic_gateway,
    }
    return {
        "terminal": {"ipv4": str(net.terminal_network), "router": str(net.terminal_router)},
        "clinic": {key: str(value) for key, value in clinic.items() if value is not None},
    }


def _router(name: str, survey: Survey) -> Data:
    net = survey.network
    secrets = {
        "serial": net.router_serial,
        "secret": f"{name}/router",
        "admin_secret": f"{name}/router-admin",
        "initial_secret": INITIAL_SECRET,
    }
    return {
        "hostname": str(net.terminal_router),
        "username": ROUTER_USER,
        "groups": [str(net.router_model).lower()],
        "data": _without_none(secrets),
    }


def _pc(name: str, host: str, address: object, group: str, user: str) -> Data:
    return {
        "hostname": str(address),
        "username": user,
        "groups": [group],
        "data": {"secret": f"{name}/{host}-admin"},
    }


def _hosts(name: str, survey: Survey) -> Data:
    net = survey.network
    onu = {"model": survey.access.onu_model} if survey.access.onu_model else {}
    hosts: Data = {"onu": _without_none({"groups": ["onu"], "data": onu or None})}
    hosts["router"] = _router(name, survey)
    for number in range(1, switches_for(len(net.terminals)) + 1):
        host = "switch" if number == 1 else f"switch-{number}"
        hosts[host] = {"groups": ["switch"], "data": dict(SWITCH)}
    for number, address in enumerate(net.terminals, start=1):
        host = f"terminal-{number}"
        hosts[host] = _pc(name, host, address, "terminal", TERMINAL_USER)
    for number, address in enumerate(net.receipt_pcs, start=1):
        host = f"receipt-{number}"
        hosts[host] = _pc(name, host, address, "receipt_pc", RECEIPT_USER)
    return hosts


def _region(code: str) -> str:
    return "west" if int(code[:2]) in areas().west else "east"


def _open_hosts(survey: Survey) -> list[str]:
    net = survey.network
    return [
        name
        for name, is_open in (
            ("router", net.router_model is None),
            ("terminals", len(net.terminals) < max(1, survey.terminals or 0)),
            (
                "receipt_pcs",
                survey.receipt.count is None or len(net.receipt_pcs) < survey.receipt.count,
            ),
        )
        if is_open
    ]


def compose(site: SiteAnswers) -> Composed:
    """Answers what a site's answers put into its files; nothing is invented."""
    survey = Survey.model_validate(site.facts.get("survey", {}))
    sections = {"line": _line(survey), "access": _access(survey), "segments": _segments(survey)}
    missing = [name for name, section in sections.items() if section is None]
    if "access" in missing and survey.access.branch is not None:
        missing[missing.index("access")] = "pattern"
    data: Data = {"institution": site.facts["institution"], "region": _region(site.code)}
    data |= {name: section for name, section in sections.items() if section is not None}
    rest = ("survey", "prerequisites", "contract")
    data |= {name: site.facts[name] for name in rest if site.facts.get(name)}
    open_hosts = _open_hosts(survey)
    complete = not missing and not open_hosts
    return Composed(data, _hosts(site.name, survey) if complete else None, (*missing, *open_hosts))
