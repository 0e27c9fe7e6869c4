"""`trust`, and the first contact of `provision`: shows what a device is known by, and binds it."""

from __future__ import annotations

import getpass
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from onshi_net.cli.provision import require_host, workshop
from onshi_net.errors import EXIT_GOOD, DeviceError, HostKeyChanged, OnshiError
from onshi_net.i18n import text

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.provision.bind import Bindable, Claim, Owners, Reason, Shown
    from onshi_net.provision.site import Workshop
    from onshi_net.transport.bond import By


@dataclass(frozen=True, slots=True)
class How:
    """What was said on the command line about who is met for the first time."""

    yes: bool = False
    fingerprint: str | None = None
    """Of the router, for `provision`; of the device, for `trust`."""
    exchanged: bool = False
    """Another device stands there now: what is known of the one before it contradicts nothing."""


def trust(context: Context, site: str, host: str, how: How, *, forget: bool, as_json: bool) -> int:
    """Binds a device, or forgets it; exit code 3 where something contradicts or nobody says yes.

    Raises InputError for a host that has no key to trust and for a file that can't be read whole.
    """
    from onshi_net.provision.bind import read_fingerprint

    if how.fingerprint is not None:
        read_fingerprint(how.fingerprint)
    inventory = context.site(site)
    shop = workshop(context, inventory)
    devices = shop.bindables
    able = [one for one in inventory.hosts if one.name in devices]
    require_host(inventory, able, host, "cli.no-key-to-trust", option="HOST")
    binder = Binder(context, shop, how)
    state = binder.forget(devices[host]) if forget else binder.bind(devices[host], replacing=True)
    if as_json:
        context.out.print_json(data={"site": site, "host": host, **state})
    return EXIT_GOOD


def bind_unmet(
    context: Context, shop: Workshop, only: str | None, how: How
) -> Mapping[str, OnshiError]:
    """Binds the devices of a run that were never met; answers why some were not, by name.

    Raises NotBound where a person says no, InputError for a file that can't be read whole.
    """
    refused: dict[str, OnshiError] = {}
    for name, device in shop.bindables.items():
        said = how if name == shop.intent.router.host else How(how.yes)
        known = device.known() if name in shop.names(only) else {}
        if name not in shop.names(only) or (known and said.fingerprint is None):
            continue
        try:
            Binder(context, shop, said).bind(device, replacing=False)
        except DeviceError as error:
            if error.message == "provision.bind.declined":
                raise
            refused[name] = error
    return refused


class Binder:
    """Binds devices of one site, telling and asking the person at the keyboard."""

    def __init__(self, context: Context, shop: Workshop, how: How) -> None:
        """Takes what the run shares and what was said on its command line."""
        self._context = context
        self._shop = shop
        self._how = how

    def forget(self, device: Bindable) -> dict[str, str]:
        """Takes away what is recorded of a device, and says what that was."""
        from onshi_net.provision.bind import tell

        found = device.forget()
        keys = ", ".join(found.keys)
        tell(
            self._shop.runs, device.site, "forgotten", host=device.host, address=device.address,
            keys=keys, user=user_here(),
        )  # fmt: skip
        say = self._context.progress.print
        message = "cli.trust-forgotten" if keys else "cli.trust-nothing-to-forget"
        say(text(message, host=device.host, keys=keys), markup=False, soft_wrap=True)
        if found.aside is not None:
            say(text("cli.trust-aside", file=found.aside), markup=False, soft_wrap=True)
        return {"state": "forgotten", "keys": keys}

    def bind(self, device: Bindable, *, replacing: bool) -> dict[str, str]:
        """Binds a device where that is right; answers what was done.

        `replacing`: a person may say yes to another key than the recorded one. Raises NotBound,
        HostKeyChanged, Unreachable, NoLeg and InputError.
        """
        from onshi_net.provision.bind import earlier_key

        known = device.known()
        self._shop.require_leg(device.host)
        shown = device.look()
        earlier = earlier_key(self._shop.runs, device.site, device.host)
        claim = replace(device.claim(), earlier=earlier, fingerprint=self._how.fingerprint)
        if self._how.exchanged:
            claim = replace(claim, mac=None, earlier=None, same_serial=())
        owners = self._owners(device)
        self._show(device, shown, owners)
        if shown.fingerprint in known:
            return self._known_already(device, shown, owners, claim)
        if known and not (replacing and (self._asks or self._how.exchanged)):
            raise _changed(device, shown, known)
        if not self._how.exchanged:
            claim = replace(claim, earlier=_other(known, earlier))
        by = self._decided(device, shown, owners, claim)
        return self._record(device, shown, owners, by, instead=bool(known))

    @property
    def _asks(self) -> bool:
        """Whether a person decides."""
        return not self._how.yes and self._how.fingerprint is None

    def _owners(self, device: Bindable) -> Owners:
        from onshi_net.evidence.neighbour import owners_of
        from onshi_net.facts.types import Outcome
        from onshi_net.provision.bind import Owners

        leg = self._shop.leg_towards(device.address)
        if leg is None:
            return Owners()
        with self._context.progress.status(text("cli.trust-asking", address=device.address)):
            found = owners_of(leg.interface, device.address)
        macs = found.found.macs if found.found is not None else ()
        return Owners(macs, asked=found.outcome is not Outcome.ERROR)

    def _show(self, device: Bindable, shown: Shown, owners: Owners) -> None:
        seen = {
            "host": device.host,
            "address": device.address,
            "mac": ", ".join(owners.macs) or text("cli.trust-no-mac"),
            "fingerprint": shown.fingerprint,
            "also": " / ".join(one for one in shown.also if one),
        }
        self._context.progress.print(text("cli.trust-shown", **seen), markup=False, soft_wrap=True)

    def _known_already(
        self, device: Bindable, shown: Shown, owners: Owners, claim: Claim
    ) -> dict[str, str]:
        from onshi_net.provision.bind import contradictions, not_bound

        wrong = [
            one for one in contradictions(shown, owners, claim)
            if one[0] == "provision.bind.other-fingerprint"
        ]  # fmt: skip
        if wrong:
            raise not_bound("provision.bind.refused", device, shown, tuple(wrong))
        self._context.progress.print(text("cli.trust-known", host=device.host), markup=False)
        return {"state": "known", "fingerprint": shown.fingerprint}

    def _decided(self, device: Bindable, shown: Shown, owners: Owners, claim: Claim) -> By:
        """Answers who binds. Raises NotBound."""
        from onshi_net.provision.bind import contradictions, require_bindable
        from onshi_net.transport.bond import By

        if not self._asks:
            by = By.YES if self._how.fingerprint is None else By.FINGERPRINT
            require_bindable(device, by, shown, owners, claim)
            return by
        self._ask(device, shown, contradictions(shown, owners, claim))
        return By.PERSON

    def _ask(self, device: Bindable, shown: Shown, doubts: tuple[Reason, ...]) -> None:
        from onshi_net.cli.asking import ask_yes
        from onshi_net.provision.bind import not_bound

        for reason, values in doubts:
            self._context.progress.print(
                f"! {text(reason, **values)}", style="red", markup=False, soft_wrap=True
            )
        question = text("cli.trust-ask", host=device.host)
        if not ask_yes(question, text("cli.nobody-says-yes.bind")):
            raise not_bound("provision.bind.declined", device, shown)

    def _record(
        self, device: Bindable, shown: Shown, owners: Owners, by: By, *, instead: bool
    ) -> dict[str, str]:
        from onshi_net.provision.bind import tell
        from onshi_net.transport.bond import Bond

        bond = Bond.now(by, owners.mac, "" if self._how.exchanged else device.serial)
        if not device.record(shown, bond, instead=instead):  # another run did so meanwhile
            return {"state": "known", "fingerprint": shown.fingerprint}
        folder = tell(
            self._shop.runs, device.site, "bound", host=device.host, address=device.address,
            fingerprint=shown.fingerprint, macs=owners.macs, user=user_here(), **bond.told(),
        )  # fmt: skip
        told = text("cli.trust-recorded", host=device.host, folder=folder)
        self._context.progress.print(told, markup=False, soft_wrap=True)
        return {"state": "bound", "fingerprint": shown.fingerprint, "by": by.value, "mac": bond.mac}


def _other(known: Mapping[str, object], earlier: str | None) -> str | None:
    """Answers what was bound before: what is recorded, else what an earlier run bound."""
    return ", ".join(known) or earlier


def _changed(device: Bindable, shown: Shown, known: Mapping[str, object]) -> HostKeyChanged:
    return HostKeyChanged(
        "provision.bind.changed", host=device.host, recorded=", ".join(known),
        shown=shown.fingerprint, site=shlex.quote(device.site), device=device.host,
    )  # fmt: skip


def user_here() -> str:
    """Answers who is logged on at the laptop; '' where the system does not say."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
