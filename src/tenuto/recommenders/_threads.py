"""One thread of BLAS, for many small systems: more would only wait for each other.

On two busy cores, placing 943 listeners among 128 factors took 0.5 s with one thread and 3 to
16 s with two. It is also one thing less that could change the last digit of a result.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


def one_blas_thread() -> AbstractContextManager[object]:
    """While it is entered, BLAS of this process has one thread."""
    return _controller().limit(limits=1, user_api="blas")


@cache
def _controller() -> ThreadpoolController:
    # Looking for the libraries takes milliseconds; setting their threads, a tenth of one.
    import scipy.linalg  # noqa: F401  (has a BLAS of its own, which must be there to be found)

    return ThreadpoolController()
