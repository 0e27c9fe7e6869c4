"""The router's DNS: which server a question goes to, and a forwarder that asks it over UDP alone.

RTX reference 24: `dns server select` by the end of the name, lowest number first, type `a` unless
said; then `dns server`, `dns server dhcp`, then whatever DHCP gave. The forwarder speaks EDNS only
with `edns=on` and never TCP (DOMAIN 1.4), so that without it an answer over 512 octets arrives
truncated and empty. Inference: with `edns=on` the whole answer goes to the client even when the
client itself didn't speak EDNS.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.reversename
import dns.rrset

from onshi_lab.yamaha.hosts import host_allowed
from onshi_lab.yamaha.store import EMPTY, Config

from .desired import Learned

EDNS_SIZE = 4096
"""The EDNS buffer size offered upstream (inference)."""

TIMEOUT = 2.0
"""Seconds to wait for one server."""

_PRIVATE = tuple(
    ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server to ask, with EDNS or without."""

    address: str
    edns: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """What the configuration and the line say about names."""

    config: Config = EMPTY
    learned: Mapping[str, Learned] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def serving(self) -> bool:
        """Whether the router answers questions at all."""
        return self.config.word("recursive", "dns", "service") == "recursive"


def _servers(words: Sequence[str]) -> list[Upstream]:
    """The servers of `A edns=on B …`."""
    return [Upstream(word, _edns(words, at)) for at, word in enumerate(words) if "=" not in word]


def _edns(words: Sequence[str], at: int) -> bool:
    return tuple(words[at + 1 : at + 2]) == ("edns=on",)


def _from_dhcp(policy: Policy, interface: str, edns: bool) -> list[Upstream]:
    given = policy.learned.get(interface, Learned()).delegation
    return [Upstream(address, edns) for address in given.dns] if given else []


@dataclass(frozen=True, slots=True)
class Selection:
    """One `dns server select` line, read."""

    servers: tuple[Upstream, ...]
    reject: bool
    kind: str
    query: str
    sender: str


_TYPES = ("a", "aaaa", "ptr", "mx", "ns", "cname", "any")


def read_selection(policy: Policy, values: Sequence[str]) -> Selection:
    """The meaning of the words after `dns server select`."""
    rest = list(values[1:])
    sender = ""
    if len(rest) > 1 and _is_address(rest[-1].partition("-")[0]) and not _is_type(rest[-2]):
        sender = rest.pop()
    query = rest.pop()
    kind = rest.pop() if rest and _is_type(rest[-1]) else "a"
    if rest[0] == "reject":
        return Selection((), True, kind, query, sender)
    if rest[0] == "dhcp":
        edns = rest[2:3] == ["edns=on"]
        servers = _from_dhcp(policy, rest[1], edns)
        spare = [word for word in rest[2:] if _is_address(word)]
        found = servers or [Upstream(word, _edns(rest, rest.index(word))) for word in spare]
        return Selection(tuple(found), False, kind, query, sender)
    return Selection(tuple(_servers(rest)), False, kind, query, sender)


def _is_type(word: str) -> bool:
    return word in _TYPES


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word.partition("/")[0])
    except ValueError:
        return False
    return True


def selection_fits(selection: Selection, name: str, kind: str, sender: str) -> bool:
    """Whether a selection is for this question."""
    if selection.kind not in ("any", kind.lower()):
        return False
    if selection.sender and not host_allowed(selection.sender, sender, EMPTY):
        return False
    if selection.kind == "ptr":
        return _reverse_fits(selection.query, name)
    query = selection.query.lower().rstrip(".")
    wanted = name.lower().rstrip(".")
    if selection.reject:
        return _pattern_fits(query, wanted)
    return not query or wanted == query or wanted.endswith("." + query)


def _pattern_fits(query: str, wanted: str) -> bool:
    if query.startswith("*"):
        return wanted.endswith(query[1:])
    if query.endswith("*"):
        return wanted.startswith(query[:-1])
    return wanted == query


def _reverse_fits(query: str, name: str) -> bool:
    try:
        address = dns.reversename.to_address(dns.name.from_text(name))
        network = ipaddress.ip_network(query, strict=False)
    except (ValueError, dns.exception.DNSException):
        return False
    return ipaddress.ip_address(address) in network


def choose(
    policy: Policy, name: str, kind: str, sender: str = "127.0.0.1"
) -> list[Upstream] | None:
    """The servers for a question, in order; [] when there is none to ask, None for `reject`."""
    for entry in policy.config.under("dns", "server", "select"):
        selection = read_selection(policy, entry.line.values)
        if selection_fits(selection, name, kind, sender):
            return None if selection.reject else list(selection.servers)
    fixed = policy.config.get("dns", "server")
    if fixed:
        return _servers(fixed)
    by_dhcp = policy.config.get("dns", "server", "dhcp")
    if by_dhcp:
        return _from_dhcp(policy, by_dhcp[0], "edns=on" in by_dhcp)
    return [one for name_ in policy.learned for one in _from_dhcp(policy, name_, False)]


class Forwarder:
    """Answers questions on port 53/udp, and asks on the router's own behalf."""

    def __init__(self) -> None:
        self.policy = Policy()
        self.cache: dict[tuple[str, str], tuple[float, dns.message.Message]] = {}
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def set_policy(self, policy: Policy) -> None:
        """Follow a new policy; what was cached under the old one is forgotten."""
        if policy == self.policy:
            return
        self.policy = policy
        self.cache.clear()
        if policy.serving and not self._sockets:
            self._open()
        elif not policy.serving:
            self.close()

    def _open(self) -> None:
        loop = asyncio.get_running_loop()
        for family, any_address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            sock = socket.socket(family, socket.SOCK_DGRAM)
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            else:
                sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
            sock.bind((any_address, 53))
            loop.add_reader(sock, self._question_came, sock)
            self._sockets.append(sock)

    def close(self) -> None:
        """Stop answering."""
        loop = asyncio.get_running_loop()
        for sock in self._sockets:
            loop.remove_reader(sock)
            sock.close()
        self._sockets = []
        for task in list(self._tasks):
            task.cancel()

    def _question_came(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            data, ancillary, _, peer = sock.recvmsg(4096, 256)
            task = asyncio.ensure_future(self._answer(sock, data, ancillary, peer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(
        self,
        sock: socket.socket,
        data: bytes,
        ancillary: Sequence[tuple[int, int, bytes]],
        peer: tuple[str, ...],
    ) -> None:
        index = _arrival(sock, ancillary)
        if not self._admits(str(peer[0]), index):
            return
        try:
            question = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return
        if question.flags & dns.flags.QR or not question.question:
            return
        answer = await self.answer(question, str(peer[0]).partition("%")[0])
        if answer is not None:
            with contextlib.suppress(OSError):
                sock.sendmsg(
                    [answer.to_wire(max_size=65535)], _reply_from(sock, ancillary), 0, peer
                )

    def _admits(self, peer: str, index: int) -> bool:
        rules = self.policy.config.get("dns", "host") or ("any",)
        kernel = _interface_name(index)
        arrived = {router for router, name in self.policy.names.items() if name == kernel}
        for rule in rules:
            if ":" in peer and (rule in arrived or (rule == "lan" and arrived)):
                return True
            if host_allowed(rule, peer, self.policy.config):
                return True
        return False

    async def answer(
        self, question: dns.message.Message, sender: str
    ) -> dns.message.Message | None:
        """The answer to a client's question, None to stay silent (`reject`)."""
        asked = question.question[0]
        name, kind = asked.name.to_text(), dns.rdatatype.to_text(asked.rdtype)
        own = self._own_answer(question, name, kind)
        if own is not None:
            return own
        servers = choose(self.policy, name, kind, sender)
        if servers is None:
            return None
        found = await self.ask(name, kind, servers)
        if found is None:
            failed = dns.message.make_response(question, recursion_available=True)
            failed.set_rcode(dns.rcode.SERVFAIL)
            return failed
        return _for_client(question, found)

    def _own_answer(
        self, question: dns.message.Message, name: str, kind: str
    ) -> dns.message.Message | None:
        """Static records; NXDOMAIN for private reverse names with `dns private address spoof`."""
        config = self.policy.config
        answer = dns.message.make_response(question, recursion_available=True)
        for entry in config.under("dns", "static"):
            record, owner, value, *_ = entry.line.values
            if record == kind.lower() and owner.rstrip(".").lower() == name.rstrip(".").lower():
                answer.answer.append(dns.rrset.from_text(name, 1, "IN", kind, value))
                return answer
        spoof = config.word("off", "dns", "private", "address", "spoof") == "on" and kind == "PTR"
        if spoof and any(_reverse_fits(str(network), name) for network in _PRIVATE):
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return answer
        return None

    async def ask(
        self, name: str, kind: str, servers: Sequence[Upstream], *, cached: bool = True
    ) -> dns.message.Message | None:
        """The first answer that one of the servers gives, None when none does."""
        loop = asyncio.get_running_loop()
        using = cached and self.policy.config.word("on", "dns", "cache", "use") == "on"
        kept = self.cache.get((name.lower(), kind))
        if using and kept is not None and kept[0] > loop.time():
            return kept[1]
        for server in servers:
            found = await self._ask_one(name, kind, server)
            if found is not None:
                lives = min((rrset.ttl for rrset in found.answer), default=0)
                if lives and not found.flags & dns.flags.TC:
                    self.cache[(name.lower(), kind)] = (loop.time() + lives, found)
                return found
        return None

    async def _ask_one(self, name: str, kind: str, server: Upstream) -> dns.message.Message | None:
        query = dns.message.make_query(name, kind)
        if server.edns:
            query.use_edns(0, payload=EDNS_SIZE)
        family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            try:
                _bind_source(sock, self.policy.config.word("10000-10999", "dns", "srcport"))
                sock.connect((server.address, 53))
                loop = asyncio.get_running_loop()
                async with asyncio.timeout(TIMEOUT):
                    await loop.sock_sendall(sock, query.to_wire())
                    return await _receive(sock, query)
            except (OSError, TimeoutError):
                return None

    async def resolve(
        self, name: str, kind: str, server: Upstream | None = None, *, cached: bool = True
    ) -> tuple[str, ...]:
        """The router's own look-up: the answer's values as text, () for none."""
        owner = name
        if kind == "PTR":
            owner = dns.reversename.from_address(name).to_text()
        servers = [server] if server is not None else choose(self.policy, owner, kind)
        found = await self.ask(owner, kind, servers or [], cached=cached)
        if found is None or found.flags & dns.flags.TC:
            return ()
        return tuple(
            item.to_text()
            for rrset in found.answer
            if dns.rdatatype.to_text(rrset.rdtype) == kind
            for item in rrset
        )


async def _receive(sock: socket.socket, query: dns.message.Message) -> dns.message.Message:
    loop = asyncio.get_running_loop()
    while True:
        data = await loop.sock_recv(sock, 65535)
        with contextlib.suppress(dns.exception.DNSException):
            found = dns.message.from_wire(data, ignore_trailing=True)
            if query.is_response(found):
                return found


def _bind_source(sock: socket.socket, ports: str) -> None:
    """Bind to a random port of `dns srcport` (24.12), or to any when none is free."""
    first, _, last = ports.partition("-")
    low, high = int(first), int(last or first)
    any_address = "::" if sock.family == socket.AF_INET6 else "0.0.0.0"
    for _ in range(8):
        with contextlib.suppress(OSError):
            sock.bind((any_address, low + secrets.randbelow(high - low + 1)))
            return


def _for_client(question: dns.message.Message, found: dns.message.Message) -> dns.message.Message:
    answer = dns.message.make_response(question, recursion_available=True)
    answer.flags |= found.flags & (dns.flags.TC | dns.flags.AA)
    answer.set_rcode(found.rcode())
    answer.answer = list(found.answer)
    answer.authority = list(found.authority)
    return answer


_IP_PKTINFO = 8


def _arrival(sock: socket.socket, ancillary: Sequence[tuple[int, int, bytes]]) -> int:
    """The index of the interface that a question came in by, 0 when unknown."""
    for _, kind, data in ancillary:
        if sock.family == socket.AF_INET and kind == _IP_PKTINFO:
            return int(struct.unpack_from("i", data)[0])
        if sock.family == socket.AF_INET6 and kind == socket.IPV6_PKTINFO:
            return int(struct.unpack_from("i", data, 16)[0])
    return 0


def _reply_from(
    sock: socket.socket, ancillary: Sequence[tuple[int, int, bytes]]
) -> list[tuple[int, int, bytes]]:
    """Ancillary data that makes the answer leave from the address that was asked."""
    for level, kind, data in ancillary:
        if sock.family == socket.AF_INET and kind == _IP_PKTINFO:
            _, local, _ = struct.unpack("i4s4s", data)
            return [(level, kind, struct.pack("i4s4s", 0, local, b"\0" * 4))]
        if sock.family == socket.AF_INET6 and kind == socket.IPV6_PKTINFO:
            return [(level, kind, data)]
    return []


def _interface_name(index: int) -> str:
    try:
        return socket.if_indextoname(index)
    except OSError:
        return ""
