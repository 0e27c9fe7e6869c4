"""`OnshiInventory`: Nornir's inventory plugin for one site (entry point `OnshiInventory`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nornir.core.inventory import ConnectionOptions, Inventory
from nornir.plugins.inventory import SimpleInventory

from onshi_net.intent import site_intent
from onshi_net.intent.windows import WindowsIntent
from onshi_net.inventory import Secrets, load_site
from onshi_net.provision.site import Workshop
from onshi_net.transport.laptop import own_legs
from onshi_net.transport.windows.endpoint import Files

WORKSHOP = "onshi_workshop"
"""The key of the defaults' data under which a site's workshop stands."""


class OnshiInventory:
    """Loads a site as `onshi` does, and gives it to Nornir (InventoryPlugin)."""

    def __init__(
        self,
        site: str,
        inventory_dir: str = "inventory",
        runs_dir: str | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        """Takes the site's name and the inventory's folder.

        `runs_dir` is where journals are kept, beside the inventory without it; `secrets` are the
        backends, without them the keyring and the environment.
        """
        self._site = site
        self._folder = Path(inventory_dir)
        self._runs = Path(runs_dir) if runs_dir is not None else self._folder.parent / "runs"
        self._secrets = secrets

    def load(self) -> Inventory:
        """Answers the inventory. Raises InputError with every fault of the site's files."""
        found = load_site(self._folder, self._site)
        shop = Workshop(
            inventory=found,
            intent=site_intent(found),
            secrets=self._secrets or Secrets.standard(),
            known_hosts=found.folder / "known_hosts",
            runs=self._runs,
            legs=own_legs(),
        )
        stock = SimpleInventory(
            host_file=str(found.folder / "hosts.yaml"),
            group_file=str(self._folder / "groups.yaml"),
            defaults_file=str(self._folder / "defaults.yaml"),
        ).load()
        router = stock.hosts[shop.intent.router.host]
        router.connection_options["onshi_router"] = _options(_router(shop))
        for name, intent in shop.windows.items():
            stock.hosts[name].connection_options["onshi_windows"] = _options(_pc(shop, intent))
        stock.defaults.data[WORKSHOP] = shop
        return stock


def workshop_of(inventory: Inventory) -> Workshop:
    """Answers what the hosts of a site share. Raises KeyError for another plugin's inventory."""
    shop: Workshop = inventory.defaults.data[WORKSHOP]
    return shop


def _options(extras: dict[str, Any]) -> ConnectionOptions:
    return ConnectionOptions(extras=extras)


def _router(shop: Workshop) -> dict[str, Any]:
    management = shop.intent.router.management
    return {
        "secrets": shop.secrets,
        "known_hosts": shop.known_hosts,
        "secret": management.secret,
        "admin_secret": management.admin_secret,
        "initial_secret": management.initial_secret,
        "unnamed_secret": management.unnamed_secret,
    }


def _pc(shop: Workshop, intent: WindowsIntent) -> dict[str, Any]:
    access = intent.access
    return {
        "secrets": shop.secrets,
        "secret": access.secret,
        "files": Files.under(shop.known_hosts.parent),
        "tls": access.tls,
        "legs": shop.legs,
        "host": access.host,
        "computer_name": access.computer_name,
        "site": access.site,
    }
