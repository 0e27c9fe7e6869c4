"""A lab that is up: every daemon truly answers, and the nodes are what the lab promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import dns.flags
import dns.rcode
import observe
import pytest
from observe import Lab

from onshi_lab import engine, state, status
from onshi_lab.addresses import INTERNET_IPV4, INTERNET_IPV6, WEST
from onshi_lab.errors import LabError
from onshi_lab.kernel import namespaces

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root for network namespaces: run the tests with sudo"
)

ONSHI_LAB = Path(sys.executable).with_name("onshi-lab")


@pytest.fixture(scope="module")
def clinic() -> Iterator[Lab]:
    yield from observe.lab_of("demo-clinic")


@pytest.fixture(scope="module")
def pharmacy() -> Iterator[Lab]:
    yield from observe.lab_of("demo-pharmacy")


@pytest.fixture(scope="module")
def dental() -> Iterator[Lab]:
    yield from observe.lab_of("demo-dental")


def command(lab: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    argv = (str(ONSHI_LAB), "--name", lab.name, *words)
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


class TestLine:
    def test_an_ra_line_advertises_its_prefix_with_the_o_flag(self, clinic: Lab) -> None:
        seen = observe.comes(lambda: observe.advertisements(clinic))
        assert {each.prefixes for each in seen.values()} == {("2001:db8:51:100::/64",)}
        assert {each.flags for each in seen.values()} == {0x40}

    def test_a_pd_line_advertises_no_prefix_but_both_flags(self, pharmacy: Lab) -> None:
        seen = observe.comes(lambda: observe.advertisements(pharmacy))
        assert [(each.prefixes, each.flags) for each in seen.values()] == [((), 0xC0)]

    def test_below_the_home_gateway_the_line_is_ra_again(self, dental: Lab) -> None:
        seen = observe.comes(lambda: observe.advertisements(dental))
        assert {each.prefixes for each in seen.values()} == {("2001:db8:53:100::/64",)}

    @pytest.mark.parametrize("site", ["clinic", "dental"])
    def test_dhcpv6_information_holds_the_ngn_resolvers(
        self, site: str, request: pytest.FixtureRequest
    ) -> None:
        lab: Lab = request.getfixturevalue(site)
        wanted = "information-only; request domain-name-servers; request domain-name;"
        told = dhcp6c(lab, "lan2", until="sleeping", config=f"interface lan2 {{ {wanted} }};\n")
        assert all(resolver in told for resolver in WEST.ngn_resolvers)
        assert "flets-west.jp" in told

    def test_a_real_client_is_delegated_the_prefix_and_gets_its_route(self, pharmacy: Lab) -> None:
        config = (
            "interface lan2 { send ia-pd 0; };\n"
            "id-assoc pd 0 { prefix-interface lan1 { sla-id 0; sla-len 8; }; };\n"
        )
        dhcp6c(pharmacy, "lan2", until="add an address 2001:db8:52:100:", config=config)
        routes = observe.eventually(
            lambda: pharmacy.run("ngn", "ip", "-6", "route").stdout,
            lambda text: "2001:db8:52:100::/56 via fe80::" in text,
        )
        assert "2001:db8:52:100::/56 via fe80::" in routes

    def test_the_home_gateway_routes_to_the_center(self, dental: Lab) -> None:
        assert observe.comes(lambda: observe.ping(dental)) == 1


def dhcp6c(lab: Lab, *words: str, until: str, config: str) -> str:
    """What wide-dhcpv6's client on the router's WAN says until a text is in it."""
    directory = state.directory(lab.name) / "dhcp6c-test"
    directory.mkdir(exist_ok=True)
    (directory / "conf").write_text(config)
    (directory / "dhcpv6").mkdir(exist_ok=True)
    # A host that never had the client's package has no folder for its identifier.
    script = 'mount --bind "$PWD" /var/lib && exec timeout 60 dhcp6c -f -D -c conf -p pid "$@"'
    argv = ("ip", "netns", "exec", lab.namespace("router"), "sh", "-c", script, "sh", *words)
    process = subprocess.Popen(
        argv, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if until in line:
            break
    process.terminate()
    process.wait()
    process.stdout.close()
    return "".join(said)


def page(lab: Lab, name: str, *, client: bool = False) -> tuple[int, str]:
    """Status and body of an HTTPS page once there is a connection."""
    return observe.eventually(
        lambda: observe.https(lab, name, client=client), lambda seen: seen[0] != 0
    )


class TestCenter:
    @pytest.mark.parametrize("name", ["pweb.base.oqs-pdl.org", "ntp.base.oqs-pdl.org"])
    def test_large_answers_need_edns_or_tcp(self, clinic: Lab, name: str) -> None:
        small = observe.comes(lambda: observe.query(clinic, name, edns=False))
        large = observe.comes(lambda: observe.query(clinic, name))
        stream = observe.comes(lambda: observe.query(clinic, name, tcp=True))
        assert small is not None
        assert small.flags & dns.flags.TC
        assert large is not None
        assert len(large.to_wire()) > 512
        assert stream is not None
        assert len(stream.answer[0]) == len(large.answer[0]) == 24

    @pytest.mark.parametrize("server", WEST.center_resolvers)
    def test_each_service_name_resolves(self, clinic: Lab, server: str) -> None:
        for name, service in observe.SERVICE.items():
            answer = observe.comes(lambda name=name: observe.query(clinic, name, server))
            assert answer is not None
            assert {each.to_text() for each in answer.answer[0]} == set(service.addresses)

    @pytest.mark.parametrize("server", WEST.ngn_resolvers)
    def test_the_ngn_resolver_knows_its_own_domain_only(self, clinic: Lab, server: str) -> None:
        own = observe.comes(lambda: observe.query(clinic, "assv.asc.flets-west.jp", server))
        foreign = observe.comes(lambda: observe.query(clinic, "hweb.oqs.onshikaku.org", server))
        assert own is not None
        assert own.answer
        assert foreign is not None
        assert foreign.rcode() == dns.rcode.REFUSED

    def test_a_client_certificate_is_demanded(self, clinic: Lab) -> None:
        assert page(clinic, "hweb.oqs.onshikaku.org")[0] == 400
        code, body = page(clinic, "hweb.oqs.onshikaku.org", client=True)
        assert (code, "オンライン資格確認" in body) == (200, True)

    @pytest.mark.parametrize("name", ["rece.online.rece", "pweb.base.oqs-pdl.org"])
    def test_other_pages_need_none(self, clinic: Lab, name: str) -> None:
        assert page(clinic, name)[0] == 200

    def test_line_authentication_knows_the_line(self, clinic: Lab) -> None:
        assert "回線認証に成功しました。" in page(clinic, "www.lineauth.mnw")[1]

    def test_line_authentication_does_not_know_another_source(self, clinic: Lab) -> None:
        words = ("curl", "-sk", "--max-time", "2", "https://[2001:a7ff:f014:e00::10]/")
        said = observe.comes(lambda: clinic.run("ngn", *words).stdout)
        assert "回線認証に失敗しました。" in said

    def test_the_revocation_list_is_served(self, clinic: Lab) -> None:
        address = observe.SERVICE["crldownload.obn.managedpki.ne.jp"].addresses[0]
        crl = observe.comes(lambda: observe.http_get(clinic, "laptop", address, "/client.crl"))
        assert crl[:1] == b"\x30"
        assert observe.comes(lambda: observe.http_get(clinic, "laptop", address)) == b"CRL\n"

    def test_ntp_answers(self, clinic: Lab) -> None:
        assert 1 <= observe.comes(lambda: observe.ntp_stratum(clinic)) <= 15

    def test_the_proxy_connects_to_the_closed_network_only(self, clinic: Lab) -> None:
        for target, code in (("hweb.oqs.onshikaku.org:443", 200), ("example.com:443", 403)):
            said = observe.comes(lambda target=target: observe.proxy_status(clinic, target))
            assert f" {code} " in said


class TestInternet:
    def test_the_closed_network_does_not_reach_it(self, clinic: Lab) -> None:
        assert not observe.tcp_opens(clinic, "laptop", INTERNET_IPV6, 80)

    def test_the_clinic_lan_does(self, clinic: Lab) -> None:
        said = observe.comes(lambda: observe.http_get(clinic, "receipt-1", INTERNET_IPV4))
        assert said == b"the Internet\n"


class TestNodes:
    def test_terminals_answer_on_winrm(self, clinic: Lab) -> None:
        assert observe.comes(lambda: observe.tcp_opens(clinic, "laptop", "10.51.1.11", 5985))

    def test_exec_keeps_path_and_directory_and_adds_the_secrets(
        self, clinic: Lab, tmp_path: Path
    ) -> None:
        program = (
            "import json, os; print(json.dumps([os.getcwd(), os.environ['PATH'], "
            "os.environ['ONSHI_LAB'], sorted(k for k in os.environ if 'SECRET' in k), "
            "os.environ['ONSHI_SECRET_DEMO_CLINIC_CLIENT_CERTIFICATE'].count('BEGIN')]))"
        )
        argv = (str(ONSHI_LAB), "--name", clinic.name, "exec", "laptop", "--")
        done = subprocess.run(
            (*argv, sys.executable, "-c", program),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        cwd, path, lab, names, pems = json.loads(done.stdout)
        assert (cwd, path, lab) == (str(tmp_path), os.environ["PATH"], clinic.name)
        assert "ONSHI_SECRET_START_PACK_ROUTER_INITIAL" in names
        assert "ONSHI_SECRET_DEMO_CLINIC_ROUTER_ADMIN" in names
        assert pems == 3

    def test_exec_elsewhere_has_no_secrets(self, clinic: Lab) -> None:
        assert "SECRET" not in command(clinic, "exec", "receipt-1", "--", "env").stdout

    def test_exec_answers_with_the_commands_exit_code(self, clinic: Lab) -> None:
        assert command(clinic, "exec", "onu", "--", "sh", "-c", "exit 7").returncode == 7

    def test_the_laptop_has_a_resolver_file_of_its_own(self, clinic: Lab) -> None:
        shown = command(clinic, "exec", "laptop", "--", "cat", "/etc/resolv.conf")
        assert shown.stdout == "nameserver 10.51.1.1\n"

    def test_secrets_are_for_root_only(self, clinic: Lab) -> None:
        directory = state.directory(clinic.name)
        assert directory.stat().st_mode & 0o077 == 0
        assert (directory / "secrets.json").stat().st_mode & 0o077 == 0

    def test_no_secret_is_on_a_command_line(self, clinic: Lab) -> None:
        lines = []
        for pid in namespaces.processes(clinic.name):
            # One may end meanwhile: its file is away, or away while it is read.
            with suppress(FileNotFoundError, ProcessLookupError):
                lines.append(Path(f"/proc/{pid}/cmdline").read_bytes())
        assert lines
        for secret in state.load_secrets(clinic.name).values():
            assert not any(secret.encode() in line for line in lines)


class TestStatus:
    def test_everything_runs(self, clinic: Lab) -> None:
        report = json.loads(command(clinic, "status", "--json").stdout)
        assert report["up"]
        assert report["site"] == "demo-clinic"
        assert all(service["running"] for node in report["nodes"] for service in node["services"])

    @pytest.mark.parametrize("site", ["clinic", "pharmacy", "dental"])
    def test_the_text_fits_80_columns_and_names_every_node(
        self, site: str, request: pytest.FixtureRequest
    ) -> None:
        lab: Lab = request.getfixturevalue(site)
        text = status.as_text(status.measure(lab.name))
        assert max(len(line) for line in text.splitlines()) <= 80
        assert all(f"  {name} " in text for name in load_site_nodes(lab))

    def test_a_daemon_that_died_shows(self, dental: Lab) -> None:
        service = next(
            each
            for each in engine.services_of(state.world(dental.name, state.load_ready(dental.name)))
            if each.name == "clock"
        )
        engine.supervisor.stop(state.world(dental.name, state.load_ready(dental.name)), service)
        assert "NTP (NOT RUNNING)" in command(dental, "status").stdout
        engine.clear_faults(dental.name)
        assert "NOT RUNNING" not in command(dental, "status").stdout


def load_site_nodes(lab: Lab) -> tuple[str, ...]:
    return state.world(lab.name, state.load_ready(lab.name)).topology.node_names


class TestAgain:
    def test_up_says_that_it_is_up(self, clinic: Lab) -> None:
        with pytest.raises(LabError, match="up already with site demo-clinic"):
            engine.up(clinic.name, observe.order("demo-dental"))
        assert page(clinic, "rece.online.rece")[0] == 200

    def test_two_labs_do_not_meet(self, clinic: Lab, pharmacy: Lab) -> None:
        assert "demo-clinic" in command(clinic, "status").stdout
        assert "demo-pharmacy" in command(pharmacy, "status").stdout
        assert state.load_secrets(clinic.name) != state.load_secrets(pharmacy.name)

    def test_reset_mends(self, pharmacy: Lab) -> None:
        engine.set_fault(pharmacy.name, "terminal-cable-out")
        pharmacy.run("terminal-2", "ip", "route", "delete", "default")
        pharmacy.run("router", "ip", "link", "delete", "lan1")
        done = command(pharmacy, "reset")
        assert "cleared: terminal-cable-out" in done.stdout
        assert "default via 10.51.1.1" in pharmacy.run("terminal-2", "ip", "route").stdout
        assert observe.comes(lambda: observe.tcp_opens(pharmacy, "laptop", "10.51.1.13", 5985))
