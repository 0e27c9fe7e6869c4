"""Somebody at a terminal on the lab's laptop, who does what the screen says and nothing else."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.clinic import Clinic

CONTROL = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")
NOT_YET = 1 << 20
"""So much is shown at most before something that is waited for."""
QUESTION = "(はい/いいえ)[いいえ]:"
WINDOW = 8192
"""Octets in which a sentence is looked for: a screen full and its colours."""
SPIN = re.compile(r"([⠀-⣿][^⠀-⣿]{1,80})(?=[⠀-⣿])")
"""One turn of a spinner, with its words; the last one stays."""
SILENT_S = 120.0
"""A screen that waits for somebody counts the seconds; only a question is silent so long."""
Act = Callable[[Clinic], str]
"""What the technician does; answers what he types."""


def plug(end: str) -> Act:
    def act(clinic: Clinic) -> str:
        clinic.lab("cable", "in", end)
        return ""

    return act


def pull(end: str) -> Act:
    def act(clinic: Clinic) -> str:
        clinic.lab("cable", "out", end)
        return ""

    return act


def move(here: str, there: str) -> Act:
    def act(clinic: Clinic) -> str:
        clinic.lab("cable", "out", here)
        clinic.lab("cable", "in", there)
        return ""

    return act


def power(on: bool, node: str) -> Act:
    def act(clinic: Clinic) -> str:
        clinic.lab("power", "on" if on else "off", node)
        return ""

    return act


def both(*acts: Act) -> Act:
    return lambda clinic: "".join([act(clinic) for act in acts])


def type_(words: str) -> Act:
    return lambda _clinic: f"{words}\n"


@dataclass(slots=True)
class Seen:
    """What was shown from the command's start to its end."""

    code: int = -1
    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    """Seconds since the start, and the octets that came then."""
    acts: list[tuple[float, float, str]] = field(default_factory=list)
    """When a hand moved, how long it took, and the sentence that asked for it."""

    @property
    def shown(self) -> str:
        """What a person read, without where the lines were broken."""
        return flat(b"".join(said for _, said in self.pieces))


def visited(clinic: Clinic, script: Sequence[tuple[str, Act]], *options: str) -> Seen:
    """Answers the exit code and all that was shown of a visit, on 80 columns in Japanese.

    Each act of the script is done when its sentence has been shown since the act before.
    """
    screen = _Screen(clinic, ("visit", clinic.site, *options))
    for sentence, act in script:
        screen.until(sentence)
        screen.do(sentence, act)
    return screen.ended()


def agreed(clinic: Clinic, words: Sequence[str]) -> Seen:
    """Answers the same of any command, whose questions are all answered with yes."""
    screen = _Screen(clinic, words)
    while screen.until(QUESTION, or_ends=True):
        screen.do(QUESTION, type_("はい"))
    return screen.ended()


class _Screen:
    """A command that runs on a terminal of the laptop's."""

    def __init__(self, clinic: Clinic, words: Sequence[str]) -> None:
        self._clinic = clinic
        self._near, far = pty.openpty()
        program = str(Path(sys.executable).parent / "onshi")
        given = ["--inventory", str(clinic.inventory), *words]
        environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm", "ONSHI_LANG": "ja"}
        self._start = time.monotonic()
        self._process = subprocess.Popen(
            clinic.inside("laptop", program, *given),
            stdin=far, stdout=far, stderr=far, start_new_session=True, env=environment,
        )  # fmt: skip
        os.close(far)
        self._seen = Seen()

    def until(self, sentence: str, *, or_ends: bool = False) -> bool:
        """Waits until a sentence is shown; answers whether it was."""
        new = b""
        while sentence not in flat(new[-WINDOW:]):
            some = self._more()
            if or_ends and not some:
                return False
            assert some, (sentence, self._seen.shown)
            new += some
            assert len(new) < NOT_YET, (sentence, self._seen.shown[-3000:])
        return True

    def do(self, asked: str, act: Act) -> None:
        began = time.monotonic()
        typed = act(self._clinic).encode()
        self._seen.acts.append((began - self._start, time.monotonic() - began, asked))
        os.write(self._near, typed)

    def ended(self) -> Seen:
        while self._more():
            pass
        os.close(self._near)
        self._seen.code = self._process.wait(60)
        return self._seen

    def _more(self) -> bytes:
        some = _read(self._near)
        if some:
            self._seen.pieces.append((time.monotonic() - self._start, some))
        return some


def _read(near: int) -> bytes:
    ready, _, _ = select.select([near], [], [], SILENT_S)
    assert ready, "nothing is shown any more, and what is waited for was not"
    with suppress(OSError):  # the other end is closed
        return os.read(near, 4096)
    return b""


def flat(shown: bytes) -> str:
    """What a person read, without where the lines were broken; a spinner's last turn alone."""
    return SPIN.sub("", _flat(shown))


def _flat(shown: bytes) -> str:
    return re.sub(r"\s+", "", CONTROL.sub(b"", shown).decode(errors="ignore"))
