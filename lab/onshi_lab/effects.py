"""What is changed in a running lab: small data that the engine can set and take back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class LinkDown:
    """An interface is shut; the other end of its cable sees no carrier."""

    node: str
    interface: str


@dataclass(frozen=True, slots=True)
class LinkUp:
    """An interface that is normally shut is opened (the hidden spare port of a bridge)."""

    node: str
    interface: str


@dataclass(frozen=True, slots=True)
class Address:
    """An interface has one address more, with prefix length."""

    node: str
    interface: str
    address: str


@dataclass(frozen=True, slots=True)
class Rules:
    """nftables rules added to those that the node has anyway."""

    node: str
    text: str


@dataclass(frozen=True, slots=True)
class NoRules:
    """The rules that the node has anyway are taken away."""

    node: str


@dataclass(frozen=True, slots=True)
class Off:
    """A service does not run."""

    node: str
    service: str


@dataclass(frozen=True, slots=True)
class Extra:
    """A service runs that normally does not: `interface` tells where."""

    node: str
    service: str
    interface: str


@dataclass(frozen=True, slots=True)
class Variant:
    """A service runs with a different configuration; `key` is what its builder looks for."""

    node: str
    service: str
    key: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A terminal that runs has another client certificate: `soon` runs out, `none` is missing."""

    node: str
    kind: Literal["none", "soon"]


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A person, or the world, does something to a PC that runs, and takes it back.

    Both are requests of `onshi_lab.windows.control`, as JSON. A PC that is exchanged or without
    power meanwhile has nothing to take back.
    """

    node: str
    breaks: str
    mends: str


@dataclass(frozen=True, slots=True)
class Filter:
    """nftables chains beside those that the router's configuration makes: it does not know them."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Renumbered:
    """The line has its other prefix; routes of the old one go away."""


@dataclass(frozen=True, slots=True)
class Delegating:
    """The line delegates a prefix instead of advertising one: ひかり電話 was added to it."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A home gateway stands where a node that only hands frames on was."""

    node: str


@dataclass(frozen=True, slots=True)
class Flap:
    """A cable is out for a moment, both when the fault is set and when it is cleared."""

    node: str
    interface: str


@dataclass(frozen=True, slots=True)
class Unplugged:
    """A cable is out at one of its ends; each end keeps its configuration, and may be reset."""

    node: str
    interface: str


@dataclass(frozen=True, slots=True)
class Dark:
    """A node has no power: its links are down and nothing runs on it; what it saved stays."""

    node: str


Effect = (
    LinkDown
    | LinkUp
    | Address
    | Rules
    | NoRules
    | Off
    | Extra
    | Variant
    | Certificate
    | Spoilt
    | Filter
    | Renumbered
    | Delegating
    | Gateway
    | Flap
    | Unplugged
    | Dark
)
