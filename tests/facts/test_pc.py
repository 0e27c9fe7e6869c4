"""A list, in each of the forms that Windows PowerShell 5.1 may give it."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from onshi_net.facts.pc import Listed, MaybeListed

NAMES = TypeAdapter(Annotated[tuple[str, ...], Listed])
MAYBE = TypeAdapter(Annotated[tuple[str, ...] | None, MaybeListed])


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (["a", "b"], ("a", "b")),
        ([], ()),
        ("ab", ("ab",)),
        (None, ()),
        ({"value": ["a"], "Count": 1}, ("a",)),
    ],
)
def test_each_form_of_a_list_is_that_list(said: Any, read: tuple[str, ...]) -> None:
    assert NAMES.validate_python(said) == read


@pytest.mark.parametrize("inner", [1, "ab", None, {"a": 1}])
def test_an_odd_value_in_the_wrapper_is_no_list(inner: Any) -> None:
    with pytest.raises(ValidationError):
        NAMES.validate_python({"value": inner, "Count": 1})


def test_what_was_not_asked_stays_unasked() -> None:
    assert MAYBE.validate_python(None) is None
