"""`groups.yaml` and `defaults.yaml`: every fault with its line, and what Nornir itself inherits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from nornir.plugins.inventory import SimpleInventory

from onshi_net.errors import InputError
from onshi_net.intake import load_case
from onshi_net.inventory import load_site
from onshi_net.inventory.document import read_document
from onshi_net.inventory.plain import looks_secret
from onshi_net.inventory.stock import inherited, read_shared
from onshi_net.model.site import SiteFile
from tests.budget import examples


def told(inventory: Path) -> str:
    """The faults, which are the same for a finished site and for one that may be a draft."""
    with pytest.raises(InputError) as caught:
        load_site(inventory, "demo-clinic")
    with pytest.raises(InputError) as again:
        load_case(inventory, "demo-clinic")
    assert caught.value.faults == again.value.faults
    assert all(fault.remedy for fault in caught.value.faults), caught.value.faults
    return str(caught.value)


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ("a: {groups: [b]}\nb: {groups: [a]}", "groups.yaml:32: b.groups: the group is its own"),
        ("a: {groups: [a]}", "groups.yaml:31: a.groups: the group is its own parent: a -> a"),
        ("a: {groups: [b]}\nb: {groups: [c]}\nc: {groups: [b]}", "c.groups: the group is its own"),
        ("a: {groups: [routr]}", "groups.yaml:31: a.groups.0: there is no group 'routr'"),
        ("a:\n\tplatform: x", "groups.yaml:32: the line is indented with a tab"),
        ("a:", "groups.yaml:31: a: fields with values"),
        ("a: [b]", "groups.yaml:31: a: fields with values"),
        ("a: 7", "groups.yaml:31: a: fields with values"),
        ("a: {groups: router}", "groups.yaml:31: a.groups: a list of names"),
        ("a: {groups: [1]}", "groups.yaml:31: a.groups: a list of names"),
        ("a: {groups: {b: c}}", "a.groups: a list of names"),
        ("a: {port: ssh}", "groups.yaml:31: a.port: a port number"),
        ("a: {port: 0}", "a.port: a port number"),
        ("a: {port: true}", "a.port: a port number"),
        ("a: {platform: [x]}", "a.platform: text is expected"),
        ("a: {hostname: 1.5}", "a.hostname: text is expected"),
        ("a: {data: [x]}", "a.data: fields with values"),
        ("a: {connection_options: x}", "a.connection_options: fields with values"),
        ("a: {connection_options: {netmiko: x}}", "a.connection_options.netmiko: fields"),
        ("a: {connection_options: {netmiko: {extras: x}}}", "netmiko.extras: fields with values"),
        ("a: {connection_options: {netmiko: {port: x}}}", "netmiko.port: a port number"),
        ("a: {colour: red}", "groups.yaml:31: a.colour: there is no field 'colour'"),
        ("1: {}", "groups.yaml:31: the name of a field must be text, not 1"),
        ("2026-01-01: {}", "groups.yaml:31: the name of a field must be text"),
        ("? [a]\n: {}", "groups.yaml:31: the name of a field must be text"),
        ("router: {}", "groups.yaml:31: router: this field stands here a second time"),
    ],
)
def test_each_fault_of_the_groups_has_its_line(inventory: Path, added: str, expected: str) -> None:
    file = inventory / "groups.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    padding = ["#"] * (30 - len(lines))
    file.write_text("\n".join([*lines, *padding, added, ""]), encoding="utf-8")
    assert expected in told(inventory)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("[]", "defaults.yaml:1: fields with values"),
        ("port: 70000", "defaults.yaml:1: port: a port number"),
        ("groups: [router]", "defaults.yaml:1: groups: there is no field 'groups'"),
        ("data: 3", "defaults.yaml:1: data: fields with values"),
        ("connection_options:", "defaults.yaml:1: connection_options: fields with values"),
        ("data: {a: .nan}", "defaults.yaml:1: data.a: .nan is no number"),
        ("data: {a: 1e999}", "defaults.yaml:1: data.a: 1e999 is no number"),
        ("data: {a: " + "9" * 5000 + "}", "defaults.yaml:1: data.a: 999"),
        ("data: {a: 2026-13-45}", "defaults.yaml:1: data.a: a date is expected"),
    ],
)
def test_each_fault_of_the_defaults_has_its_line(inventory: Path, body: str, expected: str) -> None:
    (inventory / "defaults.yaml").write_text(body, encoding="utf-8")
    assert expected in told(inventory)


def test_faults_of_all_files_come_at_once(inventory: Path) -> None:
    (inventory / "groups.yaml").open("a").write("x: {groups: [x]}\n")
    (inventory / "defaults.yaml").write_text("password: geheim\n", encoding="utf-8")
    site = inventory / "sites" / "demo-clinic"
    sheet = (site / "site.yaml").read_text(encoding="utf-8")
    (site / "site.yaml").write_text(sheet.replace("west", "north", 1), encoding="utf-8")
    (site / "hosts.yaml").open("a").write("extra: {groups: 3}\n")
    found = told(inventory)
    for part in (
        "groups.yaml:",
        "defaults.yaml:1: password",
        ": region: there is no region",
        "extra.groups",
    ):
        assert part in found
    assert "geheim" not in found


PLACES = (
    "password: {}", "data: {{password: {}}}", "data: {{api: {{Token: {}}}}}", "data: {{pw: {}}}",
    "data: {{passwords: [{}]}}", "data: {{Admin-Passwort: x, パスワード: {}}}",
    "connection_options: {{netmiko: {{password: {}}}}}",
    "connection_options: {{netmiko: {{extras: {{secret: {}}}}}}}", "secret: {}",
    "data: {{enable_secret: {}}}", "data: {{note: 'https://me:{}@host/'}}",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("level", ["group", "defaults", "host"])
def test_a_secret_that_stands_readable_anywhere_is_refused_and_not_shown(
    inventory: Path, level: str, place: str
) -> None:
    body = place.format("Geheim7x")
    files = {
        "group": inventory / "groups.yaml",
        "defaults": inventory / "defaults.yaml",
        "host": inventory / "sites" / "demo-clinic" / "hosts.yaml",
    }
    file = files[level]
    old = "" if level == "defaults" else file.read_text(encoding="utf-8")
    grouped = f"a: {{groups: [onu], {body}}}\n"
    file.write_text(f"{body}\n" if level == "defaults" else old + grouped, encoding="utf-8")
    found = told(inventory)
    assert "a password must not stand in the inventory" in found
    assert "onshi secret set" in found
    assert f"{file.name}:" in found
    assert "Geheim7x" not in found


def test_a_number_is_a_password_too(inventory: Path) -> None:
    (inventory / "defaults.yaml").write_text("data: {pin: 4711}\n", encoding="utf-8")
    assert "must not stand" in told(inventory)


@pytest.mark.parametrize(
    "body", ["", "# nothing\n", "---\n", "data: {site_secret_hint: null, keys: [a]}\n"]
)
def test_what_says_nothing_secret_is_taken(inventory: Path, body: str) -> None:
    (inventory / "defaults.yaml").write_text(body, encoding="utf-8")
    if "keys" in body:  # a host of the site has no such field
        assert read_shared(inventory).defaults.data
    else:
        load_site(inventory, "demo-clinic")


def test_the_defaults_may_be_missing_as_nornir_lets_them(inventory: Path) -> None:
    (inventory / "defaults.yaml").unlink()
    load_site(inventory, "demo-clinic")


def test_a_password_in_a_field_for_references_is_not_printed(inventory: Path) -> None:
    file = inventory / "sites" / "demo-clinic" / "hosts.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("demo-clinic/router\n", "G!he im\n"), encoding="utf-8")
    assert "G!he" not in told(inventory)


def test_no_field_of_ours_is_taken_for_a_secret() -> None:
    def names(model: Any) -> set[str]:
        found = set()
        for name, field in model.model_fields.items():
            found.add(name)
            if hasattr(field.annotation, "model_fields"):
                found |= names(field.annotation)
        return found

    assert {name for name in names(SiteFile) if looks_secret(name)} <= {"secret"}


def test_connection_fields_of_a_group_count_for_its_hosts(inventory: Path) -> None:
    groups = inventory / "groups.yaml"
    text = groups.read_text(encoding="utf-8").replace("  port: 22\n", "  port: 2222\n")
    groups.write_text(text, encoding="utf-8")
    assert load_site(inventory, "demo-clinic").router.port == 2222


def test_a_host_is_counted_by_what_its_groups_make_it(inventory: Path) -> None:
    (inventory / "groups.yaml").open("a").write("front-desk: {groups: [terminal]}\n")
    hosts = inventory / "sites" / "demo-clinic" / "hosts.yaml"
    text = hosts.read_text(encoding="utf-8").replace("groups: [terminal]", "groups: [front-desk]")
    hosts.write_text(text, encoding="utf-8")
    assert load_case(inventory, "demo-clinic").terminals == 1


def test_a_net_of_groups_that_nobody_can_follow_is_refused_at_once(inventory: Path) -> None:
    rows = [f"n{i}: {{groups: [n{i + 1}, m{i + 1}]}}\nm{i}: {{groups: [n{i + 1}, m{i + 1}]}}"
            for i in range(60)]  # fmt: skip
    (inventory / "groups.yaml").open("a").write("\n".join([*rows, "n60: {}", "m60: {}", ""]))
    assert "ways lead from this group" in told(inventory)


NAMES = [f"g{number}" for number in range(6)]
values = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["x", "y", "z"]))
fields = st.dictionaries(st.sampled_from(["a", "b", "c"]), values, max_size=3)


@st.composite
def elements(draw: Any, above: list[str]) -> dict[str, Any]:
    parents = st.lists(st.sampled_from(above), max_size=3, unique=True) if above else st.just([])
    made = {"groups": draw(parents), "data": draw(st.none() | fields)}
    for key in ("hostname", "username", "platform"):
        made[key] = draw(st.none() | st.sampled_from(["h1", "h2"]))
    made["port"] = draw(st.none() | st.integers(1, 9))
    return {key: value for key, value in made.items() if draw(st.booleans()) or key == "groups"}


@st.composite
def inventories(draw: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    groups = {name: draw(elements(NAMES[:at])) for at, name in enumerate(NAMES)}
    defaults = draw(elements([]))
    defaults.pop("groups")
    return groups, defaults, {"h": draw(elements(NAMES))}


@given(inventories())
@settings(max_examples=max(15, examples("properties") // 3))
def test_a_host_inherits_what_nornir_says(tmp_path_factory: Any, files: Any) -> None:
    folder = tmp_path_factory.mktemp("stock")
    for name, data in zip(("groups", "defaults", "hosts"), files, strict=True):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    stock = SimpleInventory(
        host_file=str(folder / "hosts.yaml"),
        group_file=str(folder / "groups.yaml"),
        defaults_file=str(folder / "defaults.yaml"),
    ).load().hosts["h"]  # fmt: skip
    ours = inherited(read_document(folder / "hosts.yaml"), "h", read_shared(folder))
    assert list(ours.groups) == [group.name for group in stock.extended_groups()]
    assert ours.data == stock.extended_data()
    for key in ("hostname", "port", "username", "platform"):
        assert ours.connection.get(key) == getattr(stock, key)
