"""Are the listeners of today those that the model was trained on?

Features and scores of the listeners active in the last 14 days against the model's own training
rows, and the last day of log against its weekday (churn.md §4.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenuto.monitoring._psi import chance_limit, level_of, noise_limit, psi
from tenuto.monitoring._reference import Reference

COLUMNS = [
    "kind",
    "name",
    "family",
    "measure",
    "distance",
    "limit",
    "then",
    "now",
    "share_null_then",
    "share_null_now",
    "level",
    "by_design",
    "may_alarm",
]
GROWS = "can only grow"
AGEING = "the log follows a cohort"
# A log of a cohort: a fifth of the active listeners gone, and few of them replaced.
_SHRUNK, _REPLACED = 0.8, 0.25


@dataclass(frozen=True)
class Now:
    """The active listeners at the cutoff of the list.

    X : the features that the models saw
    score : what the model said, before calibration
    n_new : how many of them came since the newest training cutoff
    """

    X: pd.DataFrame
    score: np.ndarray
    n_new: int


def is_ageing(reference: Reference, now: Now) -> bool:
    """Whether the active listeners get fewer because nobody new is followed (K1).

    Then the whole distribution moves from day to day, and no alarm could tell that from news.
    """
    lost = reference.n_active - (len(now.X) - now.n_new)
    return len(now.X) < _SHRUNK * reference.n_active and now.n_new < _REPLACED * lost


def drift(
    reference: Reference,
    now: Now,
    volumes: pd.DataFrame,
    families: Mapping[str, str],
    leaned_on: frozenset[str] | None,
) -> pd.DataFrame:
    """One row per thing watched, scores first, then volumes, then features, farthest first.

    Parameters
    ----------
    families : feature -> family
    leaned_on : families without which the model is worse; None where that is not known.
        A feature of another family cannot raise an alarm, nor one that can only grow.

    Returns
    -------
    DataFrame with ``COLUMNS``. ``distance`` is what ``measure`` says: the PSI; for the mean
    score the squared shift in standard deviations (a normal shifted by d has about that PSI);
    for volumes the ratio. ``limit`` is what chance alone explains.
    """
    ageing = AGEING if is_ageing(reference, now) else ""
    rows = [*_scores(reference, now, ageing), *_volumes(volumes)]
    features = [_feature(name, reference, now) for name in reference.features]
    for row in sorted(features, key=_farthest_first):
        grows = GROWS if row["name"] in reference.grows else ""
        family = families.get(str(row["name"]), "")
        is_used = leaned_on is None or family in leaned_on
        by_design = grows or ageing
        said = {"family": family, "by_design": by_design}
        rows.append(row | said | {"may_alarm": is_used and not by_design})
    return pd.DataFrame(rows, columns=COLUMNS)


def _feature(name: str, reference: Reference, now: Now) -> dict[str, object]:
    histogram, values = reference.features[name], now.X[name].to_numpy(dtype=np.float64)
    counts = histogram.count(values)
    distance, limit = psi(histogram.counts, counts), noise_limit(histogram.counts, counts)
    return {
        "kind": "feature",
        "name": name,
        "measure": "PSI",
        "distance": distance,
        "limit": limit,
        "then": reference.means[name],
        "now": float(np.nanmean(values)) if (~np.isnan(values)).any() else float("nan"),
        "share_null_then": histogram.share_null,
        "share_null_now": counts[-1] / len(values) if len(values) else float("nan"),
        "level": level_of(distance, limit),
    }


def _scores(reference: Reference, now: Now, ageing: str) -> list[dict[str, object]]:
    if reference.score is None or len(now.score) == 0:
        return []
    counts = reference.score.count(now.score)
    distance = psi(reference.score.counts, counts)
    limit = noise_limit(reference.score.counts, counts)
    mean = float(now.score.mean())
    same = {
        "kind": "score",
        "family": "",
        "then": reference.mean_score,
        "now": mean,
        "by_design": ageing,
        "may_alarm": not ageing,
    }
    shift = (mean - reference.mean_score) / max(reference.sd_score, 1e-12)
    of_mean = chance_limit(reference.n_rows, len(now.score), 1)
    return [
        same
        | {"name": "score", "measure": "PSI", "distance": distance, "limit": limit}
        | {"level": level_of(distance, limit)},
        same
        | {"name": "mean score", "measure": "squared shift", "distance": shift**2}
        | {"limit": of_mean, "level": level_of(shift**2, of_mean)},
    ]


def _volumes(volumes: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {
            "kind": "volume",
            "name": row["name"],
            "family": "",
            "measure": "ratio",
            "distance": row["ratio"],
            "then": row["then"],
            "now": row["now"],
            "level": row["level"],
            "by_design": "",
            "may_alarm": True,
        }
        for row in volumes.to_dict("records")
    ]


def _farthest_first(row: dict) -> tuple[float, str]:
    distance = row["distance"]
    return (-distance if distance == distance else 1.0, row["name"])
