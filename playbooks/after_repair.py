"""After a repair or an exchange: python playbooks/after_repair.py SITE [HOST …] [onshi options]

Before you start: laptop and cables as on install day. Name the hosts that were exchanged or reset
(`router`, `terminal-1`, `receipt-1`); at an exchanged PC double-click the file of
`onshi winrm prepare SITE --out FILE` first. The line, the ONU or a switch is no host: name none
for those.

Without a HOST:
1. verify     the whole site: what is broken, who acts, and what changed since the accepted state

With HOSTs:
1. provision  each exchanged host, in the order in which you name them
2. provision  the others, which may have to prove their way to it anew
3. verify     the whole site, and what changed; a good site is the accepted state from now on
4. winrm      what was loosened on the PCs for the work is put back

A step that fails ends the run with its exit code, and says what to do. Run it again at any time.
"""

from __future__ import annotations

import sys
from itertools import takewhile

from onshi_net.cli.run import run_steps


def main(site: str, hosts: list[str], options: list[str]) -> int:
    """Runs the steps; answers the exit code of the first that fails, or 0."""
    if not hosts:
        return run_steps(site, options, (["verify", site],))
    steps = (
        *(["provision", site, "--only", host, "--yes"] for host in hosts),
        ["provision", site, "--yes"],
        ["verify", site, "--accept"],
        ["winrm", "restore", site],
    )
    return run_steps(site, options, steps)


if __name__ == "__main__":
    words = list(takewhile(lambda word: not word.startswith("-"), sys.argv[1:]))
    if not words:
        sys.exit(__doc__)
    sys.exit(main(words[0], words[1:], sys.argv[1 + len(words) :]))
