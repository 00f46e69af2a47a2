"""Bins of 14 days on each user's own clock: the recipe of the Sparkify project "time bins" (S4).

One row per user and bin with events; most rows of those who stay are thrown away before the
split, which is by row: bins of one user stand on both sides (K47), and the test is half
cancellations where life has one in twenty (K46). Beside it the same columns on the full grid of
users and bins (K48), tested on other users at the natural rate.

Source: S4-F1..F13, S4-L1..L3, S4-E1, S4-V1, S4-M1..M3. Differences: rows of nobody are not a
user; the models are Tenuto's with those depths, trees and penalties; their bins of values are
not tuned. ``churned_in_bin`` is detection, not forecast (K45).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from tenuto.churn import CATALOGUE as MODELS
from tenuto.churn._contract import ChurnModel
from tenuto.churn._examples import Examples
from tenuto.replication._bins import LABELS, binned
from tenuto.replication._contract import Log, Replication
from tenuto.replication._published import out_of_fold, over_splits, published_metrics

#: No figure was published; the metric was the area under the precision-recall curve (S4-V1).
PUBLISHED: dict[str, float] = {}

#: The share of rows without the label that was kept, before the split (S4-E1).
KEPT = {"churned_in_bin": 0.065, "will_churn_in_next_bin": 0.05, "will_churn_soon": 0.12}

# regParam 0 has no penalty at all. The trees: depth, and 10 of them.
_GRIDS: dict[str, list[dict[str, Any]]] = {
    "logistic": [{"regularization": value} for value in (0.0, 0.1, 0.3)],
    "forest": [
        {"n_estimators": 10, "max_depth": depth, "min_samples_leaf": 1} for depth in (2, 4, 6)
    ],
    "boosting": [
        {"learning_rate": 0.1, "num_leaves": 2**depth, "rounds_when_few": 10, "max_rounds": 10}
        for depth in (3, 5, 8)
    ],
}
_TEST_SHARE = 0.2
_CHOOSING_FOLDS = 2
_N_SPLITS = 10
_NO_PENALTY = 1e6


def replicate(log: Log, random_state: int) -> Replication:
    """Three labels, three models, as published and tested properly."""
    observed = binned(log, is_full_grid=False)
    full = binned(log, is_full_grid=True)
    rows, models = [], {}
    for label, name in product(LABELS, _GRIDS):
        fit = partial(_tuned, name, random_state=random_state)
        row = {"label": label, "model": name}
        claimed, models[f"{label}/{name}"] = _as_published(fit, observed, label, random_state)
        rows.append({"variant": "as published", **row, **claimed})
        proper = out_of_fold(fit, _examples(full[full[label].notna()], label))
        rows.append({"variant": "other users, natural rate", **row, **proper})
    scores = pd.DataFrame(rows).sort_values(["variant", "label", "model"], ignore_index=True)
    return Replication(scores, models, tuple(_says(scores)))


def _as_published(
    fit: Callable[[Examples], ChurnModel], bins: pd.DataFrame, label: str, random_state: int
) -> tuple[dict[str, float], ChurnModel]:
    """Thinned before the split, split by row: the means over splits, and the first model."""
    # The same rows for every model.
    rng = np.random.default_rng([random_state, LABELS.index(label)])
    found, models = [], []
    for _ in range(_N_SPLITS):
        is_kept = (bins[label] == 1).to_numpy() | (rng.random(len(bins)) < KEPT[label])
        thinned = _examples(bins[is_kept], label)
        is_test = rng.random(len(thinned)) < _TEST_SHARE
        model, test = fit(thinned.take(~is_test)), thinned.take(is_test)
        assert test.y is not None
        found.append(published_metrics(test.y, model.predict(test.X)))
        models.append(model)
    return over_splits(found), models[0]


def _tuned(name: str, training: Examples, *, random_state: int) -> ChurnModel:
    """The best of the grid by average precision over two folds, fitted on all of ``training``."""
    scores = [_score(name, asked, training, random_state) for asked in _GRIDS[name]]
    return _fit(name, _GRIDS[name][int(np.argmax(scores))], training, random_state)


def _score(name: str, asked: dict, training: Examples, random_state: int) -> float:
    figures = [
        average_precision_score(test.y, _fit(name, asked, rest, random_state).predict(test.X))
        for rest, test in _halves(training, random_state)
    ]
    return float(np.mean(figures)) if figures else 0.0


def _halves(examples: Examples, random_state: int) -> Iterator[tuple[Examples, Examples]]:
    fold = np.random.default_rng(random_state).integers(0, _CHOOSING_FOLDS, len(examples))
    for number in range(_CHOOSING_FOLDS):
        rest, test = examples.take(fold != number), examples.take(fold == number)
        if _has_both(rest) and _has_both(test):
            yield rest, test


def _has_both(examples: Examples) -> bool:
    assert examples.y is not None
    return 0 < int(examples.y.sum()) < len(examples)


def _fit(name: str, asked: dict, training: Examples, random_state: int) -> ChurnModel:
    settings = dict(asked)
    if name == "logistic":
        penalty = settings.pop("regularization")
        settings["C"] = 1 / (penalty * len(training)) if penalty else _NO_PENALTY
    return MODELS.get(name).Model(**settings).fit(training, random_state=random_state)


def _examples(bins: pd.DataFrame, label: str) -> Examples:
    return Examples(
        user_id=bins["user_id"].to_numpy(),
        # A bin is a cutoff of its own: numbered, so that a user has one row for each.
        cutoff=np.datetime64("1970-01-01") + bins["bin"].to_numpy(),
        X=bins.drop(columns=["user_id", *LABELS]),
        y=bins[label].to_numpy(),
    )


def _says(scores: pd.DataFrame) -> list[str]:
    return [_says_of(label, scores[scores["label"] == label]) for label in LABELS]


def _says_of(label: str, scores: pd.DataFrame) -> str:
    before, after = (
        scores[scores["variant"] == variant].nlargest(1, "average_precision").iloc[0]
        for variant in ("as published", "other users, natural rate")
    )
    return (
        f"{label}: area under the precision-recall curve {before['average_precision']:.3f} as "
        f"published, on test sets of about {before['n_test']:.0f} rows of which "
        f"{before['base_rate']:.0%} cancel ({before['average_precision_low']:.3f} to "
        f"{before['average_precision_high']:.3f} over {_N_SPLITS} splits); "
        f"{after['average_precision']:.3f} on other users at the natural rate, where guessing has "
        f"{after['base_rate']:.3f}."
    )
