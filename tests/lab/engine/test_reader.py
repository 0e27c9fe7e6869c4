"""What a line of a site's files may hold in the lab."""

from __future__ import annotations

import pytest

from onshi_lab import reader


@pytest.mark.parametrize("value", ["山田　太郎", "a b", "山田\u00a0太郎", "office@example.jp", "x"])
def test_every_kind_of_blank_is_one(value: str) -> None:
    assert reader.text(value) == value


@pytest.mark.parametrize("value", ["", "a\nb", "a\tb", "a\x1b[b", "a\u200bb", "\u2028", 7, None])
def test_what_is_no_printable_line_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        reader.text(value)
