"""A password is taken as it is or refused with every reason; none of the reasons shows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.model import router_model
from onshi_net.model.catalogue import router_model_names
from onshi_net.model.passwords import reasons_at_windows
from onshi_net.platforms.yamaha.passwords import reasons_at_prompt, reasons_at_router


@given(st.text(max_size=60), st.sampled_from((1, 8)))
def test_what_a_router_is_given_is_printable_ascii_of_its_length(value: str, shortest: int) -> None:
    reasons = reasons_at_router(value, shortest)
    good = shortest <= len(value) <= 32 and all("!" <= one <= "~" and one != "?" for one in value)
    assert (reasons == ()) == good
    assert len(value) < 4 or not any(value in reason for reason in reasons)


@given(st.text(max_size=60))
def test_what_is_typed_at_a_prompt_is_one_line_of_ascii(value: str) -> None:
    assert (reasons_at_prompt(value) == ()) == all(" " <= one <= "~" for one in value)


@pytest.mark.parametrize("model", router_model_names())
def test_the_shortest_password_is_the_models(model: str) -> None:
    """Source: RTX reference 4.3, 4.5: 8 characters on an RTX840, one on the others named there."""
    shortest = router_model(model).shortest_password
    assert shortest == (8 if model == "RTX840" else 1)
    assert reasons_at_router("x" * shortest, shortest) == ()
    assert len(reasons_at_router("x" * (shortest - 1), shortest)) == 1


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("", 1),
        ("a b?", 2),
        ("a\tb\nc\x1b", 3),
        ("あ" * 40, 2),
        ("\x7f", 1),
        ("Good-Pass_1!", 0),
    ],
)
def test_every_fault_is_told_at_once(value: str, count: int) -> None:
    assert len(reasons_at_router(value, 1)) == count


@pytest.mark.parametrize(
    ("value", "good"), [("パスワード 1?", True), ("a\nb", False), ("x" * 257, False)]
)
def test_windows_takes_any_letters_but_no_control_characters(value: str, good: bool) -> None:
    assert (reasons_at_windows(value) == ()) == good
