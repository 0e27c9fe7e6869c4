"""A terminal was exchanged or reset (再設定 option): python playbooks/replace_terminal.py SITE HOST

Before you start: the terminal is unpacked, has its address, and WinRM is on (README, The PCs).

1. maintenance  whether the option still covers the terminal (maker's period, five years at most,
                not on the day of the PC's repair); where it doesn't, the run ends:
                playbooks/after_repair.py SITE HOST does the same work without the option
2. provision    the terminal alone: users, shares, firewall, clock
3. provision    everything else: the receipt PCs prove their access to the new terminal, and get
                the new password where it refuses the old one
4. verify       the whole site, and what changed; a good site is the accepted state from now on
5. winrm        what was loosened on the PCs for the work is put back

A step that fails ends the run with its exit code, and says what to do; from step 2 on also how to
close WinRM on the PCs, should you not go on today.
"""

from __future__ import annotations

import sys

from onshi_net.cli.run import run_steps


def main(site: str, host: str, options: list[str]) -> int:
    """Runs the steps; answers the exit code of the first that fails, or 0."""
    steps = (
        ["maintenance", site, "--resets", host],
        ["provision", site, "--only", host, "--yes"],
        ["provision", site, "--yes"],
        ["verify", site, "--accept"],
        ["winrm", "restore", site],
    )
    return run_steps(site, options, steps)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
