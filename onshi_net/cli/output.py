"""The console of the command line: whatever is printed passes `foreign` on its way to the terminal.

At the last moment, on the parts that rich has made, so that no caller can forget it; what rich
itself adds (colours, a status that moves) is not touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from onshi_net import foreign
from onshi_net.cli.lines import broken
from onshi_net.cli.streams import is_unicode


class CleanConsole(Console):
    """rich's console, which shows of words that others wrote only what can be seen."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Gives the parts of what is printed, Japanese broken between its phrases."""
        options = options or self.options
        if isinstance(renderable, str):
            renderable = self.render_str(
                renderable, highlight=options.highlight, markup=options.markup
            )
        if isinstance(renderable, Text) and not (options.no_wrap or renderable.no_wrap):
            renderable = broken(renderable, options.max_width)
        for part in super().render(renderable, options):
            yield part if part.control else part._replace(text=foreign.block(part.text))

    def print_json(self, json: str | None = None, *, data: Any = None, **options: Any) -> None:
        """Prints plain data, the same in every encoding; its words as a sentence would show them.

        Letters that standard output lacks are escaped, as JSON may have them.
        """
        escaped = {"ensure_ascii": not is_unicode(), **options}
        super().print_json(json, data=foreign.plain(data), **escaped)
