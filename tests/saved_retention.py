"""A run as far as a campaign needs it, made by hand and small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.retention._results import write_retention
from tenuto.settings import RetentionSettings, Settings, SourceSettings

CUTOFF = "2017-04-29"


def settings(**retention: Any) -> Settings:
    source = SourceSettings(name="musicbox", logs="logs")
    return Settings(source=source, retention=RetentionSettings(**retention))


def saved_run(folder: Path, n: int = 60, *, cutoff: str = CUTOFF, **summary: Any) -> Path:
    """``runs/CUTOFF`` of ``n`` listeners: the odd ones pay, every third is silent."""
    run = folder / "runs" / cutoff
    for part in ("churn/models/boosting", "reasons", "recommend"):
        (run / part).mkdir(parents=True)
    scores = _scores(n)
    scores.to_parquet(run / "churn" / "churn_scores.parquet", index=False)
    _test_scores(scores).to_parquet(run / "churn" / "test_scores.parquet", index=False)
    pd.DataFrame({"user_id": scores["user_id"], "n_errors_14d": scores["user_id"] % 2}).to_parquet(
        run / "churn" / "features.parquet", index=False
    )
    write(run / "churn" / "models" / "boosting" / "manifest.json", {"model": "boosting"})
    known = {"label": "inactivity", "model": "boosting", "horizon_days": 14}
    known |= {"test_cutoff": cutoff, "skipped": None}
    write(run / "churn" / "summary.json", known | summary)
    _reasons(scores).to_parquet(run / "reasons" / "reasons.parquet", index=False)
    _recommendations(scores).to_parquet(run / "recommend" / "recommendations.parquet", index=False)
    return run


def planned(run: Path, **retention: Any) -> pd.DataFrame:
    """The call list of ``run`` with these settings, as `write_retention` saves it."""
    folder = run / "retention"
    folder.mkdir(exist_ok=True)
    write_retention(run, campaigns(run), settings(**retention), folder)
    return pd.read_parquet(folder / "call_list.parquet")


def campaigns(run: Path) -> Path:
    return run.parents[1] / "campaigns"


def write(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value), "utf-8")


def _scores(n: int) -> pd.DataFrame:
    place = range(n)
    return pd.DataFrame(
        {
            "rank": [at + 1 for at in place],
            "rank_active_14d": pd.array([at + 1 for at in place], dtype="Int64"),
            "user_id": [1000 + at for at in place],
            "probability": [0.98 - 0.96 * at / n for at in place],
            "is_paid": [at % 2 for at in place],
            "is_active_14d": [at % 3 > 0 for at in place],
        }
    )


def _test_scores(scores: pd.DataFrame) -> pd.DataFrame:
    said = scores["probability"]
    return scores[["user_id", "is_paid", "is_active_14d"]].assign(
        y=(scores["user_id"] * 7 % 10 < said * 10).astype(int),
        probability_boosting=said,
        probability_recency_rule=said.mean(),
    )


def _reasons(scores: pd.DataFrame) -> pd.DataFrame:
    names = ["silence", "variety", "plan"]
    rows = [
        {
            "user_id": user_id,
            "rank": rank,
            "reason": names[(user_id + rank) % 3],
            "contribution": 1.0 / rank,
            "raises": rank < 3,
            "sentence": f"sentence {rank}",
        }
        for user_id in scores["user_id"]
        for rank in (1, 2, 3)
    ]
    return pd.DataFrame(rows)


def _recommendations(scores: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "user_id": user_id,
            "list": name,
            "reason_code": "discover",
            "rank": rank,
            # The first of both lists is the same song.
            "item_id": 1 if rank == 1 else 10 * rank + at,
            "title": f"=Song {rank}",
            "artist": "Ann",
            "score": 1.0,
        }
        for user_id in scores["user_id"]
        for at, name in enumerate(("hot", "popularity"))
        for rank in (1, 2, 3, 4)
    ]
    return pd.DataFrame(rows)
