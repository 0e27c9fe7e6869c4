"""`init`, `site add`, `site list`, completion: from nothing to a site that can be configured."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from nornir.plugins.inventory import SimpleInventory

from onshi_net import errors
from onshi_net.cli.init import EXAMPLE
from onshi_net.cli.run import run
from onshi_net.i18n import set_language
from onshi_net.intake import write_template
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from tests.conftest import EXAMPLES, ROOT

Onshi = Callable[..., tuple[int, str, str]]
ANSWERS = {
    "institution.name": "さくら医院",
    "institution.code": "2711234562",
    "survey.line.use": "既設回線を利用",
    "survey.line.product": "フレッツ光ネクスト ファミリー・スーパーハイスピードタイプ隼",
    "survey.line.ordered_on": "2024-04-01",
    "survey.line.v6_option": "はい",
    "survey.line.hikari_denwa": "いいえ",
    "survey.access.onu_model": "GE-PON-ONU",
    "survey.access.branch": "なし",
    "survey.access.business_phone": "いいえ",
    "survey.network.router_model": "RTX830",
    "survey.network.terminal_network": "10.51.1.0/24",
    "survey.network.terminal_router": "10.51.1.1",
    "survey.network.terminals": "10.51.1.11、10.51.1.12",
    "survey.network.clinic_network": "192.168.1.0/24",
    "survey.network.clinic_router": "192.168.1.254",
    "survey.network.clinic_gateway": "192.168.1.1",
    "survey.network.receipt_pcs": "192.168.1.21",
    "survey.receipt.work_by": "NTT西日本",
}


def typed(**other: str) -> list[str]:
    """Answers the lines of a person who knows everything, some replaced by `other` lines."""
    changed = {name.replace("__", "."): value for name, value in other.items()}
    return [changed.get(field, value) for field, value in ANSWERS.items()]


@pytest.fixture
def onshi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Onshi:
    """Runs a command in an empty folder; standard input has these lines."""
    monkeypatch.chdir(tmp_path)

    def go(
        *arguments: str, given: list[str] | None = None, lang: str = "en"
    ) -> tuple[int, str, str]:
        lines = "".join(f"{line}\n" for line in given or [])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
        code = run(["--lang", lang, *arguments])
        streams = capsys.readouterr()
        return code, streams.out, streams.err

    return go


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_init_gives_an_inventory_that_works_and_playbooks(lang, onshi, tmp_path, monkeypatch):
    code, said, _ = onshi("init", "work", lang=lang)
    assert code == errors.EXIT_GOOD
    made = tree(tmp_path / "work")
    assert {name.split("/")[0] for name in made} == {"inventory", "playbooks"}
    playbooks = {file.name for file in (ROOT / "playbooks").glob("*.py")}
    assert {Path(name).name for name in made if name.startswith("playbooks")} == playbooks
    inventory = tmp_path / "work" / "inventory"
    intent = site_intent(load_site(inventory, EXAMPLE))
    assert intent.router.management.secret == f"{EXAMPLE}/router"
    hosts = inventory / "sites" / EXAMPLE / "hosts.yaml"
    stock = SimpleInventory(
        str(hosts), str(inventory / "groups.yaml"), str(inventory / "defaults.yaml")
    )
    assert set(stock.load().hosts) == {"onu", "router", "terminal-1", "receipt-1"}
    site = (hosts.parent / "site.yaml").read_text(encoding="utf-8")
    assert site.count("#") > 8
    line = next(one.strip() for one in said.splitlines() if one.strip().startswith("export "))
    assert line == f"export ONSHI_INVENTORY={inventory}"
    monkeypatch.setenv("ONSHI_INVENTORY", str(inventory))
    assert onshi("render", EXAMPLE)[0] == errors.EXIT_GOOD
    assert onshi("site", "list", lang=lang)[1].count(EXAMPLE) == 1


def test_the_example_says_the_same_in_both_languages(onshi, tmp_path):
    read = []
    for lang in ("ja", "en"):
        onshi("init", lang, lang=lang)
        folder = tmp_path / lang / "inventory" / "sites" / EXAMPLE
        read.append({file.name: yaml.safe_load(file.read_bytes()) for file in folder.iterdir()})
    assert read[0] == read[1]


def test_init_again_changes_nothing(onshi, tmp_path):
    onshi("init", "work")
    before = tree(tmp_path)
    (tmp_path / "work" / "playbooks" / "install_day.py").unlink()
    code, said, _ = onshi("init", "work")
    assert (code, said.count("new: ")) == (errors.EXIT_GOOD, 1)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", ["inventory/groups.yaml", "playbooks", "inventory/sites"])
def test_init_overwrites_nothing_that_somebody_wrote(name, onshi, tmp_path):
    own = tmp_path / "work" / name
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    code, _, told = onshi("init", "work")
    assert code == errors.EXIT_BAD_INPUT
    assert f"work/{name}" in told
    assert tree(tmp_path) == {f"work/{name}": b"mine"}


def test_the_answers_become_a_site_that_can_be_configured(onshi, tmp_path):
    onshi("init", ".")
    code, said, _ = onshi("site", "add", "さくら", given=typed())
    assert code == errors.EXIT_GOOD
    assert "onshi secret fill さくら" in said
    found = load_site(tmp_path / "inventory", "さくら")
    assert found.site.facts.institution.name == "さくら医院"
    assert [str(one.hostname) for one in found.terminals] == ["10.51.1.11", "10.51.1.12"]
    assert found.router.model == "RTX830"
    assert found.site.facts.survey.receipt.count == 1


def test_what_nobody_knows_is_open_and_never_no(onshi, tmp_path):
    onshi("init", ".")
    given = typed(survey__line__hikari_denwa="", survey__network__router_model="")
    code, said, _ = onshi("site", "add", "half", given=given)
    assert code == errors.EXIT_GOOD
    assert "still open" in said
    assert "onshi secret fill" not in said
    folder = tmp_path / "inventory" / "sites" / "half"
    assert not (folder / "hosts.yaml").exists()
    assert "hikari" not in (folder / "site.yaml").read_text(encoding="utf-8")
    assert "something is open" in onshi("site", "list", "half")[1]


@pytest.mark.parametrize(
    ("field", "wrong", "told"),
    [
        ("institution.code", "271123456", "10"),
        ("institution.name", "", "can't be left open"),
        ("survey.line.v6_option", "たぶん", ""),
        ("survey.network.router_model", "RTX9999", ""),
        ("survey.network.terminal_router", "10.52.1.1", "does not lie in"),
        ("survey.network.terminals", "10.51.1.1", "is given already"),
        ("survey.network.clinic_network", "10.51.0.0/16", "overlaps"),
        ("survey.network.clinic_network", "どこか", ""),
    ],
)
def test_an_answer_that_can_not_be_is_told_and_asked_again(field, wrong, told, onshi, tmp_path):
    onshi("init", ".")
    lines = typed()
    lines.insert(list(ANSWERS).index(field), wrong)
    code, _, said = onshi("site", "add", "new", given=lines)
    assert code == errors.EXIT_GOOD, said
    assert told in said
    assert load_site(tmp_path / "inventory", "new").site.facts.institution.code == "2711234562"


@pytest.mark.parametrize("count", [0, 1, len(ANSWERS) - 1])
def test_an_input_that_ends_early_leaves_nothing(count, onshi, tmp_path):
    onshi("init", ".")
    before = tree(tmp_path)
    code, _, told = onshi("site", "add", "new", given=typed()[:count])
    assert code == errors.EXIT_INTERRUPTED
    assert "Nothing was written" in told
    assert "--from" in told
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", [EXAMPLE, "Upper", "a_b", "con", ""])
def test_a_name_that_can_not_be_is_refused_before_anything_is_asked(name, onshi):
    onshi("init", ".")
    code, _, told = onshi("site", "add", name, given=typed())
    assert code == errors.EXIT_BAD_INPUT
    assert "医療機関名" not in told


def test_a_workbook_gives_the_facts_instead(onshi, tmp_path):
    onshi("init", ".")
    write_template(tmp_path / "empty.xlsx")
    code, _, told = onshi("site", "add", "new", "--from", "empty.xlsx")
    assert code == errors.EXIT_BAD_INPUT, told
    filled = next((ROOT / "tests" / "intake").rglob("*.xlsx"), None)
    if filled is not None:
        onshi("site", "add", "new", "--from", str(filled))


def test_sites_are_found_by_name_institution_and_code(onshi, inventory):
    here = ["--inventory", str(inventory)]
    every = onshi(*here, "site", "list")[1]
    assert all(name in every for name in ("demo-clinic", "demo-dental", "demo-pharmacy"))
    for word, name in [
        ("調剤", "demo-pharmacy"),
        ("2741234566", "demo-pharmacy"),
        ("ＤＥＮＴ", "demo-dental"),
    ]:
        said = onshi(*here, "site", "list", word)[1]
        assert [line.split()[0] for line in said.splitlines()[1:]] == [name]
    assert "zzz" in onshi(*here, "site", "list", "zzz")[1]


def test_a_site_that_can_not_be_read_hides_no_other(onshi, inventory):
    (inventory / "sites" / "demo-dental" / "site.yaml").write_text("institution: [")
    code, said, told = onshi("--inventory", str(inventory), "site", "list")
    assert code == errors.EXIT_BAD_INPUT
    assert "demo-clinic" in said
    assert "site.yaml" in told


def test_no_inventory_says_how_to_make_one(onshi):
    code, _, told = onshi("site", "list")
    assert code == errors.EXIT_BAD_INPUT
    assert "onshi init" in told


def complete(line: str, **variables: str) -> list[str]:
    words = line.split(" ")
    asked = {
        "_ONSHI_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "PATH": os.environ["PATH"],
        "ONSHI_INVENTORY": str(EXAMPLES),
        **variables,
    }
    program = "from onshi_net.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", program],
        env=asked,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert found.stderr == ""
    return found.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("onshi si", ["site"]),
        ("onshi site ", ["add", "list"]),
        ("onshi plan demo-p", ["demo-pharmacy"]),
        ("onshi plan demo-clinic --only r", ["router", "receipt-1"]),
        ("onshi trust demo-clinic t", ["terminal-1"]),
        ("onshi checks --segment li", ["line"]),
        ("onshi plan nowhere --only r", []),
    ],
)
def test_a_shell_completes(line, expected):
    assert complete(line) == expected


def test_completion_without_an_inventory_is_silent():
    assert complete("onshi plan d", ONSHI_INVENTORY="/nowhere") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_lines_for_a_shell_are_printed(shell, onshi):
    code, said, _ = onshi("--completion", shell)
    assert code == errors.EXIT_GOOD
    assert "_ONSHI_COMPLETE" in said


def test_a_shell_that_is_none_is_refused(onshi):
    assert onshi("--completion", "ksh")[0] == errors.EXIT_BAD_INPUT


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_the_lines_after_make_demo_work_as_typed(readme, onshi, monkeypatch):
    blocks = re.findall(
        r"(?:^    .*\n)+", (ROOT / readme).read_text(encoding="utf-8"), re.MULTILINE
    )
    lines = [line.strip() for line in blocks[1].splitlines()]
    assert blocks[0].strip() == "make demo"
    assert lines[0] == "export PATH=$PWD/.venv/bin:$PATH"
    monkeypatch.chdir(ROOT)
    assert len(lines) > 2
    for line in lines[1:]:
        program, *words = line.split()
        assert program == "onshi"
        assert onshi(*words)[0] in {errors.EXIT_GOOD, errors.EXIT_OPEN}, line


@pytest.fixture(autouse=True)
def english() -> object:
    yield
    set_language("en")
