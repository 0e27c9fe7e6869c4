"""Checks of the two LANs: who is there, whose address is whose, who advertises, who serves DHCP."""

from __future__ import annotations

from onshi_net.checks.catalogue import ALIVE, check
from onshi_net.checks.facts import (
    code,
    found,
    in_terminal_network,
    measured,
    named_mac,
    needs_terminal_leg,
    one_owner,
    terminals,
)
from onshi_net.checks.model import (
    Finding,
    NotApplicable,
    Party,
    Severity,
    Verdict,
    failed,
    passed,
)
from onshi_net.facts.types import Device, Evidence, Present
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent

MOST_ROUTERS = 8
"""More advertise in no network of a clinic (inference): it is an attack, or a device gone mad."""
MOST_ADVERTS = 60
"""More come in the seconds of a measurement from no router: each holds 3 s between two, and answers
a solicitation with one (RFC 4861, 6.2.6)."""
NAMED = 3
"""Sources of a flood that are named."""
WITHOUT_SWITCH = 2
"""More terminals need a switch (brochure, 提供条件①)."""


@check("lan.laptop", party=Party.TECHNICIAN)
def test_laptop(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The technician's laptop stands in the terminal network."""
    if evidence.laptop.probe.unmeasured:
        needs_terminal_leg(evidence)
    leg, network = evidence.laptop.legs.terminal, intent.router.terminal.address.network
    if leg is None and evidence.laptop.legs.clinic is not None:
        needs_terminal_leg(evidence)  # a laptop with one port, which is in the clinic LAN now
    if leg is None:
        return failed("lan.laptop.elsewhere", evidence.laptop.probe, network=network)
    return passed("lan.laptop.there", evidence.laptop.probe, interface=leg.name, network=network)


@check("lan.present", party=Party.TECHNICIAN, each=terminals, host_subjects=True)
def test_present(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal answers at its address."""
    needs_terminal_leg(evidence)
    reading = measured(evidence.laptop.owners.get(subject))
    address = next(one.address for one in intent.terminals if one.name == subject)
    if reading.ok:
        return passed("lan.present.answers", reading, host=subject, address=address)
    elsewhere = in_terminal_network(evidence, subject)
    return failed(
        "lan.present.silent", reading, explained_by=elsewhere, host=subject, address=address
    )


@check("lan.duplicate-router", party=Party.INSTITUTION, needs=("router.reachable",))
def test_duplicate_router(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Nobody else in the terminal network has the router's address."""
    needs_terminal_leg(evidence)
    return one_owner(evidence, "lan.duplicate-router", intent.router.host)


@check(
    "lan.duplicate-address",
    party=Party.INSTITUTION,
    needs=("lan.present.{subject}",),
    each=terminals,
    host_subjects=True,
)
def test_duplicate_address(evidence: Evidence, subject: str) -> Verdict:
    """Nobody else in the terminal network has the terminal's address."""
    needs_terminal_leg(evidence)
    return one_owner(evidence, "lan.duplicate-address", subject)


@check("lan.ra-flood", party=Party.INSTITUTION, needs=("lan.laptop",))
def test_ra_flood(evidence: Evidence) -> Verdict:
    """Nobody floods the terminal network with router advertisements."""
    needs_terminal_leg(evidence)
    reading = measured(evidence.laptop.terminal_adverts)
    if reading.found is None:
        return passed("lan.ra-flood.none", reading, count=0)
    adverts = reading.found.advertisements
    count = max(reading.found.sources, len(adverts))
    names = ", ".join(f"{one.source} ({one.mac})" for one in adverts[:NAMED])
    if count > MOST_ROUTERS:
        return failed("lan.ra-flood.flooded", reading, count=count, names=names)
    if reading.found.heard > MOST_ADVERTS:
        heard, seconds = reading.found.heard, f"{reading.duration_s:.0f}"
        return failed("lan.ra-flood.often", reading, count=heard, seconds=seconds, names=names)
    return passed("lan.ra-flood.none", reading, count=count)


@check(
    "lan.ra-source",
    party=Party.INSTITUTION,
    needs=("line.prefix", "router.reachable", "lan.ra-flood"),
    explained_by=ALIVE,
)
def test_ra_source(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Only the router advertises in the terminal network."""
    needs_terminal_leg(evidence)
    reading = measured(evidence.laptop.terminal_adverts)
    adverts = reading.found.advertisements if reading.found is not None else ()
    owner = evidence.laptop.owners.get(intent.router.host)
    own = set(owner.found.macs) if owner is not None and owner.found is not None else set()
    rogue = [
        f"{one.source} ({named_mac(evidence, one.mac)})" for one in adverts if one.mac not in own
    ]
    if rogue and own:
        return failed("lan.ra-source.rogue", reading, explained_by=(), names=", ".join(rogue))
    if not adverts:
        remedy = text("checks.lan.ra-source.provision", site=intent.site)
        return failed("lan.ra-source.silent", reading, party=Party.TECHNICIAN, remedy=remedy)
    return passed("lan.ra-source.router", reading, source=adverts[0].source)


@check(
    "lan.reaches-line",
    party=Party.TECHNICIAN,
    needs=("line.carries", "lan.ra-source", "lan.ra-flood", "lan.laptop"),
)
def test_reaches_line(evidence: Evidence) -> Verdict:
    """The terminal network reaches over IPv6 what the router reaches."""
    needs_terminal_leg(evidence)
    asked = evidence.laptop.resolvers
    echoes = {target: path.echo for target, path in evidence.laptop.paths.items()}
    answered = [name for name, one in (asked | echoes).items() if one.ok or one.detail == "reset"]
    if answered:
        names = ", ".join(answered)
        return passed("lan.reaches-line.answer", *asked.values(), *echoes.values(), names=names)
    reasons = sorted({code(one.detail or one.outcome) for one in asked.values()})
    return failed("lan.reaches-line.silent", *asked.values(), reason=", ".join(reasons))


@check("lan.dhcp", party=Party.INSTITUTION)
def test_dhcp(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """No stranger serves DHCP in the terminal network."""
    needs_terminal_leg(evidence)
    reading = measured(evidence.laptop.dhcp)
    offers = reading.found.offers if reading.found is not None else ()
    router = str(intent.router.terminal.address.ip)
    rogue = [
        f"{one.server} ({named_mac(evidence, one.mac)})" for one in offers if one.server != router
    ]
    if rogue:
        return failed("lan.dhcp.rogue", reading, names=", ".join(rogue))
    return passed("lan.dhcp.none", reading)


@check(
    "lan.foreign",
    party=Party.INSTITUTION,
    needs=("lan.laptop",),
    severity=Severity.WARNING,
    explained_by=("lan.dhcp", Finding("lan.ra-source", ("rogue",)), "lan.ra-flood"),
)
def test_foreign(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Nothing but the site's own devices is in the terminal network."""
    needs_terminal_leg(evidence)
    reading = measured(evidence.laptop.present)
    told = reading.found or Present()
    own = {host.address for host in intent.hosts} | {intent.router.terminal.address.ip}
    legs = evidence.laptop.legs
    here = {leg.mac for leg in (legs.terminal, legs.clinic, legs.line, *legs.strays) if leg}
    arp = evidence.router.arp
    listed = arp.found.entries if arp is not None and arp.found is not None else ()
    by_router = [
        Device(address=one.address, mac=one.mac)
        for one in listed
        if one.interface == intent.router.terminal.interface
    ]
    seen = {one.address: one for one in (*by_router, *told.devices)}.values()
    others = [one for one in seen if one.address not in own and one.mac not in here]
    known = evidence.known_macs | {
        mac: name
        for name, owner in evidence.laptop.owners.items()
        if owner.found is not None
        for mac in owner.found.macs
    }
    strange = [one for one in others if one.mac not in known]
    if strange:
        names = ", ".join(_named(one) for one in strange)
        return failed("lan.foreign.there", reading, names=names)
    if others:
        names = ", ".join(f"{known[one.mac]} ({one.address})" for one in others)
        remedy = text("checks.lan.foreign.own-remedy")
        return failed(
            "lan.foreign.own", reading, party=Party.TECHNICIAN, remedy=remedy, names=names
        )
    return passed("lan.foreign.none", reading, count=told.asked)


def _named(device: Device) -> str:
    return f"{device.address} ({', '.join(filter(None, (device.mac, device.maker)))})"


@check("lan.loop", party=Party.TECHNICIAN)
def test_loop(evidence: Evidence) -> Verdict:
    """No cable loop sends frames back."""
    needs_terminal_leg(evidence)
    reading = measured(evidence.laptop.terminal_adverts)
    looped = found(reading).looped if reading.found is not None else 0
    if looped:
        return failed("lan.loop.looped", reading, count=looped)
    return passed("lan.loop.none", reading)


@check("lan.switch", party=Party.TECHNICIAN)
def test_switch(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """More than two terminals hang on a switch, and all of them answer through it."""
    names = [host.name for host in intent.terminals]
    if len(names) <= WITHOUT_SWITCH:
        raise NotApplicable("not-applicable.no-switch-needed", count=len(names))
    if not intent.has_switch:
        return failed("lan.switch.missing", count=len(names))
    needs_terminal_leg(evidence)
    readings = {name: measured(evidence.laptop.owners.get(name)) for name in names}
    silent = [name for name, reading in readings.items() if not reading.ok]
    if len(silent) == len(names):
        return failed("lan.switch.silent", *readings.values(), names=", ".join(silent))
    return passed("lan.switch.good", *readings.values(), count=len(names))
