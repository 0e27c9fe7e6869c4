"""The commands of the start: `init`, `site add` and `list`; each body calls one function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onshi_net.cli.app import Json, MaybeSite, Sheets, Site
from onshi_net.i18n import text
from onshi_net.model.names import spelt


def add_to(app: typer.Typer) -> None:
    """Adds them to the application."""
    app.command("init", help=text("start.help-init"))(_init)
    site = typer.Typer(help=text("start.help-site-group"), no_args_is_help=True)
    site.command("add", help=text("start.help-add"))(_site_add)
    site.command("list", help=text("start.help-list"))(_site_list)
    app.add_typer(site, name="site")


def add_secrets_to(secret: typer.Typer) -> None:
    """Adds the commands that need a site's own list of references."""
    secret.command("fill", help=text("secrets.help-fill"))(_secret_fill)
    secret.command("list", help=text("secrets.help-secret-list"))(_secret_list)
    secret.command("rotate", help=text("secrets.help-rotate"))(_secret_rotate)
    secret.command("remove", help=text("secrets.help-remove"))(_secret_remove)


def _secret_rotate(
    context: typer.Context,
    site: Site,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=text("cli.help-yes"))] = False,
    guard: Annotated[
        int,
        typer.Option("--guard", metavar="SECONDS", min=5, max=3600, help=text("cli.help-guard")),
    ] = 300,
) -> int:
    from onshi_net.cli.secret_rotate import rotate

    return rotate(context.obj, site, guard, yes=yes)


def _secret_fill(
    context: typer.Context,
    site: Site,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE", help=text("secrets.help-sheet"))
    ] = None,
) -> int:
    from onshi_net.cli.secret_fill import fill

    return fill(context.obj, site, sheet)


def _secret_list(context: typer.Context, site: MaybeSite = None, json: Json = False) -> int:
    from onshi_net.cli.secret_fill import listed

    return listed(context.obj, site, as_json=json)


def _secret_remove(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REFERENCE")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help=text("secrets.help-remove-yes"))] = False,
) -> int:
    from onshi_net.cli.secret_fill import remove

    return remove(context.obj, reference, yes=yes)


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
