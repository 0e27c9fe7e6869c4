"""A page of HTML as the tests read it."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "br", "line", "rect", "polyline", "circle", "path"}
LOADING = {"src", "action", "data", "srcset"}


class Page(HTMLParser):
    """The text of a page; every element is closed where it was opened, and none loads anything."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "link", "img", "iframe", "object"}
        given = dict(attrs)
        assert not LOADING & set(given)
        if "href" in given:
            assert tag == "a"
            self.links.append(given["href"] or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)
