"""Every name that the model takes works on a PC: made, granted, stored, read back, removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from onshi_net.errors import DeviceError
from onshi_net.intent.windows import CredentialIntent, ReceiptIntent, windows_intents
from onshi_net.inventory import load_site
from onshi_net.model.accounts import account
from onshi_net.model.windows import WindowsFacts
from onshi_net.pcs import resources as r
from onshi_net.pcs.powershell import script
from onshi_net.transport.windows.batch import LOGON_TYPE_NOT_GRANTED, TaskEnd, _store, plain
from tests.conftest import EXAMPLES as INVENTORY
from tests.lab.windows.conftest import Machine
from tests.model.test_accounts import GOOD
from tests.pcs.examples import EXAMPLES, VAULT

PASSWORD = "Pers0n-Canary-71"
PC = "TERMINAL-1"
STORES = {
    "reception": ("reception", "", ""),
    "山田 太郎": ("山田 太郎", "", ""),
    ".\\taro.yamada": ("taro.yamada", "", ""),
    f"{PC}\\o'brien": ("o'brien", "", ""),
    PC: (PC, "", ""),
    "CLINIC\\taro": ("taro", "CLINIC", "taro@clinic.example"),
    "taro@clinic.example": ("taro", "CLINIC", "taro@clinic.example"),
    "hanako@outlook.jp": ("hanak", "", "hanako@outlook.jp"),
    "MicrosoftAccount\\jiro@outlook.jp": ("jiro", "", "jiro@outlook.jp"),
}
"""An account as it is written, and whose it is: name, domain, principal name."""
RECEIPT = next(
    one
    for one in windows_intents(load_site(INVENTORY, "demo-clinic"), WindowsFacts())
    if isinstance(one, ReceiptIntent)
)
ENTRY = CredentialIntent("10.51.1.11", "受付PC\\連携 ユーザー", "x")


@pytest.fixture(scope="module")
def pc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A PC with a user and a domain's user of one name."""
    made = Machine(tmp_path_factory.mktemp("names") / "state", "receipt")
    for name, domain, principal in dict.fromkeys(STORES.values()):
        if made.pc.accounts.find(f"{domain}\\{name}" if domain else name) is None:
            made.pc.accounts.create(name, PASSWORD, domain=domain, principal=principal)
    made.pc.accounts.create("taro", PASSWORD)
    made.pc.accounts.update("reception", password=PASSWORD)
    return made


def carried_out(pc: Machine, secrets: list[str], **values: Any) -> dict[str, Any]:
    """Runs the script as the product does; answers what it answered."""
    text = script("carry_out", **{"changes": [], "user": "", "tasks": [], **values}).text
    given = ", ".join(f"'{one}'" for one in secrets)
    whole = (
        f"$ErrorActionPreference = 'Stop'\n$OnshiSecrets = @({given})\n$said = & {{\n{text}\n}}\n"
    )
    result = pc.ps(f"{whole}ConvertTo-Json -Compress -Depth 6 -InputObject $said")
    assert result.err == "", result.err
    said = json.loads(result.out)
    return said[-1] if isinstance(said, list) else said


def task(written: str, **values: Any) -> dict[str, Any]:
    """One batch logon of an account."""
    body = script("vault", **{**VAULT, "proofs": [], "remove": [], "write": [], **values})
    return {
        "accounts": account(written).candidates,
        "name": "onshi-names",
        "body": body,
        "secrets": len(values.get("write", ())),
        "grant": False,
        "wait_s": 60,
        "not_granted": LOGON_TYPE_NOT_GRANTED,
    }


@pytest.mark.parametrize("written", STORES)
def test_an_entry_goes_to_the_store_of_the_account_that_is_meant(pc: Machine, written: str) -> None:
    name, domain, _ = STORES[written]
    meant = pc.pc.accounts.find(f"{domain}\\{name}" if domain else name)
    entry = {"target": ENTRY.target, "user": ENTRY.user}
    tasks = [task(written, write=[entry]), task(written)]
    said = carried_out(pc, [PASSWORD, "link-password"], tasks=tasks)["answers"]
    read = json.loads(said[-1]["answer"])
    assert {one["asked"] for one in said} == {read["sid"]} == {meant.sid}
    assert [(one["target"], one["user"]) for one in read["entries"]] == [(ENTRY.target, ENTRY.user)]
    assert not any("Performance" in group for one in pc.pc.accounts.all() for group in one.groups)


def test_an_account_that_is_not_there_is_told_as_that(pc: Machine) -> None:
    for written in ("nobody", "nobody@outlook.jp", "OTHER\\taro"):
        text = script("carry_out", changes=[], user="", tasks=[task(written)]).text
        asked = f"try {{ $null = & {{\n{text}\n}} }} catch {{ $_.FullyQualifiedErrorId }}"
        told = pc.ps(f"$ErrorActionPreference = 'Stop'\n$OnshiSecrets = @('x')\n{asked}")
        assert "IdentityNotMapped" in told.out, told


@pytest.mark.parametrize("name", GOOD["local-user"])
def test_a_link_user_is_made_granted_and_removed(pc: Machine, name: str) -> None:
    """Folder and share are the user's own, by SID, whatever else has that name."""
    if pc.pc.accounts.find(name) is not None:
        pc.pc.accounts.remove(name)
    share = r.Share("REQ", "C:\\OQS", (r.Grant(name, "Change"),))
    some = ((None, r.User(name, True)), (None, r.GrantedFolder("C:\\OQS", True)), (None, share))
    changes = [r.Difference(*one) for one in some]
    carried_out(pc, ["pw-Canary-1"], user=name, changes=plain(changes))
    sid = pc.pc.accounts.find(name).sid
    values = {**dict(EXAMPLES)["read_terminal"], "user": name}
    text = script("read_terminal", **values).text
    whole = f"$OnshiSecrets = @('pw-Canary-1')\n$state = & {{\n{text}\n}}\n"
    said = json.loads(pc.ps(f"{whole}ConvertTo-Json -Compress -Depth 6 -InputObject $state").out)
    assert (said["user"]["name"], said["user"]["sid"]) == (name, sid)
    assert (said["user"]["password_good"], said["folders"][0]["granted"]) == (True, True)
    (found,) = said["shares"]
    assert [(one["account"], one["sid"]) for one in found["access"]] == [(f"{PC}\\{name}", sid)]
    carried_out(pc, [], user=name, changes=plain([one.inverse for one in reversed(changes)]))
    assert pc.pc.accounts.find(name) is None
    assert pc.pc.shares.find("REQ") is None


def test_a_share_of_every_name_that_windows_takes_is_made(pc: Machine) -> None:
    shares = [r.Share(name, "C:\\OQS", (r.Grant("reception", "Read"),)) for name in GOOD["share"]]
    pc.ps("$null = New-Item -ItemType Directory -Path 'C:\\OQS'")
    carried_out(pc, [], user="reception", changes=plain([r.Difference(None, s) for s in shares]))
    assert {one.name for one in pc.pc.shares.all()} >= {*GOOD["share"]}


GROUP = "Performance Log Users"
ADMINISTRATORS = "S-1-5-32-544"


@pytest.fixture
def rights(pc: Machine) -> Iterator[dict[str, tuple[str, ...]]]:
    """The PC's user rights, which are as they were in the end."""
    before = dict(pc.pc.security.rights)
    yield pc.pc.security.rights
    pc.pc.security.rights |= before
    pc.pc.accounts.update("reception", groups=("Users",))


def refused(pc: Machine) -> tuple[str, dict[str, Any]]:
    """Tries a batch logon that no membership brings about; answers the error's id and all."""
    said = carried_out(pc, [PASSWORD], tasks=[task("reception")])["answers"][0]
    with pytest.raises(DeviceError) as caught:
        _store("receipt-1", RECEIPT, TaskEnd.model_validate(said))
    return caught.value.message, said


def test_a_policy_for_administrators_only_is_named(
    pc: Machine, rights: dict[str, tuple[str, ...]]
) -> None:
    rights["SeBatchLogonRight"] = (ADMINISTRATORS,)
    assert refused(pc)[0] == "windows.no-batch-right-listed"
    assert GROUP not in pc.pc.accounts.find("reception").groups


def test_a_policy_that_nobody_has_the_right_is_named(
    pc: Machine, rights: dict[str, tuple[str, ...]]
) -> None:
    rights["SeBatchLogonRight"] = ()
    assert refused(pc)[0] == "windows.no-batch-right-listed"


def test_a_list_of_the_denied_is_named(pc: Machine, rights: dict[str, tuple[str, ...]]) -> None:
    rights["SeDenyBatchLogonRight"] = ("S-1-5-32-545",)
    assert refused(pc)[0] == "windows.no-batch-right"


def test_who_was_a_member_before_stays_one(pc: Machine, rights: dict[str, tuple[str, ...]]) -> None:
    """The membership is not ours, whether the logon then works or not."""
    pc.pc.accounts.update("reception", groups=("Users", GROUP))
    rights["SeBatchLogonRight"] = (ADMINISTRATORS,)
    assert refused(pc)[1]["granted"] is False
    assert GROUP in pc.pc.accounts.find("reception").groups
    rights["SeBatchLogonRight"] = (ADMINISTRATORS, "S-1-5-32-559")
    said = carried_out(pc, [PASSWORD], tasks=[{**task("reception"), "grant": True}])["answers"][0]
    assert "answer" in said
    assert GROUP in pc.pc.accounts.find("reception").groups
