"""Small copies of the sums by day of some listeners: whole, cut off, and with made-up days.

Guards build features from them again: whatever differs between them comes from days at or after
the cutoff.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenuto.events.lake import Lake
from tenuto.guards import CUT, NOISE, WHOLE

_NOISE_DAYS = 7


@dataclass(frozen=True)
class Asked:
    """Whose sums are copied, each with the day that cuts his or her log off."""

    user_id: np.ndarray
    cutoff: np.ndarray

    def rows(self, table: pa.Table) -> tuple[pa.Table, pa.Array]:
        """The rows of these listeners, and which of them are before the listener's cutoff."""
        known = pa.array(self.user_id).cast(table.schema.field("user_id").type)
        place = pc.index_in(table["user_id"], value_set=known)
        rows = table.filter(pc.is_valid(place))
        cutoffs = pa.array(self.cutoff.astype("datetime64[D]")).take(
            place.combine_chunks().drop_null()
        )
        return rows, pc.less(rows["day"], cutoffs)


def copy_small(rollups: Lake, asked: Asked, cutoff: date, folder: Path) -> Mapping[str, Lake]:
    """The three logs below ``folder``, by name.

    Tables without users are linked, not copied. The made-up days are those from ``cutoff`` on:
    rows of the last days of log, dealt out to other listeners.
    """
    lakes = {name: Lake(folder / name) for name in (WHOLE, CUT, NOISE)}
    for table in tables_of(rollups):
        if "user_id" not in pq.read_schema(rollups.files(table)[0]).names:
            _link(rollups, table, cutoff, lakes)
            continue
        latest: list[pa.Table] = []
        for day in rollups.days(table):
            files = rollups.files_of(table, day)
            rows, is_before = asked.rows(pq.read_table(files, partitioning=None))
            _put(lakes[WHOLE], table, day, rows)
            if day < cutoff:
                _put(lakes[CUT], table, day, rows.filter(is_before))
                _put(lakes[NOISE], table, day, rows)
            latest = [*latest[1 - _NOISE_DAYS :], rows]
        _make_up(lakes[NOISE], table, pa.concat_tables(latest), cutoff)
    return lakes


def tables_of(rollups: Lake) -> list[str]:
    """The tables of a lake that have days."""
    folders = sorted(path.name for path in rollups.root.iterdir() if path.is_dir())
    return [name for name in folders if rollups.days(name)]


def days_in(rollups: Lake) -> pd.DataFrame:
    """The days that the rows of each partition really are of, read off the files' statistics.

    One row per file: ``table``, ``day`` of the partition, ``first_day``, ``last_day``.
    """
    found = []
    for table in tables_of(rollups):
        for day in rollups.days(table):
            for file in rollups.files_of(table, day):
                found += [(table, day, low, high) for low, high in _day_ranges(file)]
    return pd.DataFrame(found, columns=["table", "day", "first_day", "last_day"])


def _day_ranges(file: Path) -> list[tuple[date, date]]:
    metadata = pq.read_metadata(file)
    names = metadata.schema.to_arrow_schema().names
    if "day" not in names:
        return []
    parts = [
        metadata.row_group(n).column(names.index("day")) for n in range(metadata.num_row_groups)
    ]
    known = [part.statistics for part in parts if part.statistics is not None]
    return [(each.min, each.max) for each in known if each.has_min_max]


def _put(lake: Lake, table: str, day: date, rows: pa.Table) -> None:
    path = lake.path(table, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path, compression="none")


def _link(rollups: Lake, table: str, cutoff: date, lakes: Mapping[str, Lake]) -> None:
    for name, lake in lakes.items():
        for day in rollups.days(table):
            if name == WHOLE or day < cutoff:
                source, target = (at.path(table, day).parent for at in (rollups, lake))
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.symlink(source.resolve(), target, target_is_directory=True)
                except OSError:
                    # Not every file system has links, and not everybody may make them.
                    shutil.copytree(source, target)


def _make_up(lake: Lake, table: str, latest: pa.Table, cutoff: date) -> None:
    rng = np.random.default_rng(len(latest))
    ahead = rng.integers(0, _NOISE_DAYS, len(latest))
    users = latest["user_id"].take(pa.array(rng.permutation(len(latest))))
    at = latest.schema.get_field_index("user_id")
    others = latest.set_column(at, latest.schema.field("user_id"), users)
    at = latest.schema.get_field_index("day")
    for days in range(_NOISE_DAYS):
        day = cutoff + timedelta(days=days)
        rows = others.filter(pa.array(ahead == days))
        dated = pa.array([day] * len(rows), latest.schema.field("day").type)
        _put(lake, table, day, rows.set_column(at, latest.schema.field("day"), dated))
