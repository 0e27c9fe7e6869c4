"""The addresses and names behind the line, by region; they do not change from site to site.

NGN and 資格確認 resolvers: DOMAIN 1.4 (NGN: several independent sources; 資格確認: two for East,
one for West). Service addresses are the lab's own choice in the network of the region's 資格確認
resolvers; the names are those that DOMAIN 1.4 lists, `rece.online.rece` stands for the
オンライン請求 login page. Client certificates are asked where the real service asks them (inference
for hweb-api and hweb.oqs-st).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Network

NGN_LINK_LOCAL = "fe80::1"

CENTER_ZONES = (
    "onshikaku.org",
    "mnw",
    "oqs-pdl.org",
    "managedpki.ne.jp",
    "rece",
    "cybertrust.ne.jp",
    "secomtrust.net",
)

INTERNET_IPV6 = "2001:db8:ffff::80"
INTERNET_IPV4 = "203.0.113.80"
PUBLIC_RESOLVERS = ("2001:4860:4860::8888", "8.8.8.8")
"""Google Public DNS, as its operator documents it: what somebody asks who looks for the Internet.
They are addresses of the lab's Internet, which no packet leaves."""
NGN_ON_INTERNET = "2001:db8:ffff::1"
CLINIC_GATEWAY_ON_INTERNET = "203.0.113.11"
LINE_PREFIXES = IPv6Network("2001:db8:50::/44")


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


MANY = 24
"""So many addresses that the answer exceeds 512 bytes: AAAA records of 28 bytes each."""

_SERVICES = (
    ("www.lineauth.mnw", ServiceKind.HTTPS, "10", 1),
    ("hweb.oqs.onshikaku.org", ServiceKind.HTTPS_CLIENT, "20", 1),
    ("hweb-api.oqs.onshikaku.org", ServiceKind.HTTPS_CLIENT, "21", 1),
    ("hweb.oqs-st.onshikaku.org", ServiceKind.HTTPS_CLIENT, "22", 1),
    ("rece.online.rece", ServiceKind.HTTPS, "30", 1),
    ("crldownload.obn.managedpki.ne.jp", ServiceKind.HTTP, "40", 1),
    ("pweb.base.oqs-pdl.org", ServiceKind.HTTPS, "50", MANY),
    ("ntp.base.oqs-pdl.org", ServiceKind.NTP, "60", MANY),
    ("proxy.base.oqs-pdl.org", ServiceKind.PROXY, "70", 1),
)


@dataclass(frozen=True, slots=True)
class Region:
    """NTT East or West: the NGN's resolvers and host, and the center behind it.

    `center` is the /48 of the 資格確認 resolvers, without its last `::`.
    """

    name: str
    ngn_resolvers: tuple[str, ...]
    ngn_domain: str
    ngn_host: str
    center: str

    @property
    def ngn_hosts(self) -> Mapping[str, tuple[str, ...]]:
        """The NGN's own names and their addresses."""
        return {f"assv.asc.{self.ngn_domain}": (self.ngn_host,)}

    @property
    def center_network(self) -> str:
        """The network of the center."""
        return f"{self.center}::/48"

    @property
    def center_resolvers(self) -> tuple[str, ...]:
        """The 資格確認 resolvers."""
        return tuple(f"{self.center}:d00::53:{number}" for number in (1, 2))

    @property
    def ngn_center_link(self) -> tuple[str, str]:
        """Both ends of the cable between NGN and center, the NGN's first."""
        return f"{self.center}:ffff::1", f"{self.center}:ffff::2"

    @property
    def services(self) -> tuple[CenterService, ...]:
        """The services of the center."""
        return tuple(
            CenterService(name, kind, self._addresses(suffix, count))
            for name, kind, suffix, count in _SERVICES
        )

    def _addresses(self, suffix: str, count: int) -> tuple[str, ...]:
        if count == 1:
            return (f"{self.center}:e00::{suffix}",)
        return tuple(f"{self.center}:e00::{suffix}:{number:x}" for number in range(1, count + 1))


WEST = Region(
    name="west",
    ngn_resolvers=("2001:a7ff:5f01::a", "2001:a7ff:5f01:1::a"),
    ngn_domain="flets-west.jp",
    ngn_host="2001:a7ff:5f01:2::a",
    center="2001:a7ff:f014",
)
EAST = Region(
    name="east",
    ngn_resolvers=("2404:1a8:7f01:a::3", "2404:1a8:7f01:b::3"),
    ngn_domain="flets-east.jp",
    ngn_host="2404:1a8:7f01:c::3",
    center="2404:1a8:f583",
)
REGIONS = {region.name: region for region in (WEST, EAST)}
