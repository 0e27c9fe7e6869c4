"""Which sockets a router has and where the cables of a start pack go, by model.

Port numbers: RTX command reference 4.50, 38.2 and 53.1; which half is whose: brochure 提供条件①
(LAN1 and LAN2 are the network operator's) and DOMAIN 1.2. Written apart from the product's data on
purpose, so that one mistake cannot be in both.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sockets:
    """A router's LAN1 sockets by number and its other LANs; kernel interfaces are named after both.

    `wan` is the LAN of the line, `terminal`, `second` and `clinic` are LAN1 sockets.
    """

    lan1: int = 4
    others: tuple[str, ...] = ("lan2",)
    wan: str = "lan2"
    terminal: int = 1
    second: int = 2
    clinic: int = 3

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of the LAN1 sockets."""
        return tuple(port(number) for number in range(1, self.lan1 + 1))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all sockets."""
        return (*self.ports, *self.others)

    @property
    def used(self) -> tuple[str, ...]:
        """The sockets that a start pack has cables in."""
        return port(self.terminal), port(self.second), port(self.clinic), self.wan


def port(number: int) -> str:
    """The kernel interface of a LAN1 socket."""
    return f"lan1p{number}"


SMALL = Sockets()
LARGE = Sockets(lan1=8, others=("lan2", "lan3"))
"""RTX1300: lan2 and lan3 are sockets 9 and 10 as delivered (53.1)."""

SOCKETS = {
    "RTX830": SMALL,
    "RTX840": SMALL,
    "NVR510": SMALL,
    "RTX1210": LARGE,
    "RTX1220": LARGE,
    "RTX1300": LARGE,
}
