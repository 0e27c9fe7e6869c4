"""The rights of the probe: what raw packets need, and none that a program it starts could win.

Constants from Linux' linux/capability.h and linux/prctl.h; capabilities(7), capget(2), prctl(2).
"""

from __future__ import annotations

import ctypes
import os
import sys

VERSION_3, NET_RAW, SET_NO_NEW_PRIVS = 0x20080522, 13, 38


class _Header(ctypes.Structure):
    """`struct __user_cap_header_struct`; pid 0 is the calling thread."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    """`struct __user_cap_data_struct`: 32 of the capabilities in each of three sets."""

    _fields_ = tuple((name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable"))


def confine(*, raw: bool = True) -> None:
    """Gives up every capability but CAP_NET_RAW, for good. Raises OSError where that fails.

    That one too without `raw`.

    To be called while the process has one thread. Does nothing where there are no capabilities.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(VERSION_3, 0), (_Sets * 2)()
    _must(libc.capget(ctypes.byref(header), sets))
    kept = sets[0].permitted & (1 << NET_RAW if raw else 0)
    sets[0], sets[1] = _Sets(kept, kept, 0), _Sets(0, 0, 0)
    _must(libc.capset(ctypes.byref(header), sets))
    _must(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def _must(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
