"""Whether a file is a workbook that may be opened at all.

Looked at as bytes, before any parser sees it.

Refused with one sentence each: encrypted and old (OLE) files, other formats, damaged archives,
macros, archives that unpack to far more than they are, and XML with a document type (which ECMA-376
part 2, OPC, forbids in a package, and which entity expansion needs).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from onshi_net.errors import NO_ROOM, Fault, InputError, OnshiError, Place
from onshi_net.i18n import text
from onshi_net.i18n.system import reason as system_reason

MAX_FILE = 20_000_000
"""Bytes of the file. 200 filled-in forms take about 1 MB."""
MAX_ENTRIES = 3_000
MAX_ENTRY = 32_000_000
MAX_TOTAL = 96_000_000
"""Unpacked bytes of one entry and of all."""
MAX_RATIO = 300
"""Unpacked to packed; XML of an empty form packs to about 1/15."""
RATIO_FROM = 1_000_000
"""Smaller entries may have any ratio: they can't harm."""
CONTENT_TYPES = "[content_types].xml"
"""The part that lists all parts (ECMA-376 part 2), in lower case."""
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
_DOCTYPE = tuple("<!DOCTYPE".encode(code) for code in ("ascii", "utf-16-le", "utf-16-be"))
_ENCODING = re.compile(rb"""\A[^<]{0,4}<\?xml[^>]{0,100}encoding\s*=\s*["']([^"']{1,40})["']""")
_GOOD_ENCODINGS = {b"utf-8", b"utf-16", b"us-ascii", b"ascii"}

STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_NAME = re.compile(STRICT + rb"([A-Za-z]+)/([A-Za-z]+)")
_RENAMED = {
    b"extendedProperties": b"extended-properties",
    b"customProperties": b"custom-properties",
}


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """Carries the message id of the sentence; never leaves this package."""

    message: str
    values: tuple[tuple[str, object], ...] = ()


def refusal(path: Path, message: str, **values: Any) -> InputError:
    """Makes the error that says why `path` can't be read."""
    return InputError([Fault(Place(path), text(f"intake.{message}", **values), remedy(message))])


def unwritable(path: Path, error: OSError) -> InputError:
    """Makes the error that says why `path` can't be written."""
    if error.errno not in NO_ROOM:
        return refusal(path, "file-unwritable", reason=system_reason(error))
    message = f"cli.{NO_ROOM[error.errno]}"
    told = OnshiError(message, file=text("cli.some-file"), folder=path.parent)
    return InputError([Fault(Place(path), str(told), told.remedy)])


def remedy(message: str) -> str:
    """Answers what to do about a message, '' where the catalogue has nothing.

    Remedies take no values.
    """
    return text(f"intake.{message}.remedy", default="")


def read_bytes(path: Path) -> bytes:
    """Answers the file's bytes. Raises InputError where it can't be read or is too big."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise refusal(path, "file-unreadable", reason=system_reason(error)) from None
    if len(raw) > MAX_FILE:
        raise refusal(path, "file-too-big", limit=MAX_FILE // 1_000_000)
    return raw


def checked_bytes(path: Path) -> bytes:
    """Answers the bytes of a workbook that a parser may see.

    Raises InputError with one sentence.
    """
    raw = read_bytes(path)
    try:
        _check_kind(raw)
        _check_archive(raw)
    except Refused as error:
        raise refusal(path, error.message, **dict(error.values)) from None
    return transitional(raw)


def transitional(raw: bytes) -> bytes:
    """Answers a Strict workbook with the names of the transitional form, which parsers know.

    Others stay as they are. Excel writes both ("Strict Open XML"); names: ECMA-376 part 1 and 4,
    annex A.
    """
    with zipfile.ZipFile(BytesIO(raw)) as archive:
        parts = {entry: archive.read(entry) for entry in archive.infolist()}
    if not any(STRICT in part for part in parts.values()):
        return raw
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, part in parts.items():
            if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
                part = _STRICT_NAME.sub(_transitional_name, part)  # noqa: PLW2901
            archive.writestr(entry.filename, part)
    return made.getvalue()


def _transitional_name(found: re.Match[bytes]) -> bytes:
    family, rest = found.groups()
    rest = _RENAMED.get(rest, rest)
    return b"http://schemas.openxmlformats.org/" + family + b"/2006/" + rest


def _check_kind(raw: bytes) -> None:
    if not raw:
        raise Refused("file-empty")
    if raw.startswith(OLE):
        # Names of streams in an OLE directory are UTF-16 (MS-CFB 2.6.1; MS-OFFCRYPTO 2.3.4.4 for
        # the stream).
        encrypted = "EncryptedPackage".encode("utf-16-le") in raw
        raise Refused("file-encrypted" if encrypted else "file-old-excel")
    if not raw.startswith(ZIP):
        raise Refused("file-not-workbook")


def _check_archive(raw: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            _check_entries(archive)
            _check_names(archive)
            for entry in archive.infolist():
                _check_xml(archive, entry)
    except (zipfile.error, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        # NotImplementedError (an exotic archive) is a RuntimeError.
        raise Refused("file-damaged") from error


def _check_entries(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    sizes = [entry.file_size for entry in entries]
    if len(entries) > MAX_ENTRIES or max(sizes, default=0) > MAX_ENTRY or sum(sizes) > MAX_TOTAL:
        raise Refused("file-bomb")
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise Refused("file-encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("file-damaged")
        big = entry.file_size > RATIO_FROM
        if big and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise Refused("file-bomb")


def _check_names(archive: zipfile.ZipFile) -> None:
    names = [entry.filename.lower() for entry in archive.infolist()]
    if len(set(names)) != len(names):
        raise Refused("file-damaged")
    if any(name.endswith(("vbaproject.bin", ".xlm")) or "macrosheets/" in name for name in names):
        raise Refused("file-macro")
    if CONTENT_TYPES not in names:
        raise Refused("file-not-workbook")
    if any(name.endswith("workbook.bin") for name in names):
        raise Refused("file-binary")
    if not any(name.endswith("workbook.xml") for name in names):
        raise Refused("file-not-workbook")
    types = archive.read(next(e for e in archive.infolist() if e.filename.lower() == CONTENT_TYPES))
    if b"macroenabled" in types.lower():
        raise Refused("file-macro")


def _check_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
        return
    raw = archive.read(entry)
    if any(mark in raw for mark in _DOCTYPE):
        raise Refused("file-doctype")
    declared = _ENCODING.match(raw)
    if declared and declared.group(1).lower() not in _GOOD_ENCODINGS:
        raise Refused("file-damaged")
