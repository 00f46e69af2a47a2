"""What each column adds to a listener's score: exact, and beside the average active listener.

A model's contributions stand beside the average row it was trained on, and half of those may be
people who left long ago: beside them every active listener looks well, and nothing would ever
speak against one. So the mean contribution of active listeners is taken off each column and put
into ``expected``. All still adds up to the score, and what raises it raises it among those who
can be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tenuto.churn._contract import ChurnModel
from tenuto.churn._results import SUMMARY_FILE, ChurnSummary
from tenuto.errors import ContractError
from tenuto.evaluation.folds import user_hash

EXPECTED = "expected"
#: Active listeners per fold whose mean is the one to compare with; enough for two decimals.
N_COMPARED = 400
_MEND = (
    'set churn.call_list_model to one that can, such as "boosting", "logistic" or "blend", '
    "and run again"
)


class CannotSay(ContractError):
    """The model behind the call list gives no contributions, so there are no reasons."""


@dataclass(frozen=True)
class Scores:
    """What a run has saved of its listeners, rows in the order of the call list.

    features : ``user_id`` and the columns that the models saw
    is_active, fold : per row; the fold's model scored it, and did not know it
    """

    folder: Path
    summary: ChurnSummary
    features: pd.DataFrame
    is_active: np.ndarray
    fold: np.ndarray

    @classmethod
    def read(cls, folder: Path) -> Scores:
        """The listeners of a run's ``churn`` folder: active ones first, the likeliest to leave.

        Raises
        ------
        ContractError : if the folder has no scores, or not those of one run
        """
        summary = _summary(folder)
        columns = ["user_id", "rank", "is_active_14d", "fold"]
        listed = pd.read_parquet(folder / "churn_scores.parquet", columns=columns)
        in_order = listed.sort_values(
            ["is_active_14d", "rank"], ascending=[False, True], ignore_index=True
        )
        features = pd.read_parquet(folder / "features.parquet").set_index("user_id")
        unknown = ~in_order["user_id"].isin(features.index)
        if unknown.any():
            raise ContractError(
                f"{folder}: features.parquet lacks listener {in_order['user_id'][unknown].iloc[0]}",
                mend="run this cutoff again, so that all its files are of one run",
            )
        features = features.loc[in_order["user_id"]].reset_index()
        is_active = in_order["is_active_14d"].to_numpy(dtype=bool)
        return cls(folder, summary, features, is_active, in_order["fold"].to_numpy())

    def rows_of(self, user_ids) -> np.ndarray:
        """Positions of ``user_ids``, in their order.

        Raises
        ------
        ContractError : if one was not scored, or is asked for twice
        """
        asked, known = pd.Index(user_ids), pd.Index(self.features["user_id"])
        rows = known.get_indexer(asked)
        if (rows < 0).any() or asked.has_duplicates:
            wrong = asked[rows < 0] if (rows < 0).any() else asked[asked.duplicated()]
            raise ContractError(
                f"listener {wrong[0]} is asked for and "
                + ("was not scored" if (rows < 0).any() else "asked for again"),
                mend=f"ask for listeners of {self.folder / 'churn_scores.csv'}, each once",
            )
        return rows


def _summary(folder: Path) -> ChurnSummary:
    if not (folder / SUMMARY_FILE).exists():
        raise ContractError(f"{folder} holds no scores", mend="score the listeners: tenuto churn")
    summary = ChurnSummary.read(folder)
    if summary.skipped or summary.model is None:
        raise ContractError(
            f"{folder} holds no scores: {summary.skipped}",
            mend="see what the run needs, and run again",
        )
    return summary


def contributions(scores: Scores, rows: np.ndarray) -> pd.DataFrame:
    """One row per position in ``rows``: what each column adds in log-odds, and ``expected``.

    A row adds up to the log-odds of ``score`` in churn_scores. Its model is that of its fold,
    which trained on other listeners. The columns are those that any of the folds' models has.

    Raises
    ------
    CannotSay : if the model of the call list gives no contributions
    """
    parts = []
    for fold in np.unique(scores.fold[rows]):
        model = ChurnModel.load(scores.folder / "folds" / str(scores.summary.model) / str(fold))
        places = np.flatnonzero(scores.fold[rows] == fold)
        said = _said(model, scores.features.iloc[rows[places]])
        compared = _said(model, scores.features.iloc[_compared(scores, fold)])
        average = compared.drop(columns=EXPECTED).mean()
        own = said.drop(columns=EXPECTED) - average
        parts.append(own.assign(**{EXPECTED: said[EXPECTED] + average.sum()}).set_index(places))
    table = pd.concat(parts).sort_index() if parts else pd.DataFrame()
    table.index = pd.Index(scores.features["user_id"].iloc[rows], name="user_id")
    return table


def _said(model: ChurnModel, features: pd.DataFrame) -> pd.DataFrame:
    # A missing column is told apart from a model without reasons: predict needs it as well.
    model.predict(features.iloc[:0])
    try:
        return model.contributions(features)
    except ContractError as problem:
        raise CannotSay(
            f"'{model.name()}' is behind the call list and cannot say why: there are no reasons",
            mend=_MEND,
        ) from problem


def _compared(scores: Scores, fold: int) -> np.ndarray:
    """Active listeners of one fold, chosen by hash, so that who is asked about changes nothing.

    Where none is active, whoever there is.
    """
    in_fold = scores.fold == fold
    rows = np.flatnonzero(in_fold & scores.is_active)
    rows = rows if len(rows) else np.flatnonzero(in_fold)
    order = np.argsort(user_hash(scores.features["user_id"].iloc[rows], "reasons"), kind="stable")
    return rows[order[:N_COMPARED]]
