"""Evidence: what was measured at a site, typed, frozen, storable as `evidence.json`.

- `types`    what is stored
- `router_output` parsers of the router's own words, in both languages; no input makes them raise
- `router`   one SSH session, a list of commands
- `probing`  the probe process, as something to `ask`
- `laptop`   the packet measurements, all side by side
- `windows`  one WinRM session a PC
- `collecting` all at once; `load`, `store` and `write_whole`

Collecting is I/O; judging (`onshi_net.checks`) is not, and needs no device once evidence is stored.
"""

from onshi_net.evidence.collecting import collect, load, store, write_whole
from onshi_net.evidence.types import Evidence, Outcome, Reading

__all__ = ["Evidence", "Outcome", "Reading", "collect", "load", "store", "write_whole"]
