"""A configuration as a frozen set of lines, in the order and with the masks of `show config`."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from types import MappingProxyType

from .commands import SECTION_GROUP, Line, parse_config_line
from .grammar import Context, quote_token, split_line
from .messages import CommandError, Fault
from .models import Device

Key = tuple[str, ...]

_ROUNDS = 2000
_DIGITS = re.compile(r"(\d+)")
_MOVED = ("ip", "ipv6", "description", "switch", "dns", "sshd", "httpd", "telnetd")


def seal_password(password: str) -> str:
    """A salted hash to keep instead of a password."""
    salt = secrets.token_hex(8)
    return f"{salt}${_digest(password, salt)}"


def password_fits(password: str, sealed: str) -> bool:
    """Whether a password is the one that was sealed; an empty seal fits only the empty password."""
    if not sealed:
        return password == ""
    salt, _, digest = sealed.partition("$")
    return hmac.compare_digest(_digest(password, salt), digest)


def _digest(password: str, salt: str) -> str:
    raw = hashlib.pbkdf2_hmac("sha256", password.encode(), bytes.fromhex(salt), _ROUNDS)
    return raw.hex()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a configuration; its secret (a sealed password, a private key) is never shown."""

    line: Line
    secret: str = field(default="", repr=False)
    section: str = ""
    """What the line belongs to: `pp 1` after `pp select 1`; nothing for the router itself."""
    text: str = field(init=False, compare=False, repr=False)
    """The line as `show config` has it."""
    order: tuple[object, ...] = field(init=False, compare=False, repr=False)
    """Its place there. Both are made once: a configuration is shown far more often than typed."""

    def __post_init__(self) -> None:
        """Makes what is shown."""
        text = " ".join(quote_token(token) for token in self.line.tokens)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "order", _order(self))

    @property
    def key(self) -> Key:
        """What tells the line apart in its configuration."""
        return (self.section, *self.line.key) if self.section else self.line.key


def _order(entry: Entry) -> tuple[object, ...]:
    command = entry.line.command
    name = entry.line.tokens[: len(command.words)]
    places = [
        token for leaf, token in zip(command.words, name, strict=True) if leaf.check is not None
    ]
    rest = " ".join(entry.line.key[len(name) :])
    own = (command.group, *_natural(places[0] if places else ""), command.index, *_natural(rest))
    if entry.section:
        kind, _, number = entry.section.partition(" ")
        last = command.name.endswith("enable")
        return (SECTION_GROUP, kind, int(number), last, *own)
    return (command.group, "", 0, False, *own)


_place = attrgetter("order")


def _natural(text: str) -> tuple[object, object]:
    parts = _DIGITS.split(text)
    return (
        tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part),
        text,
    )


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration. Every change gives a new one."""

    entries: Mapping[Key, Entry] = field(default_factory=lambda: MappingProxyType({}))

    def ordered(self) -> tuple[Entry, ...]:
        """The entries in the order of `show config`."""
        return tuple(sorted(self.entries.values(), key=_place))

    def lines(self) -> tuple[str, ...]:
        """The lines of `show config`, secrets masked."""
        return tuple(text for text, _ in _shown(self.ordered()))

    def get(self, *key: str) -> tuple[str, ...]:
        """What the line with this key says after its key, or () without such a line."""
        entry = self.entries.get(key)
        return entry.line.tokens[len(key) :] if entry else ()

    def word(self, default: str, *key: str) -> str:
        """The first word that the line with this key says, or the default."""
        return (self.get(*key) or (default,))[0]

    def secret(self, *key: str) -> str:
        """The secret of the line with this key, or an empty text."""
        entry = self.entries.get(key)
        return entry.secret if entry else ""

    def under(self, *name: str) -> Iterator[Entry]:
        """The entries of the command with exactly this name, in order."""
        for entry in self.ordered():
            tokens = entry.line.tokens
            if tokens[: len(name)] == name and entry.line.name_length == len(name):
                yield entry

    def having(self, entry: Entry) -> Config:
        """This configuration with an entry added or replaced."""
        return Config(MappingProxyType({**self.entries, entry.key: entry}))

    def lacking(self, *keys: Key) -> Config:
        """This configuration without the entries of these keys."""
        left = {key: entry for key, entry in self.entries.items() if key not in keys}
        return Config(MappingProxyType(left))

    @property
    def divided(self) -> bool:
        """Whether LAN1 is divided into VLAN interfaces."""
        return "port-based-option=divide-network" in self.get("lan", "type", "lan1")

    def context(self, device: Device, *, loading: bool = False, section: str = "") -> Context:
        """The context in which the next line is read."""
        return Context(device, self.divided, loading, section)


EMPTY = Config()


ALL_OFF = {"pp": "pp disable all", "tunnel": "no tunnel enable all"}
"""What `show config` has before the first section of a kind (published configurations)."""
_SELECT = re.compile(r"(pp|tunnel) select (?:(\d+)|none)")


def section_of(text: str) -> str | None:
    """The section that a `pp select` or `tunnel select` line chooses; None for any other line."""
    found = _SELECT.fullmatch(text)
    if found is None:
        return None
    return f"{found[1]} {found[2]}" if found[2] else ""


def _shown(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """The lines of `show config` with their secrets: sections announced and indented."""
    kinds: set[str] = set()
    section = ""
    for entry in entries:
        kind, _, number = entry.section.partition(" ")
        if kind and kind not in kinds:
            kinds.add(kind)
            yield ALL_OFF[kind], ""
        if entry.section and entry.section != section:
            yield f"{kind} select {number}", ""
        section = entry.section
        yield f" {entry.text}" if section else entry.text, entry.secret


def _keys_to_remove(config: Config, removed: Entry) -> tuple[Key, ...]:
    """A key given in full removes one line; `no ip filter set NAME` every line it begins."""
    if removed.key in config.entries:
        return (removed.key,)
    if not removed.line.command.keyed:
        return ()
    return tuple(
        key
        for key, entry in config.entries.items()
        if entry.line.command.name == removed.line.command.name
        and key[: len(removed.key)] == removed.key
    )


def apply_tokens(
    config: Config,
    tokens: Sequence[str],
    device: Device,
    secret: str = "",
    *,
    loading: bool = False,
    section: str = "",
) -> Config:
    """The configuration after one command line (`no …` too); raises CommandError."""
    context = config.context(device, loading=loading, section=section)
    if tokens[0] == "no":
        line = parse_config_line(tokens[1:], context, removal=True)
        after = config.lacking(*_keys_to_remove(config, _entry(line, "", section)))
    else:
        line = parse_config_line(tokens, context)
        entry = _entry(_settle(line), secret, section)
        after = config.lacking(*_given_anew(config, line)).having(entry)
    return _moved(config, after, device)


def _entry(line: Line, secret: str, section: str) -> Entry:
    """The entry of a line; it is the section's where its command or interface is."""
    kind = section.partition(" ")[0]
    inside = kind and (line.command.has.section or kind in line.tokens[: line.name_length])
    return Entry(line, secret, section if inside else "")


def _given_anew(config: Config, line: Line) -> tuple[Key, ...]:
    """The lines of `dhcp scope option` that give an option which this line gives anew."""
    if line.command.name != "dhcp scope option":
        return ()
    scope, *options = line.values
    names = {option.partition("=")[0] for option in options}
    return tuple(
        entry.key
        for entry in config.under("dhcp", "scope", "option")
        if entry.line.values[0] == scope
        and names & {option.partition("=")[0] for option in entry.line.values[1:]}
    )


_ALIASES = {"ascii": "en.ascii", "sjis": "ja.sjis", "euc": "ja.euc"}


def _settle(line: Line) -> Line:
    """The line with an old name of `console character` made new: an RTX1300 takes `ascii` (log)."""
    if line.command.name != "console character":
        return line
    value = _ALIASES.get(line.values[0], line.values[0])
    return Line(line.command, (*line.tokens[: line.name_length], value), line.key)


def _moved(before: Config, after: Config, device: Device) -> Config:
    """After LAN1 was divided (or joined), with its settings moved to vlan1 (or back).

    RTX reference 4.50.
    """
    if before.divided == after.divided:
        return after
    old, new = ("lan1", "vlan1") if after.divided else ("vlan1", "lan1")
    context = after.context(device, loading=True)
    moved = after
    for key, entry in after.entries.items():
        if old not in entry.line.tokens or key[0] not in _MOVED:
            continue
        moved = moved.lacking(key)
        tokens = tuple(new if token == old else token for token in entry.line.tokens)
        moved = moved.having(Entry(parse_config_line(tokens, context), entry.secret))
    return moved


def load_lines(lines: Iterable[tuple[str, str]], device: Device) -> Config:
    """The configuration of stored (line, secret) pairs; a line that is refused is left out.

    RTX reference 2.3: a wrong line of a configuration file is ignored.
    """
    config, section = EMPTY, ""
    for text, secret in lines:
        chosen = section_of(text)
        section = section if text.startswith(" ") else chosen or ""
        if chosen is not None or text in ALL_OFF.values():
            continue
        try:
            config = apply_tokens(
                config, split_line(text), device, secret, loading=True, section=section
            )
        except CommandError:
            continue
    return config


def dump_lines(config: Config) -> list[tuple[str, str]]:
    """The (line, secret) pairs to store, in an order that loads to the same configuration."""
    pairs = list(_shown(config.ordered()))
    first = [pair for pair in pairs if pair[0].startswith(("vlan port", "lan type"))]
    return first + [pair for pair in pairs if pair not in first]


def difference(old: Config, new: Config) -> list[str]:
    """The commands that turn one configuration into another (RTX reference 57.7)."""
    removed = [entry for entry in old.ordered() if entry.key not in new.entries]
    added = [entry for entry in new.ordered() if old.entries.get(entry.key) != entry]
    gone = [text if entry is None else f"no {text}" for text, entry in _selected(removed)]
    return gone + [text for text, _ in _selected(added)]


def _selected(entries: Iterable[Entry]) -> Iterator[tuple[str, Entry | None]]:
    """Lines with their entries, and the `select` lines that they need."""
    section = ""
    for entry in entries:
        if entry.section != section:
            kind = (entry.section or section).partition(" ")[0]
            yield f"{kind} select {entry.section.partition(' ')[2] or 'none'}", None
        section = entry.section
        yield entry.text, entry


def require(condition: bool, fault: Fault) -> None:
    """Refuse a command unless something holds."""
    if not condition:
        raise CommandError(fault)
