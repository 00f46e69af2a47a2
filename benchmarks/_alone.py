"""Work in a process of its own, so that its peak memory and processor seconds are its alone.

The starting of Python and the imports of the work's module are not timed. Peak memory is that of
the process and of all that it starts (Spark's Java), looked at ten times a second, and never less
than what the kernel says of the process itself.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from _timing import Timing

LOOK_EVERY_S = 0.1
Begin = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """What one step of some work took; ``peak_gb`` is the most memory held during it."""

    name: str
    seconds: float
    processor_s: float
    peak_gb: float


def in_turns(
    works: Mapping[str, Callable[[], Any]], repeats: int = 1
) -> tuple[list[Timing], dict[str, Any]]:
    """Every work ``repeats`` times, each time alone, by turns; and the last result of each.

    Every second turn goes backwards, so that nobody is always the one after the slowest.
    """
    runs: dict[str, list[Step]] = {name: [] for name in works}
    results: dict[str, Any] = {}
    for turn in range(repeats):
        for name in list(works)[:: 1 if turn % 2 == 0 else -1]:
            step, results[name] = alone(works[name])
            runs[name].append(step)
            print(f"{name}: {step.seconds:.2f} s, {step.peak_gb:.2f} GB", file=sys.stderr)
    return [_timing(name, of) for name, of in runs.items()], results


def alone(work: Callable[[], Any]) -> tuple[Step, Any]:
    """One run of ``work``, which has to be a function of a module (or a partial of one)."""
    (step,), result = in_steps(partial(_as_one_step, work))
    return step, result


def in_steps(work: Callable[[Begin], Any]) -> tuple[list[Step], Any]:
    """``work(begin)``, which calls ``begin(name)`` wherever a step begins.

    Raises
    ------
    SystemExit : with what the process said, if it failed
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work_and_tell, args=(work, theirs))
    process.start()
    theirs.close()
    steps: list[Step] = []
    peak_gb = 0.0
    while True:
        while not ours.poll(LOOK_EVERY_S):
            peak_gb = max(peak_gb, _tree_gb(process.pid))
        kind, told = _heard(ours, process)
        if kind == "step":
            name, seconds, processor_s, own_peak_gb = told
            steps.append(Step(name, seconds, processor_s, max(peak_gb, own_peak_gb)))
            if name:
                print(f"{name}: {seconds:.1f} s, {steps[-1].peak_gb:.2f} GB", file=sys.stderr)
            peak_gb = 0.0
        else:
            process.join()
            break
    if kind == "failure":
        raise SystemExit(told)
    return steps, told


def _heard(ours: Connection, process: Any) -> tuple[str, Any]:
    try:
        return ours.recv()
    except EOFError:
        process.join()
        return "failure", f"the process was ended ({process.exitcode})"


def _timing(name: str, steps: list[Step]) -> Timing:
    processor_s = sum(step.processor_s for step in steps) / len(steps)
    peak_gb = max(step.peak_gb for step in steps)
    return Timing(name, [step.seconds for step in steps], processor_s, peak_gb)


# In the process.


def _as_one_step(work: Callable[[], Any], begin: Begin) -> Any:
    begin("")
    return work()


def _work_and_tell(work: Callable[[Begin], Any], answers: Connection) -> None:
    clock = _Clock(answers)
    try:
        result = work(clock.begin)
    except BaseException:
        answers.send(("failure", traceback.format_exc()))
        return
    clock.end()
    answers.send(("result", result))


class _Clock:
    """Tells of every step when it is over."""

    def __init__(self, answers: Connection):
        self._answers = answers
        self._name: str | None = None

    def begin(self, name: str) -> None:
        self.end()
        _forget_peak()
        self._name, self._began, self._before = name, time.perf_counter(), _processor_s()

    def end(self) -> None:
        if self._name is not None:
            seconds = time.perf_counter() - self._began
            told = (self._name, seconds, _processor_s() - self._before, _own_peak_gb())
            self._answers.send(("step", told))


def _processor_s() -> float:
    """Of this process and of those that it started and that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _forget_peak() -> None:
    """Let the kernel begin anew with the peak of this process, where it can (Linux)."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")


def _own_peak_gb() -> float:
    """The peak since `_forget_peak`; elsewhere than on Linux, of the whole life of the process."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text()
        return _kb_of(status, "VmHWM") / 2**20
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


# From outside.


def _tree_gb(root: int | None) -> float:
    """What a process and all below it hold now; 0 where there is no /proc to look at."""
    parents: dict[int, int] = {}
    held_kb: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
        except OSError:  # it has ended since
            continue
        parents[int(folder.name)] = _kb_of(status, "PPid")
        held_kb[int(folder.name)] = _kb_of(status, "VmRSS")
    return sum(kb for pid, kb in held_kb.items() if _is_below(pid, root, parents)) / 2**20


def _is_below(pid: int, root: int | None, parents: dict[int, int]) -> bool:
    while pid and pid != root:
        pid = parents.get(pid, 0)
    return pid == root


def _kb_of(status: str, field: str) -> int:
    for line in status.splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    return 0
