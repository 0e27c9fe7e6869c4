"""The command `onshi-lab`: parse, call the engine, print.

Exit codes: 0 good, 1 it failed or the lab is not up, 2 usage.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from onshi_lab import inventory, keyfile, measured
from onshi_lab.errors import LabError, UsageError

# A hyphen would make the namespaces of two labs ambiguous (`a-clinic` + `switch`).
INVENTORY = "ONSHI_INVENTORY"
"""The variable that names the inventory where no option does."""
LAB_NAME = re.compile(r"[a-z][a-z0-9_]{0,15}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="onshi-lab",
        description="Any clinic of an inventory and the network behind it, to rehearse on.",
    )
    top.add_argument("--name", default="lab", help="which lab (default: lab)")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_up(commands.add_parser("up", help="bring a clinic up"))
    commands.add_parser("down", help="take it away; nothing stays behind")
    rehearse = commands.add_parser("rehearse", help="a site's install day from beginning to end")
    rehearse.add_argument("site", metavar="SITE")
    rehearse.add_argument("--on", dest="day", metavar="DAY", help="the day of the visit")
    _add_site(rehearse)
    status = commands.add_parser("status", help="show nodes, addresses, services and faults")
    status.add_argument("--json", action="store_true", help="for programs")
    commands.add_parser("reset", help="router and PCs as unboxed, no faults")
    exchange = commands.add_parser("exchange", help="put a device as delivered in one's place")
    exchange.add_argument("node", metavar="NODE")
    exchange.add_argument("--model", help="another router model than the one before")
    power = commands.add_parser("power", help="switch a device off and on; a PC sleeps and wakes")
    power.add_argument("action", choices=("off", "on", "sleep", "wake"))
    power.add_argument("node", metavar="NODE")
    _add_cable(commands.add_parser("cable", help="pull a cable out, and put it in"))
    pc = commands.add_parser("pc", help="do to a PC what a person or the world could do to it")
    pc.add_argument("node", metavar="NODE")
    pc.add_argument("request", metavar="JSON", help="""such as '{"do": "reboot"}'""")
    console = commands.add_parser("console", help="run PowerShell at a PC, as somebody there")
    console.add_argument("node", metavar="NODE")
    console.add_argument("user", metavar="USER")
    console.add_argument("script", metavar="SCRIPT", help="- reads it from standard input")
    run = commands.add_parser("exec", help="run a command inside a node")
    run.add_argument("node", metavar="NODE")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD ...")
    _add_watch(commands.add_parser("watch", help="cables, packets, power and services, live"))
    _add_fault(commands.add_parser("fault", help="break something, and mend it"))
    export = commands.add_parser("export", help="write a site's wiring for another program")
    export.add_argument("format", choices=("clab",), help="clab: a containerlab topology")
    export.add_argument("site", metavar="SITE")
    _add_inventory(export)
    return top


def _add_inventory(command: argparse.ArgumentParser) -> None:
    folder = os.environ.get(INVENTORY, "inventory")
    command.add_argument(
        "--inventory", metavar="DIR", type=Path, default=Path(folder), help=f"default: {folder}"
    )


def _add_site(command: argparse.ArgumentParser) -> None:
    _add_inventory(command)
    command.add_argument(
        "--secrets",
        metavar="FILE",
        type=Path,
        help="your own passwords: an age file, or NAME=value",
    )


def _add_up(up: argparse.ArgumentParser) -> None:
    _add_site(up)
    up.add_argument("--site", help="a folder of its sites (demo-clinic)")
    up.add_argument(
        "--from-evidence",
        metavar="FILE",
        type=Path,
        help="as a run of onshi verify measured it: its evidence.json",
    )
    up.add_argument(
        "--env-file", metavar="FILE", type=Path, help="write the passwords there, for `source FILE`"
    )
    up.add_argument("--engine", help="what holds the nodes: namespaces (default), docker or podman")
    up.add_argument(
        "--powershell",
        metavar="PATH",
        type=Path,
        help="a real engine for the PCs' PowerShell: pwsh 7, or the hosted engine's ask",
    )
    up.add_argument("--model", help="another router model than the site's")
    up.add_argument("--firmware", help="another firmware revision, such as 15.02.31")
    up.add_argument("--language", choices=("ja", "en"), help="language of the router's messages")
    up.add_argument(
        "--drop-is-logout",
        action="store_true",
        help="a dropped SSH session counts as a logout for the router's rollback timer",
    )

    up.add_argument(
        "--router-config",
        metavar="FILE",
        type=Path,
        help="what somebody typed into the router before, on top of the delivered configuration",
    )
    up.add_argument(
        "--laptops", metavar="N", help=f"how many technicians are there: {inventory.LAPTOPS}"
    )


def _add_fault(fault: argparse.ArgumentParser) -> None:
    actions = fault.add_subparsers(dest="action", required=True, metavar="list|set|clear")
    listing = actions.add_parser("list", help="all faults")
    listing.add_argument("--json", action="store_true", help="for programs")
    actions.add_parser("set", help="set one").add_argument("fault", metavar="NAME")
    actions.add_parser("clear", help="clear one, or all").add_argument(
        "fault", metavar="NAME", nargs="?"
    )


def _add_cable(cable: argparse.ArgumentParser) -> None:
    actions = cable.add_subparsers(dest="action", required=True, metavar="list|out|in")
    actions.add_parser("list", help="all cables, and which are out")
    for action, does in (("out", "pull one out"), ("in", "put one in")):
        actions.add_parser(action, help=does).add_argument("cable", metavar="NODE:SOCKET")


def _add_watch(watch: argparse.ArgumentParser) -> None:
    watch.add_argument(
        "--for", dest="seconds", type=float, metavar="SECONDS", help="end by itself after that"
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code."""
    arguments = parser().parse_args(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        code = _nobody_reads()
    except LabError as error:
        print(f"onshi-lab: {error}", file=sys.stderr)
        code = error.exit_code
    except OSError as error:
        print(f"onshi-lab: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("onshi-lab: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)


def _nobody_reads() -> int:
    """Nothing is left to say; answers what a shell makes of SIGPIPE."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE


def _run(arguments: argparse.Namespace) -> int:
    if not LAB_NAME.fullmatch(arguments.name):
        raise UsageError(
            f"{arguments.name!r} cannot name a lab; possible: a small letter, then up to 15 "
            "small letters, digits or _"
        )
    handlers = {
        "up": _up,
        "down": _down,
        "rehearse": _rehearse,
        "status": _status,
        "reset": _reset,
        "exchange": _exchange,
        "power": _power,
        "cable": _cable,
        "pc": _pc,
        "console": _console,
        "exec": _exec,
        "fault": _fault,
        "watch": _watch,
        "export": _export,
    }
    from onshi_lab import room

    asked = getattr(arguments, "engine", None)
    if os.geteuid() != 0 and asked not in (None, "namespaces"):
        raise UsageError(f"the engine {arguments.engine} needs root; run it with sudo")
    with room.entered(arguments.name):
        return handlers[arguments.command](arguments)


def _router(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the command line says of the router; another model comes with a revision of its own."""
    given = {
        key: value
        for key in ("model", "firmware", "language", "drop_is_logout")
        if (value := getattr(arguments, key))
    }
    if "model" in given and given["model"] not in inventory.FIRMWARE:
        raise UsageError.unknown("router model", given["model"], inventory.FIRMWARE)
    if "model" in given:
        given = {"firmware": inventory.FIRMWARE[given["model"]], **given}
    if arguments.router_config is not None:
        given["config"] = _text(arguments.router_config)
    return given


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}") from None


def _laptops(arguments: argparse.Namespace) -> int | None:
    if arguments.laptops is None:
        return None
    try:
        return inventory.laptops(arguments.laptops)
    except ValueError:
        raise UsageError(
            f"--laptops is {arguments.laptops!r}; it must be {inventory.LAPTOPS}"
        ) from None


def _powershell(arguments: argparse.Namespace) -> str:
    """The real engine's program, absolute; '' for the mock's own language."""
    given = arguments.powershell or os.environ.get("ONSHI_LAB_POWERSHELL")
    if not given:
        return ""
    program = Path(given).resolve()
    if not os.access(program, os.X_OK) or program.is_dir():
        raise UsageError(f"--powershell is {str(given)!r}; it must be a program that can be run")
    return str(program)


def _up(arguments: argparse.Namespace) -> int:
    router, laptops = _router(arguments), _laptops(arguments)
    found = measured.load(arguments.from_evidence) if arguments.from_evidence else None
    if found is not None and arguments.site not in (None, found.site):
        raise UsageError(f"the evidence is of {found.site}, not of {arguments.site}")
    arguments.site = arguments.site or (found.site if found else "demo-clinic")
    site = inventory.load_site(arguments.inventory, arguments.site)
    given = keyfile.read(arguments.secrets, os.environ)
    if arguments.env_file is not None:
        keyfile.require_file(arguments.env_file)
    from onshi_lab import engine, engines, room, state

    begin = time.monotonic()
    order = engine.Order(
        arguments.inventory,
        site.name,
        router,
        given,
        engine=arguments.engine or engines.default(),
        laptops=laptops,
        measured=found,
        powershell=_powershell(arguments),
    )
    engine.up(arguments.name, order)
    took = time.monotonic() - begin
    print(f"lab {arguments.name!r} is up: {site.name} ({site.title}), {took:.1f} s")
    own = state.directory(arguments.name) / "secrets.env"
    if arguments.env_file is not None:
        keyfile.write_private(arguments.env_file, own.read_text(encoding="utf-8"))
    place = arguments.env_file or room.seen_from_outside(own)
    print(f"its passwords: source {shlex.quote(str(place))}")
    return 0


def _rehearse(arguments: argparse.Namespace) -> int:
    inventory.load_site(arguments.inventory, arguments.site)
    given = keyfile.read(arguments.secrets, os.environ)
    from onshi_lab import engine, rehearsal

    order = engine.Order(arguments.inventory, arguments.site, secrets=given)
    return rehearsal.rehearse(arguments.name, order, arguments.day)


def _down(arguments: argparse.Namespace) -> int:
    from onshi_lab import engine

    existed = engine.down(arguments.name)
    print(f"lab {arguments.name!r} " + ("is down" if existed else "was not up"))
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from onshi_lab import status

    report = status.measure(arguments.name)
    if arguments.json:
        print(json.dumps(status.as_json(report), indent=1, ensure_ascii=False))
    else:
        print(status.as_text(report))
    return 0 if report.up else 1


def _reset(arguments: argparse.Namespace) -> int:
    from onshi_lab import engine

    cleared = engine.reset(arguments.name)
    faults = f"cleared: {', '.join(cleared)}" if cleared else "no faults were set"
    print(f"lab {arguments.name!r}: router and PCs are as unboxed; {faults}")
    return 0


def _exchange(arguments: argparse.Namespace) -> int:
    from onshi_lab import events

    label = events.exchange(arguments.name, arguments.node, arguments.model)
    what = f": {label}" if label else ""
    print(f"lab {arguments.name!r}: another {arguments.node} is in its place, as delivered{what}")
    return 0


def _power(arguments: argparse.Namespace) -> int:
    from onshi_lab import events

    powered = events.power(arguments.name, arguments.node, arguments.action)
    print(f"lab {arguments.name!r}: {arguments.node} is {powered}")
    return 0


def _cable(arguments: argparse.Namespace) -> int:
    from onshi_lab import events, status

    if arguments.action == "list":
        print(status.cable_list(events.cable_list(arguments.name)))
        return 0
    link = events.cable(arguments.name, arguments.cable, out=arguments.action == "out")
    print(f"lab {arguments.name!r}: the cable {status.cable_name(link)} is {arguments.action}")
    return 0


def _pc(arguments: argparse.Namespace) -> int:
    try:
        request = json.loads(arguments.request)
    except ValueError as error:
        raise UsageError(f"{arguments.request!r} is no JSON: {error}") from None
    from onshi_lab import inside

    answer = inside.ask_pc(arguments.name, arguments.node, request)
    print(json.dumps(answer, ensure_ascii=False))
    return 0 if answer.get("ok") else 1


def _console(arguments: argparse.Namespace) -> int:
    from onshi_lab import inside

    script = sys.stdin.read() if arguments.script == "-" else arguments.script
    request = {"do": "console", "user": arguments.user, "script": script}
    answer = inside.ask_pc(arguments.name, arguments.node, request)
    if "error" in answer:
        raise LabError(f"{arguments.user} at {arguments.node}: {answer['error']}")
    sys.stdout.write(str(answer["output"]).replace("\r\n", "\n"))
    return int(answer["code"])


def _exec(arguments: argparse.Namespace) -> int:
    command = arguments.argv[1:] if arguments.argv[:1] == ["--"] else arguments.argv
    if not command:
        raise UsageError("exec needs a command: onshi-lab exec NODE -- CMD ...")
    from onshi_lab import inside

    argv, environment = inside.exec_arguments(
        arguments.name, arguments.node, tuple(command), dict(os.environ)
    )
    os.execvpe(argv[0], argv, environment)  # noqa: S606 - exec takes this process's place


def _watch(arguments: argparse.Namespace) -> int:
    from onshi_lab import watch

    with suppress(KeyboardInterrupt):
        watch.watch(arguments.name, arguments.seconds)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from onshi_lab import clab
    from onshi_lab.engines.containers import image

    site = inventory.load_site(arguments.inventory, arguments.site)
    sys.stdout.write(clab.text(site, image()))
    return 0


def _fault(arguments: argparse.Namespace) -> int:
    from onshi_lab import engine, status

    if arguments.action == "list":
        print(status.fault_list(arguments.name, arguments.json))
    elif arguments.action == "set":
        engine.set_fault(arguments.name, arguments.fault)
        print(f"fault {arguments.fault} is set")
    else:
        cleared = engine.clear_faults(arguments.name, arguments.fault)
        print(f"cleared: {', '.join(cleared)}" if cleared else "no such fault was set")
    return 0
