"""Checks of the router itself.

Can it be reached, is it the right one, is its configuration the intended one.
"""

from __future__ import annotations

from ipaddress import IPv6Address

from onshi_net.checks.catalogue import CONFIGURATION, check
from onshi_net.checks.facts import (
    answering,
    found,
    is_exchanged,
    needs_terminal_leg,
    router_difference,
    session,
    told,
)
from onshi_net.checks.model import (
    NotApplicable,
    Party,
    Severity,
    Unmeasured,
    Verdict,
    failed,
    passed,
)
from onshi_net.checks.pcs import one_line
from onshi_net.facts.types import Access, Evidence, Lines
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.model import Firmware
from onshi_net.platforms.base import Identity, clock_is_wrong

SHOWN_LINES = 3
"""So many differing lines are quoted in a sentence; `onshi plan` shows all."""
ANSWERED = frozenset(
    {Access.OPEN, Access.LOGIN_REFUSED, Access.HOST_KEY_CHANGED, Access.HOST_UNKNOWN}
)
"""Accesses for which something spoke SSH at the router's address."""


@check("router.reachable", party=Party.TECHNICIAN, needs=("lan.laptop",))
def test_reachable(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router answers in the terminal network."""
    address = intent.router.management.address
    reading = evidence.laptop.owners.get(intent.router.host)
    if evidence.router.access in ANSWERED:
        return passed("router.reachable.ssh", address=address)
    if reading is not None and reading.ok:
        return passed("router.reachable.arp", reading, address=address)
    if evidence.router.access is Access.UNREACHABLE:
        needs_terminal_leg(evidence)
        return failed("router.reachable.silent", reading, address=address)
    raise Unmeasured("unmeasured.question", reason=told(evidence.router.reason))


@check("router.host-key", party=Party.TECHNICIAN, needs=("router.reachable",))
def test_host_key(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router's SSH host key is the recorded one."""
    access = evidence.router.access
    if access is Access.HOST_KEY_CHANGED:
        remedy = text("checks.router.host-key.trust", site=intent.site, host=intent.router.host)
        if is_exchanged(evidence, intent.router.host):
            remedy = text("checks.exchanged", site=intent.site, host=intent.router.host)
            return failed("router.host-key.exchanged", host=intent.router.host, remedy=remedy)
        reason = told(evidence.router.reason) or text("checks.router.host-key.differs")
        return failed("router.host-key.changed", reason=reason, remedy=remedy)
    if access is Access.HOST_UNKNOWN:
        raise Unmeasured("unmeasured.never-met", site=intent.site, host=intent.router.host)
    if access is Access.ERROR and evidence.router.reason:
        raise Unmeasured("unmeasured.question", reason=one_line(told(evidence.router.reason)))
    if access in {Access.UNREACHABLE, Access.ERROR}:
        raise Unmeasured("unmeasured.no-session")
    return passed("router.host-key.known")


@check("router.login", party=Party.TECHNICIAN, needs=("router.host-key",))
def test_login(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router can be logged in to over SSH."""
    router = evidence.router
    if router.access is Access.OPEN:
        return passed("router.login.open", user=intent.router.management.username)
    if router.access is Access.UNREACHABLE:
        needs_terminal_leg(evidence)
        remedy = text("checks.router.login.wait")
        return failed("router.login.silent", reason=told(router.reason), remedy=remedy)
    if router.access is not Access.LOGIN_REFUSED:
        raise Unmeasured("unmeasured.question", reason=told(router.reason))
    return failed("router.login.refused", reason=told(router.reason))


@check("router.identity", party=Party.TECHNICIAN, needs=("router.login",))
def test_identity(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router is the model and the piece that the inventory names."""
    router, wanted = session(evidence), intent.router
    if router.model is None:
        raise Unmeasured("unmeasured.header", header=router.header or "?")
    if router.model != wanted.model.name or (
        wanted.serial is not None and router.serial not in {None, wanted.serial}
    ):
        return failed(
            "router.identity.other",
            model=Identity(model=router.model).shown,
            serial=router.serial or "?",
            expected=f"{wanted.model.name} {wanted.serial or ''}".strip(),
        )
    if wanted.serial is not None and router.serial is None:
        raise Unmeasured("unmeasured.serial", model=router.model, serial=wanted.serial)
    return passed("router.identity.same", model=router.model, serial=router.serial or "?")


@check("router.wan-link", party=Party.TECHNICIAN)
def test_wan_link(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router's WAN port has link."""
    reading = session(evidence).wan
    ports = found(reading).ports
    if not ports:
        raise Unmeasured("unmeasured.unreadable", what=intent.router.wan.interface)
    up = [port.mode for port in ports if port.up]
    unknown = [port.mode for port in ports if port.up is None]
    if not up and unknown:
        raise Unmeasured(
            "unmeasured.link-word", port=intent.router.wan.interface, word=", ".join(unknown)
        )
    if not up:
        return failed("router.wan-link.down", reading, port=intent.router.wan.interface)
    return passed("router.wan-link.up", reading, port=intent.router.wan.interface, mode=up[0])


@check("router.firmware", party=Party.TECHNICIAN, needs=("router.login",))
def test_firmware(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router's firmware can do what the site needs."""
    floor, have = intent.router.model.firmware_floor, session(evidence).firmware
    if have is None:
        raise Unmeasured("unmeasured.no-firmware")
    if floor is not None and Firmware.parse(have) < floor:
        return failed("router.firmware.old", have=have, floor=floor)
    return passed("router.firmware.good", have=have)


@check(
    "router.clock",
    party=Party.TECHNICIAN,
    needs=("router.login",),
    severity=Severity.WARNING,
    explained_by=CONFIGURATION,
)
def test_clock(evidence: Evidence) -> Verdict:
    """The router's clock is right."""
    reading = session(evidence).clock
    if reading is None:
        raise Unmeasured("unmeasured.not-asked")
    clock = found(reading)
    shown = f"{clock.shown:%Y-%m-%d %H:%M}"
    if clock_is_wrong(clock.off_s):
        return failed("router.clock.wrong", reading, shown=shown)
    return passed("router.clock.right", reading, shown=shown)


BUSY_PERCENT = 90
"""Of CPU or memory. Inference: the reference names no limit."""
HOT_CELSIUS = 70
"""Inside. Inference: the makers allow 40 to 50 outside, and their captures show 36 inside."""


@check(
    "router.health",
    party=Party.TECHNICIAN,
    needs=("router.login",),
    severity=Severity.WARNING,
)
def test_health(evidence: Evidence) -> Verdict:
    """The router is neither overloaded nor too warm."""
    reading = session(evidence).health
    if reading is None:
        raise Unmeasured("unmeasured.not-asked")
    told = found(reading)
    if told.celsius is not None and told.celsius >= HOT_CELSIUS:
        remedy = text("checks.router.health.cool")
        return failed("router.health.hot", reading, remedy=remedy, celsius=told.celsius)
    if max(told.cpu, told.memory) >= BUSY_PERCENT:
        return failed("router.health.busy", reading, cpu=told.cpu, memory=told.memory)
    return passed("router.health.fine", reading, cpu=told.cpu, memory=told.memory)


@check(
    "router.factory-password",
    party=Party.TECHNICIAN,
    needs=("router.login",),
    explained_by=CONFIGURATION,
)
def test_factory_password(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The delivery password no longer opens the router."""
    router = session(evidence)
    if router.used_initial or router.initial_refused is False:
        return failed("router.factory-password.works")
    if intent.router.management.initial_secret is None:
        raise NotApplicable("not-applicable.no-initial")
    if router.initial_refused is None:
        raise Unmeasured("unmeasured.no-initial")
    return passed("router.factory-password.refused")


@check("router.config", party=Party.TECHNICIAN, needs=("router.login",))
def test_config(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The running configuration is the intended one."""
    router = session(evidence)
    if router.judged is not None:
        return _no_lines("router.config", router.judged.difference)
    differs = router_difference(evidence, intent)
    mark = differs.mark
    if mark is not None and mark.stands:
        return failed("router.config.guard-left", router.running, who=mark.who, run=mark.run)
    if mark is not None and not differs.lines:
        return passed("router.config.mark-left", router.running, who=mark.who, run=mark.run)
    if router.used_initial and differs.lines:
        remedy = text("checks.mend", site=intent.site, host=intent.router.host)
        return failed("router.config.delivered", router.running, remedy=remedy)
    return _no_lines("router.config", router.running, differs.lines)


@check(
    "router.services", party=Party.TECHNICIAN, needs=("router.login",), explained_by=CONFIGURATION
)
def test_services(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router answers on no service but those that are intended."""
    router = session(evidence)
    if router.judged is not None:  # its difference knew nothing of services, and told no lines
        raise Unmeasured("unmeasured.not-asked")
    differs, reading = router_difference(evidence, intent), router.running
    names = [text(f"checks.service-{one}") for one in differs.open_services]
    if names:
        return failed("router.services.open", reading, names=", ".join(names))
    kept = [
        f"{text(f'checks.service-{one.service}')} ({one.reason})"
        for one in intent.router.other_services
    ]
    if kept:
        return passed("router.services.kept", reading, names=", ".join(kept))
    return passed("router.services.closed", reading)


@check("router.saved", party=Party.TECHNICIAN, needs=("router.login",), explained_by=CONFIGURATION)
def test_saved(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The running configuration is saved: a power cut changes nothing."""
    router = session(evidence)
    if router.judged is not None:
        return _no_lines("router.saved", router.judged.unsaved)
    found(router.saved)
    return _no_lines("router.saved", router.saved, router_difference(evidence, intent).unsaved)


def _no_lines(
    check_id: str, reading: Lines | None, lines: tuple[str, ...] | None = None
) -> Verdict:
    """Judges lines that differ; without any given those of the reading itself."""
    lines = found(reading) if lines is None else lines
    if not lines:
        return passed(f"{check_id}.same", reading)
    shown = " / ".join(lines[:SHOWN_LINES]) + (" …" if len(lines) > SHOWN_LINES else "")
    return failed(f"{check_id}.differs", reading, count=len(lines), lines=shown)


def lookups(_intent: SiteIntent) -> tuple[str, ...]:
    """Lists the segments of which the router looks up one name each."""
    return ("line", "ip-vpn")


def _servers(intent: SiteIntent, subject: str) -> tuple[IPv6Address, ...]:
    return intent.ngn_resolvers if subject == "line" else intent.closed_network_resolvers


@check(
    "router.lookup",
    party=Party.TECHNICIAN,
    needs=("router.login", "line.carries", "line.quality"),
    each=lookups,
    more_needs=lambda intent, subject: (answering(intent, _servers(intent, subject)),),
    explained_by=CONFIGURATION,
)
def test_lookup(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The router itself resolves a name of the line, and one of the closed network."""
    name = intent.name_for(_servers(intent, subject)[0])
    reading = session(evidence).lookups.get(name)
    if reading is None:
        raise Unmeasured("unmeasured.not-asked")
    if reading.found is None or not reading.found.addresses:
        return failed("router.lookup.fails", reading, name=name)
    return passed("router.lookup.resolves", reading, name=name)
