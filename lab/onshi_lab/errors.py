"""What can go wrong in the lab, as one small tree.

LabError                 anything the lab reports in a sentence (exit code 1)
├── UsageError           the caller asked for something that does not exist (exit code 2)
├── SiteFileError        a site definition is wrong; all its faults at once (exit code 2)
└── ServiceError         a daemon did not come up; carries the end of its log (exit code 1)
"""

from __future__ import annotations

from collections.abc import Iterable


class LabError(Exception):
    """Raised when the lab cannot do what was asked; the text is meant for people."""

    exit_code = 1


class UsageError(LabError):
    """Raised for a wrong name or option; the text lists the possible values."""

    exit_code = 2

    @classmethod
    def unknown(cls, what: str, value: str, possible: Iterable[str]) -> UsageError:
        """The error for a value that is not one of the possible ones."""
        return cls(f"no {what} {value!r}; possible: {', '.join(possible)}")


class SiteFileError(LabError):
    """Raised when a site definition has faults; `faults` holds one sentence for each."""

    exit_code = 2

    def __init__(self, path: str, faults: tuple[str, ...]) -> None:
        """Keep the faults for programs, and join them for people."""
        self.faults = faults
        super().__init__("\n  ".join((f"the site {path} can't be raised:", *faults)))


class ServiceError(LabError):
    """Raised when a daemon ends or stays silent instead of becoming ready."""

    def __init__(self, node: str, service: str, what: str, log: str) -> None:
        """Name the daemon and quote the end of its log."""
        super().__init__(f"{service} on {node} {what}; its log ends:\n{log or '(empty)'}")
