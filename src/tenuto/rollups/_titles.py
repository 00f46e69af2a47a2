"""What songs are called on each day, each name once, however many files of the day repeat it.

Ten files of a day name nearly the same songs. Whatever looks back over all days, such as usual
lengths and names, reads these sums; so it costs as much as there are songs, not files.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import ibis.expr.types as ir

from tenuto import engines
from tenuto.engines import Engine
from tenuto.events.lake import Lake, stored_digest
from tenuto.record import digest_of, digest_of_file

TABLE = "titles"
_KEY = ("day", "item_id", "title", "artist", "length_s")


def sum_titles(
    lake: Lake, rollups: Lake, open_engine: Callable[[], Engine], n_threads: int
) -> None:
    """Bring the sums of every day that has titles up to date, days side by side."""
    code = digest_of_file(Path(__file__))
    files = {day: lake.files_of(TABLE, day) for day in lake.days(TABLE)}
    wanted = {
        day: digest_of([code, *(stored_digest(file) for file in of_day)])
        for day, of_day in files.items()
    }
    todo = [day for day in wanted if rollups.digest(TABLE, day) != wanted[day]]

    def build(engine: Engine, day: date) -> None:
        rows = summed(engine.read_parquet(files[day], "titles_of_files"))
        rollups.put(TABLE, day, "part", wanted[day], engine, rows.order_by(list(_KEY)))

    for _ in engines.run_side_by_side(open_engine, build, todo, n_threads):
        pass
    rollups.keep_only(TABLE, [rollups.path(TABLE, day) for day in wanted])


def summed(titles: ir.Table) -> ir.Table:
    """One row per day and name, with the columns of ``titles``."""
    # Summed as floats: DuckDB sums whole numbers into 128 bits, which Parquet does not know.
    sums = titles.group_by(list(_KEY)).agg(total=titles.n_events.cast("float64").sum())
    return sums.select(*_KEY, n_events=sums.total.cast("int64"))
