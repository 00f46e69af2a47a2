"""Work on several parts at once, which come in their order.

Most of what lists are made of is arithmetic on arrays, which lets other threads run. Each part
is made by one thread from what nobody changes: so it is the same whoever makes it, and when.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from tenuto.recommenders._neighbours import cores
from tenuto.recommenders._threads import one_blas_thread

Task = TypeVar("Task")
Result = TypeVar("Result")

#: More threads hold more parts, and wait more for the interpreter's lock.
_MOST_THREADS = 4


def side_by_side(work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
    """``work(task)`` of each, in order; no more are begun than threads, and one to hand on."""
    n_threads = min(_MOST_THREADS, cores())
    # Limits of BLAS are of the whole process: set here once, threads find and leave them so.
    with one_blas_thread(), ThreadPoolExecutor(n_threads) as pool:
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
