"""The router was exchanged: python playbooks/replace_router.py SITE

Before you start: the new router is cabled as the old one was, the laptop's cable is in one of its
LAN ports, and WinRM is on at the PCs (README, The PCs). Keep its label in sight.

1. maintenance  until when the maker and the support contract cover the site's devices
2. provision    the new router: its key is shown and bound, the serial number that it says is held
                against the label and written into hosts.yaml; then it is configured, and the site
                verified
3. verify       a good site is the accepted state from now on
4. winrm        what was loosened on the PCs for the work is put back

A step that fails ends the run with its exit code, and says what to do; from step 2 on also how to
close WinRM on the PCs, should you not go on today.
"""

from __future__ import annotations

import sys

from onshi_net.cli.run import run_steps


def main(site: str, options: list[str]) -> int:
    """Runs the steps; answers the exit code of the first that fails, or 0."""
    steps = (
        ["maintenance", site],
        ["provision", site, "--exchanged", "router", "--only", "router"],
        ["verify", site, "--accept"],
        ["winrm", "restore", site],
    )
    return run_steps(site, options, steps)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
