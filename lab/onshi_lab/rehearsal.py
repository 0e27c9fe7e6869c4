"""The evening before: a site's install day in the lab, from delivered devices to the report."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from onshi_lab import engine, inside, state
from onshi_lab.errors import LabError, UsageError

PLAYBOOK = Path("playbooks/install_day.py")
MARK = "this-is-a-rehearsal"
"""A file by which a folder is known that the next rehearsal may replace."""


def rehearse(lab: str, order: engine.Order, day: str | None) -> int:
    """Raise the site, run the playbook on its laptop, take the lab away.

    Answers the playbook's exit code. Everything that the day leaves, the report too, is in
    `rehearsal-SITE`; the inventory itself is not touched, so that no host key or baseline of the
    lab is taken for the real site's. Raises LabError where the playbook is not at hand, UsageError
    for a folder of that name that is no rehearsal's, and what `up` raises.
    """
    playbook = PLAYBOOK.resolve()
    if not playbook.is_file():
        raise LabError(f"{PLAYBOOK} is not here; run it in the folder that holds playbooks/")
    folder = _fresh(Path(f"rehearsal-{order.site}").resolve())
    engine.up(lab, order)
    try:
        _say(f"lab {lab!r} is up with {order.site}; now install day, as on site")
        shutil.copytree(state.site_folder(lab), folder / "inventory")
        code = _run(lab, order.site, playbook, folder, day)
    finally:
        engine.down(lab)
    outcome = "the day went well" if code == 0 else f"the day ended with exit code {code}"
    _say(f"lab {lab!r} is down; {outcome}; what it left: {folder}")
    return code


def _fresh(folder: Path) -> Path:
    if folder.exists() and not (folder / MARK).exists():
        raise UsageError(f"{folder} is there and no rehearsal's; move it away")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / MARK).touch()
    return folder


def _run(lab: str, site: str, playbook: Path, folder: Path, day: str | None) -> int:
    words = (
        *(sys.executable, str(playbook), site),
        *(("--on", day) if day else ()),
        *("--inventory", "inventory"),
    )
    argv, environment = inside.exec_arguments(lab, "laptop", words, dict(os.environ))
    return subprocess.run(argv, env=environment, cwd=folder, check=False).returncode


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
