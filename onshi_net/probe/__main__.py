"""`python -m onshi_net.probe`: answers JSON lines on standard output to those on standard input."""

import asyncio
from contextlib import suppress

from onshi_net.probe.serve import main

with suppress(KeyboardInterrupt, BrokenPipeError):
    asyncio.run(main())
