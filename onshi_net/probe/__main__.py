"""`python -m onshi_net.probe`: answers JSON lines on standard output to those on standard input.

Scapy and dnspython load `cryptography` where they find it, for layers and algorithms that are not
used here: it is kept out, so that the process starts faster and GPL-2-only code stays by itself.

Rights go before anything foreign is imported. Start it with `-P`, so that no file of the current
folder is taken for a module.
"""

import asyncio
import os
import sys
from contextlib import suppress

from onshi_net.probe.confine import confine
from onshi_net.probe.protocol import WITHOUT_RAW

confine(raw=WITHOUT_RAW not in sys.argv)
sys.modules["cryptography"] = None  # type: ignore[assignment]

from onshi_net.probe.serve import main  # noqa: E402


async def until_the_input_ends() -> None:
    """Ends this process with its input: nobody is there any more who would read an answer.

    At once, for a question may be where it can't be broken off: asyncio waits for ever for a child
    that was given up while it was being started.
    """
    with suppress(asyncio.CancelledError, BrokenPipeError):
        await main()
    os._exit(0)


asyncio.run(until_the_input_ends())
