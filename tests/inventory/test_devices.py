"""What devices say of themselves comes into site.yaml; every other letter stays."""

from __future__ import annotations

import datetime
import difflib
import itertools
from pathlib import Path

import pytest

from onshi_net.errors import InputError
from onshi_net.inventory.devices import DeviceFields, with_devices
from onshi_net.inventory.document import read_document

DAY = datetime.date(2026, 12, 1)
HEADS = {
    "flow": """    - {name: router, kind: router}  # 受付の下
    - {kind: display, name: 'display-1', }
""",
    "block": """    - name: router  # 受付の下
      kind: router
    - name: display-1
      kind: display
""",
    "several-lines": """    - {name: router,
       kind: router}
    - {name: display-1,
       kind: display}
""",
    "near": """  - {name: router, kind: router}
  # 予備
  - {name: display-1, kind: display}
""",
}
AFTER = ("", "  # 了承は口頭\n  design_approved_on: 2026-10-30\nformat: 2\n", "\n\n# 終わり\n")
ENDS = ("\n", "\r\n")
MARKS = ("", "\ufeff")
DEVICES = (
    DeviceFields("router", "router", {"serial": "0012345", "mac": "00:a0:de:12:34:56"}),
    DeviceFields("terminal-1", "terminal", {"mac": "02:00:00:00:00:11", "delivered_on": DAY}),
    DeviceFields("display-1", "display", {"delivered_on": DAY}),
)


def written(folder: Path, text: str) -> Path:
    file = folder / "site.yaml"
    file.write_bytes(text.encode("utf-8"))
    return file


@pytest.mark.parametrize(
    ("style", "after", "end", "mark"), list(itertools.product(HEADS, AFTER, ENDS, MARKS))
)
def test_fields_come_in_and_every_other_letter_stays(
    tmp_path: Path, style: str, after: str, end: str, mark: str
) -> None:
    text = "# 拠点\ncontract:\n  devices:\n" + HEADS[style] + after
    file = written(tmp_path, mark + text.replace("\n", end))
    change = with_devices(read_document(file), DEVICES)
    got = written(tmp_path, change.new)
    entries = {one["name"]: one for one in read_document(got).data["contract"]["devices"]}
    assert entries == {
        "router": {"name": "router", "kind": "router", **DEVICES[0].fields},
        "display-1": {"name": "display-1", "kind": "display", "delivered_on": DAY},
        "terminal-1": {"name": "terminal-1", "kind": "terminal", **DEVICES[1].fields},
    }
    old = [part for part in (change.old or "").replace("}", " ").split() if part != "}"]
    new = change.new.replace("}", " ").split()
    taken = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    lost = [old[a:b] for kind, a, b, _, _ in taken if kind in ("delete", "replace")]
    assert all("".join(words).rstrip(",") in change.new for words in lost), lost
    assert with_devices(read_document(got), DEVICES).kind == "unchanged"


@pytest.mark.parametrize("text", ["format: 2\n", "contract:\n  signed_on: 2026-10-10\nformat: 2\n"])
def test_a_site_without_a_list_gets_one(tmp_path: Path, text: str) -> None:
    file = written(tmp_path, text)
    change = with_devices(read_document(file), DEVICES)
    assert set(text.split("\n")) <= set(change.new.split("\n"))
    assert len(read_document(written(tmp_path, change.new)).data["contract"]["devices"]) == 3


@pytest.mark.parametrize(
    "text",
    [
        "contract: {signed_on: 2026-10-10}\n",
        "contract:\n  devices: [{name: router, kind: router}]\n",
        "contract:\n  devices: []\n",
    ],
)
def test_what_can_not_be_added_to_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        with_devices(read_document(written(tmp_path, text)), DEVICES)
    assert caught.value.faults[0].place.line is not None


def test_a_value_that_is_there_is_replaced_in_its_place(tmp_path: Path) -> None:
    text = 'contract:\n  devices:\n    - {name: router, serial: "S 1", kind: router} # 交換\n'
    change = with_devices(
        read_document(written(tmp_path, text)), [DeviceFields("router", "router", {"serial": "S2"})]
    )
    assert change.new == text.replace('"S 1"', "S2")
