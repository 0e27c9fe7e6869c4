"""Access to other PCs' shares, with the credential stored for the server.

Which credential (learn.microsoft.com, "Credentials processes in Windows authentication"): the
stored domain password for the server's name, else the logon's own user name and password. A
network logon has neither, so the second hop fails with access denied ("Making the second hop").
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from onshi_lab.windows.accounts import Logon
from onshi_lab.windows.filesystem import WindowsError
from onshi_lab.windows.vault import Vault

PORT = 445
TIMEOUT = 10.0
STATUS = {
    0xC0000022: WindowsError.ACCESS_DENIED,
    0xC000006D: WindowsError.LOGON_FAILURE,
    0xC000006A: WindowsError.LOGON_FAILURE,
    0xC0000064: WindowsError.LOGON_FAILURE,
    0xC000006E: 1327,
    0xC0000071: 1330,
    0xC0000072: 1331,
    0xC000015B: 1385,
    0xC0000193: 1793,
    0xC0000224: 1907,
    0xC0000234: 1909,
    0xC00000CC: WindowsError.BAD_NET_NAME,
    0xC0000034: WindowsError.FILE_NOT_FOUND,
    0xC000003A: WindowsError.PATH_NOT_FOUND,
    0xC0000035: WindowsError.ALREADY_EXISTS,
    0xC0000043: WindowsError.SHARING_VIOLATION,
    0xC0000101: WindowsError.DIR_NOT_EMPTY,
}
"""NTSTATUS -> Win32 error ([MS-ERREF] 2.3.1)."""


def parts(path: str) -> tuple[str, str, str]:
    """Server, share and the rest of a UNC path; raises WindowsError."""
    pieces = path.lstrip("\\").split("\\", 2)
    if len(pieces) < 2 or not all(pieces[:2]):
        raise WindowsError(WindowsError.BAD_NETPATH, path)
    return pieces[0], pieces[1], pieces[2] if len(pieces) > 2 else ""


def _reach(server: str, path: str) -> None:
    """Connects as a client does before it shows any name; raises WindowsError without a path."""
    try:
        socket.create_connection((server.strip("[]"), PORT), TIMEOUT).close()
    except OSError as error:
        raise WindowsError(WindowsError.BAD_NETPATH, path) from error


class Connections:
    """The SMB connections of one process.

    Windows keeps one a server and user for a logon session and uses it again; a process of ours
    that touches shares is a logon session of its own (a task, or a shell's command).
    """

    def __init__(self) -> None:
        self.cache: dict[str, Any] = {}

    def close(self) -> None:
        """Ends them all."""
        if self.cache:
            import smbclient

            smbclient.reset_connection_cache(fail_on_error=False, connection_cache=self.cache)


class RemoteFiles:
    """Files on other PCs."""

    def __init__(self, logon: Logon, vault: Vault, network: bool, connections: Connections) -> None:
        self._logon = logon
        self._vault = vault
        self._network = network
        self._connections = connections

    def _credential(self, server: str, path: str) -> tuple[str, str]:
        stored = self._vault.for_server(self._logon, server)
        if stored is not None:
            return stored.user, stored.blob.decode("utf-16-le")
        if self._logon.password is None:
            _reach(server, path)
            raise WindowsError(WindowsError.ACCESS_DENIED, path)
        return self._logon.user, self._logon.password

    @contextmanager
    def _session(self, path: str) -> Iterator[Callable[..., Any]]:
        """A connected SMB session; yields a function that calls one of smbclient's by name."""
        import smbclient
        from smbprotocol.exceptions import SMBException, SMBOSError

        server, _, _ = parts(path)
        if not self._network:
            raise WindowsError(WindowsError.BAD_NETPATH, path)
        user, password = self._credential(server, path)
        cache = self._connections.cache
        common = {"username": user, "password": password, "connection_cache": cache}
        host = server.strip("[]")
        good = False
        try:
            smbclient.register_session(
                host, connection_timeout=TIMEOUT, auth_protocol="ntlm", **common
            )

            def call(name: str, *arguments: Any, **options: Any) -> Any:
                return getattr(smbclient, name)(*arguments, **common, **options)

            yield call
            good = True
        except SMBOSError as error:
            raise WindowsError(STATUS.get(error.ntstatus, 59), path) from error
        except SMBException as error:
            status = getattr(error, "status", None)
            code = (
                STATUS.get(status, WindowsError.BAD_NETPATH) if status else WindowsError.BAD_NETPATH
            )
            raise WindowsError(code, path) from error
        except (ValueError, ConnectionError, TimeoutError) as error:
            raise WindowsError(WindowsError.BAD_NETPATH, path) from error
        finally:
            if not good:
                self._connections.close()

    def exists(self, path: str) -> bool:
        """Whether there is a file, folder or share; False for every failure, as Test-Path says."""
        try:
            self._stat(path)
        except WindowsError:
            return False
        return True

    def _stat(self, path: str) -> Any:
        with self._session(path) as call:
            return call("stat", path)

    def is_dir(self, path: str) -> bool:
        """Whether there is a folder."""
        import stat

        try:
            return stat.S_ISDIR(self._stat(path).st_mode)
        except WindowsError:
            return False

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        with (
            self._session(path) as call,
            call("open_file", path, mode="rb", share_access="r") as stream,
        ):
            return bytes(stream.read())

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        """Writes a file."""
        mode = "ab" if append else "wb"
        with self._session(path) as call, call("open_file", path, mode=mode) as stream:
            stream.write(data)

    def make_dir(self, path: str) -> None:
        """Makes a folder."""
        with self._session(path) as call:
            call("mkdir", path)

    def remove(self, path: str) -> None:
        """Deletes a file or an empty folder."""
        with self._session(path) as call:
            import stat

            folder = stat.S_ISDIR(call("stat", path).st_mode)
            call("rmdir" if folder else "remove", path)

    def list(self, path: str) -> list[str]:
        """The names in a folder."""
        with self._session(path) as call:
            return sorted(call("listdir", path), key=str.lower)
