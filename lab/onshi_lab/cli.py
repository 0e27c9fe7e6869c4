"""The command `onshi-lab`: parse, call the engine, print.

Exit codes: 0 good, 1 it failed or the lab is not up, 2 usage.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from onshi_lab.errors import LabError, UsageError
from onshi_lab.site import Site, load_site, site_names

# A hyphen would make the namespaces of two labs ambiguous (`a-clinic` + `switch`).
LAB_NAME = re.compile(r"[a-z][a-z0-9_]{0,15}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="onshi-lab",
        description="A clinic and the network behind it, in network namespaces or containers.",
    )
    top.add_argument("--name", default="lab", help="which lab (default: lab)")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_up(commands.add_parser("up", help="bring a clinic up"))
    commands.add_parser("down", help="take it away; nothing stays behind")
    status = commands.add_parser("status", help="show nodes, addresses, services and faults")
    status.add_argument("--json", action="store_true", help="for programs")
    commands.add_parser("reset", help="router and PCs as unboxed, no faults")
    exchange = commands.add_parser("exchange", help="put a PC as delivered in a PC's place")
    exchange.add_argument("node", metavar="NODE")
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
    _add_fault(commands.add_parser("fault", help="break something, and mend it"))
    export = commands.add_parser("export", help="write a site's wiring for another program")
    export.add_argument("format", choices=("clab",), help="clab: a containerlab topology")
    export.add_argument("site", metavar="SITE")
    return top


def _add_up(up: argparse.ArgumentParser) -> None:
    up.add_argument("--site", default="demo-clinic", help=f"one of {', '.join(site_names())}")
    up.add_argument("--engine", help="what holds the nodes: namespaces (default), docker or podman")
    up.add_argument("--model", help="another router model than the site's")
    up.add_argument("--firmware", help="another firmware revision, such as 15.02.31")
    up.add_argument("--language", choices=("ja", "en"), help="language of the router's messages")
    up.add_argument(
        "--drop-is-logout",
        action="store_true",
        help="a dropped SSH session counts as a logout for the router's rollback timer",
    )


def _add_fault(fault: argparse.ArgumentParser) -> None:
    actions = fault.add_subparsers(dest="action", required=True, metavar="list|set|clear")
    listing = actions.add_parser("list", help="all faults")
    listing.add_argument("--json", action="store_true", help="for programs")
    actions.add_parser("set", help="set one").add_argument("fault", metavar="NAME")
    actions.add_parser("clear", help="clear one, or all").add_argument(
        "fault", metavar="NAME", nargs="?"
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code."""
    arguments = parser().parse_args(argv)
    try:
        code = _run(arguments)
    except LabError as error:
        print(f"onshi-lab: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        print("onshi-lab: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)


def _run(arguments: argparse.Namespace) -> int:
    if not LAB_NAME.fullmatch(arguments.name):
        raise UsageError(
            f"{arguments.name!r} cannot name a lab; possible: a small letter, then up to 15 "
            "small letters, digits or _"
        )
    handlers = {
        "up": _up,
        "down": _down,
        "status": _status,
        "reset": _reset,
        "exchange": _exchange,
        "pc": _pc,
        "console": _console,
        "exec": _exec,
        "fault": _fault,
        "export": _export,
    }
    return handlers[arguments.command](arguments)


def _require_root() -> None:
    if os.geteuid() != 0:
        raise UsageError("network namespaces need root; run it with sudo")


def _site(arguments: argparse.Namespace) -> Site:
    site = load_site(arguments.site)
    given = {
        key: value
        for key in ("model", "firmware", "language", "drop_is_logout")
        if (value := getattr(arguments, key))
    }
    return replace(site, router=replace(site.router, **given))


def _up(arguments: argparse.Namespace) -> int:
    site = _site(arguments)
    _require_root()
    from onshi_lab import engine, engines

    begin = time.monotonic()
    engine.up(arguments.name, site, engine=arguments.engine or engines.default())
    took = time.monotonic() - begin
    print(f"lab {arguments.name!r} is up: {site.name} ({site.title}), {took:.1f} s")
    return 0


def _down(arguments: argparse.Namespace) -> int:
    _require_root()
    from onshi_lab import engine

    existed = engine.down(arguments.name)
    print(f"lab {arguments.name!r} " + ("is down" if existed else "was not up"))
    return 0


def _status(arguments: argparse.Namespace) -> int:
    _require_root()
    from onshi_lab import status

    report = status.measure(arguments.name)
    if arguments.json:
        print(json.dumps(status.as_json(report), indent=1, ensure_ascii=False))
    else:
        print(status.as_text(report))
    return 0 if report.up else 1


def _reset(arguments: argparse.Namespace) -> int:
    _require_root()
    from onshi_lab import engine

    cleared = engine.reset(arguments.name)
    faults = f"cleared: {', '.join(cleared)}" if cleared else "no faults were set"
    print(f"lab {arguments.name!r}: router and PCs are as unboxed; {faults}")
    return 0


def _exchange(arguments: argparse.Namespace) -> int:
    _require_root()
    from onshi_lab import engine

    engine.exchange(arguments.name, arguments.node)
    print(f"lab {arguments.name!r}: another {arguments.node} is in its place, as delivered")
    return 0


def _pc(arguments: argparse.Namespace) -> int:
    try:
        request = json.loads(arguments.request)
    except ValueError as error:
        raise UsageError(f"{arguments.request!r} is no JSON: {error}") from None
    _require_root()
    from onshi_lab import engine

    answer = engine.ask_pc(arguments.name, arguments.node, request)
    print(json.dumps(answer, ensure_ascii=False))
    return 0 if answer.get("ok") else 1


def _console(arguments: argparse.Namespace) -> int:
    _require_root()
    from onshi_lab import engine

    script = sys.stdin.read() if arguments.script == "-" else arguments.script
    request = {"do": "console", "user": arguments.user, "script": script}
    answer = engine.ask_pc(arguments.name, arguments.node, request)
    if "error" in answer:
        raise LabError(f"{arguments.user} at {arguments.node}: {answer['error']}")
    sys.stdout.write(str(answer["output"]).replace("\r\n", "\n"))
    return int(answer["code"])


def _exec(arguments: argparse.Namespace) -> int:
    command = arguments.argv[1:] if arguments.argv[:1] == ["--"] else arguments.argv
    if not command:
        raise UsageError("exec needs a command: onshi-lab exec NODE -- CMD ...")
    _require_root()
    from onshi_lab import engine

    argv, environment = engine.exec_arguments(
        arguments.name, arguments.node, tuple(command), dict(os.environ)
    )
    os.execvpe(argv[0], argv, environment)  # noqa: S606 - exec takes this process's place


def _export(arguments: argparse.Namespace) -> int:
    from onshi_lab import clab
    from onshi_lab.engines.containers import image

    sys.stdout.write(clab.text(load_site(arguments.site), image()))
    return 0


def _fault(arguments: argparse.Namespace) -> int:
    _require_root()
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
