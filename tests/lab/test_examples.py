"""The examples of the documentation, run as they stand, in the lab's clinic."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from onshi_net.errors import EXIT_GOOD, EXIT_OPEN, EXIT_PLAN_HAS_CHANGES
from tests.docs.guide import PAGES, commands
from tests.lab.clinic import BIN, LIMIT_S, ROOT, Clinic, needs_root
from tests.lab.technician import agreed

pytestmark = needs_root
EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory):
    one = Clinic.raise_up("demo-clinic", tmp_path_factory.mktemp("examples"))
    yield one
    one.down()


def run(clinic: Clinic, *command: str) -> subprocess.CompletedProcess[str]:
    inside = clinic.inside("laptop", *command)
    return subprocess.run(
        inside, capture_output=True, text=True, timeout=LIMIT_S, check=False, cwd=ROOT
    )


def test_a_nornir_script_plans_a_site_and_asks_its_router(clinic: Clinic):
    script = str(EXAMPLES / "nornir_site.py")
    done = clinic.onshi("provision", "--only", "router", "--yes")
    assert done.returncode == EXIT_GOOD, done
    done = run(clinic, sys.executable, script, clinic.site, str(clinic.inventory))
    assert done.returncode == EXIT_GOOD, done
    assert "router: as intended" in done.stdout
    assert "router: # RTX830" in done.stdout
    assert ": onslink" in done.stdout


def test_checks_of_ones_own_stand_beside_ours(clinic: Clinic):
    clinic.onshi("verify")
    (evidence,) = clinic.inventory.parent.glob("runs/demo-clinic/*-verify/evidence.json")
    given = ("--onshi-inventory", str(clinic.inventory), "--onshi-evidence", str(evidence))
    command = [str(BIN / "pytest"), "-q", "-p", "no:cacheprovider", "--onshi-site", clinic.site]
    script = str(EXAMPLES / "test_my_site.py")
    done = subprocess.run(
        [*command, *given, script], capture_output=True, text=True, check=False, cwd=Path("/")
    )
    assert "2 passed" in done.stdout, done


def test_the_guides_commands_do_on_the_site_what_they_say(clinic: Clinic):
    shown = [words for page in PAGES for words in commands(page, mark="lab")]
    once = list(dict.fromkeys(tuple(words[1:]) for words in shown))
    codes = {words: agreed(clinic, words).code for words in once}
    due = {("plan", clinic.site): EXIT_PLAN_HAS_CHANGES, ("work", clinic.site, "--json"): EXIT_OPEN}
    assert codes == {words: due.get(words, EXIT_GOOD) for words in once}
