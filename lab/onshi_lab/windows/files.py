"""Files as one logon sees them: its own C: drive, and other PCs' shares by UNC paths."""

from onshi_lab.windows.filesystem import FileSystem, WindowsError
from onshi_lab.windows.smb.client import RemoteFiles


class Files:
    """Reads and writes with a logon's rights; raises WindowsError."""

    def __init__(self, disk: FileSystem, sids: set[str], remote: RemoteFiles) -> None:
        self._disk = disk
        self._sids = sids
        self._remote = remote

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        if _is_unc(path):
            return self._remote.exists(path)
        try:
            return self._disk.exists(path)
        except WindowsError:
            return False

    def is_dir(self, path: str) -> bool:
        """Whether there is a folder."""
        if _is_unc(path):
            return self._remote.is_dir(path)
        try:
            return self._disk.is_dir(path)
        except WindowsError:
            return False

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        if _is_unc(path):
            return self._remote.read(path)
        return self._disk.read(path, self._sids)

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        """Writes a file."""
        if _is_unc(path):
            self._remote.write(path, data, append=append)
        else:
            self._disk.write(path, data, self._sids, append=append)

    def make_dir(self, path: str) -> None:
        """Makes a folder."""
        if _is_unc(path):
            self._remote.make_dir(path)
        else:
            self._disk.make_dir(path, self._sids)

    def remove(self, path: str, *, recurse: bool = False) -> None:
        """Deletes a file or folder."""
        if _is_unc(path):
            self._remote.remove(path)
        else:
            self._disk.remove(path, self._sids, recurse=recurse)

    def move(self, source: str, target: str) -> None:
        """Renames a file; the target must not be there."""
        if _is_unc(source) or _is_unc(target):
            self.write(target, self.read(source))
            self.remove(source)
            return
        if self._disk.exists(target):
            raise WindowsError(WindowsError.ALREADY_EXISTS, target)
        self._disk.move(source, target, self._sids)

    def list(self, path: str) -> list[str]:
        """The names in a folder."""
        if _is_unc(path):
            return self._remote.list(path)
        return self._disk.list(path, self._sids)

    def size(self, path: str) -> int:
        """The length of a file in bytes."""
        return len(self.read(path))

    def modified(self, path: str) -> float:
        """When a file of this PC was last written, in seconds since the epoch."""
        return self._disk.host_path(path).stat().st_mtime


def _is_unc(path: str) -> bool:
    return path.startswith("\\\\")
