"""The evening before: a site's install day in the lab, from delivered devices to the report."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from onshi_lab import engine, state
from onshi_lab.errors import LabError

PLAYBOOK = Path("playbooks/install_day.py")
REPORT = "report.html"


def rehearse(lab: str, order: engine.Order, day: str | None) -> int:
    """Raise the site, run the playbook on its laptop, keep the report, take the lab away.

    Answers the playbook's exit code. The inventory itself is not touched: the run has a copy, so
    that no host key or baseline of the lab is taken for the real site's. Raises LabError where the
    playbook is not at hand, and what `up` raises.
    """
    playbook = PLAYBOOK.resolve()
    if not playbook.is_file():
        raise LabError(f"{PLAYBOOK} is not here; run it in the folder that holds playbooks/")
    with tempfile.TemporaryDirectory(prefix="onshi-rehearsal-") as folder:
        engine.up(lab, order)
        try:
            _say(f"lab {lab!r} is up with {order.site}; now install day, as on site")
            code = _run(lab, order.site, playbook, Path(folder), day)
            _keep_report(order.site, Path(folder))
        finally:
            engine.down(lab)
    _say(f"lab {lab!r} is down; " + ("the day went well" if code == 0 else f"exit code {code}"))
    return code


def _run(lab: str, site: str, playbook: Path, folder: Path, day: str | None) -> int:
    own = shutil.copytree(state.site_folder(lab), folder / "inventory")
    words = (
        *(sys.executable, str(playbook), site),
        *(("--on", day) if day else ()),
        *("--inventory", str(own)),
    )
    argv, environment = engine.exec_arguments(lab, "laptop", words, dict(os.environ))
    return subprocess.run(argv, env=environment, cwd=folder, check=False).returncode


def _keep_report(site: str, folder: Path) -> None:
    reports = sorted((folder / "runs" / site).glob(f"*/{REPORT}"))
    if not reports:
        return
    kept = Path(f"rehearsal-{site}.html")
    shutil.copyfile(reports[-1], kept)
    _say(f"the report is kept for you to open: {kept.resolve()}")


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
