"""The configuration commands, as data: name, parameters, order in `show config`, and who has them.

A row's name may hold typed words (`ip <interface> address`); its parameters are a grammar (see
`grammar`). A row whose grammar has a key (`!`) may stand in a configuration many times, once for
each key; any other row once. The order of the rows is the order of `show config`, as published
configurations have it (inference where they differ); rows of one group that name an interface are
shown interface by interface.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .grammar import Context, Leaf, Node, compile_grammar, match_tokens
from .messages import CommandError, Fault
from .params import CHECKS


@dataclass(frozen=True, slots=True)
class Has:
    """Who has a command: a feature of the firmware, models; and whether users may give it."""

    feature: str = ""
    models: tuple[str, ...] = ()
    user_level: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One configuration command."""

    name: str
    params: str
    source: str
    group: int
    index: int
    has: Has
    words: tuple[Leaf, ...] = field(default=(), repr=False)
    grammar: Node = field(default=Leaf(""), repr=False)

    @property
    def keyed(self) -> bool:
        """Whether lines of this command are told apart by a key."""
        return "!" in self.params

    def available(self, context: Context) -> bool:
        """Whether this model and firmware have the command."""
        if self.has.models and context.device.model.name not in self.has.models:
            return False
        return not self.has.feature or context.device.has(self.has.feature)


_SPEED = "<word:auto,1000-fdx,100-fdx,100-hdx,10-fdx,10-hdx>"
_LAN_OPTION = (
    "mtu=<int:64-1500>|auto-crossover=<switch>|speed-downshift=<switch>|energy-saving=<switch>"
)
_AGING = "macaddress-aging=<switch>|macaddress-aging=<int:1-3825>"
_SPLIT = (
    "port-based-option=<word:divide-network,off,split-into-1:234,split-into-1:2:34,"
    "split-into-1:2:3:4>"
)
_HUB_OPTION = f"{_SPLIT}|{_AGING}|{_LAN_OPTION}"
_HOSTS = "any | none | <host-range>+"
_FILTER4 = (
    "<int:1-21474836>! <word:pass,pass-log,pass-nolog,reject,reject-log,reject-nolog,restrict,"
    "restrict-log,restrict-nolog> <address4>"
    " [ <address4> [ <protocol:4> [ <ports> [ <ports> ] ] ] ]"
)
_FILTER6 = _FILTER4.replace("address4", "address6").replace("protocol:4", "protocol:6")
_DYNAMIC_OPTION = "( syslog=<switch> | timeout=<int:1-21474836> )*"
_NUMBER = "<int:1-21474836>"
_DYNAMIC4 = (
    f"{_NUMBER}! <address4> <address4> ( filter {_NUMBER}+ [ in {_NUMBER}+ ] [ out {_NUMBER}+ ] |"
    f" <application> ) {_DYNAMIC_OPTION}"
)
_DYNAMIC6 = _DYNAMIC4.replace("address4", "address6")
_SECURE = f"<word:in,out>! {_NUMBER}* [ dynamic {_NUMBER}+ ]"
_LIFE = (
    "preferred_lifetime=<prefix-time>|valid_lifetime=<prefix-time>|l_flag=<switch>|a_flag=<switch>"
)
_TYPE = "<word:a,aaaa,mx,ns,cname,any>"
_SENDER = "[ <host-range> ]"
_SCHEDULED = "<int:1-65535>! %s ( * | pp <int:1-100> | tunnel <int:1-100> ) <text:4096>+"
_SCHEDULED_DATE = "[ <calendar> ] <clock>"

_DIVIDING = ("NVR510", "RTX830", "RTX840", "RTX1210", "RTX1220")
_ANONYMOUS = ("NVR510", "RTX830", "RTX1210", "RTX1220")
_NUMBERED = ("RTX840", "RTX1300")

_ATTRIBUTES = (
    "( %s | connection=<text:128> | gui-page=<text:128> | host=<text:128> |"
    " multi-session=<switch> | login-timer=<int:120-21474836> | login-timer=clear )+"
)


ALL = Has()
Row = tuple[str, str, str, Has]

_ROWS: tuple[tuple[Row, ...], ...] = (
    (  # the system
        ("description", f"( {_NUMBER}! | <interface>! ) <text:64>", "4.56", ALL),
        ("login password", "<text:64>", "4.1", Has(models=_ANONYMOUS)),
        ("administrator password", "<text:64>", "4.3", ALL),
        ("login user", "<user>! [ <password> ]", "4.5", ALL),
        (
            "user attribute",
            "<user>! " + _ATTRIBUTES % "administrator=<switch>",
            "4.10",
            Has(models=_ANONYMOUS),
        ),
        (
            "user attribute",
            "<user>! " + _ATTRIBUTES % "administrator=<word:2,1,off>",
            "4.10",
            Has(models=_NUMBERED),
        ),
        ("security class", "<int:1-3> <switch> [ <switch> [ <switch> ] ]", "4.12", ALL),
        ("timezone", "<timezone>", "4.13", ALL),
        (
            "console character",
            "<word:en.ascii,ja.sjis,ja.euc,ja.utf8,ascii,sjis,euc>",
            "4.21",
            Has(user_level=True),
        ),
        (
            "console columns",
            "<int:80-4096>",
            "4.22",
            Has(user_level=True, feature="wide-columns"),
        ),
        ("console columns", "<int:80-200>", "4.22", Has(user_level=True)),
        ("console lines", "infinity | <int:10-100>", "4.23", Has(user_level=True)),
        ("console prompt", "<text:64>", "4.20", ALL),
        ("console info", "<switch>", "4.24", ALL),
        ("login timer", "clear | <int:120-21474836>", "4.53", ALL),
    ),
    (  # ports and LAN division
        ("lan flexible-port", "<flexible>+", "53.1", Has(models=("RTX1300",))),
        (
            "lan type",
            f"<switch-lan>! ( ( {_SPEED} <hub-port>* )+ ( {_HUB_OPTION} )* | ( {_HUB_OPTION} )+"
            f" ) | <lan>! ( {_SPEED} ( {_LAN_OPTION} )* | ( {_LAN_OPTION} )+ )",
            "4.50",
            Has(models=_DIVIDING),
        ),
        ("lan type", "<lan>! mtu=<int:64-10218>", "4.50", Has(models=("RTX1300",))),
        ("vlan port mapping", "<lan-port>! <vlan>", "38.2", Has(models=_DIVIDING)),
        ("vlan interconnect group", "<lan>! <text:128>+", "38.3", Has(feature="vlan-interconnect")),
    ),
    (  # IPv4
        ("ip routing", "<switch>", "8.1.1", ALL),
        ("ip simple-service", "<switch>", "8.1.6", ALL),
        ("ip icmp echo-reply send", "<switch>", "13.1.1", ALL),
        ("ip stealth", "all | <interface>+", "13.1.12", ALL),
        ("ip filter source-route", "<switch>", "8.1.12", ALL),
        ("ip filter directed-broadcast", f"<switch> | filter {_NUMBER}+", "8.1.13", ALL),
        (
            "ip route",
            "<ipv4-network>! ( gateway ( <ipv4> | dhcp <interface> | null )"
            " ( metric <int:1-15> | hide | weight <int:0-2147483647> )* )+",
            "8.1.7",
            ALL,
        ),
    ),
    (  # each interface, IPv4
        ("ip <interface> address", "dhcp | <ipv4-masked> [ broadcast <ipv4> ]", "8.1.2", ALL),
        ("ip <interface> secondary address", "dhcp | <ipv4-masked>", "8.1.3", ALL),
        ("ip <interface> mtu", "<int:64-1500>", "8.1.4", ALL),
        ("ip <interface> proxyarp", "<switch>", "8.1.28", ALL),
        ("ip <interface> rebound", "<switch>", "8.1.5", ALL),
        ("ip <interface> secure filter name", "<text:64>", "8.1.25", ALL),
        ("ip <interface> secure filter", _SECURE, "8.1.25", ALL),
    ),
    (  # IPv6
        ("ipv6 routing", "<switch>", "30.1.1", ALL),
        ("ipv6 icmp echo-reply send", "<switch>", "13.2.1", ALL),
        ("ipv6 stealth", "all | <interface>+", "13.2.13", ALL),
        (
            "ipv6 route",
            "<ipv6-network>! ( gateway ( <ipv6-gateway> | dhcp <interface> | ra <interface> |"
            " null ) ( metric <int:1-15> | hide )* )+",
            "30.4.1",
            Has(feature="route-ra"),
        ),
        (
            "ipv6 route",
            "<ipv6-network>! ( gateway ( <ipv6-gateway> | dhcp <interface> | null )"
            " ( metric <int:1-15> | hide )* )+",
            "30.4.1",
            ALL,
        ),
        (
            "ipv6 prefix",
            f"<int:1-21474836>! ( <proxy> | <ipv6-masked> ) ( {_LIFE} )*",
            "30.3.1",
            ALL,
        ),
    ),
    (  # each interface, IPv6
        (
            "ipv6 <interface> address",
            "auto! | dhcp! | <proxy>! | <ipv6-masked>! [ <word:unicast,anycast> ]",
            "30.2.2",
            ALL,
        ),
        ("ipv6 <interface> prefix change log", "<switch>", "30.2.4", ALL),
        ("ipv6 <interface> prefix", "<proxy>! | <ipv6-masked>!", "30.2.3", ALL),
        ("ipv6 <interface> mtu", "<int:1280-1500>", "30.1.2", ALL),
        (
            "ipv6 <interface> rtadv send",
            f"{_NUMBER}+ ( m_flag=<switch> | o_flag=<switch> |"
            " max-rtr-adv-interval=<int:4-1800> | min-rtr-adv-interval=<int:3-1350> |"
            " adv-default-lifetime=<int:0-9000> | adv-reachable-time=<int:0-3600000> |"
            " adv-retrans-time=<int:0-4294967295> | adv-cur-hop-limit=<int:0-255> |"
            " mtu=<word:auto,off> | mtu=<int:1280-1500> | prf_flag=<word:high,medium,low> |"
            " rdnss=<word:rdnss,off,dhcpv6> | dnssl=<word:dnssl,off> )*",
            "30.3.3",
            ALL,
        ),
        ("ipv6 <interface> dhcp service", "off | server | client [ ir=<switch> ]", "30.2.5", ALL),
        ("ipv6 <interface> secure filter", _SECURE, "30.7.2", ALL),
    ),
    (  # the line
        ("ngn type", "<lan>! <word:off,ntt>", "20.3.1", ALL),
        ("switch control use", "<lan>! <switch> [ terminal=<switch> ]", "27", ALL),
    ),
    (  # filters
        ("ip filter", _FILTER4, "8.1.10", ALL),
        ("ip filter set", f"<text:64>! <word:in,out>! {_NUMBER}+", "8.1.11", ALL),
        ("ip filter dynamic", _DYNAMIC4, "8.1.14", ALL),
        (
            "ip filter dynamic timer",
            "( tcp-syn-timeout=<int:1-21474836> |"
            " tcp-fin-timeout=<int:1-21474836> | tcp-idle-time=<int:1-21474836> |"
            " udp-idle-time=<int:1-21474836> | dns-timeout=<int:1-21474836> )+",
            "8.1.15",
            ALL,
        ),
        ("ipv6 filter", _FILTER6, "30.7.1", ALL),
        ("ipv6 filter dynamic", _DYNAMIC6, "30.7.3", ALL),
    ),
    (  # logging and services
        ("syslog host", "<host> [ <host> ] [ <host> ] [ <host> ]", "4.25", ALL),
        (
            "syslog facility",
            "<int:0-23> | <word:user,local0,local1,local2,local3,local4,local5,local6,local7>",
            "4.27",
            ALL,
        ),
        ("syslog notice", "<switch>", "4.29", ALL),
        ("syslog info", "<switch>", "4.30", ALL),
        ("syslog debug", "<switch>", "4.31", ALL),
        ("syslog execute command", "<switch>", "4.36", ALL),
        ("tftp host", _HOSTS, "4.54", ALL),
        ("telnetd service", "<switch>", "4.38", ALL),
        ("telnetd listen", "<int:1-65535>", "4.39", ALL),
        ("telnetd host", "lan | " + _HOSTS, "4.40", Has(feature="host-lan")),
        ("telnetd host", _HOSTS, "4.40", ALL),
        ("telnetd session", "<int:1-8>", "4.41", ALL),
        ("dhcp service", "<word:server,relay>", "12.1.1", ALL),
        (
            "dhcp server rfc2131 compliant",
            "<switch> | [ except ] <word:broadcast-nak,none-domain-null,"
            "remain-silent,reply-ack,use-clientid>+",
            "12.1.2",
            ALL,
        ),
        (
            "dhcp scope",
            "<int:1-65535>! <ipv4-range> [ except <host-range>+ ] [ gateway <ipv4> ]"
            " [ expire <lease> ] [ maxexpire <lease> ]",
            "12.1.4",
            ALL,
        ),
        ("dhcp scope option", "<int:1-65535>! <text:255>+", "12.1.8", ALL),
    ),
    (  # names
        ("dns host", "lan | " + _HOSTS, "24.13", ALL),
        ("dns service", "<word:recursive,off>", "24.1", ALL),
        ("dns service fallback", "<switch>", "24.16", ALL),
        ("dns service aaaa filter", "<switch>", "24.8", Has(feature="aaaa-filter")),
        ("dns cache use", "<switch>", "24.14", ALL),
        ("dns cache max entry", "<int:1-1024>", "24.15", ALL),
        ("dns domain", "<domain>", "24.3", ALL),
        (
            "dns notice order",
            "<word:dhcp,msext,dhcpv6>! ( none | <word:me,server>+ )",
            "24.6",
            Has(feature="notice-dhcpv6"),
        ),
        ("dns notice order", "<word:dhcp,msext>! ( none | <word:me,server>+ )", "24.6", ALL),
        (
            "dns server",
            "<ip> [ edns=<switch> ] [ <ip> [ edns=<switch> ] ] [ <ip> [ edns=<switch> ] ]"
            " [ <ip> [ edns=<switch> ] ]",
            "24.2",
            Has(feature="edns"),
        ),
        ("dns server", "<ip> [ <ip> ] [ <ip> ] [ <ip> ]", "24.2", ALL),
        ("dns server dhcp", "<interface> [ edns=<switch> ]", "24.5", Has(feature="edns")),
        ("dns server dhcp", "<interface>", "24.5", ALL),
        (
            "dns server select",
            "<int:1-21474836>! ( reject | <ip> [ edns=<switch> ] [ <ip>"
            " [ edns=<switch> ] ] | dhcp <interface> [ edns=<switch> ]"
            " [ <ip> [ edns=<switch> ] ] )"
            f" ( ptr <text:64> | [ {_TYPE} ] <domain> ) {_SENDER}",
            "24.10",
            Has(feature="edns"),
        ),
        (
            "dns server select",
            "<int:1-21474836>! ( reject | <ip> [ <ip> ] | dhcp <interface> [ <ip> ] )"
            f" ( ptr <text:64> | [ {_TYPE} ] <domain> ) {_SENDER}",
            "24.10",
            ALL,
        ),
        (
            "dns static",
            "<word:a,aaaa,ptr,mx,ns,cname>! <text:255>! <text:255> [ ttl=<int:1-4294967295> ]",
            "24.11",
            ALL,
        ),
        ("dns srcport", "<ports>", "24.12", ALL),
        ("dns private address spoof", "<switch>", "24.7", ALL),
    ),
    (  # the rest
        ("snmp host", "any | none | <host-range>", "21.1", ALL),
        (
            "schedule at",
            _SCHEDULED % f"( {_SCHEDULED_DATE} | +<int:1-3600> )",
            "37.1",
            Has(feature="schedule-in"),
        ),
        ("schedule at", _SCHEDULED % _SCHEDULED_DATE, "37.1", ALL),
        ("ntp local address", "<ip>", "4.18", ALL),
        ("upnp use", "<switch>", "35.1", ALL),
        ("sntpd service", "<switch>", "41.1", ALL),
        ("sntpd host", "lan | " + _HOSTS, "41.2", ALL),
        ("httpd service", "<switch>", "33.1", ALL),
        ("httpd host", "lan | " + _HOSTS, "33.2", ALL),
        ("sshd service", "<switch>", "4.65", ALL),
        ("sshd listen", "<int:1-65535>", "4.66", ALL),
        ("sshd host", "lan | " + _HOSTS, "4.67", Has(feature="host-lan")),
        ("sshd host", _HOSTS, "4.67", ALL),
        ("sshd session", "<int:1-8>", "4.68", ALL),
        ("sshd auth method", "all | <word:password,publickey>+", "4.74", Has(feature="sshd-auth")),
        (
            "sshd client alive",
            "<switch> [ <int:1-2147483647> [ <int:1-2147483647> ] ]",
            "4.72",
            ALL,
        ),
        (
            "sshd encrypt algorithm",
            "<word:aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc>+",
            "4.71",
            ALL,
        ),
        ("sshd hide openssh version", "<switch>", "4.73", ALL),
        ("sshd host key generate", "<text:64>", "4.69", ALL),
        (
            "statistics",
            "<word:cpu,memory,traffic,flow,nat,route,filter,application>! <switch>",
            "51.1",
            ALL,
        ),
    ),
)


def _build() -> tuple[Command, ...]:
    commands: list[Command] = []
    for group, rows in enumerate(_ROWS):
        for name, params, source, has in rows:
            words = tuple(_name_leaf(word) for word in name.split())
            grammar = compile_grammar(params, CHECKS.__getitem__)
            index = len(commands)
            commands.append(Command(name, params, source, group, index, has, words, grammar))
    return tuple(commands)


def _name_leaf(word: str) -> Leaf:
    if word.startswith("<"):
        return Leaf("", CHECKS[word[1:-1]], "")
    return Leaf(word)


COMMANDS: tuple[Command, ...] = _build()
"""Every configuration command, in the order of `show config`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One accepted configuration line: its command, its words, and what tells it apart."""

    command: Command
    tokens: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def name_length(self) -> int:
        """How many of the tokens are the command's name."""
        return len(self.command.words)

    @property
    def values(self) -> tuple[str, ...]:
        """The tokens after the name."""
        return self.tokens[self.name_length :]


def _name_matches(command: Command, tokens: Sequence[str], context: Context) -> bool:
    if len(tokens) < len(command.words):
        return False
    for leaf, token in zip(command.words, tokens, strict=False):
        if leaf.check is None:
            if token != leaf.word:
                return False
            continue
        try:
            leaf.check(token, "", context)
        except CommandError:
            return False
    return True


def candidates(tokens: Sequence[str], context: Context) -> Iterator[Command]:
    """The commands with the longest name that these tokens begin with, on this device."""
    found = [
        command
        for command in COMMANDS
        if command.available(context) and _name_matches(command, tokens, context)
    ]
    longest = max((len(command.words) for command in found), default=0)
    return (command for command in found if len(command.words) == longest)


def parse_config_line(tokens: Sequence[str], context: Context, *, removal: bool = False) -> Line:
    """The configuration line that these tokens are; raises CommandError with the vendor's fault.

    With `removal` they are what follows `no`: parameters after the key may be left out.
    """
    first: CommandError | None = None
    for command in candidates(tokens, context):
        name = tuple(tokens[: len(command.words)])
        try:
            values = match_tokens(command.grammar, tokens[len(name) :], context, partial=removal)
        except CommandError as error:
            first = first or error
            continue
        key = tuple(value.text for value in values if value.is_key)
        if removal and command.keyed and not key:
            raise CommandError(Fault.COUNT)
        return Line(command, name + tuple(value.text for value in values), name + key)
    raise first or CommandError(Fault.COMMAND)
