"""One question's end, and what a service answers: typed, frozen, through JSON unchanged.

Asked by the laptop's probe or by a script on a terminal: whoever asked, the answer has one form.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from onshi_net.facts.outcome import Outcome

T = TypeVar("T")


class Facts(BaseModel):
    """Base of all evidence: frozen; a field that a newer version wrote is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Reading(Facts, Generic[T]):
    """How one question ended, after how many seconds, and what it found."""

    outcome: Outcome
    detail: str = ""
    """A code of the probe (`onshi_net.probe.protocol`), or the router's own masked words."""
    duration_s: float = 0.0
    found: T | None = None
    raw: str = ""
    """The device's own masked words, where they could not be understood."""

    @property
    def ok(self) -> bool:
        """Answers whether it was answered as hoped."""
        return self.outcome is Outcome.OK

    @property
    def unmeasured(self) -> bool:
        """Answers whether it could not even be asked."""
        return self.outcome is Outcome.ERROR


class Port(Facts):
    """A tried TCP port."""

    port: int = 0
    next_hop: str = ""
    source: str = ""
    """The address that it was tried from, where that is told."""


class Page(Facts):
    """An answer over HTTP, or how far it came (`step`: tcp, tls, http)."""

    status: int | None = None
    body: str = ""
    trusted: bool | None = None
    not_after: str | None = None
    reason: str = ""
    step: str = ""


class DnsReply(Facts):
    """A DNS answer; `size` in bytes."""

    rcode: str = ""
    truncated: bool = False
    size: int = 0
    addresses: tuple[str, ...] = ()


class Time(Facts):
    """A time server's answer; `offset_s` against the clock of whoever asked."""

    stratum: int
    offset_s: float


class Service(Facts):
    """One service, step by step."""

    name: Reading[DnsReply]
    """Asked of the router, with EDNS; by a PC itself, of the resolvers that Windows takes."""
    plain: Reading[DnsReply] | None = None
    """The same without EDNS, for a large answer."""
    by_tcp: Reading[DnsReply] | None = None
    connect: Reading[Port] | None = None
    page: Reading[Page] | None = None
    time: Reading[Time] | None = None
