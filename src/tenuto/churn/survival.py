"""One model of when it happens: the chance within 7, 14 and 28 days, and the days left."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
from scipy.special import expit, logit

from tenuto.churn import _hazard
from tenuto.churn._contract import ChurnModel
from tenuto.churn._follow_up import LONGEST_DAYS
from tenuto.churn._inner_split import validation_rows
from tenuto.churn._trees import PARAMETERS, booster_of, parameters, text_of
from tenuto.errors import ContractError
from tenuto.evaluation.folds import user_hash
from tenuto.saved import as_json, from_json

LABEL = "Survival"
NEEDS: tuple[str, ...] = ()
ON_REQUEST = True
TIMES = True
#: What `tenuto churn train` tries (see ``search/space.py``).
SPACE = {"learning_rate": (0.01, 0.1), "num_leaves": (4, 64), "rounds_when_few": (40, 400)}

#: The horizons of an outlook.
OUTLOOK_DAYS = (7, 14, 28)


class Model(ChurnModel):
    """A hazard in discrete time: P(the event comes in this period | it has not come yet).

    Gradient boosting over person-periods, on top of the average hazard of each period. The event
    is what the label asks about (a cancellation: P(within h) = 1 - S(h)), or, where the label is
    silence, the return that ends it (P(silent for h) = S(h), so it falls as h grows), S(h) being
    the chance of no event on the days ``[0, h)`` from the cutoff.

    Periods are 1, 1, 2, 3, 3, 4, 7 and 7 days, with a border at the label's horizon: single days
    throughout would be four times the rows for the same answers at 7, 14 and 28. A training
    cutoff is followed only up to the cutoff being scored; where nobody was followed to day 28,
    the later days are taken to be like the last period seen (``is_extrapolated``).

    Without times, as on a table, the label is one period, and there is no `outlook`. Rows are
    learned from at the natural rate whatever the ``sampling``.

    Singer & Willett, "It's about time: using discrete-time survival analysis to study duration and
    the timing of events", J. Educational Statistics 1993.

    Parameters
    ----------
    max_rounds, patience : trees at most, and rounds without gain on a fifth of the users
    rounds_when_few : trees when there are too few users to hold some out
    max_spells : person-periods at most; whole users are left out, chosen by hash
    """

    needs = NEEDS

    def __init__(
        self,
        learning_rate: float = 0.03,
        num_leaves: int = 12,
        max_rounds: int = 600,
        patience: int = 50,
        rounds_when_few: int = 120,
        max_spells: int = 400_000,
        n_jobs: int = 1,
    ):
        super().__init__(
            learning_rate=learning_rate,
            num_leaves=num_leaves,
            max_rounds=max_rounds,
            patience=patience,
            rounds_when_few=rounds_when_few,
            max_spells=max_spells,
            n_jobs=n_jobs,
        )

    def outlook(self, X: pd.DataFrame) -> pd.DataFrame:
        """What one model says about every horizon, one row per row of ``X``.

        Returns
        -------
        DataFrame with ``probability_7d``, ``probability_14d``, ``probability_28d`` of the label
        with that horizon: they rise where the event is the leaving, and fall where it is the
        return; ``expected_days_left``, of the next 28 the expected number of days before the event
        (the sum of S), or, where the event is the return, from it on (28 less the sum of S); and
        ``is_extrapolated``, whether day 28 is further than any example was followed.

        Raises
        ------
        ContractError : if the model was fitted without times, or a column is missing
        """
        matrix = self._matrix(X)
        if not self.knows_times:
            raise ContractError(
                "this survival model was fitted on labels without days",
                mend="train it on examples with a follow-up, from a workspace of logs",
            )
        survival = self._survival(matrix, np.arange(1, LONGEST_DAYS + 1))
        days = survival.sum(axis=1)
        columns = {
            f"probability_{h}d": self._of_label(survival[:, h - 1]) for h in OUTLOOK_DAYS
        } | {
            "expected_days_left": LONGEST_DAYS - days if self.is_return else days,
            "is_extrapolated": self.edges[-1] < LONGEST_DAYS,
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(len(matrix)))

    def _fit(self, X, y, user_id, seed):
        self._fit_followed(X, y, user_id, seed, None)

    def _fit_followed(self, X, y, user_id, seed, follow_up):
        self.knows_times = follow_up is not None
        if follow_up is None:
            self.edges, self.horizon_days, self.is_return = np.array([0, 1]), 1, False
            spells = _hazard.once(y)
        else:
            self.edges, self.horizon_days = _hazard.borders(follow_up), follow_up.horizon_days
            self.is_return = follow_up.is_return
            spells = _hazard.spells(follow_up, self.edges)
        spells = self._thinned(spells, user_id)
        self.base = logit(_hazard.base_hazards(spells, len(self.edges) - 1))
        self._boost(X, y, user_id, seed, spells)

    def _boost(self, X, y, user_id, seed, spells: _hazard.Spells) -> None:
        settings, held_out = self.settings, validation_rows(user_id, y, "survival")
        asked = parameters(settings, len(y), seed)
        if held_out is None:
            training = self._data(X, spells)
            self.booster = lightgbm.train(asked, training, settings["rounds_when_few"])
            return
        training = self._data(X, spells.of(~held_out))
        self.booster = lightgbm.train(
            asked,
            training,
            settings["max_rounds"],
            valid_sets=[self._data(X, spells.of(held_out), training)],
            callbacks=[lightgbm.early_stopping(settings["patience"], verbose=False)],
        )

    def _data(self, X, spells: _hazard.Spells, reference=None) -> lightgbm.Dataset:
        return lightgbm.Dataset(
            np.column_stack([X[spells.row], self.edges[spells.period]]),
            spells.happened,
            init_score=self.base[spells.period],
            reference=reference,
            params={"max_bin": PARAMETERS["max_bin"], "verbose": -1},
        )

    def _thinned(self, spells: _hazard.Spells, user_id: np.ndarray) -> _hazard.Spells:
        most = self.settings["max_spells"]
        if len(spells.row) <= most:
            return spells
        hashes = user_hash(user_id, "survival")
        limit = np.sort(hashes[spells.row])[most - 1]
        return spells.of(hashes <= limit)

    def _predict(self, X):
        survival = self._survival(X, np.array([self.horizon_days]))
        return self._of_label(survival[:, 0])

    def _of_label(self, survival: np.ndarray) -> np.ndarray:
        return survival if self.is_return else 1 - survival

    def _survival(self, X: np.ndarray, days: np.ndarray) -> np.ndarray:
        threads = self.settings["n_jobs"]
        log_odds = [
            base + np.asarray(self._raw(np.column_stack([X, np.full(len(X), start)]), threads))
            for base, start in zip(self.base, self.edges[:-1], strict=True)
        ]
        return _hazard.survival(expit(np.column_stack(log_odds)), self.edges, days)

    def _raw(self, matrix: np.ndarray, threads: int):
        if len(matrix) == 0:
            return np.empty(0)
        return self.booster.predict(matrix, raw_score=True, num_threads=threads)

    def _dump(self):
        learned = {
            "base": self.base.tolist(),
            "edges": self.edges.tolist(),
            "horizon_days": self.horizon_days,
            "is_return": self.is_return,
            "knows_times": self.knows_times,
        }
        return {
            "hazard.json": as_json(learned),
            "model.txt": text_of(self.booster),
        }

    def _restore(self, files):
        learned = from_json(files["hazard.json"])
        self.base = np.asarray(learned["base"], dtype=np.float64)
        self.edges = np.asarray(learned["edges"], dtype=np.int64)
        self.horizon_days = int(learned["horizon_days"])
        self.is_return, self.knows_times = bool(learned["is_return"]), bool(learned["knows_times"])
        self.booster = booster_of(files["model.txt"])
