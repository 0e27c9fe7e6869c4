"""Which PCs the laptop can reach from where it stands, and which cable to move where. Pure.

The router refuses connections from the terminal network to the clinic LAN (the policy that the
site needs), so a receipt PC is reached from the clinic LAN only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address
from typing import Literal

from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.transport.windows.errors import NoLeg


@dataclass(frozen=True, slots=True)
class Leg:
    """One IPv4 address of the laptop and the interface that has it."""

    interface: str
    address: IPv4Interface


@dataclass(frozen=True, slots=True)
class Segment:
    """A network of the site and where the laptop can be plugged in to stand in it."""

    name: Literal["terminal", "clinic"]
    network: IPv4Network
    ports: tuple[int, ...]
    """Switch ports (1-based) of the router's LAN side that belong to it."""


def segment_of(intent: SiteIntent, host: str) -> Segment:
    """Answers the segment from which a host is administered."""
    if host in {one.name for one in intent.receipt_pcs}:
        lan = intent.router.clinic
        return Segment("clinic", lan.address.network, lan.ports)
    lan = intent.router.terminal
    return Segment("terminal", lan.address.network, lan.ports)


def stands_in(legs: Iterable[Leg], target: IPv4Address | IPv6Address) -> Leg | None:
    """Answers the leg whose own network holds `target`."""
    return next((leg for leg in legs if target in leg.address.network), None)


def cable_advice(legs: Sequence[Leg], segment: Segment) -> str:
    """Answers which cable goes where; '' when the laptop stands in the segment already."""
    if any(leg.address.ip in segment.network for leg in legs):
        return ""
    ports = ", ".join(str(port) for port in segment.ports)
    standing = ", ".join(str(leg.address) for leg in legs) or text("winrm.nowhere")
    return text(
        f"winrm.move-to-{segment.name}", network=segment.network, ports=ports, standing=standing
    )


def require_leg(legs: Sequence[Leg], segment: Segment, host: str) -> Leg:
    """Answers the leg in the segment. Raises NoLeg, whose remedy says which cable to move."""
    found = next((leg for leg in legs if leg.address.ip in segment.network), None)
    if found is None:
        advice = cable_advice(legs, segment)
        raise NoLeg("winrm.no-leg", host=host, network=segment.network, advice=advice)
    return found
