"""Lists for everyone as files, the charts, and how good the lists would have been."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tenuto.engines import Engine
from tenuto.errors import NotEnoughData
from tenuto.lists import in_order
from tenuto.lists._charts import hot_lists
from tenuto.lists._curves import Curves
from tenuto.lists._desk import Desk
from tenuto.lists._device_context import ContextSettings
from tenuto.lists._devices import usual_devices
from tenuto.lists._everyone import listeners, lists_of_everybody
from tenuto.lists._judged import Judged, judged_lists
from tenuto.lists._reasons import Named
from tenuto.lists._shown import NEEDED_BY, shown_before
from tenuto.lists._titles import with_titles
from tenuto.preferences import feedback_before, learned_weights
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._inner import InnerSplit, forward
from tenuto.recommenders._interactions import Interactions, interactions_before
from tenuto.record import read_json, write_json
from tenuto.settings import RecommendSettings
from tenuto.timeline import Past, Timeline

SUMMARY_FILE, CURVES_FILE, CONTEXT_FILE = "summary.json", "curves.json", "context.json"


@dataclass(frozen=True)
class RecommendSummary:
    """The short of the lists: for how many listeners, from whom, and the top of the charts.

    rungs : reason code -> listeners with a row for that reason
    """

    cutoff: str
    n_listeners: int
    n_rows: int
    model: str
    lists: tuple[str, ...]
    rungs: dict[str, int]
    hot_this_week: tuple[str, ...]
    judged_at: str | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, folder: Path) -> RecommendSummary:
        return cls(**read_json(folder / SUMMARY_FILE))


@dataclass(frozen=True)
class Lister:
    """What lists of one workspace are made with, whatever the cutoff.

    root : the workspace's folder
    items : ``item_id``, ``title``, ``artist``, one row per item
    risk : by user_id, 0 to 1, at the cutoff of the lists; empty where it is not known
    tuned : recommender -> settings that a search found
    """

    root: Path
    engine: Engine
    timeline: Timeline
    items: pd.DataFrame
    settings: RecommendSettings
    horizon_days: int
    random_state: int
    risk: pd.Series
    tuned: Mapping[str, Mapping[str, Any]]

    def interactions(self, past: Past) -> Interactions:
        """What was known before the cutoff of ``past``, as the settings look at it."""
        settings = self.settings
        is_signals = settings.preference == "signals"
        return interactions_before(
            past,
            settings.preference,
            settings.window_days,
            settings.history_days or None,
            settings=self._signals(past) if is_signals else None,
            feedback=feedback_before(self.root, past.cutoff),
        )

    def desk(
        self, cutoff: date, curves: Curves | None = None, context: ContextSettings | None = None
    ) -> Desk:
        """All recommenders fitted on what was known before ``cutoff``."""
        past, settings = self.timeline.past(self.engine, cutoff), self.settings
        interactions = self.interactions(past)
        remembers = NEEDED_BY & set(settings.reranking)
        prior = None
        if context is not None:
            prior = context.prior(past, interactions.item_ids, settings.window_days)
        return Desk.fit(
            interactions,
            settings,
            device=usual_devices(past, settings.window_days),
            risk=self.risk,
            artists=self.items.set_index("item_id")["artist"],
            shown=shown_before(self.root / "runs", cutoff) if remembers else None,
            tuned=self.tuned,
            inner=self.inner(cutoff),
            curves=curves,
            prior=prior,
        )

    def inner(self, cutoff: date) -> InnerSplit | None:
        """What may be learned from of ``cutoff``; None where the log begins too late for it."""
        try:
            return forward(self.engine, self.timeline, cutoff, self.horizon_days, self._most_heard)
        except NotEnoughData:
            return None

    def _most_heard(self, past: Past) -> Interactions:
        return self.interactions(past).of_most_heard(self.settings.max_items)

    def _signals(self, past: Past) -> dict[str, float]:
        """As set, or learned from what was played again before the cutoff, if that is better."""
        if not self.settings.learn_signals:
            return self.settings.signals
        wall = past.cutoff - timedelta(days=self.horizon_days)
        try:
            found = learned_weights(
                self.timeline.past(self.engine, wall),
                self.timeline.future(self.engine, wall, self.horizon_days),
                self.settings.window_days,
                random_state=self.random_state,
            )
        except NotEnoughData:
            return self.settings.signals
        return found.settings if found.is_better else self.settings.signals

    def judged_at(self, cutoff: date) -> date | None:
        """The latest cutoff up to ``cutoff`` of which it is known what was played next."""
        latest = min(cutoff, self.timeline.last_closed_cutoff(self.horizon_days))
        return latest if latest > self.timeline.first_day else None

    def fitted(self, member: Any, name: str, interactions: Interactions) -> Recommender:
        """A recommender with the settings that were found for it, or its own."""
        return member.Model(**self.tuned.get(name, {})).fit(interactions)

    def played_after(self, cutoff: date) -> pd.DataFrame:
        """``user_id`` and ``item_id`` of what was played in the horizon from ``cutoff`` on."""
        future = self.timeline.future(self.engine, cutoff, self.horizon_days)
        days = future.table("user_item_days")
        heard = days.filter(days.n_plays > 0).select("user_id", "item_id").distinct()
        return self.engine.to_arrow(heard.order_by(["user_id", "item_id"])).to_pandas()

    def judged(self, cutoff: date) -> Judged | None:
        """Lists made at ``cutoff`` held against what came; None where nobody came back."""
        rng = np.random.default_rng([self.random_state, 11])
        try:
            past = self.timeline.past(self.engine, cutoff)
            future = self.played_after(cutoff)
            return judged_lists(past, self.desk(cutoff), future, self.settings, rng)
        except NotEnoughData:
            return None


def write_recommendations(lister: Lister, cutoff: date, folder: Path) -> None:
    """Write lists for every listener, the charts and the judgement into ``folder``."""
    settings, items = lister.settings, lister.items
    judged_at = lister.judged_at(cutoff)
    judged = None if judged_at is None else lister.judged(judged_at)
    if judged_at is not None:
        # An empty table says that nobody came back to be judged by.
        pd.DataFrame([] if judged is None else judged.records).to_csv(
            folder / "metrics.csv", index=False
        )
    past = lister.timeline.past(lister.engine, cutoff)
    desk = (
        lister.desk(cutoff)
        if judged is None
        else lister.desk(cutoff, judged.curves, judged.context)
    )
    users = listeners(past)
    n_rows, rungs = _write_lists(desk, users, items, settings.k, folder)
    hot = hot_lists(past, items, preference=settings.preference)
    hot.to_csv(folder / "hot.csv", index=False)
    for name, model in desk.models().items():
        model.save(folder / "models" / name)
    write_json(folder / CURVES_FILE, desk.curves.to_dict())
    if judged is not None:
        write_json(folder / CONTEXT_FILE, judged.context.to_dict())
    top = hot[hot["list"] == "week"].head(3)
    summary = RecommendSummary(
        cutoff=cutoff.isoformat(),
        n_listeners=len(users),
        n_rows=n_rows,
        model=settings.model,
        lists=tuple(in_order()),
        rungs=rungs,
        hot_this_week=tuple(_named(row) for row in top.itertuples()),
        judged_at=None if judged_at is None else judged_at.isoformat(),
    )
    write_json(folder / SUMMARY_FILE, summary.to_dict())


def names_of(items: pd.DataFrame) -> Named:
    """item_id -> "Title by Artist", or the title alone; items without a title are left out."""
    known = items[items["title"].notna()]
    by = known["artist"].map(lambda artist: "" if pd.isna(artist) else f" by {artist}")
    return dict(zip(known["item_id"], known["title"].astype(object) + by, strict=True))


def _write_lists(
    desk: Desk, users: pd.Index, items: pd.DataFrame, k: int, folder: Path
) -> tuple[int, dict[str, int]]:
    """Lists a part at a time, so that memory does not grow with the listeners."""
    n_rows, reached = 0, pd.Series(dtype="int64")
    writers: list[Any] = []
    try:
        for lists in lists_of_everybody(desk, users, k, names_of(items)):
            named = with_titles(lists, items)
            table = pa.Table.from_pandas(named, schema=_schema(named), preserve_index=False)
            writers = writers or _writers(folder, table.schema)
            for write in writers:
                write.write_table(table)
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
