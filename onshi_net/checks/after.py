"""What an exchange brings: which accepted traits are others after it, and what else is flagged.

`--after WHAT` of `onshi verify`: the device or thing that was exchanged is expected to be another
now, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onshi_net.checks.baseline import LINE, Change, Comparison
from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent

ONU, ROUTER, CERTIFICATE = "onu", "router", "certificate"
PC_TRAITS = frozenset({"mac", "computer-name", "windows", "certificate"})
Traits = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was exchanged, by the word of the command line."""

    what: str
    brings: Traits
    """By subject: the traits that may be others afterwards."""
    shows: Traits
    """By subject: traits of which one at least must be another, or it was not exchanged."""

    def expects(self, change: Change) -> bool:
        """Answers whether the exchange explains a change."""
        return change.name in self.brings.get(change.subject, ())


@dataclass(frozen=True, slots=True)
class After:
    """A comparison, seen after an exchange."""

    exchange: Exchange
    expected: tuple[Change, ...]
    unexpected: tuple[Change, ...]
    unshown: bool
    """What the exchange must change was measured, and nothing of it is another."""
    unseen: bool
    """Nothing of it was measured: whether the exchange shows is not known."""

    @property
    def is_right(self) -> bool:
        """Whether what was exchanged shows, or was not measured, and nothing else is another."""
        return not self.unexpected and not self.unshown

    def lines(self) -> list[str]:
        """Gives it for people."""
        what = {"what": text(f"checks.after-{self.word}", host=self.exchange.what)}
        lines = []
        if self.expected:
            lines += [text("checks.after-expected", **what), *(f"  {one}" for one in self.expected)]
        if self.unshown:
            lines.append(text("checks.after-unshown", **what))
        if self.unseen:
            lines.append(text("checks.after-unseen", **what))
        if self.unexpected:
            lines += [text("checks.after-other", **what), *(f"  {one}" for one in self.unexpected)]
        elif self.is_right and not self.unseen:
            lines.append(text("checks.after-right", **what))
        return lines

    @property
    def word(self) -> str:
        """Gives the name of the words for what was exchanged."""
        named = {LINE, ONU, ROUTER, CERTIFICATE}
        return self.exchange.what if self.exchange.what in named else "host"

    def to_json(self) -> dict[str, object]:
        """Gives plain data."""
        return {
            "what": self.exchange.what,
            "right": self.is_right,
            "expected": [one.to_json() for one in self.expected],
            "unexpected": [one.to_json() for one in self.unexpected],
            "unshown": self.unshown,
            "unseen": self.unseen,
        }


def exchange_of(what: str, intent: SiteIntent) -> Exchange:
    """Answers what the exchange of `what` brings at a site.

    Raises InputError, with the words that there are, for another one.
    """
    known = exchanges(intent)
    if what not in known:
        problem = text("checks.after-unknown", what=what, known=", ".join(known))
        raise InputError([Fault(Place(item="--after"), problem, "")])
    return known[what]


def exchanges(intent: SiteIntent) -> dict[str, Exchange]:
    """Answers what can be exchanged at a site."""
    router, hosts = intent.router.host, [one.access.host for one in intent.windows]
    line = frozenset({"prefix", "advertiser"})
    own = frozenset({"serial", "mac", "firmware", "wan", "model"})
    found = [
        Exchange(LINE, {LINE: line, router: frozenset({"wan"})}, {}),
        Exchange(ONU, {LINE: frozenset({"advertiser"}), router: frozenset({"wan"})}, {}),
        # A router with another MAC may be delegated another prefix (RFC 8415, 11: its DUID).
        Exchange(
            ROUTER,
            {router: own, LINE: frozenset({"prefix"})},
            {router: frozenset({"serial", "mac"})},
        ),
        *(Exchange(host, {host: PC_TRAITS}, {host: frozenset({"mac"})}) for host in hosts),
        Exchange(
            CERTIFICATE,
            {host: frozenset({CERTIFICATE}) for host in hosts},
            {host: frozenset({CERTIFICATE}) for host in hosts},
        ),
    ]
    return {one.what: one for one in found}


def after(exchange: Exchange, found: Comparison) -> After:
    """Judges a comparison with the accepted state after an exchange. Pure."""
    expected = tuple(one for one in found.changes if exchange.expects(one))
    wanted = {(subject, name) for subject, names in exchange.shows.items() for name in names}
    seen = {(subject, name) for subject, name in found.compared if (subject, name) in wanted}
    changed = {(one.subject, one.name) for one in expected}
    return After(
        exchange,
        expected,
        tuple(one for one in found.changes if not exchange.expects(one)),
        unshown=bool(seen) and not seen & changed,
        unseen=bool(wanted) and not seen,
    )
