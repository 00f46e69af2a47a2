"""A day's news without a refit: what every recommender promises of `update`, and how near it is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from conftest import asked, every
from made_service import known_from, one_more_play, plays_of_a_service
from tenuto.errors import ContractError
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender

#: So small that all members fit in seconds.
QUICK = {
    "als": {"embedding_size": 16},
    "ials": {"embedding_size": 16},
    "bpr": {"embedding_size": 8, "epochs": 20},
    "nmf": {"embedding_size": 8},
    "svd": {"embedding_size": 8},
    "spark_als": {"embedding_size": 8, "epochs": 5},
    "blend": {"members": {"ials": {"embedding_size": 16}, "item_knn": {}}},
    "ranker": {"members": {"ials": {"embedding_size": 16}, "item_knn": {}}, "n_trees": 20},
}
#: Fitted whole at every update.
EXACT = {"popularity", "hot", "replay", "item_knn", "rp3beta"}
# An update may be this much further from a refit than two refits of other seeds are from each
# other: overlap of the ten new songs of a listener, mean over all, after a day in which every
# third song was played. Measured here: als 0.99 and 1.00, ials 0.76 and 0.71.
LEEWAY = 0.05


def a_day(plays, new_song="s9999"):
    """The next day: 40 listeners play two songs each, ten of them a song not met before."""
    rng = np.random.default_rng(3)
    users = rng.choice(plays["user_id"].unique(), 40, replace=False)
    parts = [one_more_play(user, f"s{song:04d}") for user in users for song in rng.choice(240, 2)]
    parts += [one_more_play(user, new_song) for user in users[:10]]
    return pd.concat([*parts, one_more_play("newcomer", "s0000")]).drop_duplicates()


PLAYS = plays_of_a_service(n_listeners=200)
OLD, DAY = known_from(PLAYS), a_day(PLAYS)
NOW = known_from(pd.concat([PLAYS, DAY]))
CHANGED = DAY["item_id"].unique()


@pytest.fixture(scope="module", params=every(CATALOGUE))
def name(request):
    return asked(request, CATALOGUE)


def fitted(name, interactions, **chosen):
    return CATALOGUE.get(name).Model(**QUICK.get(name, {}), **chosen).fit(interactions)


@pytest.fixture(scope="module")
def saved(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp(name)
    fitted(name, OLD).save(folder / "model")
    return folder / "model"


def loaded(folder):
    return Recommender.load(folder)


def lists(model, exclude_heard=True):
    return model.recommend(NOW.user_ids, 10, exclude_heard=exclude_heard)


def overlap(model, other):
    """Mean share of each listener's ten songs that both have."""
    both = lists(model).merge(lists(other), on=["user_id", "item_id"])
    return len(both) / (10 * len(NOW.user_ids))


def test_without_a_change_an_update_changes_no_byte(saved, tmp_path):
    digest = loaded(saved).save(tmp_path / "as_it_was")

    assert loaded(saved).update(OLD).save(tmp_path / "updated") == digest


def test_after_an_update_everybody_is_known_as_they_are_now(name, saved):
    model = loaded(saved).update(NOW, CHANGED)

    assert model.user_ids.equals(NOW.user_ids)
    assert model.item_ids.equals(NOW.item_ids)
    shown = lists(model, exclude_heard=name != "replay")
    assert "newcomer" in set(shown["user_id"])
    heard = pd.concat([PLAYS, DAY])[["user_id", "item_id"]].drop_duplicates()
    both = shown.merge(heard, on=["user_id", "item_id"])
    assert len(both) == (len(shown) if name == "replay" else 0)


def test_an_updated_recommender_can_be_saved(saved, tmp_path):
    model = loaded(saved).update(NOW, CHANGED)
    model.save(tmp_path / "model")

    pd.testing.assert_frame_equal(lists(loaded(tmp_path / "model")), lists(model))


def test_an_update_from_disk_is_an_update_after_the_fit(name, saved):
    one, other = loaded(saved).update(NOW, CHANGED), fitted(name, OLD).update(NOW, CHANGED)

    pd.testing.assert_frame_equal(lists(one), lists(other))


def test_an_item_that_is_gone_is_recommended_no_more(name, saved):
    gone = CATALOGUE.get("popularity").Model().fit(OLD).top(1)["item_id"].iloc[0]
    without = known_from(PLAYS[PLAYS["item_id"] != gone])
    model = loaded(saved).update(without)

    exclude_heard = name != "replay"
    shown = model.recommend(without.user_ids, 10, exclude_heard=exclude_heard)
    assert len(shown)
    assert gone not in set(shown["item_id"])


@pytest.mark.parametrize("exact", sorted(EXACT))
def test_what_is_quick_to_fit_is_exactly_fitted(exact):
    updated, refitted = fitted(exact, OLD).update(NOW, CHANGED), fitted(exact, NOW)

    exclude_heard = exact != "replay"
    pd.testing.assert_frame_equal(lists(updated, exclude_heard), lists(refitted, exclude_heard))


@pytest.mark.parametrize("changed", [CHANGED, NOW.item_ids], ids=["of the day", "all"])
@pytest.mark.parametrize("half_step", ["als", "ials"])
def test_an_update_is_as_near_to_a_refit_as_a_refit_of_another_seed(half_step, changed):
    updated, refitted = fitted(half_step, OLD).update(NOW, changed), fitted(half_step, NOW)
    again = fitted(half_step, NOW, random_state=7)

    assert overlap(updated, refitted) >= overlap(again, refitted) - LEEWAY


@pytest.mark.parametrize("half_step", ["als", "ials"])
def test_a_new_song_is_placed_by_those_who_played_it(half_step):
    scene = [f"u{number:04d}" for number in range(0, 200, 8)]
    news = pd.concat([one_more_play(user, "s9999") for user in scene[:20]])
    now = known_from(pd.concat([PLAYS, news]))
    model = fitted(half_step, OLD).update(now, ["s9999"])

    rank = model.scores(now.histories)[:, now.item_ids.get_loc("s9999")]
    of_scene = rank[now.user_ids.get_indexer(scene[20:])]
    of_others = rank[now.user_ids.get_indexer([f"u{number:04d}" for number in range(1, 200, 8)])]
    assert of_scene.min() > of_others.max()


def test_weights_of_a_blend_are_kept():
    model = fitted("blend", OLD)
    weighings = dict(model.weighings)

    assert model.update(NOW, CHANGED).weighings == weighings


def test_another_preference_is_refused():
    model = fitted("popularity", OLD)
    with pytest.raises(ContractError, match="not 'other'"):
        model.update(replace(NOW, preference="other"))


def test_who_was_not_fitted_cannot_be_updated():
    with pytest.raises(ContractError, match="was not fitted"):
        CATALOGUE.get("als").Model().update(NOW)
