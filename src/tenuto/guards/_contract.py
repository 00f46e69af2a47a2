"""What a guard is shown: who trained, who is scored, and how to ask for features again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from tenuto.errors import ContractError, NotEnoughData

#: The log as it is; without the days from each listener's cutoff on; with made-up ones instead.
WHOLE, CUT, NOISE = "whole", "cut", "noise"


@dataclass(frozen=True)
class Rows:
    """One row per listener and cutoff.

    Parameters
    ----------
    user_id : one id per row
    cutoff : datetime64[D]; features know the days before it
    X : features, NULL is NaN
    y : 1 if the listener left, 0 if not; None when nobody knows yet

    Raises
    ------
    ContractError : if lengths differ
    """

    user_id: np.ndarray
    cutoff: np.ndarray
    X: pd.DataFrame
    y: np.ndarray | None = None

    def __post_init__(self):
        parts = (self.user_id, self.cutoff, self.X, *(() if self.y is None else (self.y,)))
        lengths = {len(part) for part in parts}
        if len(lengths) > 1:
            raise ContractError(
                f"user_id, cutoff, X and y have {sorted(lengths)} rows",
                mend="join features and labels on (user_id, cutoff) first",
            )

    def __len__(self) -> int:
        return len(self.user_id)


@dataclass(frozen=True)
class Study:
    """All that guards may look at; what is left out cannot be asked, and that is said.

    Parameters
    ----------
    training, tested : who is learned from, and who is scored; for a table both are the table
    is_judged : bool mask of the rows of ``tested`` that alarms look at (those who can still be
        kept); everybody by default
    horizon_days : days from a cutoff until its label is known; 0 for a table
    label : its name, for messages
    label_starts_days : first day that the label looks at, from the cutoff; negative if
        before it
    log_end : the day after the last day of log
    training_fold, fold : the model of fold f saw the training rows of all other folds, and
        scored the rows of ``tested`` in it
    probability : model -> held-out probability per row of ``tested``
    predict : model -> function of (rows of ``tested.X``, their folds) to probabilities
    rebuild : function of ``WHOLE``, ``CUT`` or ``NOISE`` to a table of some listeners, indexed
        by ``user_id`` in order: each feature, and what is shown of each
    family : feature -> the file of ``features/`` that it is written in
    definitions : where features were built ("training", "scoring", a model's manifest) ->
        hash of how they were defined there
    days : ``table``, ``day`` of the partition, ``first_day`` and ``last_day`` of its rows
    arrivals : ``day`` of events, ``arrived`` (day) and ``n_rows``, where the source tells
    today : no log can be of a later day
    allow : features, ids or guards that were let pass by name; the record says so
    """

    training: Rows
    tested: Rows
    is_judged: np.ndarray | None = None
    horizon_days: int = 0
    label: str = "the label"
    label_starts_days: int = 0
    log_end: date | None = None
    training_fold: np.ndarray | None = None
    fold: np.ndarray | None = None
    probability: Mapping[str, np.ndarray] = field(default_factory=dict)
    predict: Mapping[str, Callable[[pd.DataFrame, np.ndarray], np.ndarray]] = field(
        default_factory=dict
    )
    rebuild: Callable[[str], pd.DataFrame] | None = None
    family: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    days: pd.DataFrame | None = None
    arrivals: pd.DataFrame | None = None
    today: date | None = None
    allow: frozenset[str] = frozenset()

    def judged(self) -> tuple[pd.DataFrame, np.ndarray]:
        """Features and labels of the rows that alarms look at.

        Raises
        ------
        NotEnoughData : if no label is known yet
        """
        X, y = self.tested.X, self.tested.y
        if y is None:
            raise NotEnoughData("nobody knows yet who of those scored leaves")
        if self.is_judged is None:
            return X, y
        return X[self.is_judged], y[self.is_judged]

    def open_columns(self, X: pd.DataFrame) -> list[str]:
        """The columns of ``X`` that were not let pass."""
        return [str(name) for name in X.columns if str(name) not in self.allow]

    def place(self, column: str) -> str:
        """A column with the file that it is written in, for a mend."""
        family = self.family.get(column)
        return f"'{column}'" if family is None else f"'{column}' (features/{family}.py)"


def quoted(names) -> str:
    """Names for a sentence: 'a', 'b' and 4 more."""
    listed = [f"'{name}'" for name in names]
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return ", ".join(listed[:5]) + more
