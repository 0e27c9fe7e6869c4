"""What others enter on devices that the contract leaves to them: the values, and how to test them.

A receipt PC that its vendor or the institution sets up (brochure, table of work, note 2), and the
clinic's own device where the route lies there. `plan` and `provision` print it; the same stands on
the sheet (`paper SITE handover`), with room for a signature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.intent.windows import ReceiptIntent
from onshi_net.model.windows import RoutePath


@dataclass(frozen=True, slots=True)
class Handed:
    """What must be entered on one device that is not ours."""

    device: str
    """A receipt PC's name; `clinic-device` for the clinic's own."""
    who: str
    routes: tuple[tuple[str, str, str], ...]
    """Network, mask and next hop."""
    store_of: str = ""
    """The Windows user in whose store the entries belong."""
    entries: tuple[tuple[str, str], ...] = ()
    """Target and user of each entry of Credential Manager; a password is handed over otherwise."""
    shares: tuple[str, ...] = ()
    address: IPv4Address | None = None
    site: str = ""

    def to_json(self) -> dict[str, Any]:
        """Gives plain data."""
        return {**asdict(self), "address": str(self.address) if self.address else None}

    def lines(self) -> list[str]:
        """Gives it for people; where to enter it, and how to test it."""
        on_device = self.device == DEVICE
        name: dict[str, Any] = {"host": self.device, "address": self.address or "-"}
        head = "cli.handed-device" if on_device else f"cli.handed-{self.who}"
        return [text(head, **name), *self._routes(on_device=on_device), *self._rest()]

    def _routes(self, *, on_device: bool) -> Iterator[str]:
        for network, mask, hop in self.routes:
            given = {"network": network, "mask": mask, "hop": hop}
            yield text("cli.handed-route", **given)
            prefix = IPv4Network((network, mask)).prefixlen
            where = "cli.handed-on-router" if on_device else "cli.handed-on-windows"
            yield text(where, prefix=prefix, **given)

    def _rest(self) -> Iterator[str]:
        for target, user in self.entries:
            yield text("cli.handed-credential", store=self.store_of, target=target, user=user)
        for share in self.shares:
            host = share.split("\\")[2]
            yield text("cli.handed-share", share=share, host=host)
        yield text("cli.handed-sheet", site=self.site)


DEVICE = "clinic-device"


def handed(intent: SiteIntent, only: str | None = None) -> tuple[Handed, ...]:
    """Answers what others enter at a site; with `only`, on that receipt PC."""
    some = [_on_pc(intent, one) for one in intent.receipts if one.by_others]
    if intent.route_on_device:
        device = Handed(
            DEVICE, "customer", (_route(intent),), address=intent.clinic_gateway, site=intent.site
        )
        some.insert(0, device)
    return tuple(one for one in some if only in (None, one.device))


def _route(intent: SiteIntent) -> tuple[str, str, str]:
    network = intent.router.terminal.address.network
    hop = intent.router.clinic.address.ip
    return str(network.network_address), str(network.netmask), str(hop)


def _on_pc(intent: SiteIntent, pc: ReceiptIntent) -> Handed:
    return Handed(
        device=pc.access.host,
        who=str(pc.work_by),
        routes=(_route(intent),) if pc.path is RoutePath.PC else (),
        store_of=pc.user,
        entries=tuple((one.target, one.user) for one in pc.credentials),
        shares=tuple(one.unc for one in pc.proofs),
        site=intent.site,
    )
