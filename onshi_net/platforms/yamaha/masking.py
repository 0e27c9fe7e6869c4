"""Secrets that a router's configuration holds and nobody told us: masked by the vendor's grammar.

A router shows some of its secrets in clear (an ISP's password, a shared key, an SNMP community).
The lines stay as they are where they are sent or compared; whatever a person reads or a file keeps
passes `masked_line`. It finds a command wherever it stands: behind `no`, in a section, in an
alias or a scheduled command, in a sentence. A word too many may be hidden by it, none too few.

Source: RTX command reference, the chapter in front of each row.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from onshi_net.platforms.yamaha.config import sectioned

MASK = "*"
OTHER = "**"
"""Stands for a secret that is another than the one that stands in its place elsewhere."""

SLOTS: tuple[str, ...] = (
    # 4: the device
    "login password encrypted SECRET",  # 4.2
    "administrator password encrypted SECRET",  # 4.4
    "login user ANY SECRETS",  # 4.5
    "ex-license password SECRET",  # 4.8.1
    "vrx user ANY SECRET",  # 4.9.1
    "syslog (?:file|mount-server) REST (?:aes128|aes256|crypto) SECRET",  # 4.36
    "sshd host key generate SECRETS",  # 4.69
    r"set [A-Za-z]\w*=SECRET",  # 4.90: what a script is told, whatever it is
    "lua -e SECRET",  # 46.2: a script of one line
    # 10: paid filter lists
    "url filter external-database id ANY SECRET",  # 10.18
    # 8 and 30: RIP and VRRP
    "rip auth key SECRETS",  # 8.3
    "vrrp REST auth=SECRET",  # 8.4.1, 30.12
    # 11, 14, 44: PPP, tunnels, mobile lines
    "pp auth username ANY SECRET",  # 11.1
    "pp auth username ANY ANY REST myname ANY SECRET",
    r"(?:pp|wan\d*) auth myname ANY SECRET",  # 11.4, 44.32
    "hb46pp auth myname ANY SECRET",  # 14
    "mobile pin code ANY SECRET",  # 44
    # 15: IPsec
    "ipsec ike pre-shared-key ANY SECRETS",  # 15.5
    "ipsec ike (?:eap|xauth) myname ANY ANY SECRET",  # 15.7
    r"auth user \d+ ANY SECRET",
    r"ipsec ike license-key \d+ SECRET",  # 15.40
    r"pki certificate file ANY ANY ANY SECRET",
    # 16, 19, 20: L2TP, cloud services, SIP and NGN
    "l2tp tunnel auth ANY SECRET",  # 16.3
    r"cloud vpn parameter ANY SECRETS",  # 19.2
    r"sip server \d+ ANY ANY ANY ANY ANY SECRET",  # 20.1
    "ngn radius auth password SECRET",  # 20.3.9
    # 21, 22: SNMP and RADIUS
    "snmp(?:v2c)? host ANY SECRETS",  # 21.1
    "snmp(?:v2c)? (?:trap )?community (?:read-only |read-write )?SECRET",
    "snmp trap host ANY SECRET",
    "snmpv2c trap host ANY ANY SECRET",
    "snmpv3 usm user ANY ANY REST (?:md5|sha) SECRET",
    "snmpv3 usm user ANY ANY REST (?:des-cbc|aes128-cfb) SECRET",
    "radius secret SECRET",  # 22.8
    # 28, 29: OSPF and BGP
    "authkey=SECRET",
    "md5key=SECRET",
    "bgp neighbor pre-shared-key ANY SECRETS",
    # 32: mail
    r"mail server smtp ANY REST smtp-auth ANY SECRET",  # 32.2
    r"mail server pop ANY REST (?:pop3|apop) ANY SECRET",  # 32.3
    # 39, 40: heartbeats
    "heartbeat pre-shared-key SECRET",
    "heartbeat2 (?:transmit|receive) ANY REST auth SECRET",
    "heartbeat2 (?:transmit|receive) ANY crypto SECRET",
    # 42: external memory
    "external-memory syslog filename ANY REST (?:aes128|aes256|crypto) SECRET",  # 42.5
    "external-memory statistics filename prefix ANY REST (?:aes128|aes256|crypto) SECRET",  # 42.4
    "external-memory config filename ANY SECRETS",  # 42.10
    # 47, 49, 56
    "httpd custom-gui api password SECRET",
    "yno access code ANY SECRET",  # 49.2
    "yno zero-config ANY text ANY ANY SECRET",  # 49.7
    "password=SECRET",  # 56.6
    # RFC 3986 3.2.1: a password in an address of whatever command takes one
    r"://[^\s/@:]{0,99}:SECRET(?=@)",
)
"""Where secrets stand. ANY is one word of a line, REST some, SECRET the word to hide and
SECRETS all up to the line's end.
"""

_WORD = r"""(?:"[^"]*+(?:"|$)|'[^']*+(?:'|$)|[^\s"'])++"""
"""A word has no blanks, or quotes around them (2.1)."""


def _pattern(slot: str) -> re.Pattern[str]:
    """Compiles a row."""
    one = r"[^\s@]{1,99}" if slot.endswith("(?=@)") else _WORD
    places = {"SECRETS": rf"(?P<secret>{_WORD}(?:\s+{_WORD})*+)", "SECRET": f"(?P<secret>{one})"}
    places |= {"REST ": rf"(?:{_WORD}\s+){{0,16}}?", "ANY": _WORD, " ": r"\s+"}
    text = re.sub("SECRETS?|REST |ANY| ", lambda found: places[found[0]], slot)
    return re.compile(text if slot.startswith("://") else rf"(?<!\w)(?<!\w-){text}")


_COMPILED = tuple(map(_pattern, SLOTS))


def masked_line(line: str, mask: str = MASK) -> str:
    """Answers a configuration line, or a sentence with one in it, without the secrets in it."""

    def hidden(found: re.Match[str]) -> str:
        start, end = (place - found.start() for place in found.span("secret"))
        return found[0][:start] + mask + found[0][end:]

    for pattern in _COMPILED:
        line = pattern.sub(hidden, line)
    return line


def masked_both(
    running: tuple[str, ...], saved: tuple[str, ...], hide: Callable[[str, str], str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Answers two configurations hidden, still unlike where only their secrets differ.

    `hide` answers a line with that mask in place of each secret.
    """
    shown = {line: hide(line, MASK) for line in dict.fromkeys((*running, *saved))}
    known = set(sectioned(running))
    looks = {(section, shown[line]) for section, line in known}

    def beside(section: str, line: str) -> str:
        alike = (section, line) in known or (section, shown[line]) not in looks
        return shown[line] if alike else hide(line, OTHER)

    return tuple(map(shown.__getitem__, running)), tuple(beside(*one) for one in sectioned(saved))
