"""One provisioning run as a process of its own, for tests that kill it.

Prints each progress message.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from onshi_net.errors import OnshiError  # noqa: E402
from onshi_net.provision import apply_router  # noqa: E402
from tests.transport.routers import intent_for, loopback_config, new_secrets  # noqa: E402


def say(_host: str, message_id: str, **_values: object) -> None:
    print(message_id, flush=True)


def main() -> int:
    port, folder, guard_s = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    try:
        outcome = apply_router(
            intent_for(port),
            new_secrets(),
            folder / "known",
            runs=folder / "runs",
            site="demo-clinic",
            guard_s=guard_s,
            progress=say,
            render=loopback_config,
        )
    except OnshiError as error:
        print(error, flush=True)
        return error.exit_code
    print(outcome.state, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
