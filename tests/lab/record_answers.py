"""Records what the lab's devices really answer while a site is verified: seeds of the fuzzers.

    python -m tests.lab.record_answers tests/hostile/answers

raises each example site, has its install day and verifies it once, with every answer noted as it
came in. Nobody's passwords are in them: the fuzzers' own test looks for that.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from onshi_net.cli.run import run as onshi
from onshi_net.evidence.probing import ProcessAsker
from onshi_net.platforms.yamaha.session import SshRouterSession
from onshi_net.transport.windows.session import WinrmSession
from tests.conftest import SITES
from tests.lab.clinic import Clinic

INSTALL_DAY = (("trust", "router", "--yes"), ("provision", "--yes"))


def recorded(file: Path, arguments: list[str]) -> None:
    """Runs `onshi` with ears at the three places where answers come in."""
    router: dict[str, str] = {}
    pcs: dict[str, list[Any]] = {}
    probe: list[Any] = []
    show, run, take = SshRouterSession.show, WinrmSession.run, ProcessAsker._take

    def shown(self: SshRouterSession, command: str) -> str:
        router[command] = said = show(self, command)
        return said

    def ran(self: WinrmSession, script: Any, **given: Any) -> dict[str, Any]:
        answer = run(self, script, **given)
        pcs.setdefault(script.name, []).append(answer)
        return answer

    def taken(self: ProcessAsker, line: bytes) -> None:
        probe.append(json.loads(line))
        take(self, line)

    SshRouterSession.show, WinrmSession.run, ProcessAsker._take = shown, ran, taken  # type: ignore[method-assign]
    try:
        onshi(arguments)
    finally:
        said = {"router": router, "pcs": pcs, "probe": probe}
        file.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")


def record(site: str, folder: Path) -> None:
    """Records one site."""
    with tempfile.TemporaryDirectory() as temporary:
        clinic = Clinic.raise_up(site, Path(temporary))
        try:
            for command in INSTALL_DAY:
                clinic.onshi(*command)
            script = [sys.executable, "-m", __spec__.name, "--inside", str(folder / f"{site}.json")]
            clinic.lab("exec", "laptop", "--", *script, *clinic.options, "verify", site)
        finally:
            clinic.down()


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        recorded(Path(sys.argv[2]), sys.argv[3:])
    else:
        for one in SITES:
            record(one, Path(sys.argv[1]).absolute())
