"""Lines that somebody typed on the router before, valid by the vendor's grammar.

Sources: the samples of the field (`router_filter_numbers`, `router_other_lines`), the vendor's
reference by section, published configurations. Addresses are put in for `{terminal}` (the
router's network mask and all), `{first}`, `{last}`, `{bits}` and `{gateway}`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Typed:
    """Some lines that belong together."""

    name: str
    lines: tuple[str, ...]
    models: tuple[str, ...] = ()
    """Only for these; none: for all."""


TYPED = (
    Typed(
        "sample-filters",
        (
            "ip filter 100000 reject * * udp,tcp 135 *",
            "ip filter 100099 pass * * * * *",
            "ip lan1 secure filter in 100000 100099",
        ),
    ),
    Typed(
        "sample-filters-ipv6",
        (
            "ipv6 filter 101000 pass * * icmp6 * *",
            "ipv6 filter 101002 pass * * tcp * 50413",
            "ipv6 lan2 secure filter in 101000 101002",
        ),
    ),
    Typed(
        "outward-filters",
        (
            "ip filter 200003 reject 192.168.0.0/16 * * * *",
            "ip filter 200022 reject * * udp,tcp netbios_ns-netbios_ssn *",
            "ip filter 200099 pass * * * * *",
            "ip filter dynamic 200080 * * ftp",
            "ip filter dynamic 200098 * * tcp",
            "ip lan2 secure filter out 200022 200099 dynamic 200080 200098",
        ),
    ),
    Typed(
        "dhcp",
        (
            "dhcp service server",
            "dhcp server rfc2131 compliant except remain-silent",
            "dhcp scope 1 {first}-{last}/{bits} expire 12:00",
            "dhcp scope option 1 dns={first}",
        ),
    ),
    Typed("syslog", ("syslog host {first}", "syslog facility local1", "syslog notice on")),
    Typed("description", ("description 1 1F-Uketsuke",)),
    Typed("description-ja", ("description 1 受付の奥",)),
    Typed("closed-services", ("httpd service off", "telnetd service off", "snmp host none")),
    Typed("open-services", ("httpd host lan", "sntpd service on", "upnp use on")),
    Typed("console", ("console columns 200", "console lines infinity", "login timer 600")),
    Typed("prompt", ("console prompt onshi",)),
    Typed("own-user", ("login user kanri Kanri-0123",)),
    Typed("default-route", ("ip route default gateway {gateway}",)),
    Typed(
        "resolver",
        (
            "dns server {gateway}",
            "dns private address spoof on",
            "dns server select 500001 {gateway} any local",
            "dns static a printer.local {last}",
        ),
    ),
    Typed("second-address", ("ip lan1 secondary address 192.168.100.1/24", "ip lan1 proxyarp on")),
    Typed("nightly", ("schedule at 1 */* 03:30 * ntpdate ntp.nict.jp", "timezone +09:00")),
    Typed("ports", ("lan type lan1 auto energy-saving=on",), models=("RTX830", "RTX1210")),
    Typed(
        "intrusion-detection",
        (
            "ip lan2 intrusion detection in on",
            "ip lan2 intrusion detection in fragment on reject=on",
            "ip lan2 intrusion detection out on",
        ),
    ),
    Typed(
        "pppoe",
        (
            "pp disable all",
            "no tunnel enable all",
            "pp select 1",
            " pppoe use lan2",
            " pp auth accept pap chap",
            " pp auth myname isp@example.invalid isppass1",
            " ppp lcp mru on 1454",
            " ip pp mtu 1454",
            " pp enable 1",
        ),
    ),
    Typed(
        "nat",
        (
            "nat descriptor type 1 masquerade",
            "nat descriptor address outer 1 primary",
            "ip lan2 nat descriptor 1",
        ),
    ),
    Typed(
        "dhcp-bind",
        (
            "dhcp scope 2 {first}-{last}/{bits}",
            "dhcp scope bind 2 {last} ethernet 02:00:00:00:00:01",
        ),
    ),
    Typed("quiet", ("alarm entire off", "lua use off")),
    Typed(
        "office",
        (
            "ip route default gateway pp 1",
            "ip lan2 intrusion detection in on reject=on",
            "pp select 1",
            " description pp ISP",
            " pp keepalive interval 30 retry-interval=30 count=12",
            " pp always-on on",
            " pppoe use lan2",
            " pppoe auto disconnect off",
            " pp auth accept pap chap",
            " pp auth myname isp@example.invalid isppass1",
            " ppp lcp mru on 1454",
            " ppp ipcp ipaddress on",
            " ppp ipcp msext on",
            " ppp ccp type none",
            " ip pp mtu 1454",
            " ip pp secure filter in 200003 200020 200030",
            " ip pp secure filter out 200020 200099 dynamic 200080 200098",
            " ip pp nat descriptor 1000",
            " pp enable 1",
            "pp select none",
            "ip filter 200003 reject 192.168.0.0/16 * * * *",
            "ip filter 200020 reject * * udp,tcp 135 *",
            "ip filter 200030 pass * {terminal} icmp * *",
            "ip filter 200099 pass * * * * *",
            "ip filter dynamic 200080 * * ftp",
            "ip filter dynamic 200098 * * tcp",
            "nat descriptor type 1000 masquerade",
            "nat descriptor masquerade static 1000 1 {last} tcp 443",
            "dns host lan1",
            "dns server pp 1",
            "dns private address spoof on",
        ),
    ),
    Typed(
        "vpn",
        (
            "ip route 172.31.0.0/16 gateway tunnel 1",
            "tunnel select 1",
            " description tunnel honten",
            " tunnel encapsulation ipsec",
            " ipsec tunnel 101",
            " ipsec sa policy 101 1 esp aes-cbc sha-hmac",
            " ipsec ike keepalive log 1 off",
            " ipsec ike keepalive use 1 on heartbeat 10 6",
            " ipsec ike nat-traversal 1 on",
            " ipsec ike pre-shared-key 1 text hontenkey1",
            " ipsec ike remote address 1 vpn.example.invalid",
            " ip tunnel tcp mss limit auto",
            " tunnel enable 1",
            "tunnel select none",
            "ipsec auto refresh on",
        ),
    ),
    Typed(
        "telephone-defaults",
        (
            "dns private name setup.netvolante.jp",
            "analog supplementary-service pseudo call-waiting",
            "analog extension dial prefix line",
            'analog extension dial prefix sip prefix="9#"',
            "statistics traffic on",
        ),
        models=("NVR510",),
    ),
)
LANGUAGES = ("ja", "ja", "ja", "en")


def typed_for(model: str) -> tuple[Typed, ...]:
    """What may have been typed on such a router."""
    return tuple(one for one in TYPED if not one.models or model in one.models)
