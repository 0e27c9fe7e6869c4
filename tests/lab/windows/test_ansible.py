"""ansible-core's own command line against the mock: winrm over NTLM, messages sealed.

`ansible.windows.win_ping` is in a collection that only Galaxy serves; the raw command takes the
same way (one shell of code page 65001, PowerShell by -EncodedCommand) without a module on it.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import ADMIN, ADMIN_PASSWORD, USER, USER_PASSWORD

ANSIBLE = Path(sysconfig.get_path("scripts")) / "ansible"
FAILED, UNREACHABLE = 2, 4
"""Exit codes of `ansible`: a host failed; a host could not be reached."""
JAPANESE = "オンライン資格確認端末"
EPILOGUE = "non-zero return code"


@dataclass
class Answer:
    """How `ansible` ended, and what it says of the host."""

    exit_code: int
    state: str
    rc: int | None
    body: str
    everything: str

    @property
    def lines(self):
        return self.body.splitlines()


class Controller:
    """An Ansible controller whose every file is below one folder."""

    def __init__(self, folder, served):
        self.folder = folder
        self.served = served
        (folder / "ansible.cfg").touch()

    def environment(self):
        # nothing of the caller's: no proxy, no ANSIBLE_*, no language but a UTF-8 one
        return {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.folder / "collections"),
            "ANSIBLE_NOCOLOR": "1",
        }

    def inventory(self, options):
        host = {
            "ansible_host": "127.0.0.1",
            "ansible_port": self.served.http,
            "ansible_connection": "winrm",
            "ansible_winrm_scheme": "http",
            "ansible_winrm_transport": "ntlm",
            "ansible_winrm_message_encryption": "always",
            "ansible_user": ADMIN,
            "ansible_password": ADMIN_PASSWORD,
            **options,
        }
        path = self.folder / "hosts.json"
        path.touch(0o600)
        path.write_text(json.dumps({"all": {"hosts": {"terminal-1": host}}}))
        return path

    def raw(self, command, *flags, **options):
        arguments = ["all", "-i", str(self.inventory(options)), *flags]
        arguments += ["-m", "ansible.builtin.raw", "-a", command]
        done = subprocess.run(
            [sys.executable, str(ANSIBLE), *arguments],
            check=False,
            env=self.environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        said = done.stdout + done.stderr
        found = re.search(r"^terminal-1 \| (\w+)!?(?: \| rc=(\d+) >>\n| => )", done.stdout, re.M)
        assert found is not None, said
        rc = None if found[2] is None else int(found[2])
        return Answer(done.returncode, found[1], rc, done.stdout[found.end() :].strip("\n"), said)


@pytest.fixture
def ansible(served, tmp_path):
    return Controller(tmp_path, served)


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("hostname", ["TERMINAL-1"]),
        ("$PSVersionTable.PSVersion.Major; 2 * 21", ["5", "42"]),
        ("@{ ping = 'pong' } | ConvertTo-Json -Compress", ['{"ping":"pong"}']),
        (f"'{JAPANESE}'", [JAPANESE]),
        (f"cmd /c 'echo {JAPANESE}'", [JAPANESE]),
    ],
)
def test_a_raw_command_answers(ansible, command, lines):
    answer = ansible.raw(command)
    assert (answer.exit_code, answer.state, answer.rc) == (0, "CHANGED", 0)
    assert answer.lines == lines


@pytest.mark.parametrize(
    ("command", "rc"),
    [
        ("exit 7", 7),
        ("cmd /c exit 3", 1),  # about_PowerShell_exe: a program's own code becomes 1
        (f"throw '{JAPANESE}'", 1),
        ("Get-Nothing", 1),
    ],
)
def test_a_failing_command_fails_the_host(ansible, command, rc):
    answer = ansible.raw(command)
    assert (answer.exit_code, answer.state, answer.rc) == (FAILED, "FAILED", rc)
    assert answer.lines[-1] == EPILOGUE


def test_an_error_travels_as_clixml_and_arrives_as_text(ansible):
    answer = ansible.raw(f"throw '{JAPANESE}'")
    assert answer.lines[:2] == [JAPANESE, "発生場所 行:1 文字:1"]
    assert f"    + FullyQualifiedErrorId : {JAPANESE}" in answer.lines
    assert "CLIXML" not in answer.body


def test_output_later_than_the_operation_timeout(ansible):
    # connection_timeout is the OperationTimeout of a Receive; the fault after it means: ask again
    answer = ansible.raw("Start-Sleep 3; 'late'", ansible_winrm_connection_timeout=1)
    assert (answer.exit_code, answer.rc, answer.lines) == (0, 0, ["late"])


def test_https_with_ntlm(ansible):
    answer = ansible.raw(
        "hostname",
        ansible_port=ansible.served.https,
        ansible_winrm_scheme="https",
        ansible_winrm_server_cert_validation="ignore",
    )
    assert (answer.exit_code, answer.lines) == (0, ["TERMINAL-1"])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"ansible_password": "wrong"}, "credentials were rejected"),
        ({"ansible_user": USER, "ansible_password": USER_PASSWORD}, "'wsmanfault_code': 5"),
        ({"ansible_winrm_message_encryption": "never"}, "Code 500"),
        (
            {"ansible_winrm_transport": "basic", "ansible_winrm_message_encryption": "never"},
            "credentials were rejected",
        ),
    ],
)
def test_who_may_not_is_unreachable(ansible, options, reason):
    answer = ansible.raw("hostname", **options)
    assert (answer.exit_code, answer.state) == (UNREACHABLE, "UNREACHABLE")
    assert reason in answer.body


def test_the_password_is_not_said_and_nothing_stays(ansible):
    home = Path.home() / ".ansible"
    before = home.exists()
    answer = ansible.raw("hostname", "-vvvvv")
    assert answer.exit_code == 0
    assert "ESTABLISH WINRM CONNECTION" in answer.everything
    assert ADMIN_PASSWORD not in answer.everything
    left = {str(p.relative_to(ansible.folder)) for p in ansible.folder.rglob("*") if p.is_file()}
    assert left == {"ansible.cfg", "hosts.json"}
    assert home.exists() == before
    assert ansible.served.ctl(do="status")["shells"] == 0
    assert ansible.served.ctl(do="status")["processes"] == []
