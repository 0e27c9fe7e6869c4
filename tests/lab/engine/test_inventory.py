"""The lab's own reader of an inventory: belief, truth laid over it, and every fault at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import observe
import pytest
import yaml

from onshi_lab import credentials, inventory, keyfile
from onshi_lab.addresses import EAST, PUBLIC_RESOLVERS
from onshi_lab.errors import SiteFileError, UsageError
from onshi_lab.site import BranchKind, LineMode, Site, line_prefixes, node_of
from onshi_lab.topology import Route, build

NAME = "demo-clinic"
Edit = Callable[[dict[str, Any]], object]


class Sheet:
    """A copy of demo-clinic that a test changes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "sites" / NAME
        shutil.copytree(observe.INVENTORY / "sites" / NAME, self.folder)
        for name in inventory.SHARED:
            shutil.copyfile(observe.INVENTORY / name, root / name)
        (self.folder / "world.yaml").unlink()

    def edit(self, file: str, change: Edit) -> None:
        path = self.folder / file
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(values)
        path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")

    def world(self, text: str) -> None:
        (self.folder / "world.yaml").write_text(text, encoding="utf-8")

    def site(self) -> Site:
        return inventory.load_site(self.root, NAME)

    def faults(self) -> tuple[str, ...]:
        with pytest.raises(SiteFileError) as caught:
            self.site()
        return caught.value.faults


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    return Sheet(tmp_path)


class TestBelief:
    def test_the_demo_sites_are_ordinary_ones(self) -> None:
        names = inventory.names(observe.INVENTORY)
        clinic, dental, pharmacy = (observe.demo(name) for name in names)
        assert (clinic.line.mode, clinic.line.prefix) == (
            LineMode.RA,
            IPv6Network("2001:db8:51:100::/64"),
        )
        assert (dental.branch, dental.advertised_prefix) == (
            BranchKind.HGW,
            IPv6Network("2001:db8:53:100::/64"),
        )
        assert (len(pharmacy.terminals), pharmacy.switch) == (3, True)
        assert [site.router.model for site in (clinic, dental, pharmacy)] == [
            "RTX830",
            "RTX1210",
            "RTX1220",
        ]

    def test_what_nobody_says_is_usual(self, sheet: Sheet) -> None:
        site = sheet.site()
        assert site.line.prefix == line_prefixes(NAME, LineMode.RA)[0]
        assert site.router.firmware == inventory.FIRMWARE["RTX830"]
        assert site.router.address == IPv4Interface("10.51.1.1/24")
        assert site.public == ("2001:db8:ffff::80", "203.0.113.80")

    def test_without_probes_of_its_own_the_public_resolvers_are_there(self, sheet: Sheet) -> None:
        sheet.edit("site.yaml", lambda site: site.pop("internet_probes"))
        assert sheet.site().public == PUBLIC_RESOLVERS

    @pytest.mark.parametrize(
        ("line", "mode"),
        [
            ({"hikari_denwa": True}, LineMode.PD),
            ({"hikari_denwa": None}, LineMode.RA),
            ({"product": "フレッツ光クロス"}, LineMode.PD),
        ],
    )
    def test_the_line_decides_the_mode(
        self, sheet: Sheet, line: dict[str, Any], mode: LineMode
    ) -> None:
        sheet.edit("site.yaml", lambda site: site["line"].update(line))
        assert sheet.site().line.mode is mode

    def test_a_home_gateway_without_a_delegation_hands_on_the_lines_word(
        self, sheet: Sheet
    ) -> None:
        sheet.edit("site.yaml", lambda site: site["access"].update(branch={"kind": "ogw"}))
        assert not sheet.site().gateway_delegates
        sheet.world("line: {mode: pd}\n")
        assert sheet.site().gateway_delegates

    def test_networks_of_any_length(self, sheet: Sheet) -> None:
        segments = {
            "terminal": {"ipv4": "172.20.8.16/29", "router": "172.20.8.22"},
            "clinic": {"ipv4": "10.0.0.0/16", "router": "10.0.9.1"},
        }
        sheet.edit("site.yaml", lambda site: site.update(segments=segments, region="east"))
        sheet.edit("hosts.yaml", lambda hosts: hosts["terminal-1"].update(hostname="172.20.8.17"))
        sheet.edit("hosts.yaml", lambda hosts: hosts["receipt-1"].update(hostname="10.0.200.3"))
        sheet.edit("hosts.yaml", lambda hosts: hosts["router"].update(hostname="172.20.8.22"))
        site = sheet.site()
        assert site.terminals[0].address == IPv4Interface("172.20.8.17/29")
        assert site.receipts[0].address == IPv4Interface("10.0.200.3/16")
        assert site.clinic.gateway is None
        assert site.region is EAST
        assert site.laptop_addresses(site.terminal) == (IPv4Interface("172.20.8.21/29"),)
        assert site.laptop_addresses(site.clinic) == (IPv4Interface("10.0.0.200/16"),)

    @pytest.mark.parametrize(("way", "expected"), [("pc", False), ("clinic-device", True)])
    def test_the_route_lies_where_the_sheet_says(
        self, sheet: Sheet, way: str, expected: bool
    ) -> None:
        sheet.edit("site.yaml", lambda site: site.update(windows={"receipt": {"route": way}}))
        site = sheet.site()
        assert site.clinic.route is expected
        inward = Route(str(site.terminal.network), "lan", str(site.clinic.router))
        assert (inward in build(site).node("clinic-gw").routes) is expected

    def test_a_full_network_has_no_address_left(self, sheet: Sheet) -> None:
        segments = {"terminal": {"ipv4": "10.51.1.0/30", "router": "10.51.1.1"}}
        sheet.edit("site.yaml", lambda site: site["segments"].update(segments))
        sheet.edit("hosts.yaml", lambda hosts: hosts["terminal-1"].update(hostname="10.51.1.2"))
        site = sheet.site()
        assert site.laptop_addresses(site.terminal) == (None,)

    def test_groups_of_groups_are_followed(self, sheet: Sheet) -> None:
        sheet.edit("hosts.yaml", lambda hosts: hosts["router"].update(groups=["rtx1300"]))
        assert sheet.site().router.model == "RTX1300"
        sheet.edit("hosts.yaml", lambda hosts: hosts["router"]["data"].update(model="RTX840"))
        assert sheet.site().router.model == "RTX840"

    def test_accounts_and_references_are_the_sheets(self, sheet: Sheet) -> None:
        windows = {
            "link": {"secret": "a/link"},
            "receipt": {"users": {"receipt-1": {"name": "受付", "secret": "a/uketsuke"}}},
        }
        sheet.edit("site.yaml", lambda site: site.update(windows=windows))
        sheet.edit("hosts.yaml", lambda hosts: hosts["receipt-1"].pop("username"))
        (pc,) = sheet.site().receipts
        assert [(user.name, user.secret, user.admin) for user in pc.users] == [
            ("Administrator", "demo-clinic/receipt-1-admin", True),
            ("受付", "a/uketsuke", False),
        ]
        assert "a/link" in credentials.references(sheet.site())

    def test_somebody_who_is_administrator_and_user_is_one_account(self, sheet: Sheet) -> None:
        sheet.edit(
            "site.yaml", lambda site: site.update(windows={"receipt": {"user": "ClinicAdmin"}})
        )
        assert [user.name for user in sheet.site().receipts[0].users] == ["clinicadmin"]

    def test_a_host_may_have_the_name_of_a_node_or_a_very_long_one(self, sheet: Sheet) -> None:
        def rename(hosts: dict[str, Any]) -> None:
            hosts["laptop"] = hosts.pop("receipt-1")
            hosts["t" * 60] = hosts.pop("terminal-1")

        sheet.edit("hosts.yaml", rename)
        nodes = [pc.node for pc in sheet.site().pcs]
        assert nodes == [node_of("t" * 60), node_of("laptop")]
        assert "laptop" not in nodes
        assert node_of("clinic-switch-2") != "clinic-switch-2"
        assert max(map(len, nodes)) <= 32


class TestTruth:
    def test_it_overlays_the_belief(self, sheet: Sheet) -> None:
        sheet.world(
            """
            line: {mode: pd, prefix: "2001:db8:5f:100::/56", registered: false}
            branch: hgw
            switch: true
            router: {model: RTX1220, serial: X123, language: en, address: 192.168.100.1/24,
                     user: admin, config: "ip filter 1 pass * *\\nno telnetd host\\n"}
            networks:
              clinic: {ipv4: 192.168.5.0/24, gateway: 192.168.5.1, route: true}
              others: [{ipv4: 192.168.7.0/26}]
            hosts:
              receipt-1: {address: 192.168.7.9/26, dhcp: true, windows: 11-pro-23h2, language: en,
                          computer_name: UKETSUKE, state: [{do: profile, category: public}]}
              terminal-1: {absent: true}
            devices: [{name: printer, network: clinic, address: 192.168.5.50}]
            """
        )
        site = sheet.site()
        assert (site.line.mode, site.line.registered) == (LineMode.PD, False)
        assert (site.branch, site.switch, site.gateway_delegates) == (BranchKind.HGW, True, True)
        assert (site.router.model, site.router.serial) == ("RTX1220", "X123")
        assert site.router.firmware == inventory.FIRMWARE["RTX1220"]
        assert site.router.config.splitlines() == ["ip filter 1 pass * *", "no telnetd host"]
        assert (site.clinic.network, site.clinic.route) == (IPv4Network("192.168.5.0/24"), True)
        assert site.others[0].gateway == IPv4Address("192.168.7.1")
        (pc,) = site.receipts
        assert site.lan_of(pc) is site.others[0]
        assert (pc.dhcp, pc.release, pc.computer_name) == (True, "11-pro-23h2", "UKETSUKE")
        assert site.terminals == ()
        # Who works by the sheet asks for the absent PC's password before he finds it gone.
        assert {user.secret for user in site.absent[0].users} <= {*credentials.references(site)}
        assert site.devices[0].address == IPv4Interface("192.168.5.50/24")

    @pytest.mark.parametrize(
        ("world", "expected"),
        [
            ("line: {mode: rb}", "world.yaml: line.mode is 'rb'; it must be ra or pd"),
            ("line: {prefix: '2001:db8::/56'}", "world.yaml: line.prefix is"),
            ("line: {prefiks: 1}", "world.yaml: line.prefiks is unknown; known: mode, prefix"),
            ("branch: hug", "world.yaml: branch is 'hug'; it must be one of none, hub"),
            ("switch: maybe", "world.yaml: switch is 'maybe'; it must be true or false"),
            ("router: {model: RTX9}", "world.yaml: router.model is 'RTX9'; it must be one of RTX"),
            ("hosts: {recipt-1: {absent: true}}", "hosts.recipt-1 is no PC of hosts.yaml; known: "),
            ("hosts: {receipt-1: {state: [1]}}", "hosts.receipt-1.state is [1]; it must be a list"),
            ("devices: {a: 1}", "world.yaml: devices is {'a': 1}; it must be a list"),
            ("devices: [{name: x}]", "world.yaml: devices[0].network is missing"),
            ("netwroks: 1", "world.yaml: netwroks is unknown; known: line, branch"),
            ("- 1", "world.yaml must be a mapping"),
            ("a: [", "world.yaml is not YAML"),
        ],
    )
    def test_a_fault_is_named_with_its_place(self, sheet: Sheet, world: str, expected: str) -> None:
        sheet.world(world)
        assert any(expected in fault for fault in sheet.faults()), sheet.faults()

    def test_an_empty_file_says_nothing(self, sheet: Sheet) -> None:
        believed = sheet.site()
        sheet.world("# nothing\n")
        assert sheet.site() == believed


class TestFaults:
    def test_all_come_at_once(self, sheet: Sheet) -> None:
        sheet.edit("site.yaml", lambda site: site.update(region="north"))
        sheet.edit("site.yaml", lambda site: site["segments"]["clinic"].update(ipv4="x"))
        sheet.edit("hosts.yaml", lambda hosts: hosts["terminal-1"].update(hostname="y"))
        sheet.edit("hosts.yaml", lambda hosts: hosts["router"].update(groups=["rtx9"]))
        found = "\n".join(sheet.faults())
        assert "region is 'north'; it must be west or east" in found
        assert "segments.clinic.ipv4 is 'x'" in found
        assert "terminal-1.hostname is 'y'" in found
        assert "router.groups names 'rtx9', which groups.yaml does not" in found

    @pytest.mark.parametrize("text", ["", "[]", "7", "a: [", "\tx", "\xff"])
    @pytest.mark.parametrize("file", ["site.yaml", "hosts.yaml"])
    def test_what_is_no_mapping_is_refused(self, sheet: Sheet, file: str, text: str) -> None:
        (sheet.folder / file).write_bytes(text.encode("latin-1"))
        assert sheet.faults()

    @pytest.mark.parametrize(
        "name", ["../../x", "a b", "受付", "a/b", "", ".x", "x" * 65], ids=repr
    )
    def test_a_host_that_no_file_can_be_named_after(self, sheet: Sheet, name: str) -> None:
        sheet.edit("hosts.yaml", lambda hosts: hosts.update({name: hosts.pop("receipt-1")}))
        assert any("is no host name" in fault for fault in sheet.faults())

    @pytest.mark.parametrize("text", ["terminal: x", "router: {data: x}", "onu: {groups: 3}", "7"])
    def test_groups_of_no_kind_are_named(self, sheet: Sheet, text: str) -> None:
        (sheet.root / "groups.yaml").write_text(text)
        assert any("groups.yaml" in fault for fault in sheet.faults())

    @pytest.mark.parametrize("text", ["a: 2024-13-45", "a: !!int x", "[" * 3000, "a: -_"])
    def test_what_the_yaml_library_trips_over_is_a_fault(self, sheet: Sheet, text: str) -> None:
        sheet.world(text)
        assert any("world.yaml" in fault for fault in sheet.faults())

    @pytest.mark.parametrize(
        ("world", "expected"),
        [
            ("networks: {clinic: {gateway: 10.0.0.1}}", "gateway 10.0.0.1 is not in its network"),
            ("networks: {clinic: {ipv4: 10.51.0.0/16}}", "overlap"),
            ("networks: {others: [{ipv4: 192.168.1.0/25}]}", "overlap"),
            ("line: {prefix: 'fe80::/64'}", "none that a line can have"),
            ("line: {prefix: '2001:a7ff:f014::/64'}", "none that a line can have"),
        ],
    )
    def test_networks_that_can_not_be_are_named(
        self, sheet: Sheet, world: str, expected: str
    ) -> None:
        sheet.world(world)
        assert any(expected in fault for fault in sheet.faults()), sheet.faults()

    def test_a_network_of_one_address_is_read(self, sheet: Sheet) -> None:
        sheet.world("networks: {others: [{ipv4: 192.168.7.1/32}]}")
        assert sheet.site().others[0].gateway == IPv4Address("192.168.7.1")

    def test_a_router_without_an_address_is_named(self, sheet: Sheet) -> None:
        sheet.edit("hosts.yaml", lambda hosts: hosts["router"].update(hostname="r.example"))
        assert "hosts.yaml: router.hostname is 'r.example'; it must be an IPv4 address" in (
            sheet.faults()
        )

    def test_a_missing_file_is_named(self, sheet: Sheet) -> None:
        (sheet.folder / "hosts.yaml").unlink()
        assert "hosts.yaml is missing" in sheet.faults()

    def test_three_terminals_need_a_switch(self, sheet: Sheet) -> None:
        def more(hosts: dict[str, Any]) -> None:
            for number in (2, 3):
                hosts[f"t-{number}"] = {**hosts["terminal-1"], "hostname": f"10.51.1.2{number}"}

        sheet.edit("hosts.yaml", more)
        assert sheet.faults() == ("3 terminals need a switch (two router ports)",)

    def test_an_unknown_site_is_answered_with_the_possible_ones(self) -> None:
        with pytest.raises(UsageError, match="demo-clinic, demo-dental, demo-pharmacy"):
            observe.demo("demo-clinik")

    def test_a_folder_that_is_no_inventory_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="is no inventory: it has no folder `sites`"):
            inventory.load_site(tmp_path, "x")


class TestPasswords:
    def test_the_users_own_are_taken_from_an_environment_file(self, tmp_path: Path) -> None:
        file = tmp_path / "env"
        site = observe.demo(NAME)
        mine = credentials.passwords(site, {})
        file.write_text(credentials.environment_file(mine), encoding="utf-8")
        assert credentials.passwords(site, keyfile.read(file, {})) == mine

    def test_every_character_survives_the_file(self, tmp_path: Path) -> None:
        value = "a b'c\"d$e\\f#g 漢字"
        file = tmp_path / "env"
        file.write_text(credentials.environment_file({"x/y": value}), encoding="utf-8")
        assert keyfile.read(file, {}) == {"ONSHI_SECRET_X_Y": value}

    def test_an_age_file_is_opened_with_its_passphrase(self, tmp_path: Path) -> None:
        import pyrage

        file = tmp_path / "secrets.age"
        file.write_bytes(pyrage.passphrase.encrypt(b'"x/y" = "pw"\n', "open"))
        assert keyfile.read(file, {"ONSHI_PASSPHRASE": "open"}) == {"ONSHI_SECRET_X_Y": "pw"}
        with pytest.raises(UsageError, match="can't be opened"):
            keyfile.read(file, {"ONSHI_PASSPHRASE": "shut"})

    def test_the_environment_goes_before_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "env"
        file.write_text("ONSHI_SECRET_A=file\nexport ONSHI_SECRET_B=file\n")
        given = keyfile.read(file, {"ONSHI_SECRET_A": "here", "HOME": "x"})
        assert given == {"ONSHI_SECRET_A": "here", "ONSHI_SECRET_B": "file"}

    @pytest.mark.parametrize(
        ("text", "expected"), [("PATH=x", "PATH is no ONSHI_SECRET_"), ("a='", "neither an age")]
    )
    def test_another_file_is_refused(self, tmp_path: Path, text: str, expected: str) -> None:
        file = tmp_path / "env"
        file.write_text(text)
        with pytest.raises(UsageError, match=expected):
            keyfile.read(file, {})

    def test_the_unnamed_user_has_a_password_where_the_sheet_names_one(self, sheet: Sheet) -> None:
        assert sheet.site().references.router_unnamed is None
        data = {"unnamed_secret": "demo-clinic/router-unnamed"}
        sheet.edit("hosts.yaml", lambda hosts: hosts["router"]["data"].update(data))
        assert "demo-clinic/router-unnamed" in credentials.passwords(sheet.site(), {})

    def test_references_of_one_variable_have_one_password(self, sheet: Sheet) -> None:
        data = {"secret": "demo-clinic/router", "admin_secret": "demo-clinic/rout_er"}
        sheet.edit("hosts.yaml", lambda hosts: hosts["router"]["data"].update(data))
        sheet.edit(
            "hosts.yaml",
            lambda hosts: hosts["terminal-1"]["data"].update(secret="demo_clinic/router"),
        )
        found = credentials.passwords(sheet.site(), {})
        assert found["demo-clinic/router"] == found["demo_clinic/router"]
        assert found["demo-clinic/router"] != found["demo-clinic/rout_er"]

    @pytest.mark.parametrize("value", ["a\0b", "a\udcffb"])
    def test_a_value_that_is_no_text_is_refused(self, value: str) -> None:
        with pytest.raises(UsageError, match="ONSHI_SECRET_A is no text"):
            keyfile.read(None, {"ONSHI_SECRET_A": value})

    def test_a_variable_without_a_value_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "env"
        file.write_text("ONSHI_SECRET_A\n")
        with pytest.raises(UsageError, match="ONSHI_SECRET_A has no value"):
            keyfile.read(file, {})

    def test_a_file_of_passwords_is_its_owners_whatever_was_there(self, tmp_path: Path) -> None:
        file = tmp_path / "env"
        file.touch(mode=0o644)
        keyfile.write_private(file, "x")
        assert (file.read_text(), file.stat().st_mode & 0o777) == ("x", 0o600)
        assert [path.name for path in tmp_path.iterdir()] == ["env"]

    def test_passwords_go_to_a_regular_file_only(self, tmp_path: Path) -> None:
        link, pipe = tmp_path / "link", tmp_path / "pipe"
        link.symlink_to(tmp_path / "elsewhere")
        os.mkfifo(pipe)
        for place in (link, pipe, tmp_path, tmp_path / "no" / "env"):
            with pytest.raises(UsageError, match="is no"):
                keyfile.require_file(place)
        keyfile.require_file(tmp_path / "env")

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="can't be read: No such file"):
            keyfile.read(tmp_path / "none", {})
