"""Runs one command line: its outcome is one exit code and, on failure, one sentence."""

from __future__ import annotations

import sys

import typer
import typer.exceptions

from onshi_net import errors
from onshi_net.i18n import LANGUAGES, language_of_locale, set_language, text

INTERRUPTED = 130


def _language(arguments: list[str]) -> None:
    """Settles the language from `--lang`, wherever it stands, before any help text is made."""
    wanted = ""
    for here, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if here == "--lang":
            wanted = following
        elif here.startswith("--lang="):
            wanted = here.removeprefix("--lang=")
    set_language(next((known for known in LANGUAGES if known == wanted), language_of_locale()))


def _say(error: errors.OnshiError) -> None:
    from onshi_net.cli.log import LOGGER

    LOGGER.error(str(error))
    typer.echo(str(error), err=True)
    if error.remedy:
        typer.echo(f"  {error.remedy}", err=True)


def _end_log() -> None:
    """Ends the log, which most commands never begin."""
    log = sys.modules.get("onshi_net.cli.log")
    if log is not None:
        log.stop()


def run(arguments: list[str]) -> int:
    """Answers the exit code of a command line; see `onshi_net.errors` for the codes."""
    _language(arguments)
    from onshi_net.cli.app import build

    try:
        result = typer.main.get_command(build()).main(arguments, "onshi", standalone_mode=False)
    except errors.OnshiError as error:
        _say(error)
        return error.exit_code
    except typer.exceptions.TyperException as error:
        error.show(sys.stderr)  # type: ignore[attr-defined]  # the base class of the package hides it
        return errors.EXIT_BAD_INPUT
    except (typer.Abort, KeyboardInterrupt):
        typer.echo(text("cli.interrupted"), err=True)
        return INTERRUPTED
    finally:
        _end_log()
    return result if isinstance(result, int) else errors.EXIT_GOOD
