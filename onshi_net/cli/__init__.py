"""The command line: parse, call, print; one file a subject, libraries load where used.

`main` answers with the exit codes of `onshi_net.errors`. The language is settled before the
commands are built, so that `--help` speaks it too.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs `onshi` and exits with its code."""
    from onshi_net.cli.run import run

    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))
