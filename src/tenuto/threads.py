"""Several things at once in one process: the same bytes, however many threads there are.

NumPy, SciPy, LightGBM and scikit-learn let go of Python's lock while they compute, so threads are
enough. Each thing is made by one thread, from what nobody changes.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def cores() -> int:
    """How many this process may use."""
    # Only Linux knows how many cores a process may use; elsewhere it is all of them.
    may_use = getattr(os, "sched_getaffinity", None)
    return len(may_use(0)) if may_use else os.cpu_count() or 1


def one_blas_thread() -> AbstractContextManager[object]:
    """While it is entered, BLAS of this process has one thread.

    For many small systems, more threads would only wait for each other: on two busy cores, placing
    943 listeners among 128 factors took 0.5 s with one thread and 3 to 16 s with two. It is also
    one thing less that could change the last digit of a result.
    """
    limit: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limit


def side_by_side(
    work: Callable[[Task], Result], tasks: Iterable[Task], n_threads: int
) -> Iterator[Result]:
    """``work(task)`` of each, in order; no more are begun than threads, and one to hand on.

    At the first failure what has not begun is dropped, and the failure is raised.
    """
    # Held from outside: the limit is one for the process, and a task that ends would lift it for
    # the one beside it.
    with one_blas_thread():
        if n_threads == 1:
            yield from map(work, tasks)
            return
        with ThreadPoolExecutor(n_threads) as pool:
            begun: deque[Future[Result]] = deque()
            try:
                for task in tasks:
                    begun.append(pool.submit(work, task))
                    if len(begun) > n_threads:
                        yield begun.popleft().result()
                while begun:
                    yield begun.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


@cache
def _controller():
    # Looking for the libraries takes milliseconds; setting their threads, a tenth of one.
    import scipy.linalg  # noqa: F401  (has a BLAS of its own, which must be there to be found)
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
