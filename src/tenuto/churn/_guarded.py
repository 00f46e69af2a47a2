"""The guards at the door of a study: what they are shown of it, and what they said."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from tenuto import labels
from tenuto.churn._contract import ChurnModel
from tenuto.churn._dataset import CutoffData
from tenuto.churn._examples import Examples
from tenuto.churn._protocols import Scored
from tenuto.churn._small_logs import Asked, copy_small, days_in
from tenuto.churn._spacing import Spacing
from tenuto.engines import Engine
from tenuto.evaluation.folds import some_of, user_fold, user_hash
from tenuto.features import build_features
from tenuto.guards import Rows, Study, definitions_hash, run_guards
from tenuto.settings import ChurnSettings
from tenuto.timeline import HEADLINE, OwnPast, Past, Timeline, listeners

#: Features are built again for so many listeners at most, chosen by a hash of their ids.
MAX_LISTENERS = 2_000
#: Alarms look at so many of those who can still be kept: a leak shows in far fewer.
MAX_JUDGED = 100_000


def guarded(
    engine: Engine,
    timeline: Timeline,
    test: CutoffData,
    honest: Scored,
    settings: ChurnSettings,
    *,
    label: str,
    today: date | None = None,
) -> pd.DataFrame:
    """What every guard said of a study: see `run_guards`.

    Parameters
    ----------
    test, honest : what is judged, and its scores by models of other users
    today : no log can be of a later day; by default the day it is

    Raises
    ------
    LeakError : if any guard refuses
    """
    first_bin = getattr(labels.CATALOGUE.get(label), "BINS", (1, 1))[0]
    allow = set(settings.allow_features)
    if first_bin < 1:
        # Who asks by name for the label of the bin described gets it; the record says what it is.
        allow.add(label)
    own = _own(label, settings)
    with rebuilding(engine, timeline, test.cutoff, test.examples, bin_days=own) as rebuild:
        study = Study(
            training=_rows(honest.training),
            tested=_rows(honest.test),
            is_judged=some_of(
                test.populations()[HEADLINE], test.examples.user_id, MAX_JUDGED, "judged"
            ),
            horizon_days=Spacing.of(label, settings).open_days,
            label=label,
            label_starts_days=(first_bin - 1) * settings.bin_days,
            log_end=timeline.end,
            training_fold=user_fold(honest.training.user_id, settings.folds, "forward"),
            fold=honest.of(next(iter(honest.models)))["fold"].to_numpy(),
            probability={name: honest.probability(name) for name in honest.models},
            predict={name: _predictor(fitted) for name, fitted in honest.models.items()},
            rebuild=rebuild,
            family={item.name: item.family for item in test.features},
            definitions={"training and scoring": definitions_hash(test.features)},
            days=days_in(timeline.rollups),
            today=today or date.today(),
        )
        return run_guards(study, allow)


@contextmanager
def rebuilding(
    engine: Engine,
    timeline: Timeline,
    cutoff: date,
    examples: Examples,
    *,
    bin_days: int | None = None,
    families: Sequence[str] | None = None,
) -> Iterator[Callable[[str], pd.DataFrame]]:
    """A function that builds the features of some listeners of ``examples`` again.

    It takes the name of a log (see `Study.rebuild`) and remembers what it built.

    Parameters
    ----------
    cutoff : up to which the log is known
    bin_days : where listeners have clocks of their own
    families : of features; all by default
    """
    asked = _some(examples)
    built: dict[str, pd.DataFrame] = {}
    with tempfile.TemporaryDirectory(prefix="tenuto-guards-") as folder:
        logs = copy_small(timeline.rollups, asked, cutoff, Path(folder))

        def rebuild(name: str) -> pd.DataFrame:
            if name not in built:
                # A log that is cut off began when the whole one did.
                place = (engine, logs[name], timeline.first_day, cutoff)
                past = Past(*place) if bin_days is None else OwnPast(*place, bin_days)
                built[name] = _seen(engine, past, asked, families)
            return built[name]

        yield rebuild


def _own(label: str, settings: ChurnSettings) -> int | None:
    return settings.bin_days if hasattr(labels.CATALOGUE.get(label), "BINS") else None


def _rows(examples: Examples) -> Rows:
    return Rows(examples.user_id, examples.cutoff, examples.X, examples.y)


def _some(examples: Examples) -> Asked:
    hashes = user_hash(examples.user_id, "guards")
    rows = np.sort(np.argsort(hashes, kind="stable")[:MAX_LISTENERS])
    return Asked(examples.user_id[rows], examples.cutoff[rows])


def _seen(engine: Engine, past: Past, asked: Asked, families: Sequence[str] | None) -> pd.DataFrame:
    """Features of those asked, and what is shown of each, by ``user_id``."""
    everybody = listeners(past)
    wanted = engine.from_arrow(pa.table({"wanted": pa.array(asked.user_id)}))
    people = engine.cache(everybody.semi_join(wanted, [("user_id", "wanted")]))
    features = engine.to_arrow(build_features(past, people, families=families).table).to_pandas()
    shown = engine.to_arrow(people).to_pandas()
    by_user = shown.set_index("user_id").add_prefix("listener.")
    return features.set_index("user_id").join(by_user).sort_index()


def _predictor(fitted: Sequence[ChurnModel]) -> Callable[[pd.DataFrame, np.ndarray], np.ndarray]:
    def predict(X: pd.DataFrame, fold: np.ndarray) -> np.ndarray:
        p = np.empty(len(X))
        for number, model in enumerate(fitted):
            p[fold == number] = model.predict(X[fold == number])
        return p

    return predict
