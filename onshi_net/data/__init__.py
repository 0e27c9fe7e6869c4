"""Data files: regions, routers, services, brochure: addresses, names and prices live here."""
