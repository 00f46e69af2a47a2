"""One log file: its name, its rows, and what is wrong with it on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from tenuto.simulation import _dirt, _faults, _records, _writing
from tenuto.simulation._day import World
from tenuto.simulation._faults import DOWN, KINDS, PLAY, Fault
from tenuto.simulation._model import FIRST_DAY
from tenuto.simulation._records import Columns, Events

ROWS_AT_A_TIME = 200_000


@dataclass(frozen=True)
class LogFolder:
    """Where the logs go, how many days of them, and how dirty they are to be."""

    out: Path
    days: int
    packed: bool
    dirt: bool
    file_faults: bool

    def last_stamp(self) -> str:
        """The last day's yyyymmdd."""
        return stamp_of(self.days - 1)


@dataclass(frozen=True)
class LogFile:
    """The log of one day, part and kind."""

    folder: LogFolder
    day: int
    part: int
    kind: str

    def write(self, world: World, events: Events) -> None:
        """Write the log, or nothing if the file is one of the lost ones."""
        fault = self._fault()
        if fault.is_missing:
            return
        events = events.take(fault.rows(len(events), self._rng(world, 20)))
        for stamp in self._stamps(fault):
            name = f"{stamp}_{self.part}_{self.kind}.log"
            chunks = self._chunks(world, events)
            path = _writing.write_log(self.folder.out, name, chunks, self.folder.packed)
        if fault.bytes_share < 1.0:
            _writing.cut_short(path, fault.bytes_share)
        if fault.odd_name and self.folder.packed:
            _writing.copy_as(path, fault.odd_name)

    def _chunks(self, world: World, events: Events) -> Iterator[memoryview]:
        """The text, some rows at a time; the same each time it is asked for."""
        words, dirt = self._rng(world, 30), self._rng(world, 40)
        for start in range(0, len(events), ROWS_AT_A_TIME):
            piece = events.take(slice(start, start + ROWS_AT_A_TIME))
            columns = self._columns(world, piece, words)
            if self.folder.dirt:
                columns = _dirt.dirty_columns(self.kind, columns, dirt)
            lines = _writing.log_lines(list(columns.values()))
            if self.folder.dirt:
                lines = _dirt.dirty_lines(self.kind, lines, dirt)
            yield _writing.log_bytes(lines)

    def _columns(self, world: World, events: Events, rng: np.random.Generator) -> Columns:
        if self.kind == PLAY:
            return _records.play_columns(events, world.listeners, world.songs)
        if self.kind == DOWN:
            return _records.download_columns(events, world.listeners, world.songs)
        day = FIRST_DAY + timedelta(days=self.day)
        return _records.search_columns(events, world.listeners, world.songs, day, rng)

    def _fault(self) -> Fault:
        if not self.folder.file_faults:
            return _faults.NONE
        return _faults.fault_of(stamp_of(self.day), self.part, self.kind)

    def _stamps(self, fault: Fault) -> list[str]:
        """The days under which these rows are filed: their own, and that of a copy."""
        if fault.copied_to is None or fault.copied_to > self.folder.last_stamp():
            return [stamp_of(self.day)]
        return [stamp_of(self.day), fault.copied_to]

    def _rng(self, world: World, purpose: int) -> np.random.Generator:
        return world.rng(purpose, self.day, self.part, KINDS.index(self.kind))


def stamp_of(day: int) -> str:
    """The day number as the logs write it, yyyymmdd."""
    when: date = FIRST_DAY + timedelta(days=day)
    return f"{when:%Y%m%d}"
