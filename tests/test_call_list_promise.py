"""What the call list promises on both invented services: calibrated, and near the best there is.

The best is an oracle that knows the population and reads the same log; what
it takes to know more, no log tells (docs/decisions/0017).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tenuto import engines, simulation
from tenuto.churn._study import study
from tenuto.ingest import ingest
from tenuto.opened import timeline_of
from tenuto.rollups import build_rollups
from tenuto.settings import ChurnSettings
from tenuto.simulation._cancellation_oracle import cancellation_chances
from tenuto.simulation._cancellation_posterior import cancellation_posterior
from tenuto.simulation._oracle import oracle_scores
from tenuto.workspace import Workspace

pytestmark = pytest.mark.slow

#: As many as the promise is of with `TENUTO_TEST_LISTENERS=20000`; half of them take half the time.
LISTENERS = int(os.environ.get("TENUTO_TEST_LISTENERS", 10_000))
CUTOFFS = {"musicbox": date(2017, 4, 29), "sparkify": date(2018, 11, 18)}
SETTINGS = ChurnSettings(models=["boosting", "recency_rule"], bootstrap_draws=20)


@dataclass(frozen=True)
class Service:
    """A service at its cutoff: the test of its study, and the chances of the oracle."""

    workspace: Workspace
    cutoff: date
    user_days: pd.DataFrame
    tested: pd.DataFrame
    metrics: pd.Series

    @property
    def truth(self):
        return self.workspace.logs / "truth"

    @property
    def active(self) -> pd.DataFrame:
        return self.tested[self.tested["is_active_14d"]]


@pytest.fixture(scope="module", params=CUTOFFS)
def service(request, tmp_path_factory) -> Service:
    # Whole files are not lost: the oracle takes a missing day for a silent one.
    folder, source = tmp_path_factory.mktemp(request.param), request.param
    member = simulation.CATALOGUE.get(source)
    faults = {"file_faults": False} if source == "musicbox" else {}
    member.simulate(folder / "logs", listeners=LISTENERS, seed=1, **faults)
    workspace = Workspace.create(folder / "workspace", source=source, logs=folder / "logs")
    ingest(workspace)
    build_rollups(workspace)
    timeline, cutoff = timeline_of(workspace), CUTOFFS[source]
    with engines.CATALOGUE.get("duckdb").open(threads=1) as engine:
        found = study(engine, timeline, cutoff, SETTINGS, random_state=0)
    files = f"{workspace.rollups}/user_days/*/*.parquet"
    metrics = found.metrics.query(
        "protocol == 'forward' and population == 'active_14d' and model == 'boosting'"
    ).set_index("metric")["value"]
    user_days = duckdb.read_parquet(files).df()
    return Service(workspace, cutoff, user_days, found.test_scores, metrics)


def lift(y: np.ndarray, p: np.ndarray) -> float:
    first = np.argsort(-p, kind="stable")[: -(-len(y) // 10)]
    return y[first].mean() / y.mean()


def oracle(service: Service) -> pd.Series:
    if service.workspace.settings.source.name == "musicbox":
        return oracle_scores(service.truth, service.user_days, service.cutoff, 14)
    return cancellation_posterior(service.truth, service.user_days, service.cutoff)


def test_probabilities_of_a_later_cutoff_mean_what_they_say(service):
    assert service.metrics["ece"] <= 0.03
    assert 0.9 <= service.metrics["calibration_slope"] <= 1.1


def test_the_first_tenth_holds_nine_tenths_of_the_leavers_that_an_oracle_would_find(service):
    active = service.active
    best = oracle(service).reindex(active["user_id"]).to_numpy()
    known = ~np.isnan(best)
    y, ours = active["y"].to_numpy()[known], active["probability_boosting"].to_numpy()[known]
    assert known.mean() > 0.99
    assert lift(y, ours) >= 0.9 * lift(y, best[known])
    assert lift(y, ours) > lift(y, active["probability_recency_rule"].to_numpy()[known])


@pytest.mark.parametrize("service", ["sparkify"], indirect=True)
def test_who_reads_the_log_is_calibrated_and_stays_below_who_knows_each_listener(service):
    active = service.active
    by_the_log = oracle(service).reindex(active["user_id"]).to_numpy()
    known = cancellation_chances(service.truth, service.cutoff).reindex(active["user_id"])
    y = active["y"].to_numpy()
    assert by_the_log.mean() == pytest.approx(y.mean(), rel=0.1)
    assert 0.65 < roc_auc_score(y, by_the_log) < roc_auc_score(y, known.to_numpy())


@pytest.mark.parametrize("service", ["sparkify"], indirect=True)
def test_who_reads_the_log_does_not_look_at_the_cutoff_or_later(service):
    before = service.user_days[pd.to_datetime(service.user_days["day"]).dt.date < service.cutoff]
    pd.testing.assert_series_equal(
        oracle(service), cancellation_posterior(service.truth, before, service.cutoff)
    )
