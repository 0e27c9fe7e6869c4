"""Whether the notes of a finished site (`as_built`) name what stands at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onshi_net.errors import Fault
from onshi_net.i18n import text
from onshi_net.inventory.document import Document
from onshi_net.inventory.faults import nearest
from onshi_net.model.as_built import OTHERS, AsBuilt
from onshi_net.model.hosts import Host
from onshi_net.model.survey import Contract


def as_built_faults(
    document: Document, notes: AsBuilt, contract: Contract, hosts: Sequence[Host]
) -> Iterator[Fault]:
    """Finds notes of devices that neither hosts.yaml nor the register of devices has."""
    known = (*(one.name for one in hosts), *(one.name for one in contract.devices), *OTHERS)
    for field in ("places", "lamps", "cables"):
        for name in getattr(notes, field):
            if name not in known:
                problem = text("inventory.no-such-device", name=name)
                place = document.place("as_built", field, name)
                yield Fault(place, problem, nearest(name, known))
