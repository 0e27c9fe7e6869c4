"""python -m onshi_lab.wire [SITE]: what the service `wire` of lab/compose.yaml does, once.

It wires the containers that compose started, starts their daemons, has the laptop provision the
site, and leaves the passwords with the laptop. Then it ends. Run again, it looks whether all of
that still stands, and does it anew where it does not.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from onshi_lab import asking, credentials, engine, engines, inside, state
from onshi_lab.engines.boxes import door
from onshi_lab.errors import LabError
from onshi_lab.status import measure

LAB = "lab"
ENGINE = "compose"
INVENTORY = Path("/srv/onshi/inventory")
"""In the image."""
SECRETS = Path("/run/onshi-secrets/env")
"""In the laptop; the image's `onshi` reads it."""
PROGRAM = "/opt/onshi/bin/onshi"
REMEMBERED = ("known_hosts", "baseline.json", "windows-shells.json")


def wire(site: str) -> int:
    """Wire, provision, hand over; answers the exit code of the provisioning."""
    engines.by_name(ENGINE).check()
    if not stands():
        engine.down(LAB)
        engine.up(LAB, engine.Order(INVENTORY, site, engine=ENGINE))
        print(f"wire: {site} is wired; the laptop provisions it", flush=True)
        # Routers and PCs are new ones: what the laptop remembers of others would be refused.
        known = (f"inventory/sites/{site}/{name}" for name in REMEMBERED)
        _on_laptop("rm", "-rf", *known, f"runs/{site}")
        code = _on_laptop(PROGRAM, "provision", site, "--yes")
        if code != 0:
            return code
    _hand_over(site)
    command = f"docker-compose -f lab/compose.yaml exec laptop onshi verify {site}"
    print(f"wire: {site} is ready: {command}")
    return 0


def stands() -> bool:
    """Whether the lab is up and every cable and daemon of it is still there."""
    record = state.load(LAB)
    if record is None or not record.ready or record.engine != ENGINE:
        return False
    return all(
        node.exists and len(node.interfaces) > 1 and all(one.running for one in node.services)
        for node in measure(LAB).nodes
    )


def _on_laptop(*command: str) -> int:
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"}
    argv, given = inside.exec_arguments(LAB, "laptop", command, environment)
    return subprocess.run(argv, env=given, check=False).returncode


def _hand_over(site: str) -> None:
    given = {
        "ONSHI_LAB": LAB,
        "ONSHI_LAB_SITE": site,
        **credentials.environment(state.load_secrets(LAB)),
    }
    text = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in given.items())
    asking.give(door(LAB, "laptop"), {SECRETS: text.encode()})


def main() -> None:
    """Wire the site of the command line, demo-clinic by default."""
    try:
        code = wire(sys.argv[1] if len(sys.argv) > 1 else "demo-clinic")
    except LabError as error:
        print(f"wire: {error}", file=sys.stderr)
        code = error.exit_code
    sys.exit(code)


if __name__ == "__main__":
    main()
