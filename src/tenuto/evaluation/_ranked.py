"""Rows sorted once by score, so that a thousand reweightings of them stay cheap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tenuto.errors import ContractError

Floats = NDArray[np.float64]


def checked(y, p) -> tuple[Floats, Floats]:
    """Labels and scores as float arrays of one length.

    Raises
    ------
    ContractError : if lengths differ, a label is not 0 or 1, or a score is not a number
    """
    labels, scores = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
    if labels.ndim != 1 or labels.shape != scores.shape:
        raise ContractError(
            f"labels have shape {labels.shape}, scores {scores.shape}",
            mend="pass one label and one score per row",
        )
    if not np.isin(labels, (0.0, 1.0)).all():
        raise ContractError("labels are not all 0 or 1", mend="drop rows whose label is not known")
    if np.isnan(scores).any():
        raise ContractError(
            f"{int(np.isnan(scores).sum())} scores are not a number",
            mend="score every row, or leave unscored rows out of both arrays",
        )
    return labels, scores


@dataclass(frozen=True)
class Running:
    """Weighted totals from the highest score down; entry i covers the first i groups of ties.

    Each array has one entry more than there are groups, and starts with 0.
    """

    rows: Floats
    positives: Floats
    scores: Floats


class Ranked:
    """Rows in falling order of score; rows with one score form one group.

    Nothing measured here depends on the order of tied rows.
    """

    def __init__(self, y: Floats, p: Floats):
        self.order = np.argsort(-p, kind="stable")
        self.y, ordered = y[self.order], p[self.order]
        differs = ordered[1:] != ordered[:-1]
        self.starts = np.flatnonzero(np.concatenate([np.ones(min(len(p), 1), bool), differs]))
        self.scores = ordered[self.starts]

    def running(self, weights: Floats) -> Running:
        """Running totals when row i counts ``weights[i]`` times."""
        rows = weights[self.order]
        positives = rows * self.y
        if len(self.starts) < len(rows):
            rows = np.add.reduceat(rows, self.starts)
            positives = np.add.reduceat(positives, self.starts)
        return Running(_from_zero(rows), _from_zero(positives), _from_zero(rows * self.scores))


def _from_zero(values: Floats) -> Floats:
    sums = np.zeros(len(values) + 1)
    np.cumsum(values, out=sums[1:])
    return sums


def auc(totals: Running) -> float:
    """Chance that a positive row scores above a negative one; a tie counts half."""
    negatives = totals.rows - totals.positives
    pairs = totals.positives[-1] * negatives[-1]
    if pairs == 0:
        return float("nan")
    negatives_at_or_above = (negatives[1:] + negatives[:-1]) / 2
    lost = np.diff(totals.positives) @ negatives_at_or_above
    return float(1 - lost / pairs)


def plain_auc(y, p) -> float:
    """`auc` of unweighted rows; NaN with one class."""
    labels, scores = checked(y, p)
    return auc(Ranked(labels, scores).running(np.ones(len(labels))))


def average_precision(totals: Running) -> float:
    """Mean precision over the positive rows, a group of ties taken whole."""
    rows, positives = totals.rows[1:], totals.positives[1:]
    if len(rows) == 0 or positives[-1] in (0, rows[-1]):
        return float("nan")
    precision = np.divide(positives, rows, out=np.zeros_like(rows), where=rows > 0)
    return float(np.diff(totals.positives) @ precision / positives[-1])


def precision_at(totals: Running, share: float) -> float:
    """Expected share of positives among the ``share`` of rows with the highest scores.

    Within ties the rows are taken at random, so the expected value is linear;
    a fraction of a row counts as that fraction.
    """
    wanted = share * totals.rows[-1]
    if wanted == 0:
        return float("nan")
    return float(np.interp(wanted, totals.rows, totals.positives) / wanted)
