"""`winrm restore` waits until the PC is done, which mostly ends the session that waits."""

from __future__ import annotations

from typing import Any, cast

import pytest

from onshi_net.errors import DeviceError, Unreachable
from onshi_net.provision.windows import prepare
from onshi_net.provision.windows.prepare import PutBack
from onshi_net.transport.windows import Endpoint, WindowsSession
from onshi_net.transport.windows.diagnosis import Port

BEGUN = {"there": True, "prepared": True, "left": 0}
AT_IT, DONE = {"noted": True, "failed": ""}, {"noted": False}
BROKEN = Unreachable("transport.unreachable", host="pc", port=5985, reason="reset")


class Session:
    """Answers one after the other; an error is raised."""

    def __init__(self, *answers: Any) -> None:
        self.left = list(answers)

    def run(self, _script: object, **_options: object) -> dict[str, Any]:
        answer = self.left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return cast("dict[str, Any]", answer)


def restored(
    monkeypatch: pytest.MonkeyPatch, *answers: Any, ports: tuple[Port, ...] = ()
) -> PutBack:
    seen = list(ports)
    monkeypatch.setattr(prepare, "BETWEEN_S", 0)
    monkeypatch.setattr(prepare, "try_port", lambda _endpoint: seen.pop(0))
    session = cast("WindowsSession", Session(*answers))
    return prepare.restore(session, cast("Endpoint", None), "pc")


def test_nothing_was_opened_and_nothing_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"there": False, "prepared": False, "left": 0}
    assert restored(monkeypatch, told) == PutBack(opened=False, left=0)


def test_what_an_interrupted_run_left_is_told_where_nothing_was_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {"there": True, "prepared": False, "left": 2}
    assert restored(monkeypatch, told, AT_IT, DONE) == PutBack(opened=False, left=2)


@pytest.mark.parametrize(
    ("answers", "ports"),
    [
        ([BEGUN, DONE], ()),
        ([BEGUN, AT_IT, AT_IT, DONE], ()),
        ([BEGUN, AT_IT, BROKEN], (Port.REFUSED,)),
        ([BEGUN, BROKEN], (Port.SILENT,)),
        ([BEGUN, BROKEN, BROKEN], (Port.OPEN, Port.REFUSED)),
        ([BEGUN, BROKEN, DONE], (Port.OPEN,)),
    ],
)
def test_it_is_done_when_the_note_is_gone_or_winrm_is(
    answers: list[Any], ports: tuple[Port, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert restored(monkeypatch, *answers, ports=ports) == PutBack(opened=True, left=0)


def test_a_cut_cable_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unreachable):
        restored(monkeypatch, BEGUN, BROKEN, ports=(Port.NO_HOST,))


def test_what_could_not_be_put_back_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeviceError, match="WinRM"):
        restored(monkeypatch, BEGUN, {"noted": True, "failed": "WinRM"})


def test_a_pc_that_is_not_done_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "DONE_WITHIN_S", -1.0)
    with pytest.raises(DeviceError) as caught:
        restored(monkeypatch, BEGUN, AT_IT)
    assert caught.value.message == "windows.restore-late"
