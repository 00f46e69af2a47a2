"""A grid of settings tried by Spark's own CrossValidator, and judged.

S1-M8 tried 48 settings of boosted trees in three folds and never looked at what came of it. The
folds of `tenuto churn tune` are out of time, too; these are of other listeners alone, and say less
of tomorrow, but they can be tried where the data are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from tenuto.errors import SettingsError

Grid = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Tried:
    """One setting: the mean AUC over the folds, and its standard deviation between them."""

    settings: dict[str, Any]
    auc: float
    sd: float


def check_grid(grid: Grid | None, n_folds: int, known: Mapping[str, str]) -> None:
    """
    Raises
    ------
    SettingsError : if a name is not a setting of the model, has no values, or there is one fold
    """
    if n_folds < 2:
        raise SettingsError(f"n_folds is {n_folds}", mend="use 2 or more, usually 3")
    for name, values in (grid or {}).items():
        if name not in known:
            raise SettingsError(f"no setting '{name}'", mend=f"choose among {', '.join(known)}")
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise SettingsError(
                f"'{name}' has no values to try", mend=f"give a list, such as {name} = [1, 2]"
            )


def settings_in(grid: Grid) -> list[dict[str, Any]]:
    """All combinations, the last name changing fastest."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def searched(
    ml: Any,
    estimator: Any,
    grid: Grid,
    parameters: Mapping[str, str],
    rows: Any,
    n_folds: int,
    ranked_by: str,
) -> tuple[Any, list[Tried]]:
    """The best setting's model, learned from all ``rows``, and what came of each setting.

    ``rows`` have ``label`` and ``fold``; ``ranked_by`` is the column of predictions whose AUC
    counts. A tie goes to the setting tried first.
    """
    settings = settings_in(grid)
    maps = [
        {estimator.getParam(parameters[name]): value for name, value in one.items()}
        for one in settings
    ]
    judge = ml.evaluation.BinaryClassificationEvaluator(
        rawPredictionCol=ranked_by, labelCol="label", metricName="areaUnderROC"
    )
    validator = ml.tuning.CrossValidator(
        estimator=estimator,
        estimatorParamMaps=maps,
        evaluator=judge,
        numFolds=n_folds,
        foldCol="fold",
    )
    found = validator.fit(rows)
    figures = zip(settings, found.avgMetrics, found.stdMetrics, strict=True)
    return found.bestModel, [Tried(one, float(auc), float(sd)) for one, auc, sd in figures]
