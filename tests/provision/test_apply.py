"""apply_router on the mock router.

The good way, the refusals, errors in the middle, nothing leaked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from onshi_net.errors import (
    ChangeStuck,
    ChangeUndone,
    DeviceError,
    Interrupted,
    WrongDevice,
)
from onshi_net.intent import RouterIntent, site_intent
from onshi_net.inventory import load_site
from onshi_net.platforms.base import clock_is_wrong
from onshi_net.platforms.yamaha.clock import ahead_s, clock_of
from onshi_net.platforms.yamaha.config import config_lines
from onshi_net.platforms.yamaha.rules import DUE
from onshi_net.platforms.yamaha.session import open_router
from onshi_net.provision import State, apply_router, core, plan_router
from onshi_net.provision.journal import past_runs, unfinished_runs
from onshi_net.provision.reach import Reach
from onshi_net.provision.said import Said
from tests.platforms.yamaha.models import without
from tests.provision.clock import time_of
from tests.provision.disk import full_at
from tests.transport.routers import (
    CANARIES,
    CANARY_INITIAL,
    CuttingProxy,
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


@pytest.mark.parametrize(
    ("model", "firmware", "site", "language"),
    [
        ("RTX830", "15.02.31", "demo-clinic", "en"),
        ("RTX1220", "15.04.07", "demo-pharmacy", "ja"),
        ("RTX1210", "14.01.38", "demo-dental", "en"),
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


@pytest.mark.parametrize(
    ("model", "firmware"),
    [("NVR510", "15.01.23"), ("RTX1220", "15.04.01"), ("RTX840", "23.02.02")],
)
def test_every_other_model_is_provisioned(
    router: Start, tmp_path: Path, inventory: Path, model: str, firmware: str
):
    """An RTX840 lets in by password only while its configuration says so (RTX reference 4.74)."""
    hosts = inventory / "sites" / "demo-clinic" / "hosts.yaml"
    text = hosts.read_text(encoding="utf-8").replace("rtx830", model.lower())
    hosts.write_text(text, encoding="utf-8")
    one = router(model=model, firmware=firmware)
    base = site_intent(load_site(inventory, "demo-clinic")).router
    intent = replace(base, management=management(one.port))
    assert applied(one, tmp_path, intent=intent).state is State.CHANGED
    assert applied(one, tmp_path, intent=intent).state is State.UNCHANGED


def rtx1300(router: Start, inventory: Path) -> tuple[MockRouter, RouterIntent]:
    """A router whose ports move with a restart, and what it shall become."""
    hosts = inventory / "sites" / "demo-clinic" / "hosts.yaml"
    hosts.write_text(hosts.read_text(encoding="utf-8").replace("rtx830", "rtx1300"), "utf-8")
    one = router(model="RTX1300", firmware="23.00.16")
    intent = site_intent(load_site(inventory, "demo-clinic")).router
    return one, replace(intent, management=management(one.port))


def test_flexible_ports_are_restarted_into(router: Start, tmp_path: Path, inventory: Path):
    # RTX command reference 53.1: the port layout of an RTX1300 holds after a restart
    one, intent = rtx1300(router, inventory)
    said: list[str] = []
    stand: list[bool] = []
    outcome = applied(
        one,
        tmp_path,
        intent=intent,
        progress=lambda _host, message_id, **_values: said.append(message_id),
        links_stand=stand.append,
        measure=lambda _within_s: (core.Answer("policy.inbound", core.Seen.GOOD),),
    )
    assert outcome.state is State.CHANGED
    assert [answer.seen for answer in outcome.after] == [core.Seen.GOOD]
    assert stand == [False, True]  # the restart takes the links down once more
    assert said.count("provision.restarting") == 1
    rest = said[said.index("provision.restarting") :]
    assert "provision.line" in rest, "addresses come up once the ports lie where they shall"
    runs = past_runs(tmp_path / "runs", "demo-clinic")
    assert [run.finished for run in runs] == [True, True]
    measured = [
        [event["when"] for event in run.events if event["event"] == "measured"] for run in runs
    ]
    assert measured == [["before"], ["before", "after"]], "until the restart the ports lie as ever"
    assert not set(DUE) & set(lines_of(one, tmp_path))


def test_what_packets_show_to_be_worse_after_the_restart_is_undone_up_to_it(
    router: Start, tmp_path: Path, inventory: Path
):
    one, intent = rtx1300(router, inventory)
    measure = spoiling("The line gets in.", core.Seen.GOOD, core.Seen.GOOD)
    with pytest.raises(ChangeUndone) as caught:
        applied(one, tmp_path, intent=intent, measure=measure)
    assert caught.value.message == "provision.ports-stay"
    assert "The line gets in." in str(caught.value)
    lines = lines_of(one, tmp_path)
    assert DUE[0] in lines
    assert not [line for line in lines if line.startswith("ip lan3 address")]
    assert not unfinished_runs(tmp_path / "runs", "demo-clinic")


def test_who_stops_after_the_restart_hears_what_stays(
    router: Start, tmp_path: Path, inventory: Path
):
    one, intent = rtx1300(router, inventory)
    told: list[str] = []
    with pytest.raises(Interrupted) as caught:
        applied(
            one,
            tmp_path,
            intent=intent,
            progress=lambda _host, message, **_: told.append(message),
            cancelled=lambda: (
                "provision.line" in told[told.index("provision.restarting") :]
                if "provision.restarting" in told
                else False
            ),
        )
    assert caught.value.message == "provision.interrupted-ports-stay"
    assert "has its old configuration again" in str(caught.value)
    assert DUE[0] in lines_of(one, tmp_path)


def test_a_killed_run_that_left_a_restart_due_is_gone_on_with_by_it(
    router: Start, tmp_path: Path, inventory: Path
):
    one, intent = rtx1300(router, inventory)

    def dies(_host: str, message_id: str, **_values: object) -> None:
        if message_id == "provision.restarting":
            raise KeyboardInterrupt

    with pytest.raises(ChangeStuck):
        applied(one, tmp_path, intent=intent, progress=dies)
    assert DUE[0] in lines_of(one, tmp_path)
    said: list[str] = []
    outcome = applied(
        one,
        tmp_path,
        intent=intent,
        progress=lambda _host, message_id, **_values: said.append(message_id),
    )
    assert outcome.state is State.CHANGED
    assert "provision.restarting" in said
    assert not set(DUE) & set(lines_of(one, tmp_path))


OFFICE = "pp select 1\npppoe use lan2\npp enable 1\npp select none\nip route default gateway pp 1\n"


def test_a_working_office_is_not_planned_away_without_a_word(router: Start, tmp_path: Path):
    typed = tmp_path / "office"
    typed.write_text(OFFICE, encoding="utf-8")
    one = router(config=str(typed))
    plan = planned(one, tmp_path)
    assert plan.losses == ("Internet by PPPoE at pp 1", "the way out to everywhere else, by pp 1")
    before = lines_of(one, tmp_path)
    with pytest.raises(DeviceError) as caught:
        applied(one, tmp_path)
    assert all(loss in str(caught.value) for loss in plan.losses)
    assert "--replace-config" in (caught.value.remedy or "")
    assert lines_of(one, tmp_path) == before
    assert not past_runs(tmp_path / "runs", "demo-clinic")
    outcome = applied(one, tmp_path, said=Said(replace_config=True))
    assert outcome.state is State.CHANGED
    (run,) = past_runs(tmp_path / "runs", "demo-clinic")
    told = [event for event in run.events if event["event"] == "replacing"]
    assert told[0]["losses"] == list(plan.losses)
    assert planned(one, tmp_path).losses == ()


def test_without_any_guard_a_router_is_changed_only_where_the_user_says_why(
    router: Start, tmp_path: Path, inventory: Path, monkeypatch: pytest.MonkeyPatch
):
    """Nothing is saved before that is refused, though what runs was not saved."""
    hosts = inventory / "sites" / "demo-clinic" / "hosts.yaml"
    hosts.write_text(hosts.read_text(encoding="utf-8").replace("rtx830", "nvr510"), "utf-8")
    one = router(model="NVR510", firmware="15.01.23")
    intent = site_intent(load_site(inventory, "demo-clinic")).router
    intent = replace(intent, management=management(one.port))
    monkeypatch.setattr("onshi_net.platforms.yamaha.device.clock_of", lambda _answer: None)
    session = open_router(management(one.port), new_secrets(), tmp_path / "known", deadline_s=15)
    session.configure("syslog debug on")
    with pytest.raises(DeviceError) as caught:
        applied(one, tmp_path, intent=intent)
    assert "--without-guard" in (caught.value.remedy or "")
    assert "syslog debug on" in session.config()
    assert "syslog debug on" not in session.saved_config()
    session.close()
    outcome = applied(one, tmp_path, intent=intent, said=Said(without_guard="stands beside it"))
    assert outcome.state is State.CHANGED
    assert applied(one, tmp_path, intent=intent).state is State.UNCHANGED
    events = past_runs(tmp_path / "runs", "demo-clinic")[-1].events
    assert ("without-guard", "stands beside it") in [
        (event["event"], event.get("text")) for event in events
    ]
    assert "armed" not in [event["event"] for event in events]


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


def test_a_full_disk_undoes_the_change(router: Start, tmp_path: Path):
    one = router()
    before = lines_of(one, tmp_path)
    runs = tmp_path / "runs"
    with pytest.raises(ChangeUndone, match="No space left"):
        applied(one, tmp_path, progress=full_at("provision.proving", runs))
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


def spoiling(said: str, *before: core.Seen) -> Callable[[float], tuple[core.Answer, ...]]:
    """A measurement that shows a check bad, after what it shows before the change."""
    seen = iter(before or (core.Seen.GOOD,))
    return lambda _within_s: (core.Answer("policy.inbound", next(seen, core.Seen.BAD), said=said),)


def test_what_packets_show_to_be_worse_is_undone_and_the_old_password_works(
    router: Start, tmp_path: Path
):
    one = router()
    before = lines_of(one, tmp_path)
    with pytest.raises(ChangeUndone) as caught:
        applied(one, tmp_path, measure=spoiling("The line gets in."))
    assert "The line gets in." in str(caught.value)
    assert lines_of(one, tmp_path) == before
    session = open_router(management(one.port), new_secrets(), tmp_path / "known", deadline_s=10)
    assert session.credentials.login == session.credentials.admin == "start-pack/router-initial"
    session.close()


def test_what_packets_showed_before_too_is_kept_and_told(router: Start, tmp_path: Path):
    outcome = applied(router(), tmp_path, measure=spoiling("As ever.", core.Seen.BAD))
    assert outcome.state is State.CHANGED
    assert [(one.seen, one.said) for one in outcome.after] == [(core.Seen.BAD, "As ever.")]
    journal = (outcome.folder / "journal.jsonl").read_text(encoding="utf-8")  # type: ignore[operator]
    assert journal.count('"measured"') == 2
    assert "As ever." not in journal  # what is stored holds ids, the reader's language decides


def test_packets_are_sent_while_the_router_is_still_reached(
    router: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sent, reached = Event(), Reach.open

    def measure(_within_s: float) -> tuple[core.Answer, ...]:
        sent.set()
        return ()

    def opened(self: Reach, *within_s: float) -> object:
        assert sent.wait(60)
        return reached(self, *within_s)

    monkeypatch.setattr(Reach, "open", opened)
    assert applied(router(), tmp_path, measure=measure).state is State.CHANGED


def test_a_measurement_that_breaks_undoes_nothing(router: Start, tmp_path: Path):
    def broken(_within_s: float) -> tuple[core.Answer, ...]:
        raise RuntimeError("no probe here")

    outcome = applied(router(), tmp_path, measure=broken)
    assert (outcome.state, outcome.after) == (State.CHANGED, ())


def test_a_stop_by_the_user_is_told_as_that_with_what_was_undone(router: Start, tmp_path: Path):
    one = router()
    before = lines_of(one, tmp_path)
    told: list[str] = []
    with pytest.raises(Interrupted) as caught:
        applied(
            one,
            tmp_path,
            progress=lambda _host, message, **_: told.append(message),
            cancelled=lambda: "provision.line" in told,
        )
    assert caught.value.message == "provision.interrupted-undone"
    assert caught.value.exit_code == 130
    assert lines_of(one, tmp_path) == before


def test_a_stop_before_anything_was_sent_says_that_nothing_was_changed(
    router: Start, tmp_path: Path
):
    one = router()
    with pytest.raises(Interrupted, match="nothing was changed"):
        applied(one, tmp_path, cancelled=lambda: True)


def test_who_stops_the_wait_for_a_guard_hears_when_it_undoes(router: Start, tmp_path: Path):
    one = router()
    proxy = CuttingProxy(one.port)
    told: list[str] = []

    def progress(_host: str, message: str, **_values: object) -> None:
        told.append(message)
        if message == "provision.proving":
            proxy.down = True
            proxy.cut()

    with pytest.raises(Interrupted) as caught:
        applied(
            one,
            tmp_path,
            intent=intent_for(proxy.port),
            progress=progress,
            cancelled=lambda: "provision.lost" in told,
        )
    proxy.close()
    assert caught.value.message == "provision.interrupted-undoes-itself"
    assert 0 < caught.value.values["seconds"] <= 400
    assert caught.value.values["at"] in str(caught.value)


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
    site = ("console prompt CLINIC", "console columns 120")
    for line in site:
        setup.configure(line)
    setup.configure("ip route 10.99.0.0/16 gateway 10.51.1.77")
    setup.show("save")
    setup.close()
    assert applied(one, tmp_path, said=Said(replace_config=True)).state is State.CHANGED
    lines = lines_of(one, tmp_path)
    assert set(site) <= set(lines)
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


def test_a_clock_that_was_lost_is_set_before_anything_relies_on_it(router: Start, tmp_path: Path):
    one = router()
    setup = open_router(management(one.port), new_secrets(), tmp_path / "known", deadline_s=10)
    setup.show("date 1980/01/01")
    setup.close()
    told: list[str] = []
    outcome = applied(one, tmp_path, progress=lambda _host, message, **_: told.append(message))
    assert outcome.state is State.CHANGED
    assert "provision.clock-off" in told
    session = open_router(management(one.port), new_secrets(), tmp_path / "known", deadline_s=10)
    clock = clock_of(session.show("show environment"))
    session.close()
    assert clock is not None
    assert not clock_is_wrong(ahead_s(clock, datetime.now(UTC)))


def bare_of_guards(router: MockRouter) -> RouterIntent:
    """The intent with a model of which neither timer nor delayed restart is documented."""
    intent = intent_for(router.port)
    gone = without(intent.model, "rollback_timer_since", "schedule_delay_since")
    return replace(intent, model=gone)


def test_a_restart_at_a_time_is_the_guard_where_there_is_no_other(router: Start, tmp_path: Path):
    one = router()
    # The dated schedule is left as the only guard; it needs no feature, only a clock.
    outcome = applied(one, tmp_path, intent=bare_of_guards(one))
    assert outcome.state is State.CHANGED
    journal = (outcome.folder / "journal.jsonl").read_text(encoding="utf-8")  # type: ignore[operator]
    assert '"kind": "clock"' in journal


def test_a_router_without_any_guard_is_refused_and_left_alone(
    router: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    one = router()
    before = lines_of(one, tmp_path)
    monkeypatch.setattr("onshi_net.platforms.yamaha.device.clock_of", lambda _said: None)
    with pytest.raises(DeviceError, match="can't undo a change by itself") as caught:
        applied(one, tmp_path, intent=bare_of_guards(one))
    assert "onshi provision demo-clinic --without-guard REASON" in caught.value.remedy
    monkeypatch.undo()
    assert lines_of(one, tmp_path) == before
    assert unfinished_runs(tmp_path / "runs", "demo-clinic") == []


def test_secrets_that_were_in_the_router_are_nowhere_but_in_the_lines_that_are_sent(
    router: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    one = router()
    setup = open_router(management(one.port), new_secrets(), tmp_path / "known", deadline_s=10)
    for line in ("snmp community read-only Cn4ryRead", "radius secret Cn4ryRadius"):
        setup.configure(line)
    setup.show("save")
    setup.close()
    said: list[str] = []
    plan = planned(one, tmp_path)
    said += [repr(plan), *plan.steps, *plan.diff]

    def broken(intent: RouterIntent) -> tuple[str, ...]:
        return (*loopback_config(intent), "radius secret Cn4ryRadius extra")

    with pytest.raises(ChangeUndone) as caught:
        applied(
            one,
            tmp_path,
            render=broken,
            progress=lambda *told, **kept: said.append(f"{told}{kept}"),
        )
    said += [str(caught.value), repr(caught.value.values)]
    assert {"radius secret Cn4ryRadius", "snmp community read-only Cn4ryRead"} <= set(
        lines_of(one, tmp_path)
    ), "the undo sends the lines as they were"
    said.append(repr(applied(one, tmp_path)))
    said += [file.read_text("utf-8") for file in (tmp_path / "runs").rglob("*.jsonl")]
    text = "\n".join((*said, caplog.text))
    assert "Cn4ry" not in text
    assert "no radius secret" in text
    assert "- radius secret *" in text


def test_no_secret_is_left_behind(router: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    one = router()
    texts: list[str] = []

    def progress(host: str, message_id: str, **values: object) -> None:
        texts.append(f"{host} {message_id} {values}")

    with pytest.raises(ChangeUndone) as caught:
        applied(one, tmp_path, progress=progress, measure=spoiling(f"leaky {CANARIES}"))
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
