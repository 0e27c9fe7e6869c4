"""Tasks for Nornir: what `onshi plan` and `provision` do, and what `verify` reads, a host each."""

from __future__ import annotations

from nornir.core.task import Result, Task

from onshi_net.automation.inventory import workshop_of
from onshi_net.errors import Fault, InputError, Place
from onshi_net.evidence.windows import ask_pc, opener_from_here
from onshi_net.i18n import text
from onshi_net.platforms.base import platform
from onshi_net.provision.outcome import Progress, silent
from onshi_net.provision.site import HostOutcome, Workshop, apply_site, plan_site


def plan(task: Task) -> Result:
    """Compares a host with the intent; the result is its plan, `diff` what would change.

    Raises what keeps the host from being read, InputError for one that is not ours to set up.
    """
    (found,) = plan_site(_shop(task), task.host.name)
    if isinstance(found, HostOutcome):
        raise _error(found)
    return Result(task.host, result=found, diff="\n".join(found.diff), changed=not found.is_empty)


def provision(task: Task, guard_s: int = 300, progress: Progress = silent) -> Result:
    """Makes a host what the intent says, wholly or not at all; the result is its `HostOutcome`.

    One host alone: what it needs of others must be there already. `guard_s` are the seconds after
    which a router undoes by itself what is not confirmed. Raises what ended it otherwise.
    """
    shop = _shop(task)
    (done,) = apply_site(shop, guard_s=guard_s, progress=progress, only=task.host.name)
    if done.error is not None:
        raise _error(done)
    return Result(task.host, result=done, changed=done.state == "changed")


def collect(task: Task) -> Result:
    """Reads a router or PC; the result is its state as evidence keeps it, never a verdict.

    What could not be read is a state too, with its reason. Raises InputError for a host that is
    neither, or that others set up.
    """
    shop, name = _shop(task), task.host.name
    router = shop.intent.router
    if name == router.host:
        family = platform(router.model.platform)
        return Result(
            task.host, result=family.ask(shop.intent, shop.secrets, shop.known_hosts, None)
        )
    opener = opener_from_here(shop.intent, shop.secrets, shop.known_hosts.parent)
    return Result(task.host, result=ask_pc(shop.windows[name], shop.secrets, opener))


def _shop(task: Task) -> Workshop:
    """Answers the site's workshop. Raises InputError for a host that is not ours to set up."""
    shop, name = workshop_of(task.nornir.inventory), task.host.name
    if name not in shop.names(None):
        words = text("inventory.one-of", words=", ".join(shop.names(None)))
        raise InputError([Fault(Place(item=name), text("cli.not-configurable", host=name), words)])
    return shop


def _error(outcome: HostOutcome) -> BaseException:
    return outcome.error if outcome.error is not None else RuntimeError(outcome.host)
