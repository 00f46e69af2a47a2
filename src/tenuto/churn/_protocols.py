"""Two ways to score listeners a model has not seen: one flattering, one honest.

``snapshot`` is what the earlier projects did: one cutoff, some users held out (K3). Its
figures are comparable with theirs and too good. ``forward`` is out of time and out of user:
trained where every label was known at the test cutoff, on other users.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tenuto.churn import CATALOGUE
from tenuto.churn._contract import ChurnModel
from tenuto.churn._examples import Examples
from tenuto.errors import ContractError, LeakError, NotEnoughData
from tenuto.evaluation.folds import user_fold, user_hash
from tenuto.sampling import NONE
from tenuto.threads import side_by_side

MAX_TRAINING_ROWS = 300_000
#: Told after each fit: fits done, fits in all, and what was fitted.
Progress = Callable[[int, int, str], None]
Settings = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Scored:
    """Probabilities of listeners that no model trained on, with the models.

    protocol : "forward" or "snapshot"
    label : one line to print beside every figure from here
    training : what was trained on; by forward in parts, each fold without its own users
    test : the examples scored
    scores : one row per model and row of ``test``, in that order: ``user_id``, ``cutoff``,
        ``model``, ``probability``, ``score``, what the model itself said, which calibration
        makes the probability from, and ``fold``, whose model scored the row
    models : name -> the fitted models, one per fold
    """

    protocol: str
    label: str
    training: Examples
    test: Examples
    scores: pd.DataFrame
    models: Mapping[str, Sequence[ChurnModel]]

    def of(self, model: str) -> pd.DataFrame:
        """One model's scores, in the order of the rows of ``test``."""
        return self.scores[self.scores["model"] == model]

    def probability(self, model: str) -> np.ndarray:
        """One model's probabilities, in the order of the rows of ``test``."""
        return self.of(model)["probability"].to_numpy()


def forward(
    training: Examples,
    test: Examples,
    model_names: Sequence[str],
    *,
    horizon_days: int,
    random_state: int,
    n_folds: int = 5,
    max_training_rows: int = MAX_TRAINING_ROWS,
    settings: Settings | None = None,
    sampling: str = NONE,
    fold_of: Callable[[Examples], np.ndarray] | None = None,
    progress: Progress | None = None,
    n_threads: int = 1,
) -> Scored:
    """Cross-fitted out of time and out of user: every test listener is scored.

    For each fold, train on the users outside it, at all training cutoffs stacked
    (+0.020 AUC over one cutoff, churn.md §3.5), and score the test rows of its users.

    Parameters
    ----------
    horizon_days : length of the label; a training cutoff c must have c + horizon <= test cutoff
    settings : model name -> keywords for its ``Model``
    sampling : a member of ``sampling``; it touches the rows trained on, never those scored
    fold_of : the fold of each row, from 0 to ``n_folds - 1``; by default a hash of the user
    n_threads : so many models are fitted side by side, each by one thread and from a seed of
        its own: the same bytes whatever their number

    Raises
    ------
    LeakError : if a training label was still open at the (earliest) test cutoff
    NotEnoughData : if a fold's training users all left, or none did, or there are none
    """
    _refuse_open_labels(training, test, horizon_days)
    fold_of = fold_of or (lambda examples: user_fold(examples.user_id, n_folds, "forward"))
    training_fold, test_fold = fold_of(training), fold_of(test)
    probabilities = {name: np.full(len(test), np.nan) for name in model_names}
    models: dict[str, list[ChurnModel]] = {name: [] for name in model_names}
    tasks = [(fold, name) for fold in range(n_folds) for name in model_names]

    def learn(task: tuple[int, str]) -> tuple[ChurnModel, np.ndarray]:
        fold, name = task
        others = training.take(_thinned_rows(training, training_fold != fold, max_training_rows))
        seed = _seed(random_state, name, fold)
        model = fit(name, others, random_state=seed, settings=settings, sampling=sampling)
        return model, model.predict(test.X[test_fold == fold])

    learned = side_by_side(learn, tasks, n_threads)
    for done, ((fold, name), (model, said)) in enumerate(zip(tasks, learned, strict=True), 1):
        models[name].append(model)
        probabilities[name][test_fold == fold] = said
        if progress is not None:
            progress(done, len(tasks), f"{name}, fold {fold + 1}")
    label = "out of time and out of user"
    return Scored("forward", label, training, test, _tidy(test, probabilities, test_fold), models)


def snapshot(
    examples: Examples,
    model_names: Sequence[str],
    *,
    random_state: int,
    max_training_rows: int = MAX_TRAINING_ROWS,
    settings: Settings | None = None,
    sampling: str = NONE,
    progress: Progress | None = None,
    n_threads: int = 1,
) -> Scored:
    """One cutoff, a fifth of the users held out: the earlier projects' protocol, optimistic.

    Train and test share the same days, so nothing that changes with time can hurt (S1-V1,
    S2-V0, K3). Never the headline.

    Raises
    ------
    ContractError : if the examples have more than one cutoff
    NotEnoughData : as `forward`
    """
    if examples.n_users < len(examples):
        raise ContractError(
            "a snapshot has one row per listener, these examples have several",
            mend="take the rows of one cutoff, or use forward",
        )
    is_test = user_fold(examples.user_id, 5, "snapshot") == 0
    training, test = thinned(examples.take(~is_test), max_training_rows), examples.take(is_test)
    probabilities, models = {}, {}

    def learn(name: str) -> tuple[ChurnModel, np.ndarray]:
        seed = _seed(random_state, name, 0)
        model = fit(name, training, random_state=seed, settings=settings, sampling=sampling)
        return model, model.predict(test.X)

    learned = side_by_side(learn, model_names, n_threads)
    for done, (name, (model, said)) in enumerate(zip(model_names, learned, strict=True), 1):
        probabilities[name], models[name] = said, [model]
        if progress is not None:
            progress(done, len(model_names), name)
    label = "optimistic: same days, other users"
    fold = np.zeros(len(test), dtype=np.int64)
    return Scored("snapshot", label, training, test, _tidy(test, probabilities, fold), models)


def fit(
    name: str,
    examples: Examples,
    *,
    random_state: int,
    settings: Settings | None = None,
    sampling: str = NONE,
) -> ChurnModel:
    """The catalogue's model called ``name``, fitted; for the model that is kept and saved.

    Raises
    ------
    UnknownName : if there is no such model
    NotEnoughData, ContractError : see `ChurnModel.fit`; or if there are no examples
    """
    if len(examples) == 0:
        raise NotEnoughData("no training examples", mend="take more listeners or fewer folds")
    member = CATALOGUE.get(name)
    model: ChurnModel = member.Model(**dict((settings or {}).get(name, {})))
    return model.fit(examples, random_state=random_state, sampling=sampling)


def thinned(examples: Examples, max_rows: int) -> Examples:
    """At most about ``max_rows`` rows, whole users, chosen by hash and blind to the label.

    The natural rate stays, so probabilities need no correction (K46).
    """
    if len(examples) <= max_rows:
        return examples
    return examples.take(_thinned_rows(examples, np.ones(len(examples), dtype=bool), max_rows))


def _thinned_rows(examples: Examples, mask: np.ndarray, max_rows: int) -> np.ndarray:
    """Where the rows of ``mask`` are, thinned: chosen before they are copied."""
    rows = np.flatnonzero(mask)
    if len(rows) <= max_rows:
        return rows
    hashes = user_hash(examples.user_id[rows], "thinned")
    return rows[hashes <= np.partition(hashes, max_rows - 1)[max_rows - 1]]


def enough_users(
    user_ids: Sequence[np.ndarray], n_folds: int, max_rows: int
) -> Callable[[np.ndarray], np.ndarray] | None:
    """Which users `forward` can do with, out of ``user_ids`` of several training cutoffs.

    It takes ids and says yes to those that `thinned` would take in any fold, so that the
    features of others need not be built; None where it would take everybody.
    """
    every = np.concatenate(user_ids)
    hashes, folds = user_hash(every, "thinned"), user_fold(every, n_folds, "forward")
    limits = []
    for fold in range(n_folds):
        others = hashes[folds != fold]
        if len(others) <= max_rows:
            return None
        limits.append(np.partition(others, max_rows - 1)[max_rows - 1])
    return lambda asked: user_hash(asked, "thinned") <= max(limits)


def _refuse_open_labels(training: Examples, test: Examples, horizon_days: int) -> None:
    if len(training) == 0 or len(test) == 0:
        raise NotEnoughData(
            f"{len(training)} training and {len(test)} test examples",
            mend="look at the eligibility funnel: who was at risk at these cutoffs?",
        )
    newest, tested = training.cutoff.max(), test.cutoff.min()
    if newest + np.timedelta64(horizon_days, "D") > tested:
        raise LeakError(
            f"a label of {horizon_days} days at {newest} was not known on {tested}",
            mend=f"train at cutoffs up to {tested - np.timedelta64(horizon_days, 'D')}",
        )
    training.refuse_knowing_later_than(tested)


def _seed(random_state: int, name: str, fold: int) -> int:
    """A seed of its own per model and fold: adding a model changes no other's figures."""
    parts = [random_state, zlib.crc32(name.encode()), fold]
    return int(np.random.SeedSequence(parts).generate_state(1)[0] >> 1)


def _tidy(test: Examples, probabilities: Mapping[str, np.ndarray], fold) -> pd.DataFrame:
    rows = pd.DataFrame({"user_id": test.user_id, "cutoff": test.cutoff})
    tables = [
        rows.assign(model=name, probability=p, score=p, fold=fold)
        for name, p in probabilities.items()
    ]
    if not tables:
        raise ContractError("no models asked for", mend="name at least one")
    return pd.concat(tables, ignore_index=True)
