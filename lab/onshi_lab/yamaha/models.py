"""What differs between router models and firmware revisions, as data.

Source: RTX reference 4.21, 4.22, 4.50, 4.69-4.74, 24.2, 30.3.3, 37.1, 38.2, 53.1, 56.7.13, 56.7.31
(the "not usable on" notes of each command).

The NVR510 is not in that reference. That it has an RTX830's commands without rollback timer and
`schedule at +N`, four LAN1 ports and a WAN port, and its memory, are inferences
(docs/to-confirm-on-site.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Revision = tuple[int, int, int]

_REVISION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def parse_revision(text: str) -> Revision:
    """The firmware revision `15.02.31` as a tuple that compares; ValueError if it is none."""
    found = _REVISION.fullmatch(text)
    if not found:
        raise ValueError(f"not a firmware revision: {text!r}")
    major, minor, patch = found.groups()
    return int(major), int(minor), int(patch)


@dataclass(frozen=True, slots=True)
class Model:
    """One router model: ports, interfaces, memory and the habits that its line of firmware has."""

    name: str
    lan1_ports: int
    lans: int
    vlans: int
    memory_megabytes: int
    released: str
    flexible_ports: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    numbered_administrator: bool = False
    anonymous_user: bool = True
    shortest_password: int = 1
    default_key_bits: int = 2048
    lan_type_resets: tuple[str, ...] = ()
    has_second_firmware: bool = True


_FLEXIBLE_1300 = {"lan1": tuple(range(1, 9)), "lan2": (9,), "lan3": (10,)}

MODELS: Mapping[str, Model] = {
    model.name: model
    for model in (
        Model(
            "RTX830",
            4,
            2,
            4,
            256,
            "Fri Sep  1 10:00:00 2023",
            lan_type_resets=("lan1", "lan2"),
            has_second_firmware=False,
        ),
        Model(
            "RTX840",
            4,
            2,
            4,
            1024,
            "Mon Jun  3 10:00:00 2024",
            numbered_administrator=True,
            anonymous_user=False,
            shortest_password=8,
            lan_type_resets=("lan1", "lan2"),
            has_second_firmware=False,
        ),
        Model("RTX1210", 8, 3, 8, 256, "Tue Apr  7 10:00:00 2020", default_key_bits=1024),
        Model("RTX1220", 8, 3, 8, 256, "Thu Feb  1 10:00:00 2024"),
        Model(
            "NVR510",
            4,
            2,
            4,
            256,
            "Tue Mar  5 10:00:00 2024",
            lan_type_resets=("lan1", "lan2"),
            has_second_firmware=False,
        ),
        Model(
            "RTX1300",
            8,
            8,
            0,
            1024,
            "Wed Aug 10 11:40:27 2022",
            flexible_ports=_FLEXIBLE_1300,
            numbered_administrator=True,
            anonymous_user=False,
        ),
    )
}
"""The models by name. Release dates are the mock's own; an RTX1300's is of a published capture."""

Floors = Mapping[str, Revision | None]
"""First revision that has a feature, by model; a model left out has it always, None means never."""

FEATURES: Mapping[str, Floors] = {
    # RTX reference 56.7.31 and 57.7: rollback timer, confirm, load, show config difference.
    "rollback": {"NVR510": None, "RTX830": (15, 2, 3), "RTX1210": (14, 1, 26)},
    # RTX reference 37.1, notes on formats 5 to 7.
    "schedule-in": {
        "NVR510": None,
        "RTX830": (15, 2, 3),
        "RTX1210": (14, 1, 41),
        "RTX1220": (15, 4, 4),
    },
    # RTX reference 24.2, 24.5, 24.10.
    "edns": {"RTX830": (15, 2, 14), "RTX1210": (14, 1, 35)},
    # RTX reference 24.6: the dhcpv6 parameter of dns notice order.
    "notice-dhcpv6": {"RTX830": (15, 2, 14), "RTX1210": (14, 1, 35)},
    # RTX reference 24.8.
    "aaaa-filter": {"RTX830": (15, 2, 3), "RTX1210": (14, 1, 26)},
    # RTX reference 4.22.
    "wide-columns": {"RTX830": (15, 2, 14), "RTX1210": (14, 1, 35)},
    # RTX reference 4.70, 4.74.
    "sshd-auth": {"RTX830": (15, 2, 14), "RTX1210": (14, 1, 35)},
    # RTX reference 4.67.
    "host-lan": {"RTX1210": (14, 1, 16)},
    # RTX reference 4.69, 57.12.
    "key-bits": {"RTX1210": (14, 1, 11)},
    # RTX reference 30.3.3.
    "rtadv-preference": {
        "RTX830": (15, 2, 22),
        "RTX1210": (14, 1, 41),
        "RTX1220": (15, 4, 4),
        "RTX1300": (23, 0, 5),
    },
    "rtadv-rdnss": {"RTX830": (15, 2, 20), "RTX1210": (14, 1, 40)},
    "rtadv-dnssl": {
        "RTX830": (15, 2, 30),
        "RTX1210": None,
        "RTX1220": (15, 4, 6),
        "RTX1300": (23, 0, 12),
    },
    # RTX reference 30.4.1.
    "route-ra": {
        "RTX830": (15, 2, 27),
        "RTX1210": None,
        "RTX1220": (15, 4, 5),
        "RTX1300": (23, 0, 5),
    },
    # RTX reference 38.3.
    "vlan-interconnect": {
        "RTX830": (15, 2, 31),
        "RTX1210": None,
        "RTX1220": (15, 4, 7),
        "RTX1300": (23, 0, 12),
    },
    # RTX reference 56.7.13: server=, edns=, type= and cache=.
    "nslookup-options": {
        "RTX830": (15, 2, 34),
        "RTX1210": (14, 1, 43),
        "RTX1220": (15, 4, 8),
        "RTX1300": (23, 0, 17),
    },
    # RTX reference 56.7.13: AAAA records.
    "nslookup-aaaa": {"RTX830": (15, 2, 9), "RTX1210": (14, 1, 33)},
    # RTX reference 48.1.1: `switch control mode manager` and `agent`.
    "l2ms-agent": {
        "NVR510": None,
        "RTX830": (15, 2, 24),
        "RTX1210": (14, 1, 41),
        "RTX1220": (15, 4, 4),
        "RTX1300": None,
    },
    # RTX reference 49.1.
    "yno": {"RTX1210": (14, 1, 14)},
    # RTX reference 58.8.
    "neighbor-interface": {"RTX830": (15, 2, 20), "RTX1210": (14, 1, 40)},
}


@dataclass(frozen=True, slots=True)
class Device:
    """One router as bought: model, firmware revision and serial number."""

    model: Model
    revision: Revision
    serial: str

    @property
    def revision_text(self) -> str:
        """The revision as the router writes it, `15.02.31`."""
        major, minor, patch = self.revision
        return f"{major}.{minor:02}.{patch:02}"

    def has(self, feature: str) -> bool:
        """Whether this model at this revision has a feature of `FEATURES`.

        KeyError for a wrong name.
        """
        floors = FEATURES[feature]
        if self.model.name not in floors:
            return True
        floor = floors[self.model.name]
        return floor is not None and self.revision >= floor

    @property
    def lan_names(self) -> tuple[str, ...]:
        """The LAN interfaces of this model."""
        return tuple(f"lan{number}" for number in range(1, self.model.lans + 1))

    @property
    def vlan_names(self) -> tuple[str, ...]:
        """The interfaces that dividing LAN1 can make."""
        return tuple(f"vlan{number}" for number in range(1, self.model.vlans + 1))

    @property
    def mac_addresses(self) -> tuple[str, ...]:
        """One MAC address for each LAN interface, made from the serial number.

        Yamaha's ac:44:f2.
        """
        digest = sum((index + 7) * ord(char) for index, char in enumerate(self.serial))
        base = (digest * 2654435761) & 0xFFFF00
        return tuple(
            "ac:44:f2:" + ":".join(f"{(base + number):06x}"[i : i + 2] for i in (0, 2, 4))
            for number in range(self.model.lans)
        )


def make_device(model: str, firmware: str, serial: str) -> Device:
    """The device for these names; ValueError naming what is unknown."""
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}; known: {', '.join(MODELS)}")
    return Device(MODELS[model], parse_revision(firmware), serial)
