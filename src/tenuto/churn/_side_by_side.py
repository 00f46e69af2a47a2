"""Fits side by side, each by one thread.

LightGBM, scikit-learn and BLAS let go of Python's lock while they compute, so that threads are
enough. A fit has a seed of its own and looks at no other: the same bytes whatever their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Task = TypeVar("Task")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Task], Result], tasks: Sequence[Task], n_threads: int
) -> Iterator[Result]:
    """``work(task)`` for every task, in the order of ``tasks``.

    At the first failure what has not begun is dropped, and the failure is raised.
    """
    # Held from outside: the limit is one for the process, and a fit that ends would lift it for
    # the one beside it.
    with threadpool_limits(1, user_api="blas"):
        if n_threads == 1:
            yield from map(work, tasks)
            return
        with ThreadPoolExecutor(n_threads) as pool:
            futures = [pool.submit(work, task) for task in tasks]
            try:
                while futures:
                    # Let go of each result as it is handed on: models of trees are large.
                    yield futures.pop(0).result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
