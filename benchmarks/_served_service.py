"""A workspace with one finished run of any size, made without reading a log.

Its listeners keep to songs of one taste mostly; its scores, call list and reasons are made up. The
recommenders are fitted and the lists are made as in a run.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import tomli_w

from tenuto.churn._results import ChurnSummary
from tenuto.events.lake import Lake
from tenuto.lists import in_order
from tenuto.lists._curves import Curves
from tenuto.lists._desk import Desk
from tenuto.lists._everyone import lists_of_everybody
from tenuto.lists._results import RecommendSummary, _write_lists, names_of
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import ITEM_SUMS, Interactions
from tenuto.record import write_json
from tenuto.retention._results import RetentionSummary
from tenuto.rollups import items_file
from tenuto.workspace import Workspace

DAY = date(2017, 4, 29)
DAYS, TASTES, SONGS_EACH = 30, 50, 40
DEVICES = np.array(["android", "iphone"], dtype=object)


def made_service(folder: Path, n_listeners: int, n_songs: int, seed: int = 0) -> Workspace:
    """The workspace in ``folder``, made if it is not there yet."""
    if (folder / "runs" / str(DAY) / "run.json").exists():
        return Workspace(folder)
    rng = np.random.default_rng(seed)
    Workspace.create(folder, source="musicbox", logs=folder / "logs")
    workspace = _settled(folder)
    plays = _plays(n_listeners, n_songs, rng)
    _write_sums(Lake(workspace.rollups), plays)
    items = _items(n_songs, rng)
    items.to_parquet(items_file(workspace), index=False)
    run = workspace.run_folder(DAY)
    _write_scores(run, n_listeners, rng)
    _write_lists_of(run / "recommend", _known(plays, n_listeners, n_songs), items, workspace)
    write_json(run / "run.json", {"settings": workspace.settings.model_dump()})
    return workspace


def another_run(workspace: Workspace, number: int) -> None:
    """Something to publish: the same results, as if they were another day's."""
    step = workspace.run_folder(DAY) / "churn" / "step.json"
    write_json(step, {"inputs": f"run {number}"})


def _settled(folder: Path) -> Workspace:
    known = Workspace(folder).settings.model_dump(mode="json")
    known["recommend"] |= {"model": "ials", "k": 20, "reranking": {}}
    del known["source"]["mapping"]
    (folder / "tenuto.toml").write_text(tomli_w.dumps(known), "utf-8")
    return Workspace(folder)


def _plays(n_listeners: int, n_songs: int, rng: np.random.Generator) -> pd.DataFrame:
    """One row per listener, song and day."""
    each = rng.geometric(1 / SONGS_EACH, n_listeners).clip(3, 300)
    user = np.repeat(np.arange(n_listeners), each)
    size = n_songs // TASTES
    chance = 1 / np.arange(1, size + 1) ** 0.6
    within = rng.choice(size, len(user), p=chance / chance.sum())
    usual = rng.integers(TASTES, size=n_listeners)[user] * size + within
    song = np.where(rng.random(len(user)) < 0.8, usual, rng.integers(n_songs, size=len(user)))
    frame = pd.DataFrame({"user_id": user, "item_id": song})
    frame = frame.drop_duplicates(ignore_index=True)
    return frame.assign(
        ago=rng.integers(1, DAYS + 1, len(frame)), n_plays=rng.geometric(0.5, len(frame))
    )


def _known(plays: pd.DataFrame, n_listeners: int, n_songs: int) -> Interactions:
    histories = Histories.of_pairs(
        plays["user_id"],
        plays["item_id"],
        1 + plays["n_plays"].clip(upper=4),
        plays["ago"],
        n_rows=n_listeners,
        n_items=n_songs,
        n_plays=plays["n_plays"],
    )
    sums = np.bincount(plays["item_id"], plays["n_plays"], minlength=n_songs).astype(np.int64)
    return Interactions(
        DAY,
        DAYS,
        "max_score",
        pd.RangeIndex(n_listeners).astype("int64"),
        pd.RangeIndex(n_songs).astype("int64"),
        histories,
        pd.DataFrame({name: sums if name == "n_plays" else 0 * sums for name in ITEM_SUMS}),
    )


def _write_sums(lake: Lake, plays: pd.DataFrame) -> None:
    for ago, rows in plays.groupby("ago"):
        day = DAY - timedelta(days=int(ago))
        pairs = rows[["user_id", "item_id", "n_plays"]].assign(day=day)
        users = pairs.groupby("user_id", as_index=False)["n_plays"].sum().assign(day=day)
        users = users.assign(n_events=users["n_plays"], n_downloads=0, n_searches=0, played_s=200.0)
        devices = users[["user_id", "day", "n_events"]].assign(
            device=DEVICES[users["user_id"].to_numpy() % 2]
        )
        items = pairs.groupby("item_id", as_index=False).agg(
            n_plays=("n_plays", "sum"), n_listeners=("user_id", "size")
        )
        tables = {"user_item_days": pairs, "user_days": users, "user_day_devices": devices}
        tables["item_days"] = items.assign(day=day)
        for name, table in tables.items():
            lake.put_rows(name, day, "part", f"{name} {day}", _table(table))


def _table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _items(n_songs: int, rng: np.random.Generator) -> pd.DataFrame:
    number = np.arange(n_songs)
    return pd.DataFrame(
        {
            "item_id": number,
            "title": [f"Song {one}, a title of usual length" for one in number],
            "artist": [f"Artist {one}" for one in rng.integers(n_songs // 10, size=n_songs)],
            "length_s": 200.0,
            "first_day": DAY - timedelta(days=DAYS),
            "last_day": DAY - timedelta(days=1),
        }
    )


def _write_lists_of(
    folder: Path, known: Interactions, items: pd.DataFrame, workspace: Workspace
) -> None:
    settings, device = workspace.settings.recommend, pd.Series(DEVICES[known.user_ids % 2])
    tuned = {"ials": {"epochs": 3}}
    artists = items.set_index("item_id")["artist"]
    desk = Desk.fit(known, settings, device=device, artists=artists, tuned=tuned)
    folder.mkdir(parents=True)
    lists = lists_of_everybody(desk, known.user_ids, settings.k, names_of(items))
    n_rows, rungs = _write_lists(lists, items, folder)
    for name, model in desk.models().items():
        model.save(folder / "models" / name)
    write_json(folder / "curves.json", Curves.usual().to_dict())
    hot = items.head(10)[["item_id", "title", "artist"]].assign(score=1.0, n_plays=1, n_listeners=1)
    hot = pd.concat([hot.assign(list=name, rank=range(1, 11)) for name in ("week", "month")])
    hot.assign(n_downloads=0, n_searches=0).to_csv(folder / "hot.csv", index=False)
    n = len(known.user_ids)
    said = RecommendSummary(str(DAY), n, n_rows, "ials", tuple(in_order()), rungs, (), None, {})
    write_json(folder / "summary.json", said.to_dict())
    write_json(folder / "step.json", {"inputs": "made"})


def _write_scores(run: Path, n: int, rng: np.random.Generator) -> None:
    user, probability = np.arange(n), np.sort(rng.random(n))[::-1]
    known = pd.DataFrame({"user_id": user, "rank": user + 1, "probability": probability})
    scores = known.assign(
        first_day=DAY - timedelta(days=30),
        last_day=DAY - timedelta(days=2),
        days_since_last_event=2,
        is_paid=user % 2,
        is_active_14d=user % 5 > 0,
    )
    called = known.assign(
        band="high",
        expected_value=probability,
        action="songs_by_mail",
        contacted=user % 10 > 0,
        value=10.0,
    )
    reasons = pd.DataFrame(
        {
            "user_id": user,
            "rank": 1,
            "reason": "silence",
            "contribution": 1.0,
            "raises": True,
            "sentence": "last played 2 days ago; usually every day",
        }
    )
    for name, table in {
        "churn/churn_scores": scores,
        "retention/call_list": called,
        "retention/reasons/reasons": reasons,
    }.items():
        file = run / f"{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        table.to_parquet(file, index=False)
    churn = ChurnSummary(str(DAY), horizon_days=14, label="inactivity", model="boosting")
    write_json(run / "churn" / "summary.json", churn.to_dict())
    write_json(run / "churn" / "step.json", {"inputs": "made"})
    retention = RetentionSummary(str(DAY), "made", n_listed=n)
    write_json(run / "retention" / "summary.json", retention.to_dict())
