"""The number in each kind of file that we write and read again, which says how it is laid out.

A file without one is of the first format: the number came with the second. Older ones are read as
they are, `onshi migrate` rewrites an inventory's; a newer one than the kind's here is refused, and
nothing is written over it. A kind's number grows when what an older version would read wrongly, or
refuse, comes into the file. Files of a foreign format (known_hosts, stock Nornir's) carry none:
site.yaml speaks for the hosts.yaml beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import from_json

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text

FIELD = "format"
FIRST = 1
SITE = 2
"""site.yaml and the hosts.yaml beside it; 2 differs from 1 by the number alone."""
EVIDENCE = 4
"""3 holds a router's configurations, and why it could not be asked as a sentence's id (`facts`);
4 the same of a PC, and nothing that was decided about it."""
BASELINE = 2
JOURNAL = 2
"""Of the run journals; the first event of each carries it."""


class NewerFormat(InputError):
    """Raised for a file that a newer version wrote: what else it holds is not ours to judge."""


def check(place: Place, found: Any, known: int) -> int:
    """Answers a file's format. Raises InputError for a newer one than `known`, and for none."""
    if isinstance(found, bool) or not isinstance(found, int) or found < FIRST:
        raise InputError([_fault(place, "no-format", known=known)])
    if found > known:
        number = found if found < 10**9 else "…"
        raise NewerFormat([_fault(place, "newer-format", found=number, known=known)])
    return found


def check_json(file: Path, said: str, known: int) -> dict[str, Any]:
    """Answers a JSON object of a known format. Raises ValueError for what is none, InputError."""
    data = from_json(said)
    if not isinstance(data, dict):
        raise ValueError("no JSON object")
    check(Place(file), data.get(FIELD, FIRST), known)
    return data


def _fault(place: Place, message: str, **values: Any) -> Fault:
    problem = text(f"inventory.{message}", **values)
    return Fault(place, problem, text(f"inventory.{message}.remedy", **values))
