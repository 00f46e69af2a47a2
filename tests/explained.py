"""A small run whose listeners leave when silent for longer than usual, to ask for reasons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tenuto.churn._examples import Examples
from tenuto.churn._protocols import forward
from tenuto.churn._results import ChurnSummary
from tenuto.record import write_json

FEW_TREES = {"boosting": {"max_rounds": 40, "patience": 10, "learning_rate": 0.1}}


def listeners(n: int = 240, seed: int = 0, cutoff: str = "2017-04-29") -> Examples:
    """Listeners with a habit, a silence and some noise; long silences are followed by leaving."""
    rng = np.random.default_rng(seed)
    silent = rng.integers(1, 21, size=n).astype(float)
    plays = np.where(silent > 7, 0, rng.poisson(20, size=n)).astype(float)
    X = pd.DataFrame(
        {
            "days_since_last_event": silent,
            "days_since_last_play": silent,
            "mean_gap_days": np.where(rng.random(n) < 0.1, np.nan, 2.0),
            "n_plays_7d": plays,
            "n_plays_14d": plays + rng.poisson(20, size=n),
            "share_played_80_100_14d": rng.random(n),
            "n_homes_14d": rng.poisson(3, size=n).astype(float),
            "of_our_own": rng.normal(size=n),
        }
    )
    y = (rng.random(n) < np.where(silent > 10, 0.85, 0.15)).astype(int)
    return Examples(np.arange(1, n + 1), np.full(n, np.datetime64(cutoff)), X, y)


def explained_run(
    folder: Path, model: str = "boosting", sampling: str = "none", verb: str = "leave"
) -> Path:
    """The ``churn`` folder of a run with two folds, as far as reasons need it."""
    training, asked = listeners(seed=1, cutoff="2017-04-15"), listeners()
    settings = {name: values for name, values in FEW_TREES.items() if name == model}
    scored = forward(
        training,
        asked,
        [model],
        horizon_days=14,
        random_state=0,
        n_folds=2,
        sampling=sampling,
        settings=settings,
    )
    for fold, fitted in enumerate(scored.models[model]):
        fitted.save(folder / "folds" / model / str(fold))
    said = scored.of(model)
    scores = pd.DataFrame(
        {
            "user_id": asked.user_id,
            "score": said["score"].to_numpy(),
            "probability": said["probability"].to_numpy(),
            "fold": said["fold"].to_numpy(),
            "is_active_14d": asked.X["days_since_last_event"].to_numpy() <= 14,
        }
    ).sort_values(["score", "user_id"], ascending=[False, True], ignore_index=True)
    scores.insert(0, "rank", np.arange(1, len(scores) + 1))
    scores.to_parquet(folder / "churn_scores.parquet", index=False)
    features = asked.X.assign(user_id=asked.user_id)
    features.to_parquet(folder / "features.parquet", index=False)
    summary = ChurnSummary(cutoff="2017-04-29", model=model, verb=verb)
    write_json(folder / "summary.json", summary.to_dict())
    return folder
