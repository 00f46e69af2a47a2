"""Whole lives of users, cancelled or not, in one table: the recipe of Sparkify "analytics" (S3).

Pages, hours, days and sessions are counted over everything a user ever did. Who cancels stops
being counted on that day, so the length of a life tells the answer (K41). Beside it the same
columns as of a day, with the cancellations of the 14 days after it: a forecast.

Source: S3-F1..F7, S3-M1..M3, S3-V1; K40 to K44. Differences: rows of nobody are not a user (K43);
20 seeded splits instead of one without a seed; the models are Tenuto's with those settings.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from tenuto.churn import CATALOGUE as MODELS
from tenuto.churn._contract import ChurnModel
from tenuto.churn._examples import Examples
from tenuto.events.actions import count_column
from tenuto.replication._contract import Log, Replication
from tenuto.replication._published import out_of_fold, over_splits, published_metrics

#: Class-weighted F1 on one test set of 40 users of the mini file.
PUBLISHED = {"forest": 0.7778, "logistic": 0.7641, "boosting": 0.8038}

_ACTIONS = (
    *("add_friend", "add_to_playlist", "downgrade_page", "error", "help", "home", "logout"),
    *("play", "advert", "settings", "downgrade", "upgrade", "dislike", "like", "upgrade_page"),
)
# Spark's defaults: forests and boosted trees of depth 5; regParam 0.01 is 1 / (0.01 n).
_SETTINGS: dict[str, dict[str, Any]] = {
    "forest": {"n_estimators": 50, "max_depth": 5, "min_samples_leaf": 1},
    "logistic": {"max_iter": 300},
    "boosting": {"learning_rate": 0.1, "num_leaves": 32, "rounds_when_few": 20, "max_rounds": 20},
}
_REGULARIZATION = 0.01
_TEST_SHARE = 0.2
_N_SPLITS = 20
_HORIZON_DAYS = 14


def replicate(log: Log, random_state: int) -> Replication:
    """The published recipe over 20 splits, and the forecast out of fold."""
    whole = _examples(lifetimes(log, None))
    cutoff = datetime.combine(log.end - timedelta(days=_HORIZON_DAYS), time.min)
    ahead = _examples(lifetimes(log, cutoff))
    rows, models = [], {}
    for name, published in PUBLISHED.items():
        fit = partial(_fit, name, random_state=random_state)
        claimed = {"variant": "as published", "model": name, "published": published}
        rows.append(claimed | _over_splits(fit, whole, random_state))
        honest = {"variant": "as a forecast", "model": name, "published": np.nan}
        rows.append(honest | out_of_fold(fit, ahead))
        models[f"as_published/{name}"] = fit(whole)
        models[f"as_a_forecast/{name}"] = fit(ahead)
    scores = pd.DataFrame(rows).sort_values(
        ["variant", "model"], ascending=[False, True], ignore_index=True
    )
    return Replication(scores, models, tuple(_says(scores)))


def lifetimes(log: Log, cutoff: datetime | None) -> pd.DataFrame:
    """One row per user: S3-F1 to F7 and ``label``.

    Without a cutoff over the whole log, and ``label`` is having cancelled; with one from the
    events before it, for users who are still there, and ``label`` is cancelling in the
    14 days after it.
    """
    events, profiles = log.events, log.profiles
    if cutoff is None:
        past, gone = events, events.filter(events.action == "cancel")
    else:
        past = events.filter(events.timestamp < cutoff)
        profiles = profiles.filter(profiles.day < cutoff.date())
        before = past.filter(past.action == "cancel").select("user_id").distinct()
        past = past.anti_join(before, "user_id")
        gone = events.filter((events.action == "cancel") & (events.timestamp >= cutoff))
    users = past.group_by("user_id").agg(**_columns(past))
    left = gone.select(left_user="user_id").distinct()
    joined = users.left_join(left, [("user_id", "left_user")])
    labelled = joined.mutate(label=joined.left_user.notnull().cast("int64")).drop("left_user")
    agents = log.frame(profiles.select("user_id", "user_agent").distinct())
    table = log.frame(labelled.order_by("user_id"))
    dummies = pd.crosstab(agents["user_id"], agents["user_agent"].fillna("Unknown"))
    dummies.columns = [f"agent_{number}" for number in range(dummies.shape[1])]
    return table.merge(dummies.reset_index(), on="user_id", how="left").fillna(0)


def _columns(events: ir.Table) -> dict[str, ir.Value]:
    counts = {
        count_column(action): (events.action == action).ifelse(1, None).count()
        for action in _ACTIONS
    }
    spans = {
        "days_active": ibis.literal(True),
        "days_paid": events.is_paid,
        "days_free": ~events.is_paid,
    }
    return {
        **counts,
        "total_length": (events.action == "play").ifelse(events.length_s, 0.0).sum(),
        "n_sessions": events.session_id.nunique(),
        **{name: _span_days(events, where) for name, where in spans.items()},
    }


def _span_days(events: ir.Table, where: ir.BooleanValue) -> ir.FloatingValue:
    last, first = events.timestamp.max(where=where), events.timestamp.min(where=where)
    return ((last.epoch_seconds() - first.epoch_seconds()) / 86_400).fill_null(0.0)


def _examples(table: pd.DataFrame) -> Examples:
    return Examples(
        user_id=table["user_id"].to_numpy(),
        cutoff=np.full(len(table), np.datetime64("1970-01-01")),
        X=table.drop(columns=["user_id", "label"]),
        y=table["label"].to_numpy(),
    )


def _over_splits(
    fit: Callable[[Examples], ChurnModel], examples: Examples, random_state: int
) -> dict[str, float]:
    rng = np.random.default_rng(random_state)
    found = []
    for _ in range(_N_SPLITS):
        is_test = rng.random(len(examples)) < _TEST_SHARE
        test = examples.take(is_test)
        assert test.y is not None
        found.append(published_metrics(test.y, fit(examples.take(~is_test)).predict(test.X)))
    return over_splits(found)


def _fit(name: str, training: Examples, *, random_state: int) -> ChurnModel:
    settings = dict(_SETTINGS[name])
    if name == "logistic":
        settings["C"] = 1 / (_REGULARIZATION * len(training))
    return MODELS.get(name).Model(**settings).fit(training, random_state=random_state)


def _says(scores: pd.DataFrame) -> list[str]:
    best = scores[scores["variant"] == "as published"].nlargest(1, "weighted_f1").iloc[0]
    honest = scores[scores["variant"] == "as a forecast"].nlargest(1, "average_precision").iloc[0]
    return [
        f"As published, the best model ({best['model']}) has a weighted F1 of "
        f"{best['weighted_f1']:.3f} ({best['weighted_f1_low']:.3f} to "
        f"{best['weighted_f1_high']:.3f} over {_N_SPLITS} splits); naming nobody has "
        f"{best['weighted_f1_of_nobody']:.3f}.",
        "Its columns run up to the cancellation: what it detects has already happened (K41).",
        f"As a forecast over {_HORIZON_DAYS} days, the best ({honest['model']}) has an average "
        f"precision of {honest['average_precision']:.3f} against a base rate of "
        f"{honest['base_rate']:.3f}, AUC {honest['auc']:.3f}.",
    ]
