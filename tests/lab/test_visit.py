"""A visit at the lab's clinic, by somebody at a terminal who does what is said and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from onshi_net.errors import EXIT_GOOD
from tests.lab.clinic import Clinic, needs_root
from tests.lab.technician import move, plug, type_, visited

pytestmark = needs_root


@pytest.fixture
def clinic(tmp_path: Path):
    one = Clinic.raise_up("demo-clinic", tmp_path)
    yield one
    one.down()


def test_a_laptop_with_one_port_is_led_to_a_green_site(clinic: Clinic):
    clinic.lab("cable", "out", "laptop:terminal0")
    clinic.lab("cable", "out", "laptop:clinic0")
    seen = visited(
        clinic,
        [
            ("ルーターのポート1・2のどれかに挿してください", plug("laptop:terminal0")),
            ("挿す口が1つだけのときはEnter", type_("")),
            ("として記録しますか", type_("はい")),
            ("この変更を機器に反映しますか", type_("はい")),
            ("この変更を機器に反映しますか", type_("はい")),
            ("院内LAN(院内のハブ", move("laptop:terminal0", "laptop:clinic0")),
            ("この変更を機器に反映しますか", type_("はい")),
            ("ルーターのポート1・2のどれか", move("laptop:clinic0", "laptop:terminal0")),
        ],
    )
    shown = seen.shown
    assert seen.code == EXIT_GOOD, shown
    assert "予定した作業はすべて終わりました。" in shown
    assert "基準状態として記録しました" in shown
    assert list(clinic.inventory.parent.glob("runs/demo-clinic/papers/*.pdf"))


def test_what_nobody_does_ends_the_visit_with_what_is_open(clinic: Clinic):
    clinic.lab("cable", "out", "laptop:terminal0")
    done = clinic.onshi("visit", "--wait", "0", "--yes")
    said = " ".join(done.stdout.split())
    assert done.returncode == 3, done
    assert "Plug this laptop's cable into one of the router's ports" in said
    assert "To go on: onshi visit demo-clinic" in said
