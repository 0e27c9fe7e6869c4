"""powershell.exe by a real engine: the product's scripts get the mock's answers from it, too."""

import base64
import json
import threading
import time

import pytest

from onshi_lab.windows.hosted import table
from onshi_lab.windows.powershell.cmdlet import CMDLETS
from onshi_net.pcs.powershell import script
from onshi_net.transport.windows.envelope import LOADER, MARK
from tests.pcs.examples import EXAMPLES

from . import engine
from .conftest import Machine

LINK_PASSWORD = "Link-Canary-95"
READS = ("read_terminal", "read_receipt", "noted")


def hosted(state, **options):
    """A PC whose scripts a real engine runs."""
    if reason := engine.missing():
        pytest.skip(reason)
    machine = Machine(state, **options)
    machine.host(engine.ASK)
    return machine


@pytest.fixture
def real(tmp_path):
    return hosted(tmp_path / "real")


def answered(machine, text, secrets=()):
    """What the product's loader makes of a script, as the transport gives it to a PC."""
    lines = [base64.b64encode(one.encode()).decode() for one in (text, *secrets)]
    code = base64.b64encode(LOADER.strip().encode("utf-16-le")).decode()
    given = "\r\n".join(lines).encode() + b"\r\n"
    ran = machine.run(f"powershell -NoProfile -NonInteractive -EncodedCommand {code}", stdin=given)
    found = [line for line in ran.lines if line.startswith(MARK)]
    assert found, ran
    return json.loads(base64.b64decode(found[-1].removeprefix(MARK)))


def prepared(machine):
    """A terminal on which there is something of everything that is read."""
    made = machine.ps(
        "$p = [System.Net.NetworkCredential]::new('', '" + LINK_PASSWORD + "').SecurePassword\n"
        "$null = New-LocalUser -Name onslink -Password $p -PasswordNeverExpires\n"
        "$null = New-Item -Path 'C:\\OQS\\Req' -ItemType Directory -Force\n"
        "$null = New-SmbShare -Name REQ -Path 'C:\\OQS\\Req' -FullAccess onslink\n"
        "$null = New-NetFirewallRule -Name onshi-smb-in -DisplayName x -Direction Inbound "
        "-Protocol TCP -LocalPort 445 -RemoteAddress 192.168.1.0/24 -Action Allow\n"
    )
    assert not made.err, made.err


@pytest.mark.parametrize("name", READS)
def test_a_reading_script_gets_the_same_answer_from_the_mock_and_the_engine(name, tmp_path):
    values = dict(EXAMPLES)[name]
    text = script(name, **values).text
    found = []
    for machine in (hosted(tmp_path / "real"), Machine(tmp_path / "mock")):
        prepared(machine)
        found.append(answered(machine, text, [LINK_PASSWORD]))
    for one in found:
        assert "error" not in one, one
        _without_numbers_of_a_pc(one)
    real, mock = (one["value"] for one in found)
    assert {name for name in real if real[name] != mock.get(name)} == set()
    assert real == mock


def _without_numbers_of_a_pc(found):
    """Takes away what two PCs never share: the time, their accounts' identifiers and age."""
    value = found["value"]
    value.get("system", {}).pop("utc", None)
    for user in [value["user"]] if "user" in value else []:
        user.pop("sid")
        user.pop("password_set", None)  # each PC's account was made at its own moment
    for share in value.get("shares", []):
        share.pop("descriptor")
        for entry in share["access"]:
            entry.pop("sid")


def test_every_cmdlet_of_windows_is_a_function_and_the_rest_is_the_engines_own(real):
    names = {one.name for one in table.cmdlets_of_the_pc()} | {"New-Object", "Add-Type"}
    listed = ",".join(f"'{name}'" for name in sorted(names))
    kinds = real.ps(f'foreach ($n in {listed}) {{ "$((Get-Command $n).CommandType)" }}').lines
    assert set(kinds) == {"Function"}
    own = sorted({one.name for one in CMDLETS.values()} - names)
    listed = ",".join(f"'{name}'" for name in own)
    kinds = real.ps(f'foreach ($n in {listed}) {{ "$((Get-Command $n).CommandType)" }}').lines
    assert set(kinds) == {"Cmdlet"}


def test_the_real_binder_judges_a_call(real):
    shown = real.ps("Get-NetRoute -AddressFamily IPv5").err
    assert "ParameterArgumentValidationError,Get-NetRoute" in shown
    assert "NamedParameterNotFound,Get-NetRoute" in real.ps("Get-NetRoute -Foo 1").err
    assert "AmbiguousParameterSet" in real.ps("New-NetRoute -DestinationPrefix 10.0.0.0/8").err


def test_what_follows_a_cmdlet_in_a_pipeline_runs_before_its_next_object(real):
    script_ = "Get-Service | ForEach-Object { $_.Name; (Get-Service -Name WinRM).Name }"
    lines = real.ps(script_).lines
    assert lines[1::2] == ["WinRM"] * (len(lines) // 2)


def test_nobody_reading_on_ends_the_cmdlet(real):
    assert real.ps("(Get-Service | Select-Object -First 1).Name; 'after'").lines[1:] == ["after"]


def test_an_error_of_a_cmdlet_is_a_record_of_the_engine(real):
    lines = real.ps(
        "try { Get-Item -LiteralPath 'HKLM:\\SOFTWARE\\nope' -ErrorAction Stop } catch {\n"
        "$_.FullyQualifiedErrorId; $_.Exception.GetType().FullName }\n"
        "try { [IO.File]::ReadAllText('C:\\no\\x') } catch [System.IO.DirectoryNotFoundException] {"
        "$_.FullyQualifiedErrorId }"
    ).lines
    assert lines == [
        "PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand",
        "System.Management.Automation.ItemNotFoundException",
        "DirectoryNotFoundException",
    ]


def test_a_process_that_is_ended_ends_its_script(real):
    ran = threading.Thread(target=real.ps, args=("Start-Sleep -Seconds 60; 'late'",))
    loop = threading.Thread(target=real.ps, args=("while ($true) { }",))
    for one in (ran, loop):
        one.start()
    begin = time.monotonic()
    while len([p for p in real.pc.processes if p.image == "powershell.exe"]) < 2:
        assert time.monotonic() < begin + 30
    real.pc.processes.kill_all()
    for one in (ran, loop):
        one.join(30)
        assert not one.is_alive()


def test_the_clock_is_the_pcs(real):
    real.pc.clock.set_skew(86_400 * 400)
    year = int(real.ps("[DateTime]::UtcNow.Year; [System.DateTime]::Now.Year").lines[0])
    assert year == time.gmtime(time.time() + 86_400 * 400).tm_year


def test_a_fault_of_the_mock_is_a_failed_test(real, monkeypatch):
    monkeypatch.setattr(real.pc.services, "all", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        real.ps("try { Get-Service } catch { 'caught' }")


def test_a_process_has_variables_of_its_own(real):
    assert [real.ps("$x; $x = 1").lines for _ in range(2)] == [[], []]
