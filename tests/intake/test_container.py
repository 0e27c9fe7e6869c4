"""Files that are no workbook: one sentence each, never a traceback, nothing parsed."""

from __future__ import annotations

import io
import os
import zipfile

import pytest

from onshi_net.errors import InputError
from onshi_net.i18n import text
from onshi_net.intake import container, read_workbook

OLE = container.OLE + bytes(504)


def refused(path):
    with pytest.raises(InputError) as caught:
        read_workbook(path)
    (fault,) = caught.value.faults
    assert str(path) in str(fault)
    return fault.problem


def entries(path):
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def write(path, parts, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return path


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "file-empty"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "file-encrypted"),
        (OLE + "Workbook".encode("utf-16-le"), "file-old-excel"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "file-not-workbook"),
        ("項目,要否\n".encode("cp932"), "file-not-workbook"),
        (b"PK\x03\x04" + bytes(100), "file-damaged"),
        (b"%PDF-1.7", "file-not-workbook"),
    ],
)
def test_other_files(tmp_path, body, message):
    path = tmp_path / "申込.xlsx"
    path.write_bytes(body)
    assert refused(path) == text(f"intake.{message}")


def test_a_missing_file_and_a_folder(tmp_path):
    assert "can't be read" in refused(tmp_path / "none.xlsx")
    assert "can't be read" in refused(tmp_path)


def test_a_hundred_megabytes_are_not_read(tmp_path):
    path = tmp_path / "big.xlsx"
    with path.open("wb") as stream:
        stream.truncate(100_000_000)
    assert refused(path) == text("intake.file-too-big", limit=20)


def test_a_truncated_workbook(book, tmp_path):
    raw = book.save().read_bytes()
    path = tmp_path / "cut.xlsx"
    for end in (100, len(raw) // 2, len(raw) - 10):
        path.write_bytes(raw[:end])
        assert refused(path) == text("intake.file-damaged")


def test_a_flipped_byte_in_a_part(book, tmp_path):
    raw = bytearray(book.save().read_bytes())
    start = raw.index(b"xl/worksheets/sheet1.xml") + 60
    raw[start] ^= 0xFF
    path = tmp_path / "flipped.xlsx"
    path.write_bytes(raw)
    assert refused(path) == text("intake.file-damaged")


def test_macros_are_not_opened(book, tmp_path):
    parts = entries(book.save())
    by_part = write(tmp_path / "a.xlsx", {**parts, "xl/vbaProject.bin": b"x"})
    assert refused(by_part) == text("intake.file-macro")
    types = parts["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    by_type = write(tmp_path / "b.xlsx", {**parts, "[Content_Types].xml": types})
    assert refused(by_type) == text("intake.file-macro")
    old = write(tmp_path / "c.xlsx", {**parts, "xl/macrosheets/sheet1.xml": b"<x/>"})
    assert refused(old) == text("intake.file-macro")


def test_zip_bombs_are_not_unpacked(book, tmp_path):
    parts = entries(book.save())
    ratio = write(tmp_path / "a.xlsx", {**parts, "xl/media/x.bin": bytes(5_000_000)})
    assert refused(ratio) == text("intake.file-bomb")
    many = write(tmp_path / "b.xlsx", {**parts, **{f"x/{n}": b"" for n in range(3_001)}})
    assert refused(many) == text("intake.file-bomb")
    random = {f"x/{n}": os.urandom(1_000) * 4_000 for n in range(25)}
    assert refused(write(tmp_path / "c.xlsx", {**parts, **random})) == text("intake.file-bomb")


def test_a_size_that_lies_is_damage(book, tmp_path):
    raw = bytearray(book.save().read_bytes())
    central = raw.rindex(b"PK\x01\x02")
    raw[central + 24 : central + 28] = (10).to_bytes(4, "little")
    path = tmp_path / "lie.xlsx"
    path.write_bytes(raw)
    with pytest.raises(InputError):
        read_workbook(path)


@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
def test_document_types_are_refused(book, tmp_path, code):
    parts = entries(book.save())
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    path = write(tmp_path / "x.xlsx", {**parts, "xl/sharedStrings.xml": bomb.encode(code)})
    assert refused(path) == text("intake.file-doctype")


def test_exotic_encodings_are_damage(book, tmp_path):
    parts = entries(book.save())
    body = '<?xml version="1.0" encoding="cp037"?>'.encode("ascii") + "<!DOCTYPE x>".encode("cp037")
    path = write(tmp_path / "x.xlsx", {**parts, "xl/sharedStrings.xml": body})
    assert refused(path) == text("intake.file-damaged")


def test_an_encrypted_entry(book, tmp_path):
    raw = bytearray(book.save().read_bytes())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    path = tmp_path / "x.xlsx"
    path.write_bytes(raw)
    assert refused(path) == text("intake.file-encrypted")


def test_other_office_archives(tmp_path):
    ods = write(tmp_path / "a.xlsx", {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"})
    assert refused(ods) == text("intake.file-not-workbook")
    word = write(
        tmp_path / "b.xlsx", {"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}
    )
    assert refused(word) == text("intake.file-not-workbook")
    binary = write(
        tmp_path / "c.xlsx", {"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"x"}
    )
    assert refused(binary) == text("intake.file-binary")


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
@pytest.mark.parametrize("body", [b"", b"<x/>", b"<", b"\x00" * 50, b"<worksheet>" * 3_000])
def test_nonsense_parts_end_in_a_sentence(book, tmp_path, part, body):
    path = write(tmp_path / "x.xlsx", {**entries(book.save()), part: body})
    try:
        read_workbook(path)
    except InputError as error:
        assert error.faults


def test_huge_ranges_cost_no_time(book, tmp_path):
    parts = entries(book.save())
    sheet = parts["xl/worksheets/sheet1.xml"]
    huge = sheet.replace(b'<dimension ref="A1:D23"/>', b'<dimension ref="A1:XFD1048576"/>')
    huge = huge.replace(b"<mergeCell ref=", b'<mergeCell ref="A30:XFD1048576"/><mergeCell ref=', 1)
    assert huge != sheet
    path = write(tmp_path / "x.xlsx", {**parts, "xl/worksheets/sheet1.xml": huge})
    assert len(read_workbook(path).sites) == 1


def test_the_archive_is_checked_from_memory_only(book):
    raw = book.save().read_bytes()
    assert zipfile.is_zipfile(io.BytesIO(raw))
    assert container.checked_bytes(book.path) == raw
