"""Churn models from a table that somebody made: cross-fitted, judged, checked for leaks, kept.

A table has no wall in time: nobody can see whether a count stopped at the cutoff or at the
cancellation. So its figures are out of user, never out of time, and the alarms look harder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tenuto import sampling as samplings
from tenuto.churn import CATALOGUE, usual_models
from tenuto.churn._contract import ChurnModel
from tenuto.churn._examples import Examples
from tenuto.churn._judging import judge
from tenuto.churn._protocols import Progress, Scored, fit
from tenuto.churn._table import read_table
from tenuto.churn._table_examples import Prepared, TableSettings, prepare, without_telling_sums
from tenuto.churn._table_guarded import guard_table
from tenuto.churn._table_judging import cross_fit, look_at_leading_column, ranking_note
from tenuto.evaluation.leaks import single_feature_aucs, stop_on_leaking_model
from tenuto.evaluation.sums import TellingSum

#: What a table is scored with: the first of these that was trained.
PREFERRED = ("blend", "boosting", "logistic")


@dataclass(frozen=True)
class TableStudy:
    """What was found.

    prepared : with the columns of ``sums`` left out of its examples
    scored : every user's probability by models that did not know the user
    columns : per feature ``share_null`` and ``auc_alone``
    """

    settings: TableSettings
    prepared: Prepared
    sums: list[TellingSum]
    notes: list[str]
    ranking_note: str | None
    scored: Scored
    metrics: pd.DataFrame
    columns: pd.DataFrame
    models: dict[str, ChurnModel]
    model: str


def study_table(
    file: Path | str, settings: TableSettings, progress: Progress | None = None
) -> TableStudy:
    """The whole of it, for one table.

    Raises
    ------
    SourceError : if the table cannot be read, naming file, line and column
    UnknownName : for a model or a sampling that there is not
    LeakError : if a column, or all of them, know too much
    NotEnoughData : if too few left, or stayed, to learn from and judge on
    """
    if settings.sampling != samplings.NONE:
        # A misspelt name is told before an hour's work, not after.
        samplings.CATALOGUE.get(settings.sampling)
    read = prepare(read_table(file), settings)
    labels = read.examples.y
    assert labels is not None
    guard_table(read.examples, settings)
    read, sums = without_telling_sums(read, settings.allow)
    names = model_names(settings.models, read.examples)
    notes = look_at_leading_column(read.examples, settings)
    scored = cross_fit(read.examples, names, settings, progress)
    for name in names:
        stop_on_leaking_model(labels, scored.probability(name), name=name)
    seed, sampling = settings.random_state, settings.sampling
    return TableStudy(
        settings=settings,
        prepared=read,
        sums=sums,
        notes=notes,
        ranking_note=ranking_note(scored, seed),
        scored=scored,
        metrics=_metrics(scored, settings),
        columns=_columns(read.examples),
        models={n: fit(n, read.examples, random_state=seed, sampling=sampling) for n in names},
        model=next((name for name in PREFERRED if name in names), names[-1]),
    )


def model_names(asked: Sequence[str], examples: Examples) -> list[str]:
    """The models asked for, by default the usual ones and the best liked, where they can be.

    Raises
    ------
    UnknownName : for a model that there is not
    """
    if asked:
        return [CATALOGUE.get(name).Model.name() for name in dict.fromkeys(asked)]
    there, wanted = set(examples.X.columns), sorted({*usual_models(), PREFERRED[0]})
    return [name for name in wanted if set(CATALOGUE.get(name).NEEDS) <= there]


def _metrics(scored: Scored, settings: TableSettings) -> pd.DataFrame:
    everybody = {"all": np.ones(len(scored.test), dtype=bool)}
    rng = np.random.default_rng([settings.random_state, 3])
    records = judge(
        scored.scores,
        scored.test.y,
        everybody,
        rng,
        opponent="base_rate",
        n_draws=settings.bootstrap_draws,
    )
    return pd.DataFrame([{"protocol": scored.protocol, **record} for record in records])


def _columns(examples: Examples) -> pd.DataFrame:
    alone = single_feature_aucs(examples.X, examples.y)
    nulls = examples.X.isna().mean()
    return pd.DataFrame(
        {"column": alone.index, "auc_alone": alone.to_numpy(), "share_null": nulls[alone.index]}
    ).reset_index(drop=True)
