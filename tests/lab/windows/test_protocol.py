"""WS-Management as clients that nobody here wrote see it: pywinrm, pypsrp, Ansible's way.

Ansible's winrm connection plugin is pywinrm's `Protocol` with `open_shell(codepage=65001)`, one
shell for many commands, and the module fed to powershell.exe through `send_command_input`; the
test does the same steps in one shell. ansible-core itself is in test_ansible.py.
"""

import base64
import http.client
import threading
import time

import pytest
import requests
from pypsrp.exceptions import WSManFaultError as PsrpFault
from pypsrp.shell import Process as PsrpProcess
from pypsrp.shell import SignalCode, WinRS
from pypsrp.wsman import WSMan
from winrm import Session
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)
from winrm.protocol import Protocol

from .conftest import ADMIN, ADMIN_PASSWORD, USER, USER_PASSWORD

JAPANESE = "資格確認"


def protocol(served, *, user=ADMIN, password=ADMIN_PASSWORD, url=None, **options):
    return Protocol(
        url or served.url, transport="ntlm", username=user, password=password, proxy=None, **options
    )


class Shell:
    """One shell and its commands, closed at the end."""

    def __init__(self, served, codepage=65001, **options):
        self.protocol = protocol(served, **options)
        self.id = self.protocol.open_shell(codepage=codepage)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.protocol.close_shell(self.id)

    def run(self, command, arguments=(), stdin=None):
        number = self.protocol.run_command(
            self.id, command, arguments, console_mode_stdin=stdin is None
        )
        if stdin is not None:
            self.protocol.send_command_input(self.id, number, stdin, end=True)
        answer = self.protocol.get_command_output(self.id, number)
        self.protocol.cleanup_command(self.id, number)
        return answer


def test_pywinrm_session_runs_a_command_and_a_script(served):
    session = Session(
        served.url, auth=(ADMIN, ADMIN_PASSWORD), transport="ntlm", ca_trust_path=None
    )
    answer = session.run_cmd("ipconfig", ["/all"])
    assert (answer.status_code, b"Windows IP" in answer.std_out) == (0, True)
    answer = session.run_ps("$PSVersionTable.PSVersion.Major; Get-Nothing")
    assert answer.std_out == b"5\r\n"
    assert b"Get-Nothing" in answer.std_err
    assert answer.status_code == 1


def test_pypsrp_runs_a_process_with_input_over_spnego(served):
    client = WSMan(
        "127.0.0.1",
        port=served.http,
        ssl=False,
        username=ADMIN,
        password=ADMIN_PASSWORD,
        auth="negotiate",
        encryption="always",
    )
    with client, WinRS(client, codepage=65001) as shell:
        process = PsrpProcess(shell, "powershell.exe", ["-NoProfile", "-Command", "-"])
        process.begin_invoke()
        process.send(f"'{JAPANESE}'\r\n".encode(), end=True)
        process.end_invoke()
        process.signal(SignalCode.TERMINATE)
        assert (process.rc, process.stdout.decode().strip()) == (0, JAPANESE)
        assert shell._get_shell()["Owner"] == f"TERMINAL-1\\{ADMIN}"


def test_ansibles_way_one_shell_many_commands_script_on_standard_input(served):
    wrapper = '$lines = @($input); & ([ScriptBlock]::Create($lines -join "`n"))'
    encoded = base64.b64encode(wrapper.encode("utf-16-le")).decode()
    arguments = [
        "-NoProfile",
        "-NonInteractive",
        "-ExecutionPolicy",
        "Unrestricted",
        "-EncodedCommand",
        encoded,
    ]
    with Shell(served, operation_timeout_sec=10, read_timeout_sec=15) as shell:
        for number in range(3):
            table = f"[ordered]@{{ ping = 'pong'; n = {number} }}"
            script = f"ConvertTo-Json -Compress -InputObject ({table})"
            out, err, code = shell.run("PowerShell", arguments, stdin=script.encode())
            assert (out.strip(), err, code) == (f'{{"ping":"pong","n":{number}}}'.encode(), b"", 0)


def test_https_with_ntlm_and_a_self_signed_certificate(served):
    url = f"https://127.0.0.1:{served.https}/wsman"
    with Shell(served, url=url, server_cert_validation="ignore") as shell:
        assert shell.run("hostname")[0] == b"TERMINAL-1\r\n"


@pytest.mark.parametrize(("codepage", "codec"), [(65001, "utf-8"), (932, "cp932"), (437, None)])
def test_code_pages(served, codepage, codec):
    with Shell(served, codepage=codepage) as shell:
        script = f"'{JAPANESE}'".encode("utf-16-le")
        out = shell.run("powershell", ["-EncodedCommand", base64.b64encode(script).decode()])[0]
    assert out.strip() == (b"????" if codec is None else JAPANESE.encode(codec))


def test_a_receive_without_output_times_out_by_fault_2150858793(served):
    with Shell(served, operation_timeout_sec=1, read_timeout_sec=60) as shell:
        number = shell.protocol.run_command(shell.id, "powershell", ["Start-Sleep 60"])
        began = time.monotonic()
        with pytest.raises(WinRMOperationTimeoutError):
            shell.protocol.get_command_output_raw(shell.id, number)
        assert time.monotonic() - began > 0.9
        shell.protocol.cleanup_command(shell.id, number)


def test_closing_a_shell_ends_what_runs_in_it(served):
    shell = protocol(served)
    number = shell.open_shell(codepage=65001)
    shell.run_command(number, "powershell", ["Start-Sleep 61"])
    assert any("Start-Sleep 61" in p for p in served.ctl(do="status")["processes"])
    shell.close_shell(number)
    deadline = time.monotonic() + 60
    while any("Start-Sleep 61" in p for p in served.ctl(do="status")["processes"]):
        assert time.monotonic() < deadline


def test_output_before_the_end_arrives_before_the_end(served):
    with Shell(served) as shell:
        command = "powershell -Command \"'first'; Start-Sleep 30\""
        number = shell.protocol.run_command(shell.id, command)
        out, _, _, done = shell.protocol.get_command_output_raw(shell.id, number)
        assert (out, done) == (b"first\r\n", False)
        shell.protocol.cleanup_command(shell.id, number)


FAULTS = {
    "shell": (lambda p: p.run_command("00000000-0000-0000-0000-000000000000", "ver"), 2150858843),
    "code page": (lambda p: p.open_shell(codepage=12345), 87),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults_carry_the_codes_of_wsmerror(served, case):
    action, code = FAULTS[case]
    with pytest.raises(WSManFaultError) as caught:
        action(protocol(served))
    assert (
        caught.value.wsman_fault_code == code
        if hasattr(caught.value, "wsman_fault_code")
        else str(code) in str(caught.value.__dict__)
    )


def test_the_envelope_limit_of_the_client_is_kept(served):
    client = WSMan(
        "127.0.0.1",
        port=served.http,
        ssl=False,
        username=ADMIN,
        password=ADMIN_PASSWORD,
        auth="ntlm",
        max_envelope_size=32767,
    )
    with client, WinRS(client, codepage=65001) as shell:
        process = PsrpProcess(shell, "powershell", ["-Command", "'x' * 200000"])
        process.invoke()
        assert len(process.stdout) == 200002


def test_more_shells_than_the_quota_are_refused(own):
    shells = protocol(own)
    for _ in range(30):
        shells.open_shell()
    with pytest.raises(WSManFaultError) as caught:
        shells.open_shell()
    assert "2150859173" in str(caught.value.__dict__)


def test_the_command_line_limit_of_cmd(served):
    with Shell(served) as shell:
        out, err, code = shell.run("echo " + "x" * 8200)
    assert (out, code) == (b"", 1)
    assert "コマンド ラインが長すぎます。" in err.decode()


def test_an_unknown_program_fails_in_cmds_words(served):
    with Shell(served, codepage=932) as shell:
        out, err, code = shell.run("nonsense")
    assert (out, code) == (b"", 1)
    assert err.decode("cp932").startswith("'nonsense' は、内部コマンドまたは外部コマンド、")


def test_basic_is_refused_and_so_is_an_unsealed_message(served):
    answer = requests.post(served.url, auth=(ADMIN, ADMIN_PASSWORD), data=b"", timeout=5)
    assert answer.status_code == 401
    assert "Negotiate" in answer.headers["WWW-Authenticate"]
    assert "Basic" not in answer.headers["WWW-Authenticate"]
    plain = protocol(served, message_encryption="never")
    with pytest.raises(WinRMTransportError) as caught:
        plain.open_shell()
    assert caught.value.code == 500


def test_identify_answers_without_a_logon(served):
    body = (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        b'xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
        b"<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>"
    )
    headers = {
        "WSMANIDENTIFY": "unauthenticated",
        "Content-Type": "application/soap+xml;charset=UTF-8",
    }
    answer = requests.post(served.url, data=body, headers=headers, timeout=5)
    assert answer.status_code == 200
    assert "<wsmid:ProductVendor>Microsoft Corporation" in answer.text
    assert requests.post(served.url, data=b"<x/>", headers=headers, timeout=5).status_code == 401


def test_wrong_passwords_lock_the_account_and_are_recorded(own):
    for _ in range(10):
        with pytest.raises(InvalidCredentialsError):
            protocol(own, password="wrong").open_shell()
    with pytest.raises(InvalidCredentialsError):
        protocol(own).open_shell()
    assert '"SubStatus": "0xC000006A"' in own.events()
    assert '"SubStatus": "0xC0000234"' in own.events()
    own.ctl(do="lock", user=ADMIN, locked=False)
    protocol(own).open_shell()


def test_a_user_without_rights_and_a_filtered_administrator_get_access_denied(own):
    with pytest.raises((WSManFaultError, PsrpFault)) as caught:
        protocol(own, user=USER, password=USER_PASSWORD).open_shell()
    assert "5" in str(caught.value.__dict__)
    own.ctl(do="token-filter-policy", value=0)
    with pytest.raises(WSManFaultError):
        protocol(own).open_shell()


def test_a_clock_far_off_refuses_the_logon_and_shows_in_the_date(own):
    own.ctl(do="clock-skew", seconds=3 * 86400)
    with pytest.raises(InvalidCredentialsError):
        protocol(own).open_shell()
    connection = http.client.HTTPConnection("127.0.0.1", own.http, timeout=5)
    connection.request("POST", "/wsman")
    answer = connection.getresponse()
    connection.close()
    shown = time.mktime(time.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S %Z"))
    assert shown - time.time() > 2 * 86400 - 50000
    own.ctl(do="clock-skew", seconds=3600)
    protocol(own).open_shell()


def test_a_stopped_service_closes_the_port_and_a_started_one_opens_it(own):
    own.ctl(do="service", name="WinRM", running=False)
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.post(own.url, timeout=2)
    own.ctl(do="service", name="WinRM", running=True)
    protocol(own).open_shell()


def test_a_reboot_ends_shells_and_the_service_comes_back(own):
    client = protocol(own)
    number = client.open_shell()
    before = own.ctl(do="status")["booted"]
    client.run_command(number, "shutdown", ["/r", "/t", "0"])
    deadline = time.monotonic() + 60
    while own.ctl(do="status")["booted"] == before or own.ctl(do="status")["rebooting"]:
        assert time.monotonic() < deadline
    with pytest.raises(WSManFaultError):
        protocol(own).run_command(number, "ver")
    protocol(own).open_shell()


def test_many_clients_at_once(served):
    answers = []

    def work(number):
        with Shell(served) as shell:
            answers.append(shell.run(f"echo {number}")[0].strip())

    threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers, key=int) == [str(n).encode() for n in range(12)]
