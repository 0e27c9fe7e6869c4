"""`stages`: what a visit does, in its order, for a laptop with a port for each network or with one.

Pure. A stage says where the laptop must stand and which devices must answer; what it then does is a
command that exists by itself, so that each can be run again alone (`Stage.words`).

A laptop with one port changes what is reached from the terminal network first, is moved to the
clinic LAN for the receipt PCs, and back: what was measured here and there becomes one verification
(`checks/join.py`), for nothing is changed between the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from onshi_net.intent import SiteIntent

Network = Literal["terminal", "clinic"]
BOTH: tuple[Network, ...] = ("terminal", "clinic")


class What(StrEnum):
    """What a stage does; also the second word of its sentences' ids (`visit.ready`)."""

    READY = "ready"
    SECRETS = "secrets"
    PROVISION = "provision"
    RENEW = "renew"
    VERIFY = "verify"
    RESTORE = "restore"
    PAPER = "paper"
    PACK = "pack"


class After(StrEnum):
    """What was exchanged or renewed, where it is no host of the inventory."""

    LINE = "line"
    ONU = "onu"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a visit."""

    what: What
    host: str | None = None
    """The only host that it is about; None: the whole site."""
    stands: tuple[Network, ...] = ()
    """Networks in which the laptop must have an address."""
    answering: tuple[str, ...] = ()
    """Hosts that must let the laptop in: the router by SSH, PCs by WinRM."""
    words: tuple[str, ...] = field(default=())
    """The command that does it, without `onshi` and the site; none: a person does it."""

    @property
    def accepts(self) -> bool:
        """Whether it ends what is measured; what comes before may leave more to be measured."""
        return "--accept" in self.words


def stages(
    intent: SiteIntent, after: str | None = None, *, ports: int = 2, travelling: bool = False
) -> tuple[Stage, ...]:
    """Answers the stages of an install day, or of what follows a repair.

    `after` is a host that was exchanged, or a word of `After`; `ports` counts the networks in which
    the laptop can stand at the same time; `travelling`: the site was brought here in a pack, and
    what the visit learned goes home in one.
    """
    home = (Stage(What.PACK, words=("pack",)),) if travelling else ()
    return (*_here(intent, after, ports), *home)


def _here(intent: SiteIntent, after: str | None, ports: int) -> tuple[Stage, ...]:
    others = {one.access.host for one in intent.receipts if one.by_others}
    if after in {After.LINE, After.ONU, *others}:
        return tuple(_verified(ports))
    if after == After.CERTIFICATE:
        return Stage(What.RENEW), *_verified(ports)
    first = () if after else (Stage(What.READY, words=("ready",)),)
    secrets = Stage(What.SECRETS, words=("secret", "fill"))
    last = () if after else (Stage(What.PAPER, words=("paper", "completion")),)
    return (*first, secrets, *_changed(intent, after, ports), *last)


def _changed(intent: SiteIntent, after: str | None, ports: int) -> Iterator[Stage]:
    """Gives what changes, verifies and closes the devices again."""
    receipts = tuple(one.access.host for one in intent.receipts if not one.by_others)
    inner = tuple(
        one.access.host for one in intent.windows if one.access.host not in _receipts(intent)
    )
    router = intent.router.host
    if after is not None:
        yield _exchanged(intent, after, ports)
    if ports > 1:
        yield _provision(None, BOTH, (router, *inner, *receipts))
        yield _verify(BOTH, accepted=True)
        yield _restore(None, BOTH, ())
        return
    for host in (router, *inner):
        yield _provision(host, ("terminal",), (host,))
    for host in receipts:
        yield _provision(host, ("clinic",), (host,))
    yield _verify(("clinic",), accepted=False)
    for host in receipts:
        yield _restore(host, ("clinic",), ())
    yield _verify(("terminal",), accepted=True)
    for host in inner:
        yield _restore(host, ("terminal",), ())


def _receipts(intent: SiteIntent) -> frozenset[str]:
    return frozenset(one.access.host for one in intent.receipts)


def _exchanged(intent: SiteIntent, host: str, ports: int) -> Stage:
    """The exchanged device alone, before the others prove their way to it anew."""
    home: Network = "clinic" if host in _receipts(intent) else "terminal"
    if host == intent.router.host:
        words = ("provision", "--exchanged", host, "--only", host)
        return Stage(What.PROVISION, host, ("terminal",), (host,), words)
    return _provision(host, BOTH if ports > 1 else (home,), (host,))


def _verified(ports: int) -> Iterator[Stage]:
    """Gives the verification of a site on which nothing is changed."""
    if ports > 1:
        yield _verify(BOTH, accepted=True)
        return
    yield _verify(("clinic",), accepted=False)
    yield _verify(("terminal",), accepted=True)


def _provision(host: str | None, stands: tuple[Network, ...], answering: tuple[str, ...]) -> Stage:
    words = ("provision",) if host is None else ("provision", "--only", host)
    return Stage(What.PROVISION, host, stands, answering, words)


def _verify(stands: tuple[Network, ...], *, accepted: bool) -> Stage:
    words = ("verify", "--accept") if accepted else ("verify",)
    return Stage(What.VERIFY, None, stands, (), words)


def _restore(host: str | None, stands: tuple[Network, ...], answering: tuple[str, ...]) -> Stage:
    words = ("winrm", "restore") if host is None else ("winrm", "restore", "--only", host)
    return Stage(What.RESTORE, host, stands, answering, words)
