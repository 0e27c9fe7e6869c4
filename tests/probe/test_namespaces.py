"""The probe against real packets: each outcome is produced by a network that really behaves so."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

FAR, FAR4 = "2001:db8:b::2", "10.9.2.2"
RA_LIFETIME = 600
WITHIN_S = 1.2
RADVD = """interface pra {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvOtherConfigFlag on;
  AdvDefaultLifetime 600; AdvLinkMTU 1454;
  prefix 2001:db8:a::/64 { AdvOnLink on; AdvAutonomous on; };
};
"""
BIG = [f"--host-record=big.test,2001:db8:b::{n:x}" for n in range(0x100, 0x118)]


@pytest.fixture(scope="module")
def router_services(net, tmp_path_factory) -> Iterator[None]:
    """radvd, and dnsmasq as resolver and DHCP server, on `r`."""
    folder = tmp_path_factory.mktemp("router")
    (folder / "radvd.conf").write_text(RADVD)
    radvd = net.start("r", "radvd", "-n", "-C", f"{folder}/radvd.conf", "-p", f"{folder}/pid")
    dnsmasq = net.start(
        "r", "dnsmasq", "-k", "-C/dev/null", "-x", "", "--no-resolv", "--no-hosts",
        "--interface=pra", "--bind-interfaces", "--dhcp-range=10.9.1.50,10.9.1.60",
        "--no-ping", f"--dhcp-leasefile={folder}/leases", "--edns-packet-max=4096",
        "--host-record=small.test,2001:db8:b::2", *BIG,
    )  # fmt: skip
    yield
    net.stop(dnsmasq)
    net.stop(radvd)


@pytest.fixture(scope="module")
def far_host(net, tmp_path_factory) -> Iterator[dict[str, str]]:
    """The far host's services, and bundles: the client's own, and one of a stranger."""
    folder = tmp_path_factory.mktemp("far")
    authority, own = made_certificate("authority", None), {}
    server = made_certificate("far.test", authority)
    own["good"] = "".join((*made_certificate("client", authority)[:2], authority[0]))
    stranger = made_certificate("stranger", None)
    own["stranger"] = "".join((*made_certificate("client", stranger)[:2], authority[0]))
    own["untrusting"] = "".join((*made_certificate("client", authority)[:2], stranger[0]))
    (folder / "server.pem").write_text("".join(server[:2]))
    (folder / "authority.pem").write_text(authority[0])
    script = Path(__file__).with_name("far_host.py")
    process = net.start(
        "b", sys.executable, str(script), FAR, f"{folder}/server.pem", f"{folder}/authority.pem"
    )
    assert process.stdout.readline() == b"ready\n"
    yield own
    net.stop(process)


def made_certificate(name, authority):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signer, issuer = (key, subject) if authority is None else authority[2:]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(authority is None, None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    return made.public_bytes(pem).decode(), secret.decode(), key, subject


def test_interfaces_are_listed_with_their_addresses(ask):
    found = ask("interfaces")["data"]["interfaces"]
    leg = next(one for one in found if one["name"] == "pba")
    assert leg["up"]
    assert leg["ethernet"]
    assert {"10.9.1.2/24", "2001:db8:a::2/64"} <= set(leg["addresses"])


def test_an_open_port_opens_and_a_closed_one_is_refused(ask, far_host):
    assert ask("tcp", address=FAR, port=443, interface="pba")["outcome"] == "ok"
    closed = ask("tcp", address=FAR, port=81, interface="pba")
    assert (closed["outcome"], closed["detail"]) == ("refused", "reset")


def test_a_dropped_connection_is_no_answer(ask, far_host, filtered):
    filtered("tcp dport 443 drop")
    assert ask("tcp", address=FAR, port=443, within_s=0.5)["outcome"] == "no-answer"


def test_no_route_is_an_error_and_never_no_answer(ask):
    for question in ("tcp", "ntp"):
        port = {"port": 443} if question == "tcp" else {}
        found = ask(question, address="2001:db8:ffff::1", **port)
        assert (found["outcome"], found["detail"]) == ("error", "no-route")
    found = ask("echo", target="2001:db8:ffff::1")
    assert (found["outcome"], found["detail"]) == ("error", "no-route")


def test_a_router_that_says_unreachable_is_a_refusal(ask, filtered):
    filtered("ip6 daddr 2001:db8:b::2 reject with icmpv6 type admin-prohibited")
    found = ask("tcp", address=FAR, port=443)
    assert (found["outcome"], found["detail"]) == ("refused", "unreachable")


@pytest.mark.parametrize(
    ("source", "far", "hop"),
    [("10.9.1.2", FAR4, "10.9.1.1"), ("2001:db8:a::77", FAR, "2001:db8:a::1")],
    ids=["IPv4", "IPv6 from an address that the kernel does not have"],
)
def test_a_raw_syn_goes_through_the_named_next_hop(ask, far_host, filtered, source, far, hop):
    where = {"interface": "pba", "source": source, "destination": far, "next_hop": hop}
    assert ask("syn", port=81, **where)["detail"] == "reset"
    if ":" in far:
        assert ask("syn", port=443, **where)["detail"] == "open"
    filtered("tcp dport 81 drop", "tcp dport 82 reject with icmpx admin-prohibited")
    assert ask("syn", port=81, within_s=1.0, **where)["outcome"] == "no-answer"
    said = ask("syn", port=82, **where)
    assert (said["outcome"], said["detail"][:5]) == ("refused", "icmp-")


def test_a_silence_while_the_laptop_stood_still_counts_for_nothing(net, far_host, filtered):
    filtered("tcp dport 443 counter drop")
    probe = net.start("a", sys.executable, "-m", "onshi_net.probe")
    where = {"interface": "pba", "source": "2001:db8:a::77", "destination": FAR}
    way = {**where, "next_hop": "2001:db8:a::1", "port": 443, "within_s": WITHIN_S}
    probe.stdin.write(json.dumps({"id": 1, "ask": "syn", **way}).encode() + b"\n")
    probe.stdin.flush()
    while "counter packets 0" in net.run("r", "nft", "list", "table", "inet", "pb"):
        time.sleep(0.01)
    probe.send_signal(signal.SIGSTOP)
    net.run("r", "nft", "flush", "ruleset")
    time.sleep(WITHIN_S)  # the time that the laptop loses is what is tested
    probe.send_signal(signal.SIGCONT)
    assert json.loads(probe.stdout.readline())["detail"] == "open"
    net.stop(probe)


def test_a_raw_syn_leaves_no_half_open_connection(ask, net, far_host):
    where = {"interface": "pba", "source": "2001:db8:a::77", "destination": FAR}
    ask("syn", port=443, next_hop="2001:db8:a::1", **where)
    assert "SYN-RECV" not in net.run("b", "ss", "-tan")


def test_a_silent_next_hop_is_an_error(ask):
    where = {"interface": "pba", "source": "10.9.1.2", "destination": FAR4, "port": 81}
    found = ask("syn", next_hop="10.9.1.99", **where)
    assert (found["outcome"], found["detail"]) == ("error", "next-hop-silent")


@pytest.mark.parametrize(
    ("source", "destination", "hop"),
    [("10.9.1.2", "10.9.3.2", "10.9.1.1"), ("2001:db8:a::2", "2001:db8:c::2", "2001:db8:a::1")],
)
def test_what_crosses_from_leg_to_leg_is_seen_to_arrive(ask, filtered, source, destination, hop):
    where = {
        "interface": "pba", "arrives_on": "pbc", "source": source, "destination": destination,
        "next_hop": hop, "within_s": 1.0,
    }  # fmt: skip
    assert ask("crossing", port=445, **where)["detail"] == "arrived"
    filtered("tcp dport 445 drop")
    assert ask("crossing", port=445, **where)["outcome"] == "no-answer"


def test_an_echo_request_crosses_as_a_control(ask, net):
    mac = ask("owners", interface="pba", address="2001:db8:a::1", within_s=0.3)["data"]["macs"][0]
    where = {"interface": "pba", "arrives_on": "pbc", "next_hop": mac, "within_s": 1.0}
    found = ask("echo-crossing", source="2001:db8:a::77", destination="2001:db8:c::2", **where)
    assert found["detail"] == "arrived"


def test_a_full_path_carries_1500_bytes(ask):
    for target in (FAR, FAR4):
        assert ask("path-mtu", target=target)["data"] == {"mtu": 1500}


def test_a_black_hole_is_told_from_a_router_that_says_too_big(ask, net, filtered):
    filtered("meta length > 1403 drop")
    hole = ask("path-mtu", target=FAR)
    assert (hole["outcome"], hole["detail"], hole["data"]) == (
        "no-answer", "black-hole", {"mtu": 1403},
    )  # fmt: skip
    net.run("r", "nft", "flush", "ruleset")
    net.run("r", "ip", "link", "set", "prb", "mtu", "1400")
    try:
        told = ask("path-mtu", target=FAR)
    finally:
        net.run("r", "ip", "link", "set", "prb", "mtu", "1500")
    assert (told["outcome"], told["detail"]) == ("refused", "too-big")
    assert told["data"] == {"mtu": 1400, "told_by": "2001:db8:a::1"}


def test_a_path_that_loses_packets_of_every_size_is_no_black_hole(ask, filtered):
    # Full packets are lost seven times of eight, which is far worse than the worst line.
    filtered("icmpv6 type echo-request ip6 length > 1400 numgen inc mod 8 < 7 drop")
    assert ask("path-mtu", target=FAR, within_s=1.2) == {
        "outcome": "ok", "detail": "", "data": {"mtu": 1500},
    }  # fmt: skip


def test_a_target_that_answers_no_echo_proves_nothing_about_the_mtu(ask, filtered):
    filtered("icmpv6 type echo-request drop")
    found = ask("path-mtu", target=FAR, within_s=0.8)
    assert (found["outcome"], found["detail"]) == ("no-answer", "silent")


def test_loss_is_counted(ask, filtered):
    assert ask("echo", target=FAR, count=5)["data"]["received"] == 5
    # A rule without a memory of the time: nothing depends on how long the probe was held up.
    filtered("icmpv6 type echo-request numgen inc mod 5 < 3 drop")
    found = ask("echo", target=FAR, count=5, within_s=0.5)["data"]
    assert (found["sent"], found["received"]) == (5, 2)


def test_hops_are_listed_up_to_the_target(ask):
    assert ask("trace", target=FAR, within_s=1.0)["data"] == {"hops": ["2001:db8:a::1", FAR]}


def test_the_owners_of_an_address_are_all_found(ask, net):
    for address in ("10.9.1.1", "2001:db8:a::1"):
        found = ask("owners", interface="pba", address=address, within_s=0.4)
        assert len(found["data"]["macs"]) == 1
    assert (
        ask("owners", interface="pba", address="10.9.1.9", within_s=0.4)["outcome"] == "no-answer"
    )


def test_a_second_owner_of_an_address_is_found(ask, net):
    net.run("r", "ip", "link", "add", "twin", "link", "pra", "type", "macvlan", "mode", "bridge")
    try:
        net.run("r", "ip", "addr", "add", "10.9.1.200/24", "dev", "pra")
        net.run("r", "ip", "link", "set", "twin", "up")
        net.run("r", "sysctl", "-qw", "net.ipv4.conf.twin.arp_ignore=0")
        found = ask("owners", interface="pba", address="10.9.1.200", within_s=0.6)
    finally:
        net.run("r", "ip", "link", "del", "twin")
        net.run("r", "ip", "addr", "del", "10.9.1.200/24", "dev", "pra")
    assert len(found["data"]["macs"]) == 2


def test_a_router_advertisement_is_read_in_full(ask, router_services):
    found = ask("router-solicit", interface="pba", within_s=5)["data"]
    assert found["looped"] == 0
    (advert,) = found["advertisements"]
    assert advert["source"].startswith("fe80::")
    assert (advert["managed"], advert["other"]) == (False, True)
    assert (advert["lifetime_s"], advert["mtu"]) == (RA_LIFETIME, 1454)
    (prefix,) = advert["prefixes"]
    assert (prefix["prefix"], prefix["autonomous"]) == ("2001:db8:a::/64", True)


def test_a_silent_link_has_no_advertisement(ask):
    found = ask("router-solicit", interface="pbc", within_s=0.6)
    assert (found["outcome"], found["data"]["advertisements"]) == ("no-answer", [])


def test_a_dhcp_server_is_found_and_no_lease_taken(ask, router_services):
    (offer,) = ask("dhcp", interface="pba", within_s=3)["data"]["offers"]
    assert offer["server"] == "10.9.1.1"
    assert ask("dhcp", interface="pbc", within_s=0.5)["outcome"] == "no-answer"


def test_neighbors_show_themselves(ask):
    found = ask("neighbors", interface="pbc", within_s=0.5)["data"]["neighbors"]
    assert {one["address"].split("::")[0] for one in found} <= {"fe80", "2001:db8:c"}
    assert len({one["mac"] for one in found}) == 1


def test_who_is_there_is_found_by_its_address_once(ask):
    found = ask("present", interface="pba", network="10.9.1.0/24", within_s=1)["data"]
    assert found["asked"] == 254
    (device,) = found["devices"]
    assert (device["address"], len(device["mac"])) == ("10.9.1.1", 17)
    other = ask("present", interface="pba", network="10.77.0.0/16", within_s=0.5)
    assert (other["outcome"], other["data"]["asked"]) == ("no-answer", 1022)


def test_a_large_dns_answer_needs_edns_or_tcp(ask, router_services):
    server = {"server": "10.9.1.1", "name": "big.test", "interface": "pba"}
    cut = ask("dns", **server)
    assert cut["data"]["truncated"]
    whole = ask("dns", edns=True, **server)["data"]
    assert whole["size"] > 512
    assert len(whole["addresses"]) == len(BIG)
    assert ask("dns", transport="tcp", **server)["data"]["addresses"] == whole["addresses"]


def test_a_name_that_does_not_exist_is_a_refusal(ask, router_services):
    found = ask("dns", server="10.9.1.1", name="none.test")
    assert found["outcome"] == "refused"
    assert found["detail"] in {"nxdomain", "refused"}


def test_a_host_without_resolver_refuses(ask):
    for transport in ("udp", "tcp"):
        found = ask("dns", server=FAR, name="small.test", transport=transport)
        assert (found["outcome"], found["detail"]) == ("refused", "reset")


def test_a_page_needs_the_client_certificate(ask, far_host):
    where = {"address": FAR, "port": 443, "name": "far.test"}
    good = ask("http", pem=far_host["good"], **where)
    assert (good["outcome"], good["data"]["status"]) == ("ok", 200)
    assert good["data"]["trusted"]
    assert "回線認証に成功しました。" in good["data"]["body"]
    assert ask("http", **where)["outcome"] == "refused"
    # A TLS 1.3 server refuses after the handshake: its alert or its reset arrives first.
    assert ask("http", pem=far_host["stranger"], **where)["detail"] in {"tls", "reset"}
    assert ask("http", pem=far_host["untrusting"], **where)["detail"] == "untrusted"


def test_a_server_of_another_name_is_not_trusted(ask, far_host):
    where = {"address": FAR, "port": 443, "name": "other.test"}
    assert ask("http", pem=far_host["good"], **where)["detail"] == "untrusted"


def test_a_page_is_cut_at_its_limit(ask, far_host):
    where = {"address": FAR, "port": 80, "name": "far.test", "tls": False}
    assert len(ask("http", limit=500, **where)["data"]["body"].encode()) < 500


def test_a_broken_bundle_is_an_error(ask, far_host):
    where = {"address": FAR, "port": 443, "name": "far.test"}
    for pem in ("nonsense", far_host["good"].replace("PRIVATE KEY", "PUBLIC KEY")):
        assert ask("http", pem=pem, **where)["detail"] == "bad-bundle"


def test_a_time_server_answers(ask, far_host):
    found = ask("ntp", address=FAR)
    assert found["outcome"] == "ok"
    assert found["data"]["stratum"] == 2
    assert abs(found["data"]["offset_s"]) < 1
    assert ask("ntp", address=FAR4)["outcome"] == "refused"


@pytest.mark.parametrize(
    ("question", "parameters", "detail"),
    [
        ("nonsense", {}, "no-such-question"),
        ("tcp", {"port": 1}, "bad-parameters"),
        ("owners", {"interface": "nope", "address": "10.9.1.1"}, "no-such-interface"),
        ("owners", {"interface": "pba", "address": "nonsense"}, "bad-value-ValueError"),
    ],
)
def test_a_question_that_makes_no_sense_is_an_error(ask, question, parameters, detail):
    found = ask(question, **parameters)
    assert (found["outcome"], found["detail"]) == ("error", detail)


def test_many_questions_run_side_by_side(net):
    lines = b"".join(
        b'{"id": %d, "ask": "echo", "target": "10.9.3.99", "count": 1, "within_s": 1.0}\n' % n
        for n in range(50)
    )
    command = ["ip", "netns", "exec", f"{net.prefix}-a", sys.executable, "-m", "onshi_net.probe"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(lines)
        process.stdin.flush()
        answers = [process.stdout.readline() for _ in range(50)]
        process.stdin.close()
    assert all(b'"error"' not in one for one in answers)
    assert process.wait(5) == 0


def test_the_process_ends_with_its_input_and_leaves_nothing(net):
    command = ["ip", "netns", "exec", f"{net.prefix}-a", sys.executable, "-m", "onshi_net.probe"]
    line = b'{"id": 1, "ask": "echo", "target": "10.9.3.99", "within_s": 9}\n'
    done = subprocess.run(command, input=line, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    assert done.stdout == b"", "it waited for the answer"
    assert b"Traceback" not in done.stderr


LEGS_UNDER_TRAFFIC = """
import asyncio, socket, threading
from onshi_net.probe.clock import Clock
from onshi_net.probe.net import Leg

over = threading.Event()

def talk():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talking:
        while not over.is_set():
            talking.sendto(b'x', ('10.9.1.1', 9))

async def look():
    looped, clock = 0, Clock()
    for _ in range(60):
        leg = Leg('pba', clock)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        looped += leg.looped
        leg.close()
    print(looped)

threads = [threading.Thread(target=talk) for _ in range(2)]
for one in threads:
    one.start()
try:
    asyncio.run(look())
finally:
    over.set()
"""


def test_what_leaves_while_a_leg_is_opened_is_no_frame_that_came_back(net):
    net.run("a", "ping", "-c1", "-W5", "10.9.1.1")
    assert net.run("a", sys.executable, "-c", LEGS_UNDER_TRAFFIC) == "0\n"
