"""Faults of the lab by themselves, in pairs, unnamed, and none at all: what `verify` makes of each.

`python -m tests.lab.faults …` runs what is too much for a test; `--help` lists it.
"""
