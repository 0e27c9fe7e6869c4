"""The rules between the rooms: imports go one way, lab and product share no code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from onshi_net.platforms.yamaha.rules import KEPT, SINGLE_VALUED

ROOT = Path(__file__).parents[1]
ORDER = (
    "foreign", "i18n", "errors", "files", "locks", "data", "model", "brochure", "inventory",
    "intake", "intent", "facts", "render", "pcs", "transport", "platforms", "provision", "probe",
    "evidence", "checks", "diagnose", "report", "papers", "visit", "travel", "automation", "fleet",
    "playbooks", "cli",
)  # fmt: skip
ALLOWED_BACK = {("checks", "diagnose")}


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


def test_what_measures_decides_nothing_and_changes_nothing() -> None:
    """Evidence holds states: what they mean is judged later, by the intent of that day."""
    deciding = ("onshi_net.provision", "onshi_net.pcs.differ", "onshi_net.pcs.decision")
    wrong = [
        f"{file.relative_to(ROOT)}: {name}"
        for file, tree in modules("onshi_net/evidence")
        for name in imported(tree)
        if name.startswith(deciding)
    ]
    assert wrong == []


ROOM = ROOT / "onshi_net" / "platforms" / "yamaha"
TOY = ROOT / "tests" / "platforms" / "toy" / "src" / "onshi_toy"
VENDOR = re.compile(r"yamaha|\b(?:rtx|nvr)(?![a-z])", re.IGNORECASE)
SENDING = {"show", "configure", "converse"}
"""Methods whose argument is a command."""


def outside() -> Iterator[tuple[str, ast.Module]]:
    for file, tree in modules("onshi_net"):
        if ROOM not in file.parents:
            yield str(file.relative_to(ROOT)), tree


def said(node: ast.AST) -> str | None:
    """A literal's text; what an f-string fills in is a number, as a command's word may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(said(part) or "1" for part in node.values)
    return None


def literals(tree: ast.Module) -> Iterator[str]:
    """Every string but the docstrings."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    prose |= {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        text = said(node)
        if text is not None and id(node) not in prose:
            yield text


def sent(tree: ast.Module) -> Iterator[str]:
    """The literals that are handed to a session as commands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            text = said(node.args[0]) if node.func.attr in SENDING else None
            if text:
                yield text


def pairs(text: str) -> Iterator[str]:
    """The first two words of each run of plain words: by what a command is known."""
    for run in re.findall(r"(?<![\w.-])[a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*)+(?![\w.-])", text):
        yield " ".join(run.split()[:2])


def words_of(room: Path, templates: Path) -> re.Pattern[str]:
    """A family's own commands, by their first two words; told by its templates and its code."""
    lines = [
        re.sub(r"\{[{%].*?[}%]\}", "1", line)
        for file in templates.glob("*.j2")
        for line in re.sub(
            r"\{#.*?#\}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL
        ).splitlines()
        if not line.startswith("#")
    ]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in room.glob("*.py")]
    texts = [*lines, *(text for tree in trees for text in literals(tree))]
    reasons = {kept.reason for kept in KEPT}
    known = {pair for text in texts if text not in reasons for pair in pairs(text)}
    return re.compile("|".join(rf"\b{re.escape(pair)}\b" for pair in sorted(known)))


def begins() -> re.Pattern[str]:
    """How a line of the vendor's begins, by its rules."""
    rules = (*SINGLE_VALUED, *(kept.pattern for kept in KEPT))
    return re.compile("|".join(("no $", *(rf"(?:no )?(?:{rule})(?= |$)" for rule in rules))))


def test_no_command_of_any_family_stands_outside_its_room() -> None:
    rooms = {ROOM: ROOT / "templates" / "router" / "yamaha", TOY: TOY / "templates"}
    anywhere, start = [words_of(*room) for room in rooms.items()], begins()
    found: dict[str, set[str]] = {}
    for file, tree in outside():
        words = {
            match[0].lower()
            for text in literals(tree)
            for match in (
                *(match for one in anywhere for match in one.finditer(text)),
                start.match(text),
                VENDOR.search(text),
            )
            if match is not None
        } | {" ".join(text.split()[:2]) for text in sent(tree)}
        if words:
            found[file] = words
    assert found == {}


def test_the_rest_knows_a_family_by_its_protocol_only() -> None:
    name = "onshi_net.platforms.yamaha"
    assert [
        file for file, tree in outside() if any(one.startswith(name) for one in imported(tree))
    ] == []
