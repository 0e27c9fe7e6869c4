"""The router fixture of tests/transport."""

from tests.transport.conftest import router

__all__ = ["router"]
