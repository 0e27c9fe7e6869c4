"""pydantic's validation errors as faults with file, line and remedy in the user's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from onshi_net.errors import Fault
from onshi_net.i18n import text
from onshi_net.inventory.document import Document, Path_

M = TypeVar("M", bound=BaseModel)
SHOWN = 40
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


def shown(value: Any) -> str:
    """Answers a value as it may be printed:

    ASCII-escaped control characters, cut to 40 characters.
    """
    plain = value if isinstance(value, str) else repr(value)
    printable = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in plain[: SHOWN + 1])
    return f"{printable[:SHOWN]}…" if len(plain) > SHOWN else printable


def nearest(word: str, known: Iterable[str]) -> str:
    """Answers the sentence that names the nearest known word, or the known words."""
    names = sorted(known)
    match = get_close_matches(word, names, n=1)
    if match:
        return text("inventory.did-you-mean", word=match[0])
    return text("inventory.one-of", words=", ".join(names))


def _known_fields(model: type[BaseModel], path: Path_) -> list[str]:
    for part in path:
        info = model.model_fields.get(str(part))
        kinds = [info.annotation] if info else []
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not inner:
            return []
        model = inner[0]
    return list(model.model_fields)


def _fault(document: Document, model: type[BaseModel], error: dict[str, Any], path: Path_) -> Fault:
    kind = _KINDS.get(error["type"], "invalid")
    place = document.place(*path)
    field = str(path[-1]) if path else ""
    reason = str(error.get("ctx", {}).get("error", "")) or error["msg"]
    problem = text(
        f"inventory.{kind}",
        field=field,
        value=shown(error.get("input")),
        reason=shown_reason(reason),
    )
    around = str(path[-2]) if len(path) > 1 else ""
    general = text(f"inventory.hint.{field}", default="")
    remedy = text(f"inventory.hint.{around}.{field}", default=general)
    if kind == "unknown-field":
        remedy = nearest(field, _known_fields(model, tuple(error["loc"][:-1])) or [""])
    return Fault(place, problem, remedy)


def shown_reason(reason: str) -> str:
    """Answers a library's reason as one printable line of at most 120 characters."""
    return "".join(c if c.isprintable() else "?" for c in reason)[:120]


def validate(
    model: type[M], document: Document, data: dict[str, Any], path_of: Callable[[Path_], Path_]
) -> M | list[Fault]:
    """Answers the model, or every fault of `data`.

    `path_of` maps the model's path to the document's.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = cast("list[dict[str, Any]]", error.errors(include_url=False))
        return [_fault(document, model, one, path_of(tuple(one["loc"]))) for one in found]
