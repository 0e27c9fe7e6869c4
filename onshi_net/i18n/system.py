"""Why the system refuses something, in the technician's language.

The system's own words (strerror) are English on most laptops, and none where only a class is known.
"""

from __future__ import annotations

import errno

from onshi_net.i18n import is_known, language, text

CLASSES = (
    (TimeoutError, "ETIMEDOUT"),
    (ConnectionRefusedError, "ECONNREFUSED"),
    (ConnectionResetError, "ECONNRESET"),
    (ConnectionAbortedError, "ECONNRESET"),
    (BrokenPipeError, "EPIPE"),
    (EOFError, "ECONNRESET"),
    (FileNotFoundError, "ENOENT"),
    (PermissionError, "EACCES"),
)
"""Names for errors that come without a number."""


def reason(error: BaseException) -> str:
    """Answers what the system says in an error; in English its own words, where it has some."""
    if language() == "en":
        return getattr(error, "strerror", None) or str(error) or type(error).__name__
    number = getattr(error, "errno", None)
    name = errno.errorcode.get(number, "") if isinstance(number, int) else ""
    name = name or next((name for one, name in CLASSES if isinstance(error, one)), "")
    if is_known(f"errors.system.{name}"):
        return text(f"errors.system.{name}")
    return text("errors.system.other", code=name or number or type(error).__name__)
