"""The Windows half of install day, on the day and after it: PCs with WinRM off, real packets.

What a person does at a PC (prepare WinRM, use the share, delete a route) is done there, in the mock
PC's own PowerShell; everything else is `onshi` on the laptop.
"""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from tests.days import working_day
from tests.lab.clinic import TEST_S, Clinic, needs_root, states, was_too_busy

pytestmark = [needs_root, pytest.mark.timeout(TEST_S)]
SITE = "demo-clinic"
ADMINISTRATORS = {"terminal-1": "onsadmin", "receipt-1": "clinicadmin"}
SHARE = r"\\10.51.1.11\REQ"
LAB_OWN = ("secrets.json", "secrets.env", "initial-password", "users")
"""Where the lab keeps the passwords with which it delivers router and PCs."""


@dataclass(frozen=True)
class Installed:
    """A clinic after install day, and what the day left."""

    clinic: Clinic
    folder: Path
    day: subprocess.CompletedProcess[str]
    processes: frozenset[bytes]
    """Every command line that was seen while it ran."""


class ProcessList:
    """Collects the command lines of all processes, again and again, until it is closed."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.05):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(file.read_bytes())
                except OSError:
                    continue  # it has ended


LISTENERS = r"HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\Listener"
"""Where WinRM keeps them, one key each; a stopped service does not show them elsewhere."""


def let_in(clinic: Clinic) -> None:
    """Runs at each PC what `winrm prepare` prints."""
    done = clinic.onshi("winrm prepare")
    assert done.returncode == 0, done.stderr
    for node, user in ADMINISTRATORS.items():
        clinic.at_pc(node, user, done.stdout)  # as a double click: tests/windows/test_sticks.py


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("install-day")
    clinic = Clinic.raise_up(SITE, folder)
    try:
        for node in ADMINISTRATORS:
            clinic.pc(node, do="service", name="WinRM", running=False)
        let_in(clinic)
        with ProcessList() as processes:
            agreed = ("--on", working_day().isoformat())
            while was_too_busy(
                (day := clinic.playbook("install_day", *agreed, "--log-level", "debug")).stdout
            ):
                pass  # the day is not over; it is run again, as it asks
        let_in(clinic)
        clinic.onshi("verify", "--junit", str(folder / "report.xml"))
        yield Installed(clinic, folder, day, frozenset(processes.seen))
    finally:
        clinic.down()


@pytest.fixture
def as_left(installed: Installed) -> Clinic:
    """The clinic as install day left it, for a test that spoils nothing."""
    assert installed.day.returncode == 0, installed.day.stdout + installed.day.stderr
    return installed.clinic


@pytest.fixture
def clinic(as_left: Clinic) -> Iterator[Clinic]:
    """The same; what the test spoils is mended by `provision`."""
    yield as_left
    mended = as_left.onshi("provision", "--yes")
    assert mended.returncode == 0, mended.stderr


def causes(answer: dict[str, Any]) -> list[str]:
    """The sentences of a verification's causes."""
    return [one["cause"] for one in answer["diagnosis"]["causes"]]


def told(answer: dict[str, Any]) -> str:
    """All that a verification says, of checks and causes, in one text."""
    return json.dumps(answer, ensure_ascii=False)


def bad(answer: dict[str, Any]) -> set[str]:
    """The checks that failed."""
    return {name for name, state in states(answer).items() if state == "failed"}


def test_install_day_ends_green_and_puts_winrm_back(installed: Installed) -> None:
    assert installed.day.returncode == 0, installed.day.stdout + installed.day.stderr
    assert installed.day.stdout.count("put back as it was before the work") == 2


def test_the_clinics_user_writes_and_reads_a_request_in_the_terminals_share(
    as_left: Clinic,
) -> None:
    file = rf"'{SHARE}\request.xml'"
    said = as_left.at_pc(
        "receipt-1",
        "reception",
        f"[IO.File]::WriteAllText({file}, 'insured 01234567'); [IO.File]::ReadAllText({file})",
    )
    assert said == "insured 01234567"
    there = "'C:\\OQS\\Req\\request.xml'"
    script = f"[IO.File]::ReadAllText({there}); [IO.File]::Delete({there})"
    assert as_left.at_pc("terminal-1", "onsadmin", script) == said
    assert "via 192.168.1.254" in as_left.lab("exec", "receipt-1", "--", *route_to("10.51.1.11"))


def test_the_shares_open_the_terminal_to_the_clinic_lan_only(as_left: Clinic) -> None:
    script = """
foreach ($rule in @(Get-NetFirewallRule -Group '@FirewallAPI.dll,-28502')) {
  if ([string]$rule.Enabled -eq 'True') { $rule.Name }
}"""
    assert as_left.at_pc("terminal-1", "onsadmin", script) == ""


def route_to(address: str) -> tuple[str, ...]:
    return ("ip", "route", "get", address)


def test_the_other_direction_is_refused_by_the_router(as_left: Clinic) -> None:
    code = "$_.Exception.InnerException.HResult -band 0xFFFF"
    reach = f"try {{ [IO.Directory]::GetFiles('\\\\192.168.1.21\\C$') }} catch {{ {code} }}"
    assert as_left.at_pc("terminal-1", "onsadmin", reach) == "53"  # ERROR_BAD_NETPATH
    # The same port of the same PC answers a neighbour, so it is the way that is refused.
    assert as_left.connects("laptop", "192.168.1.21", 5985)
    assert not as_left.connects("terminal-1", "192.168.1.21", 5985)
    assert states(as_left.verify())["policy.terminal-to-receipt"] == "passed"


def test_a_second_run_changes_nothing_and_says_so(as_left: Clinic) -> None:
    again = as_left.onshi("provision", "--yes")
    assert again.returncode == 0
    assert again.stdout.count("unchanged") == 3
    assert again.stdout.count("0 step(s)") == 3


def test_after_a_restart_of_both_pcs_verify_is_still_green(clinic: Clinic) -> None:
    for node in ADMINISTRATORS:
        clinic.pc(node, do="reboot")
    green = clinic.onshi("verify")
    assert green.returncode == 0, green.stdout


def test_a_route_that_will_not_outlive_a_restart_is_told_before_and_after_it(
    clinic: Clinic,
) -> None:
    gone = "Remove-NetRoute -DestinationPrefix '10.51.1.0/24' -PolicyStore PersistentStore"
    clinic.at_pc("receipt-1", "clinicadmin", f"{gone} -Confirm:$false")
    before = clinic.verify()
    assert "will not outlive a restart" in told(before)
    assert bad(before) == {"receipt-pc.route.receipt-1"}
    clinic.pc("receipt-1", do="reboot")
    assert "receipt-pc.route.receipt-1" in bad(clinic.verify())


def test_a_stale_password_on_the_terminal_is_named(clinic: Clinic) -> None:
    clinic.pc("terminal-1", do="password", user="onslink", password="Of-Last-Year-1")
    answer = clinic.verify()
    assert "terminal.link-user.terminal-1" in bad(answer)
    assert any("link user" in one for one in causes(answer)), causes(answer)


def test_a_locked_link_user_is_named_and_unlocked(clinic: Clinic) -> None:
    clinic.pc("terminal-1", do="lock", user="onslink")
    answer = clinic.verify()
    assert bad(answer) == {"terminal.link-user.terminal-1"}
    assert "locked" in causes(answer)[0]
    assert clinic.onshi("provision", "--only", "terminal-1", "--yes").returncode == 0
    assert clinic.onshi("verify").returncode == 0


@contextmanager
def edited(clinic: Clinic, name: str, change: Callable[[str], str]) -> Iterator[None]:
    """Changes a file of the site for a while."""
    file = clinic.inventory / "sites" / SITE / name
    before = file.read_text()
    file.write_text(change(before))
    try:
        yield
    finally:
        file.write_text(before)


def test_https_pins_a_pcs_certificate_and_refuses_another_ones(clinic: Clinic) -> None:
    secret = "secret: demo-clinic/receipt-1-admin"
    pins = clinic.inventory / "sites" / SITE / "windows-certificates"
    run = ("provision", "--only", "receipt-1", "--yes")
    with edited(clinic, "hosts.yaml", lambda text: text.replace(secret, f"{secret}, winrm: https")):
        assert clinic.onshi(*run).returncode == 0
        assert "\n192.168.1.21:5986 sha256:" in pins.read_text()
        assert clinic.onshi("verify").returncode == 0
        clinic.lab("exchange", "receipt-1")
        refused = clinic.onshi(*run)
        assert refused.returncode == 3
        assert "no password was sent" in " ".join(refused.stderr.split())
        assert "receipt-pc.reachable.receipt-1" in bad(clinic.verify())
        assert clinic.onshi("trust", "receipt-1", "--forget").returncode == 0
        assert clinic.onshi(*run).returncode == 0


def test_an_ipv6_route_of_the_site_is_made_and_outlives_a_restart(clinic: Clinic) -> None:
    network = "2001:db8:51:100::/64"
    route = f"{{destination: '{network}', next_hop: 'fe80::1'}}"
    shown = ("exec", "receipt-1", "--", "ip", "-6", "route", "show", network)
    facts = f"windows:\n  receipt: {{routes: [{route}]}}\n"
    with edited(clinic, "site.yaml", lambda text: text.replace("windows:\n", facts)):
        assert clinic.onshi("provision", "--only", "receipt-1", "--yes").returncode == 0
        clinic.pc("receipt-1", do="reboot")
        assert "via fe80::1 dev eth0" in clinic.lab(*shown)
        assert clinic.onshi("plan", "--only", "receipt-1").returncode == 0
    clinic.at_pc(
        "receipt-1",
        "clinicadmin",
        f"Remove-NetRoute -DestinationPrefix '{network}' -Confirm:$false",
    )


def test_the_route_may_lie_on_the_clinics_own_device(clinic: Clinic) -> None:
    """Brochure ※2: then the PC gets none, and what the device does is proved all the same."""
    route = ("exec", "clinic-gw", "--", "ip", "route")
    taken = ("exec", "receipt-1", "--", *route_to("10.51.1.11"))
    facts = "windows:\n  receipt: {route: clinic-device}\n"
    with edited(clinic, "site.yaml", lambda text: text.replace("windows:\n", facts)):
        refused = clinic.onshi("provision", "--only", "receipt-1", "--yes")
        assert refused.returncode == 4, refused.stderr
        assert "can't be reached" in " ".join(refused.stderr.split())
        assert "via 192.168.1.254" in clinic.lab(*taken)
        clinic.lab(*route, "add", "10.51.1.0/24", "via", "192.168.1.254")
        assert clinic.onshi("provision", "--only", "receipt-1", "--yes").returncode == 0
        take_redirect(clinic)
        assert "via 192.168.1.254" in clinic.lab(*taken)
        assert clinic.onshi("plan", "--only", "receipt-1").returncode == 0
        green = clinic.onshi("verify")
        assert green.returncode == 0, green.stdout
        learned = "Get-NetRoute | Where-Object { $_.Protocol -eq 'Icmp' }"
        clinic.at_pc("receipt-1", "clinicadmin", f"{learned} | Remove-NetRoute -Confirm:$false")
        assert "via 192.168.1.1 " in clinic.lab(*taken)
        clinic.lab(*route, "del", "10.51.1.0/24")
        answer = clinic.verify()
    assert bad(answer) == {"clinic-lan.device-route.terminal-1"}
    assert [one["party"] for one in answer["diagnosis"]["causes"]] == ["institution"]


def take_redirect(clinic: Clinic) -> None:
    """The clinic's device tells the receipt PC, if not yet, that the router is on its own LAN."""
    for address in ("192.168.1.254", "10.51.1.11"):  # only who is known to be there is believed
        ping = ("ping", "-c3", "-i0.2", "-W1", address)
        subprocess.run(clinic.inside("receipt-1", *ping), capture_output=True, check=False)


def listeners(clinic: Clinic) -> list[str]:
    """The receipt PC's WinRM listeners."""
    script = f"(Get-ChildItem -LiteralPath '{LISTENERS}').PSChildName"
    return sorted(clinic.at_pc("receipt-1", ADMINISTRATORS["receipt-1"], script).split())


def await_put_back(clinic: Clinic) -> None:
    """Waits until the task is through that puts back; it ends after the WinRM that started it."""
    while clinic.pc("receipt-1", do="status")["tasks"]:
        time.sleep(0.02)  # the PC tells nobody; the test's time limit ends it


def test_winrm_is_off_again_after_the_day_and_verify_says_what_it_could_not_see(
    clinic: Clinic,
) -> None:
    assert clinic.onshi("winrm restore").returncode == 0
    user = ADMINISTRATORS["receipt-1"]
    clinic.at_pc("receipt-1", user, f"Remove-Item -LiteralPath '{LISTENERS}\\*+HTTP'")
    let_in(clinic)
    assert listeners(clinic) == ["*+HTTP", "*+HTTPS"]
    assert clinic.onshi("winrm restore").returncode == 0
    assert listeners(clinic) == ["*+HTTPS"]
    await_put_back(clinic)
    note = r"Test-Path -LiteralPath 'HKLM:\SOFTWARE\onshi'"
    assert clinic.at_pc("receipt-1", user, note) == "False"
    try:
        done = clinic.onshi("verify", "--json")
    finally:
        let_in(clinic)
    assert done.returncode == 0, done.stdout
    answer = json.loads(done.stdout)
    assert "receipt-1" in answer["diagnosis"]["not_asked"]
    assert f"onshi winrm prepare {SITE}" in answer["diagnosis"]["not_asked"]
    assert bad(answer) == set()
    assert states(answer)["receipt-pc.reachable.receipt-1"] == "error"
    assert clinic.onshi("verify").returncode == 0


def test_an_exchanged_receipt_pc_is_set_up_alone(clinic: Clinic) -> None:
    clinic.lab("exchange", "receipt-1")
    answer = clinic.verify()
    assert bad(answer) >= {"receipt-pc.route.receipt-1"}
    assert ("receipt-1", "mac") in [(one["subject"], one["name"]) for one in answer["changes"]]
    done = clinic.onshi("provision", "--only", "receipt-1", "--yes")
    assert done.returncode == 0, done.stderr
    assert "terminal-1" not in done.stdout
    assert clinic.onshi("verify").returncode == 0


def test_after_a_repair_the_new_pc_is_set_up_told_and_accepted(clinic: Clinic) -> None:
    clinic.lab("exchange", "receipt-1")
    while was_too_busy((done := clinic.playbook("after_repair", "receipt-1")).stdout):
        pass
    assert done.returncode == 0, done.stdout + done.stderr
    let_in(clinic)  # the playbook has put WinRM back
    assert "receipt-1: MAC: " in done.stdout
    assert clinic.verify()["changes"] == []


def test_an_exchanged_terminal_is_set_up_by_its_playbook(clinic: Clinic) -> None:
    clinic.lab("exchange", "terminal-1")
    while was_too_busy((done := clinic.playbook("replace_terminal", "terminal-1")).stdout):
        pass
    assert done.returncode == 0, done.stdout + done.stderr
    let_in(clinic)  # the playbook has put WinRM back


def test_a_pc_that_can_not_be_reached_stops_only_what_needs_it(clinic: Clinic) -> None:
    clinic.lab("exchange", "receipt-1")
    clinic.lab("fault", "set", "terminal-cable-out")
    try:
        done = clinic.onshi("provision", "--yes")
    finally:
        clinic.lab("fault", "clear")
    assert done.returncode == 3
    assert "no PC answers at 10.51.1.11" in " ".join(done.stderr.split())
    assert state_of("router", done.stdout) == "unchanged"
    assert state_of("receipt-1", done.stdout) == state_of("terminal-1", done.stdout) == "FAILED"
    assert "these hosts did not succeed: terminal-1" in " ".join(done.stderr.split())


def state_of(host: str, table: str) -> str:
    """The result of a host in the table that `provision` prints."""
    return next(line.split()[1] for line in table.splitlines() if line.startswith(f"{host} "))


def test_no_secret_is_in_anything_that_the_day_left(installed: Installed) -> None:
    secrets = installed.clinic.secrets()
    words = [form for secret in secrets for form in forms(secret)]
    places = {
        "process list": installed.processes,
        "output": [installed.day.stdout.encode(), installed.day.stderr.encode()],
        **{str(file): [file.read_bytes()] for file in left_behind(installed)},
    }
    assert len(secrets) == 8
    assert any("onshi.log" in name for name in places)
    assert any("events.jsonl" in name for name in places)
    assert any("report.xml" in name for name in places)
    found = {
        name
        for name, texts in places.items()
        if any(word in text for text in texts for word in words)
    }
    assert found == set()


def forms(secret: bytes) -> Iterator[bytes]:
    """How a secret may be written: as text, UTF-16, hexadecimal, or in the middle of base64."""
    for raw in (secret, secret.decode().encode("utf-16-le")):
        yield raw
        yield raw.hex().encode()
        for shift in range(3):
            coded = base64.b64encode(bytes(shift) + raw).rstrip(b"=")
            yield coded[shift + 1 if shift else 0 : -1]


def left_behind(installed: Installed) -> Iterator[Path]:
    lab = installed.clinic.directory
    for root in (installed.folder, lab):
        for file in root.rglob("*"):
            own = root == lab and file.relative_to(root).parts[0] in (*LAB_OWN, "pki")
            if file.is_file() and not own:
                yield file
