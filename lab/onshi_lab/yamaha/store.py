"""A configuration as a frozen set of lines, in the order and with the masks of `show config`."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from .commands import Line, parse_config_line
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

    @property
    def text(self) -> str:
        """The line as `show config` has it."""
        return " ".join(_show(token) for token in self.line.tokens)


def _show(token: str) -> str:
    return quote_token(token)


def _order(entry: Entry) -> tuple[object, ...]:
    command = entry.line.command
    name = entry.line.tokens[: len(command.words)]
    places = [
        token for leaf, token in zip(command.words, name, strict=True) if leaf.check is not None
    ]
    rest = " ".join(entry.line.key[len(name) :])
    return (command.group, *_natural(places[0] if places else ""), command.index, *_natural(rest))


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
        return tuple(sorted(self.entries.values(), key=_order))

    def lines(self) -> tuple[str, ...]:
        """The lines of `show config`, secrets masked."""
        return tuple(entry.text for entry in self.ordered())

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
        return Config(MappingProxyType({**self.entries, entry.line.key: entry}))

    def lacking(self, *keys: Key) -> Config:
        """This configuration without the entries of these keys."""
        left = {key: entry for key, entry in self.entries.items() if key not in keys}
        return Config(MappingProxyType(left))

    @property
    def divided(self) -> bool:
        """Whether LAN1 is divided into VLAN interfaces."""
        return "port-based-option=divide-network" in self.get("lan", "type", "lan1")

    def context(self, device: Device, *, loading: bool = False) -> Context:
        """The context in which the next line is read."""
        return Context(device, self.divided, loading)


EMPTY = Config()


def _keys_to_remove(config: Config, line: Line) -> tuple[Key, ...]:
    """A key given in full removes one line; `no ip filter set NAME` every line it begins."""
    return tuple(key for key in config.entries if key == line.key) or tuple(
        key
        for key, entry in config.entries.items()
        if entry.line.command.name == line.command.name
        and line.command.keyed
        and key[: len(line.key)] == line.key
    )


def apply_tokens(
    config: Config,
    tokens: Sequence[str],
    device: Device,
    secret: str = "",
    *,
    loading: bool = False,
) -> Config:
    """The configuration after one command line (`no …` too); raises CommandError."""
    context = config.context(device, loading=loading)
    if tokens[0] == "no":
        line = parse_config_line(tokens[1:], context, removal=True)
        after = config.lacking(*_keys_to_remove(config, line))
    else:
        line = parse_config_line(tokens, context)
        after = config.having(Entry(_settle(line), secret))
    return _moved(config, after, device)


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
    config = EMPTY
    for text, secret in lines:
        try:
            config = apply_tokens(config, split_line(text), device, secret, loading=True)
        except CommandError:
            continue
    return config


def dump_lines(config: Config) -> list[tuple[str, str]]:
    """The (line, secret) pairs to store, in an order that loads to the same configuration."""
    pairs = [(entry.text, entry.secret) for entry in config.ordered()]
    first = [pair for pair in pairs if pair[0].startswith(("vlan port", "lan type"))]
    return first + [pair for pair in pairs if pair not in first]


def difference(old: Config, new: Config) -> list[str]:
    """The commands that turn one configuration into another (RTX reference 57.7)."""
    removed = [entry for entry in old.ordered() if entry.line.key not in new.entries]
    added = [entry for entry in new.ordered() if old.entries.get(entry.line.key) != entry]
    return [f"no {entry.text}" for entry in removed] + [entry.text for entry in added]


def require(condition: bool, fault: Fault) -> None:
    """Refuse a command unless something holds."""
    if not condition:
        raise CommandError(fault)
