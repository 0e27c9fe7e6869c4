"""A visit at the lab's clinic, by somebody at a terminal who does what is said and nothing else."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from onshi_net.errors import EXIT_GOOD
from tests.lab.clinic import Clinic, needs_root

pytestmark = needs_root
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")
NOT_YET = 1 << 20
"""So much is shown at most before something that is waited for."""
SILENT_S = 120.0
"""A screen that waits for somebody counts the seconds; only a question is silent so long."""
Act = Callable[[Clinic], str]
"""What the technician does; answers what he types."""


def plug(end: str) -> Act:
    def act(clinic: Clinic) -> str:
        clinic.lab("cable", "in", end)
        return ""

    return act


def move(here: str, there: str) -> Act:
    def act(clinic: Clinic) -> str:
        clinic.lab("cable", "out", here)
        clinic.lab("cable", "in", there)
        return ""

    return act


def type_(words: str) -> Act:
    return lambda _clinic: f"{words}\n"


def visited(clinic: Clinic, script: Sequence[tuple[str, Act]], *options: str) -> tuple[int, str]:
    """Answers the exit code and all that was shown, on a screen of 80 columns in Japanese."""
    near, far = pty.openpty()
    words = ["--inventory", str(clinic.inventory), "visit", clinic.site, *options]
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm", "ONSHI_LANG": "ja"}
    command = clinic.inside("laptop", str(Path(os.sys.executable).parent / "onshi"), *words)
    process = subprocess.Popen(
        command, stdin=far, stdout=far, stderr=far, start_new_session=True, env=environment
    )
    os.close(far)
    shown, new = b"", b""
    for sentence, act in script:
        while sentence not in flat(new):
            some = _read(near)
            assert some, (sentence, flat(shown + new))
            new += some
            assert len(new) < NOT_YET, (sentence, flat(new)[-3000:])
        shown, new = shown + new, b""
        os.write(near, act(clinic).encode())
    while some := _read(near):
        new += some
    os.close(near)
    return process.wait(60), flat(shown + new)


def _read(near: int) -> bytes:
    ready, _, _ = select.select([near], [], [], SILENT_S)
    assert ready, "nothing is shown any more, and what is waited for was not"
    with suppress(OSError):  # the other end is closed
        return os.read(near, 4096)
    return b""


def flat(shown: bytes) -> str:
    """What a person read, without where the lines were broken."""
    return re.sub(r"\s+", "", CONTROL.sub(b"", shown).decode(errors="ignore"))


@pytest.fixture
def clinic(tmp_path: Path):
    one = Clinic.raise_up("demo-clinic", tmp_path)
    yield one
    one.down()


def test_a_laptop_with_one_port_is_led_to_a_green_site(clinic: Clinic):
    clinic.lab("cable", "out", "laptop:terminal0")
    clinic.lab("cable", "out", "laptop:clinic0")
    code, shown = visited(
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
    assert code == EXIT_GOOD, shown
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
