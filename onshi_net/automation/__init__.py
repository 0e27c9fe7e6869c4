"""Nornir's way in: a site as an inventory of anybody's own Nornir script, with our tasks.

    nr = InitNornir(inventory={"plugin": "OnshiInventory", "options": {"site": "demo-clinic"}},
                    runner={"plugin": "onshi", "options": {"num_workers": 6}})
    nr.filter(name="router").run(task=plan)

`OnshiInventory` is stock Nornir's own inventory of the site's files; what it adds are the options
of the connections `onshi_router` and `onshi_windows`, so that `task.host.get_connection(…)` works.
"""

from onshi_net.automation.inventory import OnshiInventory, workshop_of
from onshi_net.automation.tasks import collect, plan, provision

__all__ = ["OnshiInventory", "collect", "plan", "provision", "workshop_of"]
