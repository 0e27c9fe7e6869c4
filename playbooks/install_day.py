"""Install day, as a checklist: python playbooks/install_day.py SITE [--on DAY] [onshi options]

Before you start: laptop in LAN port 1 or 2 of the router, a second cable in the clinic LAN, and at
each PC, by a double click, the file that `onshi winrm prepare SITE --out FILE` writes.

1. ready      the customer's preparations are done, and today (or DAY, as 2026-12-01, where the
              work was agreed for another one) is a day for construction work
2. provision  router, terminals and receipt PCs, side by side, each wholly or not at all
3. verify     line, closed network, policy, terminals and receipt PCs, with real packets; the
              state of the good site is kept, to say after a repair what changed
4. winrm      what was opened on the PCs is put back, and what the work needed is removed

A step that fails ends the run with its exit code, and says what to do; from step 2 on also how to
close WinRM on the PCs, should you not go on today. Run it again at any time: what is done already
is left alone.
"""

from __future__ import annotations

import argparse
import sys

from onshi_net.cli.run import run_steps


def main(site: str, options: list[str]) -> int:
    """Runs the steps; answers the exit code of the first that fails, or 0."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--on", metavar="DAY")
    found, options = parser.parse_known_args(options)
    steps = (
        ["ready", site, *(["--on", found.on] if found.on else [])],
        ["provision", site, "--yes"],
        ["verify", site, "--accept"],
        ["winrm", "restore", site],
    )
    return run_steps(site, options, steps)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
