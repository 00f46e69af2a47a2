"""A service with cancellations, and a study of it as guards see it: for tests of guards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np

from conftest import ALL_KNOWING
from service import CUTOFF, a_town, did, frame, timeline_of
from tenuto.churn._examples import Examples
from tenuto.churn._guarded import rebuilding
from tenuto.churn._small_logs import days_in
from tenuto.engines import Engine
from tenuto.evaluation.folds import user_fold
from tenuto.features import build_features
from tenuto.guards import Rows, Study, definitions_hash
from tenuto.labels import cancellation
from tenuto.timeline import Timeline, listeners

HORIZON, BIN_DAYS = 7, 7
#: Two honest families, and quick ones.
HONEST = ("recency", "tenure")


def a_service(engine: Engine, folder) -> Timeline:
    """120 listeners on paid plans; a third cancel on one of the 7 days from the cutoff on."""
    events = []
    for row in a_town(n_listeners=120, first_ago=16, last_ago=-HORIZON + 1):
        cancels = _cancels_after(row["user_id"])
        if cancels is None or row["day"] < CUTOFF + timedelta(days=cancels):
            events.append(row | {"is_paid": True})
    for user in range(1, 121):
        if (days := _cancels_after(user)) is not None:
            events.append(did(user, "cancel", -days, is_paid=False))
    noon = time(12)
    timed = [row | {"timestamp": datetime.combine(row["day"], noon)} for row in events]
    return timeline_of(engine, folder, timed, source=ALL_KNOWING)


def _cancels_after(user: int) -> int | None:
    return user % HORIZON if user % 3 == 0 else None


@contextmanager
def looked_at(
    engine: Engine, timeline: Timeline, families: Sequence[str] = HONEST, **changes: Any
) -> Iterator[Study]:
    """A study of ``families`` at the cutoff, not yet scored by a model.

    ``changes`` are fields of `Study`, or functions from it to them.
    """
    tested, features = _at(engine, timeline, CUTOFF, families)
    training, _ = _at(engine, timeline, CUTOFF - timedelta(days=HORIZON), families)
    rows = Examples(tested.user_id, tested.cutoff, tested.X, tested.y)
    with rebuilding(engine, timeline, CUTOFF, rows, families=families) as rebuild:
        study = Study(
            training=training,
            tested=tested,
            horizon_days=HORIZON,
            label="cancellation",
            log_end=timeline.end,
            training_fold=user_fold(training.user_id, 3),
            fold=user_fold(tested.user_id, 3),
            rebuild=rebuild,
            family={feature.name: feature.family for feature in features},
            definitions={"training": definitions_hash(features)},
            days=days_in(timeline.rollups),
            today=CUTOFF + timedelta(days=30),
        )
        for name, change in changes.items():
            study = replace(study, **{name: change(study) if callable(change) else change})
        yield study


def _at(engine: Engine, timeline: Timeline, cutoff, families: Sequence[str]):
    past = timeline.past(engine, cutoff)
    people = engine.cache(listeners(past))
    built = build_features(past, people, families=families)
    told = cancellation.label(people, timeline.future(engine, cutoff, HORIZON))
    rows = frame(engine, built.table.inner_join(told, "user_id").order_by("user_id"))
    cutoffs = np.full(len(rows), np.datetime64(cutoff))
    X, y = rows[built.names], rows["label"].to_numpy()
    return Rows(rows["user_id"].to_numpy(), cutoffs, X, y), built.features


def with_columns(rows: Rows, **columns: Any) -> Rows:
    """``rows`` with more columns."""
    return replace(rows, X=rows.X.assign(**columns))
