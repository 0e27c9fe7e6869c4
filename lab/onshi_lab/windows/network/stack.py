"""The network stack: active and persistent stores, resolvers, profile, across a reboot.

Sources: learn.microsoft.com New-NetRoute ("By default ... added to both ActiveStore and
PersistentStore"; an ActiveStore route lasts until the next reboot; PersistentStore can't be
given), Get-NetRoute, New-NetIPAddress, Set-NetIPInterface, Set-DnsClientServerAddress,
Set-NetConnectionProfile.
"""

import ipaddress
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from onshi_lab.windows.network.backend import WIRELESS, WIRELESS_GATEWAYS, Backend
from onshi_lab.windows.network.dhcp import Lease
from onshi_lab.windows.network.model import (
    DEFAULT_INTERFACE_METRIC,
    IPV4,
    IPV6,
    Address,
    Interface,
    Origin,
    Protocol,
    Route,
)

ACTIVE = "ActiveStore"
PERSISTENT = "PersistentStore"
PUBLIC, PRIVATE, DOMAIN = 0, 1, 2
"""NetworkCategory of MSFT_NetConnectionProfile."""
LOOPBACK_METRIC = 75


class AlreadyExists(Exception):
    """The object is there (Windows system error 5010)."""


class NotFound(Exception):
    """No such object."""


@dataclass(slots=True)
class Persistent:
    """What survives a reboot."""

    addresses: list[Address] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    metrics: dict[str, int] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    dns: dict[str, list[str]] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    dns_suffix: dict[str, str] = field(default_factory=dict)


class NetworkStack:
    """Every read and change of the PC's IP configuration."""

    def __init__(self, backend: Backend, path: Path | None) -> None:
        self._backend = backend
        self._path = path
        self._lock = threading.RLock()
        self.stored = Persistent()
        self.leases: dict[int, Lease] = {}
        """What DHCP gave each interface; gone with a restart."""
        self._before_down: tuple[list[Address], list[Route]] = ([], [])
        self.dhcp_switched: Callable[[int, bool], None] = lambda _index, _on: None
        """Hears that DHCP was switched on or off for an interface."""
        if path is None or not path.exists():
            self._adopt()
        else:
            self._load(path)
            self._restore()

    def _adopt(self) -> None:
        """Takes over what the interfaces have, as if it had been typed in by hand."""
        manual = [a for a in self._backend.addresses() if a.prefix_origin == Origin.MANUAL]
        self.stored.addresses = manual
        routes = self._backend.routes(self._metrics())
        self.stored.routes = [
            r for r in routes if r.protocol == Protocol.NETMGMT and not _learned(r)
        ]
        self._save()

    def _load(self, path: Path) -> None:
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["addresses"] = [Address(**item) for item in raw["addresses"]]
        raw["routes"] = [Route(**item) for item in raw["routes"]]
        self.stored = Persistent(**raw)

    def _save(self) -> None:
        if self._path is not None:
            temporary = self._path.with_suffix(".new")
            temporary.write_text(
                json.dumps(asdict(self.stored), ensure_ascii=False), encoding="utf-8"
            )
            temporary.replace(self._path)

    def reboot(self) -> None:
        """Drops what is active only and brings back what is stored."""
        with self._lock:
            for interface in self.interfaces():
                if not interface.loopback:
                    self._backend.restart(interface.index)
            self.leases.clear()
            self._before_down = ([], [])
            self._restore()

    def set_links(self, *, up: bool) -> None:
        """Takes every interface's link, or gives it back with what it had (the kernel forgets)."""
        with self._lock:
            if not up:
                self._before_down = (self.addresses(), self.routes())
            for interface in self.interfaces():
                if not interface.loopback:
                    self._backend.set_up(interface.index, up)
            if up:
                self._put_back(*self._before_down)
                self._before_down = ([], [])

    def _put_back(self, addresses: list[Address], routes: list[Route]) -> None:
        for address in addresses:
            if address.prefix_origin in (Origin.MANUAL, Origin.DHCP):
                self._backend.add_address(address)
        for route in routes:
            if route.protocol == Protocol.NETMGMT and not _learned(route):
                self._backend.add_route(route, self.metric(route.index, route.family))

    def _restore(self) -> None:
        present = {i.index for i in self.interfaces()}
        for address in self.stored.addresses:
            if address.index in present:
                self._backend.add_address(address)
        for route in self.stored.routes:
            if route.index in present:
                self._backend.add_route(route, self.metric(route.index, route.family))

    # -- interfaces ---------------------------------------------------------------------------

    def interfaces(self) -> list[Interface]:
        """Every interface, loopback first."""
        return self._backend.interfaces()

    def interface(self, *, index: int | None = None, alias: str | None = None) -> Interface:
        """One interface by index or alias; raises NotFound."""
        for item in self.interfaces():
            if index is not None and item.index == index:
                return item
            if alias is not None and item.alias.lower() == alias.lower():
                return item
        raise NotFound(str(index if alias is None else alias))

    def metric(self, index: int, family: int) -> int:
        """The interface metric."""
        default = LOOPBACK_METRIC if index == 1 else DEFAULT_INTERFACE_METRIC
        return self.stored.metrics.get(f"{index}/{family}", default)

    def automatic_metric(self, index: int, family: int) -> bool:
        """Whether Windows chose the interface metric itself."""
        return f"{index}/{family}" not in self.stored.metrics

    def _metrics(self) -> dict[tuple[int, int], int]:
        indexes = [i.index for i in self.interfaces()]
        return {(i, f): self.metric(i, f) for i in indexes for f in (IPV4, IPV6)}

    def set_metric(self, index: int, family: int, metric: int | None) -> None:
        """Sets the interface metric (None: automatic) and moves the routes that depend on it."""
        with self._lock:
            routes = [r for r in self.routes(ACTIVE) if r.index == index and r.family == family]
            mine = [r for r in routes if r.protocol == Protocol.NETMGMT]
            for route in mine:
                self._backend.delete_route(route, self.metric(index, family))
            self.stored.metrics.pop(f"{index}/{family}", None)
            if metric is not None:
                self.stored.metrics[f"{index}/{family}"] = metric
            for route in mine:
                self._backend.add_route(route, self.metric(index, family))
            self._save()

    def setting(self, index: int, family: int, name: str, default: Any) -> Any:
        """One setting of an IP interface (Dhcp, RouterDiscovery, …)."""
        return self.stored.settings.get(f"{index}/{family}/{name}", default)

    def set_setting(self, index: int, family: int, name: str, value: Any) -> None:
        """Stores one setting of an IP interface."""
        before = self.setting(index, family, name, 0)
        with self._lock:
            self.stored.settings[f"{index}/{family}/{name}"] = value
            self._save()
        if name == "Dhcp" and family == IPV4 and before != value:
            self.dhcp_switched(index, bool(value))

    def uses_ipv6(self, index: int) -> bool:
        """Whether IPv6 is bound to an interface."""
        return bool(self.setting(index, IPV6, "Bound", 1))

    def use_ipv6(self, index: int, on: bool) -> None:
        """Binds IPv6 to an interface, or takes it off."""
        self.set_setting(index, IPV6, "Bound", int(on))
        self._backend.set_ipv6(self.interface(index=index).device, on)

    def has_ipv6(self) -> bool:
        """Whether any adapter that is up speaks IPv6."""
        up = [one for one in self.interfaces() if one.up and not one.loopback]
        return any(self.uses_ipv6(one.index) for one in up)

    def join_wireless(self, *, on: bool) -> None:
        """Joins a Wi-Fi network that leads elsewhere, with its default routes and resolver."""
        self._backend.set_wireless(on, self.metric(0, IPV4))
        for one in self.interfaces():
            if one.device.startswith(WIRELESS):
                self.set_dns_servers(one.index, IPV4, [WIRELESS_GATEWAYS[0]])

    # -- DHCP -----------------------------------------------------------------------------------

    def uses_dhcp(self, index: int) -> bool:
        """Whether an interface asks for its IPv4 address."""
        return bool(self.setting(index, IPV4, "Dhcp", 0))

    def begin_dhcp(self, index: int) -> None:
        """Drops what an interface has in IPv4: what was typed in, and what an older lease left."""
        with self._lock:
            for address in self.addresses():
                if address.index == index and address.family == IPV4:
                    self._backend.delete_address(address)
            self.stored.addresses = [
                a for a in self.stored.addresses if (a.index, a.family) != (index, IPV4)
            ]
            self._save()

    def take_lease(self, index: int, lease: Lease | None) -> None:
        """Puts a lease in the place of the one before; None takes that one away."""
        with self._lock:
            before = self.leases.pop(index, None)
            if lease is not None:
                self.leases[index] = lease
                self._backend.add_address(_leased_address(lease, index))
            if before is not None and (lease is None or before.ip != lease.ip):
                self._backend.delete_address(_leased_address(before, index))
            self._take_gateway(index, before, lease)

    def _take_gateway(self, index: int, before: Lease | None, lease: Lease | None) -> None:
        metric = self.metric(index, IPV4)
        if before is not None and before.gateway:
            self._backend.delete_route(_leased_route(before, index), metric)
        if lease is not None and lease.gateway:
            self._backend.add_route(_leased_route(lease, index), metric)
        active = {r.key for r in self.routes(ACTIVE)}
        for route in self.stored.routes:  # the kernel drops them with the last address
            if route.index == index and route.family == IPV4 and route.key not in active:
                self._backend.add_route(route, metric)

    # -- addresses ----------------------------------------------------------------------------

    def addresses(self, store: str = ACTIVE) -> list[Address]:
        """The addresses in a store."""
        with self._lock:
            if store == ACTIVE:
                return [self._with_origin(a) for a in self._backend.addresses()]
            return list(self.stored.addresses)

    def _with_origin(self, address: Address) -> Address:
        lease = self.leases.get(address.index)
        if lease is None or lease.automatic or lease.ip != address.ip:
            return address
        return replace(address, prefix_origin=Origin.DHCP, suffix_origin=Origin.DHCP)

    def add_address(self, address: Address, *, persistent: bool = True) -> None:
        """Adds an address; raises AlreadyExists."""
        with self._lock:
            if any(a.ip == address.ip for a in self.addresses()):
                raise AlreadyExists(address.ip)
            self._backend.add_address(address)
            if persistent:
                self.stored.addresses.append(address)
                self._save()

    def remove_address(self, address: Address, *, store: str | None = None) -> None:
        """Removes an address from one store or both; the kernel drops routes that need it."""
        with self._lock:
            if store != PERSISTENT:
                self._backend.delete_address(address)
            if store != ACTIVE:
                kept = [a for a in self.stored.addresses if a.key != address.key]
                self.stored.addresses = kept
                self._save()

    def change_address(self, address: Address, prefix_length: int) -> None:
        """Gives an address another prefix length, in both stores; its routes stay."""
        with self._lock:
            routes = [r for r in self.routes(ACTIVE) if r.protocol == Protocol.NETMGMT]
            changed = replace(address, prefix_length=prefix_length)
            self._backend.delete_address(address)
            self._backend.add_address(changed)
            present = {r.key for r in self.routes(ACTIVE)}
            for route in (r for r in routes if r.key not in present):
                self._backend.add_route(route, self.metric(route.index, route.family))
            self.stored.addresses = [
                changed if a.key == address.key else a for a in self.stored.addresses
            ]
            self._save()

    # -- routes -------------------------------------------------------------------------------

    def routes(self, store: str = ACTIVE) -> list[Route]:
        """The routes in a store."""
        with self._lock:
            if store == ACTIVE:
                return self._backend.routes(self._metrics())
            return list(self.stored.routes)

    def add_route(self, route: Route, *, persistent: bool = True) -> None:
        """Adds a route to the active store, and to the persistent one; raises AlreadyExists."""
        with self._lock:
            keys = {r.key for r in self.routes(ACTIVE)}
            if persistent:
                keys |= {r.key for r in self.stored.routes}
            if route.key in keys:
                raise AlreadyExists(route.prefix)
            self._backend.add_route(route, self.metric(route.index, route.family))
            if persistent:
                self.stored.routes.append(route)
                self._save()

    def remove_route(self, route: Route, *, store: str | None = None) -> None:
        """Removes a route from one store or both."""
        with self._lock:
            if store != PERSISTENT:
                self._backend.delete_route(route, self.metric(route.index, route.family))
            if store != ACTIVE:
                self.stored.routes = [r for r in self.stored.routes if r.key != route.key]
                self._save()

    def towards(self, hop: str) -> int:
        """The index of the interface whose network has an address; LookupError on none."""
        for address in self.addresses():
            network = ipaddress.ip_interface(f"{address.ip}/{address.prefix_length}").network
            if ipaddress.ip_address(hop) in network:
                return address.index
        raise LookupError(hop)

    # -- names and profile ----------------------------------------------------------------------

    def dns_servers(self, index: int, family: int) -> list[str]:
        """The resolvers of an interface: those that were set, else those that DHCP gave."""
        fixed = self.stored.dns.get(f"{index}/{family}", [])
        lease = self.leases.get(index)
        return list(fixed or (lease.dns if lease is not None and family == IPV4 else ()))

    def set_dns_servers(self, index: int, family: int, servers: list[str]) -> None:
        """Sets the resolvers of an interface; an empty list resets them."""
        with self._lock:
            self.stored.dns[f"{index}/{family}"] = servers
            self._save()

    def category(self, index: int) -> int:
        """PUBLIC, PRIVATE or DOMAIN."""
        return self.stored.categories.get(str(index), PRIVATE)

    def set_category(self, index: int, category: int) -> None:
        """Changes the profile of the network on an interface."""
        with self._lock:
            self.stored.categories[str(index)] = category
            self._save()


def _leased_address(lease: Lease, index: int) -> Address:
    return Address(lease.ip, lease.prefix_length, index, Origin.DHCP, Origin.DHCP)


def _leased_route(lease: Lease, index: int) -> Route:
    """The default route of a lease; Get-NetRoute shows it with metric 0 (inference)."""
    return Route("0.0.0.0/0", lease.gateway, index, 0)


def _learned(route: Route) -> bool:
    """Whether the route came from a router advertisement, which Windows never stores."""
    return route.family == IPV6 and route.next_hop.lower().startswith("fe80:")
