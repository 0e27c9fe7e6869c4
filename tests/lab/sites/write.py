"""A generated site as an inventory on disk, and its `world.yaml` beside it."""

from __future__ import annotations

import datetime
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.lab.sites.site import Belief, Generated, Lan, Pc, Router

SHIPPED = Path(__file__).parents[3] / "inventory"
NUMBER = re.compile(r"[0-9._+-]+")
LAB_INTERNET = ["2001:db8:ffff::80", "203.0.113.80"]
"""The lab's Internet, as the example sites name it."""


class _Plain(yaml.SafeDumper):
    """YAML without anchors, which an inventory may not have."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Plain, value: str) -> yaml.ScalarNode:
    """Quotes what one YAML version takes for a number and the other for text (0123456789)."""
    style = '"' if NUMBER.fullmatch(value) else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Plain.add_representer(str, _text)


def _dump(file: Path, data: dict[str, Any]) -> None:
    text = yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=200)
    file.write_text(text, encoding="utf-8")


def write(site: Generated, folder: Path) -> Path:
    """Writes the site's inventory; answers its folder, for `--inventory`."""
    inventory = folder / "inventory"
    here = inventory / "sites" / site.belief.name
    here.mkdir(parents=True)
    for name in ("defaults.yaml", "groups.yaml"):
        shutil.copyfile(SHIPPED / name, inventory / name)
    _dump(here / "site.yaml", site_file(site.belief))
    _dump(here / "hosts.yaml", hosts_file(site.belief))
    _dump(here / "world.yaml", dict(site.world))
    return inventory


def _known(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def _date(value: str) -> datetime.date:
    return datetime.date.fromisoformat(value)


def site_file(belief: Belief) -> dict[str, Any]:
    """What `site.yaml` holds."""
    line, branch = belief.line, belief.branch
    return {
        "institution": {"name": belief.institution, "code": belief.code},
        "region": belief.region,
        "line": {
            "product": line.product,
            "ordered_on": _date(line.ordered_on),
            "v6_option": line.v6_option,
            "hikari_denwa": line.hikari_denwa,
        },
        "access": {
            **({"onu_model": _onu(belief)} if belief.onu else {}),
            "branch": _known(kind=branch.kind, model=branch.model),
            "business_phone": branch.business_phone,
        },
        "segments": {"terminal": _segment(belief.terminal), "clinic": _segment(belief.clinic)},
        "client_certificate": f"{belief.name}/client-certificate",
        "internet_probes": LAB_INTERNET,
        **_windows(belief),
        "survey": {
            "done_on": _date("2026-10-15"),
            "wiring": {
                "cable_m": 15,
                "same_building": True,
                "work_m": 15,
                "above_2m": False,
                "exposed": True,
                "wall_piercing": False,
                "conduit": False,
            },
            "receipt": {
                "work_by": belief.work.receipt_by,
                "os": "Windows 11",
                "admin_rights": True,
            },
            "power_taps_short": False,
        },
        "prerequisites": _prerequisites(belief),
        "contract": {
            "signed_on": _date("2026-10-10"),
            "design_approved_on": _date("2026-10-30"),
            "support": {"plan": "A"},
        },
    }


def _onu(belief: Belief) -> str:
    return "10G-EPON" if belief.line.cross else "GE-PON-ONU"


def _segment(lan: Lan) -> dict[str, Any]:
    gateway = str(lan.gateway) if lan.gateway is not None else None
    return {"ipv4": str(lan.network), "router": str(lan.router), **_known(gateway=gateway)}


def _prerequisites(belief: Belief) -> dict[str, Any]:
    ordered = _date(belief.line.v6_ordered) if belief.line.v6_ordered else None
    return {
        "account": _date("2026-10-20"),
        **_known(v6_ordered=ordered),
        "caf_number": _date("2026-10-20"),
        "usage_application": _date("2026-10-28"),
        "billing_used": False,
        "certificate": _date("2026-10-28"),
        "certificate_issued_on": _date("2026-11-05"),
    }


def _windows(belief: Belief) -> dict[str, Any]:
    """The part where the site differs from what is usual."""
    users = {
        pc.name: {"name": pc.user, "secret": f"{belief.name}/{pc.name}-user"}
        for pc in belief.receipts
        if pc.user
    }
    receipt = {
        **({"route": belief.work.route} if belief.work.route != "pc" else {}),
        **({"user": belief.receipt_user} if belief.receipt_user != "reception" else {}),
        **({"users": users} if users else {}),
    }
    link = {"name": belief.link_user} if belief.link_user != "onslink" else {}
    found = {**({"link": link} if link else {}), **({"receipt": receipt} if receipt else {})}
    return {"windows": found} if found else {}


def hosts_file(belief: Belief) -> dict[str, Any]:
    """What `hosts.yaml` holds, in the order in which traffic meets the hosts."""
    hosts: dict[str, Any] = {}
    if belief.onu:
        hosts["onu"] = {"groups": ["onu"], "data": {"model": _onu(belief)}}
    hosts[belief.router.name] = _router(belief, belief.router)
    if belief.switch is not None:
        hosts[belief.switch] = {"groups": ["switch"], "data": {"ports": belief.switch_ports}}
    hosts.update(_pcs(belief, belief.terminals, "terminal"))
    hosts.update(_pcs(belief, belief.receipts, "receipt_pc"))
    return hosts


def _router(belief: Belief, router: Router) -> dict[str, Any]:
    return {
        "hostname": str(belief.terminal.router),
        "username": "onshi",
        "groups": [router.model.lower()],
        "data": {
            **_known(serial=router.serial),
            "secret": f"{belief.name}/router",
            "admin_secret": f"{belief.name}/router-admin",
            "initial_secret": "start-pack/router-initial",
        },
    }


def _pcs(belief: Belief, pcs: Iterable[Pc], group: str) -> dict[str, Any]:
    return {
        pc.name: {
            "hostname": str(pc.address),
            "username": pc.username,
            "groups": [group],
            "data": {
                **_known(computer_name=pc.computer_name, dns_name=pc.dns_name),
                "secret": f"{belief.name}/{pc.name}-admin",
            },
        }
        for pc in pcs
    }
