"""Logon types, Credential Manager, tasks: what a network logon can't do and a batch logon can."""

# ruff: noqa: E501  PowerShell and C# stand one statement a line
import json

import pytest

from onshi_lab.windows.accounts import LogonType

from .conftest import ADMIN, ADMIN_PASSWORD, USER, USER_PASSWORD

SECRET = "L1nk-Canary-43"
NATIVE = """
Add-Type -TypeDefinition @'
using System;
using System.Runtime.InteropServices;
namespace Lab {
  [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
  public struct CREDENTIAL {
    public uint Flags;
    public uint Type;
    public string TargetName;
    public string Comment;
    public System.Runtime.InteropServices.ComTypes.FILETIME LastWritten;
    public uint CredentialBlobSize;
    public IntPtr CredentialBlob;
    public uint Persist;
    public uint AttributeCount;
    public IntPtr Attributes;
    public string TargetAlias;
    public string UserName;
  }
  public static class Native {
    [DllImport("advapi32.dll", EntryPoint = "CredWriteW", CharSet = CharSet.Unicode, SetLastError = true)]
    private static extern bool CredWrite(ref CREDENTIAL credential, uint flags);
    [DllImport("advapi32.dll", EntryPoint = "CredReadW", CharSet = CharSet.Unicode, SetLastError = true)]
    private static extern bool CredRead(string target, uint type, uint flags, out IntPtr credential);
    [DllImport("advapi32.dll", EntryPoint = "CredEnumerateW", CharSet = CharSet.Unicode, SetLastError = true)]
    public static extern bool CredEnumerate(string filter, uint flags, out uint count, out IntPtr credentials);
    [DllImport("advapi32.dll", EntryPoint = "CredDeleteW", CharSet = CharSet.Unicode, SetLastError = true)]
    public static extern bool CredDelete(string target, uint type, uint flags);
    [DllImport("advapi32.dll")]
    public static extern void CredFree(IntPtr buffer);
    public static int Write(ref CREDENTIAL credential) {
      return CredWrite(ref credential, 0) ? 0 : Marshal.GetLastWin32Error();
    }
    public static int Read(string target, out IntPtr credential) {
      return CredRead(target, 2, 0, out credential) ? 0 : Marshal.GetLastWin32Error();
    }
  }
}
'@
$marshal = [System.Runtime.InteropServices.Marshal]
"""
WRITE = (
    NATIVE
    + """
$c = New-Object -TypeName Lab.CREDENTIAL
$c.Type = 2
$c.Persist = 2
$c.TargetName = '10.51.1.11'
$c.UserName = '10.51.1.11\\onslink'
$c.CredentialBlob = [System.Runtime.InteropServices.Marshal]::StringToCoTaskMemUni('%s')
$c.CredentialBlobSize = %d
$code = [Lab.Native]::Write([ref]$c)
"$($code -eq 0) $code"
""".replace("%s", SECRET).replace("%d", str(len(SECRET) * 2))
)
READ = (
    NATIVE
    + """
$p = [IntPtr]::Zero
$code = [Lab.Native]::Read('10.51.1.11', [ref]$p)
if ($code -eq 0) {
  $c = [System.Runtime.InteropServices.Marshal]::PtrToStructure($p, [type]'Lab.CREDENTIAL')
  "$($c.TargetName) $($c.UserName) $($c.Persist) $($c.CredentialBlobSize)"
  [Lab.Native]::CredFree($p)
} else {
  "none $code"
}
"""
)


def batch(machine, user=USER):
    return machine.logon(user, LogonType.BATCH)


def test_cred_write_from_a_network_logon_fails_with_1312(machine):
    assert machine.ps(WRITE).lines == ["False 1312"]
    assert machine.run("cmdkey /add:10.51.1.11 /user:x /pass:y").code == 1


def test_cred_write_from_a_batch_logon_lands_in_that_users_store_only(machine):
    assert machine.ps(WRITE, logon=batch(machine)).lines == ["True 0"]
    assert machine.ps(READ, logon=batch(machine)).lines == ["10.51.1.11 10.51.1.11\\onslink 2 0"]
    assert machine.ps(READ, logon=batch(machine, ADMIN)).lines == ["none 1168"]


def test_cmdkey_lists_and_deletes_what_the_api_wrote(machine):
    machine.ps(WRITE, logon=batch(machine))
    listed = machine.run("cmdkey /list", logon=batch(machine)).out
    assert "Target: Domain:target=10.51.1.11" in listed
    assert "User: 10.51.1.11\\onslink" in listed
    assert machine.run("cmdkey /delete:10.51.1.11", logon=batch(machine)).code == 0
    assert "* NONE *" in machine.run("cmdkey /list", logon=batch(machine)).out


def test_the_store_is_sealed_and_the_password_reset_by_another_loses_it(machine):
    machine.ps(WRITE, logon=batch(machine))
    state = machine.pc.config.state
    for file in (f for f in state.rglob("*") if f.is_file() and "events" not in f.name):
        assert SECRET.encode() not in file.read_bytes()
        assert SECRET.encode("utf-16-le") not in file.read_bytes()
    machine.ps(
        "$s = New-Object -TypeName System.Security.SecureString\n"
        "foreach ($c in 'N3w'.ToCharArray()) { $s.AppendChar($c) }\n"
        "Set-LocalUser -Name reception -Password $s"
    )
    assert machine.ps(READ, logon=batch(machine)).lines == ["none 1168"]


@pytest.mark.mock_language
def test_a_structure_in_the_wrong_order_is_what_native_code_sees(machine):
    wrong = WRITE.replace(
        "    public uint Flags;\n    public uint Type;",
        "    public uint Type;\n    public uint Flags;",
    )
    assert machine.ps(wrong, logon=batch(machine)).lines[0] in ("False 87", "False 1004")


@pytest.mark.mock_language
@pytest.mark.parametrize(
    "source",
    [
        "public class A { public static int F() { return 1; } }",
        (
            'public class A { [DllImport("advapi32.dll")] public static '
            "extern bool CredWriteW(IntPtr c, uint f, uint g); }"
        ),
        (
            'public class A { [DllImport("kernel32.dll")] public static '
            "extern bool Beep(uint f, uint d); }"
        ),
    ],
)
def test_csharp_beyond_declarations_is_refused(machine, source):
    assert "MockUnsupported" in machine.ps(f"Add-Type -TypeDefinition '{source}'").err


def register(task_user, password, command, *, name="t1"):
    return f"""
$a = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument '-NoProfile -Command "{command}"'
$null = Register-ScheduledTask -TaskName '{name}' -Action $a -User '{task_user}' -Password '{password}'
Start-ScheduledTask -TaskName '{name}'
for ($i = 0; $i -lt 100; $i++) {{
  $info = Get-ScheduledTaskInfo -TaskName '{name}'
  if ($info.LastTaskResult -ne 267009) {{ break }}
  Start-Sleep -Milliseconds 20
}}
$info.LastTaskResult
"""


GRANT = "Add-LocalGroupMember -SID 'S-1-5-32-559' -Member 'reception'\n"


def test_a_task_with_user_and_password_is_a_batch_logon_of_that_user(machine):
    command = (
        "Set-Content -Path C:\\Users\\reception\\who.txt -Value "
        "(whoami); cmdkey /add:srv /user:u /pass:p; exit 3"
    )
    result = machine.ps(GRANT + register(USER, USER_PASSWORD, command))
    assert result.lines == ["3"], result.err
    who = machine.pc.disk.read("C:\\Users\\reception\\who.txt", machine.pc.sids(machine.logon()))
    assert who == b"terminal-1\\reception\r\n"
    assert machine.pc.vault.for_server(batch(machine), "srv").user == "u"


def test_a_user_without_the_batch_right_cannot_start_a_task(machine):
    assert machine.ps(register(USER, USER_PASSWORD, "1")).lines == [str(0x80070569)]
    assert machine.ps(register(ADMIN, ADMIN_PASSWORD, "exit 5", name="t2")).lines == ["5"]


def test_a_wrong_password_is_refused_at_registration(machine):
    result = machine.ps(register(USER, "wrong", "1"))
    assert "HRESULT 0x8007052e,Register-ScheduledTask" in result.err


def test_a_stored_password_that_went_stale_fails_at_the_start(machine):
    machine.ps(GRANT + register(USER, USER_PASSWORD, "exit 0"))
    machine.pc.accounts.update(USER, password="changed")
    machine.ps("Start-ScheduledTask -TaskName t1")
    assert machine.value("(Get-ScheduledTaskInfo -TaskName 't1').LastTaskResult") == 0x8007052E


def test_the_task_password_is_on_no_disk_and_in_no_event_but_its_arguments_are(machine):
    script = "$a = New-ScheduledTaskAction -Execute 'cmd.exe' -Argument '/c echo argument-canary'\n"
    halves = f"('{ADMIN_PASSWORD[:5]}' + '{ADMIN_PASSWORD[5:]}')"
    script += (
        f"$null = Register-ScheduledTask -TaskName 'c' -Action $a "
        f"-User '{ADMIN}' -Password {halves}"
    )
    result = machine.ps(script)
    assert result.err == ""
    text = "".join(
        f.read_text("utf-8", "replace") for f in machine.pc.config.state.rglob("*") if f.is_file()
    )
    assert ADMIN_PASSWORD not in text
    events = [e for e in machine.pc.events.events("Security") if e.id == 4698]
    assert "argument-canary" in json.dumps(events[0].data)


def test_the_com_scheduler_runs_the_same_tasks(machine):
    result = machine.ps(
        GRANT
        + f"""
$service = New-Object -ComObject 'Schedule.Service'
$service.Connect()
$folder = $service.GetFolder('\\')
$definition = $service.NewTask(0)
$definition.Settings.ExecutionTimeLimit = 'PT1M'
$action = $definition.Actions.Create(0)
$action.Path = 'cmd.exe'
$action.Arguments = '/c exit 9'
$task = $folder.RegisterTaskDefinition('com', $definition, 6, '{USER}', '{USER_PASSWORD}', 1)
$null = $task.Run($null)
for ($i = 0; ($i -lt 100) -and ($task.LastTaskResult -ne 9); $i++) {{ Start-Sleep -Milliseconds 20 }}
"$($task.State) $($task.LastTaskResult)"
$folder.DeleteTask('com', 0)
@(Get-ScheduledTask).Count
try {{ $folder.RegisterTaskDefinition('bad', $definition, 6, '{USER}', 'wrong', 1) }} catch {{ $_.Exception.InnerException.HResult }}
"""
    )
    assert result.lines == ["3 9", "0", str(0x8007052E - 2**32)], result.err


def test_history_and_processes_are_recorded(machine):
    machine.ps(GRANT + register(USER, USER_PASSWORD, "1"))
    ids = {e.id for e in machine.pc.events.events("Microsoft-Windows-TaskScheduler/Operational")}
    assert {106, 100, 200, 201, 102} <= ids
    logons = [e.data for e in machine.pc.events.events("Security") if e.id == 4624]
    assert any(d["TargetUserName"] == USER and d["LogonType"] == 4 for d in logons)
    assert (
        machine.value(
            "(Get-WinEvent -LogName 'Microsoft-Windows-TaskScheduler/Operational' -MaxEvents 1).Id"
        )
        in ids
    )


def test_data_protection_ties_data_to_the_pc_or_to_the_user(machine):
    result = machine.ps(
        """
Add-Type -AssemblyName 'System.Security'
$type = [System.Security.Cryptography.ProtectedData]
$data = [Text.Encoding]::UTF8.GetBytes('x')
[Convert]::ToBase64String([System.Security.Cryptography.ProtectedData]::Protect($data, $null, 'CurrentUser'))
[Convert]::ToBase64String([System.Security.Cryptography.ProtectedData]::Protect($data, $null, 'LocalMachine'))
"""
    )
    mine, everyones = result.lines
    back = (
        "[Text.Encoding]::UTF8.GetString([System.Security.Cryptography.ProtectedData]::Unprotect([Convert]::FromBase64String('{}'), "
        "$null, '{}'))"
    )
    assert machine.ps(back.format(everyones, "LocalMachine"), logon=batch(machine)).lines == ["x"]
    assert "The data is invalid" in " ".join(
        machine.ps(back.format(mine, "CurrentUser"), logon=batch(machine)).err.split()
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("10.51.1.11\\onslink", "onslink"), 2202),
        (("'10.51.1.11'", f"'{'t' * 338}'"), 87),
        (("10.51.1.11\\onslink", "d\\" + "u" * 512), 87),
    ],
)
def test_cred_write_refuses_names_that_windows_refuses(machine, change, code):
    assert machine.ps(WRITE.replace(*change), logon=batch(machine)).lines == [f"False {code}"]


def test_the_policy_against_stored_passwords_ends_in_1312(machine):
    machine.ps(
        "$null = New-ItemProperty -Path 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Lsa' "
        "-Name DisableDomainCreds -Value 1 -PropertyType DWord"
    )
    assert machine.ps(WRITE, logon=batch(machine)).lines == ["False 1312"]


@pytest.mark.mock_language
def test_the_last_error_is_gone_a_statement_later(machine):
    asked = "$x = [Lab.Native]::CredDelete('nowhere', 2, 0)\n$marshal::GetLastWin32Error()"
    assert machine.ps(NATIVE + asked, logon=batch(machine)).lines == ["0"]


def test_what_is_private_in_csharp_is_not_called_from_outside(machine):
    result = machine.ps(NATIVE + "$p = [IntPtr]::Zero; [Lab.Native]::CredRead('x', 2, 0, [ref]$p)")
    assert "MethodNotFound" in result.err
