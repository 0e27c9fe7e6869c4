"""Every command there is, on a good day and on bad ones, says and leaves no secret.

A command that somebody adds has to be added here: the tree of commands is asked.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import typer

from onshi_net.cli import log
from onshi_net.cli.app import build
from onshi_net.papers.layout import KINDS
from onshi_net.provision import site as site_module
from tests.cli.day import BACKENDS, SECRETS, BackendName, Day
from tests.conftest import EXAMPLES, KEPT, ROOT
from tests.transport.routers import MockRouter

SITE = "demo-clinic"
GIVEN = b"Canary-Given-81"
"""What is typed or piped where a command asks for a secret."""
WORKBOOK = next((ROOT / "tests" / "intake").rglob("*.xlsx"), None)
CASES: dict[str, list[list[str]]] = {
    "render": [[SITE], [SITE, "--host", "receipt-1"], [SITE, "--host", "terminal-1", "--json"]],
    "plan": [[SITE], [SITE, "--json"], [SITE, "--only", "router"], [SITE, "--only", "nobody"]],
    "provision": [
        [SITE, "--dry-run"],
        [SITE, "--yes"],
        [SITE, "--force", "test"],
        [SITE, "--yes", "--force", "test", "--json"],
        [SITE, "--yes", "--only", "router", "--fingerprint", f"SHA256:{'A' * 43}"],
    ],
    "verify": [[SITE, "--accept"], [SITE, "--json"], [SITE, "--only", "receipt-1"]],
    "trust": [[SITE, "router"], [SITE, "router", "--yes"], [SITE, "receipt-1", "--forget"]],
    "report": [[SITE, "--out", "page.html"], [SITE, "--backup", "--out", "backup.txt"]],
    "init": [["new"], ["new"], ["page.html"]],
    "site add": [["new-clinic", "--from", "form.xlsx"], ["new-clinic"], [SITE]],
    "site list": [[], ["demo", "--json"]],
    "checks": [[], ["--segment", "line", "--json"]],
    "runs": [[SITE], [SITE, "--json"]],
    "diff": [[SITE], [SITE, "2026", "2025", "--json"]],
    "intake": [["--template", "form.xlsx"], ["form.xlsx"], ["nothing.xlsx", "--json"]],
    "assess": [[SITE], [SITE, "--json"]],
    "ready": [[SITE], [SITE, "--on", "2026-12-01", "--json"]],
    "work": [[SITE], [SITE, "--on", "2026-12-01", "--json"]],
    "visit": [[SITE, "--yes", "--wait", "0"], [SITE, "--after", "router", "--wait", "0"]],
    "estimate": [[SITE], [SITE, "--json"]],
    "paper": [[SITE, kind, "--out", "paper.html"] for kind in KINDS],
    "maintenance": [[SITE], ["--all", "--json"]],
    "migrate": [[SITE, "--yes"], ["--all", "--json"]],
    "secret fill": [[SITE], ["demo-dental"], [SITE, "--sheet", "sheet.txt"]],
    "secret list": [[], [SITE, "--json"]],
    "secret rotate": [[SITE], ["demo-dental"]],
    "secret remove": [["a/b", "--yes"], ["demo-dental/link"], ["demo-dental/link", "--yes"]],
    "secret set": [
        ["demo-dental/link"],
        ["a/b"],
        ["a b"],
        ["demo-dental/link", "--from", "nothing"],
        ["demo-dental/link", "--from", "-"],
    ],
    "pack": [[SITE, "--out", "a.pack"], [SITE, "--out", "a.pack"], [SITE, "--until", "x"]],
    "take-in": [["a.pack"], ["form.xlsx"], ["a.pack", "--keep", "all"]],
    "winrm prepare": [[SITE]],
    "winrm restore": [[SITE], [SITE, "--only", "receipt-1"]],
}


def leaves(command: Any, name: str = "") -> Iterator[str]:
    """Answers the names of all commands that do something."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name
    for word, one in (below or {}).items():
        yield from leaves(one, f"{name} {word}".strip())


def test_every_command_is_tried_here() -> None:
    assert set(CASES) == set(leaves(typer.main.get_command(build())))


@pytest.fixture
def router(tmp_path: Path) -> Iterator[MockRouter]:
    one = MockRouter(tmp_path / "router")
    yield one
    one.stop()


def good(_day: Day, _router: MockRouter) -> None:
    """All devices are there and take what they are told."""


def off(_day: Day, router: MockRouter) -> None:
    router.stop()


def another(day: Day, router: MockRouter) -> None:
    """Another router answers at the address: its key is not the recorded one."""
    other = MockRouter(router.folder.parent / "other", met=False)
    known = day.folder / "inventory" / "sites" / SITE / "known_hosts"
    _type, words = router.key.get_base64(), other.key.get_base64()
    known.write_text(known.read_text(encoding="ascii").replace(_type, words), encoding="ascii")
    other.stop()


def fault_of_ours(day: Day, _router: MockRouter) -> None:
    """A fault of a library tells the secrets that it was given, in its exception."""

    def fall(_intent: object, secrets: Any, *_given: object, **_options: object) -> NoReturn:
        told = [secrets.resolve(reference).reveal() for reference in SECRETS]
        raise RuntimeError(f"can't write {told} to {secrets}")

    for name in ("apply_router", "apply_windows", "plan_router", "plan_windows"):
        if hasattr(site_module, name):
            day.patch.setattr(site_module, name, fall)


STATES: tuple[Callable[[Day, MockRouter], None], ...] = (good, off, another, fault_of_ours)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("backend", BACKENDS)
def test_no_command_says_or_leaves_a_secret(
    backend: BackendName,
    state: Callable[[Day, MockRouter], None],
    tmp_path: Path,
    router: MockRouter,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: Any,
) -> None:
    folder = tmp_path / "laptop"
    shutil.copytree(EXAMPLES, folder / "inventory", ignore=KEPT)
    monkeypatch.chdir(folder)
    day = Day(folder, backend, monkeypatch)
    day.stand_before(router)
    state(day, router)
    codes: dict[str, list[int]] = {}
    try:
        for command, cases in CASES.items():
            for words in cases:
                code, _ = day.onshi(capfdbinary, *command.split(), *words, given=GIVEN)
                codes.setdefault(command, []).append(code)
    finally:
        log.stop()
    print(state.__name__, backend, codes)
    (folder / "backup.txt").unlink(missing_ok=True)  # asked for, with its passwords
    assert [said for said in day.said if "Traceback" in said or GIVEN.decode() in said] == []
    assert day.leaks() == []
