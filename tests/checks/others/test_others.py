"""Checks of a wheel that onshi_net knows nothing of: everywhere where ours are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from onshi_net.errors import EXIT_BAD_INPUT, EXIT_CHECK_FAILED, EXIT_GOOD
from tests.checks.twins import plain

ROOT = Path(__file__).parents[3]
WHEEL = Path(__file__).parent
SITE = "demo-clinic"
ONSHI = """
import sys
from onshi_net.checks import run
from onshi_net.checks.offline import stored_evidence
from onshi_net.cli.run import run as onshi
from pathlib import Path
run.collect = lambda *_a, **_k: stored_evidence(Path(sys.argv[1]), "demo-clinic")
sys.exit(onshi(sys.argv[2:]))
"""
Said = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the wheel is installed, without a network."""
    target = tmp_path_factory.mktemp("others")
    options = ("--quiet", "--no-index", "--no-build-isolation", "--no-deps")
    command = (sys.executable, "-m", "pip", "install", *options, "--target", target, WHEEL)
    subprocess.run(command, check=True, capture_output=True, text=True)
    return target


@pytest.fixture
def onshi(wheel: Path, tmp_path: Path, inventory: Path) -> Callable[..., Said]:
    """Runs a command beside the wheel, on a measurement whose WAN port runs at some speed."""

    def run(*arguments: str, mode: str = "100BASE-TX Full Duplex", beside: Path = wheel) -> Said:
        evidence = plain(f"{SITE}-good")
        for port in evidence["router"]["wan"]["found"]["ports"]:
            port["mode"] = mode
        file = tmp_path / "evidence.json"
        file.write_text(json.dumps(evidence), encoding="utf-8")
        options = ("--lang", "en", "--inventory", str(inventory))
        command = (sys.executable, "-c", ONSHI, str(file), *options, *arguments)
        environment = {**os.environ, "PYTHONPATH": f"{beside}{os.pathsep}{ROOT}"}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    return run


def test_they_are_listed_with_all_that_they_declare(onshi: Callable[..., Said]) -> None:
    listed = {one["id"]: one for one in json.loads(onshi("checks", "--json").stdout)["checks"]}
    mine = listed["router.gigabit"]
    assert (mine["severity"], mine["party"]) == ("warning", "technician")
    assert mine["explained_by"] == [{"check": "router.config", "ways": []}]
    assert mine["title"] == "The router's WAN port runs at a gigabit or more."
    assert "receipt-pc.name" in onshi("checks", "--segment", "receipt-pc").stdout


def test_they_are_judged_diagnosed_and_reported_like_ours(
    onshi: Callable[..., Said], tmp_path: Path, inventory: Path
) -> None:
    junit = tmp_path / "junit.xml"
    done = onshi("verify", SITE, "--json", "--junit", str(junit))
    assert done.returncode == EXIT_CHECK_FAILED, done.stderr
    said = json.loads(done.stdout)
    results = {one["id"]: one for one in said["checks"]}
    assert (results["router.gigabit"]["state"], results["router.gigabit"]["message"]) == (
        "failed",
        "router.gigabit.slow",
    )
    assert results["router.gigabit"]["values"] == {"mode": "100BASE-TX Full Duplex"}
    assert results["receipt-pc.name.receipt-1"]["severity"] == "notice"
    (cause,) = said["diagnosis"]["causes"]
    assert cause["severity"] == "warning"
    assert cause["cause"] == "The LAN cable between ONU and router carries less than a gigabit."
    assert any("receipt-1 calls itself" in one for one in said["diagnosis"]["notices"])
    names = {case.get("name") for case in ElementTree.parse(junit).iter("testcase")}
    assert {"router.gigabit", "receipt-pc.name.receipt-1"} < names
    (page,) = (inventory.parent / "runs").rglob("*.html")
    assert cause["cause"] in page.read_text(encoding="utf-8").replace("&#39;", "'")


def test_people_read_a_warning_as_one_and_a_notice_below(onshi: Callable[..., Said]) -> None:
    told = " ".join(onshi("verify", SITE).stdout.split())
    assert "warning The WAN port runs at 100BASE-TX Full Duplex." in told
    assert "Warning [router]: The LAN cable" in told
    assert "Notice: The receipt PC has the name" in told
    fast = onshi("verify", SITE, mode="1000BASE-T Full Duplex")
    assert fast.returncode == EXIT_GOOD
    assert "Warning" not in fast.stdout
    assert "Notice: " in fast.stdout


def test_they_are_items_of_pytest(wheel: Path, onshi: Callable[..., Said], tmp_path: Path) -> None:
    onshi("checks")  # writes the evidence
    command = [
        *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", "-rA"),
        *("--onshi-site", SITE, "--onshi-inventory", str(ROOT / "inventory")),
        *("--onshi-evidence", str(tmp_path / "evidence.json"), "--onshi-only", "router"),
    ]
    environment = {**os.environ, "PYTHONPATH": f"{wheel}{os.pathsep}{ROOT}", "ONSHI_LANG": "en"}
    environment.pop("PYTEST_ADDOPTS", None)  # how this run is shown is no matter of that one
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
    )
    assert "test_gigabit FAILED" in done.stdout, done.stdout + done.stderr


DECLARED = '''
from onshi_net.checks.catalogue import check
from onshi_net.checks.model import Party, passed
@check("{id}", party=Party.LINE, needs={needs})
def test_odd(evidence):
    """Odd."""
    {body}
'''
WORDS = "".join(
    f'["router.odd{part}"]\nen = "odd"\nja = "変"\n'
    for part in ("", ".clause", ".remedy", ".cause", ".fine")
)
GOOD_BODY = 'return passed("router.odd.fine")'


def declared(name: str = "router.odd", needs: tuple[str, ...] = (), body: str = GOOD_BODY) -> str:
    return DECLARED.format(id=name, needs=needs, body=body)


REFUSED = {
    "no words": (declared(), "", "the sentence router.odd is missing in checks.toml"),
    "not importable": ("import nowhere_at_all", WORDS, "ModuleNotFoundError"),
    "nothing declared": ("", "", "declares no check"),
    "an id of ours": (declared("router.config"), WORDS, "onshi_net.checks.test_router declares it"),
    "no such need": (declared(needs=("line.nothing",)), WORDS, "names line.nothing"),
    "its own need": (declared(needs=("router.odd",)), WORDS, "wait for one another"),
    "a sentence of ours": (
        declared(),
        WORDS + '["router.config"]\nen = "x"\nja = "x"\n',
        "router.config belongs to no check",
    ),
    "one language": (declared(), WORDS.replace('ja = "変"\n', "", 1), "not there in both"),
    "no TOML": (declared(), "[[", "TOMLDecodeError"),
}


def package(folder: Path, code: str, words: str, name: str = "onshi_odd") -> Path:
    """A distribution without a wheel."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(code, encoding="utf-8")
    (folder / name / "checks.toml").write_text(words, encoding="utf-8")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[onshi_net.checks]\n{name} = {name}\n")
    return folder


def test_checks_that_can_t_be_used_are_refused_all_at_once_with_the_way_out(
    onshi: Callable[..., Said], tmp_path: Path
) -> None:
    for number, (code, words, _) in enumerate(REFUSED.values()):
        package(tmp_path / "odd", code, words, f"onshi_odd{number}")
    for arguments in (("checks",), ("verify", SITE)):
        done = onshi(*arguments, beside=tmp_path / "odd")
        assert done.returncode == EXIT_BAD_INPUT
        assert "Traceback" not in done.stderr
        said = " ".join(done.stderr.split())
        for number, (_, _, word) in enumerate(REFUSED.values()):
            assert word in said
            assert f"pip uninstall onshi_odd{number}" in said


RAISING = {
    "the judgement": declared(body="raise RuntimeError('odd')"),
    "the sentence": declared(body='return passed("router.odd.unsaid")'),
    "the subjects": declared().replace("needs=()", "needs=(), each=lambda intent: [][1]"),
}


@pytest.mark.parametrize("code", RAISING.values(), ids=list(RAISING))
def test_a_check_that_breaks_costs_its_own_answer_and_keeps_the_site_from_being_good(
    onshi: Callable[..., Said], tmp_path: Path, code: str
) -> None:
    beside = package(tmp_path / "odd", code, WORDS)
    done = onshi("verify", SITE, "--json", beside=beside)
    states = {one["id"]: one["state"] for one in json.loads(done.stdout)["checks"]}
    assert states.pop("router.odd") == "error"
    assert set(states.values()) <= {"passed", "not applicable"}
    assert done.returncode not in {EXIT_GOOD, EXIT_CHECK_FAILED}
    assert "Traceback" not in done.stderr
