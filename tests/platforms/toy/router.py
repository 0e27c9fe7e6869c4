"""A toy router: what it is told over SSH becomes addresses and filters of its namespace.

Its console is that of onshi_toy/session.py, written anew from that list; a configuration's grammar
is `STATEMENTS`. It says `ready`, and, where told to stop there, `loaded` or `committed`, and goes
on at a row on its standard input.

    router.py FOLDER PORT [--stop loaded|committed] [--deaf STATEMENT]

FOLDER holds `state.json`, the host key and, at the first start, `initial` (the delivery password).
`--deaf`: statements that begin so are taken and forgotten, as by a faulty router.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_interface, ip_network
from pathlib import Path

import asyncssh

VERSION = "TOY1 1.4 T0000001 02:70:79:00:00:01"
USER = "onshi"
DELIVERED = f"""system {{
    user {USER} {{
        password *
    }}
}}
interface inner {{
    address 10.51.1.1/24
}}
"""
WORD = r"[A-Za-z0-9.:_-]+"
STATEMENTS = (
    f"system name {WORD}",
    f"system time {WORD}",
    rf"system user {WORD} password \*",
    r"interface (?:inner|outer) address [0-9.]+/\d+",
    "interface wan ipv6 (?:ra|pd)",
    f"resolver forward {WORD}(?: [0-9a-f:]+){{1,2}}",
    r"firewall manage [0-9.]+/\d+",
    "firewall serve (?:inner|outer)",
    r"firewall allow (?:tcp|udp) [0-9.]+/\d+ [0-9.]+/\d+ \d+",
)
"""Every statement with the blocks around it."""


class Refused(Exception):
    """A command that the router will not do."""


def statements(text: str) -> tuple[str, ...]:
    """Reads a configuration. Raises Refused with the row's number."""
    around: list[str] = []
    found: list[str] = []
    for number, row in enumerate(text.splitlines(), start=1):
        words = row.strip()
        if words == "}" and around:
            around.pop()
            continue
        if words.endswith(" {"):
            around.append(words[:-2])
            continue
        said = " ".join((*around, words))
        if row != "    " * len(around) + words or not any(
            re.fullmatch(one, said) for one in STATEMENTS
        ):
            raise Refused(f"row {number} is not understood")
        found.append(said)
    if around:
        raise Refused("a block has no end")
    return tuple(found)


@dataclass(frozen=True)
class State:
    """What runs and is kept."""

    text: str
    password: str
    """As SHA-256."""


@dataclass(frozen=True)
class Candidate:
    """What a session has loaded."""

    text: str
    password: str | None = None


def digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


class Kernel:
    """The namespace, made what a configuration says; the filters change in one step."""

    def take(self, said: tuple[str, ...]) -> None:
        wanted = [tuple(one.split()[1::2]) for one in said if " address " in one]
        for device, address in self._there() - set(wanted):
            self._run("ip", "address", "del", address, "dev", device)
        for device, address in set(wanted) - self._there():
            self._run("ip", "address", "add", str(ip_interface(address)), "dev", device)
        self._run("nft", "-f", "-", given=self._filters(said))

    def _there(self) -> set[tuple[str, str]]:
        found = set()
        for device in ("inner", "outer"):
            said = json.loads(self._run("ip", "-j", "-4", "address", "show", "dev", device))
            for one in (one for link in said for one in link.get("addr_info", ())):
                found.add((device, f"{one['local']}/{one['prefixlen']}"))
        return found

    def _filters(self, said: tuple[str, ...]) -> str:
        """A router without a firewall lets everything in, and nothing through."""
        rules = [one.split()[1:] for one in said if one.startswith("firewall ")]
        into = [] if rules else ["accept"]
        through = []
        for rule in rules:
            match rule:
                case ["manage", network]:
                    into.append(f"ip saddr {ip_network(network)} tcp dport 22 accept")
                case ["serve", device]:
                    into.append(f'iifname "{device}" meta l4proto {{ icmp, ipv6-icmp }} accept')
                    into.append(
                        f'iifname "{device}" meta l4proto {{ tcp, udp }} th dport 53 accept'
                    )
                case ["allow", way, source, target, port]:
                    ends = f"ip saddr {ip_network(source)} ip daddr {ip_network(target)}"
                    through.append(f"{ends} {way} dport {int(port)} ct state new accept")
        known = "ct state established,related accept"
        return "\n".join(
            (
                "table inet toy",
                "delete table inet toy",
                "table inet toy {",
                "chain input { type filter hook input priority 0; policy drop;",
                'iifname "lo" accept',
                known,
                *into,
                "}",
                "chain forward { type filter hook forward priority 0; policy drop;",
                known,
                *through,
                "}",
                "}",
            )
        )

    def _run(self, *command: str, given: str | None = None) -> str:
        done = subprocess.run(command, input=given, text=True, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"{command}: {done.stderr}")
        return done.stdout


class Router:
    """The router behind all sessions."""

    def __init__(self, folder: Path, stop: str, deaf: str) -> None:
        self.file = folder / "state.json"
        self.stop = stop
        self.deaf = deaf
        self.kernel = Kernel()
        self.candidates: dict[asyncssh.SSHServerProcess, Candidate] = {}
        if self.file.exists():
            self.state = State(**json.loads(self.file.read_text()))
        else:
            first = (folder / "initial").read_text().strip()
            self.state = State(DELIVERED, digest(first))
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        self.kernel.take(statements(self.state.text))

    async def pause(self, where: str) -> None:
        """Says where it is, and goes on when told to."""
        if where == self.stop:
            print(where, flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

    async def commit(self, session: asyncssh.SSHServerProcess) -> None:
        candidate = self.candidates.pop(session, None)
        if candidate is None:
            raise Refused("there is no candidate")
        text = "".join(
            row for row in candidate.text.splitlines(keepends=True) if not self._is_unheard(row)
        )
        state = State(text, candidate.password or self.state.password)
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(vars(state)))
        part.replace(self.file)  # whole or not at all, also where the power goes now
        self.state = state
        self.kernel.take(statements(text))
        await self.pause("committed")

    def _is_unheard(self, row: str) -> bool:
        return bool(self.deaf) and row.strip().startswith(self.deaf)

    async def serve(self, session: asyncssh.SSHServerProcess) -> None:
        try:
            while row := await session.stdin.readline():
                try:
                    said = await self.answer(session, row.rstrip("\n"))
                except Refused as refused:
                    session.stdout.write(f"error {refused}\n")
                else:
                    session.stdout.write(f"{said}ok\n")
        except (asyncssh.Error, OSError):
            pass
        finally:
            self.candidates.pop(session, None)
            session.close()

    async def answer(self, session: asyncssh.SSHServerProcess, command: str) -> str:
        match command.split():
            case ["show", "version"]:
                return f"{VERSION}\n"
            case ["show", "running"]:
                return self.state.text
            case ["show", "candidates"]:
                others = (one for one in self.candidates if one is not session)
                return "".join(f"{USER} {one.get_extra_info('peername')[0]}\n" for one in others)
            case ["load"]:
                text = await self._rows(session)
                if f"system user {USER} password *" not in statements(text):
                    raise Refused("nobody could log in")
                self.candidates[session] = Candidate(text)
                await self.pause("loaded")
            case ["password", user]:
                password = (await session.stdin.readline()).rstrip("\n")
                if session not in self.candidates or user != USER or len(password) < 4:
                    raise Refused("no such user or candidate, or too short")
                held = self.candidates[session]
                self.candidates[session] = replace(held, password=digest(password))
            case ["commit"]:
                await self.commit(session)
            case ["rollback"]:
                self.candidates.pop(session, None)
            case _:
                raise Refused("no such command")
        return ""

    async def _rows(self, session: asyncssh.SSHServerProcess) -> str:
        rows: list[str] = []
        while (row := await session.stdin.readline()) not in {".\n", ""}:
            rows.append(row)
        return "".join(rows)


def server_of(router: Router) -> Callable[[], asyncssh.SSHServer]:
    class Server(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return username == USER and digest(password) == router.state.password

    return Server


def host_key(folder: Path) -> asyncssh.SSHKey:
    file = folder / "host_key"
    if not file.exists():
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(file))
    return asyncssh.read_private_key(str(file))


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--stop", choices=("loaded", "committed"), default="")
    parser.add_argument("--deaf", default="")
    given = parser.parse_args()
    router = Router(given.folder, given.stop, given.deaf)
    await asyncssh.create_server(
        server_of(router),
        "0.0.0.0",
        given.port,
        server_host_keys=[host_key(given.folder)],
        process_factory=router.serve,
        line_editor=False,
        allow_pty=False,
    )
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
