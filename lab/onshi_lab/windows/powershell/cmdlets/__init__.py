"""The cmdlets, one file a subject; importing a file registers its cmdlets."""

import importlib

MODULES = (
    "acl",
    "adapters",
    "cim",
    "core",
    "data",
    "events",
    "firewall",
    "items",
    "local_users",
    "network",
    "remoting",
    "shares",
    "system",
    "tasks",
)


def load() -> None:
    """Registers every cmdlet."""
    for name in MODULES:
        importlib.import_module(f"{__name__}.{name}")
