"""Is the model as good for every kind of listener: by device, plan, tenure, and where known more.

Gender and place are no features; here they may be looked at (churn.md §4.7). No verdict on
fewer than 200 listeners.
"""

from __future__ import annotations

from collections.abc import Callable

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy.special import ndtri

from tenuto.evaluation._ranked import plain_auc
from tenuto.evaluation.classification import threshold_for_share
from tenuto.evaluation.intervals import LEVEL, newcombe, wilson
from tenuto.timeline import HEADLINE, Past

MIN_LISTENERS, MIN_OF_EACH_CLASS = 200, 20
SHARE_CALLED = 0.10
UNKNOWN = "not known"
#: A gap smaller than this is of no use to anybody, however sure it is. Arbitrary.
SMALL_GAP = 0.02
_MOST_VALUES = 8
_TENURES = ((7, "under a week"), (28, "1 to 4 weeks"), (91, "4 to 13 weeks"))
_OLDER = "13 weeks and more"
Slicer = Callable[[Past], ir.Table]


def slice_values(past: Past, people: pd.DataFrame) -> pd.DataFrame:
    """``user_id`` and one column of text per way to slice that the source can tell.

    ``people`` has ``user_id``, ``first_day`` and, where known, ``is_paid``. Tenure counts from
    the first day seen: of who was there when the log began it is at least that.
    """
    found = people[["user_id"]].copy()
    seen = pd.to_datetime(people["first_day"])
    days = (pd.Timestamp(past.cutoff) - seen).dt.days
    found["tenure"] = np.select(
        [days < limit for limit, _ in _TENURES], [w for _, w in _TENURES], _OLDER
    )
    if "is_paid" in people and people["is_paid"].notna().any():
        found["plan"] = people["is_paid"].map({1: "paid", 0: "free"}).fillna(UNKNOWN)
    for name, table in _told(past).items():
        values = past.engine.to_arrow(table).to_pandas()
        found = found.merge(values.rename(columns={"value": name}), on="user_id", how="left")
        found[name] = _commonest(found[name].fillna(UNKNOWN))
    known = [name for name in found if name == "user_id" or found[name].nunique() > 1]
    return found[known]


def slices(test: pd.DataFrame, values: pd.DataFrame, model: str) -> pd.DataFrame:
    """One row per slice of the headline listeners, and a first one of all of them.

    Columns: ``slice``, ``value``, ``n``, ``n_left``, ``base_rate``, ``mean_score``,
    ``calibration_gap`` (mean probability minus what came), ``recall_at_10`` (of those in the
    slice who left, the share that is on the best tenth of the whole list), ``auc``; each with
    ``_low`` and ``_high``, 95 % (Wilson, normal, Wilson, Newcombe); and ``verdict``.
    """
    active = test[test[f"is_{HEADLINE}"].astype(bool)].merge(values, on="user_id", how="left")
    p = active[f"probability_{model}"].to_numpy(dtype=np.float64)
    cut = threshold_for_share(p, SHARE_CALLED)
    rows = active.assign(p=p, called=p >= cut)
    parts = [("all", "all", rows)]
    for name in values.columns.drop("user_id"):
        by_value = rows.groupby(rows[name].fillna(UNKNOWN), sort=True)
        parts += [(str(name), str(value), part) for value, part in by_value]
    n_judged = sum(len(part) >= MIN_LISTENERS for _, _, part in parts)
    return pd.DataFrame(_slice(name, value, part, n_judged) for name, value, part in parts)


def _slice(name: str, value: str, rows: pd.DataFrame, n_judged: int) -> dict[str, object]:
    y, p = rows["y"].to_numpy(dtype=np.float64), rows["p"].to_numpy(dtype=np.float64)
    n, n_left = len(y), int(y.sum())
    gap, low, high, verdict = _gap(p - y, n_judged)
    called = int(rows.loc[rows["y"] == 1, "called"].sum())
    is_ranked = min(n_left, n - n_left) >= MIN_OF_EACH_CLASS
    auc = plain_auc(y, p) if is_ranked else float("nan")
    auc_low, auc_high = newcombe(auc, n_left, n - n_left) if is_ranked else (np.nan, np.nan)
    return {
        "slice": name,
        "value": value,
        "n": n,
        "n_left": n_left,
        **_share("base_rate", n_left, n),
        "mean_score": float(p.mean()) if n else float("nan"),
        "calibration_gap": gap,
        "calibration_gap_low": low,
        "calibration_gap_high": high,
        **_share("recall_at_10", called, n_left),
        "auc": auc,
        "auc_low": auc_low,
        "auc_high": auc_high,
        "verdict": verdict,
    }


def _share(name: str, part: int, whole: int) -> dict[str, float]:
    low, high = wilson(part, whole)
    share = part / whole if whole else float("nan")
    return {name: share, f"{name}_low": float(low), f"{name}_high": float(high)}


def _gap(gaps: np.ndarray, n_judged: int) -> tuple[float, float, float, str]:
    """The mean gap, its 95 % interval, and a verdict that allows for how many are given."""
    if len(gaps) < 2:
        return float("nan"), float("nan"), float("nan"), "too few"
    mean, error = float(gaps.mean()), float(gaps.std(ddof=1) / np.sqrt(len(gaps)))
    half = float(ndtri((1 + LEVEL) / 2)) * error
    interval = (mean, mean - half, mean + half)
    if len(gaps) < MIN_LISTENERS:
        return *interval, "too few"
    # Bonferroni: of twenty slices one is off by chance at 95 %.
    sure = float(-ndtri((1 - LEVEL) / 2 / max(n_judged, 1))) * error
    if abs(mean) <= max(sure, SMALL_GAP):
        return *interval, "as said"
    return *interval, "says too much" if mean > 0 else "says too little"


def _told(past: Past) -> dict[str, ir.Table]:
    """``user_id`` and ``value`` of what the source tells of its users beside the events."""
    found: dict[str, ir.Table] = {}
    if past.has("user_day_devices"):
        found["device"] = _device(past)
    if past.has("user_profile_days"):
        found["gender"] = _last_profile(past, "gender")
        found["place"] = _last_profile(past, "location")
    return found


def _device(past: Past) -> ir.Table:
    """The device with most events; a tie goes to the first in the alphabet."""
    days = past.table("user_day_devices")
    sums = days.group_by(["user_id", "device"]).agg(n=lambda rows: rows.n_events.sum())
    order = ibis.window(group_by="user_id", order_by=[ibis.desc("n"), ibis.asc("device")])
    first = sums.mutate(place=ibis.row_number().over(order))
    return first.filter(first["place"] == 0).select("user_id", value="device")


def _last_profile(past: Past, column: str) -> ir.Table:
    """What was told last, of those of whom it was ever told."""
    days = past.table("user_profile_days")
    told = days.filter(days[column].notnull())
    return told.group_by("user_id").agg(value=told[column].argmin(told.age_days))


def _commonest(values: pd.Series) -> pd.Series:
    """Text as it is; of places the country or state, which stands behind the last comma.

    Beyond the eight commonest they are "others".
    """
    short = values.astype("str").str.rsplit(",", n=1).str[-1].str.strip()
    counts = short.value_counts()
    ordered = sorted(counts.index, key=lambda value: (-int(counts[value]), str(value)))
    return short.where(short.isin(ordered[:_MOST_VALUES]), "others")
