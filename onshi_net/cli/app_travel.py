"""The commands by which a site travels: `pack` and `take-in`; each body calls one function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onshi_net.cli.app import Json, Site
from onshi_net.i18n import text


def add_to(app: typer.Typer) -> None:
    """Adds them to the application."""
    app.command("pack", help=text("travel.help-pack"))(_pack)
    app.command("take-in", help=text("travel.help-take-in"))(_take_in)


def _pack(
    context: typer.Context,
    site: Site,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help=text("travel.help-out"))
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help=text("travel.help-until"))
    ] = None,
) -> int:
    from onshi_net.cli.travel import pack

    return pack(context.obj, site, out, until)


def _take_in(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=text("travel.help-file"))],
    keep: Annotated[
        list[str] | None, typer.Option("--keep", metavar="FIELD", help=text("travel.help-keep"))
    ] = None,
    take: Annotated[
        list[str] | None, typer.Option("--take", metavar="FIELD", help=text("travel.help-take"))
    ] = None,
    laptop: Annotated[
        str | None, typer.Option("--laptop", metavar="SHA256:…", help=text("travel.help-laptop"))
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=text("travel.help-dry-run"))] = False,
    json: Json = False,
) -> int:
    from onshi_net.cli.travel import Decisions, take_in

    decisions = Decisions(tuple(keep or ()), tuple(take or ()), laptop)
    return take_in(context.obj, file, decisions, dry_run=dry_run, as_json=json)
