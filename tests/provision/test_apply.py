"""apply_router on the mock router.

The good way, the refusals, errors in the middle, nothing leaked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from onshi_net.errors import ChangeUndone, DeviceError, WrongDevice
from onshi_net.intent import RouterIntent, site_intent
from onshi_net.inventory import load_site
from onshi_net.provision import State, apply_router, plan_router
from onshi_net.provision.apply import Change
from onshi_net.provision.config import config_lines
from onshi_net.provision.journal import Journal
from onshi_net.provision.plan import carriers, plan_lines
from onshi_net.transport import RouterSession, open_router
from tests.provision.clock import time_of
from tests.provision.disk import full_at
from tests.transport.routers import (
    CANARIES,
    CANARY_INITIAL,
    MockRouter,
    intent_for,
    loopback_config,
    management,
    new_secrets,
)

Start = Callable[..., MockRouter]


def applied(router: MockRouter, tmp_path: Path, **options: object):
    intent = options.pop("intent", None) or intent_for(router.port)
    with time_of(router):
        return apply_router(
            intent,  # type: ignore[arg-type]
            new_secrets(),
            tmp_path / "known",
            runs=tmp_path / "runs",
            site="demo-clinic",
            **{"guard_s": 200, "render": loopback_config, **options},  # type: ignore[arg-type]
        )


def planned(router: MockRouter, tmp_path: Path):
    intent = intent_for(router.port)
    return plan_router(intent, new_secrets(), tmp_path / "known", render=loopback_config)


def lines_of(router: MockRouter, tmp_path: Path) -> tuple[str, ...]:
    session = open_router(management(router.port), new_secrets(), tmp_path / "known", deadline_s=15)
    try:
        return config_lines(session.config())
    finally:
        session.close()


def test_change_is_made_once_and_the_second_run_finds_nothing(router: Start, tmp_path: Path):
    one = router()
    plan = planned(one, tmp_path)
    assert not plan.is_empty
    assert "set login password" in plan.steps
    assert "set administrator password" in plan.steps
    outcome = applied(one, tmp_path)
    assert outcome.state is State.CHANGED
    assert outcome.lines_sent > 30
    assert planned(one, tmp_path).is_empty
    again = applied(one, tmp_path)
    assert (again.state, again.lines_sent, again.folder) == (State.UNCHANGED, 0, None)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    ("model", "firmware", "site"),
    [
        ("RTX830", "15.02.31", "demo-clinic"),
        ("RTX1220", "15.04.07", "demo-pharmacy"),
        ("RTX1210", "14.01.38", "demo-dental"),
    ],
)
def test_every_demo_router_is_provisioned(
    router: Start, tmp_path: Path, model: str, firmware: str, site: str, language: str
):
    one = router(model=model, firmware=firmware, language=language)
    base = intent_for(one.port, site)
    intent = replace(base, serial="S5X000001", management=management(one.port))
    assert applied(one, tmp_path, intent=intent).state is State.CHANGED
    assert applied(one, tmp_path, intent=intent).state is State.UNCHANGED


def test_flexible_ports_are_restarted_into(router: Start, tmp_path: Path, inventory: Path):
    # RTX command reference 53.1: the port layout of an RTX1300 holds after a restart
    hosts = inventory / "sites" / "demo-clinic" / "hosts.yaml"
    text = hosts.read_text(encoding="utf-8").replace("rtx830", "rtx1300")
    hosts.write_text(text, encoding="utf-8")
    one = router(model="RTX1300", firmware="23.00.16")
    intent = site_intent(load_site(inventory, "demo-clinic")).router
    said: list[str] = []
    stand: list[bool] = []
    outcome = applied(
        one,
        tmp_path,
        intent=replace(intent, management=management(one.port)),
        progress=lambda _host, message_id, **_values: said.append(message_id),
        links_stand=stand.append,
    )
    assert outcome.state is State.CHANGED
    assert "provision.restarting" in said
    assert not any(stand)  # the restart takes the links down once more


def test_a_port_layout_that_the_router_shows_otherwise_is_not_sent_for_ever(tmp_path: Path):
    sent: list[str] = []
    intent = intent_for(4711)
    wanted = loopback_config(intent)
    change = Change(
        SimpleNamespace(intent=intent, progress=lambda *_a, **_v: None),  # type: ignore[arg-type]
        wanted,
        plan=None,  # type: ignore[arg-type]
        session=SimpleNamespace(configure=sent.append, config=lambda: ""),  # type: ignore[arg-type]
        journal=Journal(tmp_path / "run", str),
        prove=None,
        cancelled=lambda: False,
        links_stand=lambda _stand: None,
    )
    change._send_all(plan_lines((), wanted, carriers(intent)))
    change.journal.close()
    assert sent.count("lan type lan1 port-based-option=divide-network") == 2
    assert sent[-1] == wanted[-1]


def test_the_links_stand_once_the_lan_is_divided(router: Start, tmp_path: Path):
    one = router()
    told: list[tuple[str, bool]] = []
    line = ""

    def progress(_host: str, _message_id: str, **values: object) -> None:
        nonlocal line
        line = str(values.get("line", line))

    def stand(up: bool) -> None:
        told.append((line, up))

    applied(one, tmp_path, progress=progress, links_stand=stand)
    assert told == [("", False), ("lan type lan1 port-based-option=divide-network", True)]

    def more(intent: RouterIntent) -> tuple[str, ...]:
        return (*loopback_config(intent), "ip filter 4711 pass * * icmp * *")

    told.clear()
    applied(one, tmp_path, render=more, links_stand=stand)
    assert [up for _, up in told] == [True]


@pytest.mark.parametrize("moment", ["arming", "proving"])
def test_a_full_disk_undoes_the_change(router: Start, tmp_path: Path, moment: str):
    one = router()
    before = lines_of(one, tmp_path)
    runs = tmp_path / "runs"
    with pytest.raises(ChangeUndone, match="No space left"):
        applied(one, tmp_path, progress=full_at(f"provision.{moment}", runs))
    assert lines_of(one, tmp_path) == before
    assert applied(one, tmp_path).state is State.CHANGED


def test_a_disk_that_is_full_at_the_end_undoes_nothing(router: Start, tmp_path: Path):
    one = router()
    runs = tmp_path / "runs"
    done = applied(one, tmp_path, progress=full_at("provision.saving", runs))
    assert done.state is State.CHANGED
    assert planned(one, tmp_path).is_empty


def test_saved_change_survives_a_power_cycle(router: Start, tmp_path: Path):
    one = router()
    applied(one, tmp_path)
    one.stop()
    again = MockRouter(one.folder, port=one.port)
    try:
        assert planned(again, tmp_path).is_empty
    finally:
        again.stop()


def test_dry_run_sends_nothing(router: Start, tmp_path: Path):
    one = router()
    before = lines_of(one, tmp_path)
    assert applied(one, tmp_path, dry_run=True).state is State.PLANNED
    assert lines_of(one, tmp_path) == before


def test_refused_line_in_the_middle_is_undone(router: Start, tmp_path: Path):
    one = router()
    before = lines_of(one, tmp_path)

    def broken(intent: RouterIntent) -> tuple[str, ...]:
        lines = list(loopback_config(intent))
        return (*lines[:20], "ip lan2 nonsense 5", *lines[20:])

    with pytest.raises(ChangeUndone) as caught:
        applied(one, tmp_path, render=broken)
    assert "ip lan2 nonsense 5" in str(caught.value)
    assert caught.value.remedy
    assert lines_of(one, tmp_path) == before
    assert not planned(one, tmp_path).unsaved
    assert applied(one, tmp_path).state is State.CHANGED


def test_failed_proof_is_undone_and_the_old_password_works(router: Start, tmp_path: Path):
    one = router()
    before = lines_of(one, tmp_path)

    def prove(session: RouterSession) -> None:
        assert not session.used_initial
        raise RuntimeError("the line is dead")

    with pytest.raises(ChangeUndone) as caught:
        applied(one, tmp_path, prove=prove)
    assert "the line is dead" in str(caught.value)
    assert lines_of(one, tmp_path) == before
    session = open_router(management(one.port), new_secrets(), tmp_path / "known", deadline_s=10)
    assert session.credentials.login == session.credentials.admin == "start-pack/router-initial"
    session.close()


def test_cancel_between_lines_is_undone(router: Start, tmp_path: Path):
    one = router()
    before = lines_of(one, tmp_path)
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 12

    with pytest.raises(ChangeUndone):
        applied(one, tmp_path, cancelled=cancelled)
    assert lines_of(one, tmp_path) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"serial": "S5X999999"}, "provision.wrong-serial"),
        ({"model": "RTX1220", "firmware": "15.04.07"}, "provision.wrong-model"),
        ({"firmware": "15.02.10"}, "provision.old-firmware"),
    ],
)
def test_wrong_device_is_refused_untouched(
    router: Start, tmp_path: Path, change: dict[str, str], message: str
):
    one = router(**change)
    before = lines_of(one, tmp_path)
    for attempt in (lambda: applied(one, tmp_path), lambda: planned(one, tmp_path)):
        with pytest.raises(WrongDevice) as caught:
            attempt()
        assert caught.value.message == message
        assert caught.value.remedy
    assert lines_of(one, tmp_path) == before


def test_other_administrator_is_respected(router: Start, tmp_path: Path):
    one = router()
    setup = open_router(management(one.port), new_secrets(), tmp_path / "known", deadline_s=10)
    setup.configure("login user guest Guest5password")
    setup.show("save")
    setup.close()
    other = replace(management(one.port), username="guest", secret="guest")
    there = open_router(
        other, new_secrets(guest="Guest5password"), tmp_path / "known", deadline_s=10
    )
    with pytest.raises(DeviceError) as caught:
        applied(one, tmp_path)
    assert caught.value.message == "provision.somebody-else"
    assert "guest" in str(caught.value)
    there.close()


def test_site_lines_are_kept(router: Start, tmp_path: Path):
    one = router()
    setup = open_router(management(one.port), new_secrets(), tmp_path / "known", deadline_s=10)
    site = ("console prompt CLINIC", "console columns 120", "login user guest Guest5password")
    for line in site:
        setup.configure(line)
    setup.configure("ip route 10.99.0.0/16 gateway 10.51.1.77")
    setup.show("save")
    setup.close()
    assert applied(one, tmp_path).state is State.CHANGED
    lines = lines_of(one, tmp_path)
    assert {"console prompt CLINIC", "console columns 120", "login user guest *"} <= set(lines)
    assert "sshd host key generate *" in lines
    assert not [line for line in lines if line.startswith("ip route 10.99.0.0/16")]


def test_unsaved_router_is_only_proved_and_saved(router: Start, tmp_path: Path):
    one = router()
    applied(one, tmp_path)
    session = open_router(management(one.port), new_secrets(), tmp_path / "known", deadline_s=10)
    session.configure("console prompt X")
    session.close()
    assert planned(one, tmp_path).unsaved
    outcome = applied(one, tmp_path)
    assert (outcome.state, outcome.lines_sent) == (State.CHANGED, 0)
    assert planned(one, tmp_path).is_empty


def test_router_without_any_guard_is_refused_unless_forced(router: Start, tmp_path: Path):
    one = router()
    intent = intent_for(one.port)
    model = intent.model.model_copy(
        update={"rollback_timer_since": None, "schedule_delay_since": None}
    )
    bare = replace(intent, model=model)
    # The dated schedule is left as the only guard; it needs no feature, only a clock.
    outcome = applied(one, tmp_path, intent=bare)
    assert outcome.state is State.CHANGED
    journal = (outcome.folder / "journal.jsonl").read_text(encoding="utf-8")  # type: ignore[operator]
    assert '"rollback": false, "schedule": "dated"' in journal


def test_no_secret_is_left_behind(router: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    one = router()
    texts: list[str] = []

    def progress(host: str, message_id: str, **values: object) -> None:
        texts.append(f"{host} {message_id} {values}")

    def prove(_session: RouterSession) -> None:
        raise RuntimeError(f"leaky {CANARIES}")

    with pytest.raises(ChangeUndone) as caught:
        applied(one, tmp_path, progress=progress, prove=prove)
    texts.append(f"{caught.value} {caught.value!r} {caught.value.values}")
    outcome = applied(one, tmp_path, progress=progress)
    texts.append(repr(outcome))
    texts.append(caplog.text)
    folder = tmp_path / "runs"
    texts += [file.read_text(encoding="utf-8") for file in folder.rglob("*") if file.is_file()]
    assert [secret for secret in CANARIES for text in texts if secret in text] == []
    modes = {oct(file.stat().st_mode & 0o777) for file in folder.rglob("*") if file.is_file()}
    assert modes == {"0o600"}
    assert CANARY_INITIAL not in (tmp_path / "known").read_text(encoding="ascii")
