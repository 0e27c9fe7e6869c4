"""`paper`: a paper for the institution, as PDF or as a page for a browser."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from onshi_net.cli.office import day_of, time_of
from onshi_net.errors import EXIT_GOOD, Fault, InputError, Place
from onshi_net.i18n import text

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.papers import Kind
    from onshi_net.papers.photos import Photo

SUFFIXES = (".pdf", ".html")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command's options say of the paper, as they were written."""

    on: str | None
    edition: int
    visit: str | None
    time: str | None
    photos: Path | None = None


def paper(context: Context, site: str, kind: str, out: Path | None, asked: Asked) -> int:
    """Writes a paper and prints its name; `out` ends with .pdf or .html.

    Without `out` it is a PDF beside the site's runs, named by day, institution's site, title and
    edition, as one looks for it later. Raises InputError, OSError.
    """
    from onshi_net.files import private_folder, write_private
    from onshi_net.papers import Issue, load_dossier, paper_of, to_html, to_pdf

    chosen = _kind(kind)
    if out is not None and out.suffix.lower() not in SUFFIXES:
        raise InputError([Fault(Place(item="--out"), text("papers.bad-suffix", file=out))])
    visit_on = None if asked.visit is None else day_of(asked.visit)
    photos = _photos(context, chosen, asked.photos)
    issue = Issue(day_of(asked.on), asked.edition, visit_on, time_of(asked.time), photos)
    dossier = load_dossier(context.inventory, site, context.runs / site)
    found = paper_of(chosen, dossier, issue)
    page = to_html(found)
    file = out or context.runs / site / "papers" / _name(site, found.head.title, issue.on, asked)
    made = to_pdf(page) if file.suffix.lower() == ".pdf" else page.encode()
    private_folder(file.parent)
    write_private(file, made)
    written = text("papers.written", title=found.head.title, file=file)
    context.progress.print(written, markup=False, soft_wrap=True)
    return EXIT_GOOD


def _photos(context: Context, kind: Kind, folder: Path | None) -> tuple[Photo, ...]:
    """Answers the photos of a folder of which a person said that they may be printed."""
    from onshi_net.cli.asking import ask_yes
    from onshi_net.papers.photos import chosen, files_of

    if folder is None:
        return ()
    if kind != "completion":
        raise InputError([Fault(Place(item="--photos"), text("papers.photos-completion"))])

    def confirm(file: Path, photo: Photo) -> bool:
        told = {"file": file.name, "caption": photo.caption}
        return ask_yes(text("papers.ask-photo", **told), text("papers.ask-photo.remedy"))

    files = files_of(folder)
    found = tuple(chosen(files, confirm))
    told = text("papers.photos-taken", count=len(found), left=len(files) - len(found))
    context.progress.print(told, markup=False, soft_wrap=True)
    return found


def _kind(name: str) -> Kind:
    from onshi_net.papers import Kind

    kinds = get_args(Kind)
    if name not in kinds:
        problem = text("papers.no-such-kind", kind=name)
        remedy = text("papers.no-such-kind.remedy", kinds=", ".join(kinds))
        raise InputError([Fault(Place(item="PAPER"), problem, remedy)])
    return cast("Kind", name)


def _name(site: str, title: str, on: datetime.date, asked: Asked) -> str:
    return f"{on:%Y%m%d}_{site}_{title.replace(' ', '-')}_{asked.edition}.pdf"
