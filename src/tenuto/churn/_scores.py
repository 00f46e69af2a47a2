"""Scores by a model that was saved, computed where the listeners are.

No table of all listeners comes into memory: they are scored a batch at a time, on Spark by its
executors, which load the model from its folder themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa

from tenuto.churn._contract import ChurnModel
from tenuto.engines import Engine
from tenuto.errors import ContractError
from tenuto.features import build_features
from tenuto.record import write_aside
from tenuto.timeline import Timeline, listeners


def scores_by(engine: Engine, folder: Path, features: ir.Table) -> ir.Table:
    """``user_id`` and ``probability`` of every row of ``features``, in no order.

    ``folder`` holds what `ChurnModel.save` wrote; on a cluster all executors see it under the
    same name. Features are found by name, as in `ChurnModel.predict`.

    Raises
    ------
    ContractError : if the model is not whole, or a column it knows is missing
    """
    columns = ChurnModel.load(folder).columns
    missing = [column for column in columns if column not in features.columns]
    if missing:
        raise ContractError(
            f"the model in {folder} needs columns that are not there: {', '.join(missing)}",
            mend="build the features with the families it was trained on",
        )
    known = features.select("user_id", *columns)
    user_id = known.select("user_id").schema().to_pyarrow()
    kinds = user_id.append(pa.field("probability", pa.float64()))
    score = functools.partial(_score, folder=str(Path(folder).absolute()), schema=kinds)
    return engine.map_arrow(known, score, kinds)


def write_scores(
    engine: Engine, timeline: Timeline, cutoff: date, folder: Path, target: Path
) -> int:
    """Write the scores of everyone whom a call list would have, by ``user_id``; how many they are.

    Those are all who were seen before ``cutoff`` but for robots and for who has cancelled. The
    probabilities are those of the model in ``folder``, not put right by a calibration.

    Raises
    ------
    ContractError : if the model is not whole, or knows features that this source has not
    """
    past = timeline.past(engine, cutoff)
    everybody = listeners(past)
    people = everybody.filter(
        everybody.robot_reason.isnull() & everybody.days_since_cancelled.isnull()
    )
    scores = scores_by(engine, folder, build_features(past, people).table).order_by("user_id")
    written: int = write_aside(target, lambda aside: engine.write_parquet(scores, aside))
    return written


def _score(
    batches: Iterator[pa.RecordBatch], folder: str, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    model = ChurnModel.load(folder)
    for batch in batches:
        p = model.predict(batch.drop_columns(["user_id"]).to_pandas())
        yield pa.RecordBatch.from_arrays([batch["user_id"], pa.array(p)], schema=schema)
