"""From `inventory/` on disk to typed, checked hosts, and from secret references to secrets.

`load_site` reads one site's files only, whatever the fleet's size; `all_sites` lists the fleet.
Nothing here opens a connection.
"""

from onshi_net.inventory.load import SiteInventory, load_site
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.inventory.sites import all_sites, site_folder, site_names

__all__ = [
    "Secret", "Secrets", "SiteInventory", "all_sites", "load_site", "site_folder", "site_names",
]  # fmt: skip
