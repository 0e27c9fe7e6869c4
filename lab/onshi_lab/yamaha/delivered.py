"""The configuration a router comes with: what NTT staged, and what somebody typed into it since."""

from __future__ import annotations

from dataclasses import dataclass, field

from .grammar import split_line
from .messages import ERRORS, CommandError, Fault
from .models import Device
from .operations import find_operation
from .store import ALL_OFF, EMPTY, Config, apply_tokens, seal_password, section_of
from .typed import after_line


class RefusedLine(Exception):
    """A line that was to be typed into the router is refused; the text names line and reason."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the staging firm puts in: passwords, host key, and the settings that sites vary."""

    password: str = field(repr=False)
    host_key: str = field(repr=False)
    language: str = "ja"
    address: str = "10.51.1.1/24"
    user: str = "onshi"
    unnamed: str = field(default="", repr=False)
    """The unnamed user's password; '': it has none."""
    admin: str = field(default="", repr=False)
    """The administrator's, where it is another one."""


def staged_default(device: Device, delivery: Delivery) -> Config:
    """The configuration of a start pack router: an address on LAN1, SSH on, one user.

    Raises RefusedLine where the router can't have such an address or user.
    """
    sealed = seal_password(delivery.password)
    lines: list[tuple[str, str]] = [
        ("administrator password *", seal_password(delivery.admin or delivery.password)),
        (f"login user {delivery.user} *", sealed),
        (f"ip lan1 address {delivery.address}", ""),
        ("telnetd service off", ""),
        ("sshd host key generate *", delivery.host_key),
        ("sshd service on", ""),
    ]
    if delivery.unnamed:
        lines.append(("login password *", seal_password(delivery.unnamed)))
    if device.model.numbered_administrator:
        lines.append((f"user attribute {delivery.user} administrator=1", ""))
    if device.model.name == "RTX840":
        lines.append(("sshd auth method all", ""))
    if delivery.language == "en":
        lines.append(("console character en.ascii", ""))
    config = EMPTY
    for line, secret in lines:
        config = _taken(config, line, device, secret)
    return config


def _taken(config: Config, line: str, device: Device, secret: str) -> Config:
    try:
        return apply_tokens(config, split_line(line), device, secret, loading=True)
    except CommandError as error:
        raise RefusedLine(
            f"{device.model.name} can't be delivered with `{line}`: {ERRORS['en'][error.fault]}."
        ) from None


def with_typed(config: Config, text: str, device: Device, source: str) -> Config:
    """The configuration after lines that an administrator typed; blanks and `#` lines are none.

    Raises RefusedLine with the place (`source` and line number) at the first line that is refused.
    """
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        words = " ".join(line.split())
        if not words or words.startswith("#") or words in ALL_OFF.values():
            continue
        chosen = section_of(words)
        if chosen is not None:
            section = chosen
            continue
        try:
            config = _typed(config, line, device, section)
        except CommandError as error:
            raise RefusedLine(
                f"{source} line {number}, `{line.strip()}`: {ERRORS['en'][error.fault]}."
            ) from None
    return config


def _typed(config: Config, line: str, device: Device, section: str) -> Config:
    """After one line; what the console takes as an operation is no configuration."""
    tokens = split_line(line)
    if not tokens or find_operation(tokens, device) is not None:
        raise CommandError(Fault.COMMAND)
    return after_line(config, tokens, device, section=section)
