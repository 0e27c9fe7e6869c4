"""What travels between the probe and whoever asks it: one JSON object a line, each way.

Request: `{"id": 7, "ask": "tcp", "within_s": 2.0, …parameters}`.
Answer: `{"id": 7, "outcome": "ok", "duration_s": 0.012, "detail": "", "data": {…}}`; answers come
in any order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from onshi_net.facts.outcome import Outcome

WITHOUT_RAW = "--without-raw"
"""On the probe's command line: it gives up the right to raw packets, too."""
MAX_LINE = 1 << 20
"""Bytes of the longest line; a certificate bundle fits many times."""
ENTRIES = 64
"""Of a list in an answer: whom a link hears of, or what a name means. What floods a link with
others must not fill the laptop."""
DEFAULT_WITHIN_S = 2.0
LONGEST_S = 10.0
GRACE_S = 4.0
"""A request that is still running so long after its time is stopped and answered as an error.

Longer than the search for a next hop (0.9 s), which comes before the time of what goes through it.
"""
PATIENCE_S = 20.0
"""By so much a request may take longer where the probe's machine is too busy to run it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question found; `detail` is a code, never a sentence."""

    outcome: Outcome
    detail: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class BadRequest(ValueError):
    """Raised for a line that is not a request."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question; `parameters` may hold a secret and so stay out of the repr."""

    id: int
    ask: str
    within_s: float
    parameters: Mapping[str, Any] = field(repr=False)


def read_request(line: bytes) -> Request:
    """Reads a request line. Raises BadRequest, whose text never quotes the line."""
    try:
        fields = json.loads(line)
    except ValueError:
        raise BadRequest("not JSON") from None
    if not isinstance(fields, dict):
        raise BadRequest("not an object")
    number, ask = fields.pop("id", None), fields.pop("ask", None)
    within = fields.pop("within_s", DEFAULT_WITHIN_S)
    if not isinstance(number, int) or not isinstance(ask, str):
        raise BadRequest("id and ask are missing")
    if not isinstance(within, int | float) or not 0 < within <= LONGEST_S:
        raise BadRequest("within_s is out of range")
    return Request(number, ask, float(within), fields)


def write_request(request: Request) -> bytes:
    """Gives the line of a request."""
    head = {"id": request.id, "ask": request.ask, "within_s": request.within_s}
    return json.dumps({**head, **request.parameters}).encode() + b"\n"


def write_answer(number: int | None, answer: Answer, duration_s: float) -> bytes:
    """Gives the line of an answer; one too long to be read is answered as an error."""
    fields = {
        "id": number,
        "outcome": answer.outcome.value,
        "duration_s": round(duration_s, 6),
        "detail": answer.detail,
        "data": dict(answer.data),
    }
    line = json.dumps(fields).encode() + b"\n"
    if len(line) <= MAX_LINE:
        return line
    return write_answer(number, Answer(Outcome.ERROR, "too-long"), duration_s)
