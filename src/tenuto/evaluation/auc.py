"""AUC of a recommender, each user's by itself, as S1 measured it (S1-V2).

The candidates are all items that the user had not heard; the right ones are those that the user
heard afterwards. S1's own figures are not comparable: 82 % of its columns were songs that do not
exist, each an easy wrong answer (K27), and its popularity was counted on the test cells (K28).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.errors import ContractError
from tenuto.evaluation._list_table import check_columns, check_pairs, pair_codes

HIDES: dict[str, str] = {
    "auc": "AUC counts every place of the catalogue alike, down to the last, and rises with every "
    "song that nobody hears: a plain list of hits had 0.981, with most columns songs that do not "
    "exist, and of the first ten places it tells next to nothing.",
}


def auc_of_rectangle(
    scores: pd.DataFrame, relevant: pd.DataFrame, heard: pd.DataFrame | None = None
) -> pd.Series:
    """AUC per user from a score for every item of the catalogue.

    Parameters
    ----------
    scores : one row per user (index user_id), one column per item (item_id); -inf where an item
        is never recommended. For many users give a block of them at a time.
    relevant : one row per (user_id, item_id) heard after the cut-off
    heard : one row per (user_id, item_id) heard before it; neither right nor wrong

    Returns
    -------
    Series by user in [0, 1], 0.5 for a coin; ties count half. Left out is a user with nothing
    relevant that is new and in the catalogue, or with nothing else unheard. Relevant songs outside
    the catalogue are not counted, which flatters.

    Raises
    ------
    ContractError : if a score is NaN or +inf, or a pair is there twice

    Examples
    --------
    >>> scores = pd.DataFrame([[0.9, 0.5, 0.1]], index=["ann"], columns=["a", "b", "c"])
    >>> from tenuto.evaluation.ranking import one_user
    >>> auc_of_rectangle(scores, one_user("b")).item()
    0.5
    """
    values = scores.to_numpy(dtype=np.float64)
    bad = np.isnan(values) | (values == np.inf)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        where = f"user {scores.index[row]}, item {scores.columns[column]}"
        raise ContractError(
            f"the score of {where} is {values[row, column]}",
            mend="give a number, or -inf for what is never recommended",
        )
    is_heard = _mask(scores, heard, "heard")
    is_right = _mask(scores, relevant, "relevant") & ~is_heard
    # What was heard goes above all others, where it changes no other rank.
    in_order = np.sort(np.where(is_heard, np.inf, values), axis=1)
    sums = np.zeros(len(values))
    for user in np.flatnonzero(is_right.any(axis=1)):
        right = values[user, is_right[user]]
        below = np.searchsorted(in_order[user], right, side="left")
        up_to = np.searchsorted(in_order[user], right, side="right")
        sums[user] = (below + up_to + 1).sum() / 2  # ties share the mean of their ranks
    return _auc(sums, is_right.sum(axis=1), (~is_heard).sum(axis=1), scores.index)


def auc_of_table(
    scored: pd.DataFrame, relevant: pd.DataFrame, heard: pd.DataFrame | None = None
) -> pd.Series:
    """AUC per user where only the rows of ``scored`` are candidates.

    ``scored`` has one row per (user_id, item_id) with ``score``; the rest as `auc_of_rectangle`.
    An item without a row is no candidate, so that two models must score the same rows.
    """
    check_columns(scored, "scored", ("user_id", "item_id", "score"))
    check_pairs(scored, "scored")
    check_pairs(relevant, "relevant")
    if scored["score"].isna().any():
        row = scored[scored["score"].isna()].iloc[0]
        raise ContractError(
            f"the score of user {row['user_id']}, item {row['item_id']} is NULL",
            mend="give a number, or -inf for what is never recommended",
        )
    if heard is not None:
        check_pairs(heard, "heard")
        scored = scored[~_is_among(scored, heard)]
    user, users = pd.factorize(scored["user_id"], sort=True)
    ranks = scored.groupby("user_id")["score"].rank().to_numpy(dtype=np.float64)
    is_right = _is_among(scored, relevant)
    n_users = len(users)
    sums = np.bincount(user[is_right], ranks[is_right], minlength=n_users)
    n_right = np.bincount(user[is_right], minlength=n_users)
    return _auc(sums, n_right, np.bincount(user, minlength=n_users), pd.Index(users))


def _auc(sums: np.ndarray, n_right: np.ndarray, n: np.ndarray, users: pd.Index) -> pd.Series:
    """From the sums of the right ones' ranks; Mann & Whitney, Annals of Math. Statistics 1947."""
    possible = n_right * (n - n_right)
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (sums - n_right * (n_right + 1) / 2) / possible
    found = pd.Series(auc, index=users.rename("user_id"), name="auc")
    return found[possible > 0].sort_index()


def _mask(scores: pd.DataFrame, pairs: pd.DataFrame | None, name: str) -> np.ndarray:
    """Where in the rectangle the pairs are; a pair outside it is ignored."""
    mask = np.zeros(scores.size, dtype=bool)
    if pairs is not None:
        check_columns(pairs, name, ("user_id", "item_id"))
        pairs = pairs[pairs["user_id"].isin(scores.index)]  # of a block: few of all
        check_pairs(pairs, name)
        codes = pair_codes(pairs, scores.index, scores.columns)
        mask[codes[codes >= 0]] = True
    return mask.reshape(scores.shape)


def _is_among(rows: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    users, items = pd.Index(rows["user_id"].unique()), pd.Index(rows["item_id"].unique())
    codes = pair_codes(pairs, users, items)
    return pd.Series(pair_codes(rows, users, items)).isin(codes[codes >= 0]).to_numpy()
