"""The commands that are not configuration: levels, saving, restarting, showing, measuring.

Each is a row of `OPERATIONS`; what a user (not administrator) may run says so. RTX reference 56 to
59.
"""

from __future__ import annotations

import asyncio
import ipaddress
import string
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import TYPE_CHECKING

from . import params, shows
from .grammar import Context, compile_grammar, match_tokens
from .hostkey import fingerprint, key_bits, public_line
from .machine import Route
from .messages import TEXTS, CommandError, Fault
from .models import Device
from .params import port_layout
from .store import Config, difference, load_lines, password_fits, require, seal_password

if TYPE_CHECKING:
    from .console import Console

Arguments = Sequence[str]
Run = Callable[["Console", Arguments], Awaitable[None]]
Lines = Callable[["Console", Arguments], Awaitable[list[str]]]


class Ended(Exception):
    """The session is over by logout."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation command: its words, who may run it, since which feature, and what it does."""

    name: str
    run: Run
    user_level: bool = False
    feature: str = ""
    models: tuple[str, ...] = ()
    lines: Lines | None = None


def checked(console: Console, arguments: Arguments, grammar: str) -> list[str]:
    """The arguments in canonical form under a grammar; raises CommandError."""
    context = console.router.running.context(console.router.device)
    node = compile_grammar(grammar, params.CHECKS.__getitem__)
    return [value.text for value in match_tokens(node, arguments, context)]


def _texts(console: Console) -> dict[str, str]:
    return dict(TEXTS[console.look().language])


# -- levels and passwords --------------------------------------------------------------------------


async def _administrator(console: Console, arguments: Arguments) -> None:
    require(not arguments, Fault.COUNT)
    router, session = console.router, console.session
    level = router.attribute(session.user, "administrator", "1")
    require(level != "off", Fault.ADMINISTRATOR)
    if level != "2":
        typed = await console.terminal.ask("Password: ")
        sealed = router.running.secret("administrator", "password")
        if not password_fits(typed, sealed):
            router.note(f"'administrator' failed for SSH: {session.peer} {session.user}")
            raise CommandError(Fault.DENIED)
    session.administrator = True
    router.note(f"'administrator' succeeded for SSH: {session.peer} {session.user}")


async def _exit(console: Console, arguments: Arguments) -> None:
    router, session = console.router, console.session
    checked(console, arguments, "[ save ]")
    if not session.administrator:
        require(not arguments, Fault.ADMINISTRATOR)
        raise Ended
    if arguments or (router.dirty and await console.terminal.confirm(_texts(console)["ask-save"])):
        await _save(console, ())
    session.administrator = False


async def _new_password(console: Console, name: str) -> None:
    """Ask for the old and, twice, the new password (prompts of an RTX1300 log), and set it."""
    router, terminal = console.router, console.terminal
    old = await terminal.ask("Old_Password: ")
    require(password_fits(old, router.running.secret(name, "password")), Fault.DENIED)
    new = await terminal.ask("New_Password: ")
    again = await terminal.ask("New_Password(Confirm): ")
    require(new == again, Fault.DENIED)
    if not new:
        await router.adopt(router.running.lacking((name, "password")))
        return
    context = Context(router.device)
    require(params.check_password(new, context), Fault.RANGE)
    terminal.say(f"Password Strength : {password_strength(new)}\n")
    await router.configure((name, "password", "*"), seal_password(new))


def password_strength(password: str) -> str:
    """How strong the console calls a password.

    Only the word `Strong` is published, the rule is inference.
    """
    groups = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation)
    used = sum(any(char in group for char in password) for group in groups)
    if len(password) < 8 or used < 2:
        return "Weak"
    return "Strong" if used >= 3 else "Normal"


async def _administrator_password(console: Console, arguments: Arguments) -> None:
    require(not arguments, Fault.COUNT)
    await _new_password(console, "administrator")


async def _login_password(console: Console, arguments: Arguments) -> None:
    require(not arguments, Fault.COMMAND)
    await _new_password(console, "login")


async def _login_user(console: Console, arguments: Arguments) -> None:
    """`login user NAME` without a password asks for it (RTX reference 4.5)."""
    user = checked(console, arguments, "<user>")[0]
    password = await console.terminal.ask("New_Password: ")
    again = await console.terminal.ask("New_Password(Confirm): ")
    require(password == again, Fault.DENIED)
    await console.router.configure(("login", "user", user, password))


async def _select_peer(console: Console, arguments: Arguments) -> None:
    """`pp select N`: the lines that follow are that peer's (RTX reference 56.1)."""
    chosen = checked(console, arguments, "<int:1-100> | none")[0]
    console.session.section = "" if chosen == "none" else f"pp {chosen}"


async def _select_tunnel(console: Console, arguments: Arguments) -> None:
    """`tunnel select N`: the lines that follow are that tunnel's (RTX reference 56.2)."""
    chosen = checked(console, arguments, "<int:1-100> | none")[0]
    console.session.section = "" if chosen == "none" else f"tunnel {chosen}"


async def _generate_key(console: Console, arguments: Arguments) -> None:
    device = console.router.device
    wide = device.has("key-bits")
    words = checked(console, arguments, "[ bit=<word:1024,2048> ]" if wide else "")
    bits = int(words[0][4:]) if words else device.model.default_key_bits
    texts = _texts(console)
    has_key = bool(console.router.running.get("sshd", "host", "key", "generate"))
    if has_key and not await console.terminal.confirm(texts["ask-key"]):
        return
    console.terminal.say(texts["making-key"] + "\n")
    await console.router.generate_host_key(bits)


async def _disconnect(console: Console, arguments: Arguments) -> None:
    require(1 <= len(arguments) <= 2, Fault.COUNT)
    user, _, kind = arguments[0].partition("/")
    number = arguments[1] if len(arguments) == 2 else ""
    require(kind in ("", "ssh", "telnet", "http"), Fault.KEYWORD)
    for session in list(console.router.sessions.values()):
        if session is console.session or session.user != user:
            continue
        if kind in ("", "ssh") and number in ("", str(session.number)):
            session.close()


# -- saving and starting ---------------------------------------------------------------------------


async def _save(console: Console, arguments: Arguments) -> None:
    words = checked(console, arguments, "[ <int:0-4> [ <text:200> ] ]")
    router = console.router
    number = router.save(int(words[0]) if words else None, words[1] if len(words) > 1 else "")
    router.disarm(console.session)
    console.terminal.say(_texts(console)["saving"].format(number=number) + "\n")


async def _restart(console: Console, arguments: Arguments) -> None:
    second = console.router.device.model.has_second_firmware
    words = checked(
        console, arguments, "[ <int:0-1> [ <int:0-4> ] ]" if second else "[ <int:0-4> ]"
    )
    config = words[1:] if second else words
    console.terminal.say(_texts(console)["restarting"] + "\n")
    await console.router.restart(int(config[0]) if config else None)


async def _cold_start(console: Console, arguments: Arguments) -> None:
    require(not arguments, Fault.COUNT)
    typed = await console.terminal.ask("Password: ")
    sealed = console.router.running.secret("administrator", "password")
    require(password_fits(typed, sealed), Fault.DENIED)
    await console.router.cold_start()


async def _rollback(console: Console, arguments: Arguments) -> None:
    seconds = checked(console, arguments, "<int:1-21474836>")[0]
    console.router.arm_rollback(console.session, float(seconds))


async def _confirm(console: Console, arguments: Arguments) -> None:
    require(not arguments, Fault.COUNT)
    console.router.disarm(console.session)


async def _load(console: Console, arguments: Arguments) -> None:
    words = checked(
        console,
        arguments,
        "[ config ] <int:0-4> ( difference | silent | interactive | no-configure-refresh |"
        " no-key-generate | rollback-timer=<int:120-21474836> )*",
    )
    router = console.router
    number = next(int(word) for word in words if word.isdigit())
    wanted = _stored(console, number)
    timer = [word for word in words if word.startswith("rollback-timer=")]
    router.disarm(console.session)
    if timer:
        router.arm_rollback(console.session, float(timer[0].partition("=")[2]))
    if "silent" not in words:
        await console.terminal.page(difference(router.running, wanted))
    await router.adopt(wanted)


def _stored(console: Console, number: int) -> Config:
    router = console.router
    require(number in router.saved, Fault.NO_CONFIG)
    return load_lines(router.saved[number].pairs, router.device)


async def _delete_config(console: Console, arguments: Arguments) -> None:
    word = checked(console, arguments, "all | <int:0-4>")[0]
    router = console.router
    for number in list(router.saved):
        if word in ("all", str(number)):
            del router.saved[number]


async def _default_config(console: Console, arguments: Arguments) -> None:
    number = int(checked(console, arguments, "<int:0-4>")[0])
    require(number in console.router.saved, Fault.NO_CONFIG)
    console.router.default_number = number


async def _interface_reset(console: Console, arguments: Arguments) -> None:
    await console.router.machine.bounce(checked(console, arguments, "<lan>+"))


# -- the clock -------------------------------------------------------------------------------------


async def _date(console: Console, arguments: Arguments) -> None:
    require(len(arguments) == 1, Fault.COUNT)
    try:
        day = date.fromisoformat(arguments[0].replace("/", "-"))
    except ValueError:
        raise CommandError(Fault.RANGE) from None
    router = console.router
    router.clock_ahead += timedelta(days=(day - router.now().date()).days)


async def _time(console: Console, arguments: Arguments) -> None:
    require(len(arguments) == 1, Fault.COUNT)
    try:
        wanted = time.fromisoformat(arguments[0])
    except ValueError:
        raise CommandError(Fault.RANGE) from None
    router = console.router
    now = router.now()
    target = now.replace(hour=wanted.hour, minute=wanted.minute, second=wanted.second)
    router.clock_ahead += target - now


async def _ntpdate(console: Console, arguments: Arguments) -> None:
    words = checked(console, arguments, "<host> [ syslog ]")
    if not await console.router.set_by_ntp(words[0]):
        raise CommandError(Fault.UNKNOWN_HOST)
    console.terminal.say(f"{console.router.now():%Y/%m/%d %H:%M:%S}\n")


# -- measuring -------------------------------------------------------------------------------------

_PING_GRAMMAR = (
    "( -s <int:1-65535> | -c <int:1-21474836> | -sa <{family}> | -w <text:6> )*"
    " ( <{family}> | <host> )"
)


def ping_arguments(words: Sequence[str], family: int) -> list[str]:
    """The system ping's arguments for the router's `ping`/`ping6` (RTX reference 56.7.9)."""
    translated = [f"-{family}", "-n"]
    options = {"-s": "-s", "-c": "-c", "-sa": "-I", "-w": "-i"}
    pairs = list(zip(words[:-1:2], words[1:-1:2], strict=True))
    for option, value in pairs:
        translated += [options[option], value]
    if not any(option == "-w" for option, _ in pairs):
        translated += ["-i", "1"]
    return [*translated, "-W", "1", words[-1]]


async def _ping(console: Console, arguments: Arguments) -> None:
    await _run_ping(console, arguments, 4)


async def _ping6(console: Console, arguments: Arguments) -> None:
    words = list(arguments)
    context = console.router.running.context(console.router.device)
    names = context.device.lan_names + context.device.vlan_names
    zone = ""
    if len(words) > 1 and words[-1] in names:
        zone = words.pop()
    elif words and "%" in words[-1]:
        words[-1], _, zone = words[-1].partition("%")
    await _run_ping(console, words, 6, zone)


async def _run_ping(console: Console, arguments: Arguments, family: int, zone: str = "") -> None:
    words = checked(console, arguments, _PING_GRAMMAR.format(family=f"ipv{family}"))
    target = words[-1] + (f"%{zone}" if zone else "")
    if not _is_address(words[-1]):
        kind = "A" if family == 4 else "AAAA"
        found = await console.router.machine.lookup(words[-1], kind, "", False, True)
        require(bool(found), Fault.UNKNOWN_HOST)
        target = found[0]
    lines = console.router.machine.ping(ping_arguments([*words[:-1], target], family))
    await _until_interrupted(console, _pump(console, lines))


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True


async def _pump(console: Console, lines: AsyncIterator[str]) -> None:
    async for line in lines:
        console.terminal.say(ping_line(line) + "\n")


def ping_line(line: str) -> str:
    """A line of the system's ping in the router's words (their shape is inference)."""
    if " bytes from " in line:
        _, _, rest = line.partition(" bytes from ")
        address, _, tail = rest.partition(": ")
        fields = dict(part.split("=", 1) for part in tail.split() if "=" in part)
        sequence = int(fields.get("icmp_seq", "1")) - 1
        return (
            f"received from {address}: icmp_seq={sequence} "
            f"ttl={fields.get('ttl', fields.get('hlim', '64'))} time={fields.get('time', '0')}ms"
        )
    if "packets transmitted" in line:
        sent, received, *_ = line.split(",")
        lost = line.split(",")[-2].strip() if "loss" in line.split(",")[-2] else "0% packet loss"
        return f"\n{sent.strip()}, {received.strip()}, {lost}"
    if line.startswith("rtt "):
        return (
            "round-trip min/avg/max = "
            + "/".join(line.split("=")[1].split("/")[:3]).strip()
            + " ms"
        )
    return ""


async def _until_interrupted(console: Console, work: Awaitable[None]) -> None:
    """Run work until it ends or Ctrl-C is pressed; other keys stay typed for later."""
    task = asyncio.ensure_future(work)
    interrupted = asyncio.ensure_future(console.interrupt())
    try:
        await asyncio.wait({task, interrupted}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in (task, interrupted):
            one.cancel()
        await asyncio.gather(task, interrupted, return_exceptions=True)


async def _nslookup(console: Console, arguments: Arguments) -> None:
    device = console.router.device
    options = (
        "[ server=<ip> [ edns=<switch> ] ] [ type=<word:A,AAAA,A+AAAA,PTR,auto> ]"
        " [ cache=<switch> ]"
    )
    grammar = "<host> " + options if device.has("nslookup-options") else "<host>"
    host, *rest = checked(console, arguments, grammar)
    given = dict(word.split("=", 1) for word in rest)
    kinds = _lookup_kinds(given.get("type", "auto"), host, device)
    found: list[str] = []
    for kind in kinds:
        found += await console.router.machine.lookup(
            host,
            kind,
            given.get("server", ""),
            given.get("edns") == "on",
            given.get("cache", "on") == "on",
        )
    require(bool(found), Fault.UNKNOWN_HOST)
    await console.terminal.page(found)


def _lookup_kinds(kind: str, host: str, device: Device) -> tuple[str, ...]:
    if kind == "auto":
        kind = "PTR" if _is_address(host) else "A+AAAA"
    kinds = tuple(kind.split("+"))
    if not device.has("nslookup-aaaa"):
        kinds = tuple(one for one in kinds if one != "AAAA")
    return kinds


async def _clear(console: Console, arguments: Arguments) -> None:
    words = " ".join(arguments)
    known = {"arp": "arp", "ipv6 neighbor cache": "neighbours", "dns cache": "dns-cache"}
    require(words == "log" or words in known, Fault.COMMAND)
    if words == "log":
        console.router.log.clear()
    else:
        await console.router.machine.clear(known[words])


# -- showing ---------------------------------------------------------------------------------------


async def _show_config(console: Console, arguments: Arguments) -> list[str]:
    words = checked(console, arguments, "[ <int:0-4> ]")
    router = console.router
    if not words:
        return shows.show_config(router.device, router.running, router.now())
    wanted = _stored(console, int(words[0]))
    await _ask_stored_passwords(console, wanted)
    return shows.show_config(router.device, wanted, router.now())


async def _ask_stored_passwords(console: Console, wanted: Config) -> None:
    """Showing a stored configuration asks for its passwords first (RTX reference 57.2, 57.7)."""
    for name, prompt in (
        ("login", "Login Password: "),
        ("administrator", "Administrator Password: "),
    ):
        sealed = wanted.secret(name, "password")
        if sealed:
            typed = await console.terminal.ask(prompt)
            require(password_fits(typed, sealed), Fault.DENIED)


async def _show_config_list(console: Console, arguments: Arguments) -> list[str]:
    require(not arguments, Fault.COUNT)
    router = console.router
    head = "No.   Date       Time     Size   Sects   Comment"
    rows = [head, "----- ---------- -------- ------ ------- " + "-" * 36]
    for number, one in sorted(router.saved.items()):
        size = sum(len(line) + 2 for line, _ in one.pairs)
        mark = "*" if number == router.default_number else " "
        rows.append(f"{mark} {number}   {one.when} {size:>6} 255/255 {one.comment}")
    return [*rows, "----- ---------- -------- ------ ------- " + "-" * 36]


async def _show_difference(console: Console, arguments: Arguments) -> list[str]:
    one = "( - | [ config ] <int:0-4> )"
    words = [word for word in checked(console, arguments, f"[ {one} ] {one}") if word != "config"]
    sides = words if len(words) == 2 else ["-", *words]
    configs: list[Config] = []
    for side in sides:
        if side == "-":
            configs.append(console.router.running)
        else:
            configs.append(_stored(console, int(side)))
            await _ask_stored_passwords(console, configs[-1])
    return difference(*configs)


async def _show_environment(console: Console, arguments: Arguments) -> list[str]:
    checked(console, arguments, "[ detail ]")
    router = console.router
    numbers = (router.booted_number, router.default_number)
    return shows.show_environment(router.device, router.running, numbers, router.now(), router.up())


async def _show_interface(console: Console, arguments: Arguments) -> list[str]:
    require(len(arguments) == 1, Fault.COUNT)
    router = console.router
    require(arguments[0] in router.device.lan_names + router.device.vlan_names, Fault.KEYWORD)
    status = await router.machine.status()
    return shows.show_interface(
        arguments[0],
        router.device,
        router.running,
        status,
        console.look().language,
        router.layout.get(arguments[0], ()),
    )


async def _show_users(console: Console, arguments: Arguments) -> list[str]:
    require(not arguments, Fault.COUNT)
    head = {
        "ja": (
            "   (*: 自分自身のユーザー情報, +: 管理者モード, @: RADIUSでの認証)",
            "   ユーザー名         接続種別    ログイン      アイドル    IPアドレス",
        ),
        "en": (
            "   (*: current user, +: administrator mode, @: authenticated via RADIUS)",
            "   username        connection login time   idle       IP address",
        ),
    }[console.look().language]
    clock = asyncio.get_running_loop().time()
    rows = [*head, "-" * 79]
    for one in sorted(console.router.sessions.values(), key=lambda session: session.number):
        marks = ("*" if one is console.session else " ") + ("+" if one.administrator else " ")
        idle = timedelta(seconds=int(max(0.0, clock - one.last_key)))
        rows.append(
            f"{marks} {one.user:<16}{f'ssh{one.number}':<11}{one.since:%m/%d %H:%M}"
            f"  {idle}    {one.peer}"
        )
    return rows


async def _show_dhcp(console: Console, arguments: Arguments) -> list[str]:
    checked(console, arguments, "[ summary ] [ <int:1-65535> ]")
    status = await console.router.machine.status()
    return shows.show_dhcp(console.router.running, status.leases, console.look().language)


async def _show_dhcp6(console: Console, arguments: Arguments) -> list[str]:
    require(not arguments, Fault.COUNT)
    config, device = console.router.running, console.router.device
    names = [
        name
        for name in device.lan_names + device.vlan_names
        if config.word("", "ipv6", name, "dhcp", "service") == "server"
    ]
    return shows.show_dhcp6((await console.router.machine.status()).dhcp6, names)


async def _show_ip_route(console: Console, arguments: Arguments) -> list[str]:
    words = checked(console, arguments, "[ detail | summary | <ipv4> ]")
    routes = [
        route for route in (await console.router.machine.status()).routes if ":" not in _end(route)
    ]
    if words == ["summary"]:
        return _route_summary([route.kind for route in routes])
    if words and words[0] not in ("detail", "summary"):
        target = ipaddress.IPv4Address(words[0])
        routes = [route for route in routes if _covers(route.destination, target)][-1:]
    return shows.show_ip_route(routes)


def _end(route: Route) -> str:
    return f"{route.gateway} {route.destination}"


def _covers(destination: str, target: ipaddress.IPv4Address) -> bool:
    text = "0.0.0.0/0" if destination == "default" else destination
    return target in ipaddress.IPv4Network(text, strict=False)


def _route_summary(kinds: Sequence[str]) -> list[str]:
    names = ("static", "implicit", "temporary")
    rows = ["Protocol   Active    Hidden", "-" * 29]
    rows += [f"{name.capitalize():<10}{kinds.count(name):>7}         0" for name in names]
    return [*rows, "-" * 29, f"{'Total':<10}{len(kinds):>7}         0"]


async def _show_ipv6_route(console: Console, arguments: Arguments) -> list[str]:
    words = checked(console, arguments, "[ detail | summary ]")
    routes = [
        route for route in (await console.router.machine.status()).routes if ":" in _end(route)
    ]
    if words == ["summary"]:
        return _route_summary([route.kind for route in routes])
    return shows.show_ipv6_route(routes)


def layer3_names(console: Console) -> list[str]:
    """The interfaces that exist now: lan1 or the VLANs it is divided into, and the other LANs."""
    device = console.router.device
    if console.router.running.divided:
        return [*device.vlan_names, *device.lan_names[1:]]
    return list(device.lan_names)


async def _show_ipv6_address(console: Console, arguments: Arguments) -> list[str]:
    words = checked(console, arguments, "[ <interface> ]")
    status = await console.router.machine.status()
    names = words or [
        name
        for name in layer3_names(console)
        if name in status.links or any(one.interface == name for one in status.addresses)
    ]
    six = tuple(one for one in status.addresses if ":" in one.text)
    return shows.show_ipv6_addresses(names, replace(status, addresses=six), console.look().language)


async def _show_arp(console: Console, arguments: Arguments) -> list[str]:
    words = checked(console, arguments, "[ <interface> ]")
    status = await console.router.machine.status()
    return shows.show_arp(status, words[0] if words else None, console.look().language)


async def _show_neighbours(console: Console, arguments: Arguments) -> list[str]:
    by_interface = console.router.device.has("neighbor-interface")
    words = checked(console, arguments, "[ <interface> ] [ summary ]" if by_interface else "")
    names = [word for word in words if word != "summary"]
    status = await console.router.machine.status()
    return shows.show_neighbours(
        status, names[0] if names else None, console.look().language, summary="summary" in words
    )


async def _show_log(console: Console, arguments: Arguments) -> list[str]:
    words = checked(console, arguments, "[ saved ] [ reverse ]")
    log = list(console.router.log)
    return log[::-1] if "reverse" in words else log


async def _show_public_key(console: Console, arguments: Arguments) -> list[str]:
    wide = console.router.device.has("key-bits")
    words = checked(console, arguments, "[ fingerprint ]" if wide else "")
    pem = _host_key(console)
    line = public_line(pem)
    if not words:
        return [line]
    return [f"{line.split()[0]} {_bits(pem)} {fingerprint(pem, 'md5').removeprefix('MD5:')}"]


async def _show_host_key(console: Console, arguments: Arguments) -> list[str]:
    words = checked(
        console, arguments, "[ ( fingerprint | type=fingerprint ) [ <word:md5,sha256> ] ]"
    )
    pem = _host_key(console)
    line = public_line(pem)
    if not words:
        return [line]
    algorithm = words[1] if len(words) > 1 else "sha256"
    return [f"{line.split()[0]} {_bits(pem)} {fingerprint(pem, algorithm)}"]


def _host_key(console: Console) -> str:
    pem = console.router.running.secret("sshd", "host", "key", "generate")
    require(bool(pem), Fault.CONFLICT)
    return pem


def _bits(pem: str) -> int:
    return key_bits(pem)


async def _show_ip_filter(console: Console, arguments: Arguments) -> list[str]:
    name, *way = checked(console, arguments, "<interface> [ <word:in,out> ]")
    return shows.show_secure_filter(console.router.running, "ip", name, way[0] if way else "")


async def _show_ipv6_filter(console: Console, arguments: Arguments) -> list[str]:
    name, *way = checked(console, arguments, "<interface> [ <word:in,out> ]")
    return shows.show_secure_filter(console.router.running, "ipv6", name, way[0] if way else "")


async def _show_flexible(console: Console, arguments: Arguments) -> list[str]:
    words = checked(console, arguments, "[ <lan> ]")
    router = console.router
    ports = port_layout(router.device, router.running.get("lan", "flexible-port"))
    return shows.show_flexible_ports(words[0] if words else "", ports)


async def _show_command(console: Console, arguments: Arguments) -> list[str]:
    require(not arguments, Fault.COUNT)
    return console.hint("")


async def _help(console: Console, arguments: Arguments) -> None:
    require(not arguments, Fault.COUNT)
    await console.terminal.page(console.hint(""))


def _shown(name: str, lines: Lines, **options: object) -> Operation:
    async def run(console: Console, arguments: Arguments) -> None:
        await console.terminal.page(await lines(console, arguments))

    return Operation(name, run, lines=lines, **options)  # type: ignore[arg-type]


_ANONYMOUS = ("NVR510", "RTX830", "RTX1210", "RTX1220")

OPERATIONS: tuple[Operation, ...] = (
    Operation("administrator", _administrator, user_level=True),
    Operation("exit", _exit, user_level=True),
    Operation("quit", _exit, user_level=True),
    Operation("help", _help, user_level=True),
    Operation("administrator password", _administrator_password),
    Operation("login password", _login_password, models=_ANONYMOUS),
    Operation("login user", _login_user),
    Operation("sshd host key generate", _generate_key),
    Operation("disconnect user", _disconnect),
    Operation("pp select", _select_peer),
    Operation("tunnel select", _select_tunnel),
    Operation("save", _save),
    Operation("restart", _restart),
    Operation("cold start", _cold_start),
    Operation("rollback timer", _rollback, feature="rollback"),
    Operation("confirm", _confirm, feature="rollback"),
    Operation("load", _load, feature="rollback"),
    Operation("delete config", _delete_config),
    Operation("set-default-config", _default_config),
    Operation("interface reset", _interface_reset),
    Operation("date", _date),
    Operation("time", _time),
    Operation("ntpdate", _ntpdate),
    Operation("ping", _ping),
    Operation("ping6", _ping6),
    Operation("nslookup", _nslookup),
    Operation("clear", _clear),
    _shown("show config", _show_config),
    _shown("less config", _show_config),
    _shown("show config list", _show_config_list),
    _shown("less config list", _show_config_list),
    _shown("show config difference", _show_difference, feature="rollback"),
    _shown("show environment", _show_environment, user_level=True),
    _shown("show status", _show_interface, user_level=True),
    _shown("show status user", _show_users, user_level=True),
    _shown("show status dhcp", _show_dhcp, user_level=True),
    _shown("show status ipv6 dhcp", _show_dhcp6, user_level=True),
    _shown("show ip route", _show_ip_route, user_level=True),
    _shown("show ipv6 route", _show_ipv6_route, user_level=True),
    _shown("show ipv6 address", _show_ipv6_address, user_level=True),
    _shown("show arp", _show_arp, user_level=True),
    _shown("show ipv6 neighbor cache", _show_neighbours, user_level=True),
    _shown("show log", _show_log, user_level=True),
    _shown("less log", _show_log, user_level=True),
    _shown("show sshd public key", _show_public_key, user_level=True),
    _shown("show sshd host key", _show_host_key, user_level=True, feature="sshd-auth"),
    _shown("show ip secure filter", _show_ip_filter, user_level=True),
    _shown("show ipv6 secure filter", _show_ipv6_filter, user_level=True),
    _shown("show lan flexible-port", _show_flexible, user_level=True, models=("RTX1300",)),
    _shown("show command", _show_command, user_level=True),
)
"""Every operation command. That `show config` is for administrators alone is an inference."""


def find_operation(tokens: Sequence[str], device: Device) -> Operation | None:
    """The operation with the longest name that the tokens begin with, None when they are none.

    `login user NAME PASSWORD` is configuration; only without a password is it an operation. So is
    `administrator radius auth` (RTX reference 4.7).
    """
    if list(tokens[:2]) == ["administrator", "radius"]:
        return None
    best: Operation | None = None
    for operation in OPERATIONS:
        words = operation.name.split()
        if list(tokens[: len(words)]) != words or not _offered(operation, device):
            continue
        if operation.name == "login user" and len(tokens) != 3:
            continue
        if best is None or len(words) > len(best.name.split()):
            best = operation
    return best


def _offered(operation: Operation, device: Device) -> bool:
    if operation.models and device.model.name not in operation.models:
        return False
    return not operation.feature or device.has(operation.feature)
