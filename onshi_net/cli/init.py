"""`init`: a folder to work in: an inventory with a commented example, its groups, the playbooks."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net.errors import EXIT_GOOD, Fault, InputError, Place
from onshi_net.i18n import language, text

if TYPE_CHECKING:
    from onshi_net.cli.context import Context

EXAMPLE = "example-clinic"
_PACKAGE = Path(__file__).parents[1]
_SHIPPED = _PACKAGE / "shipped"


def shipped(name: str) -> Path:
    """Answers a file or folder that comes with the program: of the wheel, or of the checkout."""
    return _SHIPPED / name if _SHIPPED.is_dir() else _PACKAGE.parent / name


def starter() -> Iterator[tuple[str, bytes]]:
    """Gives name and bytes of each file of a new folder, the example in the reader's language."""
    from onshi_net.render.templates import TEMPLATES

    for name in ("groups.yaml", "defaults.yaml"):
        yield f"inventory/{name}", shipped(f"inventory/{name}").read_bytes()
    for file in sorted((TEMPLATES / "inventory" / language()).iterdir()):
        yield f"inventory/sites/{EXAMPLE}/{file.name}", file.read_bytes()
    for file in sorted(shipped("playbooks").glob("*.py")):
        yield f"playbooks/{file.name}", file.read_bytes()


def init(context: Context, folder: Path) -> int:
    """Makes the folder and says what comes next; what is there as it would be made stays.

    Raises InputError naming every file that is there otherwise; nothing is written then.
    """
    files = list(starter())
    faults = [_fault(folder / name) for name, data in files if _differs(folder / name, data)]
    if faults:
        raise InputError(faults)
    made = [name for name, data in files if _made(folder / name, data)]
    for name in made:
        context.out.print(text("start.made", file=folder / name), markup=False, soft_wrap=True)
    if not made:
        context.out.print(text("start.all-there", folder=folder), markup=False, soft_wrap=True)
    _say_what_next(context, folder)
    return EXIT_GOOD


def _say_what_next(context: Context, folder: Path) -> None:
    """Prints commands that work as they are typed, wherever the reader stands."""
    variable = f"export ONSHI_INVENTORY={shlex.quote(str(folder.absolute() / 'inventory'))}"
    if sys.platform == "win32":
        variable = f'set "ONSHI_INVENTORY={folder.absolute() / "inventory"}"'
    python = shlex.quote(sys.executable)
    steps = (
        ("next-variable", variable),
        ("next-look", f"onshi render {EXAMPLE}"),
        ("next-add", "onshi site add my-clinic"),
        ("next-day", f"{python} {shlex.quote(str(folder / 'playbooks' / 'install_day.py'))}"),
    )
    context.out.print()
    for name, command in steps:
        context.out.print(text(f"start.{name}"), markup=False)
        context.out.print(f"  {command}", markup=False, soft_wrap=True)


def _fault(file: Path) -> Fault:
    return Fault(Place(file), text("start.there-otherwise"), text("start.there-otherwise.remedy"))


def _differs(file: Path, data: bytes) -> bool:
    """Answers whether something else is there, or stands in the way of the file's folder."""
    if any(one.exists() and not one.is_dir() for one in file.parents):
        return True
    return file.is_symlink() or (
        file.exists() and (not file.is_file() or file.read_bytes() != data)
    )


def _made(file: Path, data: bytes) -> bool:
    """Writes a file that isn't there yet; answers whether it had to."""
    if file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")  # so that a kill leaves no half of a file
    fresh.write_bytes(data)
    fresh.replace(file)
    return True
