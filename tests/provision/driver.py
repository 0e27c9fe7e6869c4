"""One provisioning run as the body of a process of its own, for tests that kill it."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from onshi_net.errors import OnshiError
from onshi_net.provision import apply_router
from tests.transport.routers import any_of, loopback_config, new_secrets


def provision(port: int, folder: Path, guard_s: int, pipe: Connection) -> None:
    """Provisions; sends each progress message, then how it ended."""

    def say(_host: str, message_id: str, **_values: object) -> None:
        pipe.send(message_id)

    try:
        outcome = apply_router(
            any_of(port),
            new_secrets(),
            folder / "known",
            runs=folder / "runs",
            site="demo-clinic",
            guard_s=guard_s,
            progress=say,
            render=loopback_config,
        )
    except OnshiError as error:
        pipe.send(str(error))
    else:
        pipe.send(str(outcome.state))
