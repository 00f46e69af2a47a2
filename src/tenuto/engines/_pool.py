"""Workers side by side, each with an engine of one thread of its own.

Floats are then always summed in the same order: the same bytes whatever the number of cores.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Protocol, TypeVar

from tenuto.engines._contract import Engine


class Closable(Protocol):
    """What holds an engine and lets go of it."""

    def close(self) -> None: ...


Worker = TypeVar("Worker", bound=Closable)
Task = TypeVar("Task")
Result = TypeVar("Result")


def beside_each_other(
    engine: Engine, work: Callable[[Engine, Task], Result], tasks: Sequence[Task], n_threads: int
) -> list[Result]:
    """``work(engine, task)`` for every task, in their order, each on one thread of its own.

    One after the other where the engine has no siblings.
    """
    if len(tasks) == 1 or n_threads == 1 or not engine.has_siblings:
        return [work(engine, task) for task in tasks]
    numbered = run_side_by_side(
        engine.beside,
        lambda sibling, place: (place, work(sibling, tasks[place])),
        range(len(tasks)),
        n_threads,
    )
    found = dict(numbered)
    return [found[place] for place in range(len(tasks))]


def run_side_by_side(
    open_worker: Callable[[], Worker],
    work: Callable[[Worker, Task], Result],
    tasks: Iterable[Task],
    n_workers: int,
) -> Iterator[Result]:
    """``work(worker, task)`` for every task, as results come; one worker to a thread.

    At the first failure what has not begun is dropped, what is under way is finished, and
    the failure is raised.
    """
    own = threading.local()
    workers: list[Worker] = []

    def work_alone(task: Task) -> Result:
        if not hasattr(own, "worker"):
            own.worker = open_worker()
            workers.append(own.worker)
        return work(own.worker, task)

    with ThreadPoolExecutor(n_workers) as pool:
        futures = [pool.submit(work_alone, task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            for worker in workers:
                worker.close()
