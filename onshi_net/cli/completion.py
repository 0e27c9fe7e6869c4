"""What a shell completes: sites, a site's hosts, segments. A fault completes nothing, in silence.

Only names are read, and of one site its hosts' names: it answers while somebody types.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import typer

SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
VARIABLE = "_ONSHI_COMPLETE"
MOST = 200
"""Names that are offered at most; a shell shows no longer list in a useful way."""


def script(shell: str) -> str:
    """Answers the lines that make a shell ask `onshi` for completions."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # not in its __all__

    return get_completion_script(prog_name="onshi", complete_var=VARIABLE, shell=shell)


def settle() -> None:
    """Makes the shells known where one asks for completions."""
    if VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]  # the same

        completion_init()


def sites(context: typer.Context, incomplete: str) -> list[str]:
    """Answers the sites that begin so."""
    from onshi_net.inventory.sites import site_names

    with suppress(Exception):
        return _some(site_names(_inventory(context)), incomplete)
    return []


def hosts(context: typer.Context, incomplete: str) -> list[str]:
    """Answers the hosts of the site that stands on the command line."""
    from onshi_net.inventory.document import read_document
    from onshi_net.inventory.load import HOSTS_FILE
    from onshi_net.inventory.sites import site_folder

    with suppress(Exception):
        folder = site_folder(_inventory(context), _site(context))
        return _some(read_document(folder / HOSTS_FILE).data, incomplete)
    return []


def _site(context: typer.Context) -> str:
    """Answers the site of the line; typer forgets it behind an option whose value is missing yet.

    Shells hand the line over in one of two variables (typer's `_completion_classes`).
    """
    from onshi_net.inventory.sites import site_names

    if site := context.params.get("site"):
        return str(site)
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    known = set(site_names(_inventory(context)))
    return next(word for word in line.split() if word in known)


def segments(incomplete: str) -> list[str]:
    """Answers the segments of the checks."""
    from onshi_net.checks.model import SEGMENTS

    return _some(SEGMENTS, incomplete)


def _some(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)][:MOST]


def _inventory(context: typer.Context) -> Path:
    given = context.find_root().params.get("inventory")
    return Path(given or os.environ.get("ONSHI_INVENTORY") or "inventory")
