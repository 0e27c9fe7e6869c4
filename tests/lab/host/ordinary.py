"""Runs a shell script as somebody who is no root: `python ordinary.py KIND SCRIPT`.

`single` knows one user alone; `ranges` has ranges in /etc/subuid and a `newuidmap` that is setuid.
He finds the example inventory, as his own, at /tmp/inventory; of the host's /tmp he sees nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from onshi_lab import daemons, mounts

USER, FIRST, COUNT = 4242, 700000, 65536
ROOT = Path(__file__).resolve().parents[3]
TOOLS = Path("/tmp/tools")


def _reachable(path: Path) -> None:
    """Let everybody go to a path: what is above it shows nothing but the way."""
    shut = [each for each in (*reversed(path.parents), path) if not each.stat().st_mode & 1]
    if not shut:
        return
    with mounts.opened(path) as there:
        mounts.mount("way", str(shut[0]), "tmpfs", 0, "mode=0755")
        path.mkdir(parents=True, exist_ok=True)
        mounts.mount(f"/proc/self/fd/{there}", str(path), None, mounts.BIND)


def _give_ranges() -> None:
    TOOLS.mkdir()
    folder = daemons.usr() or Path("/usr")
    for name in ("newuidmap", "newgidmap"):
        places = [each / "bin" / name for each in (folder, Path("/usr"))]
        shutil.copy(next(one for one in places if one.exists()), TOOLS / name)
        (TOOLS / name).chmod(0o4755)
    known = Path("/etc/passwd").read_text() + f"somebody:x:{USER}:{USER}::/tmp:/bin/sh\n"
    for name, text in (
        ("passwd", known),
        ("subuid", f"somebody:{FIRST}:{COUNT}\n"),
        ("subgid", f"somebody:{FIRST}:{COUNT}\n"),
    ):
        (TOOLS / name).write_text(text)
        place = Path("/etc", name)
        mounts.mount(str(TOOLS / name), str(place), None, mounts.BIND)


def main(kind: str, script: str) -> None:
    """Become somebody and run the script."""
    mounts.unshare(mounts.NEW_MOUNTS)
    mounts.mount(None, "/", None, mounts.PRIVATE | mounts.RECURSIVE)
    python = Path(sys.base_prefix)
    for path in (python, ROOT):
        _reachable(path)
    mounts.mount("own", "/tmp", "tmpfs", 0, "mode=1777")
    inventory = Path(shutil.copytree(ROOT / "inventory", "/tmp/inventory"))
    for path in (inventory, *inventory.rglob("*")):
        os.chown(path, USER, USER)
    if kind == "ranges":
        _give_ranges()
    os.environ["PATH"] = f"{TOOLS}:/usr/local/bin:/usr/bin:/bin"  # as Debian has it
    os.environ.pop("XDG_RUNTIME_DIR", None)
    os.chdir("/tmp")
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    os.umask(0o022)
    os.execv("/bin/sh", ("sh", "-euc", script))


if __name__ == "__main__":
    main(*sys.argv[1:])
