"""A lab for tests: `onshi-lab` under a name of its own, and `onshi` run on its laptop."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HOST_KEYS = shutil.ignore_patterns("known_hosts")
BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root for network namespaces: run the tests with sudo"
)


@dataclass(frozen=True)
class Clinic:
    """One lab that is up, and an inventory that the test may spoil."""

    name: str
    site: str
    inventory: Path

    @classmethod
    def raise_up(cls, site: str, folder: Path) -> Clinic:
        inventory = Path(
            shutil.copytree(ROOT / "inventory", folder / "inventory", ignore=HOST_KEYS)
        )
        clinic = cls(f"t{uuid.uuid4().hex[:6]}", site, inventory)
        try:
            clinic.lab("up", "--site", site)
        except subprocess.CalledProcessError as error:
            clinic.down()
            pytest.fail(f"the lab did not come up: {error.stderr}")
        return clinic

    def lab(self, *arguments: str) -> str:
        command = [str(BIN / "onshi-lab"), "--name", self.name, *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        return done.stdout

    def down(self) -> None:
        self.lab("down")

    def command(self, arguments: Sequence[str]) -> list[str]:
        """The command line that runs `onshi` on the laptop."""
        onshi = [str(BIN / "onshi"), "--lang", "en", "--inventory", str(self.inventory)]
        return [
            str(BIN / "onshi-lab"),
            "--name",
            self.name,
            "exec",
            "laptop",
            "--",
            *onshi,
            *arguments,
        ]

    def onshi(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        command = self.command([arguments[0], self.site, *arguments[1:]])
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)

    def verify(self) -> dict[str, Any]:
        """The JSON answer of `onshi verify`."""
        answer: dict[str, Any] = json.loads(self.onshi("verify", "--json").stdout)
        return answer


def states(answer: dict[str, Any]) -> dict[str, str]:
    """Check id to state."""
    return {check["id"]: check["state"] for check in answer["checks"]}
