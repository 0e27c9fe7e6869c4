"""Debian's daemons beside the checkout: what is fetched and how, and what lies over /usr."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from onshi_lab import daemons, holder, mounts
from onshi_lab.errors import LabError
from tests.lab.clinic import BIN, needs_root

HOST = "base-files installed\nchrony installed\nnginx-light config-files\nsamba not-installed\n"
ACQUIRE = 'Acquire::http::Proxy "http://proxy.example:3128/";\n'


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own for the daemons, whose name means something to overlayfs."""
    place = tmp_path / "a folder, with: odd\\name"
    monkeypatch.setenv(daemons.FOLDER_VARIABLE, str(place))
    return place


def says(monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]) -> list[str]:
    """Let programs say that; answers the list of what is run."""
    run: list[str] = []

    def output(words: tuple[str, ...], _environment: object = None) -> str:
        run.append(" ".join(words))
        return answers.get(words[0], "")

    monkeypatch.setattr(daemons, "_output", output)
    return run


def test_what_the_host_has_installed_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch, {"dpkg-query": HOST})
    names = ("chrony", "nginx-light", "samba", "radvd")
    assert daemons.not_installed(names) == ("nginx-light", "samba", "radvd")


def test_every_program_of_the_lab_is_in_a_package_of_the_list() -> None:
    assert set(daemons.PROGRAMS.values()) <= set(daemons.wanted())


def test_apt_works_in_folders_of_the_checkout_by_the_hosts_own_sources(
    apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = says(monkeypatch, {"apt-config": ACQUIRE})
    assert daemons._download(apart, ("samba",)) == ()
    text = (apart / "apt.conf").read_text()
    assert ACQUIRE in text
    for key in ("Dir::State::lists", "Dir::Cache", "Dir::Log"):
        assert f'{key} "{apart}/' in text
    assert 'Dir::Etc::parts "/dev/null";' in text, "the host's hooks would run"
    assert [line for line in run if line.startswith("apt-get")] == [
        "apt-get -qq update",
        "apt-get -qq install --download-only --assume-yes --no-install-recommends samba",
    ]


def test_what_is_there_is_not_fetched_again(apart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = says(monkeypatch, {"dpkg-query": HOST})
    apart.mkdir()
    (apart / "key").write_text(daemons._key(("samba",)))
    (apart / "packages").write_text("samba=4.17\n")
    assert daemons.fetch(("chrony", "samba")) == ("samba=4.17",)
    assert [line for line in run if "apt" in line] == []


def test_a_host_that_has_got_everything_meanwhile_needs_no_folder(
    apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, {"dpkg-query": HOST})
    (apart / "root" / "usr").mkdir(parents=True)
    assert daemons.fetch(("chrony",)) == ()
    assert daemons.usr() is None


def test_who_lacks_a_program_is_told_the_one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemons, "SYSTEM_PATH", "/nonexistent")
    with pytest.raises(LabError, match=r"chronyd.*Debian: chrony.*`make setup`.*installs nothing"):
        daemons.require_programs()


def test_a_failing_apt_is_quoted() -> None:
    with pytest.raises(LabError, match="echo broken >&2; exit 1: broken"):
        daemons._output(("sh", "-c", "echo broken >&2; exit 1"))


@needs_root
def test_packages_are_unpacked_side_by_side_and_cover_the_host(apart: Path, tmp_path: Path) -> None:
    """Also those that still name /bin and /lib; the host's own links of these names stay."""
    packages = []
    for name, files in (("one", ("bin/one", "usr/lib/x/one")), ("two", ("lib/x/two",))):
        for file in files:
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        control = tmp_path / name / "DEBIAN" / "control"
        control.parent.mkdir()
        control.write_text(
            f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x.example>\n"
            "Description: x\n"
        )
        package = tmp_path / f"{name}.deb"
        subprocess.run(("dpkg-deb", "--build", tmp_path / name, package), check=True)
        packages.append(package)
    daemons._unpack(apart / "root", packages)
    assert [daemons._version(package) for package in packages] == ["one=1", "two=1"]
    usr = daemons.usr()
    assert usr is not None
    assert (usr / "bin" / "one").read_text() == "one"
    assert (usr / "lib" / "x" / "two").read_text() == "two"
    host = tmp_path / "host"
    (host / "bin").mkdir(parents=True)
    (host / "bin" / "ls").touch()
    (host / "local").mkdir()
    script = (
        f"import sys; from pathlib import Path; from onshi_lab import mounts\n"
        f"mounts.unshare(mounts.NEW_MOUNTS); host = Path({str(host)!r})\n"
        f"mounts.mount(None, '/', None, mounts.PRIVATE | mounts.RECURSIVE)\n"
        f"mounts.mount('own', str(host / 'local'), 'tmpfs'); (host / 'local' / 'x').touch()\n"
        f"mounts.cover(Path({str(usr)!r}), host)\n"
        f"print(sorted(str(each.relative_to(host)) for each in host.rglob('*')))"
    )
    shown = subprocess.run(
        (sys.executable, "-c", script), capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    seen = ["bin", "bin/ls", "bin/one", "lib", "lib/x", "lib/x/one", "lib/x/two"]
    assert shown.stdout == f"{[*seen, 'local', 'local/x']}\n"


def test_mountinfo_is_read_as_the_kernel_escapes_it() -> None:
    line = "36 35 98:0 /mnt1 /mnt\\040two rw,noatime shared:1 - ext3 /dev/a\\134b rw\n"
    assert mounts.read_table(line) == (mounts.Mount(36, "/mnt two", "/dev/a\\b"),)


@needs_root
def test_a_host_without_the_daemons_runs_the_lab_from_the_folder(tmp_path: Path) -> None:
    """The host's own are hidden, and put where `make setup` would have put Debian's.

    A host that has none itself is left as it is: the kernel lays two overlays over one another, no
    third.
    """
    hide = f"""
    mkdir -p {tmp_path}/root/usr/sbin {tmp_path}/upper {tmp_path}/work
    cp -a /usr/sbin/smbd /usr/sbin/nginx {tmp_path}/root/usr/sbin/
    mount -t tmpfs own {tmp_path}/upper && mkdir {tmp_path}/upper/a {tmp_path}/upper/b
    mount -t overlay o -o \
        lowerdir=/usr,upperdir={tmp_path}/upper/a,workdir={tmp_path}/upper/b /usr
    rm /usr/sbin/smbd /usr/sbin/nginx
    export {daemons.FOLDER_VARIABLE}={tmp_path}
    """
    day = f"""
    {BIN}/onshi-lab --name apart up
    {BIN}/onshi-lab --name apart exec laptop -- ls /usr/sbin/smbd
    {BIN}/onshi-lab --name apart down
    ls /usr/sbin/smbd /run/netns || echo 'nothing of it outside'
    """
    outside = (
        ("nsenter", f"--mount=/proc/{_outside()}/ns/mnt", f"--wd={Path.cwd()}")
        if mounts.is_mount(daemons.USR)
        else ()
    )
    apart = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    script = f"set -eu; mount -t tmpfs own /run; {'' if outside else hide}{day}"
    words = (*outside, *apart, "sh", "-c", script)
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert "/usr/sbin/smbd\n" in done.stdout, done.stderr
    assert done.stdout.endswith("is down\nnothing of it outside\n"), done.stdout + done.stderr


def _outside() -> int:
    """The nearest process above this one that is not in its room."""
    above = (process.pid for process in psutil.Process().parents())
    return next(pid for pid in above if _view(pid) != _view(os.getpid()))


def _view(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/mnt").readlink())


@pytest.mark.parametrize(
    ("table", "pretends"),
    [("0 4242 1\n", True), ("0 4242 1\n1 700000 65535\n", False), ("0 0 4294967295\n", False)],
)
def test_other_users_are_pretended_only_where_there_are_none(
    tmp_path: Path, table: str, pretends: bool
) -> None:
    file = tmp_path / "uid_map"
    file.write_text(table)
    assert bool(holder.pretence(file)) is pretends


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ("", None),
        ("somebody:100000:65536\n", None),
        ("{me}:100000:65536\n", 100000),
        ("{me}:5:10\n{me}:200000:65535\n", 200000),
    ],
)
def test_a_range_counts_when_it_is_ones_own_and_long_enough(
    tmp_path: Path, lines: str, first: int | None
) -> None:
    file = tmp_path / "subuid"
    file.write_text(lines.format(me=os.getuid()))
    assert holder._range(file) == first


def test_a_users_folder_is_below_his_runtime_directory_when_that_is_his(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(holder.RUNTIME_VARIABLE, str(tmp_path))
    assert holder.folder() == tmp_path / "onshi-lab"
    monkeypatch.setenv(holder.RUNTIME_VARIABLE, "/nonexistent")
    assert str(holder.folder()).startswith("/tmp/onshi-lab-")


LEFT = """
import os
from onshi_lab import room

def view():
    return os.stat("/proc/thread-self/ns/mnt").st_ino, os.stat("/").st_dev, os.getcwd()

home = view()
room.enter_as_root()
outer = view()
room.enter_as_root()
room.leave_as_root()
assert view() == outer, "a room within a room ended the outer one"
room.leave_as_root()
assert view() == home
"""


@needs_root
def test_the_room_is_left_as_it_was_entered() -> None:
    """In a process of its own: what another thread is in, too, can't be left."""
    subprocess.run((sys.executable, "-c", LEFT), check=True, cwd="/")
