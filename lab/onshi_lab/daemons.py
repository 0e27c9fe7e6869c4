"""Debian's daemons for the lab, unpacked into a folder of the checkout; the host gets no package.

What the host has installed already is used from there. Of the rest apt works out the closure, for
the very release that the host runs, with lists, cache and state of its own; every package is
unpacked and nothing of it is configured, enabled or started. `room` lays the folder over /usr.

Only the standard library: `scripts/setup` runs this before there is a virtual environment.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from onshi_lab.errors import LabError

PACKAGES = Path(__file__).parents[1] / "debian-packages.txt"
USR = Path("/usr")
FOLDER_VARIABLE = "ONSHI_LAB_DAEMONS"
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
DPKG_STATUS = Path("/var/lib/dpkg/status")

PROGRAMS: Mapping[str, str] = {
    "chronyd": "chrony",
    "dhcp6c": "wide-dhcpv6-client",
    "dnsmasq": "dnsmasq-base",
    "ip": "iproute2",
    "kea-dhcp6": "kea-dhcp6-server",
    "nft": "nftables",
    "nginx": "nginx-light",
    "ping": "iputils-ping",
    "radvd": "radvd",
    "smbd": "samba",
    "unbound": "unbound",
}
"""The programs that the lab starts, and the Debian package that each is in."""

_MERGED = ("bin", "sbin", "lib", "lib64")
_NOT_NEEDED = ("./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./usr/share/info")


def folder() -> Path:
    """Where the unpacked packages are, if there are any."""
    given = os.environ.get(FOLDER_VARIABLE)
    return Path(given) if given else PACKAGES.parents[1] / ".daemons"


def usr() -> Path | None:
    """The folder that belongs over /usr; None when the host has every package itself."""
    path = folder() / "root" / "usr"
    return path if path.is_dir() else None


def missing_programs() -> tuple[str, ...]:
    """The programs that are not there, as they are seen from here."""
    return tuple(name for name in PROGRAMS if shutil.which(name, path=SYSTEM_PATH) is None)


def require_programs() -> None:
    """Raises LabError, with what to do about it, when a program is not there."""
    if missing := missing_programs():
        packages = ", ".join(sorted({PROGRAMS[name] for name in missing}))
        raise LabError(
            f"the lab's programs {', '.join(missing)} are not there (Debian: {packages}); "
            "`make setup` unpacks them into this checkout and installs nothing"
        )


def wanted() -> tuple[str, ...]:
    """The Debian packages that the lab runs."""
    return tuple(PACKAGES.read_text(encoding="ascii").split())


def _installer() -> tuple[str, ...]:
    """The package with pip in it, where this Python came without (Debian's)."""
    return () if find_spec("ensurepip") else ("python3-pip-whl",)


def not_installed(names: Iterable[str]) -> tuple[str, ...]:
    """Those packages that the host has not installed."""
    shown = _output(("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"))
    there = {line.split()[0] for line in shown.splitlines() if line.endswith(" installed")}
    return tuple(name for name in names if name not in there)


def fetch(names: Iterable[str] | None = None) -> tuple[str, ...]:
    """Put the packages that the host lacks into the folder; answers them, each with its version.

    Does nothing when they are there already. Raises LabError on a host without apt, or when apt
    fails.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        require_programs()
        return ()
    lacking = not_installed(wanted() if names is None else names)
    place, key = folder(), _key(lacking)
    if _read(place / "key") == key:
        return tuple(_read(place / "packages").splitlines())
    shutil.rmtree(place, ignore_errors=True)
    if not lacking:
        return ()
    os.umask(0o022)
    place.mkdir(parents=True)
    archives = _download(place / "apt", lacking)
    _unpack(place / "root", archives)
    versions = sorted(_version(archive) for archive in archives)
    (place / "packages").write_text("\n".join(versions) + "\n", encoding="ascii")
    shutil.rmtree(place / "apt")
    (place / "key").write_text(key, encoding="ascii")
    return tuple(versions)


def _key(lacking: Iterable[str]) -> str:
    """Changes whenever other packages may be needed: what is lacking, and on which host."""
    release = platform.freedesktop_os_release()
    host = f"{release['ID']} {release.get('VERSION_ID', '')} {platform.machine()}"
    return "\n".join((host, *lacking)) + "\n"


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii") if path.exists() else ""


def _download(place: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """Let apt download packages with all that they need and the host has not."""
    for name in ("lists/partial", "cache/archives/partial"):
        (place / name).mkdir(parents=True)
    configuration = place / "apt.conf"
    configuration.write_text(_configuration(place), encoding="utf-8")
    apt = ("apt-get", "-qq")
    # A file named by APT_CONFIG is read first: no hook of the host's own configuration runs.
    environment = {**os.environ, "APT_CONFIG": str(configuration), "LC_ALL": "C"}
    _output((*apt, "update"), environment)
    options = ("install", "--download-only", "--assume-yes", "--no-install-recommends")
    _output((*apt, *options, *names), environment)
    return tuple(sorted((place / "cache" / "archives").glob("*.deb")))


def _configuration(place: Path) -> str:
    """The host's way to its package sources (proxies, languages), and folders of our own."""
    shown = _output(("apt-config", "dump", "--format", '%F "%v";%n', "Acquire"))
    own = {
        "Dir::Etc::parts": "/dev/null",
        "Dir::Etc::main": "/dev/null",
        "Dir::State": f"{place}/",
        "Dir::State::lists": f"{place}/lists/",
        "Dir::State::status": f"{DPKG_STATUS}",
        "Dir::Cache": f"{place}/cache/",
        "Dir::Log": f"{place}/",
        "Debug::NoLocking": "true",
        "APT::Sandbox::User": "",
    }
    return shown + "".join(f'{key} "{value}";\n' for key, value in own.items())


def _unpack(root: Path, archives: Iterable[Path]) -> None:
    """Unpack packages side by side, as on a host whose /bin, /sbin and /lib lie in /usr."""
    (root / "usr").mkdir(parents=True)
    for name in _MERGED:
        (root / "usr" / name).mkdir()
        (root / name).symlink_to(f"usr/{name}")
    tar = ("tar", "-x", "--keep-directory-symlink", "--no-same-owner", "--no-same-permissions")
    excluded = tuple(f"--exclude={path}" for path in _NOT_NEEDED)
    for archive in archives:
        with subprocess.Popen(
            ("dpkg-deb", "--fsys-tarfile", archive), stdout=subprocess.PIPE
        ) as package:
            # Not by -C, which takes a backslash for the beginning of an escape.
            done = subprocess.run((*tar, *excluded), stdin=package.stdout, cwd=root, check=False)
        if done.returncode or package.returncode:
            raise LabError(f"{archive.name} could not be unpacked into {root}")
    for name in _MERGED:
        if not any((root / "usr" / name).iterdir()):
            # An empty folder here would hide the host's own symlink of that name.
            (root / "usr" / name).rmdir()


def _version(archive: Path) -> str:
    return _output(("dpkg-deb", "-W", "--showformat=${Package}=${Version}", str(archive)))


def _output(words: Iterable[str], environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        tuple(words), env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LabError(f"{' '.join(words)}: {done.stderr.strip()[-600:]}")
    return done.stdout


def main() -> int:
    """Fetch and say what is there; the exit code is 1 when it cannot be had."""
    try:
        versions = fetch((*wanted(), *_installer()))
    except LabError as error:
        sys.stderr.write(f"setup: {error}\n")
        return error.exit_code if missing_programs() else 0
    if versions and sys.stdout.isatty():
        sys.stdout.write(f"setup: {len(versions)} Debian packages are unpacked in {folder()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
