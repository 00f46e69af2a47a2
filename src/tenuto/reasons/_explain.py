"""Contributions of columns summed into those of reasons, and told in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenuto.reasons._additive import EXPECTED, Scores, contributions
from tenuto.reasons._grouping import Reason, grouped
from tenuto.reasons._listener import Crowd
from tenuto.reasons._sentences import LEAST, Outlook, sentences

COLUMNS = ("user_id", "rank", "reason", "contribution", "raises", "sentence")


def explain(churn_folder: Path, user_ids: Sequence[Any] | None = None) -> pd.DataFrame:
    """What each reason adds to a listener's score, in log-odds.

    Parameters
    ----------
    churn_folder : ``churn`` of a run
    user_ids : listeners of its call list; all by default

    Returns
    -------
    DataFrame indexed by ``user_id``, in the order asked: one column per reason and
    ``expected``, that of the average active listener. A row adds up to the log-odds of
    ``score`` in churn_scores; the calibrated probability has other odds in the same order.

    Raises
    ------
    CannotSay : if the model of the call list gives no contributions
    ContractError : if a listener was not scored, or the folder is not whole
    """
    scores = Scores.read(churn_folder)
    rows = np.arange(len(scores.fold)) if user_ids is None else scores.rows_of(user_ids)
    by_column = contributions(scores, rows)
    return summed(by_column, grouped(by_column.columns.drop(EXPECTED)))


def tell(churn_folder: Path, user_ids: Sequence[Any]) -> pd.DataFrame:
    """All reasons of a few listeners in sentences, written nowhere; see `told`.

    Raises
    ------
    CannotSay, ContractError : as `explain`
    """
    scores = Scores.read(churn_folder)
    return told(scores, scores.rows_of(user_ids))


def summed(by_column: pd.DataFrame, reasons: list[Reason]) -> pd.DataFrame:
    """``by_column`` with one column per reason, and ``expected``."""
    sums = {reason.name: by_column[reason.columns].sum(axis="columns") for reason in reasons}
    return pd.DataFrame(sums | {EXPECTED: by_column[EXPECTED]})


def told(scores: Scores, rows: np.ndarray) -> pd.DataFrame:
    """All reasons of the listeners at ``rows`` with their sentences: one row per both.

    ``rank`` is 1 for what adds most; a tie goes to the reason earlier in the alphabet.
    ``raises`` is whether it adds enough to be worth a word.
    """
    if len(rows) == 0:
        return _empty()
    by_column = contributions(scores, rows)
    reasons = grouped(by_column.columns.drop(EXPECTED))
    outlook = Outlook.of(scores.summary.verb)
    crowd = Crowd(scores.features, scores.is_active, rows)
    # Twelve decimals: a rounding error must not decide a tie.
    sums = summed(by_column, reasons)[[reason.name for reason in reasons]].round(12)
    rank = _ranks(sums.to_numpy())
    parts = []
    for place, reason in enumerate(reasons):
        parts.append(
            pd.DataFrame(
                {
                    "user_id": by_column.index,
                    "rank": rank[:, place],
                    "reason": reason.name,
                    "contribution": sums[reason.name].to_numpy(),
                    "sentence": sentences(reason, crowd, by_column[reason.columns], outlook),
                    "row": np.arange(len(rows)),
                }
            )
        )
    table = pd.concat(parts).sort_values(["row", "rank"], ignore_index=True)
    return table.assign(raises=table["contribution"] >= LEAST)[list(COLUMNS)]


def _ranks(sums: np.ndarray) -> np.ndarray:
    """Place of each column in its row, from 1 for the largest."""
    order = np.argsort(-sums, axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable") + 1


def _empty() -> pd.DataFrame:
    kinds = {"rank": "int64", "contribution": "float64", "raises": "bool"}
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "object")) for name in COLUMNS})
