"""Who a router is, from the comment lines at the head of its configuration.

Source of the form: a published RTX1300 capture (docs/sources.md): `# RTX1300 Rev.23.00.05 (date)`,
`# MAC Address : …`, `# Memory …Mbytes, …LAN`, `# main: RTX1300 ver=00 serial=… MAC-Address=…`;
published headers of routers that NTT sells begin with NTT's names (`# N1200 Rev.10.01.26 (date)`).
"""

from __future__ import annotations

import re

from onshi_net import foreign
from onshi_net.model.firmware import Firmware
from onshi_net.platforms.base import Identity

_REVISION = re.compile(r"^#?[ \t]*+([A-Za-z][\w-]*+)[ \t]++Rev\.(\d\S*)", re.MULTILINE)
_FORM = re.compile(r"\d{1,2}\.\d{2}\.\d{2}", re.ASCII)
_SERIAL = re.compile(r"\bserial=(\S+)", re.IGNORECASE)
_MAC = re.compile(r"\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b", re.IGNORECASE)
_SHOWN = 80
"""Columns of a header that are shown where it can't be read."""


def identity_of(text: str) -> Identity:
    """Reads the identity from a configuration or from `show environment`."""
    revision = _REVISION.search(text)
    serial = _SERIAL.search(text)
    first = next((row for row in text.splitlines() if row.strip("# \t")), "")
    return Identity(
        model=revision[1] if revision else None,
        firmware=_firmware(revision[2]) if revision else None,
        serial=serial[1] if serial else None,
        macs=tuple(dict.fromkeys(mac.lower() for mac in _MAC.findall(text))),
        header=foreign.line(first.strip("# \t"), _SHOWN),
    )


def _firmware(revision: str) -> Firmware | None:
    """Answers the revision; None for one of a form that no supported model has."""
    return Firmware.parse(revision) if _FORM.fullmatch(revision) else None
