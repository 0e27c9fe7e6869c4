r"""A few keys of the registry, saved in one file; only keys that exist can be read.

Paths are `HKLM\...` or `HKU\<SID>\...`, in any case.
"""

import json
import threading
from copy import deepcopy
from pathlib import Path
from typing import Any

POLICIES = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
CURRENT_VERSION = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
LSA = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa"
TCPIP = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
TCPIP6 = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip6\Parameters"
PERSISTENT_ROUTES = TCPIP + r"\PersistentRoutes"
INTERNET = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings"
WSMAN_LISTENERS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\Listener"
SCRIPT_BLOCK_LOGGING = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging"

Values = dict[str, Any]


class Registry:
    """Keys and values."""

    def __init__(self, path: Path | None, initial: dict[str, Values]) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._keys: dict[str, tuple[str, Values]] = {}
        stored = path is not None and path.exists()
        for key, values in [] if stored else initial.items():
            self._keys[key.lower()] = (key, dict(values))
        if path is not None and stored:
            for key, values in json.loads(path.read_text(encoding="utf-8")).items():
                self._keys[key.lower()] = (key, values)
        self._flushed = deepcopy(self._keys)

    def flush(self) -> None:
        """Writes all to the disk, which Windows else does some seconds later (RegFlushKey)."""
        with self._lock:
            self._flushed = deepcopy(self._keys)

    def lose_power(self) -> None:
        """Goes back to what was last flushed: the worst that a power cut can do to it."""
        with self._lock:
            self._keys = deepcopy(self._flushed)
            self._save()

    def _save(self) -> None:
        if self._path is not None:
            content = json.dumps(dict(self._keys.values()), ensure_ascii=False)
            self._path.write_text(content, encoding="utf-8")

    def exists(self, key: str) -> bool:
        """Whether the key, or one below it, exists."""
        wanted = key.lower().rstrip("\\")
        with self._lock:
            return any(k == wanted or k.startswith(wanted + "\\") for k in self._keys)

    def values(self, key: str) -> Values:
        """The values of a key; KeyError where it doesn't exist."""
        with self._lock:
            if not self.exists(key):
                raise KeyError(key)
            return dict(self._keys.get(key.lower().rstrip("\\"), ("", {}))[1])

    def get(self, key: str, name: str) -> Any:
        """One value, or None."""
        with self._lock:
            values = self._keys.get(key.lower(), ("", {}))[1]
            return next((v for k, v in values.items() if k.lower() == name.lower()), None)

    def create(self, key: str) -> None:
        """Makes a key; nothing where it exists."""
        with self._lock:
            self._keys.setdefault(key.lower().rstrip("\\"), (key, {}))
            self._save()

    def set(self, key: str, name: str, value: Any) -> None:
        """Writes a value; KeyError where the key doesn't exist."""
        with self._lock:
            if not self.exists(key):
                raise KeyError(key)
            values = self._keys.setdefault(key.lower().rstrip("\\"), (key, {}))[1]
            known = next((k for k in values if k.lower() == name.lower()), name)
            values[known] = value
            self._save()

    def delete_value(self, key: str, name: str) -> None:
        """Removes a value; KeyError where it doesn't exist."""
        with self._lock:
            values = self._keys[key.lower().rstrip("\\")][1]
            del values[next((k for k in values if k.lower() == name.lower()), name)]
            self._save()

    def delete(self, key: str) -> None:
        """Removes a key and what is below it."""
        wanted = key.lower().rstrip("\\")
        with self._lock:
            kept = {
                k: v
                for k, v in self._keys.items()
                if k != wanted and not k.startswith(wanted + "\\")
            }
            self._keys = kept
            self._save()

    def subkeys(self, key: str) -> list[str]:
        """The full paths of the keys right below one."""
        wanted = key.lower().rstrip("\\") + "\\"
        with self._lock:
            names = {
                v[0][: len(wanted)] + v[0][len(wanted) :].split("\\")[0]
                for k, v in self._keys.items()
                if k.startswith(wanted)
            }
        return sorted(names)
