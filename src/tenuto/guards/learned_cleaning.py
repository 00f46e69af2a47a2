"""What is learned from many rows, such as a mean for missing values, is learned in training.

A mean over all rows has seen the rows it is judged on, and a score that changes with the company
it is scored in was learned from that company (K20, K43, churn.md §4.3, 7).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.errors import LeakError
from tenuto.guards._contract import Study, quoted

LABEL = "Is what is learned, such as a mean, learned from training rows only?"
_EXACT = 1e-9
_MIN_FILLED = 3
# Scores alone and in company: the same arithmetic, but matrices of other sizes.
_SCORE_TOLERANCE = 1e-9
_ROWS_SCORED_AGAIN = 200


def check(study: Study) -> str:
    """No column filled with a statistic of tested rows; no score that depends on its company."""
    filled = {} if study.training is study.tested else _filled(study)
    if filled:
        shown = ", ".join(f"{quoted([name])} ({said})" for name, said in filled.items())
        raise LeakError(
            f"missing values were filled with what the rows to be judged helped to learn: {shown}",
            mend="leave them missing, or learn what to fill in from the training rows alone",
        )
    restless = [name for name in study.predict if not _is_same_alone(study, name)]
    if restless:
        raise LeakError(
            f"the scores of {quoted(restless)} depend on who is scored with whom: the model "
            "learns from the rows it is to judge",
            mend="fit every step (scaling, filling, encoding) in `fit`, none in `predict`",
        )
    scored = f"; {len(study.predict)} models score a row alone as in company"
    return (
        f"no column of {study.tested.X.shape[1]} is filled with a mean or median that knows the "
        f"rows judged{scored if study.predict else ''}"
    )


def _filled(study: Study) -> dict[str, str]:
    """Column -> the statistic of training and tested rows together that fills its gaps."""
    found = {}
    for name in study.open_columns(study.training.X):
        if name in study.tested.X:
            said = _statistic_of_all(study.training.X[name], study.tested.X[name])
            if said is not None:
                found[name] = said
    return found


def _statistic_of_all(training: pd.Series, tested: pd.Series) -> str | None:
    """Which statistic of all rows the commonest odd value is, if it is not that of training."""
    known, judged = training.dropna(), tested.dropna()
    everything = pd.concat([known, judged], ignore_index=True)
    for fill in _common_fractions(everything):
        of_training, of_all = known[known != fill], everything[everything != fill]
        for statistic in ("mean", "median"):
            if len(of_training) == 0 or not _is(getattr(of_all, statistic)(), fill):
                continue
            if not _is(getattr(of_training, statistic)(), fill):
                return f"{fill:.6g}, the {statistic} of all rows"
    return None


def _common_fractions(values: pd.Series) -> list[float]:
    """The commonest value, if it is no whole number: counts and flags are common by themselves."""
    counts = values.value_counts()
    if counts.empty or counts.iloc[0] < _MIN_FILLED:
        return []
    common = [float(value) for value in counts.index[counts == counts.iloc[0]][:3]]
    return [value for value in common if value != round(value)]


def _is(statistic: float, fill: float) -> bool:
    return bool(np.isclose(statistic, fill, rtol=_EXACT, atol=0))


def _is_same_alone(study: Study, name: str) -> bool:
    fold = study.fold if study.fold is not None else np.zeros(len(study.tested), dtype=np.int64)
    rows = np.unique(
        np.linspace(0, len(study.tested) - 1, min(_ROWS_SCORED_AGAIN, len(study.tested))).astype(
            np.int64
        )
    )
    predict = study.predict[name]
    together = predict(study.tested.X, fold)[rows]
    alone = np.concatenate([predict(study.tested.X.iloc[[row]], fold[[row]]) for row in rows[::10]])
    few = predict(study.tested.X.iloc[rows], fold[rows])
    return bool(
        np.allclose(together, few, rtol=0, atol=_SCORE_TOLERANCE)
        and np.allclose(together[::10], alone, rtol=0, atol=_SCORE_TOLERANCE)
    )
