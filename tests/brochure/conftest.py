"""Cases to assess: a complete survey, and sites that differ from it in a few answers."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from onshi_net.brochure import Case
from onshi_net.model.survey import Contract, Prerequisites, Survey

CODE = "2711234563"


def good_survey() -> dict[str, Any]:
    """A survey in which every question is answered, for pattern ◎."""
    return {
        "done_on": datetime.date(2026, 10, 15),
        "line": {
            "use": "existing",
            "product": "フレッツ光ネクスト ファミリー・スーパーハイスピードタイプ隼",
            "ordered_on": datetime.date(2024, 4, 1),
            "v6_option": True,
            "hikari_denwa": False,
            "dedicated": True,
        },
        "access": {
            "onu_model": "GE-PON-ONU",
            "branch": "none",
            "business_phone": False,
            "own_devices": False,
        },
        "wiring": {
            "cable_m": 10,
            "same_building": True,
            "work_m": 10,
            "above_2m": False,
            "exposed": True,
            "wall_piercing": False,
            "conduit": False,
            "crossings": 1,
            "cables_1m": 1,
            "cables_3m": 1,
            "cables_5m": 1,
        },
        "terminals": 1,
        "receipt": {"count": 1, "work_by": "ntt", "os": "Windows 11 Pro", "admin_rights": True},
        "power_taps_short": False,
        "visiting_nursing": {"wanted": False},
    }


def all_prepared() -> dict[str, Any]:
    """Every preparation done."""
    return {
        "account": True,
        "caf_number": True,
        "usage_application": True,
        "billing_application": True,
        "certificate": True,
        "certificate_issued_on": datetime.date(2026, 11, 5),
    }


def _overlaid(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for path, value in changes.items():
        section, _, name = path.partition(".")
        if name:
            result[section] = {**result.get(section, {}), name: value}
        else:
            result[section] = value
    return {key: value for key, value in result.items() if value is not None}


MakeCase = Callable[..., Case]


def made(
    survey: dict[str, Any] | None = None,
    *,
    prepared: dict[str, Any] | None = None,
    contract: dict[str, Any] | None = None,
    **fields: Any,
) -> Case:
    """Makes a case: `made({"access.branch": "hub"}, prepared={…}, contract={…})`."""
    return Case(
        fields.pop("name", "site"),
        code=fields.pop("code", CODE),
        survey=Survey.model_validate(_overlaid(good_survey(), survey or {})),
        prerequisites=Prerequisites.model_validate({**all_prepared(), **(prepared or {})}),
        contract=Contract.model_validate(
            {"design_approved_on": datetime.date(2026, 11, 1), **(contract or {})}
        ),
        **fields,
    )


@pytest.fixture
def case() -> MakeCase:
    """Gives `made`."""
    return made
