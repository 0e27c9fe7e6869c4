"""A configuration as lines, whatever text it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onshi_net.platforms.yamaha.config import config_lines, keyed


def test_here_documents_are_skipped():
    text = "embedded file a.lua <<EOF\nip lan1 address 1.2.3.4/24\nEOF\nsyslog notice on\n"
    assert config_lines(text) == ("embedded file a.lua <<EOF", "syslog notice on")


@given(st.text(max_size=300))
def test_any_text_is_read_as_lines(text: str):
    lines = config_lines(text)
    assert all("  " not in line.strip() for line in lines)
    list(keyed(lines))
