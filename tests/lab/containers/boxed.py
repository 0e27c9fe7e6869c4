"""A lab in containers for tests, and whether this machine can raise one."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from onshi_lab.engines.containers import image
from tests.conftest import KEPT
from tests.lab.clinic import BIN, ROOT, Clinic

REQUIRED = os.environ.get("ONSHI_REQUIRE_ENGINE") == "1"
"""Set by CI: there, a test of containers that does not run is a test that failed."""


def lacking(program: str = "docker") -> str | None:
    """Why this machine cannot raise the lab in containers; None when it can."""
    if os.geteuid() != 0:
        return "needs root to wire containers: run the tests with sudo"
    if shutil.which(program) is None:
        return f"{program} is not installed here"
    if run(program, "info").returncode != 0:
        return f"{program} does not answer; start one: eval $(scripts/engine up)"
    if run(program, "image", "inspect", image()).returncode != 0:
        return f"the image {image()} is not built: scripts/image"
    return None


def require(program: str = "docker") -> None:
    """Skip the test, with the reason, where containers cannot be; fail it where they must be."""
    reason = lacking(program)
    if reason is None:
        return
    if REQUIRED:
        pytest.fail(f"ONSHI_REQUIRE_ENGINE=1, but {reason}")
    pytest.skip(reason)


def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Boxed(Clinic):
    """A lab whose nodes are containers of Docker."""

    @classmethod
    def raise_up(cls, site: str, folder: Path) -> Boxed:
        inventory = Path(shutil.copytree(ROOT / "inventory", folder / "inventory", ignore=KEPT))
        clinic = cls(f"t{uuid.uuid4().hex[:6]}", site, inventory)
        words = [str(BIN / "onshi-lab"), "--name", clinic.name, "up", "--site", site]
        done = run(*words, "--engine", "docker", cwd=folder)
        if done.returncode != 0:
            clinic.down()
            pytest.fail(f"the lab did not come up: {done.stderr}")
        return clinic

    def command(self, arguments: Sequence[str]) -> list[str]:
        """The laptop has its own `onshi`, and the folder that holds the inventory."""
        return self.inside("laptop", "onshi", *self.options, *arguments)
