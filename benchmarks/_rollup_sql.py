"""The sums by day as one writes them by hand for DuckDB: a query for each table of a day.

Same rows, same columns, in the order of the same keys as Tenuto's. A day is read once into a
temporary table, as anybody would who needs it seven times; days go side by side, one to a thread.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import duckdb

from tenuto.events.lake import Lake

_DAY = """
CREATE OR REPLACE TEMP TABLE of_day AS
WITH lacking AS (
    SELECT DISTINCT item_id FROM read_parquet({events}) WHERE action = 'play' AND length_s IS NULL
), lengths AS (
    SELECT item_id, length_s, sum(n_events) AS n
    FROM read_parquet({titles_so_far}) SEMI JOIN lacking USING (item_id)
    WHERE length_s IS NOT NULL GROUP BY ALL
), ranked AS (
    SELECT *, sum(n) OVER (PARTITION BY item_id) AS total,
        sum(n) OVER (PARTITION BY item_id ORDER BY length_s) AS running
    FROM lengths
), usual AS (
    SELECT item_id, min(length_s) AS usual_s FROM ranked WHERE running * 2 >= total GROUP BY item_id
)
SELECT e.user_id, e.item_id, e.day, e.action, e.device, e.is_paid, e.timestamp,
    CASE WHEN action = 'play' THEN played_s END AS play_s,
    CASE WHEN action = 'play' THEN CASE WHEN played_s / nullif(coalesce(length_s, usual_s), 0) > 1
        THEN 1.0 ELSE played_s / nullif(coalesce(length_s, usual_s), 0) END END AS share
FROM read_parquet({events}) AS e LEFT JOIN usual USING (item_id)
"""
_PLAYS = """
    coalesce(sum(play_s), 0) AS played_s,
    max(play_s) AS longest_play_s,
    count(*) FILTER (play_s = 0) AS n_skips,
    count(*) FILTER (share > 0.85) AS n_finished,
    count(share) AS n_plays_with_share,
    coalesce(sum(share), 0) AS share_sum,
    count(*) FILTER (share >= 0.0 AND share < 0.2) AS n_share_00_20,
    count(*) FILTER (share >= 0.2 AND share < 0.4) AS n_share_20_40,
    count(*) FILTER (share >= 0.4 AND share < 0.6) AS n_share_40_60,
    count(*) FILTER (share >= 0.6 AND share < 0.8) AS n_share_60_80,
    count(*) FILTER (share >= 0.8) AS n_share_80_100"""
_KEPT = "item_id IS NOT NULL AND action IN ('play', 'download')"
_COUNTS = """
    count(*) FILTER (action = 'play') AS n_plays,
    count(*) FILTER (action = 'download') AS n_downloads"""

#: Table -> its key and the query that makes it.
TABLES: dict[str, tuple[str, str]] = {
    "user_days": (
        "user_id, day",
        f"""SELECT user_id, day, count(*) AS n_events, {_COUNTS},
            count(*) FILTER (action = 'search') AS n_searches, {_PLAYS},
            count(*) FILTER (is_paid) AS n_paid_events,
            count(*) FILTER (action = 'play' AND item_id IS NOT NULL) AS n_plays_of_known_items
        FROM of_day GROUP BY user_id, day""",
    ),
    "user_item_days": (
        "user_id, item_id, day",
        f"""SELECT user_id, item_id, day, {_COUNTS}, {_PLAYS}
        FROM of_day WHERE {_KEPT} GROUP BY user_id, item_id, day""",
    ),
    "item_days": (
        "item_id, day",
        f"""WITH sums AS (
            SELECT item_id, day, {_COUNTS},
                count(DISTINCT CASE WHEN action = 'play' THEN user_id END) AS n_listeners, {_PLAYS}
            FROM of_day WHERE {_KEPT} GROUP BY item_id, day
        ), named AS (
            SELECT item_id, title, artist, sum(n_events) AS n FROM read_parquet({{titles}})
            WHERE title IS NOT NULL GROUP BY ALL
        ), names AS (
            SELECT item_id, n, lower(title) AS name FROM named
            UNION ALL SELECT item_id, n, lower(title) || '  ' || lower(artist) FROM named
        ), chosen AS (
            SELECT name, item_id FROM names WHERE name IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY name ORDER BY n DESC, item_id) = 1
        ), searched AS (
            SELECT item_id, sum(n_searches)::BIGINT AS n_searches
            FROM chosen JOIN read_parquet({{queries}}) ON name = query GROUP BY item_id
        )
        SELECT sums.*, coalesce(n_searches, 0) AS n_searches
        FROM sums LEFT JOIN searched USING (item_id)""",
    ),
    "user_artist_days": (
        "user_id, artist, day",
        """WITH counted AS (
            SELECT item_id, artist, sum(n_events) AS n FROM read_parquet({titles})
            WHERE artist IS NOT NULL GROUP BY ALL
        ), sung AS (
            SELECT item_id, artist FROM counted
            QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY n DESC, artist) = 1
        )
        SELECT user_id, artist, day, count(*) AS n_plays
        FROM of_day JOIN sung USING (item_id) WHERE action = 'play' GROUP BY ALL""",
    ),
    "user_day_devices": (
        "user_id, day, device",
        """SELECT user_id, day, device, count(*) AS n_events
        FROM of_day WHERE device IS NOT NULL GROUP BY ALL""",
    ),
    "item_day_devices": (
        "item_id, day, device",
        """SELECT item_id, day, device, count(*) AS n_plays,
            count(DISTINCT user_id) AS n_listeners
        FROM of_day WHERE action = 'play' AND item_id IS NOT NULL AND device IS NOT NULL
        GROUP BY ALL""",
    ),
    "user_day_hours": (
        "user_id, day, hour",
        """SELECT user_id, day, hour(timestamp)::INTEGER AS hour, count(*) AS n_events
        FROM of_day WHERE timestamp IS NOT NULL GROUP BY ALL""",
    ),
}


def by_sql(lake: Lake, days: list[date], out: Path, threads: int, memory: str) -> None:
    """Every table of ``days`` into ``out``, as ``table/day=…/part.parquet``."""
    shutil.rmtree(out, ignore_errors=True)

    def build(own: list[date]) -> None:
        with duckdb.connect(config={"threads": 1, "memory_limit": memory}) as engine:
            for day in own:
                _build_day(engine, lake, day, out)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(build, (days[first::threads] for first in range(threads))))


def _build_day(engine: duckdb.DuckDBPyConnection, lake: Lake, day: date, out: Path) -> None:
    files = {name: _listed(lake.files_of(name, day)) for name in ("events", "titles", "queries")}
    so_far = [file for file in lake.files("titles") if _day_of(file) <= day]
    engine.execute(_DAY.format(titles_so_far=_listed(so_far), **files))
    for name, (key, query) in TABLES.items():
        target = Lake(out).path(name, day)
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = f"{query.format(**files)} ORDER BY {key}"
        engine.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def scanned(lake: Lake, days: list[date], threads: int) -> None:
    """The floor: every column of events that a sum needs, read once and added up."""
    files = _listed([file for day in days for file in lake.files_of("events", day)])
    with duckdb.connect(config={"threads": threads}) as engine:
        engine.execute(
            f"""SELECT sum(user_id), sum(item_id), sum(played_s), sum(length_s),
                count(*) FILTER (is_paid), sum(strlen(action)), sum(strlen(device)),
                sum(epoch(timestamp)), sum(epoch(day))
            FROM read_parquet({files}, hive_partitioning = false)"""
        ).fetchall()


def _day_of(file: Path) -> date:
    return date.fromisoformat(file.parent.name.removeprefix("day="))


def _listed(files: list[Path]) -> str:
    return "[" + ", ".join(f"'{file}'" for file in files) + "]"
