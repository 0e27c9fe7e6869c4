"""Data files: regions, router models, services. Addresses, names and prices live here, not in code."""
