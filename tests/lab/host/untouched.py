"""Runs commands on this very host, but so that whatever they leave on it is found afterwards.

Run as `python untouched.py COMMAND…` in a process namespace of its own: /run and /tmp begin
empty, writes to the host's other folders go to a layer that is listed afterwards, and the network
namespace is new. Prints JSON: for each aspect of the host what is gone and what is new.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from onshi_lab import mounts

KEPT_APART = ("etc", "var", "usr", "opt", "srv", "home", "root", "mnt", "media", "boot")
EMPTY = ("run", "tmp", "dev/shm")
OURS = tuple(f"/{name}" for name in (*KEPT_APART, *EMPTY))


def leave_host(checkout: Path) -> Path:
    """Enter namespaces in which every change to the host's files is one to the folder answered."""
    mounts.unshare(mounts.NEW_MOUNTS | mounts.NEW_NETWORK)
    mounts.mount(None, "/", None, mounts.PRIVATE | mounts.RECURSIVE)
    with mounts.opened(checkout) as own:
        mounts.mount("layers", "/tmp", "tmpfs")
        # By number: the path is hidden once /tmp is empty.
        layers = Path(f"/proc/self/fd/{os.open('/tmp', os.O_RDONLY)}")
        for name in KEPT_APART:
            _keep_apart(Path("/", name), layers)
        for name in EMPTY:
            mounts.mount("empty", f"/{name}", "tmpfs", 0, "mode=1777")
        checkout.mkdir(parents=True, exist_ok=True)
        mounts.mount(f"/proc/self/fd/{own}", str(checkout), None, mounts.BIND)
    return layers


def _keep_apart(place: Path, layers: Path) -> None:
    if not place.is_dir() or place.is_symlink():
        return
    upper, work = layers / place.name / "upper", layers / place.name / "work"
    for each in (upper, work):
        each.mkdir(parents=True)
    with mounts.opened(place) as below:
        options = f"lowerdir=/proc/self/fd/{below},upperdir={upper},workdir={work}"
        mounts.mount("overlay", str(place), "overlay", 0, options)


def _output(*words: str) -> list[str]:
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _written(layers: Path) -> Iterator[str]:
    for name in KEPT_APART:
        upper = layers / name / "upper"
        for path in (upper, *upper.rglob("*")):
            yield f"{Path('/', name, path.relative_to(upper))} {path.lstat().st_mtime_ns}"
    for name in EMPTY:
        yield from (str(path) for path in Path("/", name).rglob("*"))


def _units() -> Iterator[str]:
    for pattern in ("systemd/system/*.wants/*", "systemd/user/*.wants/*", "rc?.d/*", "init.d/*"):
        for path in Path("/etc").glob(pattern):
            yield f"{path} -> {path.readlink() if path.is_symlink() else 'file'}"


def _processes() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*"):
        if int(path.name) != os.getpid():
            yield f"{path.name} {path.joinpath('cmdline').read_bytes()!r}"


def look(layers: Path) -> dict[str, list[str]]:
    """What a host is, aspect by aspect."""
    return {
        "packages": _output("dpkg-query", "-W", "-f", "${Package} ${Version} ${Status}\n"),
        "enabled units": sorted(_units()),
        "listening sockets": _output("ss", "-Hlnptuwx"),
        "addresses": _output("ip", "-o", "address"),
        "links": _output("ip", "-o", "link"),
        "routes": [
            line
            for family in ("-4", "-6")
            for line in _output("ip", family, "route", "show", "table", "all")
        ],
        "named namespaces": _output("ip", "netns", "list"),
        "firewall": _output("nft", "list", "ruleset"),
        "kernel settings": [
            f"{path} {path.read_text()}"
            for path in sorted(Path("/proc/sys/net").rglob("*forward*"))
            if path.is_file()
        ],
        "mounts": [
            f"{each.point} {each.source}"
            for each in mounts.table()
            if each.point.startswith(OURS) and mounts.is_mount(Path(each.point))
        ],
        "files": sorted(_written(layers)),
        "processes": sorted(_processes()),
    }


def differences(
    before: dict[str, list[str]], after: dict[str, list[str]]
) -> dict[str, dict[str, list[str]]]:
    """Of each aspect that changed, what is gone and what is new."""
    return {
        name: {
            "gone": [each for each in before[name] if each not in after[name]],
            "new": [each for each in after[name] if each not in before[name]],
        }
        for name in before
        if before[name] != after[name]
    }


def _reap() -> None:
    """Do what a host's first process does, which this one is: let those go that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main(command: list[str]) -> int:
    """Run a command and print what it left; answers its exit code."""
    layers = leave_host(Path(__file__).resolve().parents[3])
    before = look(layers)
    code = subprocess.run(command, check=False, stdout=sys.stderr).returncode
    _reap()
    json.dump(differences(before, look(layers)), sys.stdout, indent=1)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
