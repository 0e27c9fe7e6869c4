"""A lab for tests: `onshi-lab` under a name of its own, and `onshi` run on its laptop."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from onshi_lab.windows.ask import ask
from tests.conftest import KEPT

LABS = Path("/run/onshi-lab")
KEY = re.compile(r"PRIVATE KEY-----\n(.+)\n")
WORD = re.compile(r"(.+)")
BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
LIMIT_S = 600.0
"""Ends a command that hangs; on a machine with ten things to do at once one lasts minutes."""
TEST_S = 3 * LIMIT_S
"""The same for a test, with the lab that it raises."""
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
    def raise_up(cls, site: str, folder: Path, *options: str) -> Clinic:
        inventory = Path(shutil.copytree(ROOT / "inventory", folder / "inventory", ignore=KEPT))
        clinic = cls(f"t{uuid.uuid4().hex[:6]}", site, inventory)
        try:
            clinic.lab("up", "--inventory", str(inventory), "--site", site, *options)
        except subprocess.CalledProcessError as error:
            clinic.down()
            pytest.fail(f"the lab did not come up: {error.stderr}")
        return clinic

    def lab(self, *arguments: str) -> str:
        command = [str(BIN / "onshi-lab"), "--name", self.name, *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT_S)
        return done.stdout

    def down(self) -> None:
        self.lab("down")

    def pc(self, node: str, **request: Any) -> dict[str, Any]:
        """Does to a PC what `onshi_lab.windows.control` lists; answers what came of it."""
        return ask(self.directory / "services" / node / "windows" / "state", request)

    def at_pc(self, node: str, user: str, script: str) -> str:
        """What somebody logged on at a PC sees when running a PowerShell script there."""
        answer = self.pc(node, do="console", user=user, script=script)
        assert answer["code"] == 0, answer
        return str(answer["output"]).strip()

    @property
    def directory(self) -> Path:
        """Everything that the lab writes."""
        return LABS / self.name

    @property
    def options(self) -> list[str]:
        return ["--lang", "en", "--inventory", str(self.inventory)]

    def inside(self, node: str, *command: str) -> list[str]:
        """The command line that runs a command inside a node."""
        return [str(BIN / "onshi-lab"), "--name", self.name, "exec", node, "--", *command]

    def command(self, arguments: Sequence[str]) -> list[str]:
        """The command line that runs `onshi` on the laptop."""
        return self.inside("laptop", str(BIN / "onshi"), *self.options, *arguments)

    def onshi(self, *arguments: str, timeout: float = LIMIT_S) -> subprocess.CompletedProcess[str]:
        """Runs `onshi COMMAND SITE …` on the laptop; `arguments` begin with the command's words.

        A `verify` that says that the laptop was too busy to measure is repeated, as it asks.
        """
        command = self.command([*arguments[0].split(), self.site, *arguments[1:]])
        while True:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=timeout, check=False
            )
            if arguments[0] != "verify" or not was_too_busy(done.stdout):
                return done

    def playbook(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a playbook for the site on the laptop."""
        script = [sys.executable, str(ROOT / "playbooks" / f"{name}.py"), self.site]
        command = self.inside("laptop", *script, *arguments, *self.options)
        return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)

    def connects(self, node: str, address: str, port: int) -> bool:
        """Whether a TCP connection from a node is answered."""
        program = f"import socket; socket.create_connection(({address!r}, {port}), 2)"
        command = self.inside(node, sys.executable, "-c", program)
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def secrets(self) -> list[bytes]:
        """The passwords that the laptop is given, and of a key the part that nothing else holds."""
        variables = self.lab("exec", "laptop", "--", "env", "-0").split("\0")
        given = [one.partition("=")[2] for one in variables if one.startswith("ONSHI_SECRET_")]
        return [(KEY.search(one) or WORD.search(one))[1].encode() for one in given]

    def verify(self) -> dict[str, Any]:
        """The JSON answer of `onshi verify`."""
        answer: dict[str, Any] = json.loads(self.onshi("verify", "--json").stdout)
        return answer


def was_too_busy(said: str) -> bool:
    """Whether a verification could not measure because this machine was held up."""
    return "laptop was too busy" in " ".join(said.split())


def states(answer: dict[str, Any]) -> dict[str, str]:
    """Check id to state."""
    return {check["id"]: check["state"] for check in answer["checks"]}
