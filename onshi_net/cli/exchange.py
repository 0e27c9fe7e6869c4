"""`provision --exchanged`: the inventory takes in the device that stands in another one's place.

Its key is bound first; then a router says its model and serial number, which a person holds against
the label, and `hosts.yaml` says them. What follows is the change of any other day.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from onshi_net.cli.asking import NobodyAnswers
from onshi_net.cli.provision import require_host, workshop
from onshi_net.cli.trust import Binder, How, user_here
from onshi_net.errors import Fault, InputError, Place, WrongDevice
from onshi_net.i18n import text

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.inventory.change import FileChange
    from onshi_net.platforms import Identity
    from onshi_net.provision.site import Workshop


def take_in(context: Context, site: str, host: str, how: How, label: str | None) -> None:
    """Binds the device that is there now, and writes what a router's label says.

    `label` is the serial number that a person read off it. Raises InputError for a host without a
    key or a serial number, and where nobody read the label; NotBound; WrongDevice where the label
    says otherwise, the key being forgotten again.
    """
    inventory = context.site(site)
    able = [inventory.router, *inventory.terminals, *inventory.receipt_pcs]
    require_host(inventory, able, host, "cli.not-configurable", option="--exchanged")
    is_router = host == inventory.router.name
    if label is not None and not is_router:
        raise InputError([Fault(Place(item="--serial"), text("cli.serial-of-router"))])
    if is_router and how.yes and label is None:
        remedy = text("cli.serial-unread.remedy")
        raise InputError([Fault(Place(item="--serial"), text("cli.serial-unread"), remedy)])
    shop = workshop(context, inventory)
    device = shop.bindables.get(host)
    binder = Binder(context, shop, How(how.yes, how.fingerprint, exchanged=True))
    if device is not None:
        binder.bind(device, replacing=True)
    if not is_router:
        return
    try:
        _take_label(context, shop, label)
    except (WrongDevice, NobodyAnswers):
        if device is not None:
            binder.forget(device)
        raise


def _take_label(context: Context, shop: Workshop, label: str | None) -> None:
    from onshi_net.inventory.change import replace_files
    from onshi_net.provision.bind import tell

    found = _identity(shop)
    _require_label(shop, found, label)
    change = _change(context, shop, found)
    if change.kind == "updated":
        context.out.print(change.diff, markup=False, soft_wrap=True, end="")
        replace_files([change])
    intent = shop.intent.router
    tell(
        shop.runs, intent.site, "exchanged", host=intent.host, before=intent.serial,
        serial=found.serial, model=found.model, user=user_here(),
    )  # fmt: skip


def _identity(shop: Workshop) -> Identity:
    """Asks the router what it is. Raises the errors of `Platform.open`."""
    from onshi_net.platforms import platform
    from onshi_net.provision.plan import OPEN_S

    router, family = shop.intent.router, platform(shop.intent.router.model.platform)
    session = family.open(router.management, shop.secrets, shop.known_hosts, deadline_s=OPEN_S)
    try:
        return session.identity
    finally:
        session.close()


def _require_label(shop: Workshop, found: Identity, label: str | None) -> None:
    """Raises WrongDevice where the label says otherwise, or the router does not say what it is."""
    from onshi_net.cli.asking import ask_yes

    intent = shop.intent.router
    told: dict[str, Any] = {"host": intent.host, "serial": found.serial, "model": found.model}
    if found.serial is None or found.model is None:
        raise WrongDevice("provision.says-no-serial", host=intent.host)
    if label is not None and label.strip().upper() != found.serial.upper():
        raise WrongDevice("provision.other-label", **told, label=label)
    known = label is not None or found.serial == intent.serial
    if not known and not ask_yes(
        text("cli.ask-label", **told), text("cli.nobody-says-yes.label", site=_site(shop))
    ):
        raise WrongDevice("provision.label-declined", **told)


def _site(shop: Workshop) -> str:
    return shlex.quote(shop.intent.site)


def _change(context: Context, shop: Workshop, found: Identity) -> FileChange:
    """Answers what `hosts.yaml` says of the new router.

    Raises WrongDevice for a model that the inventory has no group of, InputError.
    """
    from onshi_net.inventory.document import read_document
    from onshi_net.inventory.label import group_of_model, label_fields, with_label
    from onshi_net.inventory.load import HOSTS_FILE
    from onshi_net.inventory.stock import read_shared

    router = shop.inventory.router
    groups: dict[str, str] = {}
    if found.model != router.model:
        shared = read_shared(context.inventory)
        old, new = (group_of_model(shared, str(one)) for one in (router.model, found.model))
        if old is None or new is None:
            told: dict[str, Any] = {
                "host": router.name,
                "expected": router.model,
                "found": found.model,
            }
            raise WrongDevice("provision.unknown-model", **told)
        groups = {old: new}
    document = read_document(shop.inventory.folder / HOSTS_FILE)
    mac = found.macs[0] if found.macs else None
    fields = label_fields(
        document, router.name, serial=str(found.serial), mac=mac, groups=groups
    )  # fmt: skip
    return with_label(document, fields)
