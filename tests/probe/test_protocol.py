"""Lines between the probe and its asker: what is read is what was written, and nothing else is."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.facts.outcome import Outcome
from onshi_net.probe.protocol import (
    LONGEST_S,
    Answer,
    BadRequest,
    Request,
    read_request,
    write_answer,
    write_request,
)

WORDS = st.text(max_size=20)
VALUES = st.one_of(WORDS, st.integers(-(2**40), 2**40), st.booleans())
RESERVED = {"id", "ask", "within_s"}


@given(
    st.integers(0, 2**31),
    WORDS,
    st.floats(0.01, LONGEST_S),
    st.dictionaries(WORDS.filter(lambda word: word not in RESERVED), VALUES, max_size=4),
)
def test_a_request_survives_its_line(number, ask, within_s, parameters):
    request = Request(number, ask, within_s, parameters)
    line = write_request(request)
    assert line.count(b"\n") == 1
    assert read_request(line) == request


@given(st.binary(max_size=200))
def test_any_line_is_a_request_or_a_bad_one(line):
    with suppress(BadRequest):
        read_request(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b'{"id": 1}',
        b'{"id": "1", "ask": "tcp"}',
        b'{"id": 1, "ask": "tcp", "within_s": 0}',
        b'{"id": 1, "ask": "tcp", "within_s": 11}',
        b'{"id": 1, "ask": "tcp", "within_s": "2"}',
        b"\xff\xfe",
    ],
)
def test_bad_requests_are_refused_without_quoting_them(line):
    with pytest.raises(BadRequest) as refusal:
        read_request(line)
    assert '"' not in str(refusal.value)


def test_a_secret_parameter_is_not_in_the_repr():
    assert "hunter2" not in repr(Request(1, "http", 1.0, {"pem": "hunter2"}))


def test_an_answer_is_one_line_of_five_fields():
    line = write_answer(3, Answer(Outcome.OK, "open", {"port": 1}), 0.5)
    assert json.loads(line) == {
        "id": 3,
        "outcome": "ok",
        "duration_s": 0.5,
        "detail": "open",
        "data": {"port": 1},
    }
