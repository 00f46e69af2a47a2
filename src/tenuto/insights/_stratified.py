"""A comparison within sets of one leaver and a few stayers: who heard what.

The test is Mantel and Haenszel's over sets (JNCI 1959), with their correction for continuity:
with one leaver a set it is the exact score test of conditional logistic regression.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import norm

from tenuto.insights._view import View

_Z = 1.959964


def compare_sets(
    view: View, sets: pd.DataFrame, rollup: str, key: str, window_days: int
) -> pd.DataFrame:
    """One row per ``key`` of the plays of ``rollup`` in the window up to the day of the set.

    ``n_leavers`` and ``n_stayers`` heard it; ``share_leavers`` and ``share_stayers`` with every
    set counting once; ``difference`` of the two with its 95 % interval; ``p_value``.
    """
    members = sets[["user_id", "set", "at", "is_leaver"]].assign(
        n_stayers=sets.groupby("set")["is_leaver"].transform("size") - 1
    )
    columns = {"user_id": "member", "at": "to"}
    table = pa.Table.from_pandas(members.rename(columns=columns), preserve_index=False)
    listeners = view.engine.from_arrow(table)
    plays = view.past.table(rollup)
    plays = plays.filter(plays.n_plays > 0).mutate(on=view.n_days - plays.age_days)
    joined = plays.inner_join(listeners, [("user_id", "member")])
    joined = joined.filter((joined.on <= joined.to) & (joined.on > joined.to - window_days))
    heard = joined.group_by([key, "set", "n_stayers", "member"]).agg(
        is_leaver=joined.is_leaver.any()
    )
    return _tested(view.frame(_sums(heard, key).order_by(key)), sets["set"].nunique())


def _sums(heard, key: str):
    """Per ``key``, sums over the sets in which anybody heard it."""
    is_leaver = heard.is_leaver.cast("int64").cast("float64")
    by_set = heard.group_by([key, "set", "n_stayers"]).agg(
        leaver=is_leaver.sum(), heard=heard.count().cast("float64")
    )
    stayers, size = by_set.heard - by_set.leaver, by_set.n_stayers + 1.0
    gap = by_set.leaver - stayers / by_set.n_stayers
    return by_set.group_by(key).agg(
        n_leavers=by_set.leaver.sum().cast("int64"),
        n_stayers=stayers.sum().cast("int64"),
        stayer_shares=(stayers / by_set.n_stayers).sum(),
        expected=(by_set.heard / size).sum(),
        # The variance of one of `size` drawn, of whom `heard` have heard it.
        variance=(by_set.heard * (size - by_set.heard) / (size * size)).sum(),
        gaps=gap.sum(),
        squares=(gap * gap).sum(),
    )


def _tested(sums: pd.DataFrame, n_sets: int) -> pd.DataFrame:
    away = (sums["n_leavers"] - sums["expected"]).abs() - 0.5
    spread = np.sqrt(sums["variance"])
    # Where all of a set heard it, the set says nothing; where all sets do, there is no test.
    z = np.where(spread > 0, away.clip(lower=0) / spread.where(spread > 0, 1.0), 0.0)
    difference = sums["gaps"] / n_sets
    error = np.sqrt((sums["squares"] / n_sets - difference**2).clip(lower=0) / n_sets)
    found = sums.assign(
        share_leavers=sums["n_leavers"] / n_sets,
        share_stayers=sums["stayer_shares"] / n_sets,
        difference=difference,
        low=difference - _Z * error,
        high=difference + _Z * error,
        p_value=np.minimum(2 * norm.sf(z), 1.0),
    )
    return found.drop(columns=["stayer_shares", "expected", "variance", "gaps", "squares"])
