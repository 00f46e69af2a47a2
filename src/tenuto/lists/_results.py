"""Lists for everyone as files, the charts, and how good the lists would have been."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tenuto.lists import in_order
from tenuto.lists._carried import copy_judgement, lists_with_carried
from tenuto.lists._charts import hot_lists
from tenuto.lists._desk import Desk
from tenuto.lists._everyone import listeners, lists_of_everybody
from tenuto.lists._lister import Lister
from tenuto.lists._reasons import Named
from tenuto.lists._shown import days_remembered
from tenuto.lists._titles import Titles
from tenuto.lists._updates import CONTEXT_FILE, CURVES_FILE, EarlierRun, Freshness, compared
from tenuto.privacy import guarded_table, write_table
from tenuto.record import read_json, write_json
from tenuto.timeline import Past

SUMMARY_FILE = "summary.json"


@dataclass(frozen=True)
class RecommendSummary:
    """The short of the lists: for how many listeners, from whom, and the top of the charts.

    rungs : reason code -> listeners with a row for that reason
    freshness : when models were fitted, and to whom something has happened since
    """

    cutoff: str
    n_listeners: int
    n_rows: int
    model: str
    lists: tuple[str, ...]
    rungs: dict[str, int]
    hot_this_week: tuple[str, ...]
    judged_at: str | None
    freshness: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, folder: Path) -> RecommendSummary:
        return cls(**read_json(folder / SUMMARY_FILE))


#: How many of how many listeners have their lists.
Told = Callable[[int, int], None]


def write_recommendations(
    lister: Lister, cutoff: date, folder: Path, progress: Told | None = None
) -> None:
    """Write lists for every listener, the charts and the judgement into ``folder``.

    Lists know what was known on the day ``cutoff``, also where the log has gone on since: they
    learn from the latest outcome known then, and are judged by the latest one known now.
    """
    earlier = lister.earlier(cutoff)
    if earlier is not None and earlier.can_be_updated(cutoff, lister.settings.refit_days):
        _carry_on(lister, cutoff, folder, earlier, progress)
        return
    learned_at, judged_at = lister.learned_at(cutoff), lister.judged_at(cutoff)
    learned = None if learned_at is None else lister.judged(learned_at)
    judged = learned
    if judged_at is not None and judged_at != learned_at:
        judged = lister.judged(judged_at)
    if judged_at is not None:
        # An empty table says that nobody came back to be judged by.
        pd.DataFrame([] if judged is None else judged.records).to_csv(
            folder / "metrics.csv", index=False
        )
    desk, past = lister.desk(cutoff, learned), lister.timeline.past(lister.engine, cutoff)
    write_json(folder / CURVES_FILE, desk.curves.to_dict())
    if learned is not None:
        write_json(folder / CONTEXT_FILE, learned.context.to_dict())
    learned_from = desk.interactions.of_most_heard(lister.settings.max_items)
    rng = np.random.default_rng([lister.random_state, 13])
    overlap = compared(earlier, desk.models(), learned_from, rng)
    Freshness(lister.settings_digest(), cutoff, overlap_at_10=overlap).write(folder)
    users = listeners(past)
    lists = lists_of_everybody(desk, users, lister.settings.k, names_of(lister.items))
    _write_run(lister, past, desk, _counted(lists, len(users), progress), judged_at, folder)


def _carry_on(
    lister: Lister, cutoff: date, folder: Path, earlier: EarlierRun, progress: Told | None
) -> None:
    """As `write_recommendations`, from the models and lists of an earlier run."""
    past = lister.timeline.past(lister.engine, cutoff)
    copy_judgement(earlier.folder, folder)
    desk = lister.desk(cutoff, earlier=earlier)
    touched = desk.touched
    assert touched is not None
    earlier.carried_on(touched).write(folder)
    users, names, settings = listeners(past), names_of(lister.items), lister.settings
    # Where lists depend on what was shown, yesterday's is wrong for those who did nothing, too.
    changed = users if days_remembered(settings.reranking) else touched.listeners
    lists = lists_with_carried(desk, users, settings.k, names, changed, earlier.folder)
    said = RecommendSummary.read(earlier.folder).judged_at
    judged_at = None if said is None else date.fromisoformat(said)
    _write_run(lister, past, desk, _counted(lists, len(users), progress), judged_at, folder)


def _counted(
    parts: Iterator[pd.DataFrame], n_users: int, progress: Told | None
) -> Iterator[pd.DataFrame]:
    """``parts``, and of how many listeners they are as they go by."""
    n_done = 0
    for lists in parts:
        yield lists
        n_done += lists["user_id"].nunique()
        if progress is not None:
            progress(n_done, n_users)
    if progress is not None:
        progress(n_users, n_users)


def _write_run(
    lister: Lister,
    past: Past,
    desk: Desk,
    lists: Iterator[pd.DataFrame],
    judged_at: date | None,
    folder: Path,
) -> None:
    """The lists, the charts, the models, and the short of it all."""
    settings, items = lister.settings, lister.items
    n_rows, rungs = _write_lists(lists, items, folder)
    hot = hot_lists(past, items, preference=settings.preference)
    write_table(hot, folder / "hot.csv")
    for name, model in desk.models().items():
        model.save(folder / "models" / name)
    top = hot[hot["list"] == "week"].head(3)
    summary = RecommendSummary(
        cutoff=past.cutoff.isoformat(),
        n_listeners=len(listeners(past)),
        n_rows=n_rows,
        model=settings.model,
        lists=tuple(in_order()),
        rungs=rungs,
        hot_this_week=tuple(_named(row) for row in top.itertuples()),
        judged_at=None if judged_at is None else judged_at.isoformat(),
        freshness=Freshness.read(folder).to_dict(),
    )
    write_json(folder / SUMMARY_FILE, summary.to_dict())


def names_of(items: pd.DataFrame) -> Named:
    """item_id -> "Title by Artist", or the title alone; items without a title are left out."""
    known = items[items["title"].notna()]
    by = known["artist"].map(lambda artist: "" if pd.isna(artist) else f" by {artist}")
    return dict(zip(known["item_id"], known["title"].astype(object) + by, strict=True))


def _write_lists(
    parts: Iterator[pd.DataFrame], items: pd.DataFrame, folder: Path
) -> tuple[int, dict[str, int]]:
    """Lists a part at a time, so that memory does not grow with the listeners."""
    n_rows, reached, titles = 0, pd.Series(dtype="int64"), Titles.of(items)
    writers: list[Any] = []
    try:
        for lists in parts:
            named = titles.beside(lists)
            table = pa.Table.from_pandas(named, schema=_schema(named), preserve_index=False)
            writers = writers or _writers(folder, table.schema)
            # The Parquet file is for programs, the other for people and their spreadsheets.
            for write, rows in zip(writers, (table, guarded_table(table)), strict=True):
                write.write_table(rows)
            n_rows += len(named)
            of_reason = named.groupby("reason_code", observed=True)["user_id"].nunique()
            reached = reached.add(of_reason, fill_value=0)
    finally:
        for write in writers:
            write.close()
    return n_rows, {str(reason): int(n) for reason, n in reached.sort_index().items()}


def _writers(folder: Path, schema: pa.Schema) -> list[Any]:
    return [
        pq.ParquetWriter(folder / "recommendations.parquet", schema),
        pa_csv.CSVWriter(folder / "recommendations.csv", schema),
    ]


def _schema(lists: pd.DataFrame) -> pa.Schema:
    """The same for every part, also where a part has no title or reason at all."""
    ids = {name: pa.Schema.from_pandas(lists[[name]]).field(name).type for name in _IDS}
    kinds = {"rank": pa.int32(), "score": pa.float64()}
    cause = {"because_1": ids["item_id"], "because_2": ids["item_id"]}
    return pa.schema(
        [(name, (ids | kinds | cause).get(name, pa.string())) for name in lists.columns]
    )


_IDS = ("user_id", "item_id")


def _named(row: Any) -> str:
    artist = f" by {row.artist}" if isinstance(row.artist, str) else ""
    title = row.title if isinstance(row.title, str) else f"item {row.item_id}"
    return f"{title}{artist}"
