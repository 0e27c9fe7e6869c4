"""The engine of network namespaces: what of the topology and the faults the kernel must hold.

Only `engine.py` calls it. Everything here needs root.
"""
