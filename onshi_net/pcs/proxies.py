"""Proxy settings of Windows: how they are written, and whose traffic they lead where. Pure.

Sources: Microsoft, WinINet option INTERNET_PER_CONN_PROXY_SERVER (the list of proxies) and
INTERNET_PER_CONN_PROXY_BYPASS; the form of WinHttpSettings is what `netsh winhttp set proxy` leaves
(inference: nobody documents it).
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from onshi_net.facts.views import ProxySetting

WINHTTP = "winhttp"
"""Whose setting it is that Windows' services and programs without a user follow."""
BY_PROXY = 2
"""The flag of WinHttpSettings that a proxy is named (WINHTTP_ACCESS_TYPE, PROXY_TYPE_PROXY)."""
LOCAL = "<local>"
"""In a bypass list: names without a dot."""


def winhttp(encoded: str) -> tuple[str, str] | None:
    """Answers server and bypass of a WinHttpSettings value; ('', '') without a proxy.

    `encoded` is its base64, '' where there is no such value. None for another form.
    """
    try:
        data = base64.b64decode(encoded, validate=True)
        if not data:
            return "", ""
        flags, length = struct.unpack_from("<II", data, 8)
        server = _text(data, 16, length)
        (bypassed,) = struct.unpack_from("<I", data, 16 + length)
        bypass = _text(data, 20 + length, bypassed)
    except (binascii.Error, struct.error, UnicodeDecodeError):
        return None
    return (server, bypass) if flags & BY_PROXY else ("", "")


def _text(data: bytes, start: int, length: int) -> str:
    if start + length > len(data):
        raise struct.error
    return data[start : start + length].decode("ascii")


def proxies_for(setting: ProxySetting, name: str, scheme: str) -> Iterator[str]:
    """Gives the hosts of the proxies by which a name is asked; none: it is asked directly."""
    if not setting.enabled or _passed_by(setting.bypass, name):
        return
    for entry in setting.server.replace(" ", ";").split(";"):
        kind, _, server = entry.rpartition("=")
        if server and kind.lower() in {"", scheme}:
            yield _host(server)


def _host(server: str) -> str:
    bare = server.rpartition("://")[2]
    if bare.startswith("["):
        return bare[1:].partition("]")[0].lower()
    return bare.partition(":")[0].rstrip("/").lower()


def _passed_by(bypass: str, name: str) -> bool:
    some = (one.strip().lower() for one in bypass.replace(",", ";").split(";"))
    return any(one and one != LOCAL and fnmatchcase(name.lower(), one) for one in some)


def strangers(
    setting: ProxySetting, names: Iterable[tuple[str, str]], known: Iterable[str]
) -> tuple[str, ...]:
    """Lists the proxies that are none of the closed network's (`known`), by which names go.

    `names` are pairs of name and scheme.
    """
    own = {one.lower() for one in known}
    found = (one for name, scheme in names for one in proxies_for(setting, name, scheme))
    return tuple(dict.fromkeys(one for one in found if one not in own))
