"""Between two refits: the models and lists of an earlier run, brought up to date.

A run within ``refit_days`` of the last full fit loads the models that the latest run saved,
updates them (see `Recommender.update`), and makes lists anew only for listeners who did something
since. On the day of the refit the two ways are compared. All of it depends on what the workspace
holds of earlier days alone, so that a run which was killed and is done again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenuto.lists._curves import Curves
from tenuto.lists._device_context import ContextSettings
from tenuto.lists._touched import Known, Touched
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._interactions import Interactions
from tenuto.record import code_digest, digest_of, done, read_json, versions, write_json

FRESHNESS_FILE, CURVES_FILE, CONTEXT_FILE = "freshness.json", "curves.json", "context.json"
#: Whose lists are compared on the day of a refit, and how many places of them.
SAMPLE, PLACES = 2_000, 10


@dataclass(frozen=True)
class Freshness:
    """How the lists of a run came about.

    settings : digest of all that models and lists are made with but the data
    fitted_at : the cutoff of the last full fit
    updated_from : the cutoff of the run whose models were updated; None after a full fit
    n_listeners, n_songs : to how many something had happened since then; None after a full fit
    overlap_at_10 : recommender -> after a full fit, what share of the first ten new songs of a
        listener an update of the run before would have had as well, mean over a sample of
        listeners; empty where there was no such run
    """

    settings: str
    fitted_at: date
    updated_from: date | None = None
    n_listeners: int | None = None
    n_songs: int | None = None
    overlap_at_10: Mapping[str, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        days = {name: day and day.isoformat() for name, day in _days(self).items()}
        return asdict(self) | days

    def write(self, folder: Path) -> None:
        write_json(folder / FRESHNESS_FILE, self.to_dict())

    @classmethod
    def read(cls, folder: Path) -> Freshness:
        said = read_json(folder / FRESHNESS_FILE)
        days = {name: said[name] and date.fromisoformat(said[name]) for name in _DAYS}
        return cls(**said | days)


_DAYS = ("fitted_at", "updated_from")


def _days(freshness: Freshness) -> dict[str, date | None]:
    return {name: getattr(freshness, name) for name in _DAYS}


@dataclass(frozen=True)
class EarlierRun:
    """A finished run that could be carried on; ``folder`` is its recommend/."""

    folder: Path
    cutoff: date
    freshness: Freshness

    @classmethod
    def latest(cls, runs: Path, cutoff: date, settings: str) -> EarlierRun | None:
        """The last one before ``cutoff`` that was made with the same ``settings``."""
        for folder in sorted(runs.glob("????-??-??/recommend"), reverse=True):
            day = date.fromisoformat(folder.parent.name)
            if day < cutoff and done(folder) and (folder / FRESHNESS_FILE).exists():
                freshness = Freshness.read(folder)
                if freshness.settings == settings:
                    return cls(folder, day, freshness)
        return None

    def can_be_updated(self, cutoff: date, refit_days: int) -> bool:
        """Whether its last full fit is not ``refit_days`` old yet."""
        return (cutoff - self.freshness.fitted_at).days < refit_days

    def curves(self) -> Curves:
        """How likely each place is to be played, as that run had learned it."""
        return Curves.of_dict(read_json(self.folder / CURVES_FILE))

    def context(self) -> ContextSettings | None:
        """What helped that run to suit devices; None where it could not be tried."""
        file = self.folder / CONTEXT_FILE
        if not file.exists():
            return None
        said = read_json(file)
        return ContextSettings(**{name: _number(value) for name, value in said.items()})

    def carried_on(self, touched: Touched) -> Freshness:
        """Of the run that updates this one."""
        return replace(
            self.freshness,
            updated_from=self.cutoff,
            n_listeners=len(touched.listeners),
            n_songs=len(touched.songs),
            overlap_at_10=None,
        )

    def updated(self, interactions: Interactions) -> Updated:
        """Its models, knowing ``interactions``; and what has changed since."""
        folders = sorted(path for path in (self.folder / "models").iterdir() if path.is_dir())
        models = {folder.name: Recommender.load(folder) for folder in folders}
        any_model = models[folders[0].name]
        everybody = any_model.histories_of(any_model.user_ids)
        then = Known(any_model.user_ids, any_model.item_ids, everybody)
        touched = Touched.between(then, Known.of(interactions))
        for model in models.values():
            model.update(interactions, touched.songs)
        return Updated(models, touched)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


@dataclass(frozen=True)
class Updated:
    """Models by name, and whom and what a change has touched."""

    models: dict[str, Recommender]
    touched: Touched


def settings_digest(*asked: Any) -> str:
    """Of ``asked``, everything but the data, with the code and the libraries."""
    return digest_of([*asked, code_digest(), versions()])


def compared(
    earlier: EarlierRun | None,
    refitted: Mapping[str, Recommender],
    interactions: Interactions,
    rng: np.random.Generator,
) -> dict[str, float]:
    """`overlap_with` of models fitted on ``interactions`` and those of ``earlier`` updated."""
    if earlier is None:
        return {}
    return overlap_with(refitted, earlier.updated(interactions).models, rng)


def overlap_with(
    refitted: Mapping[str, Recommender],
    updated: Mapping[str, Recommender],
    rng: np.random.Generator,
    n_sampled: int = SAMPLE,
) -> dict[str, float]:
    """Recommender -> share of new songs in common, mean over listeners who get any from both.

    Both must know the same histories. A recommender that finds nothing new is left out.
    """
    shares = {}
    users = next(iter(refitted.values())).user_ids
    chosen = users[np.sort(rng.choice(len(users), min(n_sampled, len(users)), replace=False))]
    for name in sorted(set(refitted) & set(updated)):
        one, other = (
            by_name[name].recommend(chosen, PLACES, exclude_heard=True)
            for by_name in (refitted, updated)
        )
        found = _share_in_common(one, other)
        if len(found):
            shares[name] = round(float(found.mean()), 4)
    return shares


def _share_in_common(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    common = one.merge(other, on=["user_id", "item_id"]).groupby("user_id").size()
    left, right = one.groupby("user_id").size().align(other.groupby("user_id").size(), "inner")
    length = left.where(left >= right, right)
    return common.reindex(length.index, fill_value=0) / length
