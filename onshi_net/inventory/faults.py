"""pydantic's validation errors as faults with file, line and remedy in the user's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from onshi_net.errors import Fault, Place
from onshi_net.i18n import text
from onshi_net.inventory import reasons
from onshi_net.inventory.document import Path_, fault_of, shown
from onshi_net.inventory.plain import HIDDEN, looks_secret
from onshi_net.model import accounts

__all__ = ["nearest", "shown", "validate"]

M = TypeVar("M", bound=BaseModel)
LISTED = 20
"""Known words in a remedy; an inventory may have thousands of sites."""
_KINDS = {
    "missing": "missing",
    "extra_forbidden": "unknown-field",
    "string_type": "not-text",
    "string_too_long": "too-long",
    "string_too_short": "empty",
    "string_pattern_mismatch": "wrong-form",
    "bool_type": "not-bool",
    "int_type": "not-int",
    "date_type": "not-date",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """Answers the sentence that names the nearest known word, or the known words."""
    names = sorted(known)
    match = get_close_matches(word, names, n=1)
    if match:
        return text("inventory.did-you-mean", word=match[0])
    more = ["…"] if len(names) > LISTED else []
    return text("inventory.one-of", words=", ".join([*names[:LISTED], *more]))


def _known_fields(model: type[BaseModel], path: Path_) -> list[str]:
    for part in path:
        info = model.model_fields.get(str(part))
        kinds = [info.annotation] if info else []
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not inner:
            return []
        model = inner[0]
    return list(model.model_fields)


def _fault(place: Place, model: type[BaseModel], error: dict[str, Any]) -> Fault:
    path: Path_ = tuple(error["loc"])
    if error["type"] == accounts.FAULT:
        return _misnamed(place, shown(error.get("input")), **error["ctx"])
    kind = _KINDS.get(error["type"], "invalid")
    field = str(path[-1]) if path else ""
    value = HIDDEN if looks_secret(field) else shown(error.get("input"))
    if kind == "unknown-field" and value == HIDDEN:
        return fault_of(place, "password-in-inventory")
    reason = str(error.get("ctx", {}).get("error", "")) or error["msg"]
    problem = text(
        f"inventory.{kind}", field=shown(field), value=value, reason=reasons.of_value(reason)
    )
    around = str(path[-2]) if len(path) > 1 else ""
    general = text(f"inventory.hint.{field}", default="")
    remedy = text(f"inventory.hint.{around}.{field}", default=general)
    if kind == "unknown-field":
        remedy = nearest(field, _known_fields(model, tuple(error["loc"][:-1])) or [""])
    return Fault(place, problem, remedy or text(f"inventory.{kind}.remedy", default=""))


def _misnamed(place: Place, value: str, kind: str, rule: str, broken: str) -> Fault:
    """Answers which of Windows' rules a name breaks."""
    what = text(f"inventory.windows-name.{kind}")
    problem = text(f"inventory.windows-name.{rule}", value=value, what=what, broken=broken)
    return Fault(place, problem, text(f"inventory.windows-name.{kind}.remedy"))


def validate(
    model: type[M], data: dict[str, Any], place_of: Callable[[Path_], Place]
) -> M | list[Fault]:
    """Answers the model, or every fault of `data`.

    `place_of` answers where the field of that path in the model is written down.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = cast("list[dict[str, Any]]", error.errors(include_url=False))
        return [_fault(place_of(tuple(one["loc"])), model, one) for one in found]
