"""What lists of a workspace know: all of the days before their cutoff, and nothing after."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from conftest import bytes_of
from service import CUTOFF, day_before, played, timeline_of
from tenuto.lists._compare import compare_lists
from tenuto.lists._lister import Lister
from tenuto.lists._results import write_recommendations
from tenuto.lists._risk import risk_of_leaving
from tenuto.recommenders import popularity
from tenuto.record import write_json
from tenuto.settings import RecommendSettings

HORIZON = 3
SETTINGS = RecommendSettings(model="item_knn", k=5, min_items=1, reranking={})
N_LISTENERS, N_SONGS = 60, 24
ITEMS = pd.DataFrame(
    {"item_id": range(N_SONGS), "title": [f"Song {n}" for n in range(N_SONGS)], "artist": None}
)


def a_turncoat_town():
    """Listeners who play the same few songs day by day, and from the cutoff on others only."""
    rng = np.random.default_rng(3)
    events = []
    for user in range(1, N_LISTENERS + 1):
        songs = rng.permutation(N_SONGS // 2) * 2 + user % 2
        device = "android" if rng.random() < 0.5 else "iphone"
        for ago in range(16, -HORIZON, -1):
            of_now = songs[:4] if ago > 0 else songs[4:]
            heard = rng.choice(of_now, 2, replace=False)
            events += [played(user, ago, item=int(song), device=device) for song in heard]
    return events


@pytest.fixture(scope="module")
def town():
    return a_turncoat_town()


@pytest.fixture(scope="module")
def later(duckdb_engine, tmp_path_factory, town):
    """When the outcome of the cutoff is known."""
    root = tmp_path_factory.mktemp("later")
    return lister_over(duckdb_engine, root, town)


def lister_over(engine, root, events, **others):
    timeline = timeline_of(engine, root / "rollups", events)
    nothing = pd.Series(dtype=float)
    lister = Lister(CUTOFF, root, engine, timeline, ITEMS, SETTINGS, HORIZON, 0, nothing, {})
    return replace(lister, **others)


def written(lister, folder, cutoff=CUTOFF):
    folder.mkdir(parents=True)
    write_recommendations(lister, cutoff, folder)
    write_json(folder / "step.json", {"inputs": "digest"})
    return folder


def songs_of(folder, which="discover"):
    lists = pd.read_parquet(folder / "recommendations.parquet")
    return set(lists.loc[lists["list"] == which, ["user_id", "item_id"]].itertuples(index=False))


# Nothing of the future.


def test_the_lists_of_a_day_are_the_same_when_its_outcome_is_known(
    duckdb_engine, tmp_path, town, later
):
    """Made on that morning, or days later from the whole log; only the judgement is another."""
    that_morning = [row for row in town if row["day"] < CUTOFF]
    then = lister_over(duckdb_engine, tmp_path / "then", that_morning)

    early = bytes_of(written(then, tmp_path / "early"))
    late = bytes_of(written(later, tmp_path / "late"))

    judgement = {"metrics.csv", "summary.json"}
    assert set(early) == set(late)
    assert {name for name in early if early[name] != late[name]} == judgement


def test_these_days_would_show_such_a_leak(later):
    """What follows the cutoff teaches something else than what came before it."""
    known, leaked = (later.judged(day).curves for day in (day_before(HORIZON), CUTOFF))
    assert known.own[0] > known.new[0]
    assert leaked.own[0] < leaked.new[0]


def test_what_was_known_at_a_cutoff_does_not_depend_on_where_the_log_ends(later):
    assert later.learned_at(CUTOFF) == day_before(HORIZON)
    assert later.judged_at(CUTOFF) == CUTOFF
    assert later.learned_at(later.timeline.first_day + timedelta(days=HORIZON)) is None


def test_lists_of_an_earlier_day_do_not_know_who_is_about_to_leave_now(later):
    risk = pd.Series(np.linspace(0, 1, N_LISTENERS), index=range(1, N_LISTENERS + 1))
    told = replace(later, risk=risk)

    assert told.desk(CUTOFF).risk.equals(risk)
    assert told.desk(day_before(HORIZON)).risk.empty
    earlier, as_without = (one.judged(day_before(HORIZON)) for one in (told, later))
    pd.testing.assert_frame_equal(pd.DataFrame(earlier.records), pd.DataFrame(as_without.records))


@pytest.mark.parametrize(("label", "n_known"), [("inactivity", 2), ("upgrade", 0)])
def test_nobody_is_at_risk_of_good_news(tmp_path, label, n_known):
    scores = pd.DataFrame({"user_id": [1, 2], "probability": [0.9, 0.1]})
    scores.to_parquet(tmp_path / "churn_scores.parquet")
    write_json(tmp_path / "summary.json", {"label": label})

    assert len(risk_of_leaving(tmp_path)) == n_known


# On the same terms.


def test_further_recommenders_are_judged_with_the_settings_found_for_them(later):
    asked = replace(later, settings=SETTINGS.model_copy(update={"recommenders": ["svd"]}))
    tuned = replace(asked, tuned={"svd": {"embedding_size": 1}})
    usual, found = (pd.DataFrame(one.judged(CUTOFF).records) for one in (asked, tuned))

    is_other = usual["value"].ne(found["value"]) & usual["value"].notna()
    assert set(usual.loc[is_other, "recommender"]) == {"svd"}


def test_comparing_ranks_once_for_each_kind_of_list(later, monkeypatch):
    asked = []
    rank = popularity.Model.rank

    def counted(model, histories, k, exclude_heard):
        asked.append(exclude_heard)
        return rank(model, histories, k, exclude_heard)

    monkeypatch.setattr(popularity.Model, "rank", counted)
    found = compare_lists(later, CUTOFF, ["popularity"])

    assert sorted(asked) == [False, True]
    assert set(found.accuracy["recommender"]) == set(found.breadth["recommender"])


# Never twice.


@pytest.mark.parametrize("refit_days", [1, 7])
def test_what_was_shown_yesterday_is_on_nobodys_list_today(later, refit_days):
    """Also where models are only updated, and though a few songs are all that is left."""
    promise = {"reranking": {"not-again": {"days": 1}}, "refit_days": refit_days}
    lister = replace(later, settings=SETTINGS.model_copy(update=promise))
    runs = lister.root / f"refit_{refit_days}" / "runs"
    lister = replace(lister, root=runs.parent)
    shown = []
    for ago in (1, 0):
        day = day_before(ago)
        folder = written(replace(lister, day=day), runs / day.isoformat() / "recommend", day)
        shown.append(songs_of(folder))

    assert all(shown)
    assert not shown[0] & shown[1]
