"""`site_intent`:

from a checked inventory to the intent. Pure: the same inventory gives the same intent.
"""

from __future__ import annotations

from ipaddress import IPv4Interface

from onshi_net.intent.types import (
    Allowance,
    DnsForward,
    HostIntent,
    Lan,
    Management,
    OtherService,
    PolicyIntent,
    RouterIntent,
    SiteIntent,
    Wan,
)
from onshi_net.intent.windows import windows_intents
from onshi_net.inventory import SiteInventory
from onshi_net.model import Region, region, router_model
from onshi_net.model.catalogue import Ports, ServiceKind
from onshi_net.model.names import label
from onshi_net.model.site import Segment

SMB = 445
"""Receipt PC to terminal is SMB over TCP 445 (inference from the shares' design, docs/sources.md).
"""


def site_intent(inventory: SiteInventory) -> SiteIntent:
    """Answers what must be true at the site."""
    site, facts = inventory.site, inventory.site.facts
    area = region(facts.region)
    return SiteIntent(
        site=site.name,
        institution=facts.institution.name,
        branch=facts.access.branch.kind,
        has_onu=inventory.onu is not None,
        has_switch=bool(inventory.switches),
        router=_router(inventory, area),
        hosts=_hosts(inventory),
        ngn_resolvers=area.ngn_resolvers.servers,
        closed_network_resolvers=area.closed_network_resolvers.servers,
        services=area.services,
        client_certificate=facts.client_certificate,
        internet_probes=area.internet if facts.internet_probes is None else facts.internet_probes,
        clinic_gateway=facts.segments.clinic.gateway,
        windows=windows_intents(inventory, facts.windows),
    )


def _router(inventory: SiteInventory, area: Region) -> RouterIntent:
    router, segments = inventory.router, inventory.site.facts.segments
    model = router_model(router.model)
    return RouterIntent(
        site=inventory.site.name,
        label=label(inventory.site.name),
        host=router.name,
        model=model,
        serial=router.serial,
        wan=Wan(model.wan, inventory.site.ipv6_mode),
        terminal=_lan(model.terminal, segments.terminal),
        clinic=_lan(model.clinic, segments.clinic),
        dns=_forwards(area),
        policy=PolicyIntent((Allowance(segments.clinic.ipv4, segments.terminal.ipv4, SMB),)),
        management=Management(
            address=router.hostname,
            port=router.port,
            username=router.username,
            secret=router.secret,
            admin_secret=router.admin_secret,
            initial_secret=router.initial_secret,
            site=inventory.site.name,
            host=router.name,
            mac=router.mac,
            other_users=tuple(router.other_users),
            unnamed_secret=router.unnamed_secret,
        ),
        ntp_server=next(s.name for s in area.services if s.kind is ServiceKind.NTP),
        other_services=tuple(
            OtherService(name, kept.hosts, kept.reason)
            for name, kept in router.other_services.items()
        ),
    )


def _lan(ports: Ports, segment: Segment) -> Lan:
    address = IPv4Interface(f"{segment.router}/{segment.ipv4.prefixlen}")
    return Lan(ports.interface, ports.ports, address)


def _forwards(area: Region) -> tuple[DnsForward, ...]:
    return tuple(
        DnsForward(suffix, resolvers.servers[:2])
        for resolvers in (area.ngn_resolvers, area.closed_network_resolvers)
        for suffix in resolvers.suffixes
    )


def _hosts(inventory: SiteInventory) -> tuple[HostIntent, ...]:
    terminals = tuple(HostIntent(h.name, h.hostname, "terminal") for h in inventory.terminals)
    return terminals + tuple(
        HostIntent(h.name, h.hostname, "clinic") for h in inventory.receipt_pcs
    )
