"""The log of a run: one file a site, everything that our code and its libraries say, masked.

The libraries' debug logs hold what goes over the wire: netmiko's what is typed at the router's
password prompt. So masking is done on the finished line, tracebacks included, by the one object
that knows the secrets of the run.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
LOGGER = logging.getLogger("onshi")
LOGGER.addHandler(logging.NullHandler())  # before a log is begun nothing goes to standard error
Mask = Callable[[str], str]


class _Masked(logging.Formatter):
    def __init__(self, mask: Mask) -> None:
        super().__init__(LINE)
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        return self._mask(super().format(record))


class _PrivateFile(logging.FileHandler):
    """A file that is made at the first line, for its owner only."""

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
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


def step(sentence: str, *, detail: bool = False) -> None:
    """Writes a sentence of ours; a detail only at the level `debug`."""
    LOGGER.log(logging.DEBUG if detail else logging.INFO, sentence)


def stop() -> None:
    """Ends the log that was begun, where there is one."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _PrivateFile)]:
        root.removeHandler(handler)
        handler.close()
        root.setLevel(logging.WARNING)
