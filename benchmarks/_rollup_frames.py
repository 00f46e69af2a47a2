"""The three largest sums by day with pandas and with Polars, as one writes them by hand.

Users, items, and users and items by day; not who sang what, no devices and no searches. One day
at a time, because pandas cannot hold more of a large service. Lengths that the log does not
know stay unknown here, and so do their shares.
"""

from __future__ import annotations

import os
import shutil
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from tenuto.events.lake import Lake

KEYS: dict[str, list[str]] = {
    "user_days": ["user_id", "day"],
    "user_item_days": ["user_id", "item_id", "day"],
    "item_days": ["item_id", "day"],
}
_COLUMNS = ["user_id", "item_id", "day", "action", "played_s", "length_s", "is_paid"]
_BOUNDS = (0.0, 0.2, 0.4, 0.6, 0.8, float("inf"))
_FLAGS = (
    *("n_events", "n_plays", "n_downloads", "n_searches", "played_s", "n_skips", "n_finished"),
    *("n_plays_with_share", "share_sum", "n_paid_events"),
    *(f"n_share_{number}" for number in range(len(_BOUNDS) - 1)),
)


def by_pandas(lake: Lake, days: list[date], out: Path) -> None:
    """Flags as columns, then one group-by with sums for each table."""
    shutil.rmtree(out, ignore_errors=True)
    for day in days:
        events = pq.read_table(lake.files_of("events", day), columns=_COLUMNS, partitioning=None)
        flags = _flags_of_pandas(events.to_pandas())
        for name, key in KEYS.items():
            rows = flags if name == "user_days" else flags[flags["item_id"].notna()]
            sums = rows.groupby(key, as_index=False)[list(_FLAGS)].sum()
            sums["longest_play_s"] = rows.groupby(key)["played_s"].max().to_numpy()
            if name == "item_days":
                sums["n_listeners"] = rows.groupby(key)["user_id"].nunique().to_numpy()
            sums.to_parquet(_target(out, name, day), compression="zstd", index=False)


def _flags_of_pandas(events: pd.DataFrame) -> pd.DataFrame:
    is_play = events["action"] == "play"
    length_s = events["length_s"].where(events["length_s"] != 0)
    share = (events["played_s"] / length_s).clip(upper=1.0).where(is_play)
    made = {
        "n_events": 1,
        "n_plays": is_play,
        "n_downloads": events["action"] == "download",
        "n_searches": events["action"] == "search",
        "played_s": events["played_s"].where(is_play, 0.0),
        "n_skips": is_play & (events["played_s"] == 0),
        "n_finished": share > 0.85,
        "n_plays_with_share": share.notna(),
        "share_sum": share,
        "n_paid_events": events["is_paid"] == 1,
    }
    for number, (low, high) in enumerate(pairwise(_BOUNDS)):
        made[f"n_share_{number}"] = (share >= low) & (share < high)
    return events.assign(**made)


def by_polars(lake: Lake, days: list[date], out: Path, threads: int) -> None:
    """One lazy query for each table and day."""
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars as pl

    shutil.rmtree(out, ignore_errors=True)
    for day in days:
        events = pl.scan_parquet(lake.files_of("events", day), hive_partitioning=False)
        for name, key in KEYS.items():
            rows = events if name == "user_days" else events.filter(pl.col("item_id").is_not_null())
            sums = rows.group_by(key).agg(**_sums_of_polars(pl, name))
            sums.sort(key).collect().write_parquet(_target(out, name, day), compression="zstd")


def _sums_of_polars(pl: Any, name: str) -> dict[str, Any]:
    is_play = pl.col("action") == "play"
    played_s = pl.col("played_s").filter(is_play)
    share = (pl.col("played_s") / pl.col("length_s").replace(0.0, None)).clip(upper_bound=1.0)
    share = share.filter(is_play)
    made = {
        "n_events": pl.len(),
        "n_plays": is_play.sum(),
        "n_downloads": (pl.col("action") == "download").sum(),
        "n_searches": (pl.col("action") == "search").sum(),
        "played_s": played_s.sum(),
        "longest_play_s": played_s.max(),
        "n_skips": (played_s == 0).sum(),
        "n_finished": (share > 0.85).sum(),
        "n_plays_with_share": share.count(),
        "share_sum": share.sum(),
        "n_paid_events": pl.col("is_paid").sum(),
    }
    for number, (low, high) in enumerate(pairwise(_BOUNDS)):
        made[f"n_share_{number}"] = ((share >= low) & (share < high)).sum()
    if name == "item_days":
        made["n_listeners"] = pl.col("user_id").n_unique()
    return made


def _target(out: Path, name: str, day: date) -> Path:
    target = Lake(out).path(name, day)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target
