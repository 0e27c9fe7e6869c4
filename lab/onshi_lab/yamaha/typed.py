"""What a line typed at the console makes of a configuration, with what a line alone can't tell."""

from __future__ import annotations

from collections.abc import Sequence

from .commands import parse_config_line
from .messages import Fault
from .models import Device
from .params import expand_ports
from .schedule import FORBIDDEN, parse_schedule
from .store import Config, apply_tokens, require, seal_password


def after_line(
    config: Config, tokens: Sequence[str], device: Device, secret: str = "", section: str = ""
) -> Config:
    """The configuration after one typed command; raises CommandError if it is refused."""
    masked = _masked(config, tokens, device)
    after = apply_tokens(
        config,
        masked,
        device,
        _secret(tokens, secret),
        loading=masked is not tokens,
        section=section,
    )
    _check(tokens, after)
    return after


def _masked(config: Config, tokens: Sequence[str], device: Device) -> Sequence[str]:
    """A one-line `login user` with its password checked and then masked."""
    if list(tokens[:2]) != ["login", "user"] or len(tokens) < 4:
        return tokens
    parse_config_line(tokens, config.context(device))
    return (*tokens[:3], "*")


def _secret(tokens: Sequence[str], secret: str) -> str:
    if list(tokens[:2]) == ["login", "user"] and len(tokens) == 4:
        return seal_password(tokens[3])
    return secret


def _check(tokens: Sequence[str], after: Config) -> None:
    """Refuse what a line alone can't tell: limits and combinations."""
    if tokens[0] == "no":
        return
    if list(tokens[:2]) == ["sshd", "service"] and tokens[2] == "on":
        require(bool(after.get("sshd", "host", "key", "generate")), Fault.CONFLICT)
    if list(tokens[:2]) == ["login", "user"]:
        require(len(list(after.under("login", "user"))) <= 32, Fault.LIMIT)
    if "filter" in tokens and "secure" in tokens:
        require(len(tokens) <= 129 + 6, Fault.LIMIT)
    if list(tokens[:2]) == ["schedule", "at"]:
        command = parse_schedule(after.entries[("schedule", "at", str(int(tokens[2])))]).command
        require(not command.startswith(FORBIDDEN), Fault.KEYWORD)
    if list(tokens[:2]) == ["lan", "flexible-port"]:
        check_flexible(after)


def check_flexible(config: Config) -> None:
    """Every port on exactly one LAN interface, one at least on LAN1 (RTX reference 53.1)."""
    ports: list[int] = []
    names: list[str] = []
    for token in config.get("lan", "flexible-port"):
        name, _, text = token.partition("=")
        names.append(name)
        ports += expand_ports(text)
    require(sorted(ports) == list(range(1, 11)) and "lan1" in names, Fault.RANGE)
    require(len(set(names)) == len(names), Fault.KEYWORD)
