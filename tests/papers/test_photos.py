"""Photos of the completion report: only their dots are kept, and a person confirms each."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from onshi_net import errors
from onshi_net.cli import asking
from onshi_net.cli.run import run
from onshi_net.errors import InputError
from onshi_net.papers import paper_of, to_html, to_pdf
from onshi_net.papers.photos import HEIGHT, MOST, WIDTH, files_of, photo_of
from tests.papers.reading import ISSUE, dossier, require_pdf

SECRETS = (b"GPSMARK", b"CAMERAMARK", b"COMMENTMARK", b"Exif", b"2026:12:01")


def shot(folder: Path, name: str, size: tuple[int, int] = (1600, 1200), turn: int = 1) -> Path:
    """A photo as a phone takes it: camera, time, place, a comment."""
    image = Image.new("RGB", size, "white")
    image.paste((200, 0, 0), (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0110], exif[0x0112] = "CAMERAMARK", turn
    exif.get_ifd(0x8769)[0x9003] = "2026:12:01 14:05:00"
    exif.get_ifd(0x8825)[0x001B] = b"GPSMARK"
    file = folder / name
    image.save(file, exif=exif, **({"comment": b"COMMENTMARK"} if name.endswith("jpg") else {}))
    return file


@pytest.mark.parametrize("name", ["01_ルーター.jpg", "02-端末.png"])
def test_nothing_but_the_dots_comes_through(tmp_path: Path, name: str) -> None:
    file = shot(tmp_path, name)
    assert any(secret in file.read_bytes() for secret in SECRETS)
    photo = photo_of(file)
    assert not [one for one in SECRETS if one in photo.jpeg]
    made = Image.open(BytesIO(photo.jpeg))
    assert dict(made.getexif()) == {}
    assert photo.moment == "2026/12/01 14:05"
    assert photo.caption == name[3:].split(".", maxsplit=1)[0]


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (4000, 900), (640, 480), (1, 1)])
def test_a_photo_is_cropped_and_made_small_never_larger(tmp_path: Path, size) -> None:
    made = Image.open(BytesIO(photo_of(shot(tmp_path, "a.jpg", size)).jpeg))
    most = (WIDTH, HEIGHT) if size[0] >= size[1] else (HEIGHT, WIDTH)
    assert all(one <= limit for one, limit in zip(made.size, most, strict=True))
    assert all(one <= before for one, before in zip(made.size, size, strict=True))


def test_a_photo_taken_on_its_side_stands_upright(tmp_path: Path) -> None:
    made = Image.open(BytesIO(photo_of(shot(tmp_path, "a.jpg", (1200, 900), turn=6)).jpeg))
    assert made.height > made.width
    assert made.getpixel((5, 5))[1] < 60, "what was on the left is on top"


@pytest.mark.parametrize("body", [b"", b"no picture", b"GIF89a", b"\xff\xd8\xff\xe0broken"])
def test_what_is_no_picture_is_refused_with_its_name(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(body)
    with pytest.raises(InputError) as caught:
        photo_of(tmp_path / "a.jpg")
    assert caught.value.faults[0].place.file == tmp_path / "a.jpg"


def test_a_folder_without_photos_or_with_too_many_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError):
            files_of(folder)
    for n in range(MOST + 1):
        (tmp_path / f"{n}.jpg").touch()
    with pytest.raises(InputError, match=str(MOST)):
        files_of(tmp_path)


def test_each_photo_has_a_number_a_caption_and_an_alternative(tmp_path: Path) -> None:
    photos = tuple(photo_of(shot(tmp_path, f"{n}_銘板{n}.jpg", (64, 48))) for n in (1, 2))
    page = to_html(paper_of("completion", dossier("demo-clinic"), replace(ISSUE, photos=photos)))
    found = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)" alt="([^"]+)">', page)
    assert [base64.b64decode(one) for one, _ in found] == [one.jpeg for one in photos]
    assert [alt for _, alt in found] == ["写真1: 銘板1", "写真2: 銘板2"]


def test_a_photo_is_in_the_pdf_with_its_alternative(tmp_path: Path) -> None:
    require_pdf()
    photos = (photo_of(shot(tmp_path, "1_銘板.jpg", (64, 48))),)
    page = to_html(paper_of("completion", dossier("demo-clinic"), replace(ISSUE, photos=photos)))
    with pikepdf.open(BytesIO(to_pdf(page))) as pdf:
        pictures = [one for sheet in pdf.pages for one in sheet.get_images()]
        said = [one.get("/Alt") for one in pdf.objects if isinstance(one, pikepdf.Dictionary)]
    assert len(set(pictures)) == 1, "one picture, whatever pages may show it"
    assert "写真1: 銘板" in [f"{one}" for one in said]


@pytest.mark.parametrize(("answers", "kept"), [((True, False), 1), ((False, False), 0)])
def test_a_person_is_asked_of_each(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers, kept: int
) -> None:
    shot(tmp_path, "a.jpg", (64, 48)), shot(tmp_path, "b.jpg", (64, 48))
    asked: list[str] = []

    def answer(question: str, _remedy: str) -> bool:
        asked.append(question)
        return answers[len(asked) - 1]

    monkeypatch.setattr(asking, "ask_yes", answer)
    out = tmp_path / "c.html"
    words = ["--lang", "ja", "--inventory", str(inventory), "paper", "demo-clinic"]
    told = [*words, "completion", "--photos", str(tmp_path), "--out", str(out)]
    assert run(told) == errors.EXIT_GOOD
    assert ["a.jpg" in asked[0], "b.jpg" in asked[1], len(asked)] == [True, True, 2]
    assert out.read_text(encoding="utf-8").count("<img ") == kept
    assert run([*words, "estimate", "--photos", str(tmp_path)]) == errors.EXIT_BAD_INPUT
