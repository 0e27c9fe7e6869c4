"""What answers at a PC's WinRM port and is no WinRM: its kinds, told from what the libraries raise.

`No answer` would send the technician to the PC's power cord. Something that answers otherwise is
another device at the PC's address, another program at its port, or the wrong one of the two ports.
"""

from __future__ import annotations

import errno
import http.client
import ssl
from collections.abc import Iterator

import requests
import urllib3
from winrm.exceptions import WinRMTransportError

from onshi_net.errors import DeviceError, Unreachable

TLS_RECORDS = ("\x15\x03", "\x16\x03")
"""How TLS answers what is no TLS: the header of an alert or a handshake record (RFC 8446, 5.1)."""
UNROUTABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ETIMEDOUT}
NOT_OURS = frozenset({"text/html", "text/plain", "application/json"})


class Nonsense(DeviceError):
    """Raised when something answers at the PC's port that is no WinRM; it got no credential."""


def is_other_server(content_type: str) -> bool:
    """Answers whether a web page or the like came, as the server of a printer sends it."""
    return content_type.partition(";")[0].strip().lower() in NOT_OURS


def chain(error: BaseException) -> Iterator[BaseException]:
    """Gives an error and all that it was raised from, or that it carries."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *one.args, getattr(one, "reason", None)]


def opening_failed(error: Exception, host: str, port: int) -> DeviceError:
    """Answers why a session could not be begun: silence, a connection cut, or something else."""
    kind, values = _kind(tuple(chain(error)))
    told = {"port": port, "reason": type(error).__name__, **values}
    if kind in {"unreachable", "silent", "closes", "other-certificate"}:
        return Unreachable(f"winrm.{kind}", host=host, **told)
    return Nonsense(f"winrm.{kind}", host=host, **told)


def _kind(errors: tuple[BaseException, ...]) -> tuple[str, dict[str, object]]:
    """Answers the name of a sentence, and its values. Pure."""
    for one in errors:
        if isinstance(one, WinRMTransportError):
            return "nonsense-http", {"status": one.code}
        if isinstance(one, http.client.BadStatusLine) and not isinstance(one, ConnectionError):
            tls = str(one).lstrip("'\"").startswith(TLS_RECORDS)
            return ("nonsense-tls" if tls else "nonsense"), {}
    if any(isinstance(one, OSError) and one.errno in UNROUTABLE for one in errors):
        return "unreachable", {}
    if any(isinstance(one, ssl.SSLError) and getattr(one, "reason", None) == EOF for one in errors):
        return "closes", {}  # older Pythons have no class of its own for it
    found = (name for kind, name in KINDS for one in errors if isinstance(one, kind))
    return next(found, "nonsense"), {}


EOF = "UNEXPECTED_EOF_WHILE_READING"
KINDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError), "closes"),
    ((ConnectionResetError, BrokenPipeError, ConnectionAbortedError), "closes"),
    (ssl.SSLError, "nonsense-not-tls"),
    (urllib3.exceptions.SSLError, "other-certificate"),
    ((requests.ConnectTimeout, ConnectionRefusedError), "unreachable"),
    (urllib3.exceptions.NewConnectionError, "unreachable"),
    ((TimeoutError, requests.Timeout), "silent"),
)
"""What an error means, the surest first; anything else is an answer that nobody understands."""
