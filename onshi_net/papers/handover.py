"""設定引継ぎ書: what is entered on the receipt PC's side, how it is tested and undone.

For the vendor's engineer, or whoever looks after the clinic's gateway; one page a device. It names
the user whose access the receipt PC keeps (brochure lines 395 to 398), never a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onshi_net.i18n import text
from onshi_net.intent.windows import ReceiptIntent
from onshi_net.model.windows import RoutePath
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.head import Issue, head_of
from onshi_net.papers.layout import Column, Field, Head, Row, Step, Table
from onshi_net.papers.prepare import visit_of
from onshi_net.papers.wiring import receipt_party
from onshi_net.papers.words import known, unknown


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is entered on one device."""

    name: str
    target: tuple[Field, ...]
    values: Table
    entering: tuple[Step, ...]
    tests: tuple[Step, ...]
    undoing: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class HandoverPaper:
    """A sheet a device."""

    head: Head
    background: str
    terms: tuple[Field, ...]
    sheets: tuple[Sheet, ...]
    again: str


def handover_paper(dossier: Dossier, issue: Issue) -> HandoverPaper:
    """Answers the sheets of a site."""
    party = receipt_party(dossier)
    return HandoverPaper(
        head=head_of(dossier, "handover", issue),
        background=text(f"papers.handover.background-{party}"),
        terms=(
            Field(text("papers.handover.until"), visit_of(issue)),
            Field(text("papers.handover.vendor"), known(dossier.case.survey.receipt.vendor)),
        ),
        sheets=tuple(_sheets(dossier)),
        again=text("papers.handover.again"),
    )


def _sheets(dossier: Dossier) -> Iterator[Sheet]:
    if dossier.draft.windows.receipt.route is RoutePath.CLINIC_DEVICE:
        yield _gateway(dossier)
    for number, host in enumerate(dossier.receipt_pcs, 1):
        name = text("papers.device.receipt", number=number)
        intent = dossier.intent.receipt_intent(host.name) if dossier.intent is not None else None
        yield _sheet(dossier, name, f"{host.hostname}", intent)
    if not dossier.receipt_pcs:
        yield _sheet(dossier, text("papers.device.receipt-any"), unknown(), None)


def _route(dossier: Dossier) -> tuple[str, str, str]:
    """Answers network, mask and next hop of the route to the terminals."""
    segments = dossier.draft.segments
    if segments is None:
        return unknown(), unknown(), unknown()
    network = segments.terminal.ipv4
    return f"{network.network_address}", f"{network.netmask}", f"{segments.clinic.router}"


def _route_rows(dossier: Dossier) -> Iterator[tuple[str, str, str]]:
    network, mask, hop = _route(dossier)
    part = text("papers.handover.route")
    yield part, text("papers.handover.destination"), network
    yield part, text("papers.handover.mask"), mask
    yield part, text("papers.handover.gateway"), hop
    yield part, text("papers.handover.persistent"), text("papers.handover.yes-persistent")


def _values(rows: Iterator[tuple[str, str, str]]) -> Table:
    names = ("setting", "field", "value")
    columns = tuple(
        Column(text(f"papers.col.{name}"), "code" if name == "value" else "keep") for name in names
    )
    return Table(text("papers.handover.values"), columns, tuple(Row(one) for one in rows))


def _gateway(dossier: Dossier) -> Sheet:
    """The route on the clinic's own device, instead of one on each PC."""
    segments = dossier.draft.segments
    gateway = segments.clinic.gateway if segments is not None else None
    network, mask, hop = _route(dossier)
    values = {"network": network, "mask": mask, "hop": hop}
    return Sheet(
        name=text("papers.device.gateway"),
        target=(
            Field(text("papers.handover.target"), text("papers.device.gateway")),
            Field(text("papers.handover.address"), known(gateway)),
        ),
        values=_values(_route_rows(dossier)),
        entering=(Step(text("papers.handover.enter-gateway", **values)),),
        tests=(Step(text("papers.handover.test-gateway")),),
        undoing=(Step(text("papers.handover.undo-gateway", **values)),),
    )


def _sheet(dossier: Dossier, name: str, address: str, intent: ReceiptIntent | None) -> Sheet:
    receipt = dossier.case.survey.receipt
    admin = {True: "yes", False: "no", None: "open"}[receipt.admin_rights]
    on_pc = dossier.draft.windows.receipt.route is not RoutePath.CLINIC_DEVICE
    return Sheet(
        name=name,
        target=(
            Field(text("papers.handover.target"), name),
            Field(text("papers.handover.address"), address),
            Field(text("papers.handover.os"), known(receipt.os)),
            Field(text("papers.handover.admin"), text(f"papers.handover.admin-{admin}")),
        ),
        values=_values(_pc_rows(dossier, intent, on_pc=on_pc)),
        entering=tuple(_entering(dossier, on_pc=on_pc)),
        tests=tuple(_tests(intent)),
        undoing=tuple(_undoing(dossier, on_pc=on_pc)),
    )


def _pc_rows(
    dossier: Dossier, intent: ReceiptIntent | None, *, on_pc: bool
) -> Iterator[tuple[str, str, str]]:
    if on_pc:
        yield from _route_rows(dossier)
    part = text("papers.handover.credential")
    if intent is None:
        yield part, text("papers.handover.server"), unknown()
    for one in intent.credentials if intent is not None else ():
        both = text("papers.handover.both", server=one.target, user=one.user)
        yield part, text("papers.handover.server"), both
    yield part, text("papers.handover.secret"), text("papers.handover.another-way")
    for proof in intent.proofs if intent is not None else ():
        yield text("papers.handover.share"), text("papers.handover.folder"), proof.unc


def _entering(dossier: Dossier, *, on_pc: bool) -> Iterator[Step]:
    network, mask, hop = _route(dossier)
    if on_pc and dossier.draft.segments is not None:
        command = f"route -p add {network} mask {mask} {hop}"
        yield Step(text("papers.handover.enter-route"), (command,))
    yield Step(text("papers.handover.enter-credential"))


def _tests(intent: ReceiptIntent | None) -> Iterator[Step]:
    proofs = intent.proofs if intent is not None else ()
    for one in proofs[:1]:
        command = f"Test-NetConnection {one.address} -Port 445"
        yield Step(text("papers.handover.test-reach"), (command,))
        yield Step(text("papers.handover.test-share"), (one.unc,))
    yield Step(text("papers.handover.test-restart"))


def _undoing(dossier: Dossier, *, on_pc: bool) -> Iterator[Step]:
    if on_pc and dossier.draft.segments is not None:
        network, mask, _ = _route(dossier)
        yield Step(text("papers.handover.undo-route"), (f"route delete {network} mask {mask}",))
    yield Step(text("papers.handover.undo-credential"))
