"""Collecting: everything at a site is asked at once, and becomes facts (`onshi_net.facts`).

- `probing`  the probe process, as something to `ask`
- `laptop`   the packet measurements, all side by side
- `windows`  one WinRM session a PC
- `collecting` all at once; `load`, `store` and `write_whole`

The router is asked by its family (`onshi_net.platforms`). Collecting is I/O;
judging (`onshi_net.checks`) is pure, and needs no device once evidence is stored.
"""

from onshi_net.evidence.collecting import (
    MeasuringInterrupted,
    collect,
    load,
    store,
    write_whole,
)
from onshi_net.facts.types import Evidence, Outcome, Reading

__all__ = [
    "Evidence",
    "MeasuringInterrupted",
    "Outcome",
    "Reading",
    "collect",
    "load",
    "store",
    "write_whole",
]
