"""Files of host keys as they are found: whole ones, and every way in which one gets spoiled."""

from __future__ import annotations

import base64

import paramiko
from hypothesis import strategies as st

from .strangers import KEYS, OTHER_KEYS

NAME = "[127.0.0.1]:2222"
"""The host that the tests ask about."""


def line(key: paramiko.PKey, names: str = NAME, *, marker: str = "", comment: str = "") -> str:
    parts = (marker, names, key.get_name(), key.get_base64(), comment)
    return " ".join(part for part in parts if part)


def hashed(name: str) -> str:
    return paramiko.HostKeys.hash_host(name)


NAMES = st.sampled_from(
    ["192.0.2.7", "[192.0.2.7]:22", "router.example,192.0.2.8", "*.example,!bad.example", "host?"]
)
COMMENTS = st.sampled_from(
    [
        "",
        "onshi:modern",
        "onshi:legacy onshi:by=yes onshi:at=2026-12-01T00:00:00Z",
        "受付の棚",
        "a b",
    ]
)
ALL_KEYS = st.sampled_from([*KEYS.values(), *OTHER_KEYS.values()])


@st.composite
def foreign_lines(draw: st.DrawFn) -> str:
    """A whole line about another host, or none."""
    kind = draw(st.sampled_from(["host", "hashed", "revoked", "comment", "empty"]))
    if kind == "comment":
        return draw(st.sampled_from(["# noted by hand", "#", "  # 現地メモ"]))
    if kind == "empty":
        return draw(st.sampled_from(["", "   ", "\t"]))
    names = hashed("192.0.2.99") if kind == "hashed" else draw(NAMES)
    marker = "@revoked" if kind == "revoked" else ""
    return line(REVOKED if marker else draw(ALL_KEYS), names, marker=marker, comment=draw(COMMENTS))


REVOKED = paramiko.ECDSAKey.generate()


@st.composite
def whole_files(draw: st.DrawFn) -> list[str]:
    """Lines of a file that names the host once, somewhere, plainly or hashed or by a pattern."""
    names = draw(st.sampled_from([NAME, hashed(NAME), "[127.0.0.1]:*", f"192.0.2.7,{NAME}"]))
    own = line(KEYS["ecdsa"], names, comment=draw(COMMENTS))
    before, after = draw(st.lists(foreign_lines(), max_size=3)), draw(st.lists(foreign_lines()))
    return [*before, own, *after[:3]]


def content(lines: list[str]) -> bytes:
    return "".join(f"{one}\n" for one in lines).encode()


@st.composite
def spoiled_files(draw: st.DrawFn) -> bytes:
    """Bytes of a whole file, spoiled so that its line about the host can't be read."""
    lines = draw(whole_files())
    own = next(n for n, one in enumerate(lines) if KEYS["ecdsa"].get_base64() in one)
    kind = draw(st.sampled_from([*ENCODINGS, "cut", "byte", "empty", *LINE_FAULTS]))
    whole = content(lines)
    if kind in ENCODINGS:
        return ENCODINGS[kind](whole.decode())
    if kind == "empty":
        return b""
    if kind == "cut":  # anywhere within the line about the host
        start = len(content(lines[:own]))
        size = len(content(lines[: own + 1])) - start
        return whole[: start + draw(st.integers(1, size - 1))]
    if kind == "byte":
        at = draw(st.integers(0, len(whole) - 1))
        return whole[:at] + draw(st.sampled_from([b"\x00", b"\xff", b"\x1b"])) + whole[at:]
    lines[own] = LINE_FAULTS[kind](lines[own])
    return content(lines)


ENCODINGS = {
    "utf-8-sig": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "cp932": lambda text: (text + "# 予備\n").encode("cp932", "replace"),
}


def _fields(change) -> object:
    def spoil(text: str) -> str:
        names, kind, key, *rest = text.split(" ")
        return " ".join([*change(names, kind, key), *rest])

    return spoil


LINE_FAULTS = {
    "no key": _fields(lambda names, kind, _key: (names, kind)),
    "cut key": _fields(lambda names, kind, key: (names, kind, key[: len(key) // 2 // 4 * 4])),
    "odd key": _fields(lambda names, kind, key: (names, kind, key[:-3])),
    "other type": _fields(lambda names, _kind, key: (names, "ssh-ed25519", key)),
    "not base64": _fields(lambda names, kind, key: (names, kind, f"{key[:8]}!{key[9:]}")),
    "bytes after": _fields(
        lambda names, kind, key: (names, kind, _plus(key, b"\x00\x00")),
    ),
    "bad marker": lambda text: f"@revokd {text}",
    "authority": lambda text: f"@cert-authority {text}",
    "bad hash": _fields(lambda _names, kind, key: ("|1|c2hvcnQ=|c2hvcnQ=", kind, key)),
    "empty name": _fields(lambda names, kind, key: (f"{names},", kind, key)),
}


def _plus(key: str, more: bytes) -> str:
    return base64.b64encode(base64.b64decode(key) + more).decode()
