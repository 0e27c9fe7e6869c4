"""SIGKILL and a cut cable at twenty moments each of the PCs' change, by the command on the laptop.

The moments are numbers of packets on the PC's own cable, spread over a whole run. Afterwards the PC
is in its old state or in its new one, and after the next run nothing of ours is left on it.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.budget import RUN, drawn
from tests.lab.clinic import LIMIT_S, TEST_S, Clinic, needs_root

pytestmark = [needs_root, pytest.mark.timeout(TEST_S)]
SITE = "demo-clinic"
LABS = 4 if RUN.full else 1
"""For each PC: what is cut waits for its time limits, so several wait side by side."""
MOMENTS = 10
ADMINISTRATORS = {"terminal-1": "onsadmin", "receipt-1": "clinicadmin"}
SOCKETS = {"terminal-1": ("router", "lan1p1"), "receipt-1": ("clinic-switch", "r1")}
"""The far ends of the PCs' cables."""
STATE = {
    "terminal-1": {
        "onsadmin": """
            (Get-SmbShare).Name
            (Get-LocalUser).Name
            (Get-NetFirewallRule -Name onshi-smb-in -ErrorAction SilentlyContinue).Enabled
            (Get-Service W32Time).StartType
            Get-DnsClientServerAddress | ForEach-Object { $_.ServerAddresses }
        """,
    },
    "receipt-1": {
        "clinicadmin": """
            foreach ($store in 'ActiveStore', 'PersistentStore') {
              $routes = Get-NetRoute -PolicyStore $store -ErrorAction SilentlyContinue
              foreach ($one in @($routes | Where-Object { $_.DestinationPrefix -like '10.51.*' })) {
                "$store $($one.DestinationPrefix) $($one.NextHop) $($one.RouteMetric)"
              }
            }
        """,
        "reception": "cmdkey /list",
    },
}
"""What is looked at to tell old from new, and as whom."""


@dataclass(frozen=True)
class Bench:
    """A clinic with one PC that is exchanged before each trial; all else is as it must be."""

    clinic: Clinic
    node: str
    new: str
    old: str
    packets: int
    """On the PC's cable in a whole run."""

    @classmethod
    def build(cls, node: str, folder: Path) -> Bench:
        clinic = Clinic.raise_up(SITE, folder)
        try:
            done = clinic.onshi("provision", "--yes")
            assert done.returncode == 0, done.stderr
            new = seen(clinic, node)
            clinic.lab("exchange", node)
            old = seen(clinic, node)
            assert old != new
            before = packets(clinic, node)
            assert provision(clinic, node).returncode == 0
            return cls(clinic, node, new, old, packets(clinic, node) - before)
        except BaseException:
            clinic.down()
            raise


def seen(clinic: Clinic, node: str) -> str:
    """What somebody at the PC finds of our settings."""
    return "\n".join(clinic.at_pc(node, user, script) for user, script in STATE[node].items())


def packets(clinic: Clinic, node: str) -> int:
    """How many packets have passed the PC's network card, in and out."""
    pid = (clinic.directory / "services" / node / "windows" / "pid").read_text()
    lines = Path(f"/proc/{pid}/net/dev").read_text().splitlines()
    counts = next(line for line in lines if "eth0:" in line).split(":")[1].split()
    return int(counts[1]) + int(counts[9])


def provision(clinic: Clinic, node: str) -> subprocess.CompletedProcess[str]:
    return clinic.onshi("provision", "--only", node, "--yes")


def set_cable(bench: Bench, state: str) -> None:
    switch, socket = SOCKETS[bench.node]
    command = ["ip", "-n", f"{bench.clinic.name}-{switch}", "link", "set", socket, state]
    subprocess.run(command, check=True)


def kill(_bench: Bench, run: subprocess.Popen[bytes]) -> None:
    run.kill()


def cut(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    set_cable(bench, "down")
    run.wait(LIMIT_S)
    set_cable(bench, "up")


Stop = Callable[[Bench, "subprocess.Popen[bytes]"], None]


def interrupted(bench: Bench, moment: int, stop: Stop) -> int | None:
    """Starts a run, stops it once so many packets have passed, and answers its exit code."""
    clinic, node = bench.clinic, bench.node
    clinic.lab("exchange", node)
    until = packets(clinic, node) + moment
    command = clinic.command(["provision", SITE, "--only", node, "--yes"])
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while packets(clinic, node) < until and run.poll() is None:
            time.sleep(0.003)  # the kernel counts, and tells nobody
        stop(bench, run)
    finally:
        run.kill()
        code = run.wait()
    return code


def settled(bench: Bench) -> str:
    """Answers what is seen once the PC has ended what it had begun.

    The last of a script can still be on its way, in a queue of either machine, while nothing runs:
    what is neither old nor new is looked at again, for at most a minute.
    """
    deadline = time.monotonic() + 60
    while True:
        status = bench.clinic.pc(bench.node, do="status")
        busy = status["busy"] or status["tasks"]
        found = "" if busy else seen(bench.clinic, bench.node)
        if found in (bench.old, bench.new) or time.monotonic() > deadline:
            return found or str(status)
        time.sleep(0.02)  # the PC tells nobody


def left_over(bench: Bench) -> list[str]:
    """Everything of ours on the PC that is no setting: tasks, shells, files, the batch right."""
    clinic, node = bench.clinic, bench.node
    status = clinic.pc(node, do="status")
    disk = clinic.directory / "services" / node / "windows" / "state" / "c"
    members = "(Get-LocalGroupMember -SID S-1-5-32-559).Name"
    right = clinic.at_pc(node, ADMINISTRATORS[node], members)
    files = [str(file) for file in disk.rglob("*onshi*")]
    return [*status["tasks"], *["shell"] * status["shells"], *files, *right.split()]


def trial(bench: Bench, moment: int, stop: Stop, *, patient: bool) -> tuple[str, list[str]]:
    """One interruption; answers in which state the PC was then, and all that is wrong.

    An impatient technician starts the next run while the PC still carries out the first one.
    """
    code = interrupted(bench, moment, stop)
    state, found = "not looked at", ""
    if patient:
        found = settled(bench)
        state = {bench.old: "old", bench.new: "new"}.get(found, "between")
    again = provision(bench.clinic, bench.node)
    left, after = left_over(bench), seen(bench.clinic, bench.node)
    wrong = [
        f"{what} (packet {moment}, exit code {code})"
        for what, bad in (
            (f"between old and new:\n{found}", state == "between"),
            (f"the next run failed:\n{again.stderr}", again.returncode != 0),
            (f"not as it must be:\n{after}", after != bench.new),
            (f"left behind: {left}", bool(left)),
        )
        if bad
    ]
    return state, wrong


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, SimpleQueue[Bench]]]:
    queues: dict[str, SimpleQueue[Bench]] = {node: SimpleQueue() for node in ADMINISTRATORS}
    folders = [(node, tmp_path_factory.mktemp(node)) for node in queues for _ in range(LABS)]
    with ThreadPoolExecutor(len(folders)) as pool:
        built = [pool.submit(Bench.build, *folder) for folder in folders]
    try:
        for job in built:
            queues[job.result().node].put(job.result())
        yield queues
    finally:
        for job in built:
            if job.exception() is None:
                job.result().clinic.down()


@pytest.mark.parametrize(
    ("stop", "kind", "patient"),
    [(kill, "pc-kills", True), (cut, "pc-cuts", True), (kill, "pc-kills-impatient", False)],
    ids=["killed", "cut", "killed-and-run-again-at-once"],
)
def test_a_pc_is_old_or_new_and_the_next_run_leaves_nothing(
    benches: dict[str, SimpleQueue[Bench]], stop: Stop, kind: str, patient: bool
) -> None:
    def one(node: str, number: int) -> tuple[str, list[str]]:
        bench = benches[node].get()
        try:
            moment = round((number + 0.5) * bench.packets / MOMENTS)
            return trial(bench, moment, stop, patient=patient)
        finally:
            benches[node].put(bench)

    with ThreadPoolExecutor(2 * LABS) as pool:
        numbers = {node: drawn(kind, range(MOMENTS), node) for node in benches}
        jobs = [pool.submit(one, node, n) for node, some in numbers.items() for n in some]
        done = [job.result() for job in jobs]
    assert [fault for _, wrong in done for fault in wrong] == []
    found = {state for state, _ in done}
    assert found <= ({"old", "new"} if patient else {"not looked at"})
    assert RUN.full <= (found == {"old", "new"} or not patient)
