"""Processes that are forked from one that has imported everything, so that they start at once.

Python and the libraries of both sides take about a second of computing; the tests of the router's
change start some hundred routers and runs.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["tests.transport.router_process", "tests.provision.driver"])


def start(target: Callable[..., object], *given: object) -> BaseProcess:
    """Starts a function of a module in a process of its own, which ends with this one."""
    process = _FORKED.Process(target=target, args=given, daemon=True)
    process.start()
    return process
