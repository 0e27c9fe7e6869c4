"""Runs one command line: its outcome is one exit code and, on failure, one sentence."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable
from contextlib import suppress

import typer
import typer.exceptions

from onshi_net import errors, foreign
from onshi_net.cli import streams
from onshi_net.i18n import LANGUAGES, Language, language_of_locale, set_language, text

INTERRUPTED = errors.EXIT_INTERRUPTED


def _language(arguments: list[str]) -> None:
    """Settles the language from `--lang`, wherever it stands, before any help text is made."""
    wanted = ""
    for here, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if here == "--lang":
            wanted = following
        elif here.startswith("--lang="):
            wanted = here.removeprefix("--lang=")
    given = wanted or os.environ.get("ONSHI_LANG", "")
    set_language(next((known for known in LANGUAGES if known == given), _language_to_read()))


def _language_to_read() -> Language:
    """Answers the locale's language; English where standard output can't show that one's letters.

    `LANG=C` says nothing about a language, and may say that there are only ASCII's letters.
    """
    found = language_of_locale()
    return "en" if found == "ja" and not streams.takes("日本語のカナ") else found


def said(error: errors.OnshiError) -> None:
    """Tells the technician first; the log gets it after that."""
    from onshi_net.cli.log import LOGGER

    with suppress(OSError):  # a closed window has no reader
        typer.echo(foreign.block(str(error)), err=True)
        if error.remedy:
            typer.echo(foreign.block(f"  {error.remedy}"), err=True)
    LOGGER.error(str(error))


def _log_traceback() -> None:
    """Keeps where in the code the system refused, for the support desk."""
    from onshi_net.cli.log import LOGGER

    LOGGER.debug("", exc_info=True)


def _end_log() -> None:
    """Ends the log, which most commands never begin."""
    log = sys.modules.get("onshi_net.cli.log")
    if log is not None:
        log.stop()


def run(arguments: list[str]) -> int:
    """Answers the exit code of a command line; see `onshi_net.errors` for the codes."""
    with streams.settled():
        code = _run(arguments)
        try:
            sys.stdout.flush()
        except OSError as error:
            said(refused := errors.refusal(error))
            return code or refused.exit_code
        return code


def _run(arguments: list[str]) -> int:
    _language(arguments)
    from onshi_net.cli.app import build

    try:
        result = typer.main.get_command(build()).main(arguments, "onshi", standalone_mode=False)
    except errors.OnshiError as error:
        said(error)
        return error.exit_code
    except OSError as error:
        said(refused := errors.refusal(error))
        _log_traceback()
        return refused.exit_code
    except typer.exceptions.TyperException as error:
        from onshi_net.cli.frame import told

        typer.echo(told(error), err=True)
        return errors.EXIT_BAD_INPUT
    except (typer.Abort, KeyboardInterrupt):
        result = INTERRUPTED
    finally:
        _end_log()
    if result == INTERRUPTED:  # typer makes this of Ctrl-C too, in silence
        with suppress(OSError):
            typer.echo(text("cli.interrupted"), err=True)
    return result if isinstance(result, int) else errors.EXIT_GOOD


def run_steps(site: str, options: list[str], steps: Iterable[list[str]]) -> int:
    """Runs a playbook's command lines, each under its heading.

    Answers the exit code of the first that fails, or 0. Where it ends early and PCs
    may still be open for the work, says so and what closes them.
    """
    _language(options)
    begun, every = False, list(steps)
    for number, step in enumerate(every, 1):
        begun = begun or step[0] == "provision"
        with suppress(OSError):
            command = shlex.join(["onshi", *step])
            heading = text("visit.stage", number=number, total=len(every), name=command)
            typer.echo(heading, err=True)
        code = run([*options, *step])
        if code != errors.EXIT_GOOD:
            if begun:
                command = shlex.join(["onshi", *options, "winrm", "restore", site])
                typer.echo(text("cli.still-loosened", command=command), err=True)
            return code
    return errors.EXIT_GOOD
