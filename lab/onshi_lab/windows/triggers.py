r"""Triggers that start and stop a service.

Sources: Microsoft, KB 2385818 (they stop Windows Time on a workgroup PC at each start);
SERVICE_TRIGGER (type 3: the PC joins or leaves a domain, 1: its first address comes or its last one
goes; action 1: start, 2: stop). That they lie below the service's key as TriggerInfo\N with Type
and Action is an inference from installed PCs.
"""

from onshi_lab.windows.registry import SERVICES, Registry, Values
from onshi_lab.windows.services import ServiceManager

Trigger = tuple[int, int]
"""Type and action."""
DOMAIN, NETWORK = 3, 1
START, STOP = 1, 2
DOMAIN_JOINED: tuple[Trigger, ...] = ((DOMAIN, START), (DOMAIN, STOP))
"""Those of Windows Time on a new PC."""


def _key(service: str) -> str:
    return rf"{SERVICES}\{service}\TriggerInfo"


def as_keys(service: str, triggers: tuple[Trigger, ...]) -> dict[str, Values]:
    """The registry's keys of a service's triggers."""
    return {
        rf"{_key(service)}\{number}": {"Type": kind, "Action": action}
        for number, (kind, action) in enumerate(triggers)
    }


def put(registry: Registry, service: str, triggers: tuple[Trigger, ...]) -> None:
    """Replaces a service's triggers."""
    registry.delete(_key(service))
    for key, values in as_keys(service, triggers).items():
        registry.create(key)
        for name, value in values.items():
            registry.set(key, name, value)


def fire_at_boot(registry: Registry, services: ServiceManager) -> None:
    """Stops what runs in a domain only: no mock PC is in one."""
    for service in services.all():
        for key in registry.subkeys(_key(service.name)):
            if (registry.get(key, "Type"), registry.get(key, "Action")) == (DOMAIN, STOP):
                services.set_running(service.name, False)
