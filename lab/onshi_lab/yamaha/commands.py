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
    """Who has a command: a feature of the firmware, models; and whether users may give it.

    `section`: only for what `pp select` or `tunnel select` chose. `whole`: its `no` form wants all
    parameters that the reference doesn't put into brackets there. `bare`: its `no` form takes
    nothing but what tells its lines apart.
    """

    feature: str = ""
    models: tuple[str, ...] = ()
    user_level: bool = False
    section: str = ""
    whole: bool = False
    bare: bool = False


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
        if self.has.section and self.has.section != context.section.partition(" ")[0]:
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
_ATTACKS = "<word:ip,ip-option,fragment,icmp,udp,tcp,ftp,winny,share,default>"
_TRANSLATION = "<word:none,nat,masquerade,nat-masquerade>"
_BARE = Has(bare=True)
_BARE_LAN = Has(feature="host-lan", bare=True)
_L2MS = "<interface>! <switch> [ terminal=<word:%s> ]"
_COMMUNITIES = "[ <text:16> [ <text:16> ] ]"
_SNMP = f"any! | none! | <host-range>! {_COMMUNITIES}"
_IDS = "<int:1-65535>"
_PP, _TUNNEL = Has(section="pp"), Has(section="tunnel")
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
        ("alarm entire", "<switch>", "4, published configurations", ALL),
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
        ("vlan <sub-interface>", "802.1q vid=<int:1-4094> [ name=<text:127> ]", "38.1", ALL),
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
            "<ipv4-network>! ( gateway ( <ipv4> | dhcp <interface> | pp <int:1-100> |"
            f" tunnel <int:1-100> | null ) ( filter {_NUMBER}+ | metric <int:1-15> | hide |"
            " weight <int:0-2147483647> )* )+",
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
        ("ip <interface> tcp mss limit", "auto | <int:536-1460>", "8.1.9", ALL),
        ("ip <interface> nat descriptor", f"{_NUMBER}+ [ reverse {_NUMBER}+ ]", "23.1.1", ALL),
        (
            "ip <interface> intrusion detection",
            f"<word:in,out>! [ {_ATTACKS}! ] <switch> [ reject=<switch> ]",
            "8.1.17",
            Has(whole=True),
        ),
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
        ("switch control mode", "<word:manager,agent,off>", "48.1.1", Has(feature="l2ms-agent")),
        ("switch control mode", "off", "48.1.1", Has(models=_DIVIDING)),
        ("switch control use", _L2MS % "on,off", "48.1.2", ALL),
        ("switch control watch interval", "<int:2-10> [ <int:2-10> ]", "48.1.3", _BARE),
        ("lan-map snapshot use", _L2MS % "on,off,wired-only", "48.1.5", ALL),
        (
            "lan-map terminal watch interval",
            "<int:1800-86400> [ <int:10-86400> ]",
            "48.1.4",
            ALL,
        ),
        ("lan-map log", "<switch>", "48.1.7", ALL),
    ),
    (  # a peer that `pp select` chose
        ("description pp", "<text:64>", "4.56", _PP),
        ("pp bind", "<text:64>+", "6.1", _PP),
        ("pp backup", "none", "6, published configurations", _PP),
        (
            "pp keepalive interval",
            "<int:1-65535> ( retry-interval=<int:1-65535> | count=<int:3-100> )*",
            "6, published configurations",
            _PP,
        ),
        ("pp keepalive use", "off | lcp-echo | icmp-echo <ipv4>", "6", _PP),
        ("pp always-on", "<switch>", "15.4", _PP),
        ("pppoe use", "<lan>", "25.1", _PP),
        ("pppoe disconnect time", "off | <int:1-21474836>", "25, published configurations", _PP),
        ("pppoe auto connect", "<switch>", "25.3", _PP),
        ("pppoe auto disconnect", "<switch>", "25.4", _PP),
        ("pppoe tcp mss limit", "auto | <int:1240-1452>", "25.11", _PP),
        ("pp auth request", "<word:pap,chap,chap-pap,mschap,mschap-v2>", "16.1.6", _PP),
        ("pp auth accept", "<word:pap,chap,mschap,mschap-v2>+", "16.1.7", _PP),
        ("pp auth myname", "<text:64> <text:64>", "16.1.4", _PP),
        ("pp auth username", "<text:64>! <text:64>", "16.1.2", _PP),
        ("ppp lcp mru", "<switch> [ <int:1280-1792> ]", "16.2.3", _PP),
        ("ppp ipcp ipaddress", "<switch>", "16.5.2", _PP),
        ("ppp ipcp msext", "<switch>", "16.5.4", _PP),
        ("ppp ipv6cp use", "<switch>", "16, published configurations", _PP),
        ("ppp ccp type", "<word:none,stac0,stac,cstac,mppe-40,mppe-128,mppe-any>", "16.7.1", _PP),
        ("pp enable", "<int:1-100>!", "56.1.1", _PP),
    ),
    (  # a tunnel that `tunnel select` chose
        ("description tunnel", "<text:64>", "4.56", _TUNNEL),
        ("tunnel encapsulation", "<word:ipsec,ipip,pptp,l2tp,l2tpv3,ipudp>", "14.2", _TUNNEL),
        ("tunnel endpoint address", "<ip> [ <ip> ]", "14.3", _TUNNEL),
        ("ipsec tunnel", _NUMBER, "19.44", _TUNNEL),
        ("ipsec sa policy", f"{_NUMBER}! <int:1-100> <word:esp,ah> <text:64>+", "19.26", _TUNNEL),
        ("ipsec ike keepalive log", "<int:1-100>! <switch>", "19.9", _TUNNEL),
        ("ipsec ike keepalive use", "<int:1-100>! <text:64>+", "19.10", _TUNNEL),
        ("ipsec ike local address", "<int:1-100>! <ip>", "19.14", _TUNNEL),
        ("ipsec ike local name", "<int:1-100>! <text:64> [ <text:64> ]", "19", _TUNNEL),
        ("ipsec ike log", "<int:1-100>! <text:64>+", "19", _TUNNEL),
        ("ipsec ike nat-traversal", "<int:1-100>! <switch> <text:64>*", "19", _TUNNEL),
        ("ipsec ike pre-shared-key", "<int:1-100>! text <text:64>", "19.17", _TUNNEL),
        ("ipsec ike remote address", "<int:1-100>! <host>", "19.20", _TUNNEL),
        ("ipsec ike remote name", "<int:1-100>! <text:64> [ <text:64> ]", "19", _TUNNEL),
        ("l2tp always-on", "<switch>", "16, published configurations", _TUNNEL),
        ("l2tp hostname", "<text:64>", "16, published configurations", _TUNNEL),
        ("l2tp tunnel auth", "<switch> [ <text:64> ]", "16", _TUNNEL),
        ("l2tp tunnel disconnect time", "off | <int:1-21474836>", "16", _TUNNEL),
        ("l2tp keepalive use", "<switch> [ <int:1-600> [ <int:1-50> ] ]", "16", _TUNNEL),
        ("l2tp keepalive log", "<switch>", "16", _TUNNEL),
        ("l2tp syslog", "<switch>", "16", _TUNNEL),
        ("tunnel enable", "<int:1-100>!", "14.1", _TUNNEL),
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
    (  # address translation and IPsec
        ("nat descriptor type", f"{_NUMBER}! {_TRANSLATION}", "23.2", ALL),
        (
            "nat descriptor address outer",
            f"{_NUMBER}! ( <word:ipcp,primary,secondary> | <host-range>+ )",
            "23.3",
            ALL,
        ),
        ("nat descriptor address inner", f"{_NUMBER}! ( auto | <host-range>+ )", "23.4", ALL),
        (
            "nat descriptor masquerade static",
            f"{_NUMBER}! <int:1-65535>! <ipv4> <word:tcp,udp,icmp,esp,gre> [ <ports> ]",
            "23.7",
            ALL,
        ),
        (
            "nat descriptor masquerade incoming",
            f"{_NUMBER}! ( <word:reject,through,discard> | forward <ipv4> )",
            "23.9",
            ALL,
        ),
        ("ipsec use", "<switch>", "15.1", ALL),
        ("ipsec auto refresh", "<switch>", "19.4", ALL),
        (
            "ipsec transport",
            f"<int:1-21474836>! {_NUMBER} <word:tcp,udp> <ports>",
            "19, published configurations",
            ALL,
        ),
        ("l2tp service", "<switch> <word:l2tp,l2tpv3>*", "16.1", ALL),
        ("pptp service", "<switch>", "17.1.1", ALL),
        ("sip use", "<switch>", "20.1.1", _BARE),
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
        ("tftp host", "lan | " + _HOSTS, "4.54", _BARE_LAN),
        ("tftp host", "any | none | <ip>", "4.54", _BARE),
        ("telnetd service", "<switch>", "4.38", _BARE),
        ("telnetd listen", "<int:1-65535>", "4.39", _BARE),
        ("telnetd host", "lan | " + _HOSTS, "4.40", _BARE_LAN),
        ("telnetd host", _HOSTS, "4.40", _BARE),
        ("telnetd session", "<int:1-8>", "4.41", _BARE),
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
        ("dhcp scope bind", "<int:1-65535>! <ipv4>! [ ethernet ] <text:64>", "12.1.5", ALL),
        ("dhcp scope option", "<int:1-65535>! <dhcp-option>!+", "12.1.8", ALL),
    ),
    (  # names
        ("dns host", "lan | " + _HOSTS, "24.13", _BARE),
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
        ("dns server pp", "<int:1-100> [ edns=<switch> ]", "24.4", Has(feature="edns")),
        ("dns server pp", "<int:1-100>", "24.4", ALL),
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
        ("dns private name", "<domain>", "published configurations", Has(models=("NVR510",))),
    ),
    (  # the rest
        ("snmp host", _SNMP, "21.1", ALL),
        ("snmp community read-only", "<text:16>", "21.2", _BARE),
        ("snmp community read-write", "<text:16>", "21.3", _BARE),
        ("snmp trap host", "<host>! [ <text:16> ]", "21.4", _BARE),
        ("snmp trap community", "<text:16>", "21.5", _BARE),
        ("snmpv2c host", _SNMP, "21.6", ALL),
        ("snmpv2c community read-only", "<text:16>", "21.7", _BARE),
        ("snmpv2c community read-write", "<text:16>", "21.8", _BARE),
        (
            "snmpv3 usm user",
            f"{_IDS}! <text:32> [ group {_IDS} ]"
            " [ <word:md5,sha> <text:32> [ <word:des-cbc,aes128-cfb> <text:32> ] ]",
            "21.13",
            _BARE,
        ),
        ("snmpv3 host", f"none! | ( any! | <host-range>! ) user {_IDS}+", "21.14", ALL),
        ("snmp syscontact", "<text:255>", "21.19", _BARE),
        ("sftpd host", "lan | " + _HOSTS, "4.78", _BARE_LAN),
        ("sftpd host", _HOSTS, "4.78", _BARE),
        ("login radius use", "<switch>", "4.6", _BARE),
        ("administrator radius auth", "<word:on,only,off>", "4.7", ALL),
        ("radius auth", "<switch>", "22.1", ALL),
        ("radius auth server", "<ip> [ <ip> ]", "22.4", ALL),
        ("radius secret", "<text:16>", "22.8", ALL),
        ("heartbeat pre-shared-key", "<text:32>", "39.1", _BARE),
        (
            "heartbeat receive",
            "<switch> ( log=<switch> | monitor=off | monitor=<int:30-21474836> )*",
            "39.2",
            ALL,
        ),
        (
            "cooperation",
            "<word:bandwidth-measuring,load-watch>! <word:server,client>! <switch>",
            "27.1",
            ALL,
        ),
        ("yno use", "<switch>", "49.1", Has(feature="yno", whole=True)),
        ("yno access code", "<text:64> <text:64>", "49.2", Has(feature="yno")),
        (
            "mobile use",
            "<word:usb1>! <switch> [ first-connect-wait-time=<int:0-300> ]",
            "44.1",
            ALL,
        ),
        ("remote setup accept", "any | none | <text:32>+", "56.3.13", _BARE),
        (
            "schedule at",
            _SCHEDULED % f"( {_SCHEDULED_DATE} | +<int:1-3600> )",
            "37.1",
            Has(feature="schedule-in"),
        ),
        ("schedule at", _SCHEDULED % _SCHEDULED_DATE, "37.1", ALL),
        ("ntp local address", "<ip>", "4.18", ALL),
        ("upnp use", "<switch>", "35.1", _BARE),
        ("upnp syslog", "<switch>", "35.5", _BARE),
        ("sntpd service", "<switch>", "41.1", _BARE),
        ("sntpd host", "lan | " + _HOSTS, "41.2", _BARE),
        ("httpd service", "<switch>", "33.1", _BARE),
        ("httpd host", "lan | " + _HOSTS, "33.2", _BARE),
        ("httpd timeout", "<int:1-180>", "33.3", ALL),
        ("httpd listen", "<int:1-65535>", "33.4", _BARE),
        ("httpd custom-gui use", "<switch>", "47.1", ALL),
        ("httpd custom-gui api use", "<switch>", "47.3", ALL),
        ("httpd custom-gui api password", "<text:32>", "47.4", ALL),
        (
            "httpd proxy-access l2ms permit",
            "<switch>",
            "48.5.1",
            Has(models=("RTX830", "RTX840", "RTX1210", "RTX1220")),
        ),
        ("sshd service", "<switch>", "4.65", ALL),
        ("sshd listen", "<int:1-65535>", "4.66", ALL),
        ("sshd host", "lan | " + _HOSTS, "4.67", _BARE_LAN),
        ("sshd host", _HOSTS, "4.67", _BARE),
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
        ("lua use", "<switch>", "the chapter on Lua; published notes", ALL),
        (
            "analog supplementary-service",
            "<text:64>+",
            "published configurations",
            Has(models=("NVR510",)),
        ),
        (
            "analog extension dial prefix",
            "<word:line,sip>! [ prefix=<text:8> ]",
            "published configurations",
            Has(models=("NVR510",)),
        ),
        (
            "statistics",
            "<word:cpu,memory,traffic,flow,nat,route,filter,application>! <switch>",
            "51.1",
            ALL,
        ),
    ),
)


SECTION_GROUP = next(group for group, rows in enumerate(_ROWS) if rows[0][-1].section == "pp")
"""Where the sections of `pp select` and `tunnel select` stand in `show config`."""


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
_BEGINNING = {
    first: tuple(command for command in COMMANDS if command.words[0].word == first)
    for first in dict.fromkeys(command.words[0].word for command in COMMANDS)
}
"""The commands that a line may be by its first word."""


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
        for command in _BEGINNING.get("".join(tokens[:1]), ())
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
            partial = removal and not command.has.whole
            values = match_tokens(command.grammar, tokens[len(name) :], context, partial=partial)
        except CommandError as error:
            first = first or error
            continue
        key = tuple(value.text for value in values if value.is_key)
        if removal and command.keyed and not key:
            raise CommandError(Fault.COUNT)
        if removal and command.has.bare and any(not value.is_key for value in values):
            first = first or CommandError(Fault.COUNT)
            continue
        return Line(command, name + tuple(value.text for value in values), name + key)
    raise first or CommandError(Fault.COMMAND)
