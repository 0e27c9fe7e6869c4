"""Mutants: a file of the product changed in one place, tried against the tests that mirror it.

    make mutants FILE=onshi_net/platforms/yamaha/order.py

A mutant that no test notices is a behaviour without a test. `make` has the changes, `run` the
trial, `hook` is what puts the changed source in the place of the file: in memory, in every Python
that a test starts, so that no file of the tree is ever another than it was.

Why no library (looked at 2026-12): mutmut 3 changes function bodies only, while this project's
knowledge stands in tables and patterns of modules; cosmic-ray writes the change into the working
tree, where a run that is killed leaves it, has none for texts, conditions and statements, and
brings 28 packages; mutatest's last release is of 2022.
"""
