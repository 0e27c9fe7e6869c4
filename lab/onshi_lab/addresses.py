"""The addresses and names behind the line, which do not change from site to site.

The two NGN resolvers and the two 資格確認 resolvers are those of region West: DOMAIN 1.4 (NGN:
two independent sources; 資格確認: one source). Service addresses are the lab's own choice in
2001:a7ff:f014:e00::/64; the names are those that DOMAIN 1.4 lists, `rece.online.rece` stands for
the オンライン請求 login page. Client certificates are asked where the real service asks them
(inference for hweb-api and hweb.oqs-st).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NGN_RESOLVERS = ("2001:a7ff:5f01::a", "2001:a7ff:5f01:1::a")
NGN_DOMAIN = "flets-west.jp"
NGN_HOSTS = {"assv.asc.flets-west.jp": ("2001:a7ff:5f01:2::a",)}
NGN_LINK_LOCAL = "fe80::1"

CENTER_NETWORK = "2001:a7ff:f014::/48"
CENTER_RESOLVERS = ("2001:a7ff:f014:d00::53:1", "2001:a7ff:f014:d00::53:2")
CENTER_ZONES = (
    "onshikaku.org",
    "mnw",
    "oqs-pdl.org",
    "managedpki.ne.jp",
    "rece",
    "cybertrust.ne.jp",
    "secomtrust.net",
)
NGN_CENTER_LINK = ("2001:a7ff:f014:ffff::1", "2001:a7ff:f014:ffff::2")

INTERNET_IPV6 = "2001:db8:ffff::80"
INTERNET_IPV4 = "203.0.113.80"
NGN_ON_INTERNET = "2001:db8:ffff::1"
CLINIC_GATEWAY_ON_INTERNET = "203.0.113.11"
LINE_PREFIXES = "2001:db8:50::/44"

TERMINAL_NETWORK_PREFIX = "10.51.1."
TERMINAL_ROUTER = "10.51.1.1"


class ServiceKind(StrEnum):
    """What a service of the center speaks."""

    HTTPS = "https"
    HTTPS_CLIENT = "https with client certificate"
    HTTP = "http"
    NTP = "ntp"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class CenterService:
    """One service of the center: its name, what it speaks, and its own addresses."""

    name: str
    kind: ServiceKind
    addresses: tuple[str, ...]


def _one(suffix: str) -> tuple[str, ...]:
    return (f"2001:a7ff:f014:e00::{suffix}",)


def _many(suffix: str) -> tuple[str, ...]:
    """So many addresses that the answer exceeds 512 bytes: 24 AAAA records of 28 bytes each."""
    return tuple(f"2001:a7ff:f014:e00::{suffix}:{number:x}" for number in range(1, 25))


CENTER_SERVICES = (
    CenterService("www.lineauth.mnw", ServiceKind.HTTPS, _one("10")),
    CenterService("hweb.oqs.onshikaku.org", ServiceKind.HTTPS_CLIENT, _one("20")),
    CenterService("hweb-api.oqs.onshikaku.org", ServiceKind.HTTPS_CLIENT, _one("21")),
    CenterService("hweb.oqs-st.onshikaku.org", ServiceKind.HTTPS_CLIENT, _one("22")),
    CenterService("rece.online.rece", ServiceKind.HTTPS, _one("30")),
    CenterService("crldownload.obn.managedpki.ne.jp", ServiceKind.HTTP, _one("40")),
    CenterService("pweb.base.oqs-pdl.org", ServiceKind.HTTPS, _many("50")),
    CenterService("ntp.base.oqs-pdl.org", ServiceKind.NTP, _many("60")),
    CenterService("proxy.base.oqs-pdl.org", ServiceKind.PROXY, _one("70")),
)
