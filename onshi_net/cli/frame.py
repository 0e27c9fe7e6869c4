"""What stands around every command: its help page, and what is wrong with a command line.

Typer brings both, in English: its own copy of Click doesn't pass gettext, and breaks no line that
has no spaces. So pages and errors are said here, in the words of the catalogue.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from onshi_net import foreign
from onshi_net.i18n import text

WIDTH = 80
"""Cells of a help page's line, where the terminal has as many."""
FIRST = 26
"""Cells of the first column at most; what is wider stands on a line of its own."""
Rows = list[tuple[str, str]]

ERRORS: tuple[tuple[str, str], ...] = (
    ("no-such-command", r"No such command '(?P<word>.*?)'\.?(?: Did you mean (?P<like>.*)\?)?"),
    ("no-such-option", r"No such option: (?P<word>\S*)(?: \(Possible options: (?P<like>.*)\))?"),
    ("missing-option", r"Missing option '?(?P<name>[^'. ]+).*"),
    ("missing-argument", r"Missing \w+ '?(?P<name>[^'. ]+).*"),
    ("missing-command", r"Missing command\."),
    ("needs-value", r"Option '(?P<name>.*)' requires .*"),
    ("takes-no-value", r"Option '(?P<name>.*)' does not take a value\."),
    ("too-many-arguments", r"Got unexpected extra arguments?\(?s?\)? \((?P<word>.*)\)"),
    ("bad-value", r"Invalid value for '?(?P<name>[^':]+?)'?: (?P<reason>.*)"),
    ("bad-value-somewhere", r"Invalid value: (?P<reason>.*)"),
)
"""Typer's sentences about a command line, and what of the catalogue's `cli.frame` says them."""
REASONS: tuple[tuple[str, str], ...] = (
    ("not-whole", r".*valid integer.*"),
    ("not-a-number", r".*valid (?:number|float).*"),
    ("too-small", r"Input should be greater than or equal to (?P<limit>\S+)"),
    ("too-large", r"Input should be less than or equal to (?P<limit>\S+)"),
    ("not-there", r"\w+ '(?P<word>.*)' does not exist\."),
    ("is-a-folder", r"\w+ '(?P<word>.*)' is a directory\."),
    ("not-writable", r"\w+ '(?P<word>.*)' is not writable\."),
    ("not-readable", r"\w+ '(?P<word>.*)' is not readable\."),
)
"""The same of what is wrong with a value."""


class Command(TyperCommand):
    """A command whose help page is ours."""

    def get_help(self, ctx: Any) -> str:
        """Answers the page."""
        return page(self, ctx)


class Group(TyperGroup):
    """Commands under one word."""

    def get_help(self, ctx: Any) -> str:
        """Answers the page."""
        return page(self, ctx)


class App(typer.Typer):
    """Typer's application, whose commands and groups have our pages."""

    def __init__(self, **options: Any) -> None:
        """Takes Typer's options."""
        super().__init__(cls=Group, **options)

    def command(self, name: str | None = None, **options: Any) -> Any:
        """Takes a command as Typer does."""
        return super().command(name, cls=Command, **options)


def page(command: Any, context: Any) -> str:
    """Answers the help page of a command or a group."""
    width = min(WIDTH, shutil.get_terminal_size().columns)
    parameters = command.get_params(context)
    arguments = [one for one in parameters if one.param_type_name == "argument"]
    options = [one for one in parameters if one.param_type_name == "option" and not one.hidden]
    commands = getattr(command, "commands", {})
    usage = [context.command_path, text("cli.frame.options-word")]
    usage += [_place(one) for one in arguments]
    usage += [text("cli.frame.command-words")] if commands else []
    sections = [
        ("arguments", [(_name(one), _told(one)) for one in arguments]),
        ("options", [(_option(one), _told(one)) for one in options]),
        ("commands", [(name, one.help or "") for name, one in commands.items() if not one.hidden]),
    ]
    lines = [f"{text('cli.frame.usage')} {' '.join(usage)}", ""]
    lines += [*_folded(command.help or "", width - 2, "  ")]
    for section, rows in sections:
        if rows:
            lines += ["", text(f"cli.frame.{section}"), *_columns(rows, width)]
    return "\n".join(lines)


def _name(parameter: Any) -> str:
    """Answers what stands for an argument or an option's value."""
    word = str(parameter.metavar or parameter.name.upper())
    return text(f"cli.metavar.{word}", default=word)


def _place(argument: Any) -> str:
    return _name(argument) if argument.required else f"[{_name(argument)}]"


def _option(option: Any) -> str:
    words = ", ".join([*option.opts, *option.secondary_opts])
    return words if option.is_flag else f"{words} {_name(option)}"


def _told(parameter: Any) -> str:
    """Answers what a parameter is for, with its bounds and what stands there without it."""
    extra = []
    if parameter.name == "help":
        return text("cli.frame.help")
    if parameter.required:
        extra.append(text("cli.frame.required"))
    bounds = getattr(parameter, "min", None), getattr(parameter, "max", None)
    if None not in bounds:
        extra.append(text("cli.frame.between", low=bounds[0], high=bounds[1]))
    is_flag = getattr(parameter, "is_flag", False)
    if parameter.default not in (None, (), []) and not is_flag and not parameter.required:
        extra.append(text("cli.frame.default", value=parameter.default))
    told = parameter.help or ""
    return f"{told} [{text('cli.frame.and').join(extra)}]".strip() if extra else told


def _columns(rows: Rows, width: int) -> Iterator[str]:
    from rich.cells import cell_len

    first = min(max(cell_len(name) for name, _ in rows), FIRST)
    indent = " " * (first + 4)
    for name, told in rows:
        lines = list(_folded(told, width - len(indent), indent))
        if cell_len(name) > first:
            yield f"  {name}"
        else:
            begun = f"  {name}{' ' * (first - cell_len(name))}  "
            lines[:1] = [begun + lines[0].strip()] if lines else [begun.rstrip()]
        yield from lines


def _folded(words: str, width: int, indent: str) -> Iterator[str]:
    """Gives a text's lines, none wider than `width` cells, each behind the indent."""
    from rich.console import Console
    from rich.text import Text

    from onshi_net.cli.lines import broken

    for line in broken(Text(words), width).split("\n"):
        for part in line.wrap(Console(width=width, file=None), width):
            yield f"{indent}{part.plain.rstrip()}"


def told(error: Any) -> str:
    """Answers what is wrong with a command line, and how to get the page that helps.

    `error` is Typer's, which a command line without anything makes of the page itself.
    """
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if context is not None and message == context.get_help():
        return str(message)
    path = context.command_path if context is not None else "onshi"
    error_line = text("cli.frame.error", said=_sentence(message, error))
    return foreign.block(f"{error_line}\n{text('cli.frame.try', command=path)}")


def _sentence(message: str, error: Any) -> str:
    name, values = _read(ERRORS, message)
    if name is None:
        return text("cli.frame.wrong")
    if name == "missing-argument" and (parameter := getattr(error, "param", None)) is not None:
        values["name"] = _name(parameter)
    if "name" in values:
        values["name"] = text(f"cli.metavar.{values['name']}", default=values["name"])
    if "reason" in values:
        name = name if values.get("name", "-").startswith("-") else "bad-argument"
        reason, found = _bounded(*_read(REASONS, values["reason"]), getattr(error, "param", None))
        values["reason"] = text(f"cli.frame.{reason}", **found) if reason else values["reason"]
    like = values.pop("like", None)
    said = text(f"cli.frame.{name}", **values)
    if like:
        names = text("cli.frame.and").join(re.findall(r"[\w-]+", like))
        said += text("cli.frame.like", names=names)
    return said


def _bounded(reason: str | None, told: dict[str, str], parameter: Any) -> Any:
    """Answers both bounds where a value is beyond one of two."""
    bounds = {"low": getattr(parameter, "min", None), "high": getattr(parameter, "max", None)}
    if reason in {"too-small", "too-large"} and None not in bounds.values():
        return "out-of-range", bounds
    return reason, told


def _read(known: Sequence[tuple[str, str]], sentence: str) -> tuple[str | None, dict[str, str]]:
    for name, pattern in known:
        if (found := re.fullmatch(pattern, sentence, re.DOTALL)) is not None:
            return name, {key: value for key, value in found.groupdict().items() if value}
    return None, {}
