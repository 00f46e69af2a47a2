"""Memory that is freed goes back to the system, and does not stay with a process that has ended."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

import pyarrow as pa

#: Bytes from which on an array has pages of its own.
_OWN_PAGES = 1 << 20
#: As malloc.h of glibc numbers it.
_M_MMAP_THRESHOLD = -3


@cache
def large_arrays_apart() -> None:
    """From now on, arrays of a megabyte and more have pages of their own, which go when they do.

    By default glibc raises that limit to 32 MB as soon as an array of that size was freed, and
    everything smaller shares one heap, which a single small object at its end keeps whole. A
    server that took up a new publication every few seconds held 960 MB after fourteen of them
    instead of 525. Does nothing where the C library is another one.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _OWN_PAGES)


def give_back() -> None:
    """What Arrow keeps for its next table goes back to the system."""
    pa.default_memory_pool().release_unused()
