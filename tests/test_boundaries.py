"""The rules between the rooms: imports go one way, lab and product share no code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = (
    "i18n", "errors", "files", "data", "model", "brochure", "inventory", "intake", "intent",
    "render", "transport", "provision", "probe", "evidence", "checks", "diagnose", "report",
    "fleet", "playbooks", "cli",
)  # fmt: skip
ALLOWED_BACK = {("checks", "diagnose"), ("brochure", "inventory"), ("evidence", "provision")}


def modules(folder: str) -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted((ROOT / folder).rglob("*.py")):
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def breaches(folder: str, forbidden: str) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}: {name}"
        for file, tree in modules(folder)
        for name in imported(tree)
        if name.split(".")[0] == forbidden
    ]


@pytest.mark.parametrize(
    ("folder", "forbidden"), [("lab", "onshi_net"), ("onshi_net", "onshi_lab")]
)
def test_lab_and_product_import_nothing_of_each_other(folder: str, forbidden: str) -> None:
    assert breaches(folder, forbidden) == []


def test_scapy_is_imported_by_the_probe_only() -> None:
    assert [one for one in breaches("onshi_net", "scapy") if "/probe/" not in one] == []


def test_imports_go_down_the_list_only() -> None:
    wrong = []
    for file, tree in modules("onshi_net"):
        parts = file.relative_to(ROOT / "onshi_net").parts
        room = parts[0].removesuffix(".py")
        if room not in ORDER:
            continue
        for name in imported(tree):
            words = name.split(".")
            if words[0] != "onshi_net" or len(words) < 2 or words[1] not in ORDER:
                continue
            upwards = ORDER.index(words[1]) > ORDER.index(room)
            if upwards and (room, words[1]) not in ALLOWED_BACK:
                wrong.append(f"{file.relative_to(ROOT)}: {name}")
    assert wrong == []
