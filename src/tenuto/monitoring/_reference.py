"""What the model of the call list was trained on, as histograms: what drift is measured from.

The listeners active in the 14 days before each training cutoff, features and scores; scores are
out of user, by the model of the listener's fold, so that they compare with those of the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from tenuto.churn._dataset import CutoffData, examples_of
from tenuto.churn._seen import Seen
from tenuto.engines import Engine
from tenuto.evaluation.folds import user_hash
from tenuto.monitoring._psi import Histogram
from tenuto.monitoring._run import Run
from tenuto.settings import ChurnSettings
from tenuto.timeline import HEADLINE, Timeline

#: Histograms of more listeners at a cutoff would tell no more.
MAX_LISTENERS = 100_000
# Above this share of listeners whose value fell, a feature does not "only grow".
_MAY_FALL = 0.002
_FEW = 50


@dataclass(frozen=True)
class Reference:
    """Histograms of the training rows of one model.

    n_rows : rows that the histograms are of
    n_active : listeners active at a training cutoff, on average over the cutoffs
    grows : features whose value fell for hardly anybody from the newest training cutoff to the
        cutoff of the list: clocks and totals, which drift by design
    score : None where the run kept no models by fold
    """

    model: str
    digest: str | None
    cutoffs: tuple[str, ...]
    n_rows: int
    n_active: float
    features: dict[str, Histogram]
    means: dict[str, float]
    grows: tuple[str, ...]
    score: Histogram | None
    mean_score: float
    sd_score: float

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON; `from_json` undoes it."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "population": HEADLINE,
            "features": {name: part.to_json() for name, part in self.features.items()},
            "score": None if self.score is None else self.score.to_json(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Reference:
        plain = {name: value[name] for name in _PLAIN}
        floats = {name: _float(plain[name]) for name in ("mean_score", "sd_score")}
        score = value["score"]
        return cls(
            **plain
            | floats
            | {"cutoffs": tuple(plain["cutoffs"]), "grows": tuple(plain["grows"])}
            | {"means": {name: _float(mean) for name, mean in plain["means"].items()}},
            features={name: Histogram.from_json(part) for name, part in value["features"].items()},
            score=None if score is None else Histogram.from_json(score),
        )


_PLAIN = (
    "model",
    "digest",
    "cutoffs",
    "n_rows",
    "n_active",
    "means",
    "grows",
    "mean_score",
    "sd_score",
)


def reference_of(
    run: Run, engine: Engine, timeline: Timeline, settings: ChurnSettings, now: pd.DataFrame
) -> Reference:
    """Rebuild the training rows of ``run`` and count them into bins.

    ``now`` is what the models saw at the cutoff of the list: ``user_id`` and features.
    """
    cutoffs = [date.fromisoformat(day) for day in run.summary.calling_cutoffs]
    columns = [name for name in now.columns if name != "user_id"]
    asked: dict[str, Any] = {"label": run.summary.label, "bin_days": settings.bin_days}
    tables, scores, n_active = [], [], 0
    for cutoff in cutoffs:
        seen = Seen.at(engine, timeline, cutoff, **asked)
        n_active += seen.n_active(HEADLINE)
        data = _training_rows(seen, timeline, run, settings)
        is_active = data.populations()[HEADLINE]
        X = data.examples.X.loc[is_active, columns].reset_index(drop=True)
        user_id = data.examples.user_id[is_active]
        tables.append(X.assign(user_id=user_id))
        scores.append(run.scores(user_id, X))
    rows, said = pd.concat(tables, ignore_index=True), np.concatenate(scores)
    return Reference(
        model=run.model,
        digest=run.scores_digest,
        cutoffs=run.summary.calling_cutoffs,
        n_rows=len(rows),
        n_active=n_active / max(len(cutoffs), 1),
        features={name: Histogram.of(rows[name].to_numpy()) for name in columns},
        means={name: float(rows[name].mean()) for name in columns},
        grows=tuple(only_growing(tables[0], now)) if tables else (),
        score=Histogram.of(said) if len(said) else None,
        mean_score=float(said.mean()) if len(said) else float("nan"),
        sd_score=float(said.std()) if len(said) else float("nan"),
    )


def only_growing(then: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """Features that fell for hardly any listener there both times, and grew for some.

    Days since the first event, songs ever heard: their distribution moves as a log gets older,
    whatever listeners do. Nothing is said of fewer than 50 listeners.
    """
    both = then.merge(now, on="user_id", suffixes=("_then", "_now"))
    if len(both) < _FEW:
        return []
    found = []
    for name in (column for column in then.columns if column != "user_id"):
        change = (both[f"{name}_now"] - both[f"{name}_then"]).dropna()
        if len(change) and (change < 0).mean() <= _MAY_FALL and (change > 0).any():
            found.append(str(name))
    return found


def _training_rows(seen: Seen, timeline: Timeline, run: Run, settings: ChurnSettings) -> CutoffData:
    """Of everybody, or of enough for a histogram: features are not built of all for that."""
    user_id = seen.user_ids()
    if len(user_id) > MAX_LISTENERS:
        hashes = user_hash(user_id, "reference")
        limit = np.partition(hashes, MAX_LISTENERS - 1)[MAX_LISTENERS - 1]
        seen = seen.drawn(lambda asked: user_hash(asked, "reference") <= limit)
    return examples_of(
        seen,
        timeline,
        horizon_days=run.summary.horizon_days or settings.horizon_days,
        max_window_days=settings.min_history_days,
        is_labelled=False,
    )


def _float(value: float | None) -> float:
    """JSON has no NaN: null comes back as one."""
    return float("nan") if value is None else float(value)
