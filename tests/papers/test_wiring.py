"""The plan: which socket leads where, with the names on the case, free ones too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from onshi_net.model.catalogue import router_model, router_model_names
from onshi_net.model.survey import Survey
from onshi_net.papers import Dossier
from onshi_net.papers.drawing import drawing_paper
from onshi_net.papers.figure import Figure, figure_of
from onshi_net.papers.sockets import router_sockets
from onshi_net.papers.wiring import Plan, plan_of
from tests.papers.reading import ISSUE, dossier, text_of


def used(plan: Plan, device: str) -> dict[str, str]:
    return {one.name: one.use for one in plan.device(device).sockets}


def ends(plan: Plan) -> list[tuple[str, str]]:
    return [(one.start, one.end) for one in plan.cables]


def test_a_direct_line_and_one_terminal() -> None:
    plan = plan_of(dossier("demo-clinic"))
    assert ends(plan) == [
        ("outlet", "onu"), ("onu", "router"), ("router", "terminal-1"), ("router", "clinic"),
        ("clinic", "gateway"), ("clinic", "receipt-1"),
    ]  # fmt: skip
    assert used(plan, "router") == {
        "回線側(WANポート)": "2",
        "LANポート1": "3",
        "LANポート2": "",
        "LANポート3": "4",
        "LANポート4": "",
    }


def test_a_gateway_without_a_free_socket_gets_a_hub_in_between() -> None:
    plan = plan_of(dossier("demo-dental"))
    assert ends(plan)[:4] == [
        ("outlet", "onu"), ("onu", "branch"), ("branch", "extra-hub"), ("extra-hub", "router"),
    ]  # fmt: skip
    assert used(plan, "router")["回線側(LAN2)"] == "4"
    assert len(used(plan, "extra-hub")) == 5
    assert plan.device("branch").model == "RX-600MI"
    assert "現状:" in text_of("drawing", dossier("demo-dental"))


def test_three_terminals_hang_on_the_hub() -> None:
    plan = plan_of(dossier("demo-pharmacy"))
    assert used(plan, "hub") == {"1番": "4", "2番": "5", "3番": "6", "4番": "7", "5番": ""}
    assert len(plan.of("terminal")) == 3
    assert len(plan.of("receipt")) == 2


def test_what_a_hub_does_not_hold_goes_to_the_router_and_then_is_unknown() -> None:
    of = dossier("demo-pharmacy")
    terminal = of.terminals[0]
    more = tuple(terminal.model_copy(update={"name": f"terminal-{n}"}) for n in range(4, 7))
    plan = plan_of(replace(of, hosts=(*of.hosts, *more)))
    sockets = {one.end: one.start_socket for one in plan.cables}
    assert [sockets[f"terminal-{n}"] for n in (4, 5, 6)] == ["5番", "LANポート2", "未確認"]


def test_every_router_model_has_the_sockets_that_it_is_wired_by() -> None:
    assert set(router_sockets()) == set(router_model_names())
    for name, sockets in router_sockets().items():
        model = router_model(name)
        ports = {f"{port}" for port in (*model.terminal.ports, *model.clinic.ports)}
        assert ports <= set(sockets.lan)
        assert not {f"ポート{port}" for port in model.wan_ports} - {sockets.wan, "WANポート"}


def test_a_line_to_come_has_no_branch_device_and_no_model() -> None:
    of = dossier("demo-dental")
    survey = Survey.model_validate({"line": {"use": "new"}, "access": {"branch": "hgw"}})
    plan = plan_of(replace(of, case=replace(of.case, survey=survey)))
    assert plan.of("branch", "extra-hub") == ()
    assert plan.device("onu").model == "未確認"
    assert plan.device("onu").is_new


def inside(figure: Figure) -> None:
    """Every box lies on the sheet, and no device covers another."""
    boxes = [one for one in figure.shapes if one.kind in ("device", "new", "network")]
    for n, one in enumerate(boxes):
        assert 0 <= one.x < one.x + one.width <= figure.width
        assert 0 <= one.y < one.y + one.height <= figure.height
        for other in boxes[n + 1 :]:
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y


@pytest.mark.parametrize("site", ["demo-clinic", "demo-dental", "demo-pharmacy"])
def test_the_picture_has_every_device_socket_and_cable(site: str) -> None:
    of = dossier(site)
    plan = plan_of(of)
    figure = figure_of(plan)
    inside(figure)
    assert sorted(int(one.words) for one in figure.numbers) == [one.number for one in plan.cables]
    said = " ".join(one.words for one in figure.words)
    for device in plan.devices:
        assert device.name in said
        assert device.address in said
        for socket in device.sockets:
            assert socket.name in said
    paper = drawing_paper(of, ISSUE)
    assert set(figure.line_kinds) < set(paper.legend)
    assert len(paper.cables.rows) == len(plan.cables)
    assert "LANポート1・2番: お客さまの機器をつながないでください" in said


def test_it_is_for_approval_until_the_router_is_delivered() -> None:
    assert "【ご確認用・工事前】" in text_of("drawing", dossier("demo-dental"))
    assert "【完成図】" in text_of("drawing", dossier("demo-clinic"))
    assert "2026年10月30日(金) ご了承済み" in text_of("drawing", dossier("demo-dental"))


def test_the_one_cable_whose_length_the_survey_says_has_it() -> None:
    def lengths(of: Dossier) -> list[str]:
        return [row.cells[3] for row in drawing_paper(of, ISSUE).cables.rows]

    assert lengths(dossier("demo-clinic")).count("15m") == 1
    assert lengths(dossier("demo-pharmacy")).count("15m") == 0
