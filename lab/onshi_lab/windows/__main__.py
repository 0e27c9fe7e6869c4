"""python -m onshi_lab.windows: runs one PC until SIGTERM; `ctl` talks to one that runs.

Prints `ready` (and the WinRM ports) when it can be used. SIGUSR1 reboots it.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from onshi_lab.windows.config import DEFAULT_RELEASE, RELEASES, PcConfig
from onshi_lab.windows.names import computer_name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m onshi_lab.windows", description=__doc__)
    parser.add_argument("--name", required=True, help="the node's name, and the PC's by default")
    parser.add_argument(
        "--computer-name", type=_computer_name, metavar="NAME", help="what the PC calls itself"
    )
    parser.add_argument("--role", required=True, choices=sorted(DEFAULT_RELEASE))
    parser.add_argument(
        "--state", required=True, type=Path, help="directory for everything it keeps"
    )
    parser.add_argument(
        "--users-file", required=True, type=Path, help="JSON with names and passwords"
    )
    parser.add_argument(
        "--certificate", type=Path, help="PEM of the client certificate that is installed; or none"
    )
    parser.add_argument("--authority", type=Path, help="PEM of an authority that it trusts")
    parser.add_argument("--listen", help="ADDRESS:PORT of HTTP; default every address, port 5985")
    parser.add_argument("--https-port", type=int, default=5986)
    parser.add_argument("--no-kernel", action="store_true", help="keep the network in memory")
    parser.add_argument("--interface", default="eth0", help="the device that is the first adapter")
    parser.add_argument(
        "--dhcp", action="store_true", help="the first adapter asks for its IPv4 address (udhcpc)"
    )
    parser.add_argument(
        "--windows", "--release", choices=sorted(RELEASES), help="release; default by role"
    )
    parser.add_argument(
        "--powershell",
        type=Path,
        default=os.environ.get("ONSHI_LAB_POWERSHELL") or None,
        help="a real engine for scripts: pwsh 7, or the hosted one's ask",
    )
    parser.add_argument("--language", choices=("ja", "en"), default="ja", help="of Windows")
    return parser


def _computer_name(text: str) -> str:
    try:
        return computer_name(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _address(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def _control(arguments: list[str]) -> int:
    from onshi_lab.windows.ask import ask

    parser = argparse.ArgumentParser(prog="python -m onshi_lab.windows ctl")
    parser.add_argument("--state", required=True, type=Path)
    parser.add_argument("request", help='a JSON object, such as {"do": "status"}')
    options = parser.parse_args(arguments)
    answer = ask(options.state, json.loads(options.request))
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0 if answer.get("ok") else 1


def main(arguments: list[str]) -> int:
    """Runs a PC, or a control command."""
    if arguments[:1] == ["ctl"]:
        return _control(arguments[1:])
    options = _parser().parse_args(arguments)
    if options.dhcp and options.no_kernel:
        _parser().error("--dhcp needs a network: not with --no-kernel")
    from onshi_lab.windows.certificate import install_authority, install_client
    from onshi_lab.windows.pc import Pc
    from onshi_lab.windows.runtime import Runtime, set_host_name

    name = options.computer_name or options.name
    if not options.no_kernel:
        set_host_name(name)
    config = PcConfig(
        name=name,
        role=options.role,
        state=options.state,
        release=RELEASES[options.windows or DEFAULT_RELEASE[options.role]],
        language=options.language,
        interface=options.interface,
        kernel=not options.no_kernel,
        listen=_address(options.listen),
        https_port=options.https_port,
        dhcp=options.dhcp,
        powershell=options.powershell,
    )
    install_client(config.state, options.certificate)
    install_authority(config.state, options.authority)
    pc = Pc(config)
    runtime = Runtime(pc, options.users_file)
    runtime.start()
    try:
        runtime.run()
    finally:
        runtime.stop()
    return os.EX_SOFTWARE if pc.processes.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
