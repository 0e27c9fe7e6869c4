"""The room that the lab runs in: the checkout's daemons lie over /usr; an ordinary user is root.

As root the room is this process's own view of the files: nothing of it is seen outside but the
named network namespaces, which are as `ip netns` makes them. An ordinary user's room is kept by a
process of its own, the holder (`holder`); each command steps into it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onshi_lab import daemons, holder, mounts, state
from onshi_lab.kernel import shared
from onshi_lab.kernel.namespaces import NAMESPACES

_HOMES: list[tuple[int, ...]] = []
"""What each `enter_as_root` left: mount namespace, root and working directory, open.

Nothing where there was no need to leave, as in a room within a room.
"""


@contextmanager
def entered(lab: str) -> Iterator[None]:
    """This thread, and all that it starts, is in the room of a lab for the time of the block.

    Raises LabError when the kernel gives an ordinary user no room.
    """
    if os.geteuid() == 0:
        enter_as_root()
    else:
        # A user's PATH need not hold the folders of the administrator's tools (nft).
        os.environ["PATH"] = f"{os.environ.get('PATH', '')}:{daemons.SYSTEM_PATH}".lstrip(":")
        holder.enter(lab)
    try:
        yield
    finally:
        _leave(lab)


def seen_from_outside(path: Path) -> Path:
    """The path of a lab's file as the user sees it who is not in the room."""
    if holder.inside() and path.is_relative_to(holder.ROOT):
        return holder.folder() / path.relative_to(holder.ROOT)
    return path


def enter_as_root() -> None:
    """Lay the checkout's daemons over /usr; does nothing where the host or a room has them all."""
    shared.share(NAMESPACES)
    usr = daemons.usr()
    if usr is None or not daemons.missing_programs():
        _HOMES.append(())
        return
    left = ("/proc/thread-self/ns/mnt", "/", ".")
    _HOMES.append(tuple(os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in left))
    mounts.unshare(mounts.NEW_MOUNTS)
    for place in (Path("/"), daemons.USR):
        if mounts.is_mount(place):
            mounts.mount(None, str(place), None, mounts.PRIVATE)
    mounts.cover(usr, daemons.USR)


def _leave(lab: str) -> None:
    """Step out; what only a running lab needs goes away with the last one."""
    if holder.inside():
        holder.leave(needed=state.directory(lab).exists())
    else:
        leave_as_root()


def leave_as_root() -> None:
    """Step out of what the last `enter_as_root` made.

    Raises OSError in a process whose other threads are in the room, too.
    """
    if home := _HOMES.pop():
        _go_home(*home)
    if not _HOMES:
        shared.tidy(NAMESPACES)


def _go_home(namespace: int, root: int, directory: int) -> None:
    try:
        mounts.setns(namespace, mounts.NEW_MOUNTS)
        # The namespace's own root need not be the one that this process was in (chroot).
        os.fchdir(root)
        os.chroot(".")
        os.fchdir(directory)
    finally:
        for descriptor in (namespace, root, directory):
            os.close(descriptor)
