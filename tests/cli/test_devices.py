"""What a good site's devices say of themselves, held against the site's register."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from onshi_net.cli.devices import found
from onshi_net.inventory import load_site
from onshi_net.inventory.devices import with_devices
from onshi_net.inventory.document import read_document
from onshi_net.model.survey import Device, DeviceKind
from tests.conftest import EXAMPLES

ON = datetime.date(2027, 1, 20)
OLD = Device(
    name="terminal-1",
    kind=DeviceKind.TERMINAL,
    serial="OLD1",
    mac="02:00:00:00:00:01",
    delivered_on=datetime.date(2026, 11, 10),
)


def fields(device: Device, **measured: str) -> dict[str, object]:
    site = load_site(EXAMPLES, "demo-clinic")
    contract = site.site.facts.contract.model_copy(update={"devices": (device,)})
    facts = site.site.facts.model_copy(update={"contract": contract})
    one = replace(site, site=site.site.model_copy(update={"facts": facts}))
    some = {
        entry.name: dict(entry.fields)
        for entry in found(one, {"terminal-1": measured}, on=ON, is_first=False)
    }
    return some.get("terminal-1", {})


@pytest.mark.parametrize(
    ("measured", "serial"),
    [
        ({"mac": "02:00:00:00:00:02"}, None),
        ({"mac": "02:00:00:00:00:02", "serial": "NEW1"}, "NEW1"),
        ({"serial": "NEW1"}, "NEW1"),
    ],
)
def test_another_terminal_does_not_keep_the_old_ones_serial_number(
    measured: dict[str, str], serial: str | None
) -> None:
    told = fields(OLD, **measured)
    assert told["serial"] == serial
    assert told["delivered_on"] == ON
    assert told["mac"] == measured.get("mac")
    assert told["maker_until"] == datetime.date(2031, 11, 9)


@pytest.mark.parametrize("measured", [{}, {"mac": OLD.mac}, {"serial": "OLD1", "mac": OLD.mac}])
def test_the_same_terminal_keeps_all(measured: dict[str, str]) -> None:
    assert fields(OLD, **measured) == {}


def test_what_is_no_longer_known_is_written_so(tmp_path: Path) -> None:
    from onshi_net.inventory.devices import DeviceFields

    file = tmp_path / "site.yaml"
    file.write_text("contract:\n  devices:\n    - {name: t, kind: terminal, serial: A1}\n", "utf-8")
    told = with_devices(read_document(file), [DeviceFields("t", "terminal", {"serial": None})])
    assert "serial: null" in told.new
