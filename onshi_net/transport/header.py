"""Who a router is, from the comment lines at the head of its configuration.

Source of the form: a published RTX1300 capture (docs/sources.md): `# RTX1300 Rev.23.00.05 (date)`,
`# MAC Address : …`, `# Memory …Mbytes, …LAN`, `# main: RTX1300 ver=00 serial=… MAC-Address=…`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from onshi_net.model.firmware import Firmware

_REVISION = re.compile(r"\b((?:RTX|NVR|FWX|vRX)\w*)\s+Rev\.(\d+\.\d+\.\d+)")
_SERIAL = re.compile(r"\bserial=(\S+)", re.IGNORECASE)
_MAC = re.compile(r"\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identity:
    """A router's model, firmware, serial number and MAC addresses, as far as it says them."""

    model: str | None = None
    firmware: Firmware | None = None
    serial: str | None = None
    macs: tuple[str, ...] = ()


def identity_of(text: str) -> Identity:
    """Reads the identity from a configuration or from `show environment`."""
    revision = _REVISION.search(text)
    serial = _SERIAL.search(text)
    return Identity(
        model=revision[1] if revision else None,
        firmware=Firmware.parse(revision[2]) if revision else None,
        serial=serial[1] if serial else None,
        macs=tuple(dict.fromkeys(mac.lower() for mac in _MAC.findall(text))),
    )
