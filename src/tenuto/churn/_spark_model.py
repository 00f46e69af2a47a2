"""What the churn models have in common that Spark trains and that need no Spark afterwards.

Spark learns; what it learned comes back as plain numbers. Scores, reasons and files are made from
these in this process, or in any other: no Spark, no Java, no pickle.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import asdict
from typing import Any, ClassVar, Self

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from tenuto import engines, saved
from tenuto import sampling as samplings
from tenuto.churn._contract import ChurnModel
from tenuto.churn._spark_columns import Filling, Matrix, facts_about
from tenuto.churn._spark_grid import Grid, Tried, check_grid, searched
from tenuto.errors import ContractError, NotEnoughData
from tenuto.evaluation.folds import user_fold

#: Rows from memory that make up one part of Spark's work. In one part sums are always added up
#: in the same order; so up to here, the same fit gives the same bytes.
ROWS_PER_PART = 50_000
#: Rows that come here to see what is usual: what is added to it is a reason.
MAX_SEEN = 20_000
LABEL, WEIGHT, FOLD, FEATURES = "label", "weight", "fold", "features"


class SparkModel(ChurnModel):
    """A member writes `_estimator`, `_learned`, `PARAMETERS`, and what is done with numbers.

    ``grid``, where given, is tried by Spark's CrossValidator first: setting -> values to try. All
    rows of a listener are in one fold. ``tried`` tells afterwards what came of it.
    """

    #: The keyword of Spark's estimator for each setting of the member.
    PARAMETERS: ClassVar[dict[str, str]]
    #: The column of Spark's predictions that ranks listeners.
    RANKED_BY: ClassVar[str] = "rawPrediction"
    is_logged = False

    def __init__(self, *, grid: Grid | None, n_folds: int, **settings: Any):
        super().__init__(**settings, grid=grid, n_folds=n_folds)
        check_grid(grid, n_folds, self.PARAMETERS)
        self.filling = Filling((), (), self.is_logged)
        self.tried: list[Tried] = []

    def fit_table(self, engine: Any, table: ir.Table, *, label: str, random_state: int) -> Self:
        """Learn from a table on Spark that is not brought here.

        What comes here is one row of facts about its columns, a sample of at most about 20,000
        rows (for reasons: what is usual), and the model. With several parts of the table, sums
        are added up as they come, so that the last digits of linear and boosted models can
        differ from run to run.

        Parameters
        ----------
        engine : the Spark engine that ``table`` is of
        table : one row per ``user_id`` and ``cutoff``; every other column is a feature
        label : the column that is 1 if the listener left and 0 if not, never NULL

        Raises
        ------
        ContractError : if there is no such column, or a feature holds infinities
        NotEnoughData : if all listeners left, or none did
        """
        features = [name for name in table.columns if name not in ("user_id", "cutoff", label)]
        if label not in table.columns or not features:
            raise ContractError(
                f"no column '{label}' and features beside it",
                mend="join features and labels on (user_id, cutoff) first",
            )
        self.columns = self.needs or tuple(sorted(features))
        self.sampling, self.shift = samplings.NONE, 0.0
        facts = self._facts(engine, table, label)
        self.filling = Filling.of_facts(facts, len(self.columns), self.is_logged)
        prepared = table.select(
            **self.filling.expressions(table, self.columns),
            **{LABEL: table[label].cast("float64")},
            **{FOLD: (table.user_id.hash().abs() % self.settings["n_folds"]).cast("int32")},
            seen=table.user_id.hash().abs() % max(1, facts["n"] // MAX_SEEN) == 0,
        )
        seen = engine.to_arrow(prepared.filter(prepared.seen).select(*self.filling.names))
        frame = engine.frame(prepared.drop("seen"))
        self._train(engine, frame, _as_matrix(seen), random_state)
        return self

    def _fit(self, X, y, user_id, seed):
        rows = self.training_rows(X, y, seed)
        self.filling = Filling.of_matrix(rows.X, self.is_logged)
        matrix = self.filling.matrix(rows.X)
        columns: dict[str, Any] = dict(zip(self.filling.names, matrix.T, strict=True))
        columns[LABEL] = rows.y.astype(np.float64)
        if rows.weight is not None:
            columns[WEIGHT] = rows.weight
        if self.settings["grid"]:
            columns[FOLD] = self._folds(user_id, len(rows.y))
        with engines.CATALOGUE.get("spark").open() as engine:
            frame = in_parts(engine, pa.table(columns))
            self._train(engine, frame, matrix[:: len(matrix) // MAX_SEEN + 1], seed)

    def _train(self, engine: Any, frame: Any, seen: Matrix, seed: int) -> None:
        assembler = engine.ml.feature.VectorAssembler(
            inputCols=self.filling.names, outputCol=FEATURES
        )
        kept = [name for name in (LABEL, WEIGHT, FOLD) if name in frame.columns]
        rows = assembler.transform(frame).select(FEATURES, *kept).cache()
        columns = {"featuresCol": FEATURES, "labelCol": LABEL}
        if WEIGHT in kept:
            columns["weightCol"] = WEIGHT
        chosen = {spark: self.settings[ours] for ours, spark in self.PARAMETERS.items()}
        estimator = self._estimator(engine.ml, columns | chosen, seed)
        grid, n_folds = self.settings["grid"], self.settings["n_folds"]
        if grid:
            model, self.tried = searched(
                engine.ml, estimator, grid, self.PARAMETERS, rows, n_folds, self.RANKED_BY
            )
        else:
            model = estimator.fit(rows)
            self.tried = []
        rows.unpersist()
        self._learned(model, seen)

    @abstractmethod
    def _estimator(self, ml: Any, parameters: dict[str, Any], seed: int) -> Any:
        """Spark's own, with ``parameters``."""

    @abstractmethod
    def _learned(self, model: Any, seen: Matrix) -> None:
        """Keep what Spark's ``model`` has learned, as numbers; ``seen`` are some of its rows."""

    def tried_table(self) -> pd.DataFrame:
        """What came of the grid: each setting, and ``auc`` with its ``sd`` over the folds."""
        return pd.DataFrame([{**one.settings, "auc": one.auc, "sd": one.sd} for one in self.tried])

    def _dump(self):
        tried = [asdict(one) for one in self.tried]
        return {"columns.json": saved.as_json({**asdict(self.filling), "tried": tried})}

    def _restore(self, files):
        known = saved.from_json(files["columns.json"])
        self.tried = [Tried(**one) for one in known.pop("tried")]
        self.filling = Filling(
            tuple(known["median"]), tuple(known["has_holes"]), bool(known["is_logged"])
        )

    def _facts(self, engine: Any, table: ir.Table, label: str) -> dict[str, Any]:
        """About the table: rows, leavers, medians, holes."""
        asked = facts_about(table, self.columns)
        asked |= {"n": table.count(), "n_left": table[label].cast("int64").sum()}
        (facts,) = engine.to_arrow(table.aggregate(**asked)).to_pylist()
        if facts["n_left"] in (None, 0, facts["n"]):
            raise NotEnoughData(
                f"{facts['n_left'] or 0} of {facts['n']} listeners left: nothing to tell apart",
                mend="take an earlier cutoff, more listeners, or another label or horizon",
            )
        infinite = [
            name for number, name in enumerate(self.columns) if facts[f"n_infinite_{number}"]
        ]
        if infinite:
            raise ContractError(
                f"infinite values in {', '.join(infinite)}",
                mend="divide only by x.nullif(0): no answer is NULL, not infinity",
            )
        return facts

    def _folds(self, user_id: np.ndarray, n_rows: int) -> np.ndarray:
        if len(user_id) != n_rows:
            raise ContractError(
                f"a grid with sampling '{self.sampling}': drawn rows belong to no listener",
                mend="tune with `tenuto churn tune`, or leave the sampling out",
            )
        return user_fold(user_id, self.settings["n_folds"], "grid").astype(np.int32)


def in_parts(engine: Any, table: pa.Table) -> Any:
    """``table`` as Spark's frame, in parts that are always the same, in the order given."""
    n_parts = -(-table.num_rows // ROWS_PER_PART)
    if n_parts == 1:
        return engine.frame(table).coalesce(1)
    row = np.arange(table.num_rows)
    table = table.append_column("row", pa.array(row))
    table = table.append_column("part", pa.array(row // ROWS_PER_PART))
    frame = engine.frame(table).repartition(n_parts, "part")
    return frame.sortWithinPartitions("row").drop("row", "part")


def _as_matrix(table: pa.Table) -> Matrix:
    return np.column_stack([column.to_numpy() for column in table.columns]).astype(np.float64)
