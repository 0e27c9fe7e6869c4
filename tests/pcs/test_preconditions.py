"""What keeps the work from coming out is read on the mock PC, and named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any

import pytest

from onshi_net.errors import DeviceError
from onshi_net.facts.pc import Proof, ReceiptState
from onshi_net.i18n import text
from onshi_net.pcs import preconditions as p
from onshi_net.pcs.decision import Conflict, Note
from onshi_net.pcs.powershell import Script, script
from onshi_net.pcs.proof import PROOF_CAUSES, cause_of
from onshi_net.transport.windows.envelope import LOADER, answer
from tests.lab.windows.conftest import Machine
from tests.pcs.examples import CONDITIONS

TERMINAL = str(IPv4Address("10.51.1.11"))


@pytest.fixture(scope="module")
def pc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A receipt PC in memory."""
    return Machine(tmp_path_factory.mktemp("conditions") / "state", "receipt")


def state(pc: Machine) -> ReceiptState:
    """What the product reads there."""
    whole = f"$state = & {{\n{script('read_receipt', **CONDITIONS).text}\n}}\n"
    said = pc.ps(f"{whole}ConvertTo-Json -Compress -Depth 6 -InputObject $state")
    assert said.err == ""
    return ReceiptState.model_validate(json.loads(said.out))


def conflicts(found: ReceiptState) -> list[Conflict]:
    """Everything that may be said of it, as either PC."""
    return [
        *p.policy_conflicts(found, p.RECEIPT_POLICIES, (TERMINAL,)),
        *p.policy_conflicts(found, p.TERMINAL_POLICIES),
        *p.service_conflicts(found),
    ]


def test_a_delivered_pc_has_nothing_of_it(pc: Machine) -> None:
    found = state(pc)
    assert conflicts(found) == []
    assert [one.name for one in p.condition_notes(found) if one.name != "public"] == []
    assert found.workstation is True


@pytest.mark.parametrize("policy", [*p.RECEIPT_POLICIES, *p.TERMINAL_POLICIES], ids=str)
def test_a_policy_is_read_and_named(pc: Machine, policy: p.Policy) -> None:
    key = policy.path.replace("HKLM:", "HKLM")
    pc.pc.registry.create(key)
    pc.pc.registry.set(key, policy.name, int(policy.denies))
    (found,) = conflicts(state(pc))
    assert found.name == policy.conflict
    assert policy.name in str(found)
    assert found.remedy
    if policy.spared:
        pc.pc.registry.set(key, policy.spared, "other 10.51.1.*")
        assert conflicts(state(pc)) == []
        pc.pc.registry.delete_value(key, policy.spared)
    pc.pc.registry.set(key, policy.name, int(policy.denies) + 1)
    assert conflicts(state(pc)) == []
    pc.pc.registry.delete_value(key, policy.name)


def test_what_may_explain_a_failure_is_noted(pc: Machine) -> None:
    pc.pc.registry.create(p.PENDING[1].replace("HKLM:", "HKLM"))
    pc.pc.other_firewalls.append("ウイルスバスター")
    for interface in pc.pc.network.interfaces():
        pc.pc.network.set_category(interface.index, 0)
    pc.pc.services.set_running("LanmanWorkstation", False)
    found = state(pc)
    names = {one.name for one in p.condition_notes(found)}
    assert {"restart-pending", "public", "other-firewall"} == names
    assert all(str(one) for one in p.condition_notes(found))
    assert [one.name for one in conflicts(found)] == ["no-workstation"]


def test_evidence_that_was_not_asked_says_nothing() -> None:
    system: dict[str, Any] = {
        "computer_name": "PC",
        "caption": "Windows",
        "build": 19045,
        "product_type": 1,
        "edition": "Professional",
        "utc": "2026-12-01T00:00:00Z",
    }
    found = ReceiptState.model_validate({"system": system, "addresses": [], "routes": []})
    assert conflicts(found) == []
    assert list(p.condition_notes(found)) == []


@pytest.mark.parametrize("code", PROOF_CAUSES)
def test_every_answer_of_windows_has_cause_and_remedy(code: int) -> None:
    """The codes of the field (smb_error_codes) and their kind; HRESULTs as .NET gives them."""
    hresult = code if code >= 0x80000000 else 0x80070000 | code
    proof = Proof(share="\\\\10.51.1.11\\REQ", step="open", good=False, code=hresult - 2**32)
    cause = cause_of(proof)
    assert cause != "failed"
    where = {"site": "demo-clinic", "host": "receipt-1", "terminal": "terminal-1"}
    values = {**where, "user": "u", "share": proof.share, "step": "open", "code": code}
    assert text(f"windows.proof.{cause}", **values)
    assert text(f"windows.proof.{cause}.remedy", **values)


def noted(pc: Machine) -> dict[str, Note]:
    """What is told of it besides, as of a PC that opens shares."""
    found = state(pc)
    return {one.name: one for one in (*p.condition_notes(found), *p.client_notes(found))}


@pytest.mark.parametrize(
    ("path", "name", "value", "told"),
    [
        *((path, name, 1, "smb-strict") for path, name in p.STRICT),
        *((*p.NTLM_LEVEL, level, "old-ntlm") for level in (0, 1, 2)),
        *((path, name, 1, "winrm-open") for path, name in p.OPEN),
        *((path, name, "10.0.0.1-10.0.0.9", "winrm-filter") for path, name in p.FILTERS),
    ],
)
def test_what_hardens_or_opens_a_pc_is_told_before_the_attempt(
    pc: Machine, path: str, name: str, value: int | str, told: str
) -> None:
    key = path.replace("HKLM:", "HKLM")
    assert told not in noted(pc)
    pc.pc.registry.create(key)
    pc.pc.registry.set(key, name, value)
    note = noted(pc)[told]
    assert name in str(note)
    assert str(value) in str(note) or value == 1
    pc.pc.registry.delete_value(key, name)
    assert told not in noted(pc)


FIELD = (1272, 1937, 1240, 1222, 2138, 384, 71, 112, 1225, 59)


def test_the_codes_of_the_field_are_known() -> None:
    assert {*FIELD, 0x80090006} <= {*PROOF_CAUSES}


def test_a_restricted_powershell_is_named_before_anything_else(pc: Machine) -> None:
    """The loader's first statement tells; what is below takes more than the language has."""
    pc.pc.language_mode = "ConstrainedLanguage"
    said = pc.ps(LOADER)
    pc.pc.language_mode = "FullLanguage"
    with pytest.raises(DeviceError) as caught:
        answer(Script("x", {}, ""), (), said.out.encode(), said.err.encode(), "receipt-1")
    assert caught.value.message == "winrm.language-mode"
    assert "ConstrainedLanguage" in str(caught.value)
    assert caught.value.remedy
