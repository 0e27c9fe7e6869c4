"""`python -m onshi_net.probe`: answers JSON lines on standard output to those on standard input.

Scapy and dnspython load `cryptography` where they find it, for layers and algorithms that are not
used here: it is kept out, so that the process starts faster and GPL-2-only code stays by itself.

Rights go before anything foreign is imported. Start it with `-P`, so that no file of the current
folder is taken for a module.
"""

import asyncio
import sys
from contextlib import suppress

from onshi_net.probe.confine import confine

confine()
sys.modules["cryptography"] = None  # type: ignore[assignment]

from onshi_net.probe.serve import main  # noqa: E402

with suppress(KeyboardInterrupt, BrokenPipeError):
    asyncio.run(main())
