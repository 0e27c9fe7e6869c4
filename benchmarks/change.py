"""A router's provisioning now against an earlier commit: demo-clinic's, as delivered.

`python benchmarks/change.py [COMMIT]`. Both products meet today's lab, each time a new one, in
turns, and without the proof with packets, whose cost proof.py tells. Prints the seconds of each and
their ratio; the goal is at most 1.1. Takes about two minutes and needs root, for the lab.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from io import BytesIO
from pathlib import Path
from statistics import median

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.lab.clinic import Clinic  # noqa: E402

SITE, HOST = "demo-clinic", "router"
BEFORE = ":/a file of passwords that was not finished goes away"
"""The last commit before the families' rooms and the pure core."""
ROUNDS = 5
GOAL = 1.1
PROGRAM = """
from contextlib import nullcontext
try:
    from onshi_net.checks import proof
    from onshi_net.provision import packets
except ImportError:  # an earlier commit proves nothing with packets
    pass
else:
    proof.measuring = lambda *_given: nullcontext(packets.unmeasured)
from onshi_net.cli import main
main()
"""


def checkout(commit: str, folder: Path) -> Path:
    """Unpacks the product of a commit; answers the folder to import it from."""
    parts = ("onshi_net", "templates", "playbooks", "inventory", "pyproject.toml")
    packed = subprocess.run(
        ("git", "archive", commit, *parts), cwd=ROOT, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    _installed(folder)
    return folder


def _installed(folder: Path) -> None:
    """Lets its own entry points be found before those of the product that is installed."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    information = folder / f"{project['name'].replace('-', '_')}-0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0\n", encoding="utf-8"
    )
    rows = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in found.items())
        for group, found in project["entry-points"].items()
    ]
    (information / "entry_points.txt").write_text("\n".join(rows), encoding="utf-8")
    needed = [one for one in project["dependencies"] if not _is_there(one)]
    if needed:
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder)
        subprocess.run((*pip, *needed), check=True)


def _is_there(requirement: str) -> bool:
    """Answers whether what an earlier product needs is installed for today's too."""
    try:
        distribution(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
    except PackageNotFoundError:
        return False
    return True


def provisioned(source: Path, inventory: Path) -> tuple[float, float]:
    """Provisions the router in a new lab; answers the command's and the device's seconds."""
    clinic = Clinic.raise_up(SITE, inventory)
    try:
        _of_that_time(source, clinic.inventory)
        words = (*clinic.options, "provision", SITE, "--only", HOST, "--yes", "--json")
        command = clinic.inside(
            "laptop", "env", f"PYTHONPATH={source}", sys.executable, "-c", PROGRAM, *words
        )
        begun = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=source)
        took = time.monotonic() - begun
        if done.returncode != 0:
            sys.exit(done.stderr + done.stdout)
        (host,) = json.loads(done.stdout)["hosts"]
        if host["state"] != "changed":
            sys.exit(f"it was not new: {host}")
        return took, host["duration_s"]
    finally:
        clinic.down()


def _of_that_time(source: Path, inventory: Path) -> None:
    """Leaves out what a product of before the files' format did not know yet."""
    if (source / "onshi_net" / "formats.py").exists():
        return
    for file in inventory.rglob("*.yaml"):
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
        said.pop("format", None)
        terminal = said.get("windows", {}).get("terminal", {})
        for later in ("software", "certificate_backup"):
            terminal.pop(later, None)
        file.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")


def main() -> None:
    """Prints the medians and their ratio; exits with 1 above the goal."""
    commit = sys.argv[1] if len(sys.argv) > 1 else BEFORE
    with tempfile.TemporaryDirectory() as folder:
        sources = {commit: checkout(commit, Path(folder, "before")), "now": ROOT}
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in sources}
        for number in range(ROUNDS):
            for name, source in sources.items():
                found[name].append(provisioned(source, Path(folder, f"{number}-{name}")))
    middle = {
        name: tuple(median(one[kind] for one in rounds) for kind in (0, 1))
        for name, rounds in found.items()
    }
    for name, (command, device) in middle.items():
        print(f"{name}: command {command:.2f} s, device {device:.2f} s")
    ratios = [now / then for now, then in zip(middle["now"], middle[commit], strict=True)]
    print(f"ratio: command {ratios[0]:.2f}, device {ratios[1]:.2f} (goal: at most {GOAL})")
    sys.exit(max(ratios) > GOAL)


if __name__ == "__main__":
    main()
