"""Progress on stderr: bars on a terminal, plain lines elsewhere, nothing for what is quick."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Tell = Callable[[str, int, int], None]

_QUICK_S = 2.0
# Arbitrary: often enough to see that it lives, seldom enough for a log file.
_BETWEEN_LINES_S = 10.0
# Above this, done and total are bytes or rows, and a percentage says more.
_COUNTABLE = 10_000


@contextmanager
def progress(clock: Callable[[], float] = time.monotonic) -> Iterator[Tell]:
    """Something to call with (step in words, done, total) as often as one likes."""
    if sys.stderr.isatty():
        with _bars(clock) as tell:
            yield tell
    else:
        yield _Lines(clock)


class _Lines:
    """One line when a step begins and every ten seconds while it lasts."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._started_s = self._last_line_s = clock()
        self._step = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        now_s = self._clock()
        is_quick = now_s - self._started_s < _QUICK_S
        is_same = step == self._step
        if is_quick or (is_same and now_s - self._last_line_s < _BETWEEN_LINES_S):
            return
        self._step, self._last_line_s = step, now_s
        print(f"{step}: {_share(done, total)}", file=sys.stderr, flush=True)


@contextmanager
def _bars(clock: Callable[[], float]) -> Iterator[Tell]:
    started_s = clock()
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        _Count(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    tasks = {}

    def tell(step: str, done: int, total: int) -> None:
        if step not in tasks:
            tasks[step] = bars.add_task(step)
        bars.update(tasks[step], completed=done, total=total)
        if clock() - started_s >= _QUICK_S:
            bars.start()

    try:
        yield tell
    finally:
        if bars.live.is_started:
            bars.stop()


class _Count(MofNCompleteColumn):
    """``3/44`` where the numbers can be counted, else ``7%``."""

    def render(self, task):
        if (task.total or 0) > _COUNTABLE:
            return TaskProgressColumn().render(task)
        return super().render(task)


def _share(done: int, total: int) -> str:
    if total <= 0:
        return "begun"
    return f"{done / total:.0%}" if total > _COUNTABLE else f"{done} of {total}"
