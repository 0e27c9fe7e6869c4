"""What of the topology and the faults the kernel must hold, whatever engine holds the nodes.

Only `engine.py` and `engines/` call it. Everything here needs root.
"""
