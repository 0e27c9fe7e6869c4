"""From `inventory/` on disk to typed, checked hosts, and from secret references to secrets.

`load_site` reads one site's files only, whatever the fleet's size. Nothing here opens a connection.
"""

from onshi_net.inventory.load import SiteInventory, load_site, site_names
from onshi_net.inventory.secrets import Secret, Secrets

__all__ = ["Secret", "Secrets", "SiteInventory", "load_site", "site_names"]
