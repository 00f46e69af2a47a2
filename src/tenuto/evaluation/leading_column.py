"""Alarm for one column that outweighs all others: its clock may have stopped with the outcome.

"Days from the first to the last event" of somebody who cancelled ends at the cancellation (K41).
Alone it tells much, yet not so much as to be absurd. But beside it every count becomes a rate up
to the outcome, and the whole model knows far more than what the column says plus what the others
say. A column that was honestly known before adds what it knows, and little more: of 18 honest
tables none has a surplus above 0.010, the table with that mistake has 0.064
(docs/how-to/train-on-a-table.md).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit

from tenuto.errors import LeakError
from tenuto.evaluation._ranked import Floats, plain_auc
from tenuto.evaluation.calibration import logits
from tenuto.evaluation.intervals import paired_interval
from tenuto.evaluation.leaks import MIN_OF_EACH_CLASS, single_feature_aucs

#: Below this no column leads far enough to be looked at twice.
LEAD_FROM = 0.65
#: Models of listeners who can still be kept seldom get there honestly (churn.md §2.2).
MODEL_FROM = 0.90
#: AUC of the whole model above that of the sum of what the column and the others say.
SURPLUS = 0.03
#: Rank correlation from which two columns are one.
SAME_FROM = 0.95
_N_DRAWS = 200
# The column speaks by the rate of leaving in each of so many equal parts of its range.
_BINS = 20
# What the others say may count for less or more than what the column says: the best is taken.
_WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class LeadingColumn:
    """The column that tells most alone.

    name, auc : the column and its AUC alone, in [0.5, 1]
    copies : it and every column that ranks listeners almost as it does: left out together
    ranks : its values as ranks in (0, 1), the larger the likelier to leave
    next_name, next_auc : the best column that is none of the copies; None, 0.5 without any
    """

    name: str
    auc: float
    copies: tuple[str, ...]
    ranks: Floats
    next_name: str | None
    next_auc: float


def leading_column(X: pd.DataFrame, y, allow: Collection[str] = ()) -> LeadingColumn | None:
    """The best column alone, if it tells enough to be looked at; None otherwise.

    None, too, with fewer than 20 rows of either class, or if the best is in ``allow``.
    """
    labels = np.asarray(y)
    if min((labels == 1).sum(), (labels == 0).sum()) < MIN_OF_EACH_CLASS or X.shape[1] < 2:
        return None
    aucs = single_feature_aucs(X, labels)
    name, figure = str(aucs.index[0]), float(aucs.iloc[0])
    if figure < LEAD_FROM or name in set(allow):
        return None
    likeness = X.rank().corrwith(X[name].rank()).abs()
    copies = tuple(sorted({name, *(str(c) for c in X.columns[likeness >= SAME_FROM])}))
    others = aucs.drop(list(copies))
    best = (str(others.index[0]), float(others.iloc[0])) if len(others) else (None, 0.5)
    return LeadingColumn(name, figure, copies, _as_scores(X[name], labels), *best)


def stop_on_leading_column(
    lead: LeadingColumn, y, p_with, p_without, user_ids, *, rng: np.random.Generator, model: str
) -> str | None:
    """An error if the column behaves like a clock that stops with the outcome; else a note.

    Parameters
    ----------
    p_with, p_without : held-out probabilities of one kind of model, with all columns, and
        with ``lead.copies`` left out
    model : its name, for the message

    Returns
    -------
    A sentence if the column alone tells more than all others together, which deserves a
    look but may be honest; None if not even that.

    Raises
    ------
    LeakError : if moreover the whole model passes 0.90, and is 0.03 above the sum of what the
        column and the others say: that they know more together is the sign of a stopped clock
    """
    whole, others = plain_auc(y, p_with), plain_auc(y, p_without)
    if not _is_ahead(lead, y, p_without, user_ids, rng, others):
        return None
    single = (
        f"single-feature alarm: '{lead.name}' alone tells who leaves with AUC {lead.auc:.3f}, "
        f"better than all other columns together ({model}: {others:.3f}; the next best alone"
        f"{f', {lead.next_name!r}' if lead.next_name else ''}: {lead.next_auc:.3f})"
    )
    expected = _auc_of_sum(lead.ranks, p_without, y)
    if whole < MODEL_FROM or whole - expected < SURPLUS:
        return f"{single}. Make sure that it was known before anybody left"
    raise LeakError(
        f"{single}\n  whole-model alarm: with {_named(lead.copies)}, {model} jumps from AUC "
        f"{others:.3f} to {whole:.3f}, far above what the column and the others say side by side "
        f"({expected:.3f}). So does a clock that stops when the listener leaves: a tenure or a "
        "span up to the last event turns each count beside it into a tell-tale",
        mend=f"leave it out (--drop {' --drop '.join(lead.copies)}), or count it up to one day "
        f"that is the same for all; if it was known before, let it pass (--allow {lead.name})",
    )


def _is_ahead(lead: LeadingColumn, y, p_without, user_ids, rng, others: float) -> bool:
    """Whether the column alone is better than all others together, beyond chance."""
    if lead.auc <= others:
        return False
    gaps = paired_interval(y, lead.ranks, p_without, user_ids, rng=rng, n_draws=_N_DRAWS)
    return float(gaps.loc["auc"].to_numpy(dtype=np.float64)[1]) > 0


def _auc_of_sum(ranks: Floats, p: Floats, y) -> float:
    """The AUC of the column's log-odds plus those of the others: each says what it knows."""
    labels = np.asarray(y, dtype=np.float64)
    bins = np.minimum((ranks * _BINS).astype(np.int64), _BINS - 1)
    positives, totals = np.bincount(bins, labels, _BINS), np.bincount(bins, minlength=_BINS)
    # One made-up row at the usual rate in each bin: none is sure.
    of_column = logit((positives + labels.mean()) / (totals + 1))[bins]
    of_others = logits(p)
    return max(plain_auc(labels, of_column + weight * of_others) for weight in _WEIGHTS)


def _as_scores(values: pd.Series, y) -> Floats:
    """Ranks in (0, 1), turned so that they rise with leaving; NULLs at the better end."""
    n = len(values)
    found = []
    for at in ("top", "bottom"):
        ranks = values.rank(na_option=at).to_numpy(dtype=np.float64) / (n + 1)
        found += [ranks, 1 - ranks]
    return max(found, key=lambda scores: plain_auc(y, scores))


def _named(names: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
