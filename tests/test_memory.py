"""What is freed goes back to the system, also from below something small that stays."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
from pathlib import Path
import numpy as np
from tenuto import memory

def held_mb():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) / 1000

if {is_asked}:
    memory.large_arrays_apart()
# From here on glibc would put everything below 30 MB on its heap.
del (large := [np.ones(30 << 17)])[0]
before = held_mb()
arrays, small = zip(*((np.ones(4 << 17), np.ones(1000)) for _ in range(50)))
del arrays
print(held_mb() - before)
"""


def left_mb(*, is_asked):
    program = PROGRAM.format(is_asked=is_asked)
    return float(subprocess.check_output([sys.executable, "-c", program]))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do it anyway")
def test_of_200_mb_in_arrays_of_4_mb_nothing_stays():
    assert left_mb(is_asked=True) < 20
    assert left_mb(is_asked=False) > 150
