"""How much a device may say and how long it may take: one table, held while its words come in.

Far above what a device of the kind ever says, and below what hurts a laptop. `Meter` (`metered`)
counts, and ends a connection at the first byte or second too many. The probe's own questions have
theirs in `onshi_net.probe.protocol`, PCs' scripts and the laptop's measurements theirs with who
asks (`deadline_s`), always inside these.
"""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True, slots=True)
class Bound:
    """What one kind of conversation keeps to."""

    answer_bytes: int
    """Of one answer, as it is kept."""
    wire_bytes: int
    """Of one answer, as it comes in: with packets' heads and, where there is TLS, its records."""
    lines: int
    """Of one answer."""
    row_bytes: int
    """Of one line."""
    question_s: float
    """Longest from a question to the end of its answer, however steadily it comes."""
    device_s: float
    """Longest that all questions of one session may wait together."""


GREETING = Bound(
    answer_bytes=128 * KIB,
    wire_bytes=128 * KIB,
    lines=100,
    row_bytes=32 * KIB,
    question_s=60.0,
    device_s=120.0,
)
"""Everything before the login over SSH; a key exchange takes some 5 kB (RFC 4253, 6.1, has packets
of 35,000 bytes)."""
CONSOLE = Bound(
    answer_bytes=MIB,
    wire_bytes=8 * MIB,
    lines=10_000,
    row_bytes=16 * KIB,
    question_s=60.0,
    device_s=600.0,
)
"""A router's answer. A console takes lines of 4,095 letters (RTX command reference 2.1) and shows
them in rows; the wire counts more since a router may send each letter in a packet of its own."""
MESSAGE = Bound(
    answer_bytes=2 * MIB,
    wire_bytes=2 * MIB,
    lines=100,
    row_bytes=64 * KIB,
    question_s=40.0,
    device_s=900.0,
)
"""An HTTP message of WinRM, whose envelopes are 150 kB (MaxEnvelopeSizekb is 500 at most by
default). Lines and their length are its headers', which `http.client` holds."""
CHALLENGE = Bound(
    answer_bytes=64 * KIB,
    wire_bytes=64 * KIB,
    lines=100,
    row_bytes=64 * KIB,
    question_s=5.0,
    device_s=10.0,
)
"""The answer to a question of WinRM that nobody has logged in for."""
SCRIPT_BYTES = 8 * MIB
"""Of a script's output and error output, over all messages that bring it."""
READING_S = 120.0
"""Longest that one device may take where it is only read (`plan`)."""
