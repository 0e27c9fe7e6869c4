"""An ordinary user raises a lab, provisions the site in it, and takes it down: no root anywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.clinic import BIN, needs_root

pytestmark = [needs_root, pytest.mark.timeout(400)]
ORDINARY = Path(__file__).with_name("ordinary.py")
APART = ("unshare", "--fork", "--pid", "--kill-child", "--mount-proc")

SESSION = f"""
[ "$(id -u)" != 0 ]
lab() {{ {BIN}/onshi-lab --name own "$@"; }}
onshi() {{ lab exec laptop -- {BIN}/onshi --lang en --inventory /tmp/inventory "$@"; }}
lab up --site SITE
onshi provision SITE --yes
onshi verify SITE
echo "[IO.File]::WriteAllText('\\\\\\\\10.51.1.11\\REQ\\r.xml', 'x'); 'written over SMB'" |
  lab console receipt-1 reception -
lab reset
lab exec laptop -- cat /proc/self/uid_map
lab down
ls /tmp
"""
"""What he does; the user of his share writes into it over a real Samba."""


def run(kind: str, script: str, **options: str) -> subprocess.CompletedProcess[str]:
    """Run a script as an ordinary user of that kind."""
    command = (*APART, sys.executable, str(ORDINARY), kind, script)
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, **options
    )


@pytest.mark.parametrize("site", ["demo-clinic", "demo-dental", "demo-pharmacy"])
@pytest.mark.parametrize(("kind", "users"), [("single", 1), ("ranges", 65536)])
def test_a_site_is_provisioned_and_green_without_root(kind: str, users: int, site: str) -> None:
    done = run(kind, SESSION.replace("SITE", site))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "checks are good" in done.stdout
    assert "written over SMB" in done.stdout
    maps = [line.split() for line in done.stdout.splitlines() if line.split()[:1] in (["0"], ["1"])]
    assert sum(int(count) for _, _, count in (each for each in maps if len(each) == 3)) == users
    left = done.stdout.rpartition("is down\n")[2].split()
    assert [name for name in left if "lab" in name] == []


def test_what_runs_in_a_users_lab_is_his_and_ends_with_it() -> None:
    script = f"""
    {BIN}/onshi-lab --name own up
    ps -eo uid= -o args= | grep -c '^ *4242 .*smbd'
    {BIN}/onshi-lab --name own down
    for pid in $(ls /proc | grep '^[0-9]*$'); do
        grep -q . /proc/$pid/cmdline 2>/dev/null && [ "$pid" != $$ ] && cat /proc/$pid/comm
    done || true
    """
    done = run("single", script)
    assert done.returncode == 0, done.stderr
    count = done.stdout.splitlines()[2]
    assert int(count) >= 2, done.stdout
    left = done.stdout.rpartition("is down\n")[2].split()
    assert set(left) <= {"ls", "grep", "cat", "sh"}, left


def test_a_user_whom_the_kernel_gives_no_namespace_is_told_so() -> None:
    status = "import os; os.geteuid = lambda: 1; from onshi_lab import cli; cli.main(['status'])"
    script = f"""
    unshare --user --map-root-user sh -c '
        echo 0 > /proc/sys/user/max_user_namespaces
        exec "$@"' sh {sys.executable} -c "{status}"
    """
    done = run("single", script)
    assert done.returncode == 1
    assert "an ordinary user gets no room for a lab here" in done.stderr
    assert "sudo" in done.stderr
