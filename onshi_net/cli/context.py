"""What the commands share: the global options, and what they open from them, each at most once."""

from __future__ import annotations

import os
import re
import shlex
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from onshi_net.i18n import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from onshi_net.inventory import Secret, Secrets, SiteInventory
    from onshi_net.inventory.secrets import Backend
    from onshi_net.inventory.vault import Content


PACKS, OPENED = "packs", "opened.json"
"""As `onshi_net.travel.packing` has them, which most commands need not import."""
LEVELS = ("debug", "info", "warning", "error")
"""What `--log-level` takes."""


def _typed(word: str) -> str:
    """Answers a word as it is typed in a shell, which needs no quotes for Japanese letters."""
    return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else shlex.quote(word)


@dataclass
class Context:
    """The global options of one run."""

    inventory: Path
    secrets_file: Path | None
    log_level: str
    without_raw: bool = False
    """Measures without raw packets, as the command's option says."""
    is_returning: bool = False
    """Packs what a visit learned: that can be done after its pack has expired, too."""
    _is_kept: bool = False
    """An agent keeps the passphrase."""

    def __post_init__(self) -> None:
        """Finds the secrets of a folder that a pack was opened in, where no other file is named."""
        self.secrets_file = self.secrets_file or self._found_secrets

    @property
    def _found_secrets(self) -> Path | None:
        """Answers the secrets file that is found without being named."""
        is_opened = (self.inventory / PACKS / OPENED).is_file()
        return self.travelled_secrets if is_opened else None

    @property
    def travelled_secrets(self) -> Path:
        """Answers where the secrets of an opened pack lie."""
        return self.inventory.parent / "secrets.age"

    def command(self, *words: str) -> str:
        """Answers a command line of ours as it is typed here, with the options of this run."""
        options = []
        if str(self.inventory) != (os.environ.get("ONSHI_INVENTORY") or "inventory"):
            options += ["--inventory", str(self.inventory)]
        if self.secrets_file not in {None, self._found_secrets} and str(
            self.secrets_file
        ) != os.environ.get("ONSHI_SECRETS"):
            options += ["--secrets", str(self.secrets_file)]
        return " ".join(map(_typed, ("onshi", *options, *words)))

    def finish_take_in(self) -> None:
        """Finishes a take-in that was interrupted, before anything reads what it writes."""
        if not any((self.inventory / PACKS).glob("*.incoming/complete.json")):
            return
        from onshi_net.travel.bringing import finish_left

        for fault in finish_left(self.inventory):
            self.progress.print(str(fault), style="yellow", markup=False, soft_wrap=True)

    @property
    def runs(self) -> Path:
        """Answers where journals, backups and evidence of the sites are kept."""
        return self.inventory.parent / "runs"

    def known_hosts(self, site: str) -> Path:
        """Answers the file of a site's trusted host keys."""
        return self.inventory / "sites" / site / "known_hosts"

    def site(self, name: str) -> SiteInventory:
        """Reads and checks a site, and begins its log. Raises InputError."""
        from onshi_net.cli import log
        from onshi_net.inventory import load_site

        found = load_site(self.inventory, name)
        log.start(self.runs / name / "onshi.log", self.log_level, self._masked)
        return found

    def _masked(self, line: str) -> str:
        """Hides the secrets given so far, without opening the backends for it, and others'."""
        from onshi_net.platforms import masked

        opened = vars(self).get("secrets")
        return masked(opened.hidden(line) if opened is not None else line)

    @cached_property
    def passphrase(self) -> Secret:
        """Answers the passphrase of the age file: the agent's, else asked for, once."""
        from onshi_net.cli import agent
        from onshi_net.inventory import Secret

        if self.secrets_file is not None and self.secrets_file.exists():
            kept = agent.ask(self.secrets_file) if not os.environ.get("ONSHI_PASSPHRASE") else None
            if kept:
                self._is_kept = True
                return Secret(kept)
        return self._ask_passphrase(piped=True)

    def _keep_passphrase(self) -> None:
        """Has an agent keep the passphrase that was typed and has opened the file."""
        from onshi_net.cli import agent
        from onshi_net.cli.asking import has_terminal

        if self.secrets_file is None or self._is_kept or os.environ.get("ONSHI_PASSPHRASE"):
            return
        if has_terminal() and agent.start(self.secrets_file, self.passphrase.reveal()):
            self._is_kept = True
            kept = text("secrets.passphrase-kept", minutes=agent.minutes())
            self.progress.print(kept, markup=False)

    def _ask_passphrase(self, *, piped: bool) -> Secret:
        """Asks twice where the file is yet to be made; `piped` as in `ask_passphrase`."""
        from onshi_net.cli.asking import ask_passphrase

        new = self.secrets_file is not None and not self.secrets_file.exists()
        prompt = text("cli.new-passphrase" if new else "cli.passphrase", file=self.secrets_file)
        return ask_passphrase(prompt, twice=new, piped=piped)

    def keep(
        self, reference: str, value: Secret, *, was_piped: bool = False, replace: bool = True
    ) -> Secret:
        """Keeps a secret where this run's options say: in the age file, else in the keyring.

        Answers the value that stands there. `was_piped` says that standard input was the value;
        `replace` is that of `vault.store`. Raises the errors of it and of `store_in_keyring`.
        """
        from onshi_net.inventory.secrets import store_in_keyring
        from onshi_net.inventory.vault import PassphraseSeal, store

        if self.secrets_file is None:
            store_in_keyring(reference, value)
            return value
        if "passphrase" not in vars(self):
            self.passphrase = self._ask_passphrase(piped=not was_piped)
        seal = PassphraseSeal(self.passphrase)
        return store(self.secrets_file, seal, reference, value, replace=replace)

    def keep_all(self, values: Mapping[str, Secret]) -> None:
        """Keeps several secrets where `keep` would; in an age file by one change of it."""
        from onshi_net.inventory.secrets import store_in_keyring
        from onshi_net.inventory.vault import PassphraseSeal, store_all

        if self.secrets_file is not None:
            store_all(self.secrets_file, PassphraseSeal(self.passphrase), values)
            self._keep_passphrase()
        else:
            for reference, value in values.items():
                store_in_keyring(reference, value)
        for opened in ("secrets", "backends", "content"):  # before these values were there
            vars(self).pop(opened, None)

    def settle(self, values: Mapping[str, Secret | None]) -> None:
        """Keeps several secrets and takes others (None) away; in an age file by one change of it.

        In a keyring what is kept comes first: a kill in between leaves too much, never too little.
        """
        from onshi_net.inventory.secrets import remove_from_keyring, store_in_keyring
        from onshi_net.inventory.vault import PassphraseSeal, settle

        if self.secrets_file is not None:
            settle(self.secrets_file, PassphraseSeal(self.passphrase), values)
        else:
            for name, value in sorted(values.items(), key=lambda one: one[1] is None):
                if value is not None:
                    store_in_keyring(name, value)
                else:
                    remove_from_keyring(name)
        for opened in ("secrets", "backends", "content"):
            vars(self).pop(opened, None)

    def remove(self, reference: str) -> bool:
        """Takes a secret out of the age file, else out of the keyring; whether it was there."""
        from onshi_net.errors import SecretMissing
        from onshi_net.inventory.secrets import remove_from_keyring
        from onshi_net.inventory.vault import PassphraseSeal, remove

        if self.secrets_file is None:
            return remove_from_keyring(reference)
        if not self.secrets_file.exists():
            raise SecretMissing("errors.secret-no-file", file=self.secrets_file)
        return remove(self.secrets_file, PassphraseSeal(self.passphrase), reference)

    @cached_property
    def secrets(self) -> Secrets:
        """Opens the secret backends, asking for the passphrase of an age file that is there."""
        from onshi_net.errors import SecretMissing
        from onshi_net.inventory import Secrets

        if self.secrets_file is not None and not self.secrets_file.exists():
            raise SecretMissing("errors.secret-no-file", file=self.secrets_file)
        return Secrets(list(self.backends.values()))

    @cached_property
    def backends(self) -> Mapping[str, Backend]:
        """Answers where values come from, by name, in the order in which they are asked."""
        from onshi_net.inventory.secrets import environment_backend, keyring_backend

        held = {} if self.content is None else {"file": self.content.value}
        return {"environment": environment_backend(os.environ), **held, "keyring": keyring_backend}

    @cached_property
    def content(self) -> Content | None:
        """Opens the age file; None where none is named, or it is yet to be made.

        A kept passphrase that no longer fits is forgotten and asked for. Raises SecretRefused.
        """
        from onshi_net.cli import agent
        from onshi_net.errors import SecretRefused
        from onshi_net.inventory.vault import PassphraseSeal, read

        file = self.secrets_file
        if file is None or not file.exists():
            return None
        if not self.is_returning and (self.inventory / PACKS).is_dir():
            from onshi_net.cli.travel import require_unexpired

            require_unexpired(self)
        try:
            found = read(file, PassphraseSeal(self.passphrase))
        except SecretRefused:
            if not self._is_kept:
                raise
            agent.forget(file)
            self._is_kept = False
            self.passphrase = self._ask_passphrase(piped=True)
            found = read(file, PassphraseSeal(self.passphrase))
        self._keep_passphrase()
        return found

    @cached_property
    def out(self) -> Console:
        """Gives the console of results (standard output)."""
        from onshi_net.cli.output import CleanConsole

        return CleanConsole(highlight=False, emoji=False)  # `:cd:` is a part of a MAC, not a disc

    @cached_property
    def progress(self) -> Console:
        """Gives the console of progress (standard error), so that results can be piped."""
        from onshi_net.cli.output import CleanConsole

        return CleanConsole(stderr=True, highlight=False, emoji=False)

    def steps(self) -> Steps:
        """Gives the printer of live progress: one line a step, on standard error."""
        return Steps(self.progress)


PRINT_EVERY_S = 30.0
"""So often a remaining time is a line of output, where there is no live status."""


class Steps:
    """Shows a change as it happens: a line each step, and the line being sent in a live status.

    A remaining time stands there too. Where the console is no terminal, or one that can't move
    back, each line sent is a line of output.
    """

    def __init__(self, console: Console) -> None:
        """Starts the clock."""
        from onshi_net.cli.log import step

        self._log = step
        self._console = console
        self._start = time.monotonic()
        self._status = console.status("")
        self._is_live = console.is_terminal and not console.is_dumb_terminal
        self._counted = -PRINT_EVERY_S

    def __enter__(self) -> Self:
        """Begins the live status."""
        if self._is_live:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the live status."""
        self._status.stop()

    def __call__(self, host: str, message_id: str, **values: object) -> None:
        """Shows one step; `message_id` is a catalogue id."""
        sentence = text(message_id, host=host, **cast("dict[str, Any]", values))
        counts = message_id.endswith(".left")
        is_line = message_id.endswith(".line") or counts
        self._log(sentence, detail=is_line)
        if is_line and self._is_live:
            from rich.markup import escape

            self._status.update(escape(sentence))
            return
        seconds = time.monotonic() - self._start
        if counts:
            if seconds - self._counted < PRINT_EVERY_S:
                return
            self._counted = seconds
        line = f"{seconds:6.1f}s  {sentence}"
        self._console.print(line, markup=False, soft_wrap=not self._is_live)
