"""A site that may be incomplete.

What its folder says so far, as a `Case` for the brochure's rules.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from onshi_net.brochure.case import Case
from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.inventory.document import Document, Path_, read_document
from onshi_net.inventory.faults import shown, validate
from onshi_net.model.site import Access, Institution, Line, Segments
from onshi_net.model.survey import Contract, Facts, Prerequisites, Survey


class Draft(Facts):
    """What `site.yaml` holds, where everything but the institution may still be missing.

    Fields that only a finished site has are left to `onshi_net.inventory.load_site`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    institution: Institution
    region: str | None = None
    line: Line | None = None
    access: Access | None = None
    segments: Segments | None = None
    survey: Survey = Survey()
    prerequisites: Prerequisites = Prerequisites()
    contract: Contract = Contract()


def _same(path: Path_) -> Path_:
    return path


def read_draft(document: Document) -> Draft:
    """Answers the draft. Raises InputError with every fault, each with its line."""
    found = validate(Draft, document, document.data, _same)
    if isinstance(found, list):
        raise InputError(found)
    return found


def _count(hosts: dict[str, Any], group: str) -> int:
    return sum(
        1
        for host in hosts.values()
        if isinstance(host, dict) and group in (host.get("groups") or [])
    )


def case_of(name: str, draft: Draft, hosts: dict[str, Any] | None) -> Case:
    """Answers the case of a draft and its host list (the data of hosts.yaml).

    None where there is none.
    """
    return Case(
        name=name,
        code=draft.institution.code,
        line=draft.line,
        access=draft.access,
        terminals=None if hosts is None else _count(hosts, "terminal"),
        receipt_pcs=None if hosts is None else _count(hosts, "receipt_pc"),
        survey=draft.survey,
        prerequisites=draft.prerequisites,
        contract=draft.contract,
    )


def load_case(inventory: Path, name: str) -> Case:
    """Reads a site's folder, finished or not. Raises InputError where it is faulty or not there.

    Reads that one folder only.
    """
    folder = inventory / "sites" / name
    if "/" in name or name in {"", ".", ".."} or not folder.is_dir():
        problem = text("inventory.no-site", site=shown(name), folder=inventory / "sites")
        raise InputError([Fault(Place(item="SITE"), problem, text("inventory.no-site.remedy"))])
    draft = read_draft(read_document(folder / "site.yaml"))
    hosts_file = folder / "hosts.yaml"
    hosts = read_document(hosts_file).data if hosts_file.is_file() else None
    return case_of(name, draft, hosts)
