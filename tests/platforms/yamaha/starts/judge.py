"""One start: its plan on the mock line by line, each moment judged, and undone.

At every moment and under every reading: between any two places nothing passes unasked that passes
neither before nor after; the laptop reaches the router's SSH; what of SMB from clinic to terminals
passes before and after passes meanwhile, where ports and clinic's gateway stay. At the end the sets
are what the intent says, nothing is left to plan, and each undo leads back to the very
configuration before its command.

Where it looks away, and why that is right:
- a port that moves has, until the rest of its plan, what the other ports of its interface have at
  the end (`_of_its_segment`): it is a port of that interface's switch, and no list is between them;
- SMB's answers may rest on a dynamic filter of the clinic's own list, where the clinic's side has a
  list out too. The first goes before the second: the other order would let more in (`talks_on`);
- to the router's own addresses nothing is passed on (`Passes.own`), and to the laptop's interface
  only what is for its network, for no route leads on (`Passes.inside`);
- what keeps the laptop out already is taken from a start: nobody could have reached that router.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from onshi_lab.yamaha.grammar import split_line
from onshi_lab.yamaha.messages import CommandError
from onshi_lab.yamaha.models import Device
from onshi_lab.yamaha.store import Config, section_of
from onshi_lab.yamaha.typed import after_line
from onshi_net.platforms.yamaha.config import config_lines
from onshi_net.platforms.yamaha.device import carriers
from onshi_net.platforms.yamaha.order import Command, plan_lines, stages
from onshi_net.platforms.yamaha.rules import is_kept, resets_ports
from tests.platforms.yamaha.starts.doors import DOORS, standing
from tests.platforms.yamaha.starts.generate import Start
from tests.platforms.yamaha.starts.reading import (
    LAPTOP,
    LINE,
    READINGS,
    ROUTER,
    Frozen,
    List,
    Passes,
    Reading,
    State,
    conversations,
    host_span,
    interface_of,
    listed,
    new_packets,
    state_of,
)
from tests.platforms.yamaha.starts.space import (
    TCP,
    Match,
    dynamic_matches,
    space_of,
    static_match,
)

CLINIC = "lan1.3"
DELIVERED_PORTS = ("lan1=1-8", "lan2=9", "lan3=10")
"""RTX reference 53.1."""
DECIDES = ("ip ", "ipv6 ", "pp ", "tunnel ", "lan ", "vlan ")
FAMILIES = ("ip", "ipv6")


@dataclass(slots=True)
class Moment:
    """What a router has after a line."""

    after: str
    state: State
    frozen: Frozen
    config: Config


@dataclass(slots=True)
class Verdict:
    """How one start went."""

    seed: int
    model: str
    lines: int = 0
    moments: int = 0
    """Moments decided, each under every reading, of both families."""
    faults: list[str] = field(default_factory=list)


def judge(start: Start) -> Verdict:
    """Plans, applies, judges and undoes one start."""
    verdict = Verdict(start.seed, start.device.model.name)
    try:
        _judge(start, verdict)
    except CommandError as error:
        verdict.faults.append(f"refused: {error.args} {error.__notes__}")
    return verdict


def _judge(start: Start, verdict: Verdict) -> None:
    start = reachable(start)
    router = Console(start)
    sent = applied(start, router)
    verdict.lines = len(router.moments) - 1
    again = _planned(start, router, start.wanted)
    if again:
        verdict.faults.append(f"left to plan: {[one.lines for one in again]}")
    _same_at_the_end(start, router.config, verdict)
    for family in FAMILIES:
        _judge_family(start, family, router.moments, verdict)
    _undo(start, router, sent, verdict)


def reachable(start: Start) -> Start:
    """Answers the start, without the terminals' own lists where these keep the laptop out."""
    return start if _reachable(start) else _without_own_lists(start)


def applied(start: Start, router: Console) -> list[Command]:
    """Makes the router what it shall become, as provisioning does it; answers what was sent."""
    sent: list[Command] = []
    running = config_lines(_text(router.config))
    for number, wanted in enumerate(stages(running, start.wanted, carriers(start.intent))):
        if number:
            router.restart()
        left = _planned(start, router, wanted)
        while left:
            command = left.pop(0)
            router.run(command.lines)
            sent.append(command)
            if any(map(resets_ports, command.lines)):
                left = _planned(start, router, wanted)
    return sent


def _planned(start: Start, router: Console, wanted: tuple[str, ...]) -> list[Command]:
    running = config_lines(_text(router.config))
    return list(plan_lines(running, wanted, carriers(start.intent)))


def _text(config: Config) -> str:
    return "\n".join(config.lines())


def _same_at_the_end(start: Start, config: Config, verdict: Verdict) -> None:
    """Everything wanted stands there, and else only what is kept."""
    lines = set(config_lines(_text(config)))
    lacking = set(start.wanted) - lines
    users, others = frozenset({"onshi"}), start.intent.other_services
    rest = {line for line in lines - set(start.wanted) if not is_kept(line, users, others)}
    if lacking or rest:
        verdict.faults.append(f"ends with {sorted(rest)}, without {sorted(lacking)}")
    own = [line for line in lines if not line.startswith(" ")]
    wrong = _not_intended(start, standing(own, start.device.model.name))
    if wrong:
        verdict.faults.append(f"ends open: {wrong}")


KEPT = {
    "telnet": ("telnetd",),
    "web": ("httpd",),
    "time": ("sntpd",),
    "sftp": ("sftpd",),
    "tftp": ("tftp",),
    "snmp": ("snmp", "snmpv2c", "snmpv3"),
    "upnp": ("upnp",),
    "l2ms": ("l2ms",),
    "cloud": ("yno",),
    "heartbeat": ("heartbeat",),
    "radius": ("radius",),
}
"""The services of the reference that each word of the inventory keeps."""


def _not_intended(start: Start, open_: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    """What stands open to more than SSH, DNS and what the inventory keeps say."""
    inside = frozenset({start.intent.terminal.interface})
    may = {"sshd": inside, "dns": inside}
    for one in start.intent.other_services:
        hosts = frozenset(map(str, one.hosts)) or frozenset({"any"})
        may |= dict.fromkeys(KEPT[one.service], hosts)
    return {
        name: sorted(hosts)
        for name, hosts in open_.items()
        if not hosts - {"none"} <= may.get(name, frozenset())  # that word lets nobody in
    }


def _is_of_a_service(line: str) -> bool:
    """Whether a line may change what stands open, from nothing as from anything."""
    return standing([line]) != standing([]) or line.partition(" ")[0] in _WORDS


_WORDS = frozenset({*DOORS, "cooperation"})


def _ports(moments: list[Moment]) -> set[tuple[str, int]]:
    """The ports of services that are not all the time as open as at first."""
    found = {("tcp", 22)}
    for name, door in DOORS.items():
        states = {one.state.doors.get(name) for one in moments}
        if door.kind and (len(states) > 1 or None in states):
            found.add((door.kind, door.port))
    return found


class Console:
    """The mock's console without a console: lines in, a configuration after each."""

    def __init__(self, start: Start) -> None:
        self.device = start.device
        self.config = start.config
        self.section = ""
        self.layout = _layout(start.device, start.config)
        state = _state(self.config, self.layout)
        frozen = {key: state.resolved(key) for key in state.lists}
        self.moments = [Moment("", state, frozen, self.config)]

    def run(self, lines: tuple[str, ...], *, note: bool = True) -> None:
        """Types lines; raises CommandError with the line as a note."""
        for line in lines:
            before = self.config
            self._type(line)
            if note and self.config is not before:
                self._note(line)

    def restart(self) -> None:
        """Starts again with what runs, which was saved."""
        self.section = ""
        self.layout = _layout(self.device, self.config)
        self._judge("restart")

    def _type(self, line: str) -> None:
        chosen = section_of(line)
        if chosen is not None:
            self.section = chosen
            return
        try:
            self.config = after_line(
                self.config, split_line(line), self.device, section=self.section
            )
        except CommandError as error:
            error.add_note(line)
            raise

    def _note(self, line: str) -> None:
        words = line.removeprefix("no ")
        last = self.moments[-1]
        if not (words.startswith(DECIDES) or _is_of_a_service(words)):
            self.moments.append(Moment(line, last.state, last.frozen, self.config))
            return
        self._judge(line)

    def _judge(self, line: str) -> None:
        last = self.moments[-1]
        state = _state(self.config, self.layout)
        frozen: dict[tuple[str, str, str], List] = {}
        for key, numbers in state.lists.items():
            same = key in last.frozen and last.state.lists.get(key) == numbers
            frozen[key] = last.frozen[key] if same else state.resolved(key)
        self.moments.append(Moment(line, state, frozen, self.config))


def _state(config: Config, layout: str = "") -> State:
    return state_of(((entry.section, entry.text) for entry in config.entries.values()), layout)


def _layout(device: Device, config: Config) -> str:
    """The line of the ports that a router starts with; '' for one that divides its LAN."""
    if not device.model.flexible_ports:
        return ""
    words = config.get("lan", "flexible-port") or DELIVERED_PORTS
    return " ".join(("lan", "flexible-port", *words))


def _judge_family(start: Start, family: str, moments: list[Moment], verdict: Verdict) -> None:
    judged = _Judged(start, family, moments, verdict)
    known: State | None = None
    for moment in moments:
        verdict.moments += 1
        if moment.state is not known:
            judged.moment(moment)
        known = moment.state
    _as_intended(start, family, moments[-1], judged.passes, verdict)


Pairs = tuple[tuple[str, str], ...]


class _Judged:
    """The moments of one plan, in one family."""

    def __init__(self, start: Start, family: str, moments: list[Moment], verdict: Verdict) -> None:
        self.start, self.family, self.verdict = start, family, verdict
        self.before, self.after = moments[0], moments[-1]
        self.smb, self.ssh = _smb(start), _ssh(start)
        ours = [self.smb, self.ssh] if family == "ip" else []
        doors = [
            Match((kind,), None, None, None, ((port, port),)) for kind, port in _ports(moments)
        ]
        told = [match for *_, match in _intended(start, family)]
        self.passes = Passes(
            space_of(family, [*filter_matches(family, moments), *told, *ours, *doors])
        )
        if family == "ip":
            net = Match(None, None, _span(start.intent.terminal.address.network))
            self.passes.inside = self.passes.space.of(net)
        self.passes.own = _always_own(family, moments, self.passes)
        self.places = sorted(set(_places(start, moments)))
        self.ends: dict[tuple[str, Reading, str, str], int] = {}
        self.pairs: dict[object, Pairs] = {}
        self.judged: set[object] = set()
        self.both: dict[Reading, int] = {}
        self.ports = {interface_of(one, self.after.state): one for one in self.places}
        ends = (self.before.state, self.after.state)
        layouts = [(one.divided, one.vlans, one.layout) for one in ends]
        clinic = interface_of(CLINIC, self.before.state)
        lists = self.before.state.lists
        own = lists.get(("ip", clinic, "in"), ((), ()))[1] and ("ip", clinic, "out") in lists
        gateway = (clinic, str(start.intent.clinic.address.ip))  # elsewhere it is no clinic's
        same = layouts[0] == layouts[1] and gateway in self.before.state.stands
        self.talks_on = same and not own

    def _end(self, end: str, reading: Reading, one: str, two: str) -> int:
        """What passes between two places before or after the plan."""
        moment = self.before if end == "before" else self.after
        key = end, reading, interface_of(one, moment.state), interface_of(two, moment.state)
        if key not in self.ends:
            self.ends[key] = self._set(moment, reading, one, two)
        return self.ends[key]

    def _set(self, moment: Moment, reading: Reading, one: str, two: str) -> int:
        return new_packets(moment.state, moment.frozen, self.passes, reading, one, two)

    def _pairs(self, state: State) -> Pairs:
        """Any two places, one pair of all that lie in the same interfaces now and at both ends."""
        layout = state.layout, state.divided, frozenset(state.vlans.items())
        if layout not in self.pairs:
            states = state, self.before.state, self.after.state
            lies = {
                place: tuple(interface_of(place, one) for one in states)
                for place in (*self.places, ROUTER)
            }
            apart = {
                (lies[one], lies[two]): (one, two)
                for one in self.places
                for two in (*self.places, ROUTER)
                if one != two
            }
            self.pairs[layout] = tuple(apart.values())
        return self.pairs[layout]

    def moment(self, moment: Moment) -> None:
        """Judges one moment under every reading that may differ in it.

        A moment in which nothing that decides is otherwise than in an earlier one is judged.
        """
        decides = _decides(moment.state, self.family)
        for reading in _readings(moment):
            key = reading, decides, self._lists(moment, reading)
            if key in self.judged:
                continue
            self.judged.add(key)
            self._compare(moment, reading)
            if self.family == "ip":
                self._ways(moment, reading)

    def _lists(self, moment: Moment, reading: Reading) -> object:
        return frozenset(
            (key, listed(moment.state, moment.frozen, reading, *key))
            for key in moment.state.lists
            if key[0] == self.family
        )

    def _compare(self, moment: Moment, reading: Reading) -> None:
        for one, two in self._pairs(moment.state):
            found = self._set(moment, reading, one, two)
            worse = found and found & ~self._end("before", reading, one, two)
            worse = worse and worse & ~self._end("after", reading, one, two)
            if worse and worse & ~self._of_its_segment(moment, reading, one, two):
                told = self.passes.space.told(worse)
                self.verdict.faults.append(
                    f"{one} > {two} after {moment.after!r} ({reading}): {told}"
                )

    def _of_its_segment(self, moment: Moment, reading: Reading, one: str, two: str) -> int:
        """What passes at the end between the interfaces that two ports still belong to."""
        first, second = (
            self.ports.get(interface_of(place, moment.state), place) for place in (one, two)
        )
        return 0 if first == second else self._end("after", reading, first, second)

    def _talk(self, moment: Moment, reading: Reading, first: str, second: str) -> int:
        return conversations(moment.state, moment.frozen, self.passes, reading, first, second)

    def _ways(self, moment: Moment, reading: Reading) -> None:
        space = self.passes.space
        if space.of(self.ssh) & ~self._talk(moment, reading, LAPTOP, ROUTER):
            self.verdict.faults.append(f"no way in after {moment.after!r} ({reading})")
        if self.talks_on:
            if reading not in self.both:
                ends = (
                    self._talk(one, reading, CLINIC, LAPTOP) for one in (self.before, self.after)
                )
                self.both[reading] = next(ends) & next(ends) & space.of(self.smb)
            if self.both[reading] & ~self._talk(moment, reading, CLINIC, LAPTOP):
                self.verdict.faults.append(f"SMB cut after {moment.after!r} ({reading})")


def _decides(state: State, family: str) -> object:
    """What decides of a moment beside its lists."""
    return (
        (state.layout, state.divided, frozenset(state.vlans.items())),
        frozenset(name for name, kind in state.alive if kind == family),
        frozenset(state.doors.items()),
        state.routing[family],
    )


def _readings(moment: Moment) -> tuple[Reading, ...]:
    """Readings that may differ now: all where a list names what is missing or was redefined."""
    for key, frozen in moment.frozen.items():
        now = moment.state.resolved(key)
        if now != frozen or None in (*now[0], *now[1]):
            return READINGS
    return tuple(one for one in READINGS if one.at_once and one.missing == "skip")


def _always_own(family: str, moments: list[Moment], passes: Passes) -> int:
    always = frozenset.intersection(*(frozenset(one.state.own) for one in moments))
    headers = 0
    for kind, address in always:
        if kind == family:
            headers |= passes.space.of(Match(None, None, _only(IPv4Address(address))))
    return headers


def _places(start: Start, moments: list[Moment]) -> Iterator[str]:
    yield LINE
    yield from (f"lan1.{port}" for port in range(1, start.device.model.lan1_ports + 1))
    if start.device.model.flexible_ports:
        yield "lan1.10"
    named = {name for moment in moments for name, _ in moment.state.alive}
    yield from (name for name in named if "vlan" not in name and name not in ("lan1", "lan2"))


def filter_matches(family: str, moments: Sequence[Moment]) -> Iterator[Match]:
    if family == "ip":
        own = {one for moment in moments for _, one in moment.state.own}
        for address in sorted(own):
            yield Match(None, None, _only(IPv4Address(address)))
        hosts = {host for moment in moments for words in _asked(moment) for host in words}
        yield from (Match(None, (span,), None) for host in hosts if (span := host_span(host)))
    lines = {
        line
        for moment in moments
        for (kind, *_), line in moment.state.filters.items()
        if kind == family
    }
    for line in lines:
        if " filter dynamic " in line:
            yield from dynamic_matches(line)
        else:
            yield static_match(line)[1]


def _asked(moment: Moment) -> Iterator[frozenset[str]]:
    """Whom the services that have a port let in."""
    yield from (words for name, words in moment.state.doors.items() if DOORS[name].kind)


def _span(network: IPv4Network) -> tuple[tuple[int, int], ...]:
    return ((int(network.network_address), int(network.broadcast_address)),)


def _only(address: object) -> tuple[tuple[int, int], ...]:
    return ((int(address), int(address)),)  # type: ignore[call-overload]


def _smb(start: Start) -> Match:
    clinic, terminal = start.intent.clinic.address, start.intent.terminal.address
    ends = _span(clinic.network), _span(terminal.network)
    return Match(("tcp syn",), *ends, None, ((445, 445),))


def _ssh(start: Start) -> Match:
    """From any address that a host may have: no laptop has the network's first or last one."""
    terminal = start.intent.terminal.address
    ((first, last),) = _span(terminal.network)
    hosts = ((first + 1, last - 1),)
    return Match(("tcp syn",), hosts, _only(terminal.ip), None, ((22, 22),))


def _intended(start: Start, family: str) -> Iterator[tuple[str, str, Match]]:
    """What may pass unasked, and nothing else: (from, to, headers)."""
    terminal, clinic = start.intent.terminal.address, start.intent.clinic.address
    nets = _span(terminal.network), _span(clinic.network)
    if family == "ip":
        smb = Match(TCP, nets[1], nets[0], None, ((445, 445),))
        yield CLINIC, LAPTOP, smb
        yield CLINIC, ROUTER, smb  # no address of the router lies there but its own
        yield CLINIC, ROUTER, Match(("icmp",), nets[1], _only(clinic.ip))
        yield LAPTOP, ROUTER, Match(None, nets[0], _only(terminal.ip))
        return
    link = ((0xFE80 << 112, (0xFEC0 << 112) - 1),)
    for place in (ROUTER, LAPTOP):  # RFC 4890, RFC 8415
        yield (
            LINE,
            place,
            Match(tuple(f"icmp6 {kind}" for kind in (1, 2, 3, 4, 135, 136)), None, None),
        )
        yield LINE, place, Match(("icmp6 130", "icmp6 134"), link, None)
        yield LINE, place, Match(("udp",), link, link, ((547, 547),), ((546, 546),))
    yield LAPTOP, ROUTER, Match(None, None, None)
    yield LAPTOP, LINE, Match(None, None, None)


def _as_intended(start: Start, family: str, end: Moment, passes: Passes, verdict: Verdict) -> None:
    """The last moment passes exactly what the intent says, but for services that are closed."""
    space = passes.space
    may: dict[tuple[str, str], int] = {}
    for one, two, match in _intended(start, family):
        may[one, two] = may.get((one, two), 0) | space.of(match)
    own = () if start.device.model.flexible_ports else ("lan3", "lan3/1")
    places = (LAPTOP, CLINIC, LINE, "lan1.8", *own, "pp 1", "tunnel 1")
    for one in dict.fromkeys(places):
        for two in dict.fromkeys((*places, ROUTER)):
            if one == two:
                continue
            for reading in _readings(end):
                found = new_packets(end.state, end.frozen, passes, reading, one, two)
                allowed = may.get((one, two), 0)
                if two != ROUTER:
                    allowed &= ~passes.own
                more, less = found & ~allowed, allowed & ~found
                if two == ROUTER:
                    less &= ~_served(end, passes, one)
                if more:
                    verdict.faults.append(f"end: {one} > {two} ({reading}): {space.told(more)}")
                if less:
                    verdict.faults.append(f"end: {one} | {two} ({reading}): {space.told(less)}")


def _served(end: Moment, passes: Passes, place: str) -> int:
    open_ = passes.to_services(end.state, interface_of(place, end.state))
    return passes.space.whole & ~open_


def _reachable(start: Start) -> bool:
    state = _state(start.config, _layout(start.device, start.config))
    frozen = {key: state.resolved(key) for key in state.lists}
    moment = Moment("", state, frozen, start.config)
    ssh = _ssh(start)
    passes = Passes(space_of("ip", [*filter_matches("ip", [moment]), ssh]))
    return all(
        not passes.space.of(ssh)
        & ~conversations(state, moment.frozen, passes, reading, LAPTOP, ROUTER)
        for reading in _readings(moment)
    )


def _without_own_lists(start: Start) -> Start:
    """The start without the lists of the terminals' side: nobody could have reached it so."""
    from dataclasses import replace

    own = interface_of(LAPTOP, _state(start.config, _layout(start.device, start.config)))
    keys = [
        key
        for key, entry in start.config.entries.items()
        if entry.text.startswith(f"ip {own} secure filter")
    ]
    return replace(start, config=start.config.lacking(*keys))


def _undo(start: Start, router: Console, sent: list[Command], verdict: Verdict) -> None:
    """Undoes what can be: what somebody's hidden password stands in is sent last of all.

    Each undo leads back to the very configuration before its command, a moment that was judged.
    """
    undoable = [command for command in sent if command.undo is not None]
    if undoable != sent[: len(undoable)]:
        verdict.faults.append("what can't be undone is not sent last")
        return
    router = Console(start)
    before: list[tuple[str, ...]] = []
    for command in undoable:
        before.append(router.config.lines())
        router.run(command.lines, note=False)
    for command in reversed(undoable):
        router.run(command.undo or (), note=False)
        if router.config.lines() != before.pop():
            verdict.faults.append(f"undo of {command.lines} leads elsewhere")
            break
    if router.config.lines() != start.config.lines():
        lost = set(start.config.lines()) ^ set(router.config.lines())
        verdict.faults.append(f"undo: {sorted(lost)}")
