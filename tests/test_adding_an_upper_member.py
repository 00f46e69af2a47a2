"""Adding a feature family, a label, a model, a preference or a recommender is adding one file."""

import pytest

import test_adding_a_member
from service import ANN, BOB, CUTOFF, did, features_at, frame, played, timeline_of
from tenuto import churn, labels, preferences, recommenders
from tenuto.churn._dataset import at_cutoff
from tenuto.churn._protocols import forward
from tenuto.features import feature_dictionary
from tenuto.recommenders._interactions import interactions_before

plant = test_adding_a_member.plant

EVENTS = [played(ANN, 2), did(ANN, "search", 1), played(BOB, 5, item=8), played(BOB, 0)]


@pytest.fixture
def timeline(duckdb_engine, tmp_path):
    return timeline_of(duckdb_engine, tmp_path / "log", EVENTS)


def test_a_new_family_is_a_column_of_every_listener_and_a_line_of_the_dictionary(
    plant, duckdb_engine, timeline
):
    plant(
        "features",
        "zither",
        '''
"""Planted by a test."""

from tenuto.features._contract import feature


def rows(past):
    """One row per user and active day."""
    return past.table("user_days")


@feature(unit="events", windows=(1, 7), needs=("n_searches",))
def n_zithers(rows, window):
    """Searches, twice, in the last {w} days."""
    return 2 * rows.n_searches.sum(where=rows.age_days <= window)


@feature(unit="events", needs=("n_lutes",))
def n_lutes(rows):
    """What no source has."""
    return rows.n_lutes.sum()
''',
    )
    table = features_at(duckdb_engine, timeline)
    assert table["n_zithers_1d"].tolist() == [2, 0]
    assert table["n_zithers_7d"].tolist() == [2, 0]
    assert "n_lutes" not in table
    described = {item.name: item for item in feature_dictionary()}
    assert described["n_zithers_7d"].description == "Searches, twice, in the last 7 days."
    assert described["n_zithers_7d"].window_days == 7
    assert "n_lutes" in described


def test_a_new_label_is_what_a_study_learns(plant, duckdb_engine, timeline):
    plant(
        "labels",
        "zither",
        '''
"""Planted by a test: left who did not play on the day of the cutoff."""

LABEL = "no play on the first day"
WHO = "those who stay silent"
NEEDS = ("n_plays",)


def label(listeners, future):
    """1 for every listener without a play on the day of the cutoff."""
    days = future.table("user_days")
    came = days.filter((days.days_after == 0) & (days.n_plays > 0)).select(came="user_id")
    joined = listeners.select("user_id").left_join(came, [("user_id", "came")])
    return joined.select("user_id", label=joined.came.isnull().cast("int64"))
''',
    )
    assert "zither" in labels.CATALOGUE.names()
    data = at_cutoff(duckdb_engine, timeline, CUTOFF, label="zither", horizon_days=1)
    outcome = dict(zip(data.examples.user_id, data.examples.y, strict=True))
    assert outcome == {ANN: 1, BOB: 0}


def test_a_new_churn_model_is_judged_beside_the_others(plant, duckdb_engine, tmp_path):
    plant(
        "churn",
        "zither",
        '''
"""Planted by a test: the same chance for everybody."""

import numpy as np

from tenuto.churn._contract import ChurnModel

LABEL = "Zither"
NEEDS = ()


class Model(ChurnModel):
    """One half."""

    def _fit(self, X, y, user_id, seed):
        pass

    def _predict(self, X):
        return np.full(len(X), 0.5)

    def _dump(self):
        return {"model.json": b"{}"}

    def _restore(self, files):
        pass
''',
    )
    assert "zither" in churn.CATALOGUE.names()
    some = [played(user, ago) for user in range(8) for ago in (9, 8)]
    some += [played(user, ago) for user in range(0, 8, 2) for ago in (7, 3, 0)]
    timeline = timeline_of(duckdb_engine, tmp_path / "some", some)
    then, now = (
        at_cutoff(duckdb_engine, timeline, day, label="inactivity", horizon_days=1).examples
        for day in (min(timeline.days[2:]), CUTOFF)
    )
    scored = forward(then, now, ["zither"], horizon_days=1, random_state=0, n_folds=2)
    assert (scored.probability("zither") == 0.5).all()
    folder = tmp_path / "model"
    scored.models["zither"][0].save(folder)
    assert (churn.CATALOGUE.get("zither").Model.load(folder).predict(now.X) == 0.5).all()


def test_a_new_preference_and_a_new_recommender_make_lists(plant, duckdb_engine, timeline):
    plant(
        "preferences",
        "zither",
        '''
"""Planted by a test: one for whatever was played."""

from tenuto.preferences._sums import pair_sums

LABEL = "Played at all"
SCALE = "1: played"


def preferences(past, window_days):
    """``user_id``, ``item_id``, ``preference``."""
    sums = pair_sums(past, window_days)
    return sums.select("user_id", "item_id", preference=(sums.n_plays > 0).cast("float64"))
''',
    )
    plant(
        "recommenders",
        "zither",
        '''
"""Planted by a test: the item with the largest id."""

import numpy as np

from tenuto.recommenders._one_list import OneList

LABEL = "Largest id"
NEEDS = ("user_item_days",)
COST = "none"


class Model(OneList):
    """Items by id."""

    def _score_items(self, interactions):
        return np.asarray(interactions.item_ids, dtype=np.float64)
''',
    )
    past = timeline.past(duckdb_engine, CUTOFF)
    assert "zither" in recommenders.CATALOGUE.names()
    wanted = preferences.CATALOGUE.get("zither").preferences(past, 30)
    liked = frame(duckdb_engine, wanted).sort_values("user_id")
    assert liked["preference"].tolist() == [1.0, 1.0]
    interactions = interactions_before(past, "zither", 30)
    model = recommenders.CATALOGUE.get("zither").Model().fit(interactions)
    lists = model.recommend([ANN, BOB], k=1, exclude_heard=True)
    assert lists["item_id"].tolist() == [8, 7]
