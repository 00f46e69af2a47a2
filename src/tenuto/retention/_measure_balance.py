"""Were the groups drawn at random? What was known before must not tell one from the other."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

#: Chance of a false alarm over all columns together.
ALARM = 0.01


def balance(known: pd.DataFrame, is_treated, stratum) -> pd.DataFrame:
    """Each column's means in the two groups, strata compared each with itself.

    Parameters
    ----------
    known : one row per listener, numbers from before the contact; NaN counts as the mean

    Returns
    -------
    DataFrame, one row per column that varies, worst first: ``column``, ``treat`` and ``holdout``
    (means, as if of the strata of all), ``gap`` (their difference in standard deviations),
    ``p_value``, and ``is_odd``: beyond chance, with as many columns in mind (Bonferroni, 1 %
    over all).
    """
    names = [name for name in known.columns if known[name].nunique() > 1]
    values = known[names].to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.where(np.isnan(values), np.nanmean(values, axis=0), values) if names else values
    treated = np.asarray(is_treated, dtype=bool)
    mean, variance = zip(
        *(_weighted(values, np.asarray(stratum), here) for here in (treated, ~treated)),
        strict=True,
    )
    error, spread = np.sqrt(variance[0] + variance[1]), values.std(axis=0)
    gap = mean[0] - mean[1]
    # A column that is constant within strata cannot differ: p is 1, not 0 / 0.
    z = np.divide(np.abs(gap), error, out=np.zeros_like(gap), where=error > 0)
    p_value = 2 * stats.norm.sf(z)
    table = pd.DataFrame(
        {
            "column": names,
            "treat": mean[0],
            "holdout": mean[1],
            "gap": gap / np.where(spread > 0, spread, 1.0),
            "p_value": p_value,
            "is_odd": p_value < ALARM / max(len(names), 1),
        }
    )
    return table.sort_values(["p_value", "column"], ignore_index=True)


def _weighted(
    values: np.ndarray, stratum: np.ndarray, here: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean of a group with the strata of everybody, and its variance; strata of one left out."""
    mean, variance, total = np.zeros(values.shape[1]), np.zeros(values.shape[1]), 0.0
    for each in np.unique(stratum):
        rows, of_all = values[here & (stratum == each)], float((stratum == each).sum())
        others = int((~here & (stratum == each)).sum())
        if min(len(rows), others) < 2:
            continue
        total += of_all
        mean += of_all * rows.mean(axis=0)
        variance += of_all**2 * rows.var(axis=0, ddof=1) / len(rows)
    return mean / max(total, 1.0), variance / max(total, 1.0) ** 2
