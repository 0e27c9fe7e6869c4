"""Photos for the completion report: cropped, made small, and made new of their dots alone.

What a camera writes beside the dots (EXIF, the place by GPS, a preview of the uncropped picture)
never comes through: only the dots are kept. Whether they show people, names or screens nobody but a
person can say, who confirms each.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from onshi_net.errors import Fault, InputError, Place
from onshi_net.files import read_regular
from onshi_net.i18n import text

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
MOST, MAX_BYTES, MAX_DOTS = 60, 40_000_000, 120_000_000
"""Photos of a report, bytes of a file, dots of a picture: a phone's largest has 108 million."""
WIDTH, HEIGHT = 1200, 900
"""Dots that a photo keeps at most, 4:3; six on a page of A4 need no more at 300 dpi."""
QUALITY = 82
TAKEN = 0x9003
"""DateTimeOriginal (Exif 2.32, 4.6.5)."""
_EXIF = 0x8769


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo fit to be printed: its caption, when it was taken, its JPEG."""

    caption: str
    taken_at: datetime.datetime | None
    jpeg: bytes

    @property
    def source(self) -> str:
        """Gives it as a page embeds it."""
        return "data:image/jpeg;base64," + base64.b64encode(self.jpeg).decode("ascii")

    @property
    def moment(self) -> str:
        """Gives when it was taken, by the camera's own clock; '' where it says nothing."""
        return "" if self.taken_at is None else f"{self.taken_at:%Y/%m/%d %H:%M}"


def files_of(folder: Path) -> tuple[Path, ...]:
    """Answers the photos of a folder by name. Raises InputError where there are none or too many.

    Hidden files and other kinds are left out.
    """
    if not folder.is_dir():
        raise _fault(folder, "photos-no-folder")
    some = (one for one in folder.iterdir() if one.suffix.lower() in SUFFIXES)
    found = tuple(sorted(one for one in some if not one.name.startswith(".")))
    if not found or len(found) > MOST:
        raise _fault(folder, "photos-none" if not found else "photos-many")
    return found


def photo_of(file: Path) -> Photo:
    """Answers a photo made new. Raises InputError for a file that is no such picture."""
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(read_regular(file, MAX_BYTES)), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MAX_DOTS:
                raise _fault(file, "photo-too-big")
            taken = _taken(image)
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except InputError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise _fault(file, "photo-unreadable") from None
    return Photo(_caption(file), taken, _made_new(upright))


def _made_new(upright: Any) -> bytes:
    """Answers the dots alone as a JPEG: cropped about the middle to 4:3 or 3:4, then made small."""
    from PIL import Image, ImageOps

    size = (WIDTH, HEIGHT) if upright.width >= upright.height else (HEIGHT, WIDTH)
    share = min(1.0, upright.width / size[0], upright.height / size[1])
    small = ImageOps.fit(upright, (max(1, int(size[0] * share)), max(1, int(size[1] * share))))
    fresh, made = Image.new("RGB", small.size), BytesIO()
    fresh.paste(small)
    fresh.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue()


def _taken(image: Any) -> datetime.datetime | None:
    try:
        said = str(image.getexif().get_ifd(_EXIF).get(TAKEN, ""))
        return datetime.datetime.strptime(said, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - it has none
    except (ValueError, OSError, SyntaxError, AttributeError):
        return None


def _caption(file: Path) -> str:
    """Answers a file's name as a caption: 01_ルーター設置後 is ルーター設置後."""
    name = file.stem.strip()
    return name.lstrip("0123456789").lstrip(" _.-") or name


def _fault(place: Path, problem: str) -> InputError:
    remedy = text(f"papers.{problem}.remedy", default="")
    return InputError([Fault(Place(place), text(f"papers.{problem}", most=MOST), remedy)])


def chosen(files: tuple[Path, ...], confirm: Callable[[Path, Photo], bool]) -> Iterator[Photo]:
    """Answers the photos that a person confirms; `confirm` is asked of each file."""
    for file in files:
        photo = photo_of(file)
        if confirm(file, photo):
            yield photo
