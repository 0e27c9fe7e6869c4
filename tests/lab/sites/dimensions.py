"""What generated sites differ in, which of it is on, and each dimension's own source of chance."""

from __future__ import annotations

from enum import StrEnum
from random import Random


class Dimension(StrEnum):
    """One thing in which sites differ; off, it takes its plain value."""

    LINE = "line"
    """Product, ひかり電話, whether the sheet names the ONU, the prefix that the line hands out."""
    V6 = "v6"
    """How the line came by フレッツ・v6オプション."""
    BRANCH = "branch"
    """What stands between ONU and router, and its model."""
    COUNTS = "counts"
    """Terminals, receipt PCs, switch."""
    NETWORKS = "networks"
    """Terminal network and clinic LAN, and every address in them."""
    REGIONS = "regions"
    """NTT East or West, and the prefecture."""
    MODELS = "models"
    """RTX830, RTX1210, RTX1220 or RTX1300; firmware, serial, what a dropped session does."""
    NAMES = "names"
    """Names of site and institution."""
    HOST_NAMES = "host-names"
    LIES = "lies"
    """One thing that is otherwise than the sheet says, at a third of the sites."""
    RTX840 = "rtx840"
    NVR510 = "nvr510"
    EXISTING = "existing"
    """Lines that somebody typed on the router before; the language of its console."""
    ACCOUNTS = "accounts"
    """Windows users in every form, computer names and DNS names."""
    PCS = "pcs"
    """What is on the PCs before: release, language, routes, credentials, shares, clock."""
    WORK = "work"
    """Who sets up the receipt PCs, and where the route to the terminals lies."""
    LATER = "later"
    """Lies that only a check which is still to come can tell."""


ON = frozenset(
    {
        Dimension.LINE,
        Dimension.V6,
        Dimension.BRANCH,
        Dimension.COUNTS,
        Dimension.NETWORKS,
        Dimension.REGIONS,
        Dimension.MODELS,
        Dimension.RTX840,
        Dimension.NVR510,
        Dimension.EXISTING,
        Dimension.ACCOUNTS,
        Dimension.NAMES,
        Dimension.HOST_NAMES,
        Dimension.LIES,
    }
)
OFF = frozenset(Dimension) - ON
"""Generated, but switched on only when the router's and the PCs' rooms are rebuilt."""


def stream(seed: int, name: str) -> Random:
    """Chance of its own for a dimension: what another one draws, or does not, changes nothing.

    Seeded with text, which Python hashes the same way on every machine.
    """
    return Random(f"{seed}/{name}")
