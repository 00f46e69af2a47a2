"""Kinds of listeners: planted ones are found, named, and everybody is in one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from insight_views import outcomes_of, scores_of, view_of
from service import CUTOFF, did, played
from tenuto.insights import View, segments
from tenuto.insights._clusters import find_clusters
from tenuto.insights._traits import traits_at

SKIPPERS, DOWNLOADERS, DAILY = range(1, 81), range(101, 161), range(201, 241)


def three_kinds() -> list[dict]:
    """Eighty who skip, sixty who download, forty who come every day; each with an artist."""
    rng = np.random.default_rng(0)
    events = []
    for user in SKIPPERS:
        for ago in rng.choice(np.arange(1, 28), 6, replace=False):
            events += _plays(rng, user, int(ago), seconds=0, n=4, artist="Loud")
    for user in DOWNLOADERS:
        for ago in rng.choice(np.arange(1, 28), 6, replace=False):
            events += _plays(rng, user, int(ago), seconds=200, n=4, artist="Soft")
            events += [did(user, "download", int(ago))] * int(rng.integers(7, 10))
    for user in DAILY:
        for ago in range(1, 28):
            events += _plays(rng, user, ago, seconds=200, n=4, artist="Soft")
    return events


def _plays(rng, user, ago, *, seconds, n, artist):
    items = rng.integers(1, 30, n) + (100 if artist == "Soft" else 0)
    known = {"seconds": float(seconds), "artist": artist}
    # Everybody hears one more artist now and then.
    rare = [played(user, ago, item=999, seconds=float(seconds), artist="Rare")]
    return [played(user, ago, item=int(item), **known) for item in items] + rare * (ago % 7 == 0)


@pytest.fixture(scope="module")
def view(duckdb_engine, tmp_path_factory) -> View:
    made = view_of(duckdb_engine, tmp_path_factory.mktemp("kinds"), three_kinds())
    scores = scores_of(made)
    judged = outcomes_of(scores, "boosting")
    return replace(made, scores=scores, test_scores=judged, test_cutoff=CUTOFF, model="boosting")


@pytest.fixture(scope="module")
def tables(view) -> dict[str, pd.DataFrame]:
    return segments.tables(view)


def test_kinds_that_were_planted_are_found_the_largest_first(tables):
    assert tables["segments"]["n_listeners"].tolist() == [80, 60, 40]
    of = tables["segments_of"].set_index("user_id")["segment"]
    kinds = (SKIPPERS, DOWNLOADERS, DAILY)
    assert [set(of.loc[list(users)]) for users in kinds] == [{1}, {2}, {3}]


def test_a_name_says_what_sets_a_segment_apart(tables):
    skippers, downloaders, daily = tables["segments"]["name"]
    assert "skip" in skippers
    assert "download" in downloaders
    assert "come often" in daily


def test_halves_of_the_listeners_agree_on_sharp_kinds(tables):
    chosen = tables["segments_choice"].query("is_chosen").iloc[0]
    assert chosen["n_segments"] == 3
    assert chosen["agreement"] > 0.95
    assert chosen["silhouette"] > 0.5


def test_everybody_active_in_the_last_two_weeks_is_in_one_segment(view, tables):
    assert tables["segments_of"]["user_id"].tolist() == traits_at(view, view.past).index.tolist()
    assert tables["segments"]["n_listeners"].sum() == len(tables["segments_of"])


def test_the_outcomes_of_a_segment_are_those_of_its_listeners(view, tables):
    of = tables["segments_of"].merge(view.test_scores, on="user_id")
    counted = of.groupby("segment")["y"].agg(["size", "sum"])
    assert tables["segments"]["n_test"].tolist() == counted["size"].tolist()
    assert tables["segments"]["n_label"].tolist() == counted["sum"].tolist()


def test_an_artist_that_one_kind_hears_more_is_its_taste(tables):
    taste = tables["segments_taste"].set_index("segment")["artist"]
    assert taste.loc[[1]].iloc[0] == "Loud"
    assert "Loud" not in set(taste.drop(1))


def test_segments_do_not_depend_on_the_order_of_the_listeners(view):
    traits = traits_at(view, view.past)
    clusters = find_clusters(traits, 0)
    shuffled = traits.sample(frac=1, random_state=3)
    again = pd.Series(clusters.of(shuffled), shuffled.index).sort_index()
    assert again.tolist() == clusters.of(traits).tolist()


def test_a_few_listeners_are_not_grouped(view):
    assert find_clusters(traits_at(view, view.past).head(99), 0) is None


def test_a_trait_is_unknown_where_there_is_too_little_to_see(duckdb_engine, tmp_path):
    """Nine plays say nothing of skipping, ten do; three days nothing of weekends, four do."""
    events = [played(1, 1, seconds=0, item=item) for item in range(9)]
    events += [played(2, 1 + item % 4, seconds=0, item=item) for item in range(10)]
    view = view_of(duckdb_engine, tmp_path, events)
    traits = traits_at(view, view.past)
    assert traits["share_skipped"].isna().tolist() == [True, False]
    assert traits["share_weekend"].isna().tolist() == [True, False]
    assert traits.loc[2, ["share_skipped", "novelty", "plays_a_day"]].tolist() == [1, 1, 2.5]
