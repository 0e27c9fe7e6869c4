"""The log of a run: one file a site, everything that our code and its libraries say, masked.

The libraries' debug logs hold what goes over the wire. So masking is done on the finished line,
tracebacks included, by the one object that knows the secrets of the run. netmiko's is left out: it
holds all that a router says, cut anywhere, and with it the secrets of others in its configuration.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

from onshi_net import foreign
from onshi_net.files import open_private, private_folder
from onshi_net.i18n import text
from onshi_net.i18n.system import reason as system_reason

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
LOGGER = logging.getLogger("onshi")
LOGGER.addHandler(logging.NullHandler())  # before a log is begun nothing goes to standard error
Mask = Callable[[str], str]


class _Masked(logging.Formatter):
    def __init__(self, mask: Mask) -> None:
        super().__init__(LINE)
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        # Masked first: a mark within a secret would hide it from the mask. Only the first line of a
        # record begins at the margin, so that what a device said can't pass for another record.
        first, *more = foreign.block(self._mask(super().format(record))).split("\n")
        lines = [first, *(f"  {line}" for line in more)]
        return "\n".join(foreign.line(line, foreign.SENTENCE) for line in lines)


class _PrivateFile(logging.FileHandler):
    """A file that is made at the first line, for its owner only.

    A line that can't be written is dropped, which is said once: a log must not end what it logs.
    """

    _told = False

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a line; opening the file raises here, writing to it goes to `handleError`."""
        try:
            super().emit(record)
        except OSError as error:
            self._tell(error)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 logging's name
        """Tells the system's refusal in a sentence; anything else is a fault of ours."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._tell(error)
        else:
            super().handleError(record)

    def _tell(self, error: OSError) -> None:
        if self._told:
            return
        self._told = True
        sentence = text("cli.no-log", file=self.baseFilename, reason=system_reason(error))
        with suppress(OSError):
            sys.stderr.write(f"{sentence}\n")

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        private_folder(path.parent)
        descriptor = open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        return os.fdopen(descriptor, "a", encoding="utf-8")


def start(file: Path, level: str, mask: Mask) -> None:
    """Sends every log line of `level` or above to `file`; replaces the log of an earlier start.

    `level` is one of `context.LEVELS`.
    """
    stop()
    root = logging.getLogger()
    fresh = _PrivateFile(file, encoding="utf-8", delay=True)
    fresh.setFormatter(_Masked(mask))
    root.addHandler(fresh)
    root.setLevel(level.upper())
    # Nornir logs a traceback for every host that fails, which our own error tells in a sentence.
    hidden = logging.NOTSET if level == "debug" else logging.CRITICAL
    logging.getLogger("nornir").setLevel(hidden)
    logging.getLogger("netmiko").setLevel(logging.INFO)


def step(sentence: str, *, detail: bool = False) -> None:
    """Writes a sentence of ours; a detail only at the level `debug`."""
    LOGGER.log(logging.DEBUG if detail else logging.INFO, sentence)


def stop() -> None:
    """Ends the log that was begun, where there is one."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _PrivateFile)]:
        root.removeHandler(handler)
        with suppress(OSError):  # a full disk, which was told when the line was written
            handler.close()
        root.setLevel(logging.WARNING)
