"""The Server service: a private Samba that serves this PC's shares on port 445 of its namespace.

Everything of it lies below the state directory. Its Unix users exist only in a mount namespace of
its own, where /etc is a folder of ours (a container has its own); all file access is done as root,
because the effective rights of each user are worked out beforehand from share and NTFS ACLs
(`Shares.access`).

The whole of /etc, and not /etc/passwd alone: whoever replaces a file on the host as every package
does that adds a user (a new file is renamed over the old one) takes away each mount upon that file,
in every mount namespace (Linux 3.18, commit 8ed936b5671b, "Lazily remove mounts on unlinked files
and directories"). All smbd of all labs then knew no user any more.
"""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_lab import system
from onshi_lab.windows.accounts import Account
from onshi_lab.windows.names import netbios_name
from onshi_lab.windows.smb.shares import Share

if TYPE_CHECKING:
    from onshi_lab.windows.pc import Pc

FIRST_UID = 60000
SMB_PORT = 445
START_TIMEOUT = 15.0
END_TIMEOUT = 5.0
PRIVATE = ("private", "lock", "state", "cache", "pid", "log")
PUBLIC = ("ncalrpc", "etc")
"""Folders that a process of this Samba enters also as one of its users."""
GLOBAL = """[global]
netbios name = {name}
dos charset = CP932
workgroup = WORKGROUP
server role = standalone server
security = user
map to guest = never
passdb backend = smbpasswd:{base}/smbpasswd
disable netbios = yes
smb ports = 445
server min protocol = SMB2
load printers = no
printing = bsd
printcap name = /dev/null
disable spoolss = yes
log level = 1
log file = {base}/log/smbd.log
private dir = {base}/private
lock directory = {base}/lock
state directory = {base}/state
cache directory = {base}/cache
pid directory = {base}/pid
ncalrpc dir = {base}/ncalrpc
unix password sync = no
restrict anonymous = 2
dos filemode = yes
store dos attributes = no
bind interfaces only = no
max smbd processes = 64
deadtime = 5
"""


class Samba:
    """One smbd and its children."""

    def __init__(self, pc: "Pc") -> None:
        self._pc = pc
        self._base = pc.config.state / "samba"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = pc.accounts.lock
        self._pause = threading.Event()

    @property
    def enabled(self) -> bool:
        """Whether this PC has a namespace to serve in."""
        return self._pc.config.kernel

    def set_running(self, running: bool) -> None:
        """Starts or stops the daemon."""
        if not self.enabled:
            return
        with self._lock:
            if running and self._process is None:
                self._write()
                self._process = self._spawn()
                self._wait_until_ready(self._process)
            elif not running and self._process is not None:
                self._end(self._process)
                self._process = None

    def reload(self) -> None:
        """Makes the daemon use the present users and shares."""
        with self._lock:
            if self._process is not None and self._write():
                self._process.send_signal(signal.SIGHUP)

    def _spawn(self) -> subprocess.Popen[bytes]:
        """Starts smbd on a pipe as standard input: it ends with it, also if we are killed."""
        files = ["-l", f"{self._base}/log", "-s", f"{self._base}/smb.conf"]
        command = ["smbd", "--foreground", "--no-process-group", *files]
        if not system.has_own_files():
            covered = ["sh", "-c", 'mount -n --bind "$0" /etc && exec "$@"', f"{self._base}/etc"]
            command = ["unshare", "--mount", "--propagation", "private", *covered, *command]
        log = (self._base / "log" / "start.log").open("ab")
        with log:
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Waits until somebody can connect; RuntimeError where the daemon ends or never listens."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", SMB_PORT), 1).close()
            except OSError:
                self._pause.wait(0.02)
            else:
                return
        log = (self._base / "log" / "start.log").read_text("utf-8", "replace")
        raise RuntimeError(f"smbd of {self._pc.name} doesn't listen: {log[-400:]}")

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Ends the daemon and its children, by force where they take long."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            if self._has_ended(process):
                break
        else:
            raise RuntimeError(f"smbd of {self._pc.name} doesn't end")
        if process.stdin is not None:
            process.stdin.close()

    def _has_ended(self, process: subprocess.Popen[bytes]) -> bool:
        """Waits until the daemon has ended, and its children, which outlive it for a moment."""
        deadline = time.monotonic() + END_TIMEOUT
        while process.poll() is None or _lives(process.pid):
            if time.monotonic() >= deadline:
                return False
            self._pause.wait(0.02)
        return True

    def _write(self) -> bool:
        """Writes what the daemon reads; answers whether anything of it is new."""
        self._base.mkdir(mode=0o700, exist_ok=True)
        for name in (*PRIVATE, *PUBLIC):
            (self._base / name).mkdir(mode=0o700, exist_ok=True)
        for name in PUBLIC:
            (self._base / name).chmod(0o755)
        accounts = [one for one in self._pc.accounts.all() if not one.domain]
        sections = "".join(
            self._section(share) for share in self._pc.shares.all() if not share.special
        )
        texts = {
            "etc/passwd": _passwd(accounts),
            "etc/group": "root:x:0:\nnogroup:x:65534:\nusers:x:100:\n",
            "etc/hosts": f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {self._pc.name}\n",
            "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
            "smbpasswd": _smbpasswd(accounts, self._pc.accounts.has_expired),
            "smb.conf": GLOBAL.format(name=netbios_name(self._pc.name), base=self._base) + sections,
        }
        new = [self._put(name, text) for name, text in texts.items()]
        return any(new)

    def _put(self, name: str, text: str) -> bool:
        """Writes a file whole, unless it says so already.

        A container's /etc is its own, and what the engine has mounted there can't be replaced.
        """
        own = name.startswith("etc/") and system.has_own_files()
        path = Path("/", name) if own else self._base / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return False
        draft = path if own else path.with_name(path.name + ".new")
        draft.touch(mode=0o644 if path.parent.name in PUBLIC else 0o600)
        draft.write_text(text, encoding="utf-8")
        if not own:
            draft.replace(path)
        return True

    def _section(self, share: Share) -> str:
        access = self._pc.shares.access(share)
        path: Path = self._pc.disk.host_path(share.path)
        readers = " ".join(f'"{a.user}"' for a in access) or '"-"'
        writers = " ".join(f'"{a.user}"' for a in access if a.write) or '"-"'
        lines = {
            "path": str(path),
            "valid users": readers,
            "write list": writers,
            "read only": "yes",
            "force user": "root",
            "browseable": "yes",
        }
        return f"\n[{share.name}]\n" + "".join(f"{k} = {v}\n" for k, v in lines.items())


def _lives(group: int) -> bool:
    """Whether a process group has a process; one that ended and was not reaped yet is none."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_bytes().rpartition(b")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state not in {b"Z", b"X"}:
            return True
    return False


def _passwd(accounts: list[Account]) -> str:
    lines = ["root:x:0:0:root:/root:/bin/sh", "nobody:x:65534:65534:nobody:/nonexistent:/bin/false"]
    lines += [
        f"{a.name}:x:{FIRST_UID + n}:65534::/nonexistent:/bin/false" for n, a in enumerate(accounts)
    ]
    return "\n".join(lines) + "\n"


def _smbpasswd(accounts: list[Account], has_expired: Callable[[Account], bool]) -> str:
    lines = []
    for number, account in enumerate(accounts):
        marks = "U"
        if account.locked:
            marks += "L"
        if not account.enabled or account.blank_password:
            marks += "D"
        # Without a time of the last change Samba wants another password at once.
        changed = "LCT-00000000" if has_expired(account) else "LCT-5F000000"
        fields = (account.name, str(FIRST_UID + number), "X" * 32, account.nt_hash)
        lines.append(":".join((*fields, f"[{marks:<11}]", changed, "")))
    return "\n".join(lines) + "\n"
