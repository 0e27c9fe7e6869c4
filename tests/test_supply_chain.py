"""What is installed where: two locks, ranges, a list of parts, a wheel of always the same bytes."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LAPTOP, DEVELOPERS = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [Requirement(one) for one in PROJECT["dependencies"]]
EXTRAS = {
    name: [Requirement(one) for one in some]
    for name, some in PROJECT["optional-dependencies"].items()
}


def pinned(lock: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Answers version and hashes of each package of a lock."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    whole = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in whole.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            requirement = Requirement(line.partition("--hash")[0].strip())
            (exact,) = requirement.specifier
            assert exact.operator == "=="
            hashes = frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})(?:\s|$)", line))
            assert len(hashes) == line.count("--hash")
            found[canonicalize_name(requirement.name)] = (exact.version, hashes)
    return found


@pytest.mark.parametrize("lock", [LAPTOP, DEVELOPERS], ids=lambda lock: lock.name)
def test_a_lock_pins_by_hash_and_names_no_place(lock: Path) -> None:
    found = pinned(lock)
    assert len(found) > 50
    assert [name for name, (_, hashes) in found.items() if not hashes] == []
    words = lock.read_text(encoding="utf-8")
    assert re.search(r"https?:|file:|--(extra-)?index|--find-links|--trusted", words) is None


def test_a_laptop_gets_what_runs_there_and_developers_the_same_and_more() -> None:
    laptop, developers = pinned(LAPTOP), pinned(DEVELOPERS)
    assert laptop.items() <= developers.items()
    wanted = [*DIRECT, *EXTRAS["build"]]
    assert {canonicalize_name(one.name) for one in wanted} <= set(laptop)
    everything = [*DIRECT, *(one for some in EXTRAS.values() for one in some)]
    assert {canonicalize_name(one.name) for one in everything} <= set(developers)
    only = [*EXTRAS["dev"], *EXTRAS["lab"]]
    kept = {canonicalize_name(one.name) for one in only} & set(laptop)
    assert kept == {"editables", "hatchling", "pyspnego", "pyyaml"}
    assert "ansible-core" not in laptop
    assert {"colorama", "pywin32-ctypes"} <= set(laptop)  # a laptop with Windows needs them


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda one: one.name)
def test_a_dependency_has_a_lowest_version_and_an_end(requirement: Requirement) -> None:
    assert {one.operator for one in requirement.specifier} == {">=", "<"}
    version, _ = pinned(LAPTOP)[canonicalize_name(requirement.name)]
    assert version in requirement.specifier


def test_what_is_imported_is_declared() -> None:
    declared = {canonicalize_name(one.name) for one in DIRECT}
    of = packages_distributions()
    wanted = {
        canonicalize_name(distribution)
        for module in imported()
        for distribution in of.get(module, ())
        if module not in sys.stdlib_module_names
    }
    # Each is a part of one that is declared, which shows its names: requests, pydantic, Jinja2.
    assert wanted - declared <= {"onshi-net", "urllib3", "pydantic-core", "markupsafe"}


def imported() -> set[str]:
    found = set()
    for file in (ROOT / "onshi_net").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


# Scripts, in a copy of the checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    for name in ("onshi_net", "templates", "scripts", "playbooks", "inventory"):
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=skipped)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", *LOCKS):
        shutil.copy(ROOT / name, folder / name)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for one in ("cyclonedx-py", "pip-licenses"):
        (programs / one).symlink_to(Path(sys.executable).parent / one)
    return folder


LOCKS = (LAPTOP.name, DEVELOPERS.name)


def run(checkout: Path, script: str, *words: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [checkout / "scripts" / script, *words], cwd=checkout, capture_output=True, text=True,
        env={**os.environ, "PYTHON": sys.executable, **variables}, check=False,
    )  # fmt: skip


def test_the_wheel_is_the_same_bytes_whoever_builds_it(checkout: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "again"
    shutil.copytree(checkout, other, symlinks=True)
    for number, path in enumerate(sorted(other.rglob("*.py"))):
        path.chmod(0o640)
        os.utime(path, (number, number))
    wheels = []
    for folder, zone in ((checkout, "Asia/Tokyo"), (other, "UTC")):
        said = run(folder, "wheel", SOURCE_DATE_EPOCH="1796040000", TZ=zone, LC_ALL="C")
        assert said.returncode == 0, said.stderr
        (wheel,) = (folder / "dist").iterdir()
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() in said.stdout
        wheels.append(wheel)
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    names = zipfile.ZipFile(wheels[0]).namelist()
    needed = {"templates/router/yamaha/main.j2", "templates/inventory/ja/site.yaml"}
    needed |= {"shipped/inventory/groups.yaml", "shipped/playbooks/install_day.py"}
    assert {f"onshi_net/{name}" for name in needed} <= set(names)
    assert [name for name in names if not name.startswith(("onshi_net/", "onshi_net-"))] == []
    later = run(checkout, "wheel", "other", SOURCE_DATE_EPOCH="1796040002")
    assert later.returncode == 0
    assert next((checkout / "other").iterdir()).read_bytes() != wheels[0].read_bytes()


def test_the_wheel_alone_gives_a_folder_that_works(checkout: Path, tmp_path: Path) -> None:
    assert run(checkout, "wheel", SOURCE_DATE_EPOCH="1796040000").returncode == 0
    (wheel,) = (checkout / "dist").iterdir()
    installed, outside = tmp_path / "installed", tmp_path / "outside"
    zipfile.ZipFile(wheel).extractall(installed)
    outside.mkdir()
    program = (
        "import onshi_net; from pathlib import Path\n"
        f"assert Path(onshi_net.__file__).is_relative_to({str(installed)!r})\n"
        "from onshi_net.cli.run import run\n"
        "say = lambda *words: run(['--inventory', 'work/inventory', *words])\n"
        "codes = [say('init', 'work'), say('render', 'example-clinic')]\n"
        "codes += [say('paper', 'example-clinic', 'manual', '--out', 'manual.html')]\n"
        "codes += [say('plan', 'example-clinic'), say('site', 'list')]\n"
        "assert codes == [0, 0, 0, 2, 0], codes\n"  # 2: its passwords are missing
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=outside, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "LANG": "C.UTF-8"},
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert (outside / "work" / "playbooks" / "install_day.py").is_file()
    assert (outside / "manual.html").stat().st_size > 1000


def test_the_list_of_parts_names_all_that_a_laptop_gets(checkout: Path) -> None:
    said = run(checkout, "sbom")
    assert said.returncode == 0, said.stderr
    found = json.loads((checkout / "dist" / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert found["bomFormat"] == "CycloneDX"
    parts = {canonicalize_name(one["name"]): one["version"] for one in found["components"]}
    assert parts == {name: version for name, (version, _) in pinned(LAPTOP).items()}
    licences = (checkout / "dist" / "licences.md").read_text(encoding="utf-8")
    named = {canonicalize_name(row.split("|")[1].strip()) for row in licences.splitlines()[2:]}
    assert set(parts) <= named


def answer(*found: dict[str, object]) -> str:
    return f"echo '{json.dumps({'dependencies': list(found), 'fixes': []})}'"


SOUND = {"name": "rich", "version": "15.0.0", "vulns": []}
BAD = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.6"]}]}
UNKNOWN = {"name": "typer", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("audit", "code", "words"),
    [
        (answer(SOUND, SOUND), 0, "no known vulnerability in 2 packages"),
        (answer(SOUND, BAD) + "; exit 1", 1, "jinja2 2.10: PYSEC-1, mended in 3.1.6"),
        (answer(UNKNOWN, BAD) + "; exit 1", 1, "NOT AUDITED: no answer for 1 of 2"),
        (answer(UNKNOWN, SOUND), 3, "NOT AUDITED: no answer for 1 of 2"),
        ("echo 'requests.exceptions.ConnectionError: x' >&2; exit 1", 3, "NOT AUDITED"),
        ("exit 0", 3, "NOT AUDITED"),
    ],
)
def test_an_audit_that_could_not_ask_never_reads_as_good(
    checkout: Path, audit: str, code: int, words: str
) -> None:
    program = checkout / ".venv" / "bin" / "pip-audit"
    program.write_text(f"#!/bin/sh\n{audit}\n")
    program.chmod(0o755)
    said = run(checkout, "audit")
    assert said.returncode == code
    assert (said.stdout + said.stderr).count(words) == 2
