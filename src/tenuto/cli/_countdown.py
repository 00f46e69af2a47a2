"""Progress of work that has a limit of time: what is done, and how long it may still take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

#: Something to call with (step in words, done, total, seconds left or None).
Tell = Callable[[str, int, int, float | None], None]

_BETWEEN_LINES_S = 10.0


@contextmanager
def countdown(clock: Callable[[], float] = time.monotonic) -> Iterator[Tell]:
    """A bar for each step on a terminal; elsewhere a line every ten seconds at most."""
    if not sys.stderr.isatty():
        yield _lines(clock)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def tell(step: str, done: int, total: int, left_s: float | None) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, left="")
            bars.update(tasks[step], completed=done, total=total, left=left_in_words(left_s))

        yield tell


def left_in_words(left_s: float | None) -> str:
    """``2:05 left``; nothing without a limit."""
    if left_s is None:
        return ""
    minutes, seconds = divmod(round(left_s), 60)
    return f"{minutes}:{seconds:02d} left"


def _lines(clock: Callable[[], float]) -> Tell:
    last = clock()

    def tell(step: str, done: int, total: int, left_s: float | None) -> None:
        nonlocal last
        if clock() - last < _BETWEEN_LINES_S:
            return
        last = clock()
        left = "" if left_s is None else f", {left_in_words(left_s)}"
        print(f"{step}: {done} of {total}{left}", file=sys.stderr, flush=True)

    return tell
