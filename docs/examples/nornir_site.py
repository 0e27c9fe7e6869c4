"""A Nornir script of one's own: python docs/examples/nornir_site.py SITE [INVENTORY]

Shows each host's difference from the intent, and what the router says over a session of its own.
"""

from __future__ import annotations

import sys

from nornir import InitNornir
from nornir.core.task import Result, Task

from onshi_net.automation import plan


def uptime(task: Task) -> Result:
    """Asks the router by the connection plugin, in the words of its own family."""
    session = task.host.get_connection("onshi_router", task.nornir.config)
    return Result(task.host, result=session.config().splitlines()[0])


def main(site: str, inventory: str = "inventory") -> int:
    """Prints both; answers 1 where a host could not be asked."""
    options = {"site": site, "inventory_dir": inventory}
    nornir = InitNornir(
        inventory={"plugin": "OnshiInventory", "options": options},
        runner={"plugin": "onshi", "options": {"num_workers": 6}},
        logging={"enabled": False},
    )
    devices = nornir.filter(filter_func=lambda host: host.platform is not None)
    found = devices.run(task=plan)
    for host, result in found.items():
        told = result[0].exception if result.failed else result[0].diff or "as intended"
        print(f"{host}: {told}")
    for host, result in devices.filter(platform="yamaha").run(task=uptime).items():
        print(f"{host}: {result[0].exception if result.failed else result[0].result}")
    nornir.close_connections()
    return 1 if found.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
