"""Values can't leave their literal, and every script is one that the PowerShell grammar takes."""

from __future__ import annotations

import json
import re
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_powershell
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from onshi_lab.windows.powershell import cmdlets
from onshi_lab.windows.powershell.cmdlet import CMDLETS
from onshi_lab.windows.powershell.convert import ENUMS, full_type_name
from onshi_lab.windows.powershell.dotnet import STATIC_PROPERTIES, STATICS, constructible
from onshi_lab.windows.powershell.interop import MARSHAL
from onshi_net.errors import InputError
from onshi_net.pcs.powershell import Script, ps_literal, script, script_names
from onshi_net.transport.windows.envelope import LOADER
from tests.lab.windows import engine
from tests.pcs.examples import EXAMPLES, TASK


@cache
def parser() -> Parser:
    return Parser(Language(tree_sitter_powershell.language()))


def parsed(text: str) -> Node:
    return parser().parse(text.encode("utf-8")).root_node


def faults(node: Node) -> list[str]:
    own = [f"{node.start_point}: {node.type}"] if node.is_error or node.is_missing else []
    return own + [fault for child in node.children for fault in faults(child)]


def kinds(node: Node) -> list[str]:
    return [node.type, *(kind for child in node.children for kind in kinds(child))]


def read_back(literal: str) -> str:
    """Takes a single-quoted string apart as the language specification (2.3.5.2) says."""
    quotes = "'\u2018\u2019\u201a\u201b"
    assert literal[0] == literal[-1] == "'"
    inner, out, index = literal[1:-1], [], 0
    while index < len(inner):
        if inner[index] in quotes:
            assert inner[index + 1] in quotes, "a quotation mark that ends the string early"
            index += 1
        out.append(inner[index])
        index += 1
    return "".join(out)


hostile = st.text(
    st.characters()
    | st.sampled_from("'\"`$(){}[];|&<>@#,\u2018\u2019\u201a\u201b\u201c\u201d-\\ \r\n\0"),
    max_size=60,
)


@given(hostile)
def test_a_text_is_one_string_or_refused(value: str) -> None:
    try:
        literal = ps_literal(value)
    except InputError:
        return
    assert read_back(literal) == value
    assert "\n" not in literal
    assert "\r" not in literal


@given(st.text(st.sampled_from("ab あ'\"`$(){}[];|&<>@#,-\\:/é"), max_size=40))
def test_the_grammar_sees_one_verbatim_string_and_nothing_else(value: str) -> None:
    root = parsed(f"$x = {ps_literal(value)}\n$y = 1\n")
    assert faults(root) == []
    seen = kinds(root)
    assert seen.count("verbatim_string_characters") == 1
    assert seen.count("assignment_expression") == 2
    assert not {
        "expandable_string_literal",
        "command",
        "sub_expression",
        "pipeline_chain_tail",
    } & set(seen)


simple = (
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | st.text(st.sampled_from("a'あ $\"b"), max_size=8)
)
nested = st.recursive(
    simple,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.sampled_from("a'b $"), min_size=1, max_size=4), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(nested)
def test_any_value_parses_as_one_assignment(value: Any) -> None:
    root = parsed(f"$x = {ps_literal(value)}\n")
    assert faults(root) == []
    assert kinds(root).count("assignment_expression") == 1
    assert "command" not in kinds(root)


@pytest.mark.parametrize(
    "bad",
    ["a\nb", "a\rb", "\0", "\x1b[0m", "a\u2028b", "\u202ea", "\ud800", "a\u200bb", "x" * 40_000],
)
def test_control_and_invisible_characters_are_refused(bad: str) -> None:
    with pytest.raises(InputError):
        ps_literal(bad)


@pytest.mark.parametrize("bad", [1.5, b"a", object(), {1, 2}])
def test_other_types_are_refused(bad: object) -> None:
    with pytest.raises(InputError):
        ps_literal(bad)


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "$null"),
        (True, "$true"),
        (3, "3"),
        (-3, "(-3)"),
        ("it's", "'it''s'"),
        ("\u2019", "'\u2019\u2019'"),
        ((), "@()"),
        (["a", 1], "@('a', 1)"),
        ({"a": ()}, "@{ 'a' = @() }"),
        (ip_address("2001:db8::1"), "'2001:db8::1'"),
        (ip_network("10.51.1.0/24"), "'10.51.1.0/24'"),
    ],
)
def test_literals(value: object, literal: str) -> None:
    assert ps_literal(value) == literal


def test_every_script_has_an_example() -> None:
    assert {name for name, _ in EXAMPLES} == set(script_names())


@pytest.mark.parametrize(("name", "values"), EXAMPLES)
def test_every_script_is_powershell(name: str, values: dict[str, Any]) -> None:
    text = script(name, **values).text
    assert faults(parsed(text)) == []
    assert "{{" not in text
    assert "{%" not in text


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every script and the loader as files, where the real engine can be asked about them."""
    if reason := engine.missing():
        pytest.skip(reason)
    folder, files = tmp_path_factory.mktemp("rendered"), []
    for name, values in [*EXAMPLES, ("loader", {})]:
        file = folder / f"{name}.ps1"
        text = LOADER if name == "loader" else script(name, **values).text
        file.write_text(text, encoding="utf-8")
        files.append(str(file))
    return files


def test_every_script_is_powershell_to_the_real_parser(rendered: list[str]) -> None:
    found = engine.ask_engine("parse", *rendered, check=False)
    assert found.returncode == 0, found.stdout


def test_the_real_compiler_takes_the_csharp_of_the_scripts(rendered: list[str]) -> None:
    texts = [Path(file).read_text(encoding="utf-8") for file in rendered]
    sources = {m for text in texts for m in re.findall(r"(?ms)^ *Add-Type -[NT].*?^'@$", text)}
    assert len(sources) == 2
    for source in sources:
        declared = "Onshi.Vault" if "class Vault" in source else "Onshi.Logon"
        assert engine.answers([f"{source}\n([{declared}]).FullName"]) == [(declared, "")]


def test_the_mock_knows_whatever_the_scripts_use(rendered: list[str]) -> None:
    """By the real parser: commands with their parameters, types, static members."""
    uses = json.loads(engine.ask_engine("uses", *rendered).stdout).values()
    cmdlets.load()
    lacking: set[str] = set()
    for one in uses:
        for command, parameters in one["commands"].items():
            known = CMDLETS.get(command.lower())
            if known is None and command and not command.endswith(".exe"):
                lacking.add(command)
            names = {p.name.lower() for p in known.all_parameters()} if known else set()
            lacking |= {f"{command} -{p}" for p in parameters if known and p.lower() not in names}
        for member in (m for m in one["members"] if m.startswith("[") and "Onshi." not in m):
            kind, name = re.fullmatch(r"\[(.+)\]::(\w+).*", member).groups()  # type: ignore[union-attr]
            if not _is_static(kind, name.lower()):
                lacking.add(member)
    assert lacking == set()


def _is_static(kind: str, name: str) -> bool:
    full = full_type_name(kind).lower()
    kinds = {full, f"system.{full}"}
    named = {one: {word.lower(): 0 for word in words} for one, words in ENUMS.items()}
    tables: tuple[dict[str, dict[str, Any]], ...] = (STATICS, STATIC_PROPERTIES, named)
    made = name == "new" and any(constructible(one) for one in kinds)
    marshaled = "system.runtime.interopservices.marshal" in kinds and name in MARSHAL
    return made or marshaled or any(name in table.get(one, {}) for table in tables for one in kinds)


def test_the_loader_is_powershell_and_fits_the_command_line() -> None:
    from onshi_net.transport.windows.envelope import command_line

    assert faults(parsed(LOADER)) == []
    program, arguments = command_line()
    assert len(" ".join([program, *arguments])) < 8191


def test_the_loader_tells_a_restricted_language_to_the_real_engine(rendered: list[str]) -> None:
    """Its first statement runs in it, and nothing that does not is reached."""
    restricted = "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'\n"
    assert rendered
    assert engine.answers([restricted + LOADER]) == [("onshi-language ConstrainedLanguage", "")]


@pytest.mark.parametrize(("name", "values"), EXAMPLES)
def test_no_secret_is_bound_to_a_parameter_of_a_command(name: str, values: dict[str, Any]) -> None:
    """Module logging (event 4103) writes the values of command parameters."""
    root = parsed(script(name, **values).text)

    def commands(node: Node) -> list[str]:
        own = [(node.text or b"").decode()] if node.type == "command" else []
        return own + [one for child in node.children for one in commands(child)]

    assert [
        one for one in commands(root) if "$OnshiSecrets" in one or "$blob" in one or "$bytes" in one
    ] == []


@given(st.text(st.sampled_from("a'`$();|あ \""), min_size=1, max_size=12))
def test_a_value_of_a_script_changes_no_code(value: str) -> None:
    def as_user(user: str) -> Script:
        return script("carry_out", user="", changes=[], tasks=[{**TASK, "user": user}])

    assert kinds(parsed(as_user(value).text)) == kinds(parsed(as_user("x").text))


def test_each_change_ends_with_its_own_count() -> None:
    text = script("carry_out", **dict(EXAMPLES)["carry_out"]).text
    counted = [line for line in text.splitlines() if "$done += 1" in line]
    assert counted == ["$done += 1"] * len(dict(EXAMPLES)["carry_out"]["changes"])
