"""What the probe's process may and sees: the rights of raw packets, and no secret of ours."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from onshi_net.evidence.probing import HANDED_ON, PROBE, ProcessAsker, probe_process
from onshi_net.facts.types import Outcome
from onshi_net.probe.confine import NET_RAW

CANARY = "canary-31415926"
TOO_BUSY = ("held-up", "overran", "probe-stuck")
"""What a machine says that has no time for a question."""
CONFINED = """
import os, subprocess
from onshi_net.probe.confine import confine
confine()
print(open('/proc/self/status').read(), flush=True)
subprocess.run(['cat', '/proc/self/status'], check=True)
"""


def rights(status: str) -> list[tuple[str, int]]:
    """Every set of capabilities in the text of /proc/PID/status but the bounding one."""
    lines = [line.split() for line in status.splitlines() if line.startswith("Cap")]
    return [(key, int(value, 16)) for key, value in lines if key != "CapBnd:"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="capabilities are Linux'")
def test_the_probe_and_what_it_starts_have_the_right_to_raw_packets_and_no_other() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", CONFINED], check=True, capture_output=True, text=True
    )
    found = rights(done.stdout)
    assert len(found) == 8
    assert {value for _, value in found} <= {0, 1 << NET_RAW}
    assert done.stdout.count("NoNewPrivs:\t1") == 2
    if os.geteuid() == 0:
        assert ("CapEff:", 1 << NET_RAW) in found


async def asked(monkeypatch: pytest.MonkeyPatch) -> tuple[Outcome, str, bytes, str]:
    """A question's outcome, the probe's environment and its arguments, by the real process."""
    seen: list[int] = []
    start = ProcessAsker.__init__

    def watched(self: ProcessAsker, process: asyncio.subprocess.Process) -> None:
        seen.append(process.pid)
        start(self, process)

    monkeypatch.setattr(ProcessAsker, "__init__", watched)
    async with probe_process() as probe:
        while (fields := await probe._asker.ask("interfaces", 5.0, {}))["detail"] in TOO_BUSY:
            pass
        process = Path(f"/proc/{seen[0]}")
        status = (process / "status").read_text()
        environment = (process / "environ").read_bytes()
        return Outcome(fields["outcome"]), json.dumps(fields), environment, status


def test_a_module_in_the_current_folder_is_not_the_probes_and_no_secret_goes_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("scapy", "onshi_net", "json", "dns", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write('x')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("ONSHI_SECRET_DEMO", CANARY)
    monkeypatch.setenv("LD_PRELOAD", "")
    outcome, said, environment, status = asyncio.run(asked(monkeypatch))
    assert outcome is Outcome.OK, said
    assert not (tmp_path / "ran").exists()
    names = {one.split(b"=")[0].decode() for one in environment.split(b"\0") if one}
    assert names <= {*HANDED_ON}
    assert CANARY.encode() not in environment
    assert {value for _, value in rights(status)} <= {0, 1 << NET_RAW}
    assert PROBE[1] == "-P"


def test_a_home_gets_a_cache_and_no_folder_of_settings(tmp_path: Path) -> None:
    """Scapy makes ~/.config where there is none, and puts nothing there."""
    given = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    program = [sys.executable, "-P", "-c", "import onshi_net.probe.frames"]
    subprocess.run(program, env=given, check=True)
    assert [one.name for one in tmp_path.iterdir()] == [".cache"]
