"""Examples: one row per listener and cutoff, with what was known and what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tenuto.churn._follow_up import FollowUp
from tenuto.errors import ContractError, LeakError


@dataclass(frozen=True)
class Examples:
    """What a churn model learns from, or is asked about.

    Parameters
    ----------
    user_id : one id per row, integers or strings
    cutoff : datetime64[D]; features know days before it, labels the days from it on
    X : features, made float64; NULL is NaN. Its index is dropped.
    y : 1 if the listener left, 0 if not; None when nobody knows yet
    outcome : what came, in a word, where the label tells more than yes or no; else None
    follow_up : when it came, for models of time; else None

    Raises
    ------
    ContractError : if lengths differ, a column is twice there or not numeric, a value is
        infinite, a label is neither 0 nor 1, or the follow-up says otherwise
    """

    user_id: np.ndarray
    cutoff: np.ndarray
    X: pd.DataFrame
    y: np.ndarray | None = None
    outcome: np.ndarray | None = None
    follow_up: FollowUp | None = None

    def __post_init__(self):
        put = object.__setattr__
        put(self, "user_id", np.asarray(self.user_id))
        put(self, "cutoff", np.asarray(self.cutoff).astype("datetime64[D]"))
        put(self, "X", as_features(self.X))
        put(self, "y", None if self.y is None else _as_labels(self.y))
        lengths = [len(part) for part in (self.user_id, self.cutoff, self.X)]
        known = (self.y, self.outcome, self.follow_up)
        lengths += [len(part) for part in known if part is not None]
        if len(set(lengths)) > 1:
            raise ContractError(
                f"user_id, cutoff, X, y have {', '.join(map(str, lengths))} rows",
                mend="join features and labels on (user_id, cutoff) first",
            )
        times = self.follow_up
        if times is not None and (self.y is None or (self.y != times.labels()).any()):
            raise ContractError(
                "labels and the days of their events do not agree",
                mend="let `label` and `event_day` of the label look at the same events",
            )

    def __len__(self) -> int:
        return len(self.user_id)

    @property
    def n_users(self) -> int:
        """How many different listeners there are."""
        return len(np.unique(self.user_id))

    def take(self, rows) -> Examples:
        """The rows of a bool mask or of an array of positions, in its order."""
        labels = None if self.y is None else self.y[rows]
        outcomes = None if self.outcome is None else self.outcome[rows]
        times = None if self.follow_up is None else self.follow_up.take(rows)
        users, cutoffs, X = self.user_id[rows], self.cutoff[rows], self.X.iloc[rows]
        return Examples(users, cutoffs, X, labels, outcomes, times)

    def refuse_knowing_later_than(self, tested: np.datetime64) -> None:
        """Stop if these examples, to be trained on, were followed past the cutoff to be scored.

        Raises
        ------
        LeakError : if a day from ``tested`` on has told when an event came, or that none did
        """
        if self.follow_up is None or len(self) == 0:
            return
        known = (self.cutoff + self.follow_up.followed_days.astype("m8[D]")).max()
        if known > tested:
            raise LeakError(
                f"training examples were followed until {known}, and {tested} is to be scored",
                mend="load them with known_until, the cutoff to be scored",
            )

    def in_order(self) -> Examples:
        """Rows by (cutoff, user_id), columns by name: a fit must not depend on chance orders.

        Raises
        ------
        ContractError : if a listener has two rows at one cutoff (K10)
        """
        _, user = np.unique(self.user_id, return_inverse=True)
        order = np.lexsort((user, self.cutoff))
        same_user = np.diff(user[order]) == 0
        same_cutoff = np.diff(self.cutoff[order]) == np.timedelta64(0, "D")
        if (same_user & same_cutoff).any():
            twice = self.user_id[order][1:][same_user & same_cutoff][0]
            raise ContractError(
                f"listener {twice} has more than one row at one cutoff",
                mend="sum or choose before training: one row per listener and cutoff",
            )
        ordered = self.take(order)
        return replace(ordered, X=ordered.X[sorted(ordered.X.columns)])

    @staticmethod
    def concatenate(parts: Sequence[Examples]) -> Examples:
        """The rows of all parts, e.g. of several training cutoffs; columns as in the first.

        Raises
        ------
        ContractError : if there are no parts, their columns differ, or only some have labels
        """
        if not parts:
            raise ContractError("no examples to concatenate", mend="give at least one cutoff")
        columns = list(parts[0].X.columns)
        for part in parts[1:]:
            different = set(columns) ^ set(part.X.columns)
            if different:
                raise ContractError(
                    f"columns at one cutoff only: {', '.join(sorted(different))}",
                    mend="build the same features at every cutoff",
                )
        labels = [part.y for part in parts if part.y is not None]
        outcomes = [part.outcome for part in parts if part.outcome is not None]
        if len(labels) not in (0, len(parts)):
            raise ContractError("some parts have labels, some none", mend="label all or none")
        return Examples(
            np.concatenate([part.user_id for part in parts]),
            np.concatenate([part.cutoff for part in parts]),
            pd.concat([part.X[columns] for part in parts], ignore_index=True),
            np.concatenate(labels) if labels else None,
            np.concatenate(outcomes) if len(outcomes) == len(parts) else None,
            FollowUp.concatenate([part.follow_up for part in parts]),
        )


def as_features(X: pd.DataFrame) -> pd.DataFrame:
    """``X`` as float64 with NaN for NULL and rows numbered from 0; see `Examples`."""
    columns = pd.Index(X.columns)
    if columns.has_duplicates:
        twice = columns[columns.duplicated()].unique()
        raise ContractError(f"columns twice: {', '.join(map(str, twice))}", mend="keep one of each")
    try:
        numbers = X.astype(np.float64).reset_index(drop=True)
    except (TypeError, ValueError) as problem:
        raise ContractError(
            f"a feature is not a number: {problem}", mend="encode text before it comes here"
        ) from problem
    infinite = columns[np.isinf(numbers.to_numpy()).any(axis=0)]
    if len(infinite):
        raise ContractError(
            f"infinite values in {', '.join(map(str, infinite))}",
            mend="divide only by x.nullif(0): no answer is NULL, not infinity",
        )
    return numbers


def _as_labels(y) -> np.ndarray:
    values = np.asarray(y, dtype=np.float64)
    if not np.isin(values, (0.0, 1.0)).all():
        raise ContractError(
            "labels are not all 0 or 1",
            mend="leave out rows whose label window is still open (K48)",
        )
    return values.astype(np.int8)
