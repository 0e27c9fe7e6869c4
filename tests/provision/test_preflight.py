"""Another device than the inventory's is told as it calls itself, never as 'None'."""

from __future__ import annotations

from dataclasses import replace

import pytest

from onshi_net.errors import WrongDevice
from onshi_net.model import router_model
from onshi_net.model.firmware import Firmware
from onshi_net.platforms.base import Identity
from onshi_net.platforms.yamaha.header import identity_of
from onshi_net.provision.preflight import check_device
from tests.transport.routers import intent_for


@pytest.mark.parametrize(
    ("header", "told"),
    [
        # Shape: published headers of routers that NTT sells (docs/sources.md); values made up.
        ("# N1200 Rev.10.01.26 (Fri Jan 21 19:45:55 2011)\n", "is a N1200 (RTX1200)"),
        ("# RTX1100 Rev.8.03.94 (Thu Dec  5 19:06:16 2013)\n", "is a RTX1100"),
        ("# Clinic router, do not touch\n", "begins with: Clinic router, do not touch"),
        ("", "begins with: ?"),
    ],
)
def test_what_the_router_says_of_itself_is_shown(header: str, told: str) -> None:
    with pytest.raises(WrongDevice) as caught:
        check_device(intent_for(22), identity_of(header))
    assert told in str(caught.value)
    assert "None" not in str(caught.value)


@pytest.mark.parametrize(
    ("firmware", "taken"),
    [("15.02.13", False), ("15.02.14", True), ("15.02.31", True), ("14.03.99", False)],
)
def test_the_floor_itself_is_new_enough(firmware: str, taken: bool) -> None:
    """Source: RTX reference 24.2: an RTX830 has `edns=` from Rev.15.02.14 on."""
    found = identity_of(f"# RTX830 Rev.{firmware} (Fri Sep  1 10:00:00 2023)\n")
    intent = replace(intent_for(22), serial=None)
    if taken:
        check_device(intent, found)
        return
    with pytest.raises(WrongDevice) as caught:
        check_device(intent, found)
    assert caught.value.message == "provision.old-firmware"


def test_a_router_that_tells_no_firmware_is_not_taken_for_a_new_one() -> None:
    model = router_model("RTX1300")  # every firmware of it is new enough
    intent = replace(intent_for(22), serial=None, model=model)
    check_device(intent, Identity(model="RTX1300", firmware=Firmware.parse("23.00.01")))
    with pytest.raises(WrongDevice) as caught:
        check_device(intent, Identity(model="RTX1300"))
    assert caught.value.message == "provision.old-firmware"


def test_another_piece_of_the_same_model_is_told_by_its_serial_number() -> None:
    found = Identity("RTX830", Firmware.parse("15.02.31"), "S5X999999")
    with pytest.raises(WrongDevice) as caught:
        check_device(intent_for(22), found)
    assert caught.value.message == "provision.wrong-serial"
    error = caught.value
    assert (error.host, error.values["device"]) == ("router", "router")
    assert error.values["site"] == "demo-clinic"
    check_device(replace(intent_for(22), serial=None), found)
    check_device(replace(intent_for(22), serial="S5X999999"), found)
