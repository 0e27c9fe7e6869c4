"""Each file of an inventory in whatever state: a sentence with its place, never a traceback."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from onshi_net.cli.run import run
from onshi_net.errors import InputError
from onshi_net.intake import load_case
from onshi_net.inventory import load_site
from onshi_net.inventory.document import MAX_BYTES, MAX_FAULTS, read_document

FILES = ("site.yaml", "hosts.yaml", "groups.yaml", "defaults.yaml")
LAUGHS = "a: &a [x]\n" + "".join(
    f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join(['*' + chr(97 + at)] * 9)}]\n" for at in range(9)
)
TEXTS = {
    "tab": ("a:\n\tb: 1\n", "indented with a tab"),
    "open bracket": ("a: [", "not YAML"),
    "open quote": ('a: "x\n', "not YAML"),
    "no colon": ("a: 1\nb\nc: 2\n", "not YAML"),
    "list": ("- a\n", "fields with values"),
    "word": ("a\n", "fields with values"),
    "number": ("7\n", "fields with values"),
    "twice": ("a: 1\nb: {c: 1, c: 2}\na: 3\n", "a second time"),
    "anchor": ("a: &x 1\n", "anchors"),
    "alias": ("a: *x\n", "anchors"),
    "laughs": (LAUGHS, "anchors"),
    "merge": ("a: {<<: {b: 1}}\n", "must be text"),
    "tagged": ("a: !!python/object:os.system x\n", "tags"),
    "deep": ("[" * 100_000, "inside one another"),
    "deep blocks": ("".join(f"{' ' * at}a:\n" for at in range(300)), "inside one another"),
    "number key": ("1: {}\n", "must be text"),
    "true key": ("true: {}\n", "must be text"),
    "date key": ("2026-01-01: {}\n", "must be text"),
    "null key": ("~: {}\n", "must be text"),
    "list key": ("? [a, b]\n: {}\n", "must be text"),
    "map key": ("{a: b}: c\n", "must be text"),
    "huge": ("a: " + "9" * 9_000 + "\n", "no number"),
    "large": (f"a: {2**63}\n", "no number"),
    "hex": ("a: 0x" + "f" * 9_000 + "\n", "no number"),
    "not a number": ("a: [.nan, .inf, -.inf, 1e400]\n", "no number"),
    "underscores": ("a: -_\n", "no number"),
    "no day": ("a: 2026-02-30\n", "a date is expected"),
    "no hour": ("a: 2026-02-03 99:00:00\n", "a date is expected"),
    "equals": ("a: =\n", "means something else"),
    "two documents": ("a: 1\n---\nb: 2\n", "second document"),
    "directive": ("%YAML 1.1\n---\na: 1\n", "begin with %"),
    "half a character": ('a: "\\ud800"\n', "no text has"),
    "beyond Unicode": ('a: "\\UFFFFFFFF"\n', "not YAML"),
    "nul": ("a: 1\0\n", "U+0000"),
    "escape": ("a: \x1b[2J\n", "U+001B"),
}
BYTES = {
    "UTF-16 LE": ("a: 医院\n".encode("utf-16"), "UTF-16"),
    "UTF-16 BE": (b"\xfe\xff" + "a: 医院\n".encode("utf-16-be"), "UTF-16"),
    "UTF-16 without a mark": ("a: b\n".encode("utf-16-le"), "U+0000"),
    "Shift_JIS": ("a: 医院\n".encode("cp932"), "not UTF-8"),
    "EUC-JP": ("a: 医院\n".encode("euc-jp"), "not UTF-8"),
    "binary": (bytes(range(256)) * 20, "not UTF-8"),
    "nuls": (b"\0" * MAX_BYTES, "U+0000"),
    "too big": (b"#" * (MAX_BYTES + 1), "larger than"),
    "many faults": (b"? [a]\n: 1\n" * 9_000, "must be text"),
}
PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (Path.mkdir, "a file is expected"),
    "a pipe": (os.mkfifo, "a file is expected"),
    "a link to nowhere": (lambda file: file.symlink_to("/nowhere/x"), "a link to /nowhere/x"),
    "a link to itself": (lambda file: file.symlink_to(file), "can't be read"),
    "a device": (lambda file: file.symlink_to("/dev/zero"), "a file is expected"),
}


def file_of(inventory: Path, name: str) -> Path:
    beside = inventory if name in {"groups.yaml", "defaults.yaml"} else None
    return (beside or inventory / "sites" / "demo-clinic") / name


def told(inventory: Path, file: Path, expected: str) -> None:
    """Both readers say the same, with the file's place and a remedy."""
    with pytest.raises(InputError) as caught:
        load_site(inventory, "demo-clinic")
    mine = [fault for fault in caught.value.faults if fault.place.file == file]
    assert 0 < len(mine) <= MAX_FAULTS
    assert any(expected in fault.problem for fault in mine), mine
    for fault in mine:
        assert fault.remedy
        assert all(line.isprintable() for line in str(fault).split("\n"))
    with pytest.raises(InputError) as again:
        load_case(inventory, "demo-clinic")
    assert [fault for fault in again.value.faults if fault.place.file == file] == mine


@pytest.mark.parametrize("state", TEXTS)
def test_any_text_that_is_no_inventory_is_told_with_its_line(tmp_path: Path, state: str) -> None:
    file = tmp_path / "x.yaml"
    body, expected = TEXTS[state]
    file.write_text(body, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_document(file)
    told_all = caught.value.faults
    assert any(expected in fault.problem for fault in told_all), told_all
    assert all(fault.remedy and fault.place.line for fault in told_all)


@pytest.mark.parametrize("name", FILES)
def test_it_is_told_of_every_file_of_an_inventory(inventory: Path, name: str) -> None:
    file = file_of(inventory, name)
    for state in ("tab", "twice", "laughs", "number key", "huge", "two documents", "nul"):
        body, expected = TEXTS[state]
        file.write_text(body, encoding="utf-8")
        told(inventory, file, expected)


@pytest.mark.parametrize("state", BYTES)
def test_any_bytes_are_told(inventory: Path, state: str) -> None:
    body, expected = BYTES[state]
    for name in ("site.yaml", "defaults.yaml"):
        file = file_of(inventory, name)
        kept = file.read_bytes()
        file.write_bytes(body)
        told(inventory, file, expected)
        file.write_bytes(kept)


@pytest.mark.parametrize("state", PLACES)
@pytest.mark.parametrize("name", FILES)
def test_what_lies_in_a_file_s_place_is_told(inventory: Path, name: str, state: str) -> None:
    file = file_of(inventory, name)
    file.unlink()
    make, expected = PLACES[state]
    make(file)
    told(inventory, file, expected)


def test_a_file_that_may_not_be_read_is_told(
    inventory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = file_of(inventory, "groups.yaml")
    opened = os.open

    def refused(path: str, *given: int) -> int:
        if Path(path) == file:  # root, who may run this, is refused nothing
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, *given)

    monkeypatch.setattr(os, "open", refused)
    told(inventory, file, "can't be read: Permission denied")


@pytest.mark.parametrize("name", ["site.yaml", "hosts.yaml"])
@pytest.mark.parametrize("body", ["", "# nothing\n", "---\n", "null\n"])
def test_an_empty_file_is_told(inventory: Path, name: str, body: str) -> None:
    file = file_of(inventory, name)
    file.write_text(body, encoding="utf-8")
    told(inventory, file, "the file is empty")


@pytest.mark.parametrize("name", FILES)
def test_a_byte_order_mark_and_foreign_line_ends_change_nothing(inventory: Path, name: str) -> None:
    plain = load_site(inventory, "demo-clinic")
    file = file_of(inventory, name)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_site(inventory, "demo-clinic") == plain


def test_all_faults_of_the_form_come_at_once_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: &x 1\nb: !t 2\n3: 4\na: 5\nc: 2026-99-99\nd: .nan\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_document(file)
    assert [fault.place.line for fault in caught.value.faults] == [1, 2, 3, 4, 5, 6]


def test_a_field_s_name_can_t_steer_the_terminal(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file_of(inventory, "hosts.yaml").write_text('"\\e[2J\\n": 3\n', encoding="utf-8")
    assert run(["--inventory", str(inventory), "render", "demo-clinic"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_a_broken_shared_file_is_told_once_for_all_sites(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(inventory / "defaults.yaml", inventory / "groups.yaml")
    (inventory / "groups.yaml").write_text("a: {groups: [a]}\n", encoding="utf-8")
    assert run(["--lang", "en", "--inventory", str(inventory), "maintenance", "--all"]) == 2
    assert capsys.readouterr().err.count("its own parent") == 1
