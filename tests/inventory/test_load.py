"""Inventory files: what loads, and how every fault is told with its place, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from nornir.plugins.inventory import SimpleInventory
from ruamel.yaml import YAML

from onshi_net.errors import InputError
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from tests.conftest import EXAMPLES, SITES


def faults(inventory: Path, site: str = "demo-clinic") -> list[str]:
    with pytest.raises(InputError) as caught:
        load_site(inventory, site)
    return [str(fault) for fault in caught.value.faults]


def edit(inventory: Path, file: str, old: str, new: str, site: str = "demo-clinic") -> None:
    path = inventory / "sites" / site / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("site", SITES)
def test_the_examples_load(site: str) -> None:
    assert load_site(EXAMPLES, site).site.name == site


@pytest.mark.parametrize("site", SITES)
def test_stock_nornir_loads_the_same_files_unchanged(site: str) -> None:
    stock = SimpleInventory(
        host_file=str(EXAMPLES / "sites" / site / "hosts.yaml"),
        group_file=str(EXAMPLES / "groups.yaml"),
        defaults_file=str(EXAMPLES / "defaults.yaml"),
    ).load()
    assert set(stock.hosts) == {host.name for host in load_site(EXAMPLES, site).hosts}


@pytest.mark.parametrize(
    ("site", "mode"), [("demo-clinic", "ra"), ("demo-pharmacy", "pd"), ("demo-dental", "ra")]
)
def test_the_prefix_comes_by_ra_behind_a_gateway_though_the_line_delegates(
    site: str, mode: str
) -> None:
    assert load_site(EXAMPLES, site).site.ipv6_mode.value == mode


def test_all_faults_of_both_files_come_at_once_with_their_lines(inventory: Path) -> None:
    edit(inventory, "site.yaml", 'code: "2711234562"', "code: 123\n  colour: red")
    edit(inventory, "site.yaml", "region: west", "region: 3")
    edit(inventory, "hosts.yaml", "serial: S5X000001", "serial: 'bad serial'")
    told = "\n".join(faults(inventory))
    assert "site.yaml:3: institution.code: text is expected" in told
    assert "site.yaml:4: institution.colour: there is no field 'colour'" in told
    assert "site.yaml:5: region" in told
    assert "hosts.yaml:9: router.data.serial" in told


def test_a_misspelt_field_gets_the_nearest_one(inventory: Path) -> None:
    edit(inventory, "site.yaml", "hikari_denwa: false", "hikari_denva: false")
    assert any("Did you mean 'hikari_denwa'?" in fault for fault in faults(inventory))


@pytest.mark.parametrize(
    ("file", "old", "new", "part"),
    [
        ("site.yaml", "region: west", "region: west\nregion: east", "second time"),
        ("site.yaml", "region: west", "region: [west", "not YAML"),
        ("site.yaml", "region: west", "region: &a west", "anchors"),
        ("site.yaml", "region: west", "region: north", "no region 'north'"),
        ("site.yaml", "2024-04-01", "2024-13-01", "a date is expected"),
        ("site.yaml", "{kind: none}", "{kind: hubb}", "Possible: none, hub, hgw, ogw"),
        ("site.yaml", "router: 192.168.1.254", "router: 192.168.9.254", "not in 192.168.1.0/24"),
        (
            "site.yaml",
            "{ipv4: 192.168.1.0/24, router: 192.168.1.254, gateway: 192.168.1.1}",
            "{ipv4: 10.51.0.0/16, router: 10.51.2.1}",
            "overlap",
        ),
        ("hosts.yaml", "groups: [rtx830]", "groups: [rtx8300]", "no group 'rtx8300'"),
        ("hosts.yaml", "username: onshi", "username: onshi\n  password: x", "must not stand"),
        ("hosts.yaml", "hostname: 10.51.1.11", "hostname: 10.51.1.1", "already the address"),
        ("hosts.yaml", "hostname: 10.51.1.11", "hostname: 10.9.1.11", "not in 10.51.1.0/24"),
        ("hosts.yaml", "hostname: 10.51.1.1\n", "hostname: 10.51.1.2\n", "router's address"),
        ("hosts.yaml", "onu:\n  groups: [onu]", "onu:\n  groups: onu", "list of names"),
        ("hosts.yaml", "onu:\n  groups: [onu]", "onu:\n  groups: []", "no group"),
    ],
)
def test_each_kind_of_fault_has_its_sentence(
    inventory: Path, file: str, old: str, new: str, part: str
) -> None:
    edit(inventory, file, old, new)
    told = faults(inventory)
    assert any(part in fault and file in fault for fault in told), told


@pytest.mark.parametrize(
    "written",
    ['"00:a0:de:12:34:5F"', "00-A0-DE-12-34-5F", "00A0DE12345F", "00:a0:de:12:34:5f"],
)
def test_a_label_s_mac_is_read_in_every_usual_form(inventory: Path, written: str) -> None:
    for old in ("serial: S5X000001", "{secret: demo-clinic/terminal-1-admin}"):
        new = f"{old}\n    mac: {written}" if old[0] != "{" else f"{old[:-1]}, mac: {written}}}"
        edit(inventory, "hosts.yaml", old, new)
    found = load_site(inventory, "demo-clinic")
    assert found.router.mac == found.terminals[0].mac == "00:a0:de:12:34:5f"
    assert site_intent(found).router.management.mac == "00:a0:de:12:34:5f"


@pytest.mark.parametrize(
    "written", ["00:a0:de:12:34", "00:a0:de-12:34:56", "'ff:ff:ff:ff:ff:ff'", "001122334455", "x"]
)
def test_what_is_no_mac_of_a_device_is_a_fault_with_its_form(inventory: Path, written: str) -> None:
    old = "serial: S5X000001"
    edit(inventory, "hosts.yaml", old, f"{old}\n    mac: {written}")
    (told,) = faults(inventory)
    assert "router.data.mac" in told
    assert "00:a0:de:12:34:56" in told


def test_three_terminals_need_a_switch(inventory: Path) -> None:
    edit(
        inventory,
        "hosts.yaml",
        "switch:\n  groups: [switch]",
        "hub:\n  groups: [terminal]\n  hostname: 10.51.1.99",
        "demo-pharmacy",
    )
    edit(
        inventory,
        "hosts.yaml",
        "  data: {model: ApresiaLightGC105-SS, ports: 5}\n",
        "",
        "demo-pharmacy",
    )
    told = "\n".join(faults(inventory, "demo-pharmacy"))
    assert "4 terminals need a switch" in told


def test_an_unknown_site_is_named_with_the_nearest(inventory: Path) -> None:
    assert "demo-clinic" in "\n".join(faults(inventory, "demo-clinik"))
    assert "no site '../demo-clinic'" in "\n".join(faults(inventory, "../demo-clinic"))


def test_a_file_that_is_no_text_or_too_big_is_one_sentence(inventory: Path) -> None:
    file = inventory / "sites/demo-clinic/site.yaml"
    file.write_bytes(b"institution: \xff\xfe\n")
    assert any("not UTF-8" in fault for fault in faults(inventory))
    file.write_bytes(b"a" * 1_000_001)
    assert any("larger than" in fault for fault in faults(inventory))
    file.unlink()
    assert any("can't be read" in fault for fault in faults(inventory))


MODEL = "    initial_secret: start-pack/router-initial\n"


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("snmp: {reason: x}", "nobody is named who may reach this service"),
        ("upnp: {reason: x, hosts: [10.51.1.9]}", "can't be limited to addresses"),
        ("snmp: {reason: x, hosts: [192.168.1.9]}", "192.168.1.9 is not in 10.51.1.0/24"),
        ("snmp: {hosts: [10.51.1.9]}", "other_services.snmp.reason"),
        ("ssh: {reason: x}", "other_services.ssh"),
        ("snmp: {reason: x, hosts: [any]}", "other_services.snmp.hosts"),
    ],
)
def test_a_service_for_others_says_why_and_for_whom(inventory: Path, kept: str, told: str) -> None:
    edit(inventory, "hosts.yaml", MODEL, f"{MODEL}    other_services: {{{kept}}}\n")
    assert told in "\n".join(faults(inventory))


def test_services_for_others_are_part_of_the_intent(inventory: Path) -> None:
    kept = "{snmp: {hosts: [10.51.1.9], reason: 監視}, l2ms: {reason: APs}}"
    edit(inventory, "hosts.yaml", MODEL, f"{MODEL}    other_services: {kept}\n")
    services = site_intent(load_site(inventory, "demo-clinic")).router.other_services
    assert [(one.service, list(map(str, one.hosts)), one.reason) for one in services] == [
        ("snmp", ["10.51.1.9"], "監視"),
        ("l2ms", [], "APs"),
    ]


MISNAMED = {
    "hosts.yaml": {
        "taro.": ("terminal-1.username", "period at its end", "DOMAIN"),
        "'a;b'": ("terminal-1.username", "does not allow ;", "DOMAIN"),
        "x" * 21: ("terminal-1.username", "20 characters", "@domain"),
    },
    "site.yaml": {
        "{link: {name: Guest}}": ("windows.link.name", "user or group", "20 characters"),
        "{link: {name: onsadmin}}": ("username", "its administrator", "windows.link.name"),
        "{receipt: {user: 'a@b@c'}}": ("windows.receipt.user", "user@domain", "Microsoft account"),
        "{terminal: {shares: [{name: 'a/b', path: 'C:\\x'}]}}": (
            *("windows.terminal.shares", "does not allow /", "80 characters"),
        ),
    },
}


def without_windows(inventory: Path) -> None:
    """Takes away what the example says of the PCs."""
    file = inventory / "sites" / "demo-clinic" / "site.yaml"
    data = YAML().load(file)
    del data["windows"]
    YAML().dump(data, file)


@pytest.mark.parametrize(("file", "value"), [(f, v) for f in MISNAMED for v in MISNAMED[f]])
def test_a_name_that_windows_refuses_is_told_with_place_rule_and_remedy(
    inventory: Path, file: str, value: str
) -> None:
    old = "username: onsadmin" if file == "hosts.yaml" else "region: west"
    new = f"username: {value}" if file == "hosts.yaml" else f"region: west\nwindows: {value}"
    if file == "site.yaml":
        without_windows(inventory)
    edit(inventory, file, old, new)
    (told,) = faults(inventory)
    for word in MISNAMED[file][value]:
        assert word in told


@pytest.mark.parametrize("name", ["受付", "clinic admin", "taro.yamada", "taro@outlook.jp"])
def test_names_of_real_pcs_are_taken(inventory: Path, name: str) -> None:
    """Field: windows_names."""
    microsoft = r"MicrosoftAccount\jiro@outlook.jp"
    edit(inventory, "hosts.yaml", "username: onsadmin", f"username: {name}")
    edit(inventory, "hosts.yaml", "username: clinicadmin", f"username: {microsoft}")
    without_windows(inventory)
    used = f"region: west\nwindows: {{receipt: {{user: {name}}}}}"
    edit(inventory, "site.yaml", "region: west", used)
    loaded = load_site(inventory, "demo-clinic")
    receipt = site_intent(loaded).receipts[0]
    assert loaded.terminals[0].username == name
    assert (receipt.user, receipt.access.username) == (name, microsoft)
