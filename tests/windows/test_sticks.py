"""What is carried to a PC on a stick: a double click prepares it, another one puts it back."""

from __future__ import annotations

import base64
import json
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from onshi_lab.windows import registry
from onshi_lab.windows.control import execute
from onshi_net.i18n import text
from onshi_net.pcs.powershell import script
from onshi_net.provision.windows.prepare import UNDO_H, prepare_stick, restore_stick
from tests.lab.windows.conftest import ADMIN, USER, Machine

KEY = r"HKLM\SOFTWARE\onshi"
TASK = "onshi-restore"
TICKS_A_SECOND = 10_000_000
LAPTOP = [IPv4Address("10.51.1.200")]


@pytest.fixture
def pc(tmp_path: Path) -> Machine:
    """A PC as it is delivered: WinRM off."""
    machine = Machine(tmp_path / "state", "receipt")
    machine.pc.services.set_running("WinRM", False)
    machine.pc.services.set_start_type("WinRM", "Manual")
    machine.pc.registry.delete(registry.WSMAN_LISTENERS)
    machine.pc.registry.delete_value(registry.POLICIES, "LocalAccountTokenFilterPolicy")
    return machine


def click(pc: Machine, content: bytes, user: str = ADMIN) -> dict[str, Any]:
    """Double-clicks a file with this content at the PC."""
    request = {"do": "double-click", "user": user, "file": "受付 & co.cmd"}
    content64 = base64.b64encode(content).decode()
    return execute(pc.pc, json.dumps({**request, "content": content64}).encode())


def openness(pc: Machine) -> dict[str, Any]:
    """All that decides who gets into the PC over WinRM, and what of ours is there."""
    winrm = next(one for one in pc.pc.services.all() if one.name == "WinRM")
    return {
        "service": (winrm.start_type, winrm.status),
        "listeners": pc.pc.registry.subkeys(registry.WSMAN_LISTENERS),
        "policy": pc.pc.registry.get(registry.POLICIES, "LocalAccountTokenFilterPolicy"),
        "rules": [one for one in pc.pc.firewall.rules() if one.name.startswith("WINRM")],
        "tasks": [task.name for task in pc.pc.tasks.all()],
        "note": pc.pc.registry.exists(KEY),
    }


def test_a_double_click_lets_the_laptop_in_and_another_one_puts_all_back(pc: Machine) -> None:
    before = openness(pc)
    done = click(pc, prepare_stick(LAPTOP))
    assert (done["code"], f"{UNDO_H}" in done["output"]) == (0, True), done
    now = openness(pc)
    assert now["service"] == ("Automatic", "Running")
    assert now["tasks"] == [TASK]
    plain = [rule for rule in now["rules"] if "HTTPS" not in rule.name]
    assert plain
    assert all("10.51.1.200" in str(rule) for rule in plain)
    assert click(pc, prepare_stick(LAPTOP))["code"] == 0  # twice: the first state stays noted
    assert click(pc, restore_stick())["code"] == 0
    assert openness(pc) == before
    assert text("windows.stick.nothing") in click(pc, restore_stick())["output"]


@pytest.mark.parametrize("content", [prepare_stick(LAPTOP), restore_stick()])
def test_cmd_reads_it_in_every_code_page(content: bytes) -> None:
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    head = content.partition(b"#>")[0]
    assert max(len(line) for line in head.split(b"\r\n")) < 8192


def test_without_an_administrator_nothing_happens(pc: Machine) -> None:
    before = openness(pc)
    assert click(pc, prepare_stick(LAPTOP), USER)["code"] == 1
    assert openness(pc) == before


def test_a_pc_that_was_left_open_closes_by_itself_at_the_first_start_after_the_time(
    pc: Machine,
) -> None:
    before = openness(pc)
    click(pc, prepare_stick(LAPTOP))
    pc.pc.reboot()
    wait_for_tasks(pc)
    assert openness(pc)["service"] == ("Automatic", "Running"), "it is not eight hours yet"
    pc.pc.clock.set_skew(UNDO_H * 3600 + 60)
    pc.pc.reboot()
    wait_for_tasks(pc)
    assert openness(pc) == before


def test_a_provisioning_gives_the_pcs_own_undo_its_whole_time_again(pc: Machine) -> None:
    text_of = script("renew", command="QQA=", hours=UNDO_H).text
    assert pc.ps(f"(& {{\n{text_of}\n}})['prepared']").lines == ["False"]
    assert openness(pc)["tasks"] == [], "nobody opened it: there is nothing to undo"
    assert not pc.pc.registry.exists(KEY)
    click(pc, prepare_stick(LAPTOP))
    first = int(pc.pc.registry.get(KEY, "Until"))
    pc.pc.clock.set_skew(3600)
    assert pc.ps(f"(& {{\n{text_of}\n}})['prepared']").lines == ["True"]
    assert int(pc.pc.registry.get(KEY, "Until")) - first >= 3600 * TICKS_A_SECOND


def test_a_noted_rule_that_somebody_deleted_keeps_nothing_open(pc: Machine) -> None:
    click(pc, prepare_stick(LAPTOP))
    pc.ps("Remove-NetFirewallRule -Name 'WINRM-HTTP-In-TCP'")
    assert click(pc, restore_stick())["code"] == 0
    now = openness(pc)
    assert (now["service"][1], now["note"], now["tasks"]) == ("Stopped", False, [])


def wait_for_tasks(pc: Machine) -> None:
    """Waits until no task runs."""
    for process in list(pc.pc.processes):
        process.done.wait()
