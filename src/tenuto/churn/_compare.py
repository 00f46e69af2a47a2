"""Models held against each other on the listeners of a test: which differences are noise.

Read from what a run said of the listeners of its test, whose outcome is known; no model is asked
again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenuto.churn._compare_gaps import Gap, gaps_between
from tenuto.churn._judging import MIN_OF_EACH_CLASS, SHARE_CALLED, levelled
from tenuto.errors import (
    ContractError,
    NotEnoughData,
    SettingsError,
    TenutoError,
    UnknownName,
    WorkspaceError,
)
from tenuto.evaluation.classification import HIGHER_IS_BETTER, threshold_for_share
from tenuto.evaluation.intervals import N_DRAWS, Bootstrap, bootstrap
from tenuto.record import read_json, write_aside
from tenuto.timeline import HEADLINE, POPULATIONS

#: Shown whatever models are asked for: without them no figure means anything.
REFERENCES = ("base_rate", "recency_rule")
SCORES_FILE, SUMMARY_FILE = "test_scores.parquet", "summary.json"
_PROBABILITY = "probability_"


@dataclass(frozen=True)
class Comparison:
    """What came of it.

    figures : one record per model, the best first: ``model``, ``value``, ``low``, ``high``
    gaps : every pair of models, those with the best first
    n_rarer : listeners of the rarer outcome
    test_cutoff, rate_words : of the run; empty where there was none
    """

    population: str
    metric: str
    n_listeners: int
    n_rarer: int
    base_rate: float
    figures: list[dict[str, Any]]
    gaps: list[Gap]
    test_cutoff: str = ""
    rate_words: str = "churn rate"

    @property
    def best(self) -> str:
        """The model with the best figure; a tie goes to the first by name."""
        return str(self.figures[0]["model"])

    @property
    def is_ranked(self) -> bool:
        """Whether there are enough of either outcome to tell models apart at all (K40)."""
        return self.n_rarer >= MIN_OF_EACH_CLASS

    def with_best(self) -> list[Gap]:
        """The pairs of the best model with each other one, in the order of ``figures``."""
        return self.gaps[: len(self.figures) - 1]

    def write(self, file: Path) -> None:
        """Every pair of models, as CSV."""
        facts = {"population": self.population, "metric": self.metric, "n": self.n_listeners}
        table = pd.DataFrame([facts | asdict(gap) for gap in self.gaps])
        table = table.astype({"n_needed": "Int64"})
        write_aside(file, lambda aside: table.to_csv(aside, index=False))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"best": self.best, "is_ranked": self.is_ranked}


def compare_run(
    folder: Path,
    *,
    population: str = HEADLINE,
    metric: str = "auc",
    models: Sequence[str] = (),
    random_state: int = 0,
    n_draws: int = N_DRAWS,
) -> Comparison:
    """The models of the run whose ``churn`` folder this is; see `compare`.

    Raises
    ------
    WorkspaceError : if there was no such run, naming those that there were
    NotEnoughData : if the log was too short for models
    """
    file = folder / SCORES_FILE
    if not file.is_file():
        raise _no_scores(folder)
    summary = read_json(folder / SUMMARY_FILE)
    found = compare(
        pd.read_parquet(file),
        population=population,
        metric=metric,
        models=models,
        rng=np.random.default_rng([random_state, 23]),
        n_draws=n_draws,
    )
    return replace(found, test_cutoff=summary["test_cutoff"], rate_words=summary["rate_words"])


def compare(
    scores: pd.DataFrame,
    *,
    population: str = HEADLINE,
    metric: str = "auc",
    models: Sequence[str] = (),
    rng: np.random.Generator,
    n_draws: int = N_DRAWS,
) -> Comparison:
    """Models by what they said of the listeners of a test.

    Parameters
    ----------
    scores : one row per listener: ``user_id``, ``y``, ``fold``, ``is_POPULATION`` and a column
        ``probability_MODEL`` for each model
    models : of those scored; empty means all. The base rate and the recency rule stay.

    Raises
    ------
    UnknownName : for a model that was not scored, or a metric or population that there is not
    """
    rows = scores[_mask(scores, population)]
    probabilities = {
        name: levelled(pd.DataFrame({"probability": rows[_PROBABILITY + name], "fold": rows.fold}))
        for name in _asked(scored_models(scores), models)
    }
    found = compared(
        rows["y"].to_numpy(),
        probabilities,
        rows["user_id"].to_numpy(),
        metric=metric,
        rng=rng,
        n_draws=n_draws,
    )
    return replace(found, population=population)


def compared(
    y: np.ndarray,
    probabilities: Mapping[str, np.ndarray],
    user_id: np.ndarray,
    *,
    metric: str,
    rng: np.random.Generator,
    n_draws: int = N_DRAWS,
) -> Comparison:
    """`compare` for labels and probabilities of the same rows; all of one population."""
    if metric not in HIGHER_IS_BETTER:
        raise UnknownName(f"no metric '{metric}'. There are: {', '.join(HIGHER_IS_BETTER)}.")
    if len(y) == 0 or not probabilities:
        raise ContractError("nobody, or no model, to compare", mend="choose another population")
    cuts = {name: threshold_for_share(p, SHARE_CALLED) for name, p in probabilities.items()}
    found = bootstrap(y, probabilities, user_id, rng=rng, thresholds=cuts, n_draws=n_draws)
    ranked = sorted(probabilities, key=lambda name: _rank(found, name, metric))
    figures = []
    for name in ranked:
        value, low, high = found.interval(name).loc[metric].to_numpy(dtype=np.float64)
        figures.append({"model": name, "value": value, "low": low, "high": high})
    n_users = len(np.unique(user_id))
    return Comparison(
        population="all",
        metric=metric,
        n_listeners=n_users,
        n_rarer=min(found.n_of_each),
        base_rate=float(np.mean(y)),
        figures=figures,
        gaps=gaps_between(found, ranked, metric, n_users),
    )


def scored_models(scores: pd.DataFrame) -> list[str]:
    """The models that ``scores`` has a column of probabilities of."""
    columns = [str(column) for column in scores.columns]
    return [name.removeprefix(_PROBABILITY) for name in columns if name.startswith(_PROBABILITY)]


def _no_scores(folder: Path) -> TenutoError:
    runs, cutoff = folder.parent.parent, folder.parent.name
    summary = folder / SUMMARY_FILE
    skipped = read_json(summary).get("skipped") if summary.is_file() else None
    if skipped:
        return NotEnoughData(f"no models at {cutoff}: {skipped}")
    there = sorted(file.parts[-3] for file in runs.glob(f"*/churn/{SCORES_FILE}"))
    named = f"; there are some at {', '.join(there)}" if there else ""
    return WorkspaceError(
        f"no scores to compare at {cutoff} in {runs}{named}",
        mend=f"tenuto churn {runs.parent} --cutoff {cutoff}"
        + (f", or compare those with --cutoff {there[-1]}" if there else ""),
    )


def _mask(scores: pd.DataFrame, population: str) -> np.ndarray:
    if population not in POPULATIONS:
        raise UnknownName(f"no population '{population}'. There are: {', '.join(POPULATIONS)}.")
    if POPULATIONS[population] is None:
        return np.ones(len(scores), dtype=bool)
    return scores[f"is_{population}"].to_numpy(dtype=bool)


def _asked(known: list[str], models: Sequence[str]) -> list[str]:
    wanted = [name.replace("-", "_") for name in models]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UnknownName(
            f"the run has no scores of {', '.join(unknown)}. There are: {', '.join(known)}.",
            mend="name it in churn.models of tenuto.toml, and run again",
        )
    found = [name for name in known if not wanted or name in (*wanted, *REFERENCES)]
    if len(found) < 2:
        raise SettingsError(
            f"{', '.join(found) or 'no model'} has nobody to be compared with",
            mend="name more models in churn.models of tenuto.toml, and run again",
        )
    return found


def _rank(found: Bootstrap, model: str, metric: str) -> tuple[bool, float, str]:
    value = found.values[model][metric]
    return bool(np.isnan(value)), -value if HIGHER_IS_BETTER[metric] else value, model
