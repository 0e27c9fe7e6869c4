"""No secret of a router's configuration is shown, whoever put it there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.platforms.yamaha.masking import masked_line
from onshi_net.platforms.yamaha.render import router_config
from tests.conftest import EXAMPLES, SITES
from tests.platforms.yamaha.secret_lines import GRAMMAR

WORDS = st.text(
    st.characters(codec="ascii", exclude_characters=" \"'@", categories=("L", "N", "P", "S")),
    min_size=4,
    max_size=24,
)
WORDS = WORDS.map(lambda word: f"Cn4ry{word}")
AROUND = (
    "{}",
    "-{}",
    "+{}",
    "no {}",
    "pp select 1: {}",
    "schedule at 3 */* 01:00 * {}",
    'alias way="{}"',
)


@pytest.mark.parametrize("line", GRAMMAR)
@given(word=WORDS, around=st.sampled_from(AROUND), blank=st.booleans())
def test_a_secret_is_hidden_wherever_its_command_stands(
    line: str, word: str, around: str, blank: bool
) -> None:
    quotable = "md5key" not in line and "://" not in line and "alias" not in around
    given_word = f'"{word} Cn4ry"' if blank and quotable else word
    shown = masked_line(around.format(line.replace("{}", given_word)))
    assert "Cn4ry" not in shown
    assert "*" in shown


@pytest.mark.parametrize("site", SITES)
def test_our_own_lines_are_shown_as_they_are(site: str) -> None:
    lines = router_config(site_intent(load_site(EXAMPLES, site)).router)
    assert tuple(map(masked_line, lines)) == lines


@pytest.mark.parametrize(
    "line",
    [
        "administrator password *",
        "login user onshi *",
        "user attribute onshi administrator=2 connection=ssh",
        "snmp host any",
        "pp auth accept chap pap",
        "ipsec ike auth method 1 pre-shared-key",
        "radius auth server 192.0.2.1",
        "sshd auth method password",
    ],
)
def test_lines_without_a_secret_are_shown_as_they_are(line: str) -> None:
    assert masked_line(line) == line
