"""Members that train on Spark, trained by a program of its own.

    python tests/spark_training.py URL OUT

trains each on the Spark at URL, some from rows in memory and some from a table there, and writes
what the models say to OUT: a process talks to one Spark only.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from spark_cluster import driver_settings
from tenuto import engines
from tenuto.churn import CATALOGUE
from tenuto.churn._examples import Examples
from tenuto.recommenders import spark_als

#: So small that all train in seconds.
QUICK = {
    "spark_boosting": {"n_estimators": 3, "max_depth": 2, "subsample": 1.0},
    "spark_forest": {"n_estimators": 3, "max_depth": 4},
    "spark_logistic": {"grid": {"regularization": [0.001, 1.0]}, "n_folds": 2},
}


def listeners(n=300, seed=0):
    """Those silent for longer leave more often."""
    rng = np.random.default_rng(seed)
    silent = rng.integers(1, 31, size=n).astype(float)
    X = pd.DataFrame({"silent_days": silent, "noise": rng.normal(size=n)})
    leaves = rng.random(n) < np.where(silent > 12, 0.9, 0.1)
    cutoffs = np.repeat(np.datetime64("2017-04-14", "D"), n)
    return Examples(np.arange(n), cutoffs, X, leaves.astype(int))


def plays(n_users=30, n_items=20, seed=5):
    """Even users like even items, odd users odd ones, each about half of them."""
    rng = np.random.default_rng(seed)
    rows = [
        (user, item, float(rng.integers(1, 6)))
        for user in range(n_users)
        for item in range(n_items)
        if (user + item) % 2 == 0 and rng.random() < 0.6
    ]
    return pd.DataFrame(rows, columns=["user_id", "item_id", "preference"])


def said(engine):
    """What the models of ``engine`` say, by name."""
    examples, unseen, pairs = listeners(), listeners(seed=1).X, plays()
    rows = examples.X.assign(user_id=examples.user_id, left=examples.y)
    table = engine.from_arrow(pa.Table.from_pandas(rows, preserve_index=False))
    found = {}
    for name in ("spark_forest", "spark_logistic"):
        model = CATALOGUE.get(name).Model(**QUICK[name]).fit(examples, random_state=1)
        found[name] = model.predict(unseen)
    boosting = CATALOGUE.get("spark_boosting").Model(**QUICK["spark_boosting"])
    boosting.fit_table(engine, table, label="left", random_state=1)
    found["spark_boosting"] = boosting.predict(unseen)
    als = spark_als.Model(embedding_size=6, epochs=2)
    als.fit_table(engine, engine.from_arrow(pa.Table.from_pandas(pairs)), cutoff=date(2017, 4, 29))
    histories = als.histories_in(pairs, pd.Index(pairs["user_id"].unique()))
    found["spark_als"] = als.scores(histories)
    lists = engine.to_arrow(als.recommend_table(5, exclude_heard=True)).to_pandas()
    lists = lists.sort_values(["user_id", "rank"])
    found["lists"] = lists["score"].to_numpy()
    return found


def main(url: str, out: str) -> None:
    settings = driver_settings() if url.startswith("spark://") else {}
    with engines.CATALOGUE.get("spark").open(url=url, options=settings) as engine:
        np.savez(Path(out), **said(engine))


if __name__ == "__main__":
    main(*sys.argv[1:])
