"""A console session: prompt, levels, dispatch of a command line, the vendor's errors.

RTX reference 2 (levels and keys), 56.3.1 and 56.3.2 (administrator, exit).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from .commands import COMMANDS, candidates
from .grammar import split_line
from .messages import TEXTS, CommandError, Fault, error_line
from .operations import OPERATIONS, Ended, Operation, find_operation
from .router import Router, Session
from .terminal import HungUp, Interrupted, Look, Terminal, Wire, look_of

__all__ = ["Console", "HungUp"]


class Console:
    """One person's console on the router."""

    def __init__(self, router: Router, session: Session, wire: Wire) -> None:
        self.router = router
        self.session = session
        self.terminal = Terminal(wire, self.look, self._touched)

    def look(self) -> Look:
        """The console settings that the running configuration asks for."""
        config = self.router.running
        return look_of(
            config.word("ja.sjis", "console", "character"),
            config.word("80", "console", "columns"),
            config.word("24", "console", "lines"),
        )

    def _touched(self) -> None:
        self.session.last_key = asyncio.get_running_loop().time()

    @property
    def prompt(self) -> str:
        """The prompt: the configured prefix, and the level's mark."""
        prefix = self.router.running.word("", "console", "prompt")
        chosen = self.session.section.replace(" ", "")
        return prefix + chosen + ("# " if self.session.administrator else "> ")

    async def run(self) -> None:
        """Serve the session to its end; returns at logout, raises HungUp when the line is lost."""
        self.terminal.say(self.banner())
        while True:
            line = await self.terminal.line(self.prompt, self.hint)
            try:
                await self.execute(line)
            except Ended:
                return

    def banner(self) -> str:
        """What is shown after login: model, revision, copyright, MACs, memory."""
        device = self.router.device
        macs = ", ".join(device.mac_addresses)
        return (
            f"\n{device.model.name} Rev.{device.revision_text} ({device.model.released})\n"
            "  Copyright (c) 1994-2024 Yamaha Corporation. All Rights Reserved.\n"
            f"{macs}\nMemory {device.model.memory_megabytes}Mbytes, {device.model.lans}LAN\n"
        )

    async def execute(self, line: str) -> None:
        """Run one command line and print its answer or its error; raises Ended at logout."""
        if line.lstrip().startswith("#") or not line.strip():
            return
        try:
            await self._dispatch(line)
        except CommandError as error:
            self.terminal.say(error_line(error.fault, self.look().language) + "\n")
        except Interrupted:
            pass

    async def _dispatch(self, line: str) -> None:
        command, *filters = _split_pipes(line)
        tokens = split_line(command)
        if not tokens:
            raise CommandError(Fault.COMMAND)
        operation = find_operation(tokens, self.router.device)
        if operation is not None:
            self._authorize(operation.user_level)
            await self._operate(operation, tokens, filters)
            return
        if filters:
            tokens = split_line(line)
        self._authorize(self._config_level(tokens))
        await self.router.configure(tokens, section=self.session.section)

    def _config_level(self, tokens: Sequence[str]) -> bool:
        """Whether a configuration command is open to users; an unknown name is refused first."""
        body = tokens[1:] if tokens[0] == "no" else tokens
        context = self.router.running.context(self.router.device, section=self.session.section)
        found = list(candidates(body, context))
        if not found:
            raise CommandError(Fault.COMMAND)
        return all(command.has.user_level for command in found)

    def _authorize(self, user_level: bool) -> None:
        if not user_level and not self.session.administrator:
            raise CommandError(Fault.ADMINISTRATOR)

    async def _operate(
        self, operation: Operation, tokens: Sequence[str], filters: Sequence[str]
    ) -> None:
        arguments = tokens[len(operation.name.split()) :]
        if not filters:
            await operation.run(self, arguments)
            return
        if operation.lines is None:
            raise CommandError(Fault.COUNT)
        lines = await operation.lines(self, arguments)
        for text in filters:
            lines = _filtered(lines, split_line(text))
        self.terminal.say(TEXTS[self.look().language]["searching"] + "\n")
        await self.terminal.page(lines)

    async def interrupt(self) -> None:
        """Return when Ctrl-C is pressed; what else is typed meanwhile is kept for the next line."""
        await self.terminal.wire.interrupted()

    def hint(self, typed: str) -> list[str]:
        """What `?` shows: the commands that begin with what was typed."""
        start = typed.strip()
        names = [operation.name for operation in OPERATIONS]
        context = self.router.running.context(self.router.device)
        names += [command.name for command in COMMANDS if command.available(context)]
        return sorted({f"  {name}" for name in names if name.startswith(start)})


def _split_pipes(line: str) -> list[str]:
    """The parts of a `show … | grep …` line; other lines whole (RTX reference 2.5)."""
    if not line.lstrip().startswith(("show", "less")) or "|" not in line:
        return [line]
    return [part.replace("\0", "|") for part in line.replace("\\|", "\0").split("|")]


def _filtered(lines: Sequence[str], words: Sequence[str]) -> list[str]:
    """The lines that a `grep` (or all, that a `less`) leaves: RTX reference 2.5.1, 2.5.2."""
    if list(words) == ["less"]:
        return list(lines)
    if not words or words[0] != "grep":
        raise CommandError(Fault.KEYWORD)
    options = {word for word in words[1:] if word in ("-i", "-v", "-w")}
    patterns = [word for word in words[1:] if word not in options]
    if len(patterns) != 1:
        raise CommandError(Fault.COUNT)
    pattern = rf"\b(?:{patterns[0]})\b" if "-w" in options else patterns[0]
    try:
        found = re.compile(pattern, re.IGNORECASE if "-i" in options else 0)
    except re.error:
        raise CommandError(Fault.KEYWORD) from None
    return [line for line in lines if bool(found.search(line)) != ("-v" in options)]
