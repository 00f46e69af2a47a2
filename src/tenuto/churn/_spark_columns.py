"""Columns for models that Spark trains, which know no missing values.

A hole gets the column's median, and a column with holes gets another beside it that says where
they were (K7, K8), as in ``_preprocessing.py``. Made by numpy where the rows are in memory, and by
an expression where they are on Spark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from tenuto.churn._preprocessing import signed_log1p

Matrix = NDArray[np.float64]
# Ibis has Spark say of every number that it is finite; so it is compared with the largest one.
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Filling:
    """What holes are filled with, learned from training rows.

    median : of each column, 0 for one that is nothing but holes
    has_holes : which columns have some, and so a column of their own for them
    is_logged : whether large counts are tamed (K15); trees do not need it
    """

    median: tuple[float, ...]
    has_holes: tuple[bool, ...]
    is_logged: bool

    @classmethod
    def of_matrix(cls, X: Matrix, is_logged: bool) -> Self:
        is_hole = np.isnan(X)
        is_known = ~is_hole.all(axis=0)
        median = np.zeros(X.shape[1])
        median[is_known] = np.nanmedian(X[:, is_known], axis=0)
        has_holes = [bool(column.any()) for column in is_hole.T]
        return cls(tuple(median.tolist()), tuple(has_holes), is_logged)

    @classmethod
    def of_facts(cls, facts: dict[str, Any], n_columns: int, is_logged: bool) -> Self:
        """From one row of `facts_about`."""
        medians = [facts[f"median_{number}"] for number in range(n_columns)]
        holes = [facts[f"n_holes_{number}"] > 0 for number in range(n_columns)]
        return cls(tuple(0.0 if m is None else float(m) for m in medians), tuple(holes), is_logged)

    @property
    def holes(self) -> NDArray[np.int64]:
        """The columns that have some."""
        return np.flatnonzero(self.has_holes)

    @property
    def names(self) -> list[str]:
        """Of the columns that come out, by position: names of features may hold anything."""
        return [f"x{number}" for number in range(len(self.median) + len(self.holes))]

    def matrix(self, X: Matrix) -> Matrix:
        """The columns, then one for each that had holes in training: 1 where there is one."""
        filled = np.where(np.isnan(X), self.median, X)
        if self.is_logged:
            filled = signed_log1p(filled)
        return np.hstack([filled, np.isnan(X[:, self.holes]).astype(np.float64)])

    def expressions(self, table: ir.Table, columns: Sequence[str]) -> dict[str, ir.Value]:
        """The same of a table, by the names of what comes out."""
        known = [number_or_null(table[column]) for column in columns]
        filled = [
            column.fill_null(median) for column, median in zip(known, self.median, strict=True)
        ]
        if self.is_logged:
            filled = [x.sign() * (1 + x.abs()).ln() for x in filled]
        holes = [known[number].isnull().cast("float64") for number in self.holes]
        return dict(zip(self.names, [*filled, *holes], strict=True))

    def joined(self, parts: Matrix) -> Matrix:
        """What each column and its holes add, as one number; for sums over columns."""
        n_columns = len(self.median)
        own = parts[:, :n_columns].copy()
        own[:, self.holes] += parts[:, n_columns:]
        return own


def number_or_null(column: ir.Value) -> ir.Value:
    """As float64; what is no number is NULL, on every engine."""
    number = column.cast("float64")
    return ibis.cases((number.isnan(), ibis.null("float64")), else_=number)


def facts_about(table: ir.Table, columns: Sequence[str]) -> dict[str, ir.Value]:
    """One row that tells what is filled where, and whether a column holds infinities.

    The median is approximate: to fill holes, the neighbour of the middle does as well, and
    the middle itself would need all values of a column in one place.
    """
    facts: dict[str, ir.Value] = {}
    for number, name in enumerate(columns):
        column = number_or_null(table[name])
        facts[f"median_{number}"] = column.approx_median()
        facts[f"n_holes_{number}"] = column.isnull().sum()
        facts[f"n_infinite_{number}"] = (column.abs() > _LARGEST).fill_null(False).sum()
    return facts
