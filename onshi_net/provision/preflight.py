"""Whether a router is the one that may be changed."""

from __future__ import annotations

import shlex

from onshi_net.errors import WrongDevice
from onshi_net.intent import RouterIntent
from onshi_net.platforms.base import Identity


def check_device(intent: RouterIntent, found: Identity) -> None:
    """Raises WrongDevice when the router is not the one of the intent or its firmware is too old.

    Also when it does not say what it is.
    """
    host, model = intent.host, intent.model
    where = {"host": host, "device": host, "site": shlex.quote(intent.site)}
    if found.model != model.name:
        what = "unreadable-header" if found.model is None else "wrong-model"
        raise WrongDevice(f"provision.{what}", **where, expected=model.name, found=found.shown)
    if intent.serial is not None and found.serial != intent.serial:
        raise WrongDevice(
            "provision.wrong-serial", **where, expected=intent.serial, found=found.serial
        )
    floor = model.firmware_floor
    if found.firmware is None or (floor is not None and found.firmware < floor):
        raise WrongDevice("provision.old-firmware", host=host, expected=floor, found=found.firmware)
