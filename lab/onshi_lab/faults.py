"""The fault catalogue: what can be broken, where it applies, and the diagnosis it must lead to.

A fault is data. Its effects are real changes in the lab; the engine sets and clears them. To add
one, add an entry to `CATALOGUE`; effects of a new sort go to `effects.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from onshi_lab import pc_faults
from onshi_lab.cables import out
from onshi_lab.effects import (
    Address,
    Certificate,
    Delegating,
    Effect,
    Extra,
    Filter,
    Flap,
    Gateway,
    LinkDown,
    LinkUp,
    NoRules,
    Off,
    Renumbered,
    Rules,
    Spoilt,
    Variant,
)
from onshi_lab.errors import UsageError
from onshi_lab.site import BranchKind, LineMode, Site
from onshi_lab.topology import SPARE, build, sockets, upstream
from onshi_lab.wiring import port

GATEWAYS = (BranchKind.HGW, BranchKind.OGW)
INTRUDER_HOST = 99
"""An unknown device takes this host number where the network is large enough."""


class Segment(StrEnum):
    """Where a fault is, in the order in which traffic meets the segments."""

    LINE = "line"
    BRANCH = "branch"
    ROUTER = "router"
    IP_VPN = "ip-vpn"
    POLICY = "policy"
    LAN = "lan"
    TERMINAL = "terminal"
    CLINIC_LAN = "clinic-lan"
    RECEIPT_PC = "receipt-pc"
    SERVICE = "service"


class Party(StrEnum):
    """Who acts on it."""

    TECHNICIAN = "technician"
    LINE_OPERATOR = "ntt-line"
    INSTITUTION = "institution"
    FUND = "fund"
    VENDOR = "receipt-vendor"


Effects = Callable[[Site], tuple[Effect, ...]]
Applies = Callable[[Site], bool]


def _everywhere(_site: Site) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry: what a person sees broken, the diagnosis expected, and how it is done."""

    name: str
    summary: str
    segment: Segment
    party: Party
    effects: Effects
    where: str = "every site"
    applies: Applies = _everywhere
    installed: bool = False
    """It breaks what the install day made: before that day there is nothing to see."""


def _line_rules(name: str, rule: str) -> Effect:
    """A rule on every frame that crosses the ONU."""
    return Rules(
        "onu",
        f"table bridge {name} {{\n  chain forward {{\n"
        f"    type filter hook forward priority 0; policy accept;\n    {rule}\n  }}\n}}",
    )


_WAYS = {"down": 'iifname "line"', "up": 'oifname "line"'}
# 1400: an IPv6 minimum packet of 1280 passes, a full one of 1500 does not.
_BIG = "meta length > 1400 drop"


def _line_loss(_site: Site) -> tuple[Effect, ...]:
    lost = "numgen random mod 100 < 20 drop"
    return tuple(_line_rules(f"loss_{way}", f"{match} {lost}") for way, match in _WAYS.items())


def _black_hole(*directions: str) -> Effects:
    def effects(_site: Site) -> tuple[Effect, ...]:
        return tuple(_line_rules(f"big_{way}", f"{_WAYS[way]} {_BIG}") for way in directions)

    return effects


def _has_gateway(site: Site) -> bool:
    return site.gateway_delegates


def _advertised(site: Site) -> bool:
    """Whether the router is given its prefix by router advertisement."""
    return site.line.mode is LineMode.RA or _has_gateway(site)


def _has_terminal(site: Site) -> bool:
    return bool(site.terminals)


def delegated_to_router(site: Site) -> bool:
    """Whether the router is given its prefix by prefix delegation."""
    return not _advertised(site)


def _second_ra(site: Site) -> tuple[Effect, ...]:
    # The mock router keeps the last advertisement only: without its link gone it would stay without
    # a default router, from the intruder's farewell to the line's next word.
    return *_spare_radvd(upstream(site)), Flap(upstream(site), "lan")


def _spare_radvd(node: str) -> tuple[Effect, ...]:
    return LinkUp(node, SPARE), Extra(node, "rogue-radvd", SPARE)


def _intruder(site: Site, service: str) -> tuple[Effect, ...]:
    """An unknown device in the switch; without a switch, a terminal that shares its connection."""
    if site.switch:
        own = site.free(site.terminal, near=INTRUDER_HOST)
        address = (Address("switch", SPARE, str(own)),) if own else ()
        return LinkUp("switch", SPARE), Extra("switch", service, SPARE), *address
    return (Extra(site.terminals[-1].node, service, "eth0"),)


def _done(site: Site, what: str, key: str, value: Any, undo: Any, **more: Any) -> Effect:
    """Something that was done to the first terminal, and what takes it back."""
    made, back = ({"do": what, key: one, **more} for one in (value, undo))
    return Spoilt(site.terminals[0].node, json.dumps(made), json.dumps(back))


def _first_user(site: Site) -> str:
    return site.terminals[0].users[0].name


def _pulled_out(site: Site, node: str, interface: str) -> tuple[Effect, ...]:
    return (out(build(site).cable(node, interface)),)


def _dead_port(_site: Site) -> tuple[Effect, ...]:
    """The port keeps its link but passes no frame."""
    chains = "\n".join(
        f"  chain {hook} {{ type filter hook {hook} priority 0; {match} drop; }}"
        for hook, match in (
            ("prerouting", 'iifname "lan"'),
            ("output", 'oifname "lan"'),
            ("postrouting", 'oifname "lan"'),
        )
    )
    return (Rules("branch", f"table bridge dead {{\n{chains}\n}}"),)


def _hung(_site: Site) -> tuple[Effect, ...]:
    """The gateway keeps its links and its switch; nothing that its processor does works."""
    chains = "\n".join(
        f"  chain {hook} {{ type filter hook {hook} priority -400; policy drop; }}"
        for hook in ("prerouting", "output")
    )
    return (
        Rules("branch", f"table inet hung {{\n{chains}\n}}"),
        Rules(
            "branch",
            "table bridge hung {\n"
            "  chain input { type filter hook input priority 0; policy drop; }\n"
            "  chain output { type filter hook output priority 0; policy drop; }\n}",
        ),
    )


def _renumbered(site: Site) -> tuple[Effect, ...]:
    follow: tuple[Effect, ...] = ()
    if _has_gateway(site):
        follow = (Variant("branch", "pd-client", "restarted"),)
    # The router notices at once only when its WAN link was gone, else when it renews.
    return Renumbered(), Flap(upstream(site), "lan"), *follow


def _denwa(site: Site) -> tuple[Effect, ...]:
    return Delegating(), Flap(upstream(site), "lan")


def _gateway_in_front(site: Site) -> tuple[Effect, ...]:
    return (
        Gateway(upstream(site)),
        Variant("ngn", "dhcp", "gateway"),
        Flap(upstream(site), "lan"),
    )


def _undelegated(site: Site) -> tuple[Effect, ...]:
    # A router that has a prefix asks for it again only when its link was gone.
    return Off("ngn", "dhcp"), Flap(upstream(site), "lan")


def _has_branch(site: Site) -> bool:
    return site.branch is not BranchKind.NONE


def _has_switch(site: Site) -> bool:
    """Whether there is a switch, with terminals in it, that an unknown device can be put in."""
    return site.switch and bool(site.terminals)


def _duplicate_terminal(site: Site) -> tuple[Effect, ...]:
    address = str(site.terminals[0].address)
    return LinkUp("switch", SPARE), Address("switch", SPARE, address)


def _duplicate_router(site: Site) -> tuple[Effect, ...]:
    address = f"{site.clinic.router}/{site.clinic.network.prefixlen}"
    return LinkUp("clinic-switch", SPARE), Address("clinic-switch", SPARE, address)


def _fixed(*effects: Effect) -> Effects:
    def answer(_site: Site) -> tuple[Effect, ...]:
        return effects

    return answer


TERMINAL, RECEIPT = "a site with a terminal", "a site with a receipt PC"
OWN_WAY = "a receipt PC with a route of its own"


def _has_receipt(site: Site) -> bool:
    return bool(site.receipts and site.terminals)


def _way_of_its_own(site: Site) -> bool:
    """Whether receipt PCs have the route: no device of the clinic leads to the terminals."""
    return _has_receipt(site) and not site.clinic.route


def _closed_port(site: Site) -> tuple[Effect, ...]:
    return (
        Filter(
            "lab_closed",
            "  chain forward {\n    type filter hook forward priority 10; policy accept;\n"
            f"    ip saddr {site.clinic.network} ip daddr {site.terminal.network}"
            " tcp dport 445 drop\n  }",
        ),
    )


def _one_way(site: Site) -> tuple[Effect, ...]:
    """Answers come back to nobody: what the terminals send to the clinic LAN is lost."""
    return (
        Filter(
            "lab_one_way",
            "  chain forward {\n    type filter hook forward priority 10; policy accept;\n"
            f"    ip saddr {site.terminal.network} ip daddr {site.clinic.network} drop\n  }}",
        ),
    )


def _internet_leak(_site: Site) -> tuple[Effect, ...]:
    return (NoRules("ngn"),)


CATALOGUE: tuple[Fault, ...] = (
    Fault(
        "line-down",
        "the line is cut: the ONU's line side has no light",
        Segment.LINE,
        Party.LINE_OPERATOR,
        _fixed(LinkDown("onu", "line")),
    ),
    Fault(
        "line-loss",
        "the line loses one frame in five",
        Segment.LINE,
        Party.LINE_OPERATOR,
        _line_loss,
    ),
    Fault(
        "mtu-black-hole",
        "packets over 1400 bytes vanish on the line, both ways",
        Segment.LINE,
        Party.LINE_OPERATOR,
        _black_hole("down", "up"),
    ),
    Fault(
        "mtu-black-hole-down",
        "packets over 1400 bytes vanish towards the clinic",
        Segment.LINE,
        Party.LINE_OPERATOR,
        _black_hole("down"),
    ),
    Fault(
        "mtu-black-hole-up",
        "packets over 1400 bytes vanish from the clinic",
        Segment.LINE,
        Party.LINE_OPERATOR,
        _black_hole("up"),
    ),
    Fault(
        "ra-withdrawn",
        "the line advertises nothing any more",
        Segment.LINE,
        Party.LINE_OPERATOR,
        _fixed(Off("ngn", "radvd")),
        "a line that gives the router its prefix by RA, without a home gateway",
        lambda site: _advertised(site) and not _has_gateway(site),
    ),
    Fault(
        "pd-withdrawn",
        "the NGN delegates no prefix to who asks for one",
        Segment.LINE,
        Party.LINE_OPERATOR,
        _undelegated,
        "a router that takes its prefix by PD",
        delegated_to_router,
    ),
    Fault(
        "hikari-denwa-added",
        "ひかり電話 was added: the line delegates a prefix, its RA carries none any more",
        Segment.LINE,
        Party.TECHNICIAN,
        _denwa,
        "a line without ひかり電話 and without a home gateway",
        lambda site: site.line.mode is LineMode.RA and site.branch not in GATEWAYS,
    ),
    Fault(
        "hgw-in-front",
        "somebody put a home gateway before the router: it holds the delegation",
        Segment.LINE,
        Party.TECHNICIAN,
        _gateway_in_front,
        "a router that takes its prefix by PD",
        delegated_to_router,
    ),
    Fault(
        "second-ra",
        "a second device advertises itself as router before the router",
        Segment.LINE,
        Party.TECHNICIAN,
        _second_ra,
    ),
    Fault(
        "prefix-changed",
        "the NGN gave the line another prefix; 回線認証 knows the old one",
        Segment.IP_VPN,
        Party.TECHNICIAN,
        _renumbered,
    ),
    Fault(
        "ngn-resolver-down",
        "the NGN's resolvers do not answer",
        Segment.LINE,
        Party.LINE_OPERATOR,
        _fixed(Off("ngn", "resolver")),
    ),
    Fault(
        "branch-port-dead",
        "the branch device's port to the router has link but passes nothing",
        Segment.BRANCH,
        Party.TECHNICIAN,
        _dead_port,
        "a site with a branch device",
        _has_branch,
    ),
    Fault(
        "hgw-hung",
        "the home gateway has links but does nothing (power-cycle it)",
        Segment.BRANCH,
        Party.TECHNICIAN,
        _hung,
        "a site with a home gateway",
        _has_gateway,
    ),
    Fault(
        "hgw-silent",
        "the home gateway passes packets but advertises nothing to the router",
        Segment.BRANCH,
        Party.TECHNICIAN,
        _fixed(Off("branch", "radvd")),
        "a site with a home gateway",
        _has_gateway,
    ),
    Fault(
        "wan-cable-out",
        "the cable is out of the router's WAN port",
        Segment.ROUTER,
        Party.TECHNICIAN,
        lambda site: _pulled_out(site, "router", sockets(site).wan),
    ),
    Fault(
        "center-resolver-down",
        "the 資格確認 resolvers do not answer",
        Segment.IP_VPN,
        Party.FUND,
        _fixed(Off("center", "resolver")),
    ),
    Fault(
        "lineauth-unregistered",
        "回線認証 does not know this line (wrong CAF number)",
        Segment.IP_VPN,
        Party.INSTITUTION,
        _fixed(Variant("center", "web", "unregistered")),
    ),
    Fault(
        "center-https-down",
        "the center's HTTPS services refuse connections",
        Segment.SERVICE,
        Party.FUND,
        _fixed(Variant("center", "web", "no-https")),
    ),
    Fault(
        "client-cert-refused",
        "the center does not accept this clinic's client certificate",
        Segment.SERVICE,
        Party.INSTITUTION,
        _fixed(Variant("center", "web", "refuse-clients")),
    ),
    Fault(
        "proxy-down",
        "the distribution proxy refuses connections",
        Segment.SERVICE,
        Party.FUND,
        _fixed(Off("center", "proxy")),
    ),
    Fault(
        "ntp-down",
        "the center's NTP server does not answer",
        Segment.SERVICE,
        Party.FUND,
        _fixed(Off("center", "clock")),
    ),
    Fault(
        "internet-leak",
        "the closed network lets packets out to the Internet",
        Segment.IP_VPN,
        Party.LINE_OPERATOR,
        _internet_leak,
    ),
    Fault(
        "terminal-cable-out",
        "the cable is out of the first terminal",
        Segment.LAN,
        Party.TECHNICIAN,
        lambda site: _pulled_out(site, site.terminals[0].node, "eth0"),
        "a site with a terminal",
        _has_terminal,
    ),
    Fault(
        "certificate-missing",
        "the first terminal has no client certificate",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        lambda site: (Certificate(site.terminals[0].node, "none"),),
        "a site with a terminal",
        _has_terminal,
    ),
    Fault(
        "certificate-soon",
        "the client certificate of the first terminal runs out in nine days",
        Segment.TERMINAL,
        Party.INSTITUTION,
        lambda site: (Certificate(site.terminals[0].node, "soon"),),
        "a site with a terminal",
        _has_terminal,
    ),
    Fault(
        "terminal-proxy",
        "the first terminal's user has a proxy that leads nowhere",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        lambda site: (
            _done(site, "proxy", "server", "192.0.2.9:3128", None, user=_first_user(site)),
        ),
        "a site with a terminal",
        _has_terminal,
    ),
    Fault(
        "terminal-wifi",
        "the first terminal has joined another network by Wi-Fi",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        lambda site: (_done(site, "wifi", "on", True, False),),
        "a site with a terminal",
        _has_terminal,
    ),
    Fault(
        "terminal-ipv6-off",
        "IPv6 is off on the first terminal",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        lambda site: (_done(site, "ipv6", "on", False, True),),
        "a site with a terminal",
        _has_terminal,
    ),
    Fault(
        "clinic-cable-out",
        "the cable is out of the router's clinic LAN port",
        Segment.CLINIC_LAN,
        Party.TECHNICIAN,
        lambda site: _pulled_out(site, "router", port(sockets(site).clinic)),
    ),
    Fault(
        "rogue-ra-lan",
        "a device in the terminal network advertises itself as router",
        Segment.LAN,
        Party.INSTITUTION,
        lambda site: _intruder(site, "rogue-radvd"),
        "a site with a terminal",
        _has_terminal,
    ),
    Fault(
        "rogue-dhcp-lan",
        "a device in the terminal network hands out addresses",
        Segment.LAN,
        Party.INSTITUTION,
        lambda site: _intruder(site, "rogue-dhcp"),
        "a site with a switch: a terminal's own firewall would keep the questions out",
        _has_switch,
    ),
    Fault(
        "duplicate-address",
        "an unknown device in the terminal network has the first terminal's address",
        Segment.LAN,
        Party.INSTITUTION,
        _duplicate_terminal,
        "a site with a switch",
        _has_switch,
    ),
    Fault(
        "policy-closed",
        "the router drops what the receipt PCs send to the terminals' shares",
        Segment.POLICY,
        Party.TECHNICIAN,
        _closed_port,
        TERMINAL,
        _has_terminal,
        installed=True,
    ),
    Fault(
        "policy-one-way",
        "the router drops what the terminals answer to the clinic LAN",
        Segment.POLICY,
        Party.TECHNICIAN,
        _one_way,
        TERMINAL,
        _has_terminal,
        installed=True,
    ),
    Fault(
        "terminal-clock-wrong",
        "the first terminal's clock is two hours fast",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        pc_faults.clock(lambda site: site.terminals[0]),
        TERMINAL,
        _has_terminal,
    ),
    Fault(
        "time-source-changed",
        "the first terminal asks another time server",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        pc_faults.at_terminal(pc_faults.TIME_ELSEWHERE, pc_faults.TIME_BACK),
        TERMINAL,
        _has_terminal,
        installed=True,
    ),
    Fault(
        "terminal-resolver-changed",
        "the first terminal asks a resolver of somebody else",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        pc_faults.at_terminal(pc_faults.RESOLVER_ELSEWHERE, pc_faults.RESOLVER_BACK),
        TERMINAL,
        _has_terminal,
        installed=True,
    ),
    Fault(
        "link-user-disabled",
        "the link user of the first terminal is disabled",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        pc_faults.at_terminal(pc_faults.LINK_USER_OFF, pc_faults.LINK_USER_ON),
        TERMINAL,
        _has_terminal,
        installed=True,
    ),
    Fault(
        "link-user-expires",
        "the password of the first terminal's link user runs out some day",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        pc_faults.at_terminal(pc_faults.LINK_USER_ENDS, pc_faults.LINK_USER_STAYS),
        TERMINAL,
        _has_terminal,
        installed=True,
    ),
    Fault(
        "share-open-to-all",
        "everybody may read the shares of the first terminal",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        pc_faults.at_terminal(pc_faults.SHARES_OPEN, pc_faults.SHARES_CLOSED),
        TERMINAL,
        _has_terminal,
        installed=True,
    ),
    Fault(
        "share-gone",
        "the first terminal shares nothing any more",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        pc_faults.at_terminal(pc_faults.SHARES_GONE, pc_faults.SHARES_BACK),
        TERMINAL,
        _has_terminal,
        installed=True,
    ),
    Fault(
        "server-service-stopped",
        "the Server service of the first terminal is stopped: nobody opens its shares",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        pc_faults.at_terminal(*pc_faults.service("LanmanServer")),
        TERMINAL,
        _has_terminal,
    ),
    Fault(
        "ntlm-in-denied",
        "a policy keeps everybody from logging in to the first terminal",
        Segment.TERMINAL,
        Party.TECHNICIAN,
        pc_faults.at_terminal(*pc_faults.RESTRICT_IN),
        TERMINAL,
        _has_terminal,
    ),
    Fault(
        "receipt-clock-wrong",
        "the first receipt PC's clock is two hours fast",
        Segment.RECEIPT_PC,
        Party.INSTITUTION,
        pc_faults.clock(lambda site: site.receipts[0]),
        RECEIPT,
        _has_receipt,
    ),
    Fault(
        "receipt-route-gone",
        "the first receipt PC has no route to the terminals",
        Segment.RECEIPT_PC,
        Party.TECHNICIAN,
        pc_faults.at_receipt(
            pc_faults.route_gone("'ActiveStore', 'PersistentStore'"), pc_faults.route_back
        ),
        OWN_WAY,
        _way_of_its_own,
        installed=True,
    ),
    Fault(
        "receipt-route-volatile",
        "the first receipt PC loses its route to the terminals at its next restart",
        Segment.RECEIPT_PC,
        Party.TECHNICIAN,
        pc_faults.at_receipt(pc_faults.route_gone("'PersistentStore'"), pc_faults.route_back),
        OWN_WAY,
        _way_of_its_own,
        installed=True,
    ),
    Fault(
        "receipt-other-route",
        "the first receipt PC sends to half of the terminals by way of somebody else",
        Segment.RECEIPT_PC,
        Party.TECHNICIAN,
        pc_faults.at_receipt(pc_faults.other_route, pc_faults.no_other_route),
        OWN_WAY,
        _way_of_its_own,
        installed=True,
    ),
    Fault(
        "receipt-on-link",
        "the first receipt PC takes the terminal network for its own",
        Segment.RECEIPT_PC,
        Party.INSTITUTION,
        pc_faults.at_receipt(pc_faults.on_link, pc_faults.not_on_link),
        RECEIPT,
        _has_receipt,
    ),
    Fault(
        "ntlm-out-denied",
        "a policy keeps the first receipt PC from logging in to any share",
        Segment.RECEIPT_PC,
        Party.TECHNICIAN,
        pc_faults.at_receipt(*map(pc_faults.always, pc_faults.RESTRICT_OUT)),
        RECEIPT,
        _has_receipt,
    ),
    Fault(
        "credentials-off",
        "a policy keeps the first receipt PC from storing credentials",
        Segment.RECEIPT_PC,
        Party.TECHNICIAN,
        pc_faults.at_receipt(*map(pc_faults.always, pc_faults.NO_CREDENTIALS)),
        RECEIPT,
        _has_receipt,
    ),
    Fault(
        "workstation-service-stopped",
        "the first receipt PC's Workstation service is stopped: it opens no share",
        Segment.RECEIPT_PC,
        Party.TECHNICIAN,
        pc_faults.at_receipt(*map(pc_faults.always, pc_faults.service("LanmanWorkstation"))),
        RECEIPT,
        _has_receipt,
    ),
    Fault(
        "receipt-cable-out",
        "the cable is out of the first receipt PC",
        Segment.CLINIC_LAN,
        Party.INSTITUTION,
        lambda site: _pulled_out(site, site.receipts[0].node, "eth0"),
        RECEIPT,
        _has_receipt,
    ),
    Fault(
        "duplicate-router-address",
        "an unknown device in the clinic LAN has the router's address",
        Segment.CLINIC_LAN,
        Party.INSTITUTION,
        _duplicate_router,
    ),
)

FAULTS = {fault.name: fault for fault in CATALOGUE}


def find_fault(name: str, site: Site) -> Fault:
    """The fault of that name; raises UsageError when there is none or it does not apply here."""
    possible = [fault.name for fault in CATALOGUE if fault.applies(site)]
    if name not in FAULTS:
        raise UsageError.unknown("fault", name, possible)
    fault = FAULTS[name]
    if not fault.applies(site):
        raise UsageError(f"fault {name!r} needs {fault.where}; {site.name} is none")
    return fault


def effects_of(names: Iterable[str], site: Site) -> frozenset[Effect]:
    """What these faults change at this site, together."""
    return frozenset(effect for name in names for effect in FAULTS[name].effects(site))
