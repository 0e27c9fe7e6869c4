"""The mock router's own ports: which a configuration opens, to whom, and what answers there.

The chapter of the RTX reference stands beside each case.
"""

from __future__ import annotations

import socket

import pytest
from bench import Bench, eventually, in_namespace

from onshi_lab.yamaha.doors import Door, admitted, communities, doors
from onshi_lab.yamaha.grammar import split_line
from onshi_lab.yamaha.kernel.porter import snmp_answer
from onshi_lab.yamaha.messages import CommandError, Fault
from onshi_lab.yamaha.models import make_device
from onshi_lab.yamaha.store import EMPTY, Config, apply_tokens

ROUTER = "10.51.1.1"
BY_DEFAULT = {
    Door("telnetd", "tcp", 23),  # 4.38
    Door("httpd", "tcp", 80),  # 33.1
    Door("sntpd", "udp", 123),  # 41.1
    Door("ike", "udp", 500),  # 15.1
}


def having(*lines: str, model: str = "RTX830", firmware: str = "15.02.31") -> Config:
    config, device = EMPTY, make_device(model, firmware, "S5X000001")
    for line in lines:
        config = apply_tokens(config, split_line(line), device)
    return config


def test_what_is_open_without_any_line() -> None:
    assert doors(EMPTY) == BY_DEFAULT
    closed = having(
        "telnetd service off", "httpd service off", "sntpd service off", "ipsec use off"
    )
    assert doors(closed) == frozenset()


@pytest.mark.parametrize(
    ("line", "door"),
    [
        ("telnetd listen 2323", Door("telnetd", "tcp", 2323)),  # 4.39
        ("httpd listen 8080", Door("httpd", "tcp", 8080)),  # 33.4
        ("tftp host lan1", Door("tftp", "udp", 69)),  # 4.54
        ("snmp host any", Door("snmp", "udp", 161)),  # 21.1
        ("snmpv2c host 10.51.1.9", Door("snmp", "udp", 161)),  # 21.6
        ("snmpv3 host any user 1", Door("snmp", "udp", 161)),  # 21.14
        ("upnp use on", Door("upnp", "udp", 1900)),  # 35.1
        ("ip simple-service on", Door("echo", "tcp", 7)),  # 8.1.6
        ("l2tp service on l2tp", Door("l2tp", "udp", 1701)),  # 16.1
        ("pptp service on", Door("pptp", "tcp", 1723)),  # 17.1.1
        ("cooperation load-watch server on", Door("cooperation", "udp", 59410)),  # 27.1, 27.2
    ],
)
def test_a_line_opens_its_port(line: str, door: Door) -> None:
    assert door in doors(having(line))
    assert door not in BY_DEFAULT


@pytest.mark.parametrize("line", ["tftp host none", "snmp host none", "snmpv3 host none"])
def test_nobody_is_no_port(line: str) -> None:
    assert doors(having(line)) == BY_DEFAULT


def test_who_may_come_in_where_no_line_says_so() -> None:
    """4.40: any; 33.2, 41.2: the networks of the LAN."""
    assert [admitted(name, EMPTY) for name in ("telnetd", "httpd", "sntpd", "upnp")] == [
        ("any",), ("lan",), ("lan",), ("any",),
    ]  # fmt: skip
    assert admitted("httpd", having("httpd host 10.51.1.9 lan2")) == ("10.51.1.9", "lan2")
    assert admitted("snmp", having("snmp host lan2", "snmpv2c host 10.51.1.9")) == [
        "lan2", "10.51.1.9",
    ]  # fmt: skip


# (model, firmware, line, fault)
REFUSED = [
    ("RTX830", "15.02.31", "no telnetd service off", Fault.COUNT),  # 4.38: no value behind `no`
    ("RTX830", "15.02.31", "no snmp community read-only public", Fault.COUNT),  # 21.2
    ("RTX830", "15.02.31", "no snmpv3 usm user 1 admin", Fault.COUNT),  # 21.13
    ("RTX830", "15.02.31", "no yno use", Fault.COUNT),  # 49.1: with its value
    ("RTX1210", "14.01.10", "yno use on", Fault.COMMAND),  # 49.1: from 14.01.14
    ("RTX1210", "14.01.15", "tftp host lan", Fault.ADDRESS),  # 4.54: from 14.01.16
    ("RTX830", "15.02.31", "snmp community read-only seventeen-letters", Fault.RANGE),  # 21.2
    ("RTX830", "15.02.20", "switch control mode agent", Fault.KEYWORD),  # 48.1.1: from 15.02.24
    ("RTX1300", "23.00.17", "switch control mode off", Fault.COMMAND),  # 48.1.1
    ("RTX1300", "23.00.17", "httpd proxy-access l2ms permit on", Fault.COMMAND),  # 48.5.1
    ("RTX830", "15.02.31", "cooperation load-watch server", Fault.COUNT),  # 27.1
    ("RTX830", "15.02.31", "mobile use usb2 on", Fault.KEYWORD),  # 44.1
]


@pytest.mark.parametrize(("model", "firmware", "line", "fault"), REFUSED)
def test_what_the_reference_does_not_have_is_refused(
    model: str, firmware: str, line: str, fault: Fault
) -> None:
    with pytest.raises(CommandError) as caught:
        having(line, model=model, firmware=firmware)
    assert caught.value.fault is fault


def test_lines_of_one_service_stand_side_by_side_and_go_one_by_one() -> None:
    config = having("snmp host 10.51.1.9 one two", "snmp host 10.51.1.20", "no snmp host 10.51.1.9")
    assert config.lines() == ("snmp host 10.51.1.20",)


def question(community: str, version: int = 0) -> bytes:
    """An SNMP GetRequest for sysDescr.0 (RFC 1157, 4.1)."""
    name = bytes.fromhex("300c06082b060102010101000500")
    pdu = b"\2\1\7\2\1\0\2\1\0\x30" + bytes([len(name)]) + name
    inner = bytes([2, 1, version, 4, len(community)]) + community.encode()
    inner += bytes([0xA0, len(pdu)]) + pdu
    return bytes([0x30, len(inner)]) + inner


def test_snmp_answers_who_knows_the_community() -> None:
    """21.2, 21.7: `public` reads unless another is set."""
    asked = question("public")
    answer = snmp_answer(asked, EMPTY)
    assert [n for n, (a, b) in enumerate(zip(asked, answer, strict=True)) if a != b] == [13, 20, 23]
    assert answer[13] == 0xA2
    assert snmp_answer(question("private"), EMPTY) == b""
    config = having("snmp community read-only clinic", "snmpv2c community read-only clinic")
    assert snmp_answer(asked, config) == b""
    assert snmp_answer(question("clinic", 1), config)
    assert communities(having("snmp host 10.51.1.9 a b")) == {"public", "a", "b"}
    for cut in range(len(asked)):
        snmp_answer(asked[:cut], EMPTY)


def test_an_open_port_answers_whom_its_host_list_names(bench: Bench) -> None:
    """4.38, 4.40, 33.1, 41.1, 4.54: packets tell an open service from a closed one."""
    bench.boot()
    screen = bench.ssh().administrator()

    def told(port: int, sends: bytes = b"") -> str:
        """What a TCP connection of the terminal's says first; 'nobody' for none."""

        def ask() -> str:
            try:
                with socket.create_connection((ROUTER, port), timeout=2) as sock:
                    sock.sendall(sends)
                    return sock.recv(100).decode("latin-1") or "nobody"
            except OSError:
                return "nobody"

        return in_namespace(bench.ns("terminal"), ask)

    def answered(port: int, sends: bytes) -> bytes:
        def ask() -> bytes:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(2)
                sock.sendto(sends, (ROUTER, port))
                try:
                    return sock.recv(1000)
                except OSError:
                    return b""

        return in_namespace(bench.ns("terminal"), ask)

    get = b"GET / HTTP/1.1\r\n\r\n"
    assert eventually(lambda: told(80, get).startswith("HTTP/1.1 401"))
    assert told(23) == "nobody", "Telnet is off as delivered"
    screen.run("telnetd service on")
    assert eventually(lambda: "Password: " in told(23))
    screen.run("telnetd host 10.51.1.250")
    assert eventually(lambda: told(23) == "nobody")
    screen.run("httpd host none")
    assert eventually(lambda: told(80, get) == "nobody")
    assert len(answered(123, b"\x23" + b"\0" * 47)) == 48
    screen.run("sntpd service off")
    assert eventually(lambda: answered(123, b"\x23" + b"\0" * 47) == b"")
    assert answered(69, b"\0\1config\0netascii\0") == b""
    screen.run("tftp host lan")
    assert eventually(lambda: answered(69, b"\0\1config\0netascii\0")[:4] == b"\0\5\0\2")
