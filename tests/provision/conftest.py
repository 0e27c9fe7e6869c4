"""The router fixture of tests/transport, and the clock of a change."""

from tests.provision.clock import clock
from tests.transport.conftest import router

__all__ = ["clock", "router"]
