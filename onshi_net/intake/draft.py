"""A site that may be incomplete.

What its folder says so far, as a `Case` for the brochure's rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict

from onshi_net.brochure.case import Case
from onshi_net.errors import Fault, InputError
from onshi_net.inventory.document import Document
from onshi_net.inventory.load import facts_of, read_site
from onshi_net.inventory.sites import all_sites
from onshi_net.inventory.stock import Shared, read_shared
from onshi_net.model.as_built import AsBuilt
from onshi_net.model.base import IpAddress, as_tuple
from onshi_net.model.hosts import Host, ReceiptPc, Terminal
from onshi_net.model.site import Access, Institution, Line, Segments
from onshi_net.model.survey import Contract, Facts, Prerequisites, Survey
from onshi_net.model.text import SecretRef, Token
from onshi_net.model.windows import WindowsFacts


class Draft(Facts):
    """What `site.yaml` holds, where everything but the institution may still be missing."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    institution: Institution
    region: Token | None = None
    line: Line | None = None
    access: Access | None = None
    segments: Segments | None = None
    client_certificate: SecretRef | None = None
    internet_probes: Annotated[tuple[IpAddress, ...], BeforeValidator(as_tuple)] | None = None
    windows: WindowsFacts = WindowsFacts()
    survey: Survey = Survey()
    prerequisites: Prerequisites = Prerequisites()
    contract: Contract = Contract()
    as_built: AsBuilt = AsBuilt()


def read_draft(document: Document) -> Draft:
    """Answers the draft. Raises InputError with every fault, each with its line."""
    return facts_of(Draft, document)


def _count(hosts: Iterable[Host] | None, kind: type[Host]) -> int | None:
    return None if hosts is None else sum(1 for host in hosts if isinstance(host, kind))


def case_of(name: str, draft: Draft, hosts: Sequence[Host] | None) -> Case:
    """Answers the case of a draft and its hosts; None where these are yet to be found out."""
    return Case(
        name=name,
        code=draft.institution.code,
        line=draft.line,
        access=draft.access,
        terminals=_count(hosts, Terminal),
        receipt_pcs=_count(hosts, ReceiptPc),
        survey=draft.survey,
        prerequisites=draft.prerequisites,
        contract=draft.contract,
    )


def load_case(inventory: Path, name: str, shared: Shared | None = None) -> Case:
    """Reads a site's folder, finished or not. Raises InputError where it is faulty or not there.

    `shared` are the inventory's own files where somebody read them before. Without a hosts.yaml
    the hosts are yet to be found out.
    """
    _, draft, hosts = read_site(inventory, name, Draft, shared)
    return case_of(name, draft, hosts)


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of an inventory, and the faults of the folders that gave none."""

    found: tuple[Case, ...]
    faults: tuple[Fault, ...]


def load_cases(inventory: Path) -> Cases:
    """Reads every site of an inventory; a faulty one hides no other.

    Raises InputError where the inventory's own files are faulty: they would be so for each site.
    """
    sites = all_sites(inventory)
    shared = read_shared(inventory) if sites.names else None
    faults = list(sites.faults)
    cases = [_case(faults, inventory, name, shared) for name in sites.names]
    return Cases(tuple(case for case in cases if case is not None), tuple(faults))


def _case(faults: list[Fault], inventory: Path, name: str, shared: Shared | None) -> Case | None:
    try:
        return load_case(inventory, name, shared)
    except InputError as error:
        faults.extend(error.faults)
        return None
