"""`verify --accept`: what a good site's devices say of themselves comes into its `site.yaml`.

Serial number and MAC address as measured; the day of delivery on install day, when a site is
accepted for the first time, and of a device that stands in another one's place.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from onshi_net.brochure.maintenance import covered_until
from onshi_net.i18n import text
from onshi_net.inventory.devices import DeviceFields, Fields
from onshi_net.model.base import MacAddress
from onshi_net.model.survey import Device, DeviceKind
from onshi_net.model.text import Token

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.inventory.load import SiteInventory

Measured = Mapping[str, Mapping[str, str]]
_FORMS = {"serial": TypeAdapter(Token), "mac": TypeAdapter(MacAddress)}


def take_in(
    context: Context, inventory: SiteInventory, traits: Measured, *, is_first: bool
) -> None:
    """Writes what was found into `site.yaml`, and shows it.

    Raises InputError where the file can't be added to, or was changed meanwhile; OSError.
    """
    from onshi_net.cli.office import japanese_day
    from onshi_net.inventory.change import replace_files
    from onshi_net.inventory.devices import with_devices
    from onshi_net.inventory.document import read_document

    some = tuple(found(inventory, traits, on=japanese_day(), is_first=is_first))
    if not some:
        return
    change = with_devices(read_document(inventory.folder / "site.yaml"), some)
    replace_files([change])
    context.progress.print(change.diff, markup=False, soft_wrap=True, end="")
    context.progress.print(
        text("cli.devices-written", file=change.path), markup=False, soft_wrap=True
    )


def found(
    inventory: SiteInventory, traits: Measured, *, on: datetime.date, is_first: bool
) -> Iterator[DeviceFields]:
    """Answers what the site's file doesn't say yet of its devices, or says otherwise. Pure."""
    register = {one.name: one for one in inventory.site.facts.contract.devices}
    kinds = {inventory.router.name: DeviceKind.ROUTER}
    kinds |= {one.name: DeviceKind.TERMINAL for one in inventory.terminals}
    kinds |= {one.name: DeviceKind.SWITCH for one in inventory.switches if is_first}
    kinds |= {name: one.kind for name, one in register.items() if name not in kinds}
    for name, kind in kinds.items():
        fields = _fields(register.get(name), _measured(traits.get(name, {})), on, is_first=is_first)
        if fields:
            yield DeviceFields(name, kind.value, fields)


def _measured(said: Mapping[str, str]) -> dict[str, str]:
    """Answers the serial number and the one MAC address that a device has."""
    good: dict[str, str] = {}
    for name, form in _FORMS.items():
        try:
            good[name] = form.validate_python(said[name])
        except (KeyError, ValidationError):
            continue
    return good


def _fields(
    known: Device | None, measured: dict[str, str], on: datetime.date, *, is_first: bool
) -> Fields:
    if known is None:
        return {**measured, "delivered_on": on} if is_first else {**measured}
    before = {"serial": known.serial, "mac": known.mac}
    fields: Fields = {name: said for name, said in measured.items() if said != before[name]}
    if _is_other(before, measured):
        # What stands in its place is covered as long as that was, until a paper says otherwise.
        until = covered_until(known) if known.maker_until is None else None
        # The old one's label says nothing of it.
        gone = {name: None for name in _FORMS if before[name] and name not in measured}
        more = {} if until is None else {"maker_until": until}
        return {**gone, **fields, "delivered_on": on, **more}
    if is_first and known.delivered_on is None:
        fields["delivered_on"] = on
    return fields


def _is_other(before: Mapping[str, str | None], measured: Mapping[str, str]) -> bool:
    """Answers whether it is another device: by its serial number, else by its MAC address."""
    for name in _FORMS:
        if name in measured and before[name] is not None:
            return measured[name] != before[name]
    return False
