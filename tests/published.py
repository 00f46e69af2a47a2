"""A finished run of a small service with tastes, made by hand where tests ask for known answers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from conftest import workspace_over
from service import CUTOFF, day_before, did, played, settle, timeline_of
from tenuto import pipeline
from tenuto.churn._results import ChurnSummary
from tenuto.engines import Engine
from tenuto.record import write_json
from tenuto.retention._results import RetentionSummary
from tenuto.rollups import items_file
from tenuto.workspace import Workspace

N_LISTENERS, N_SONGS, N_TASTES = 40, 48, 4
#: The first is called, the second held out by chance, the third left alone by choice.
CALLED, HELD_OUT, LEFT_ALONE = 1, 2, 3
#: Seen by the log, and never scored.
UNSCORED = N_LISTENERS
STRANGER = 10_000
SCRIPT = "<script>alert(1)</script>"
SETTINGS = {
    "churn": {"horizon_days": 3},
    "recommend": {"model": "ials", "k": 6, "min_items": 3, "reranking": {}},
    "engine": {"threads": 1},
}


def events(days: int = 16) -> list[dict]:
    """Listeners who play songs of one taste mostly, on a device of their own."""
    rng = np.random.default_rng(5)
    size, found = N_SONGS // N_TASTES, []
    for user in range(1, N_LISTENERS + 1):
        taste, device = user % N_TASTES, "android" if user % 3 else "iphone"
        songs = taste * size + rng.permutation(size)[: 3 + user % 5]
        if user % 6 == 0:
            songs = np.append(songs, rng.integers(N_SONGS))
        for ago in range(days, 0, -1):
            for song in rng.choice(songs, 1 + user % 2, replace=False):
                found.append(played(user, ago, item=int(song), device=device))
        if user % 7 == 0:
            found.append(did(user, "download", 2, device=device))
    return found


def finished_run(
    engine: Engine, folder: Path, *, rows: list[dict] | None = None, **settings: dict[str, Any]
) -> Workspace:
    """A workspace with lists of a real run, and scores and a call list that are known."""
    workspace = settle(workspace_over(folder / "logs", folder / "workspace"), SETTINGS | settings)
    timeline_of(engine, workspace.rollups, events() if rows is None else rows)
    _items().to_parquet(items_file(workspace), index=False)
    finish(workspace)
    return workspace


def finish(workspace: Workspace, day: Any = CUTOFF) -> None:
    """Lists as the run makes them, and all else by hand."""
    run = workspace.run_folder(day)
    for step in ("churn", "retention/reasons"):
        (run / step).mkdir(parents=True, exist_ok=True)
    write_scores(run, day)
    pipeline.recommend(workspace, day)
    write_json(run / "run.json", {"settings": workspace.settings.model_dump()})


def write_scores(run: Path, day: Any = CUTOFF) -> None:
    """Scores that fall with the id, a call list, and its reasons."""
    scored = np.arange(1, N_LISTENERS)
    probability = 1 - scored / (N_LISTENERS + 1)
    scores = pd.DataFrame(
        {
            "rank": scored,
            "user_id": scored,
            "first_day": day_before(16),
            "last_day": [day_before(1 + user % 3) for user in scored.tolist()],
            "days_since_last_event": 1 + scored % 3,
            "is_paid": scored % 2,
            "probability": probability,
            "is_active_14d": scored % 5 > 0,
        }
    )
    scores.to_parquet(run / "churn" / "churn_scores.parquet", index=False)
    summary = ChurnSummary(
        str(day), horizon_days=3, label="inactivity", model="boosting", n_listeners=len(scores)
    )
    write_json(run / "churn" / "summary.json", summary.to_dict())
    write_json(run / "churn" / "step.json", {"inputs": str(day)})
    _call_list(scores).to_parquet(run / "retention" / "call_list.parquet", index=False)
    retention = RetentionSummary(str(day), "spring", n_listed=len(scores))
    write_json(run / "retention" / "summary.json", retention.to_dict())
    _reasons(scores).to_parquet(run / "retention" / "reasons" / "reasons.parquet", index=False)
    write_json(run / "retention" / "reasons" / "summary.json", {"note": ""})


def _call_list(scores: pd.DataFrame) -> pd.DataFrame:
    user = scores["user_id"]
    held_out = (user == HELD_OUT) | (user % 9 == 8)
    planned = (user != LEFT_ALONE) & (user < 30)
    action = np.where(user % 2 == 0, "free_trial", "win_back")
    return pd.DataFrame(
        {
            "rank": scores["rank"],
            "user_id": user,
            "probability": scores["probability"],
            "band": "highest",
            "expected_value": np.where(planned, scores["probability"] * 2, 0.0),
            "action": np.where(planned, action, "leave_alone"),
            "song_1": user % N_SONGS,
            "song_1_title": [f"Song {one % N_SONGS}" for one in user],
            "group": np.where(held_out, "holdout", "treat"),
            "is_planned": planned,
            "contacted": planned & ~held_out,
            "value": np.where(user % 2 == 1, 100.0, 10.0),
            "is_paid": user % 2 == 1,
        }
    )


def _reasons(scores: pd.DataFrame) -> pd.DataFrame:
    of_silence = pd.DataFrame(
        {
            "user_id": scores["user_id"],
            "rank": 1,
            "reason": "silence",
            "contribution": 1.5,
            "raises": True,
            "sentence": [f"last played {user % 3 + 1} days ago" for user in scores["user_id"]],
        }
    )
    of_plays = of_silence[of_silence["user_id"] % 2 == 0].assign(
        rank=2, reason="plays", contribution=-0.5, raises=False, sentence="9 plays a week"
    )
    return pd.concat([of_silence, of_plays], ignore_index=True)


def _items() -> pd.DataFrame:
    number = np.arange(N_SONGS)
    titles = [f"Song {one}" for one in number]
    titles[5] = SCRIPT
    return pd.DataFrame(
        {
            "item_id": number,
            "title": titles,
            "artist": [None if one % 11 == 0 else f"Artist {one % 6}" for one in number],
            "length_s": 200.0,
            "first_day": CUTOFF - timedelta(days=16),
            "last_day": CUTOFF - timedelta(days=1),
        }
    )
