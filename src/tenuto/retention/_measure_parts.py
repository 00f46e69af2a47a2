"""The effect by band and by action, and whether the parts differ by more than chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from tenuto.errors import NotEnoughData
from tenuto.retention._bands import BANDS
from tenuto.retention._measure_effect import HOLDOUT, TREAT, measure_effect

BY = ("band", "action")


def effect_by(table: pd.DataFrame, columns: Sequence[str] = BY) -> pd.DataFrame:
    """The effect among the listeners of each value of each column, as far as it can be told.

    Bands and actions are decided before the groups are drawn, so that each part is an
    experiment of its own.

    Returns
    -------
    DataFrame: ``by``, ``part`` and the fields of `Effect`; of a part with too few listeners only
    the counts. Bands as on the list, other parts by falling mean probability.
    """
    rows = [
        {"by": column, "part": str(part), **_measured(table[table[column] == part])}
        for column in columns
        if column in table
        for part in _parts(table, column)
    ]
    return pd.DataFrame(rows)


def differs_by_chance(parts: pd.DataFrame, column: str) -> float:
    """How likely parts differ as much as these if the effect is one: Cochran's Q; NaN for one.

    Cochran, "The combination of estimates from different experiments", Biometrics 1954.
    """
    of_column = parts[parts["by"] == column] if len(parts) else parts
    known = of_column[of_column["effect"].notna()] if len(of_column) else of_column
    if len(known) < 2:
        return float("nan")
    effect = known["effect"].to_numpy(dtype=np.float64)
    # An effect's error from its interval, which is nearly normal at 30 and more in a group.
    error = (known["high"] - known["low"]).to_numpy(dtype=np.float64) / (2 * 1.96)
    weight = 1 / np.maximum(error, 1e-9) ** 2
    centre = (weight * effect).sum() / weight.sum()
    q = float((weight * (effect - centre) ** 2).sum())
    return float(stats.chi2.sf(q, len(known) - 1))


def _parts(table: pd.DataFrame, column: str) -> list[object]:
    there = set(table[column].dropna())
    if there <= set(BANDS):
        return [band for band in BANDS if band in there]
    if "probability" in table:
        means = table.groupby(column)["probability"].mean().reset_index()
        ordered = means.sort_values(["probability", column], ascending=[False, True])
        return list(ordered[column])
    return sorted(table[column].dropna().unique(), key=str)


def _measured(rows: pd.DataFrame) -> dict[str, float]:
    try:
        return measure_effect(rows).to_dict()
    except NotEnoughData:
        treated = rows["group"] == TREAT
        held_out = rows["group"] == HOLDOUT
        return {
            "n_treat": int(treated.sum()),
            "n_holdout": int(held_out.sum()),
            "n_left_treat": int(rows.loc[treated, "y"].sum()),
            "n_left_holdout": int(rows.loc[held_out, "y"].sum()),
            "effect": float("nan"),
            "low": float("nan"),
            "high": float("nan"),
        }
