"""Two PCs in network namespaces: routes in the kernel, Samba on the terminal, nftables, reboot.

Each namespace is made and taken away here; the names begin with `wt` and the process. Needs root.
"""

# ruff: noqa: E501  PowerShell and C# stand one statement a line
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ADMIN, ADMIN_PASSWORD, LAB, REAL, USER, USER_PASSWORD

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="network namespaces and Samba on port 445 need root"
)
LINK, LINK_PASSWORD = "onslink", "L1nk-Canary-44"
PREFIX = f"wt{os.getpid() % 10_000}-"
TERMINAL, RECEIPT, ROUTER, LAPTOP = (
    f"{PREFIX}{name}" for name in ("terminal", "receipt", "router", "laptop")
)


def ip(*words: str, check: bool = True) -> str:
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True).stdout


def inside(namespace: str, *command: str, check: bool = True) -> str:
    return ip("netns", "exec", namespace, *command, check=check)


def join(left: str, left_device: str, right: str, right_device: str) -> None:
    ip(
        "link",
        "add",
        left_device,
        "netns",
        left,
        "type",
        "veth",
        "peer",
        "name",
        right_device,
        "netns",
        right,
    )
    for namespace, device in ((left, left_device), (right, right_device)):
        inside(namespace, "ip", "link", "set", device, "up")


def address(namespace: str, device: str, *prefixes: str) -> None:
    for prefix in prefixes:
        inside(
            namespace,
            "ip",
            "address",
            "add",
            prefix,
            "dev",
            device,
            "nodad" if ":" in prefix else "scope",
            *([] if ":" in prefix else ["global"]),
        )


@pytest.fixture(scope="module")
def wires() -> Iterator[None]:
    """laptop and receipt in the clinic network, the terminal behind a router."""
    names = (TERMINAL, RECEIPT, ROUTER, LAPTOP)
    for name in names:
        ip("netns", "delete", name, check=False)
        ip("netns", "add", name)
        inside(name, "ip", "link", "set", "lo", "up")
    inside(ROUTER, "ip", "link", "add", "clinic", "type", "bridge")
    for namespace, device, port in ((RECEIPT, "eth0", "p1"), (LAPTOP, "clinic0", "p2")):
        join(namespace, device, ROUTER, port)
        inside(ROUTER, "ip", "link", "set", port, "master", "clinic")
    inside(ROUTER, "ip", "link", "set", "clinic", "up")
    join(TERMINAL, "eth0", ROUTER, "terminal")
    address(ROUTER, "clinic", "192.168.1.254/24", "2001:db8:c::254/64")
    address(ROUTER, "terminal", "10.51.1.1/24", "2001:db8:d::1/64")
    address(RECEIPT, "eth0", "192.168.1.21/24", "2001:db8:c::21/64")
    address(LAPTOP, "clinic0", "192.168.1.200/24")
    address(TERMINAL, "eth0", "10.51.1.11/24", "2001:db8:d::11/64")
    inside(TERMINAL, "ip", "route", "add", "default", "via", "10.51.1.1")
    inside(TERMINAL, "ip", "-6", "route", "add", "default", "via", "2001:db8:d::1")
    inside(LAPTOP, "ip", "route", "add", "10.51.1.0/24", "via", "192.168.1.254")
    inside(ROUTER, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    yield
    for name in names:
        ip("netns", "delete", name)


class Host:
    """A PC process in a namespace."""

    def __init__(
        self,
        folder: Path,
        namespace: str,
        name: str,
        role: str,
        users: list[dict[str, object]],
        called: str = "",
        *options: str,
        within: tuple[str, ...] = (),
    ):
        folder.mkdir(exist_ok=True)
        self.state, self.namespace = folder / "state", namespace
        file = folder / "users.json"
        file.write_text(json.dumps({"users": users}))
        command = [
            "ip",
            "netns",
            "exec",
            namespace,
            *within,
            sys.executable,
            "-m",
            "onshi_lab.windows",
            "--name",
            name,
        ]
        command += [
            "--role",
            role,
            "--state",
            str(self.state),
            "--users-file",
            str(file),
            "--language",
            "en",
            *(["--computer-name", called] if called else []),
            *options,
        ]
        environment = {**os.environ, "PYTHONPATH": str(LAB)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        guard = threading.Timer(180 if REAL else 30, self.process.kill)
        guard.start()
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("ready")
        guard.cancel()

    def ctl(self, **request: object) -> dict[str, object]:
        from onshi_lab.windows.ask import ask

        return ask(self.state, request)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(20) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()

    def reboot(self) -> None:
        before = self.ctl(do="status")["booted"]
        self.process.send_signal(10)
        deadline = time.monotonic() + 20
        while (status := self.ctl(do="status"))["booted"] == before or status["rebooting"]:
            assert time.monotonic() < deadline


CLIENT = """
import base64, json, sys
from winrm.protocol import Protocol
url, user, password, script = json.load(sys.stdin)
p = Protocol(url, transport="ntlm", username=user, password=password, proxy=None, read_timeout_sec=40, operation_timeout_sec=30)
shell = p.open_shell(codepage=65001)
loader = "& ([ScriptBlock]::Create(@($input) -join [Environment]::NewLine))".encode("utf-16-le")
arguments = ["-NoProfile", "-NonInteractive", "-EncodedCommand", base64.b64encode(loader).decode()]
command = p.run_command(shell, "powershell", arguments)
p.send_command_input(shell, command, script.encode(), end=True)
out, err, code = p.get_command_output(shell, command)
p.close_shell(shell)
json.dump([out.decode(), err.decode(), code], sys.stdout)
"""


def remote(
    target: str, script: str, user: str = ADMIN, password: str = ADMIN_PASSWORD
) -> list[str]:
    """Lines that a script prints on a PC, run over WinRM from the laptop."""
    request = json.dumps([f"http://{target}:5985/wsman", user, password, script])
    command = ["ip", "netns", "exec", LAPTOP, sys.executable, "-c", CLIENT]
    result = subprocess.run(
        command, input=request, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    out, err, _ = json.loads(result.stdout)
    assert not err, err
    return out.splitlines()


SHARE = f"""
$password = ConvertTo-SecureString -String '{LINK_PASSWORD}' -AsPlainText -Force
$null = New-LocalUser -Name '{LINK}' -Password $password -PasswordNeverExpires
$null = New-Item -ItemType Directory -Path 'C:\\OQS\\Req' -Force
$null = New-SmbShare -Name 'REQ' -Path 'C:\\OQS\\Req' -FullAccess '{LINK}'
$null = New-NetFirewallRule -Name 'onshi-smb' -DisplayName 'SMB' -Direction Inbound -Action Allow -Protocol TCP -LocalPort 445 -RemoteAddress '192.168.1.0/24' -Profile Any
"""


@pytest.fixture(scope="module")
def pcs(wires, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pcs")
    admin = {"name": ADMIN, "password": ADMIN_PASSWORD, "admin": True}
    terminal = Host(folder / "terminal", TERMINAL, "TERMINAL-1", "terminal", [admin])
    receipt = Host(
        folder / "receipt",
        RECEIPT,
        "RECEIPT-1",
        "receipt",
        [admin, {"name": USER, "password": USER_PASSWORD}],
    )
    try:
        remote("10.51.1.11", SHARE)
        yield terminal, receipt
    finally:
        receipt.stop()
        terminal.stop()


ROUTE = (
    "$i = (Get-NetAdapter).InterfaceIndex\n$null = New-NetRoute "
    "-DestinationPrefix '{}' -InterfaceIndex $i -NextHop '{}' "
    "-RouteMetric 5 {}"
)
TASK = """
Add-LocalGroupMember -SID 'S-1-5-32-559' -Member '{user}' -ErrorAction SilentlyContinue
$body = @'
try {{
{body}
}} catch {{
  $cause = $_.Exception
  while ($null -ne $cause.InnerException) {{ $cause = $cause.InnerException }}
  [IO.File]::WriteAllText('C:\\Users\\{user}\\answer.txt', "failed $($cause.HResult)")
}}
'@
[IO.File]::WriteAllText('C:\\Users\\Public\\body.ps1', $body)
$a = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument '-NoProfile -ExecutionPolicy Bypass -File C:\\Users\\Public\\body.ps1'
$null = Register-ScheduledTask -TaskName 'x' -Action $a -User '{user}' -Password '{password}' -Force
Start-ScheduledTask -TaskName 'x'
for ($n = 0; $n -lt 400; $n++) {{
  if ((Get-ScheduledTaskInfo -TaskName 'x').LastTaskResult -ne 267009) {{ break }}
  Start-Sleep -Milliseconds 50
}}
Unregister-ScheduledTask -TaskName 'x' -Confirm:$false
Get-Content -Path 'C:\\Users\\{user}\\answer.txt'
Remove-Item -Path 'C:\\Users\\{user}\\answer.txt'
"""
ACCESS = f"""
$path = '\\\\10.51.1.11\\REQ\\proof.txt'
[IO.File]::WriteAllText($path, 'request')
$back = [IO.File]::ReadAllText($path)
[IO.File]::Delete($path)
[IO.File]::WriteAllText('C:\\Users\\{USER}\\answer.txt', $back)
"""


def as_user(body: str) -> str:
    return remote("192.168.1.21", TASK.format(user=USER, password=USER_PASSWORD, body=body))[-1]


def hresult(code: int) -> str:
    return f"failed {(0x80070000 | code) - 2**32}"


def add_route(prefix: str = "10.51.1.0/24", hop: str = "192.168.1.254", more: str = "") -> None:
    remote("192.168.1.21", ROUTE.format(prefix, hop, more))


def remove_routes() -> None:
    remote(
        "192.168.1.21",
        (
            "Remove-NetRoute -DestinationPrefix '10.51.1.0/24' "
            "-Confirm:$false -ErrorAction SilentlyContinue"
        ),
    )


def test_routes_are_the_kernels_and_the_stores_differ_after_a_reboot(pcs):
    _, receipt = pcs
    add_route()
    add_route("2001:db8:d::/64", "2001:db8:c::254", "-PolicyStore ActiveStore")
    assert "10.51.1.0/24 via 192.168.1.254 dev eth0" in inside(RECEIPT, "ip", "route")
    assert "2001:db8:d::/64 via 2001:db8:c::254" in inside(RECEIPT, "ip", "-6", "route")
    inside(RECEIPT, "ping", "-c1", "-W2", "10.51.1.1")
    receipt.reboot()
    assert "10.51.1.0/24 via 192.168.1.254 dev eth0" in inside(RECEIPT, "ip", "route")
    assert "2001:db8:d::/64" not in inside(RECEIPT, "ip", "-6", "route")
    assert "192.168.1.21" in inside(RECEIPT, "ip", "address")
    lines = remote("192.168.1.21", "(Get-NetRoute -DestinationPrefix '10.51.1.0/24').RouteMetric")
    assert lines == ["5"]
    remove_routes()
    assert "10.51.1.0" not in inside(RECEIPT, "ip", "route")


def test_two_next_hops_to_one_destination_are_two_routes(pcs):
    add_route()
    add_route(hop="192.168.1.253")
    found = remote(
        "192.168.1.21", "(Get-NetRoute -DestinationPrefix '10.51.1.0/24').NextHop | Sort-Object"
    )
    assert found == ["192.168.1.253", "192.168.1.254"]
    remove_routes()


def learned() -> list[str]:
    """The routes that a gateway's redirects taught the receipt PC."""
    return remote(
        "192.168.1.21",
        "Get-NetRoute | Where-Object { $_.Protocol -eq 'Icmp' } | "
        "ForEach-Object { $_.DestinationPrefix + ' ' + $_.NextHop }",
    )


def test_what_a_redirect_taught_is_a_route_of_its_own_protocol(pcs):
    """The laptop is the gateway here; it knows that the router is on the PC's own LAN."""
    inside(LAPTOP, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    add_route(hop="192.168.1.200")
    inside(RECEIPT, "ping", "-c1", "-W2", "192.168.1.254")  # a stranger is not believed
    inside(RECEIPT, "ping", "-c5", "-i0.2", "-W2", "10.51.1.1")
    assert learned() == ["10.51.1.1/32 192.168.1.254"]
    stores = "(Get-NetRoute -PolicyStore PersistentStore).NextHop"
    assert remote("192.168.1.21", stores) == ["192.168.1.200"]
    remote("192.168.1.21", "Remove-NetRoute -DestinationPrefix '10.51.1.1/32' -Confirm:$false")
    assert learned() == []
    inside(RECEIPT, "ping", "-c1", "-W2", "10.51.1.1")
    remove_routes()
    inside(LAPTOP, "sysctl", "-qw", "net.ipv4.ip_forward=0")


def test_the_mtu_of_a_path_is_no_route(pcs):
    add_route()
    inside(ROUTER, "ip", "link", "set", "terminal", "mtu", "1280")
    inside(RECEIPT, "ping", "-c2", "-i0.2", "-W1", "-Mdo", "-s1400", "10.51.1.11", check=False)
    inside(ROUTER, "ip", "link", "set", "terminal", "mtu", "1500")
    assert "mtu 1280" in inside(RECEIPT, "ip", "route", "get", "10.51.1.11")
    found = remote("192.168.1.21", "(Get-NetRoute -AddressFamily IPv4).DestinationPrefix")
    assert [one for one in found if one.startswith("10.51.")] == ["10.51.1.0/24"]
    inside(RECEIPT, "ip", "route", "flush", "cache")
    remove_routes()


def test_a_request_file_goes_into_the_terminals_share_with_the_stored_credential(pcs):
    terminal, _ = pcs
    assert as_user(ACCESS) == hresult(53)  # no route
    add_route()
    assert as_user(ACCESS) == hresult(1326)  # the user's own name and password mean nothing there
    wrong = f"cmdkey /add:10.51.1.11 /user:{LINK} /pass:wrong\n"
    assert as_user(wrong + ACCESS) == hresult(1326)
    stored = f"cmdkey /add:10.51.1.11 /user:{LINK} /pass:{LINK_PASSWORD}\n"
    assert as_user(stored + ACCESS) == "request"
    assert not list((terminal.state / "c" / "OQS" / "Req").iterdir())
    assert remote("192.168.1.21", "Test-Path -Path '\\\\10.51.1.11\\REQ'") == [
        "False"
    ]  # second hop
    remote("10.51.1.11", f"$null = Revoke-SmbShareAccess -Name 'REQ' -AccountName '{LINK}' -Force")
    assert as_user(ACCESS) == hresult(5)
    remote(
        "10.51.1.11",
        f"$null = Grant-SmbShareAccess -Name 'REQ' -AccountName '{LINK}' -AccessRight Read -Force",
    )
    assert as_user(ACCESS) == hresult(5)
    remote(
        "10.51.1.11",
        f"$null = Grant-SmbShareAccess -Name 'REQ' -AccountName '{LINK}' -AccessRight Full -Force",
    )
    assert as_user(ACCESS) == "request"
    remove_routes()


def test_files_that_come_over_smb_are_files_of_the_terminal(pcs):
    add_route()
    stored = f"cmdkey /add:10.51.1.11 /user:{LINK} /pass:{LINK_PASSWORD}\n"
    body = stored + (
        f"Set-Content -Path '\\\\10.51.1.11\\REQ\\a.txt' -Value "
        f"'there'\n"
        f"[IO.File]::WriteAllText('C:\\Users\\{USER}\\answer.txt', "
        f"'ok')"
    )
    assert as_user(body) == "ok"
    assert remote(
        "10.51.1.11", "Get-Content -Path C:\\OQS\\Req\\A.TXT; Remove-Item -Path C:\\OQS\\Req\\a.txt"
    ) == ["there"]
    remove_routes()


def reaches(target: str, port: int) -> bool:
    probe = f"import socket; socket.create_connection(('{target}', {port}), 1)"
    command = ["ip", "netns", "exec", LAPTOP, sys.executable, "-c", probe]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_firewall_is_nftables(pcs):
    assert reaches("10.51.1.11", 445)
    remote("10.51.1.11", "Disable-NetFirewallRule -Name 'onshi-smb'")
    assert not reaches("10.51.1.11", 445)
    remote("10.51.1.11", "Enable-NetFirewallRule -Name 'onshi-smb'")


def test_a_public_network_drops_a_client_from_another_subnet(pcs):
    terminal, _ = pcs
    assert reaches("10.51.1.11", 5985)
    terminal.ctl(do="profile", category="public")
    assert not reaches("10.51.1.11", 5985)
    terminal.ctl(do="profile", category="private")
    assert reaches("10.51.1.11", 5985)


def test_shares_are_served_also_after_a_package_added_a_user_to_the_host(wires, tmp_path):
    """Source: linux 8ed936b5671b: a rename over a file takes away the mounts upon it everywhere."""
    etc = tmp_path / "etc"
    etc.mkdir()
    for name in ("passwd", "group", "hosts", "nsswitch.conf"):
        (etc / name).write_bytes(Path("/etc", name).read_bytes())
    run_there = 'mount --bind "$0" /etc && exec "$@"'
    shell = ("unshare", "--mount", "--propagation", "private", "sh", "-c", run_there, str(etc))
    admin = {"name": ADMIN, "password": ADMIN_PASSWORD, "admin": True}
    host = Host(tmp_path / "x", LAPTOP, "X-1", "terminal", [admin], within=shell)
    try:
        logon = ("-s", "/dev/null", "-U", f"{ADMIN}%{ADMIN_PASSWORD}", "-c", "exit")
        inside(LAPTOP, "smbclient", "//127.0.0.1/IPC$", *logon)
        for name in ("passwd", "group", "hosts", "nsswitch.conf"):
            # As useradd does it, and every editor.
            (etc / "new").write_bytes(Path("/etc", name).read_bytes())
            (etc / "new").rename(etc / name)
        inside(LAPTOP, "smbclient", "//127.0.0.1/IPC$", *logon)
    finally:
        host.stop()


def test_samba_ends_when_its_pc_is_killed(wires, tmp_path):
    host = Host(
        tmp_path / "x",
        LAPTOP,
        "X-1",
        "terminal",
        [{"name": ADMIN, "password": ADMIN_PASSWORD, "admin": True}],
    )
    host.process.kill()
    host.process.wait(5)
    host.process.stdout.close()
    deadline = time.monotonic() + 60
    while ip("netns", "pids", LAPTOP):
        assert time.monotonic() < deadline


def test_nothing_is_left_when_a_pc_stops(wires, tmp_path):
    host = Host(
        tmp_path / "x",
        LAPTOP,
        "X-1",
        "terminal",
        [{"name": ADMIN, "password": ADMIN_PASSWORD, "admin": True}],
    )
    try:
        listening = inside(LAPTOP, "ss", "-Hltn")
        assert ":445" in listening and ":5985" in listening
    finally:
        host.stop()
    assert ":445" not in inside(LAPTOP, "ss", "-Hltn")
    assert "onshi_windows_firewall" not in inside(LAPTOP, "nft", "list", "tables")
    assert ip("netns", "pids", LAPTOP) == ""
