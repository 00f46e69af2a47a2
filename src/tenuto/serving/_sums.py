"""What is long or summed for each listener, as JSON, so many listeners at a time.

Lists, days and earlier scores are read from Parquet files with millions of rows, which DuckDB
groups; a part of the listeners at once, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import duckdb
import pandas as pd

from tenuto.engines._spill import spill_folder
from tenuto.events.lake import Lake
from tenuto.serving._run import Run

#: Lists of one listener are neighbours: the key is the listener's row times this, and the list's
#: number.
LISTS_PER_ROW = 8
#: Days of a listener that are kept, and runs of which scores are.
DAYS_KEPT, RUNS_KEPT = 90, 60
#: Listeners at once: about 100 MB of lists.
_AT_ONCE = 10_000
_COUNTED = ("n_events", "n_plays", "n_downloads", "n_searches", "played_s")
_READ = "read_parquet(?, union_by_name = true, hive_partitioning = false)"
Rows = Iterator[Sequence[Any]]


class Sums:
    """Of one run, for listeners with numbers."""

    def __init__(self, run: Run, users: Sequence[Any], db: duckdb.DuckDBPyConnection):
        self._run, self._users, self._db = run, users, db
        db.execute(f"SET memory_limit = '{run.workspace.settings.engine.memory}'")
        db.execute("SET temp_directory = ?", [str(spill_folder(run.workspace.scratch))])
        db.register("numbered", pd.DataFrame({"row": range(len(users)), "user_id": users}))
        db.execute("CREATE TABLE who AS SELECT * FROM numbered")

    @classmethod
    @contextmanager
    def opened(cls, run: Run, users: Sequence[Any]) -> Iterator[Sums]:
        """For listeners with the ids ``users``, ascending; their numbers are their places."""
        with duckdb.connect() as db:
            yield cls(run, users, db)

    def lists(self) -> Rows:
        """Key, and item, score, reason code, reason and its causes of every place of the list."""
        names = enumerate(self._run.recommend.lists)
        numbers = ", ".join(f"('{name}', {number})" for number, name in names)
        query = f"""
            SELECT who.row * {LISTS_PER_ROW} + of_list.number AS key, '[' || string_agg(
                json_array(item_id, score, reason_code, reason, because_1, because_2)::VARCHAR,
                ',' ORDER BY rank) || ']'
            FROM (SELECT * FROM read_parquet(?) WHERE user_id BETWEEN ? AND ?) AS songs
                JOIN who USING (user_id)
                JOIN (VALUES {numbers}) AS of_list(name, number) ON songs.list = of_list.name
            GROUP BY key ORDER BY key
        """
        return self._in_parts(query, str(self._run.lists_file))

    def days(self) -> Rows:
        """Row, and of each day with something done: the day, what was done, different songs."""
        run = self._run
        lake, since = Lake(run.workspace.rollups), run.day - timedelta(days=DAYS_KEPT)
        done, heard = (
            [str(file) for file in lake.files(name, since=since, before=run.day)]
            for name in ("user_days", "user_item_days")
        )
        if not done or not heard:
            return iter(())
        known = self._db.execute(f"DESCRIBE SELECT * FROM {_READ}", [done]).fetchall()
        there = {name for name, *_ in known}
        counted = ", ".join(f"done.{name}" if name in there else "NULL" for name in _COUNTED)
        query = f"""
            SELECT who.row, '[' || string_agg(
                json_array(strftime(done.day, '%Y-%m-%d'), {counted}, heard.n)::VARCHAR,
                ',' ORDER BY done.day) || ']'
            FROM (SELECT * FROM {_READ} WHERE user_id BETWEEN ? AND ?) AS done
                JOIN who USING (user_id)
                LEFT JOIN (SELECT user_id, day, count(*) AS n FROM {_READ}
                           WHERE user_id BETWEEN ? AND ? AND n_plays > 0
                           GROUP BY user_id, day) AS heard USING (user_id, day)
            GROUP BY who.row ORDER BY who.row
        """
        return self._in_parts(query, done, heard)

    def history(self) -> Rows:
        """Row, and day, probability, rank and how many were scored of each run that is there."""
        parts: list[str] = []
        files = self._run.histories()[-RUNS_KEPT:]
        for file in files:
            parts.append(
                f"SELECT user_id, '{file.parents[1].name}' AS day, probability, rank, "
                f"(SELECT count(*) FROM read_parquet('{_quoted(str(file))}')) AS n "
                "FROM read_parquet(?) WHERE user_id BETWEEN ? AND ?"
            )
        query = f"""
            SELECT who.row, '[' || string_agg(
                json_array(said.day, probability, rank, n)::VARCHAR, ',' ORDER BY said.day) || ']'
            FROM ({" UNION ALL ".join(parts)}) AS said JOIN who USING (user_id)
            GROUP BY who.row ORDER BY who.row
        """
        return self._in_parts(query, *map(str, files)) if parts else iter(())

    def _in_parts(self, query: str, *read: Any) -> Rows:
        """``query`` reads each of ``read`` between two ids."""
        for first in range(0, len(self._users), _AT_ONCE):
            part = self._users[first : first + _AT_ONCE]
            values = [value for one in read for value in (one, part[0], part[-1])]
            yield from self._db.execute(query, values).fetchall()


def _quoted(text: str) -> str:
    return text.replace("'", "''")
