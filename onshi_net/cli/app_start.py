"""The commands of the start: `init`, `site add` and `list`; each body calls one function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onshi_net.cli.app import Json, Sheets
from onshi_net.i18n import text
from onshi_net.model.names import spelt


def add_to(app: typer.Typer) -> None:
    """Adds them to the application."""
    app.command("init", help=text("start.help-init"))(_init)
    site = typer.Typer(help=text("start.help-site-group"), no_args_is_help=True)
    site.command("add", help=text("start.help-add"))(_site_add)
    site.command("list", help=text("start.help-list"))(_site_list)
    app.add_typer(site, name="site")


def _init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=text("start.help-init-folder"))],
) -> int:
    from onshi_net.cli.init import init

    return init(context.obj, folder)


def _site_add(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="SITE", help=text("start.help-new-site"), parser=spelt)
    ],
    workbook: Annotated[
        Path | None,
        typer.Option("--from", metavar="WORKBOOK.xlsx", help=text("start.help-workbook")),
    ] = None,
    sheet: Sheets = None,
) -> int:
    from onshi_net.cli.site import add

    return add(context.obj, name, workbook, sheet or ())


def _site_list(
    context: typer.Context,
    word: Annotated[
        str | None, typer.Argument(metavar="WORD", help=text("start.help-word"))
    ] = None,
    json: Json = False,
) -> int:
    from onshi_net.cli.site import show

    return show(context.obj, word, as_json=json)
